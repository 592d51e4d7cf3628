"""The real client against the stand-in over real sockets, in every mode."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
import signal
import socket
import ssl
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from custom_components.nattery.core.market import errors
from custom_components.nattery.core.market.bidding_zones import find
from custom_components.nattery.core.market.entsoe.client import PriceResponse, ask, fetch
from custom_components.nattery.core.market.entsoe.process import PriceQueryProcess
from custom_components.nattery.core.market.entsoe.transport import _retry_after, ask as ask_here
from custom_components.nattery.core.market.prices import PriceQuality, PriceSeries, local_day
from custom_components.nattery.core.market.quality import judge
from scripts.entsoe_standin.curve import price
from scripts.entsoe_standin.modes import MODES, Manner, UnknownModeError, find as find_mode

from .stand_in import CANARY, DAY, GERMANY, TODAY, question, stand_in

BAD = {
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
DAYS = {
    **dict.fromkeys(QUARTERS | {"revised", "archive"}, (PriceQuality.GOOD, 96)),
    "hourly": (PriceQuality.GOOD, 24),
    "half_hourly": (PriceQuality.GOOD, 48),
    "currency": (PriceQuality.SUSPECT, 96),
    "flat": (PriceQuality.SUSPECT, 96),
    "absurd": (PriceQuality.SUSPECT, 96),
    "gap": (PriceQuality.INCOMPLETE, 92),
    "headless": (PriceQuality.INCOMPLETE, 95),
}
START = 3.0  # s that the process that asks may take until it does
LENGTHS = {"slow": "slow:0.3", "drip": "drip:0.5", "drip_head": "drip_head:0.5"}


def day(answer: PriceResponse, when=DAY, area=GERMANY) -> PriceSeries:
    start, end = local_day(when, area.tzinfo)
    series = answer.document.series(area.key, start, end, source="entsoe", fetched_at=answer.fetched_at)
    return judge(series, start, end, zone=area.tzinfo, currencies=area.currencies)


def test_every_mode_is_tested() -> None:
    assert BAD.keys() | DAYS.keys() == MODES.keys()


@pytest.mark.parametrize("mode", DAYS)
def test_modes_with_prices(mode) -> None:
    with stand_in(LENGTHS.get(mode, mode)) as server:
        answer = ask(question(server.url))
    found = day(answer)
    assert (found.quality, len(found)) == DAYS[mode]
    more = 0.01 if mode in {"revised", "archive"} else 0
    if mode in QUARTERS or more:
        expected = [price(1, GERMANY.eic, slot.start) / 1000 + more for slot in found]
        assert [slot.price for slot in found] == pytest.approx(expected, abs=1e-9)
    assert answer.size > 1000
    assert answer.seconds >= float(LENGTHS.get(mode, ":0").partition(":")[2]) * 0.9
    assert len(server.queries) == 1


@pytest.mark.parametrize("mode", BAD)
def test_modes_without_prices(mode) -> None:
    with stand_in(mode) as server, pytest.raises(BAD[mode]) as caught:
        day(ask(question(server.url)))
    text = str(caught.value)
    assert "\n" not in text
    assert text[0].isupper() or text.startswith("127.0.0.1")
    assert len(server.queries) == 1  # nobody below tries again by itself
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_what_is_asked() -> None:
    with stand_in() as server:
        ask(question(server.url))
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


@pytest.mark.parametrize("when", ["2025-03-30", "2025-10-26"])
@pytest.mark.parametrize("key", ["DE_LU", "FI", "RO"])
def test_days_on_which_the_clocks_change(when, key) -> None:
    area = find(key)
    when = datetime.fromisoformat(when).date()
    with stand_in() as server:
        found = day(ask(question(server.url, day=when, area=area)), when, area)
    assert found.quality is PriceQuality.GOOD
    assert len(found) == {3: 92, 10: 100}[when.month]


def test_tomorrow_is_there_from_one_o_clock() -> None:
    before, after = (datetime(2025, 11, 11, *clock, tzinfo=UTC) for clock in ((11, 59), (12, 0)))
    with stand_in(now=before) as server:
        answer = ask(question(server.url))
        assert len(day(answer, TODAY)) == 96
        with pytest.raises(errors.NotPublishedError):
            day(answer)
        server.behaviour.now = lambda: after
        assert len(day(ask(question(server.url)))) == 96


def test_a_wrong_token() -> None:
    with stand_in() as server, pytest.raises(errors.UnauthorizedError):
        ask(question(server.url, token="another"))


@pytest.mark.parametrize("mode", ["slow:30", "drip:30", "drip_head:30"])
def test_the_time_out_is_for_the_whole(mode, started) -> None:
    with stand_in(mode) as server:
        start = time.monotonic()
        with pytest.raises(errors.FetchTimeoutError) as caught:
            ask(question(server.url, START))
        assert START <= time.monotonic() - start < START + 0.6
        assert caught.value.seconds == START
        assert len(server.queries) == 1
    assert [process.returncode for process in started] == [-signal.SIGKILL]


def test_the_time_out_holds_before_anything_is_asked() -> None:
    with stand_in() as server:
        start = time.monotonic()
        with pytest.raises(errors.FetchTimeoutError):
            ask(question(server.url, 0.1))
        assert 0.1 <= time.monotonic() - start < 0.7
        assert not server.queries


def test_a_server_that_takes_connections_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(errors.FetchTimeoutError):
        ask(question(f"http://127.0.0.1:{server.getsockname()[1]}/api", START))


def test_a_server_that_speaks_no_tls() -> None:
    with stand_in() as server, pytest.raises(errors.PlatformUnreachableError, match=r"certificate|refused or broke"):
        ask(question(server.url.replace("http", "https")))


@pytest.fixture
def certificate(tmp_path, monkeypatch) -> ssl.SSLContext:
    """Makes a certificate for the loopback that requests believes in."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    builder = builder.add_extension(loopback, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = builder.sign(key, hashes.SHA256())
    bundle = tmp_path / "bundle.pem"
    plain = serialization.NoEncryption()
    bundle.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    return context


@pytest.mark.parametrize("mode", ["ok", "cut", "drip:30", "drip_head:30", "slow:30"])
def test_over_tls(mode, certificate, started) -> None:
    """The way the real platform is reached: the same token, the same cuts and the same time-out."""
    server = stand_in(mode)
    server._server.socket = certificate.wrap_socket(server._server.socket, server_side=True)
    with server:
        asked = question(server.url.replace("http", "https"), START)
        if mode == "ok":
            assert day(ask(asked)).quality is PriceQuality.GOOD
        else:
            start = time.monotonic()
            with pytest.raises(errors.TruncatedError if mode == "cut" else errors.FetchTimeoutError):
                ask(asked)
            assert time.monotonic() - start < START + 0.6
    assert server.queries[0]["securityToken"] == CANARY
    assert [process.returncode for process in started] == [0 if mode in {"ok", "cut"} else -signal.SIGKILL]


def test_through_a_proxy(monkeypatch) -> None:
    with stand_in() as server:
        monkeypatch.setenv("http_proxy", server.url.removesuffix("/api"))
        answer = ask(question("http://prices.invalid/api"))
    assert day(answer).quality is PriceQuality.GOOD
    assert server.queries[0]["securityToken"] == CANARY


def test_an_area_that_the_library_does_not_know() -> None:
    area = replace(GERMANY, eic="10YXX-ATLANTIS-X")
    with pytest.raises(errors.LibraryError, match="failed with ValueError"):
        ask(question("http://127.0.0.1:1/api", area=area))


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(
        errors.PlatformUnreachableError, match=r"^127\.0\.0\.1 cannot be reached: the connection was refused"
    ):
        ask(question(f"http://127.0.0.1:{port}/api"))


def test_a_name_that_nobody_has(monkeypatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    outcome = ask_here(question("http://prices.invalid/api"))
    assert isinstance(outcome, errors.PlatformUnreachableError)
    assert str(outcome) == "prices.invalid cannot be reached: its name is unknown"


@pytest.mark.parametrize(("mode", "seconds"), [("rate_limited:600", 600), ("unavailable:7", 7), ("unavailable", None)])
def test_how_long_to_be_quiet_is_passed_on(mode, seconds) -> None:
    with stand_in(mode) as server, pytest.raises(errors.TransportError) as caught:
        ask(question(server.url))
    assert caught.value.retry_after == seconds


def test_how_long_to_be_quiet_as_a_date() -> None:
    assert _retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)) == pytest.approx(
        89, abs=2
    )
    assert _retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert _retry_after("99999999999") == 86_400
    assert _retry_after("soon") is _retry_after("") is _retry_after("-5") is None


async def test_the_event_loop_runs_on_while_the_server_sleeps() -> None:
    worst, ticks = 0.0, 0

    async def watch() -> None:
        nonlocal worst, ticks
        while True:
            start = time.monotonic()
            await asyncio.sleep(0.005)
            worst, ticks = max(worst, time.monotonic() - start - 0.005), ticks + 1

    with stand_in("slow:1") as server:
        watching = asyncio.create_task(watch())
        answer = await fetch(question(server.url))
        watching.cancel()
    assert answer.seconds >= 1
    assert ticks > 80
    assert worst < 0.1


async def test_a_cancelled_fetch_leaves_no_process(started) -> None:
    with stand_in("slow:30") as server:
        task = asyncio.create_task(fetch(question(server.url)))
        while not server.queries:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(100):
            if started[0].returncode is not None:
                break
            await asyncio.sleep(0.02)
    assert [process.returncode for process in started] == [-signal.SIGKILL]


def test_what_is_killed_before_it_runs_does_not_run(started) -> None:
    with stand_in() as server:
        child = PriceQueryProcess(question(server.url))
        child.kill()
        assert isinstance(child.run(), errors.LibraryError)
        assert not server.queries
    assert started[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize("mode", ["nothing", "slow:much", ""])
def test_an_unknown_mode_is_told_what_is_allowed(mode) -> None:
    with pytest.raises(UnknownModeError, match="allowed are ok, slow"):
        find_mode(mode)


def test_every_manner_has_a_mode() -> None:
    assert {manner.value for manner in Manner} - {"whole"} <= MODES.keys()
