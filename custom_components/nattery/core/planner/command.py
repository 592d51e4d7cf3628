"""The command `nattery plan`."""

from argparse import ArgumentParser, Namespace
import json
from pathlib import Path
import sys

from ..sentences import english_sentences
from .plan import Plan
from .planner import make_plan, no_battery_cost, self_consumption
from .problem import Problem, ProblemError
from .problem_document import read_problem

DONE, FAILED, BAD_INPUT = 0, 1, 2
MAX_FILE_BYTES = 20_000_000  # larger than any valid problem


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `nattery plan`."""
    parser.add_argument("problem", metavar="PROBLEM.json", help="the planning problem, see docs/planner.md")
    parser.add_argument("--details", action="store_true", help="the numbers behind each reason as well")
    parser.add_argument("--json", action="store_true", help="one JSON object: cost, solver, solve_ms, slots, notes")


def run(args: Namespace) -> int:
    """Print the optimal plan. Returns 0, or 2 with one sentence on stderr for invalid input."""
    name = args.problem if args.problem.isprintable() else repr(args.problem)
    try:
        with Path(args.problem).open("rb") as file:
            text = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        return _report_error(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}", BAD_INPUT)
    if len(text) > MAX_FILE_BYTES:
        return _report_error(f"{name} is too large: at most {MAX_FILE_BYTES // 1_000_000} MB are allowed", BAD_INPUT)
    try:
        problem = read_problem(text)
        plan = make_plan(problem)
    except ProblemError as error:
        return _report_error(str(error), BAD_INPUT)
    if args.json:
        sys.stdout.write(f"{json.dumps(plan.as_document(english_sentences(plan.currency)))}\n")
    else:
        sys.stdout.write(_format_plan(plan, problem, details=args.details))
    return DONE


def _report_error(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _format_plan(plan: Plan, problem: Problem, *, details: bool) -> str:
    """Return the cost beside the baselines, then one line per run of equal actions."""
    money, now = plan.currency, plan.slots[0].start
    sentences = english_sentences(money)
    format_reason = sentences.whole if details else sentences.sentence
    baselines = f"no battery {no_battery_cost(problem):.4f}, self-consumption {self_consumption(problem).cost:.4f}"
    lines = [
        f"cost {plan.cost:.4f} {money}  ({baselines})",
        f"solved by {plan.solver} in {plan.solve_ms:.1f} ms; times are UTC, reasons per kWh",
        *(f"note: {sentences.sentence(note, now)}" for note in plan.notes),
        "",
        f"{'from':<16}  {'to':<5}  {'action':<12}  {'kW':>6}  {'SOC':>5}  why",
    ]
    ends = {slot.end: slot.soc_end for slot in plan}
    for span in plan.runs:
        power = f"{span.power_kw:6.2f}" if span.power_kw else " " * 6
        soc = f"{ends[span.end]:5.0%}"
        why = format_reason(span.reason, now)
        lines.append(f"{span.start:%Y-%m-%d %H:%M}  {span.end:%H:%M}  {span.kind:<12}  {power}  {soc}  {why}")
    return "\n".join([*lines, ""])
