"""Our parser against entsoe-py's own, on the same documents; where they differ, the test says how and why.

Known deviations of entsoe-py 0.8: a cut body is a whole day of wrong prices; several auctions are mixed; equal
duplicates come twice; area and unit are not looked at; a missing head is NaN; a missing curve type or PT1H crashes it.
"""

from datetime import UTC, datetime, timedelta
import math

from entsoe.parsers import parse_prices
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.market import errors
from custom_components.nattery.core.market.entsoe.document import parse
from scripts.entsoe_standin.modes import MODES, Request
from scripts.entsoe_standin.xml import Stretch, publication

# Reads XML as web pages, and means to.
pytestmark = pytest.mark.filterwarnings("ignore::bs4.XMLParsedAsHTMLWarning")

DOMAIN = "10Y1001A1001A82H"
START = datetime(2025, 11, 11, 23, tzinfo=UTC)
END = START + timedelta(days=1)
KEYS = {15: "15min", 30: "30min", 60: "60min"}
QUARTERS = [float(n) for n in range(96)]


def document(*stretches: Stretch, **options) -> bytes:
    return publication(DOMAIN, stretches, created=START, **options)


def ours(body: bytes, start: datetime = START, end: datetime = END) -> dict[datetime, float]:
    series = parse(body, DOMAIN).series("DE_LU", start, end, source="entsoe", fetched_at=START)
    return {slot.start: slot.price for slot in series}


def theirs(body: bytes, minutes: int = 15) -> list[tuple[datetime, float]]:
    series = parse_prices(body.decode())[KEYS[minutes]]
    return [(moment.to_pydatetime(), value / 1000) for moment, value in series.items()]


def same(body: bytes, minutes: int = 15, start: datetime = START, end: datetime = END) -> bool:
    mine, other = ours(body, start, end), dict(theirs(body, minutes))
    return mine.keys() == other.keys() and all(math.isclose(mine[at], other[at], abs_tol=1e-12) for at in mine)


@given(st.lists(st.sampled_from([-5.0, 0.0, 31.25, 400.0]), min_size=4, max_size=100), st.sampled_from([15, 30, 60]))
@settings(max_examples=30)
def test_one_period_of_any_repeats(prices, minutes) -> None:
    end = START + len(prices) * timedelta(minutes=minutes)
    assert same(document(Stretch(START, prices, minutes)), minutes, START, end)


@pytest.mark.parametrize("mode", ["ok", "a01", "unlabelled", "hourly", "half_hourly", "revised", "flat", "gap"])
@pytest.mark.parametrize("first", ["2025-03-28T23:00Z", "2025-10-24T22:00Z", "2025-11-10T23:00Z"])
def test_three_days_of_the_stand_in(mode, first) -> None:
    start = datetime.fromisoformat(first)
    end = start + timedelta(hours=72 + {3: -1, 10: 1}.get(start.month, 0))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    body = MODES[mode](Request(DOMAIN, start, end, now, 1, ""), 0).body
    assert same(body, {"hourly": 60, "half_hourly": 30}.get(mode, 15), start, end)


def test_theirs_makes_a_day_of_a_cut_body() -> None:
    cut = document(Stretch(START, QUARTERS)).split(b"<Point><position>41<")[0]
    assert [price for _, price in theirs(cut)][40:] == [0.039] * 56
    with pytest.raises(errors.TruncatedError):
        ours(cut)


def test_theirs_mixes_the_auctions() -> None:
    both = document(Stretch(START, QUARTERS), Stretch(START, [9.0] * 96, sequence=2))
    assert len(theirs(both)) == 192
    assert list(ours(both).values()) == [price / 1000 for price in QUARTERS]


def test_theirs_takes_the_second_auction_for_the_first() -> None:
    second = document(Stretch(START, QUARTERS, sequence=2))
    assert len(theirs(second)) == 96
    with pytest.raises(errors.OtherAuctionError):
        ours(second)


def test_theirs_doubles_duplicates() -> None:
    twice = document(Stretch(START, QUARTERS), Stretch(START, QUARTERS))
    assert len(theirs(twice)) == 192
    assert len(ours(twice)) == 96


def test_theirs_looks_at_neither_unit_nor_domain() -> None:
    kilowatts, elsewhere = document(Stretch(START, QUARTERS, unit="KWH")), publication(
        "10YFR-RTE------C", [Stretch(START, QUARTERS)], created=START
    )  # fmt: skip
    assert len(theirs(kilowatts)) == len(theirs(elsewhere)) == 96
    with pytest.raises(errors.WrongUnitError):
        ours(kilowatts)
    with pytest.raises(errors.WrongDomainError):
        ours(elsewhere)


def test_theirs_gives_a_missing_head_as_no_number() -> None:
    headless = document(Stretch(START, [None, *QUARTERS[1:]]))
    assert math.isnan(theirs(headless)[0][1])
    assert START not in ours(headless)


def test_theirs_crashes_without_a_curve_type_and_at_pt1h() -> None:
    bare = document(Stretch(START, QUARTERS, curve=None))
    with pytest.raises(AttributeError):
        theirs(bare)
    assert len(ours(bare)) == 96
    foreign = document(Stretch(START, [1.0] * 24, 60, resolution="PT1H"))
    with pytest.raises(NotImplementedError):
        theirs(foreign, 60)
    with pytest.raises(errors.UnknownResolutionError):
        ours(foreign)


def test_theirs_finds_nothing_in_a_web_page() -> None:
    assert all(series.empty for series in parse_prices("<html><body>Down</body></html>").values())
    with pytest.raises(errors.HtmlError):
        ours(b"<html><body>Down</body></html>")
