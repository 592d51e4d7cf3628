from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.market import errors
from custom_components.nattery.core.market.entsoe.document import SIZE_LIMIT, SLOT_LIMIT, parse
from custom_components.nattery.core.market.prices import PriceSlot, is_complete, local_day
from scripts.entsoe_standin.xml import SeriesSpec, acknowledgement, publication

DOMAIN = "10Y1001A1001A82H"
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2025, 11, 11, 14, tzinfo=UTC)
START = datetime(2025, 11, 11, 23, tzinfo=UTC)
END = START + timedelta(days=1)
QUARTER = timedelta(minutes=15)
QUARTERS = [float(n) for n in range(96)]
HOURS = [1000.0 + n for n in range(24)]

amounts = st.lists(st.decimals(-500, 4000, places=2).map(float), min_size=1, max_size=100)


def document(*specs: SeriesSpec, **options):
    return publication(DOMAIN, specs, **{"created": NOW, **options})


def series(body: bytes, start: datetime = START, end: datetime = END):
    return parse(body, DOMAIN).series("DE_LU", start, end, source="entsoe", fetched_at=NOW)


def test_a_day_is_parsed_to_slots_per_kilowatt_hour() -> None:
    day = series(document(SeriesSpec(START, [93.17, -0.01, 0.0] + [100.0] * 93)))
    assert [slot.price for slot in day.slots[:4]] == [0.09317, -0.00001, 0.0, 0.1]
    assert day.slots[0] == PriceSlot(START, START + QUARTER, 0.09317)
    assert (day.area, day.currency, day.resolution, day.source) == ("DE_LU", "EUR", QUARTER, "entsoe")
    assert day.slots[0].start.tzinfo is UTC
    assert is_complete(day.slots, START, END)


@given(amounts, st.sampled_from([15, 30, 60]))
def test_omitted_repeats_are_restored_until_the_end_of_the_period(prices, minutes) -> None:
    prices = [price for price in prices for _ in range(3)][:100]  # runs, also at the end
    length = timedelta(minutes=minutes)
    body = document(SeriesSpec(START, prices, minutes))
    assert body.count(b"<Point>") <= (len(prices) + 2) // 3
    series_found = series(body, START, START + len(prices) * length)
    assert is_complete(series_found.slots, START, START + len(prices) * length)
    assert [slot.price for slot in series_found] == [float(f"{price:.2f}e-3") for price in prices]
    assert series_found.resolution == length


@given(amounts, st.data())
def test_any_omission_after_the_first_point_still_covers_the_period(prices, data) -> None:
    keep_flags = data.draw(st.lists(st.booleans(), min_size=len(prices), max_size=len(prices)))
    amounts_kept = [
        price if n == 0 or keep else None for n, (price, keep) in enumerate(zip(prices, keep_flags, strict=True))
    ]
    end = START + len(prices) * QUARTER
    filled = series(document(SeriesSpec(START, amounts_kept), keep_repeats=True), START, end)
    assert is_complete(filled.slots, START, end)
    for slot, price, previous in zip(filled.slots[1:], amounts_kept[1:], filled.slots, strict=False):
        assert slot.price == (previous.price if price is None else float(f"{price:.2f}e-3"))
    unfilled = series(document(SeriesSpec(START, amounts_kept, curve="A01"), keep_repeats=True), START, end)
    assert [slot.start for slot in unfilled] == [
        START + n * QUARTER for n, price in enumerate(amounts_kept) if price is not None
    ]


@pytest.mark.parametrize("day", ["2025-03-30", "2025-10-26", "2025-11-12"])
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_days_of_every_length_are_complete(day, minutes) -> None:
    start, end = local_day(datetime.fromisoformat(day).date(), BERLIN)
    count = (end - start) // timedelta(minutes=minutes)
    series_found = series(document(SeriesSpec(start, [10.0 + n for n in range(count)], minutes)), start, end)
    hours = {"2025-03-30": 23, "2025-10-26": 25}.get(day, 24)
    assert len(series_found) == hours * 60 // minutes
    assert is_complete(series_found.slots, start, end)


def test_no_price_is_carried_past_the_end_of_a_period() -> None:
    morning = SeriesSpec(START, [5.0] * 40)
    evening = SeriesSpec(START + 50 * QUARTER, [7.0] * 46)
    series_found = series(document(morning, evening))
    assert len(series_found) == 86
    assert series_found.at(START + 40 * QUARTER) is None
    assert series_found.at(START + 49 * QUARTER) is None


def test_a_missing_first_point_stays_unknown() -> None:
    series_found = series(document(SeriesSpec(START, [None, None, *QUARTERS[2:]])))
    assert series_found.slots[0].start == START + 2 * QUARTER


def test_without_a_curve_type_nothing_is_filled() -> None:
    assert len(series(document(SeriesSpec(START, [1.0, None, *QUARTERS[2:]], curve=None)))) == 95


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_only_the_first_auction_is_used_in_any_order(order) -> None:
    specs = [SeriesSpec(START, [price + 500 * n for price in QUARTERS], sequence=n) for n in order]
    assert [slot.price for slot in series(document(*specs))] == [(price + 500) / 1000 for price in QUARTERS]


@pytest.mark.parametrize(
    ("changes", "auction"), [({"sequence": 2}, "sequence 2"), ({"contract": "A07"}, "contract A07")]
)
def test_another_auction_alone_is_reported_and_not_used(changes, auction) -> None:
    today = SeriesSpec(START - timedelta(days=1), QUARTERS)
    body = document(today, SeriesSpec(START, QUARTERS, **changes))
    with pytest.raises(errors.OtherAuctionError) as error_info:
        series(body)
    assert error_info.value.auctions == (auction,)
    assert len(series(body, START - timedelta(days=1), START)) == 96


def test_a_day_that_is_not_in_the_document_is_not_published() -> None:
    with pytest.raises(errors.NotPublishedError):
        series(document(SeriesSpec(START, QUARTERS)), END, END + timedelta(days=1))


@pytest.mark.parametrize("order", [1, -1])
def test_the_finest_resolution_takes_precedence(order) -> None:
    hourly, quarters = SeriesSpec(START, HOURS, 60), SeriesSpec(START, QUARTERS)
    series_found = series(document(*[hourly, quarters][::order]))
    assert [slot.price for slot in series_found] == [price / 1000 for price in QUARTERS]


def test_coarser_prices_are_split_only_without_finer_ones() -> None:
    """If three quarters of an hour are known, the fourth is unknown: the hourly mean is not its price."""
    series_found = series(document(SeriesSpec(START, HOURS, 60), SeriesSpec(START + 8 * QUARTER, QUARTERS[:87])))
    assert series_found.resolution == QUARTER
    assert [slot.price for slot in series_found.slots[:8]] == [1.0] * 4 + [1.001] * 4
    assert series_found.slots[8].price == 0.0
    assert series_found.at(END - QUARTER) is None
    assert series_found.at(END - 2 * QUARTER).price == 0.086


def test_days_of_two_resolutions_stay_separate() -> None:
    body = document(SeriesSpec(START - timedelta(days=1), HOURS, 60), SeriesSpec(START, QUARTERS))
    assert len(series(body, START - timedelta(days=1), START)) == 24
    assert len(series(body)) == 96


def test_equal_duplicates_merge_and_unequal_ones_are_rejected() -> None:
    assert len(series(document(SeriesSpec(START, QUARTERS), SeriesSpec(START, QUARTERS, curve="A01")))) == 96
    with pytest.raises(errors.ConflictingPricesError):
        parse(document(SeriesSpec(START, QUARTERS), SeriesSpec(START, [*QUARTERS[:-1], 0.5])), DOMAIN)


def test_two_currencies_for_one_day_are_rejected() -> None:
    body = document(SeriesSpec(START, QUARTERS), SeriesSpec(START, QUARTERS, currency="PLN"))
    with pytest.raises(errors.ConflictingPricesError, match="EUR and PLN"):
        series(body)


def test_the_currency_is_that_of_the_document() -> None:
    assert series(document(SeriesSpec(START, QUARTERS, currency="PLN"))).currency == "PLN"


def archive(*bodies: bytes, compression: int = 0) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", compression) as file:
        for number, body in enumerate(bodies):
            file.writestr(f"{number}.xml", body)
    return packed.getvalue()


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_document_takes_precedence(order) -> None:
    old = document(SeriesSpec(START, QUARTERS))
    new = document(SeriesSpec(START, [9.0] * 40), created=NOW + timedelta(hours=1), revision=2)
    series_found = series(archive(*[old, new][::order]))
    assert [slot.price for slot in series_found] == [0.009] * 40 + [price / 1000 for price in QUARTERS[40:]]
    assert parse(archive(old, new), DOMAIN).revision == 2


def test_revisions_of_the_same_time_are_ordered_by_number() -> None:
    bodies = [document(SeriesSpec(START, [float(n)]), revision=n) for n in (10, 9)]
    assert series(archive(*bodies)).slots[0].price == 0.01


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (archive(), errors.NotXmlError),  # an empty archive has another signature
        (archive(document(SeriesSpec(START, QUARTERS)))[:-100], errors.TruncatedError),
        (archive(b"x" * (SIZE_LIMIT + 1), compression=ZIP_DEFLATED), errors.TooLargeError),
        (archive(*[b"x"] * 101), errors.TooLargeError),
        (archive(b"<html></html>"), errors.HtmlError),
    ],
    ids=["empty", "truncated", "too large", "too many documents", "a web page"],
)
def test_invalid_archives(body, error) -> None:
    with pytest.raises(error):
        parse(body, DOMAIN)


@given(st.integers(0, 23_000))
def test_a_truncated_body_gives_no_price(length) -> None:
    whole = document(SeriesSpec(START, QUARTERS), SeriesSpec(END, QUARTERS))
    length %= len(whole)
    with pytest.raises(errors.BrokenDocumentError) as error_info:
        parse(whole[:length], DOMAIN)
    assert error_info.value.kind in {"cut", "empty", "not_xml"}


@given(st.binary(max_size=200))
def test_any_other_bytes_raise_our_error(body) -> None:
    with pytest.raises(errors.BrokenDocumentError):
        parse(body, DOMAIN)


GOOD = document(SeriesSpec(START, QUARTERS))


def without(name: bytes):
    start, end = GOOD.index(b"<" + name), GOOD.index(b"</" + name + b">") + len(name) + 3
    return GOOD[:start] + GOOD[end:]


BROKEN = {
    "nothing": (b"", "empty"),
    "white space": (b" \n", "empty"),
    "no series": (document(), "empty"),
    "a web page": (b"\n<!DOCTYPE HTML><html><body>Down</body></html>", "html"),
    "a web page as XML": (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "html"),
    "text": (b"404 page not found", "not_xml"),
    "JSON": (b'{"error": 1}', "not_xml"),
    "an unknown encoding": (GOOD.replace(b"utf-8", b"klingon"), "not_xml"),
    "another encoding": (GOOD.decode().replace("utf-8", "utf-16").encode("utf-16"), "not_xml"),
    "an entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + GOOD, "not_xml"),
    "too much": (GOOD + b" " * SIZE_LIMIT, "too_large"),
    "a century of quarters": (
        GOOD.replace(b"<end>2025", b"<end>2125"),
        "too_large",
    ),
    "another document": (GOOD.replace(b"Publication_MarketDocument", b"GL_MarketDocument"), "wrong_document"),
    "another area going in": (GOOD.replace(DOMAIN.encode(), b"10YFR-RTE------C", 1), "wrong_domain"),
    "another area coming out": (b"10YFR-RTE------C".join(GOOD.rsplit(DOMAIN.encode(), 1)), "wrong_domain"),
    "kilowatt-hours": (document(SeriesSpec(START, QUARTERS, unit="KWH")), "wrong_unit"),
    "no currency": (document(SeriesSpec(START, QUARTERS, currency="euro")), "wrong_unit"),
    "hours by another name": (document(SeriesSpec(START, QUARTERS, resolution="PT1H")), "unknown_resolution"),
    "another curve": (document(SeriesSpec(START, QUARTERS, curve="A02")), "unknown_curve"),
    "a time without a zone": (GOOD.replace(b"23:00Z</start>", b"23:00</start>"), "bad_period"),
    "a time that is none": (GOOD.replace(b"23:00Z</start>", b"25:00Z</start>"), "bad_period"),
    "an end before the start": (GOOD.replace(b"2025-11-12T23:00Z</end>", b"2025-11-10T23:00Z</end>"), "bad_period"),
    "half a slot": (GOOD.replace(b"2025-11-12T23:00Z</end>", b"2025-11-12T23:05Z</end>"), "bad_period"),
    "slots off the clock": (document(SeriesSpec(START + timedelta(minutes=5), QUARTERS)), "bad_period"),
    "a point too far": (GOOD.replace(b"<position>96<", b"<position>97<"), "bad_period"),
    "a point before the first": (GOOD.replace(b"<position>1<", b"<position>0<"), "bad_period"),
    "a point nowhere": (GOOD.replace(b"<position>1<", b"<position>one<"), "bad_period"),
    "a price that is none": (GOOD.replace(b">5.00<", b">NaN<"), "bad_price"),
    "a price without end": (GOOD.replace(b">5.00<", b">INF<"), "bad_price"),
    "a price with a comma": (GOOD.replace(b">5.00<", b">5,00<"), "bad_price"),
    "an empty price": (GOOD.replace(b">5.00<", b"><"), "bad_price"),
    "a point twice": (GOOD.replace(b"<position>2<", b"<position>1<"), "contradiction"),
    "no points": (document(SeriesSpec(START, [None] * 96)), "missing_part"),
    **{
        f"no {name}": (without(name.encode()), "missing_part")
        for name in (
            "timeInterval",
            "resolution",
            "in_Domain.mRID",
            "currency_Unit.name",
            "price_Measure_Unit.name",
            "createdDateTime",
        )
    },
}


@pytest.mark.parametrize(("body", "kind"), BROKEN.values(), ids=BROKEN)
def test_every_invalid_document_has_its_kind(body, kind) -> None:
    with pytest.raises(errors.BrokenDocumentError) as error_info:
        parse(body, DOMAIN)
    assert error_info.value.kind == kind
    assert len(str(error_info.value)) < 120


def test_a_year_is_within_the_limits() -> None:
    count = 366 * 96
    assert count < SLOT_LIMIT
    body = document(SeriesSpec(START, [5.0] * count))
    assert len(series(body, START, START + count * QUARTER)) == count


def test_older_versions_of_the_document_are_parsed() -> None:
    assert len(series(GOOD.replace(b"publicationdocument:7:3", b"publicationdocument:7:0"))) == 96


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        ("999", "No matching data found for Data item Day-ahead Prices [12.1.D].", errors.NotPublishedError),
        ("999", "", errors.NotPublishedError),
        ("999", "The amount of requested data exceeds allowed limit", errors.QueryRejectedError),
        ("A59", "No matching", errors.QueryRejectedError),
    ],
)
def test_acknowledgements(code, text, error) -> None:
    with pytest.raises(error):
        parse(acknowledgement(code, text, created=NOW), DOMAIN)


def test_every_kind_is_used_once() -> None:
    kinds = [
        value.kind
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.MarketError)
    ]
    assert len(kinds) == len(set(kinds))
