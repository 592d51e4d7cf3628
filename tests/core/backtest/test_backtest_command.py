"""`nattery backtest` as a user starts it."""

from dataclasses import fields
import io
import json
from pathlib import Path
import sys

import pytest

from custom_components.nattery.core.backtest import command
from custom_components.nattery.core.backtest.time_series import BacktestError, TimeSeries
from custom_components.nattery.core.forecast.quarters import moment
from custom_components.nattery.core.planner.problem_document import problem_from
from scripts.benchmarks.weeks import CANONICAL, WEEKS, ZONE, series

from .program import run_backtest

COLUMNS = "import_price", "export_price", "pv_kw", "load_kw", "pv_forecast_kw", "load_forecast_kw"
WAYS = ["no_battery", "self_consumption", "daily_plan", "closed_loop", "perfect_forecast"]


def run(*arguments, zone="Europe/Berlin", battery=CANONICAL):
    return run_backtest(*arguments, "--battery", battery, "--timezone", zone)


@pytest.fixture
def two_weeks(tmp_path):
    """Write two weeks of October with a clock change to a file, in local times."""
    days = series(WEEKS[-1], 1, 14)
    path = tmp_path / "series.csv"
    columns = [getattr(days, name) for name in COLUMNS]
    lines = (
        ",".join([moment(number).astimezone(ZONE).isoformat(), *(f"{value:.6f}" for value in values)])
        for number, *values in zip(days.numbers, *columns, strict=True)
    )
    path.write_text("\n".join([",".join(["start", *COLUMNS]), *lines, ""]))
    return path


def test_a_backtest_as_json(two_weeks) -> None:
    status, out, err = run(two_weeks, "--json")
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert list(document["details"]) == WAYS
    costs = [document[way] for way in WAYS]
    assert costs == sorted(costs, reverse=True)
    assert document["quarters"] == 14 * 96 + 4
    assert document["captured"] > 0.85
    for way in WAYS:
        detail = document["details"][way]
        stored = document["terminal_value_per_kwh"] * detail["stored_change_kwh"]
        parts = detail["grid_cost"] + detail["peak_cost"] + detail["wear"]
        assert document[way] == pytest.approx(parts - stored, abs=1e-6)


def test_gaps_are_counted() -> None:
    whole = series(WEEKS[-1], 1, 2)
    kept = [*range(100), *range(104, len(whole))]
    columns = {field.name: getattr(whole, field.name) for field in fields(whole)}
    gapped = TimeSeries(**{name: column and [column[index] for index in kept] for name, column in columns.items()})
    (line,) = command._format_gaps(gapped)
    assert line.startswith("4 quarters in 1 gaps are missing, the longest from ")
    assert command._format_gaps(whole) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_reported_in_place_on_a_terminal(monkeypatch) -> None:
    monkeypatch.setattr(command, "_PROGRESS_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    problem = problem_from(json.loads(Path(CANONICAL).read_text()) | {"peak_price_per_kw": 5})
    report = command._progress_reporter(problem)
    report(0.5)
    report(1.0)
    text = terminal.getvalue()
    assert "a year takes some minutes" in text
    assert "\r 50% done, about 0 s to go" in text
    assert text.endswith("\r\x1b[K")


def test_a_series_that_is_too_large(two_weeks, monkeypatch) -> None:
    with pytest.raises(BacktestError, match="is too large"):
        command._read_text(str(two_weeks), 1000)


def test_a_backtest_as_text(two_weeks) -> None:
    status, out, err = run(two_weeks)
    assert (status, err) == (0, "")
    assert "closed loop  " in out
    assert out.splitlines()[-1].startswith("the closed loop achieves ")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("load_kw", "house_kw", "Line 1 has no column load_kw"),
        ("2026-10-12T02:00:00+02:00", "2026-10-12T02:00:00", "Line 10: start 2026-10-12T02:00:00 has no offset"),
        (
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T02:00:00+02:00",
            "Line 1262: start 2026-10-25T02:00:00+02:00 is earlier",
        ),
    ],
)
def test_bad_input_is_one_sentence(two_weeks, old, new, sentence) -> None:
    two_weeks.write_text(two_weeks.read_text().replace(old, new, 1))
    status, out, err = run(two_weeks, "--json")
    assert (status, out) == (2, "")
    assert err.startswith(sentence)
    assert err.count("\n") == 1


def test_invalid_files_zones_and_options(two_weeks, tmp_path) -> None:
    binary, empty, broken = tmp_path / "binary", tmp_path / "empty", tmp_path / "broken"
    binary.write_bytes(b"start\n\xff\xfe")
    empty.write_text("")
    broken.write_text(
        '{"battery": {"capacity_kwh": -1, "soc_start": 1, "charge_kw": 1, "discharge_kw": 1}, "grid": {}}'
    )
    for arguments, options, sentence in (
        ((tmp_path / "none.csv",), {}, f"{tmp_path / 'none.csv'} cannot be read: No such file"),
        ((tmp_path,), {}, f"{tmp_path} cannot be read: Is a directory"),
        ((binary,), {}, f"{binary} is not UTF-8 text: see line 2"),
        ((empty,), {}, "The series is empty"),
        ((two_weeks,), {"battery": empty}, "The battery file is not JSON"),
        ((two_weeks,), {"battery": broken}, "battery.capacity_kwh cannot be -1"),
        ((two_weeks,), {"zone": "Mars/Olympus"}, "--timezone cannot be 'Mars/Olympus'"),
        ((two_weeks,), {"zone": "../etc"}, "--timezone cannot be '../etc'"),
        ((), {}, "Either SERIES.csv or --ledger is needed"),
        ((two_weeks, "--ledger", "x"), {}, "Either SERIES.csv or --ledger is needed"),
        (("--ledger", tmp_path / "no.db"), {}, f"{tmp_path / 'no.db'} cannot be read"),
        (("--ledger", "mysql://x/y"), {}, "This is no address of a ledger"),
    ):
        status, out, err = run(*arguments, **options)
        assert (status, out) == (1 if "mysql://x/y" in arguments else 2, "")
        assert err.startswith(sentence)
        assert err.count("\n") == 1
    assert not (tmp_path / "no.db").exists()
