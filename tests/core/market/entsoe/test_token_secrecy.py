"""The token never appears anywhere but in the request to the server, tested with a canary."""

import http.client
import io
import logging
import pickle
import traceback
import warnings

import pytest

from custom_components.nattery.core.market.entsoe import process as process_module
from custom_components.nattery.core.market.entsoe.client import fetch_blocking
from custom_components.nattery.core.market.entsoe.ipc import PriceQuery, unpack_result
from custom_components.nattery.core.market.entsoe.transport import query_prices
from custom_components.nattery.core.market.errors import MarketError
from custom_components.nattery.core.market.secret import Secret
from custom_components.nattery.core.process import worker_process
from scripts.entsoe_standin.modes import MODES
from tests.ports import free_port

from .stand_in import CANARY, query, stand_in

CANARY_PART = "4f1c7d2e"  # part of the canary that no escaping changes
LATE_MODES = {"slow": "slow:60", "drip": "drip:60", "drip_head": "drip_head:60"}
FAST_MODES = {"slow": "slow:9", "drip": "drip:2", "drip_head": "drip_head:2"}
TIMEOUTS = 2.5, 5.0, 10.0, 20.0  # seconds; on a busy machine the worker needs some of them until it sends the query
# Modes that the worker process handles by itself; it passes the body of any other on as it is.
MODES_WITHOUT_A_BODY = {
    *("slow", "drip", "drip_head", "huge", "cut", "cut_unannounced", "hang_up"),
    *("unauthorized", "not_found", "rate_limited", "unavailable", "redirect"),
}


@pytest.fixture
def captured_logs(monkeypatch):
    """Capture everything that any logger emits at the lowest level, and what http.client prints in debug mode."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    root = logging.getLogger()
    loggers = [root, *(logger for logger in root.manager.loggerDict.values() if isinstance(logger, logging.Logger))]
    levels = [(logger, logger.level, logger.disabled, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled, logger.propagate = False, True
    root.addHandler(handler)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 9)
    yield text
    root.removeHandler(handler)
    for logger, level, disabled, propagate in levels:
        logger.setLevel(level)
        logger.disabled, logger.propagate = disabled, propagate


def everything_in(error: BaseException) -> str:
    """Return everything that a log, a crash report or a caller could show of an error."""
    seen_ids, parts = set(), []
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen_ids:
            continue
        seen_ids.add(id(current))
        result_of_fetch = traceback.TracebackException.from_exception(current, capture_locals=True)
        parts += [
            str(current),
            repr(current),
            repr(current.args),
            repr(vars(current)),
            "".join(result_of_fetch.format()),
        ]
        pending += [current.__cause__, current.__context__]
    return "\n".join(parts)


def result_of_fetch(sent: PriceQuery) -> str:
    """Return everything in the failure of a query, or the response."""
    try:
        response = fetch_blocking(sent)
    except MarketError as error:
        return everything_in(error)
    return repr(response) + repr(sent)


def result_in_this_process(sent: PriceQuery) -> str:
    """Like `result_of_fetch`, but in this process, where the logs can be captured."""
    result = query_prices(sent)
    return everything_in(result) if isinstance(result, MarketError) else "a body"


@pytest.fixture
def captured_worker_output(monkeypatch, tmp_path):
    """Capture the worker's stderr and the header of its stdout, whose body comes from the server."""
    headers = []

    def record_and_unpack(data: bytes) -> bytes | MarketError:
        headers.append(data.partition(b"\n")[0].decode())
        return unpack_result(data)

    with (tmp_path / "stderr").open("w+") as stderr:
        monkeypatch.setattr(worker_process, "DEVNULL", stderr)
        monkeypatch.setattr(process_module, "unpack_result", record_and_unpack)
        yield lambda: "".join([*headers, (tmp_path / "stderr").read_text()])


@pytest.mark.parametrize("mode", sorted({*MODES_WITHOUT_A_BODY, "ok", "refused"}))
def test_the_token_appears_nowhere(mode, captured_worker_output, capfd) -> None:
    output = ""
    with stand_in(LATE_MODES.get(mode, mode)) as server:
        for timeout in TIMEOUTS if mode in LATE_MODES else (30.0,):
            output += result_of_fetch(query(server.url, timeout))
            if server.queries:
                break
    assert server.queries[0]["securityToken"] == CANARY
    assert output
    assert captured_worker_output() or "FetchTimeoutError" in output
    assert CANARY_PART not in output + captured_worker_output() + "".join(capfd.readouterr())


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("mode", sorted(MODES.keys() - MODES_WITHOUT_A_BODY))
def test_the_token_appears_nowhere_whatever_the_body_is(mode, capfd) -> None:
    with stand_in(mode) as server:
        output = result_of_fetch(query(server.url))
    assert server.queries[0]["securityToken"] == CANARY
    assert output
    assert CANARY_PART not in output + "".join(capfd.readouterr())


@pytest.mark.parametrize("mode", MODES)
def test_the_token_appears_in_no_log(mode, captured_logs, capfd) -> None:
    with warnings.catch_warnings(record=True) as warnings_caught, stand_in(FAST_MODES.get(mode, mode)) as server:
        warnings.simplefilter("always")
        output = result_in_this_process(query(server.url, 1.0))
    assert server.queries[0]["securityToken"] == CANARY
    assert output
    assert "urllib3" in captured_logs.getvalue()
    assert CANARY_PART not in output + captured_logs.getvalue() + "".join(capfd.readouterr()) + repr(
        [str(current) for current in warnings_caught]
    )


@pytest.mark.parametrize("run_query", [result_of_fetch, result_in_this_process])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/api", "https://127.0.0.1:{port}/api", "http://[", "gopher://a/b"]
)
def test_the_token_appears_nowhere_without_a_server(
    url, run_query, captured_logs, captured_worker_output, capfd
) -> None:
    output = run_query(query(url.format(port=free_port())))
    assert "UnreachableError" in output or "LibraryError" in output
    assert CANARY_PART not in output + captured_logs.getvalue() + captured_worker_output() + "".join(capfd.readouterr())


def test_a_reason_that_quotes_the_token_is_redacted() -> None:
    with stand_in("refused") as server:
        output = result_of_fetch(query(server.url))
    assert "securityToken=..." in output


def test_the_token_goes_to_no_other_host() -> None:
    """Redirects are not followed."""
    with stand_in("redirect") as server:
        result_of_fetch(query(server.url))
        assert len(server.queries) == 1


def test_a_secret_is_only_shown_by_reveal() -> None:
    secret = Secret(CANARY)
    assert CANARY_PART not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == CANARY
    assert secret == Secret(CANARY) != Secret("other")
    assert len({secret, Secret(CANARY)}) == 1
    assert not Secret("")
    assert Secret("").hide("text") == "text"


def test_the_test_would_find_a_token() -> None:
    """The errors of requests, which entsoe-py passes on, show it."""
    requests = pytest.importorskip("requests")
    with stand_in("unavailable") as server:
        response = requests.get(server.url, params={"securityToken": CANARY}, timeout=5)
    with pytest.raises(requests.HTTPError) as error_info:
        response.raise_for_status()
    assert CANARY_PART in everything_in(error_info.value)
    assert pickle.dumps(response.url)
