"""Our parser against that of entsoe-py on the same documents.

Known deviations of entsoe-py 0.8: it turns a truncated body into a whole day of wrong prices, mixes auctions, keeps
equal duplicates, ignores area and unit, returns NaN for a missing first point, and fails without a curve type or with
PT1H.
"""

from datetime import UTC, datetime, timedelta
import math

from entsoe.parsers import parse_prices
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.market import errors
from custom_components.nattery.core.market.entsoe.document import parse
from scripts.entsoe_standin.modes import MODES, Request
from scripts.entsoe_standin.xml import SeriesSpec, publication

# entsoe-py parses XML with an HTML parser.
pytestmark = pytest.mark.filterwarnings("ignore::bs4.XMLParsedAsHTMLWarning")

DOMAIN = "10Y1001A1001A82H"
START = datetime(2025, 11, 11, 23, tzinfo=UTC)
END = START + timedelta(days=1)
KEYS = {15: "15min", 30: "30min", 60: "60min"}
QUARTERS = [float(n) for n in range(96)]


def document(*specs: SeriesSpec, **options) -> bytes:
    return publication(DOMAIN, specs, created=START, **options)


def our_prices(body: bytes, start: datetime = START, end: datetime = END) -> dict[datetime, float]:
    series = parse(body, DOMAIN).series("DE_LU", start, end, source="entsoe", fetched_at=START)
    return {slot.start: slot.price for slot in series}


def library_prices(body: bytes, minutes: int = 15) -> list[tuple[datetime, float]]:
    series = parse_prices(body.decode())[KEYS[minutes]]
    return [(moment.to_pydatetime(), value / 1000) for moment, value in series.items()]


def agrees(body: bytes, minutes: int = 15, start: datetime = START, end: datetime = END) -> bool:
    our_by_time, library_by_time = our_prices(body, start, end), dict(library_prices(body, minutes))
    return our_by_time.keys() == library_by_time.keys() and all(
        math.isclose(our_by_time[start_time], library_by_time[start_time], abs_tol=1e-12) for start_time in our_by_time
    )


@given(st.lists(st.sampled_from([-5.0, 0.0, 31.25, 400.0]), min_size=4, max_size=100), st.sampled_from([15, 30, 60]))
@settings(max_examples=30)
def test_one_period_with_any_repeats(prices, minutes) -> None:
    end = START + len(prices) * timedelta(minutes=minutes)
    assert agrees(document(SeriesSpec(START, prices, minutes)), minutes, START, end)


@pytest.mark.parametrize("mode", ["ok", "a01", "unlabelled", "hourly", "half_hourly", "revised", "flat", "gap"])
@pytest.mark.parametrize("first", ["2025-03-28T23:00Z", "2025-10-24T22:00Z", "2025-11-10T23:00Z"])
def test_three_days_of_the_stand_in(mode, first) -> None:
    start = datetime.fromisoformat(first)
    end = start + timedelta(hours=72 + {3: -1, 10: 1}.get(start.month, 0))
    published_at = datetime(2026, 1, 1, tzinfo=UTC)
    body = MODES[mode](Request(DOMAIN, start, end, published_at, 1, ""), 0).body
    assert agrees(body, {"hourly": 60, "half_hourly": 30}.get(mode, 15), start, end)


def test_library_accepts_a_truncated_body() -> None:
    cut = document(SeriesSpec(START, QUARTERS)).split(b"<Point><position>41<")[0]
    assert [price for _, price in library_prices(cut)][40:] == [0.039] * 56
    with pytest.raises(errors.TruncatedError):
        our_prices(cut)


def test_library_mixes_auctions() -> None:
    both = document(SeriesSpec(START, QUARTERS), SeriesSpec(START, [9.0] * 96, sequence=2))
    assert len(library_prices(both)) == 192
    assert list(our_prices(both).values()) == [price / 1000 for price in QUARTERS]


def test_library_takes_the_second_auction_for_the_first() -> None:
    second = document(SeriesSpec(START, QUARTERS, sequence=2))
    assert len(library_prices(second)) == 96
    with pytest.raises(errors.OtherAuctionError):
        our_prices(second)


def test_library_keeps_duplicates() -> None:
    twice = document(SeriesSpec(START, QUARTERS), SeriesSpec(START, QUARTERS))
    assert len(library_prices(twice)) == 192
    assert len(our_prices(twice)) == 96


def test_library_ignores_unit_and_domain() -> None:
    kilowatts, elsewhere = document(SeriesSpec(START, QUARTERS, unit="KWH")), publication(
        "10YFR-RTE------C", [SeriesSpec(START, QUARTERS)], created=START
    )  # fmt: skip
    assert len(library_prices(kilowatts)) == len(library_prices(elsewhere)) == 96
    with pytest.raises(errors.WrongUnitError):
        our_prices(kilowatts)
    with pytest.raises(errors.WrongDomainError):
        our_prices(elsewhere)


def test_library_returns_nan_for_a_missing_first_point() -> None:
    headless = document(SeriesSpec(START, [None, *QUARTERS[1:]]))
    assert math.isnan(library_prices(headless)[0][1])
    assert START not in our_prices(headless)


def test_library_fails_without_a_curve_type_and_with_pt1h() -> None:
    untyped = document(SeriesSpec(START, QUARTERS, curve=None))
    with pytest.raises(AttributeError):
        library_prices(untyped)
    assert len(our_prices(untyped)) == 96
    hourly = document(SeriesSpec(START, [1.0] * 24, 60, resolution="PT1H"))
    with pytest.raises(NotImplementedError):
        library_prices(hourly, 60)
    with pytest.raises(errors.UnknownResolutionError):
        our_prices(hourly)


def test_library_returns_nothing_for_a_web_page() -> None:
    assert all(series.empty for series in parse_prices("<html><body>Down</body></html>").values())
    with pytest.raises(errors.HtmlError):
        our_prices(b"<html><body>Down</body></html>")
