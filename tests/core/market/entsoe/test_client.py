"""The real client against the stand-in over real sockets, in every mode."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
import signal
import socket
import ssl
from subprocess import Popen
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from custom_components.nattery.core.market import errors
from custom_components.nattery.core.market.bidding_zones import find_zone
from custom_components.nattery.core.market.entsoe.client import PriceResponse, fetch, fetch_blocking
from custom_components.nattery.core.market.entsoe.process import PriceQueryProcess
from custom_components.nattery.core.market.entsoe.transport import _retry_after, query_prices
from custom_components.nattery.core.market.prices import PriceQuality, PriceSeries, local_day
from custom_components.nattery.core.market.quality import assess
from scripts.entsoe_standin.curve import price
from scripts.entsoe_standin.modes import MODES, ReplyDelivery, UnknownModeError, find_mode
from scripts.entsoe_standin.server import StandIn
from tests.ports import free_port

from .stand_in import CANARY, DAY, GERMANY, TODAY, query, stand_in

ERRORS = {
    "wrong_domain": errors.WrongDomainError,
    "wrong_unit": errors.WrongUnitError,
    "unknown_resolution": errors.UnknownResolutionError,
    "unknown_curve": errors.UnknownCurveError,
    "not_a_number": errors.BadPriceError,
    "contradiction": errors.ConflictingPricesError,
    "not_published": errors.NotPublishedError,
    "refused": errors.QueryRejectedError,
    "empty": errors.EmptyError,
    "html": errors.HtmlError,
    "not_xml": errors.NotXmlError,
    "bomb": errors.NotXmlError,
    "huge": errors.TooLargeError,
    "unauthorized": errors.UnauthorizedError,
    "not_found": errors.ServerError,
    "rate_limited": errors.RateLimitedError,
    "unavailable": errors.ServerError,
    "redirect": errors.ServerError,
    "cut": errors.TruncatedError,
    "cut_unannounced": errors.TruncatedError,
    "hang_up": errors.PlatformUnreachableError,
    "only_second": errors.OtherAuctionError,
    "intraday": errors.OtherAuctionError,
}
QUARTERS = {"ok", "slow", "drip", "drip_head", "a01", "unlabelled", "mixed", "both", "swapped", "twice"}
QUALITIES = {
    **dict.fromkeys(sorted(QUARTERS | {"revised", "archive"}), (PriceQuality.GOOD, 96)),
    "hourly": (PriceQuality.GOOD, 24),
    "half_hourly": (PriceQuality.GOOD, 48),
    "currency": (PriceQuality.SUSPECT, 96),
    "flat": (PriceQuality.SUSPECT, 96),
    "absurd": (PriceQuality.SUSPECT, 96),
    "gap": (PriceQuality.INCOMPLETE, 92),
    "headless": (PriceQuality.INCOMPLETE, 95),
}
TIMEOUTS = 2.5, 5.0, 10.0, 20.0  # seconds; on a busy machine the worker needs some of them until it sends the query
TIMED_MODES = {"slow": "slow:0.3", "drip": "drip:0.5", "drip_head": "drip_head:0.5"}


def day(response: PriceResponse, when=DAY, area=GERMANY) -> PriceSeries:
    start, end = local_day(when, area.tzinfo)
    series = response.document.series(area.key, start, end, source="entsoe", fetched_at=response.fetched_at)
    return assess(series, start, end, zone=area.tzinfo, currencies=area.currencies)


def test_every_mode_is_tested() -> None:
    assert ERRORS.keys() | QUALITIES.keys() == MODES.keys()


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("mode", QUALITIES)
def test_modes_with_prices(mode) -> None:
    with stand_in(TIMED_MODES.get(mode, mode)) as server:
        response = fetch_blocking(query(server.url))
    series = day(response)
    assert (series.quality, len(series)) == QUALITIES[mode]
    surcharge = 0.01 if mode in {"revised", "archive"} else 0
    if mode in QUARTERS or surcharge:
        expected = [price(1, GERMANY.eic, slot.start) / 1000 + surcharge for slot in series]
        assert [slot.price for slot in series] == pytest.approx(expected, abs=1e-9)
    assert response.size > 1000
    assert response.seconds >= float(TIMED_MODES.get(mode, ":0").partition(":")[2]) * 0.9
    assert len(server.queries) == 1


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("mode", ERRORS)
def test_modes_without_prices(mode) -> None:
    with stand_in(mode) as server, pytest.raises(ERRORS[mode]) as error_info:
        day(fetch_blocking(query(server.url)))
    text = str(error_info.value)
    assert "\n" not in text
    assert text[0].isupper() or text.startswith("127.0.0.1")
    assert len(server.queries) == 1  # no lower layer retries
    assert error_info.value.__cause__ is error_info.value.__context__ is None


def test_parameters_of_the_request() -> None:
    with stand_in() as server:
        fetch_blocking(query(server.url))
    assert server.queries == [
        {
            "documentType": "A44",
            "in_Domain": GERMANY.eic,
            "out_Domain": GERMANY.eic,
            "contract_MarketAgreement.type": "A01",
            "offset": "0",
            "periodStart": "202511102300",
            "periodEnd": "202511122300",
            "securityToken": CANARY,
        }
    ]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("when", ["2025-03-30", "2025-10-26"])
@pytest.mark.parametrize("key", ["DE_LU", "FI", "RO"])
def test_days_with_a_clock_change(when, key) -> None:
    area = find_zone(key)
    when = datetime.fromisoformat(when).date()
    with stand_in() as server:
        series = day(fetch_blocking(query(server.url, day=when, area=area)), when, area)
    assert series.quality is PriceQuality.GOOD
    assert len(series) == {3: 92, 10: 100}[when.month]


@pytest.mark.usefixtures("in_this_process")
def test_tomorrow_is_published_at_one_o_clock() -> None:
    before, after = (datetime(2025, 11, 11, *clock, tzinfo=UTC) for clock in ((11, 59), (12, 0)))
    with stand_in(now=before) as server:
        response = fetch_blocking(query(server.url))
        assert len(day(response, TODAY)) == 96
        with pytest.raises(errors.NotPublishedError):
            day(response)
        server.behaviour.now = lambda: after
        assert len(day(fetch_blocking(query(server.url)))) == 96


def test_a_wrong_token() -> None:
    with stand_in() as server, pytest.raises(errors.UnauthorizedError):
        fetch_blocking(query(server.url, token="another"))


def time_out(server: StandIn, started: list[Popen[bytes]], scheme: str = "http") -> None:
    """Fetch from a server that responds too late, with longer timeouts until the worker had time to send the query."""
    while not server.queries:
        timeout = TIMEOUTS[len(started)]
        start = time.monotonic()
        with pytest.raises(errors.FetchTimeoutError) as error_info:
            fetch_blocking(query(server.url.replace("http", scheme), timeout))
        assert timeout <= time.monotonic() - start < 60
        assert error_info.value.seconds == timeout
        assert started[-1].returncode == -signal.SIGKILL
    assert len(server.queries) == 1


@pytest.mark.parametrize("mode", ["slow:60", "drip:60", "drip_head:60"])
def test_the_timeout_covers_the_whole_request(mode, started) -> None:
    with stand_in(mode) as server:
        time_out(server, started)


def test_the_timeout_applies_before_the_request_is_sent() -> None:
    with stand_in() as server:
        start = time.monotonic()
        with pytest.raises(errors.FetchTimeoutError):
            fetch_blocking(query(server.url, 0.1))
        assert time.monotonic() - start >= 0.1
        assert not server.queries


def test_a_server_that_accepts_connections_and_never_responds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(errors.FetchTimeoutError):
        fetch_blocking(query(f"http://127.0.0.1:{server.getsockname()[1]}/api", 0.5))


def test_a_server_without_tls() -> None:
    with stand_in() as server, pytest.raises(errors.PlatformUnreachableError, match=r"certificate|refused or broke"):
        fetch_blocking(query(server.url.replace("http", "https")))


@pytest.fixture
def certificate(tmp_path, monkeypatch) -> ssl.SSLContext:
    """Create a certificate for the loopback address that requests trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    builder = builder.add_extension(loopback, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate_made = builder.sign(key, hashes.SHA256())
    bundle = tmp_path / "bundle.pem"
    plain = serialization.NoEncryption()
    bundle.write_bytes(
        certificate_made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    return context


@pytest.mark.parametrize("mode", ["ok", "cut", "drip:60"])
def test_over_tls(mode, certificate, started) -> None:
    """The way the real platform is reached: same token, same truncation and same timeout."""
    server = stand_in(mode)
    server._server.socket = certificate.wrap_socket(server._server.socket, server_side=True)
    with server:
        sent = query(server.url.replace("http", "https"))
        if mode == "ok":
            assert day(fetch_blocking(sent)).quality is PriceQuality.GOOD
        elif mode == "cut":
            with pytest.raises(errors.TruncatedError):
                fetch_blocking(sent)
        else:
            time_out(server, started, "https")
    assert server.queries[0]["securityToken"] == CANARY


def test_through_a_proxy(monkeypatch) -> None:
    with stand_in() as server:
        monkeypatch.setenv("http_proxy", server.url.removesuffix("/api"))
        response = fetch_blocking(query("http://prices.invalid/api"))
    assert day(response).quality is PriceQuality.GOOD
    assert server.queries[0]["securityToken"] == CANARY


def test_an_area_unknown_to_the_library() -> None:
    area = replace(GERMANY, eic="10YXX-ATLANTIS-X")
    with pytest.raises(errors.LibraryError, match="failed with ValueError"):
        fetch_blocking(query("http://127.0.0.1:1/api", area=area))


def test_no_server() -> None:
    with pytest.raises(
        errors.PlatformUnreachableError, match=r"^127\.0\.0\.1 cannot be reached: the connection was refused"
    ):
        fetch_blocking(query(f"http://127.0.0.1:{free_port()}/api"))


def test_an_unknown_host_name(monkeypatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = query_prices(query("http://prices.invalid/api"))
    assert isinstance(result, errors.PlatformUnreachableError)
    assert str(result) == "prices.invalid cannot be reached: its name is unknown"


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(("mode", "seconds"), [("rate_limited:600", 600), ("unavailable:7", 7), ("unavailable", None)])
def test_retry_after_is_passed_on(mode, seconds) -> None:
    with stand_in(mode) as server, pytest.raises(errors.TransportError) as error_info:
        fetch_blocking(query(server.url))
    assert error_info.value.retry_after == seconds


def test_retry_after_as_a_date() -> None:
    assert _retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)) == pytest.approx(
        89, abs=2
    )
    assert _retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert _retry_after("99999999999") == 86_400
    assert _retry_after("soon") is _retry_after("") is _retry_after("-5") is None


async def test_the_event_loop_is_not_blocked_by_a_slow_server() -> None:
    """This process computes nothing for it either, since another thread that computes would block the loop too."""
    tick_count = 0

    async def watch() -> None:
        nonlocal tick_count
        while True:
            await asyncio.sleep(0.005)
            tick_count += 1

    with stand_in("slow:1") as server:
        watch_task = asyncio.create_task(watch())
        start = time.process_time()
        response = await fetch(query(server.url))
        computing_time = time.process_time() - start
        watch_task.cancel()
    assert response.seconds >= 1
    assert tick_count > 20
    assert computing_time < 0.3  # importing pandas takes longer


async def test_a_cancelled_fetch_leaves_no_process(started) -> None:
    with stand_in("slow:30") as server:
        task = asyncio.create_task(fetch(query(server.url)))
        while not server.queries:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(20):
            while started[0].returncode is None:
                await asyncio.sleep(0.02)
    assert [process.returncode for process in started] == [-signal.SIGKILL]


def test_a_process_killed_before_it_runs_sends_nothing(started) -> None:
    with stand_in() as server:
        process = PriceQueryProcess(query(server.url))
        process.kill()
        assert isinstance(process.run(), errors.LibraryError)
        assert not server.queries
    assert started[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize("mode", ["nothing", "slow:much", ""])
def test_an_unknown_mode_lists_the_allowed_ones(mode) -> None:
    with pytest.raises(UnknownModeError, match="allowed are ok, slow"):
        find_mode(mode)


def test_every_delivery_has_a_mode() -> None:
    assert {delivery.value for delivery in ReplyDelivery} - {"whole"} <= MODES.keys()
