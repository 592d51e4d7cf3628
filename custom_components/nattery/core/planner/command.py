"""The command `nattery plan`: its options, and what it does with them."""

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
LARGEST = 20_000_000  # bytes: no problem that may be planned comes near


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `nattery plan`."""
    parser.add_argument("problem", metavar="PROBLEM.json", help="the planning problem, see docs/planner.md")
    parser.add_argument("--details", action="store_true", help="the numbers behind each reason as well")
    parser.add_argument("--json", action="store_true", help="one JSON object: cost, solver, solve_ms, slots, notes")


def run(args: Namespace) -> int:
    """Print the best plan; 0, or 1 for a failure and 2 for bad input with a sentence on stderr."""
    name = args.problem if args.problem.isprintable() else repr(args.problem)
    try:
        with Path(args.problem).open("rb") as file:
            text = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        return _complain(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}", BAD_INPUT)
    if len(text) > LARGEST:
        return _complain(f"{name} is too large: at most {LARGEST // 1_000_000} MB are allowed", BAD_INPUT)
    try:
        problem = read_problem(text)
        plan = make_plan(problem)
    except ProblemError as error:
        return _complain(str(error), BAD_INPUT)
    if args.json:
        sys.stdout.write(f"{json.dumps(plan.as_document(english_sentences(plan.currency)))}\n")
    else:
        sys.stdout.write(_as_text(plan, problem, details=args.details))
    return DONE


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _as_text(plan: Plan, problem: Problem, *, details: bool) -> str:
    """Cost beside the baselines, then one line for each run of equal action."""
    money, now = plan.currency, plan.slots[0].start
    sentences = english_sentences(money)
    baselines = f"no battery {no_battery_cost(problem):.4f}, self-consumption {self_consumption(problem).cost:.4f}"
    lines = [
        f"cost {plan.cost:.4f} {money}  ({baselines})",
        f"solved by {plan.solver} in {plan.solve_ms:.1f} ms; times are UTC, reasons per kWh",
        *(f"note: {sentences.sentence(note, now)}" for note in plan.notes),
        "",
        f"{'from':<16}  {'to':<5}  {'action':<12}  {'kW':>6}  {'SOC':>5}  why",
    ]
    ends = {slot.end: slot.soc_end for slot in plan}
    for one in plan.runs:
        power = f"{one.power_kw:6.2f}" if one.power_kw else " " * 6
        why = sentences.whole(one.reason, now) if details else sentences.sentence(one.reason, now)
        lines.append(
            f"{one.start:%Y-%m-%d %H:%M}  {one.end:%H:%M}  {one.kind:<12}  {power}  {ends[one.end]:5.0%}  {why}"
        )
    return "\n".join([*lines, ""])
