"""`nattery prices` as users start it: a process of its own, against the stand-in."""

from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import subprocess
import sys
import time

import pytest

from custom_components.nattery.core.cli import main
from custom_components.nattery.core.market.bidding_zones import find_zone
from custom_components.nattery.core.market.command import TOKEN_VARIABLE
from custom_components.nattery.core.market.prices import local_day
from scripts.entsoe_standin.curve import price

from .entsoe.stand_in import CANARY, DAY, GERMANY, stand_in

NATTERY = Path(sys.executable).with_name("nattery")
CANARY_PART = "4f1c7d2e"
WITHOUT_PRICES = [
    "only_second", "intraday", "gap", "headless", "contradiction", "wrong_domain", "wrong_unit", "unknown_resolution",
    "unknown_curve", "not_a_number", "not_published", "refused", "empty", "html", "not_xml", "bomb", "huge",
    "unauthorized", "not_found", "redirect", "cut", "cut_unannounced", "hang_up",
]  # fmt: skip


def run(*arguments: str, token: str | None = CANARY) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
    if token is not None:
        environment[TOKEN_VARIABLE] = token
    completed = subprocess.run(
        [NATTERY, "prices", *arguments], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert CANARY_PART not in completed.stdout + completed.stderr
    return completed.returncode, completed.stdout, completed.stderr


def prices(url: str, *more: str, day: str = str(DAY), area: str = "DE_LU") -> tuple[int, str, str]:
    return run("--area", area, "--day", day, "--url", url, *more)


def test_a_day_as_json() -> None:
    with stand_in("swapped") as server:
        status, out, err = prices(server.url, "--json", area="de-lu")
    assert (status, err) == (0, "")
    day = json.loads(out)
    slots = day.pop("slots")
    assert day == {"area": "DE_LU", "currency": "EUR", "resolution_minutes": 15, "quality": "good"}
    start, end = local_day(DAY, GERMANY.tzinfo)
    edges = [start + n * timedelta(minutes=15) for n in range(97)]
    assert edges[-1] == end
    assert [datetime.fromisoformat(slot["start"]) for slot in slots] == edges[:-1]
    assert [datetime.fromisoformat(slot["end"]) for slot in slots] == edges[1:]
    expected = [price(1, GERMANY.eic, edge) / 1000 for edge in edges[:-1]]
    assert [slot["price"] for slot in slots] == pytest.approx(expected, abs=1e-12)
    assert all(slot.keys() == {"start", "end", "price"} for slot in slots)


@pytest.mark.parametrize(("day", "count"), [("2025-03-30", 92), ("2025-10-26", 100)])
def test_days_with_a_clock_change(day, count) -> None:
    with stand_in() as server:
        status, out, _ = prices(server.url, "--json", day=day)
        assert (status, len(json.loads(out)["slots"])) == (0, count)
        status, out, _ = prices(server.url, day=day)
    lines = out.splitlines()
    assert lines[0] == "Germany and Luxembourg: spot prices in EUR/kWh, good"
    assert len(lines) == count + 1
    assert lines[1].startswith(f"{day} 00:00-00:15  ")


def test_a_suspect_day_is_printed_with_its_reasons() -> None:
    with stand_in("flat") as server:
        status, out, err = prices(server.url, "--json")
    assert (status, json.loads(out)["quality"]) == (0, "suspect")
    reasons = "all 96 prices are the same (0.05); all prices are those of the day before"
    assert err == f"The prices of {DAY} are suspect: {reasons}\n"


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("mode", WITHOUT_PRICES)
def test_failures_print_one_sentence(mode, capfd, monkeypatch) -> None:
    """Run in this process, because there are many modes."""
    monkeypatch.setenv(TOKEN_VARIABLE, CANARY)
    with stand_in(mode=mode) as server:
        status = main(["prices", "--area", "DE_LU", "--day", str(DAY), "--url", server.url, "--json"])
    out, err = capfd.readouterr()
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert CANARY_PART not in err
    assert len(server.queries) == 1


@pytest.mark.parametrize("mode", ["cut", "unauthorized", "not_published", "only_second"])
def test_failures_of_the_process_print_one_sentence(mode) -> None:
    with stand_in(mode) as server:
        status, out, err = prices(server.url, "--json")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1


def test_tomorrow_before_it_is_published() -> None:
    with stand_in(now=datetime(2025, 11, 11, 9, tzinfo=UTC)) as server:
        assert prices(server.url) == (1, "", "These prices are not published, or not yet\n")


@pytest.mark.parametrize("modes", [["unavailable", "rate_limited:1"], ["rate_limited", "unavailable:1"]])
def test_temporary_failures_are_retried(modes) -> None:
    with stand_in(*modes) as server:
        start = time.monotonic()
        status, out, err = prices(server.url, "--json")
        duration = time.monotonic() - start
    assert (status, err) == (0, "")
    assert json.loads(out)["quality"] == "good"
    assert len(server.queries) == 3
    assert duration >= 2


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("unavailable", "ENTSO-E is in trouble (HTTP status 503)\n"),
        ("rate_limited:600", "ENTSO-E has had too many requests with this token and asks for 600 s of quiet\n"),
        ("slow:60", "ENTSO-E did not answer within "),
        ("drip:60", "ENTSO-E did not answer within "),
    ],
)
def test_the_time_limit_is_kept(mode, sentence) -> None:
    with stand_in(mode=mode) as server:
        start = time.monotonic()
        status, out, err = prices(server.url, "--timeout", "4")
        duration = time.monotonic() - start
    assert (status, out) == (1, "")
    assert err.startswith(sentence)
    assert duration < 40  # includes the start of Python


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--area", "ATLANTIS", "--day", "2025-11-12"],
            "'ATLANTIS' is no area with day-ahead prices: allowed are",
        ),
        (["--area", "DE_LU", "--day", "tomorrow"], "--day cannot be 'tomorrow': allowed is a day as YYYY-MM-DD"),
        (["--area", "DE_LU", "--day", "9999-12-31"], "--day cannot be '9999-12-31'"),
        (["--area", "DE_LU", "--day", "2025-02-29"], "--day cannot be '2025-02-29'"),
        (["--area", "DE_LU", "--day", "2025-11-12", "--timeout", "0"], "--timeout cannot be '0': allowed is a number"),
        (["--area", "DE_LU", "--day", "2025-11-12", "--timeout", "nan"], "--timeout cannot be 'nan'"),
        (["--area", "DE_LU", "--day", "2025-11-12", "--url", "ftp://a"], "--url cannot be 'ftp://a'"),
        (["--area", "DE_LU", "--day", "2025-11-12", "--url", "http://["], "--url cannot be 'http://['"),
        (["--area", "DE_LU"], "nattery prices: the following arguments are required: --day"),
    ],
)
def test_invalid_options_print_one_sentence(arguments, sentence) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(sentence)
    assert err.count("\n") == 1


@pytest.mark.parametrize("token", [None, "", "  "])
def test_without_a_token(token) -> None:
    status, out, err = run("--area", "DE_LU", "--day", "2025-11-12", token=token)
    assert (status, out) == (2, "")
    assert err == f"There is no token: put ENTSO-E's into the environment as {TOKEN_VARIABLE}\n"


def test_other_commands_do_not_load_pandas() -> None:
    code = (
        "import sys, nattery.cli, nattery.market.command; sys.exit('pandas' in sys.modules or 'entsoe' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0


def test_the_stand_in_as_a_process() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.entsoe_standin", "--seed", "7"],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
    ) as process:  # fmt: skip
        line = process.stdout.readline()
        url = line.rpartition(" ")[2].strip()
        status, out, _ = prices(url, "--json", day="2025-06-01", area="SE3")
        process.terminate()
        assert process.wait(10) == 0
    area = find_zone("SE_3")
    start, _ = local_day(datetime(2025, 6, 1).date(), area.tzinfo)
    assert status == 0
    assert json.loads(out)["slots"][0]["price"] == pytest.approx(price(7, area.eic, start) / 1000)
