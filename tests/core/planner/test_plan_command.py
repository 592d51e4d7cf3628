"""`nattery plan` as a user starts it."""

import json
from pathlib import Path
import subprocess
import sys

import pytest

from .problems import CANONICAL, canonical
from .reference_solver import check_plan

NATTERY = Path(sys.executable).with_name("nattery")


def run(*arguments):
    done = subprocess.run([NATTERY, "plan", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def problem(tmp_path):
    def write(document):
        path = tmp_path / "problem.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    return write


def test_a_plan_as_json(problem) -> None:
    status, out, err = run(problem(CANONICAL), "--json")
    assert (status, err) == (0, "")
    plan = json.loads(out)
    assert plan["cost"] == pytest.approx(-1.85999, abs=1e-5)
    assert plan["solver"] == "highs"
    assert 0 < plan["solve_ms"] < 2000
    assert check_plan(CANONICAL, plan)[0] == pytest.approx(plan["cost"], abs=1e-5)


def test_a_plan_as_text(problem) -> None:
    status, out, err = run(problem(canonical(peak_price_per_kw=1, peak_so_far_kw=6)))
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("cost ")
    assert "self-consumption" in lines[0]
    assert lines[3].split() == ["from", "to", "action", "kW", "SOC", "why"]
    assert lines[4].startswith("2026-01-10 00:00  ")
    assert lines[4].endswith(".")
    assert "A stored kWh" not in out
    _, detailed, _ = run(problem(CANONICAL), "--details")
    assert "A stored kWh saves" in detailed


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "The problem is not JSON"),
        (canonical(pv_kw=[0.0]), "pv_kw has 1 values"),
        (json.dumps(canonical(load_kw=[float("nan")] * 192)), "load_kw[0] cannot be nan"),
    ],
    ids=["not JSON", "short series", "NaN"],
)
def test_bad_input_is_one_sentence(problem, content, sentence) -> None:
    status, out, err = run(problem(content), "--json")
    assert (status, out) == (2, "")
    assert err.startswith(sentence)
    assert err.count("\n") == 1


def test_a_path_that_is_missing_or_a_folder(tmp_path) -> None:
    for path in (tmp_path / "nothing.json", tmp_path):
        status, out, err = run(str(path))
        assert (status, out) == (2, "")
        assert err.startswith(f"{path} cannot be read: ")
        assert err.count("\n") == 1


def test_a_name_with_a_line_break_is_printed_in_one_line(tmp_path) -> None:
    status, _, err = run(str(tmp_path / "no\nthing.json"))
    assert status == 2
    assert err.count("\n") == 1


def test_no_file_at_all() -> None:
    status, _, err = run()
    assert status == 2
    assert err.count("\n") == 1
