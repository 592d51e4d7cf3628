import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.market import public_sources
from custom_components.nattery.core.market.bidding_zones import BIDDING_ZONES
from custom_components.nattery.core.market.book import SOURCE_PRIORITY as ORDER, PriceBook
from custom_components.nattery.core.market.errors import (
    BadPeriodError,
    BadPriceError,
    BrokenDocumentError,
    ConflictingPricesError,
    EmptyError,
    HtmlError,
    MarketError,
    MissingPartError,
    NotPublishedError,
    TooLargeError,
    UnknownResolutionError,
    WrongDomainError,
    WrongUnitError,
)
from custom_components.nattery.core.market.prices import PriceQuality, is_complete, local_day
from custom_components.nattery.core.market.public_sources import parse_energy_charts, parse_nord_pool

from .days import AUTUMN, BERLIN, MINUTES, NOW, PLAIN, SPRING, price, starts_of


def energy_charts(day, minutes=15, **changes):
    starts = starts_of(day, minutes)
    response = {
        "license_info": "CC BY 4.0",
        "unix_seconds": [int(start.timestamp()) for start in starts],
        "price": [price(start) for start in starts],
        "unit": "EUR / MWh",
        "deprecated": False,
    }
    return json.dumps(response | changes).encode()


def nord_pool(day, minutes=15, *, state="Final", area="GER", **changes):
    entries = [
        {
            "deliveryStart": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "deliveryEnd": f"{start + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}",
            "entryPerArea": {area: price(start), "FR": 1},
        }
        for start in starts_of(day, minutes)
    ]
    response = {
        "deliveryDateCET": day.isoformat(),
        "market": "DayAhead",
        "multiAreaEntries": entries,
        "currency": "EUR",
        "areaStates": [{"state": "Final", "areas": ["FR"]}, {"state": state, "areas": [area]}],
    }
    return json.dumps(response | changes).encode()


def id_of(value):
    """Return a short id for a parameter: the name of an error, or a placeholder for a body."""
    return value.__name__ if isinstance(value, type) else "body"


BUILDERS = {"energy_charts": energy_charts, "nord_pool": nord_pool}


@pytest.mark.parametrize("source", public_sources.PUBLIC_SOURCES, ids=lambda source: source.name)
@pytest.mark.parametrize("minutes", MINUTES)
@pytest.mark.parametrize("day", [SPRING, PLAIN, AUTUMN])
def test_a_day_is_parsed_completely(source, minutes, day) -> None:
    fetched_at = local_day(day, BERLIN)[0]
    series = source.parse(BUILDERS[source.name](day, minutes), "DE_LU", fetched_at)
    assert is_complete(series.slots, *local_day(day, BERLIN))
    assert [slot.price for slot in series] == pytest.approx([price(slot.start) / 1000 for slot in series])
    assert (series.area, series.currency, series.source) == ("DE_LU", "EUR", source.name)
    assert (series.resolution, series.quality, series.fetched_at) == (
        timedelta(minutes=minutes),
        PriceQuality.FALLBACK,
        fetched_at,
    )
    book = PriceBook("DE_LU", BERLIN, {"EUR"})
    book.add(series)
    assert (book.day(day).quality, book.day(day).reasons) == (PriceQuality.FALLBACK, ())


def test_a_missing_price_is_a_gap() -> None:
    response = json.loads(energy_charts(PLAIN))
    response["price"][7] = None
    series = parse_energy_charts(json.dumps(response).encode(), "DE_LU", NOW)
    assert len(series) == 95
    assert series.at(starts_of(PLAIN, 15)[7]) is None
    response = json.loads(nord_pool(PLAIN))
    response["multiAreaEntries"][7]["entryPerArea"]["GER"] = None
    del response["multiAreaEntries"][8]["entryPerArea"]["GER"]
    assert len(parse_nord_pool(json.dumps(response).encode(), "DE_LU", NOW)) == 94


def test_other_currencies_are_kept() -> None:
    assert parse_nord_pool(nord_pool(PLAIN, area="SE3", currency="SEK"), "SE_3", NOW).currency == "SEK"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", EmptyError),
        (b" \n", EmptyError),
        (b"<!DOCTYPE html><p>maintenance", HtmlError),
        (b"[]", public_sources.NotJsonError),
        (energy_charts(PLAIN)[:-40], public_sources.NotJsonError),
        (b"[" * 100_000, public_sources.NotJsonError),
        (b" " * 5_000_001, TooLargeError),
        (energy_charts(PLAIN, unit="EUR / kWh"), WrongUnitError),
        (energy_charts(PLAIN, unit=None), WrongUnitError),
        (energy_charts(PLAIN, price=[1, 2]), MissingPartError),
        (energy_charts(PLAIN, price=None), MissingPartError),
        (energy_charts(PLAIN, unix_seconds=[], price=[]), NotPublishedError),
        (energy_charts(PLAIN, price=[None] * 96), NotPublishedError),
        (energy_charts(PLAIN, price=["1"] * 96), BadPriceError),
        (energy_charts(PLAIN, price=[float("nan")] * 96), BadPriceError),
        (energy_charts(PLAIN, price=[10**400] * 96), BadPriceError),
        (energy_charts(PLAIN, unix_seconds=["x"] * 96), BadPeriodError),
        (energy_charts(PLAIN, unix_seconds=[1 << 40] * 96), BadPeriodError),
        (energy_charts(PLAIN, unix_seconds=[900, 1000], price=[1, 2]), UnknownResolutionError),
        (energy_charts(PLAIN, unix_seconds=[900, 900], price=[1, 2]), UnknownResolutionError),
        (energy_charts(PLAIN, unix_seconds=[1000, 1900], price=[1, 2]), BadPeriodError),
    ],
    ids=id_of,
)
def test_invalid_responses_of_energy_charts(body, error) -> None:
    with pytest.raises(error):
        parse_energy_charts(body, "DE_LU", NOW)


def entry(start="2026-11-11T00:00:00Z", end="2026-11-11T00:15:00Z", amount=1.0):
    return {"deliveryStart": start, "deliveryEnd": end, "entryPerArea": {"GER": amount}}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", NotPublishedError),
        (b"<html>", HtmlError),
        (nord_pool(PLAIN)[:-40], public_sources.NotJsonError),
        (nord_pool(PLAIN, state="Preliminary"), NotPublishedError),
        (nord_pool(PLAIN, multiAreaEntries=[]), NotPublishedError),
        (nord_pool(PLAIN, area="FR"), NotPublishedError),
        (nord_pool(PLAIN, multiAreaEntries=None), MissingPartError),
        (nord_pool(PLAIN, multiAreaEntries=[{}]), MissingPartError),
        (nord_pool(PLAIN, multiAreaEntries=[1]), MissingPartError),
        (nord_pool(PLAIN, market="Intraday"), WrongDomainError),
        (nord_pool(PLAIN, currency=""), WrongUnitError),
        (nord_pool(PLAIN, multiAreaEntries=[entry(amount="1")]), BadPriceError),
        (nord_pool(PLAIN, multiAreaEntries=[entry(start="soon")]), BadPeriodError),
        (nord_pool(PLAIN, multiAreaEntries=[entry(start="2026-11-11T00:00:00")]), BadPeriodError),
        (nord_pool(PLAIN, multiAreaEntries=[entry(), entry(end="2026-11-11T01:00:00Z")]), UnknownResolutionError),
        (nord_pool(PLAIN, multiAreaEntries=[entry(end="2026-11-10T00:00:00Z")]), UnknownResolutionError),
        (nord_pool(PLAIN, multiAreaEntries=[entry(), entry(amount=2)]), ConflictingPricesError),
    ],
    ids=id_of,
)
def test_invalid_responses_of_nord_pool(body, error) -> None:
    with pytest.raises(error):
        parse_nord_pool(body, "DE_LU", NOW)


def test_a_duplicate_slot_is_merged() -> None:
    series = parse_nord_pool(nord_pool(PLAIN, multiAreaEntries=[entry(), entry()]), "DE_LU", NOW)
    assert len(series) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["unit", "price", "unix_seconds", "market", "currency", "multiAreaEntries", "areaStates"])
            | st.sampled_from(["deliveryStart", "deliveryEnd", "entryPerArea", "GER", "state", "areas"]),
            children,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("source", public_sources.PUBLIC_SOURCES, ids=lambda source: source.name)
@given(data=st.data())
def test_any_modified_response_gives_a_series_or_our_error(source, data) -> None:
    """Modify a valid response at one to three places."""
    response = json.loads(BUILDERS[source.name](PLAIN, 60))
    for _ in range(data.draw(st.integers(1, 3))):
        node = response
        while True:
            keys = sorted(node) if isinstance(node, dict) else list(range(min(len(node), 3)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and data.draw(st.booleans()):
                node = node[key]
                continue
            node[key] = data.draw(json_values)
            break
    try:
        series = source.parse(json.dumps(response).encode(), "DE_LU", NOW)
    except MarketError as error:
        series, text = None, str(error)
    else:
        text = ""
    assert series.slots if series else 0 < len(text) < 200


def test_sources_cover_existing_zones_and_follow_the_priority() -> None:
    for source in public_sources.PUBLIC_SOURCES:
        assert source.areas.keys() <= BIDDING_ZONES.keys()
        assert len(set(source.areas.values())) == len(source.areas)
    assert tuple(source.name for source in public_sources.PUBLIC_SOURCES) == ORDER[1:]


class PublicWebsite:
    """Both sources on a real socket: responses by day, and the requests received."""

    def __init__(self) -> None:
        self.responses: dict[str, tuple[int, bytes]] = {}
        self.requests: list[tuple[str, dict[str, list[str]]]] = []
        self.base = ""

    async def get(self, url):
        def read():
            try:
                with urlopen(url, timeout=5) as response:
                    return response.status, response.read()
            except HTTPError as error:
                with error:
                    return error.code, error.read()

        return await asyncio.to_thread(read)


@contextmanager
def serve(website: PublicWebsite) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlsplit(self.path)
            parameters = parse_qs(address.query)
            website.requests.append((address.path, parameters))
            status, body = website.responses.get((parameters.get("start") or parameters["date"])[0], (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        website.base = f"http://127.0.0.1:{server.server_port}/api"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def website() -> Iterator[PublicWebsite]:
    website = PublicWebsite()
    with serve(website):
        yield website


async def fetch(website, source, days=(PLAIN, PLAIN + timedelta(days=1))):
    return await public_sources.fetch(
        source, website.get, "DE_LU", days, currency="EUR", fetched_at=NOW, base=website.base
    )


@pytest.mark.parametrize("source", public_sources.PUBLIC_SOURCES, ids=lambda source: source.name)
async def test_days_are_fetched_over_http(website, source) -> None:
    website.responses[PLAIN.isoformat()] = 200, BUILDERS[source.name](PLAIN)
    (series,) = await fetch(website, source)
    assert is_complete(series.slots, *local_day(PLAIN, BERLIN))
    assert [path for path, _ in website.requests] == [
        {"energy_charts": "/api/price", "nord_pool": "/api/DayAheadPrices"}[source.name]
    ] * 2
    expected = {
        "energy_charts": {"bzn": ["DE-LU"], "start": ["2026-11-11"], "end": ["2026-11-11"]},
        "nord_pool": {
            "date": ["2026-11-11"],
            "market": ["DayAhead"],
            "deliveryArea": ["GER"],
            "currency": ["EUR"],
        },
    }
    assert website.requests[0][1] == expected[source.name]


@pytest.mark.parametrize("source", public_sources.PUBLIC_SOURCES, ids=lambda source: source.name)
async def test_http_errors(website, source) -> None:
    for status, body in ((404, b"not found"), (204, b"")):
        website.responses[PLAIN.isoformat()] = status, body
        with pytest.raises(NotPublishedError):
            await fetch(website, source)
    website.responses[PLAIN.isoformat()] = 503, b"<html>"
    with pytest.raises(public_sources.SourceError, match=f"{source.name} is in trouble \\(HTTP status 503\\)") as error:
        await fetch(website, source)
    assert error.value.kind == "server_trouble"
    website.responses[PLAIN.isoformat()] = 429, b""
    with pytest.raises(public_sources.SourceLimitedError) as error:
        await fetch(website, source)
    assert error.value.kind == "rate_limited"
    website.responses[PLAIN.isoformat()] = 200, b"<html>maintenance"
    with pytest.raises(BrokenDocumentError):
        await fetch(website, source)
