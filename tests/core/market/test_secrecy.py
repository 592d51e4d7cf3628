"""A canary for a token: whatever happens, nobody but the server may ever see it."""

import http.client
import io
import logging
import pickle
import socket
import traceback
import warnings

import pytest

from custom_components.nattery.core.market.entsoe import Exchange, Question
from custom_components.nattery.core.market.errors import MarketError
from custom_components.nattery.core.market.wire import Secret
from scripts.entsoe_standin.modes import MODES

from .stand_in import CANARY, question, stand_in

FEATHER = "4f1c7d2e"  # part of the canary that no escaping changes
HURRY = {"slow": "slow:9", "drip": "drip:9", "drip_head": "drip_head:9"}


@pytest.fixture
def heard(monkeypatch):
    """Everything that any logger says at the lowest level, and what http.client prints when it is told to."""
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


def everything_about(error: BaseException) -> str:
    """All that a log, a crash report or a curious caller could show of an error."""
    seen, parts = set(), []
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told = traceback.TracebackException.from_exception(one, capture_locals=True)
        parts += [str(one), repr(one), repr(one.args), repr(vars(one)), "".join(told.format())]
        pending += [one.__cause__, one.__context__]
    return "\n".join(parts)


def ask(asked: Question) -> str:
    """What is left of an exchange: a failure in full, or the answer."""
    exchange = Exchange(asked)
    try:
        answer = exchange.answer()
    except MarketError as error:
        return everything_about(error) + repr(vars(exchange))
    return repr(answer) + repr(vars(exchange)) + repr(asked)


@pytest.mark.parametrize("mode", MODES)
def test_the_token_shows_nowhere(mode, heard, capfd) -> None:
    with warnings.catch_warnings(record=True) as warned, stand_in(HURRY.get(mode, mode)) as server:
        warnings.simplefilter("always")
        told = ask(question(server.url, 1.0))
    assert server.queries[0]["securityToken"] == CANARY
    assert told
    assert "urllib3" in heard.getvalue()
    assert FEATHER not in told + heard.getvalue() + "".join(capfd.readouterr()) + repr([str(one) for one in warned])


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/api", "https://127.0.0.1:{port}/api", "http://[", "gopher://a/b"]
)
def test_the_token_shows_nowhere_without_a_server(url, heard, capfd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    told = ask(question(url.format(port=port), 2.0))
    assert "UnreachableError" in told or "LibraryError" in told
    assert FEATHER not in told + heard.getvalue() + "".join(capfd.readouterr())


def test_a_reason_that_quotes_the_token_is_told_without_it() -> None:
    with stand_in("refused") as server:
        told = ask(question(server.url))
    assert "securityToken=..." in told


def test_the_token_goes_to_no_other_host(heard) -> None:
    """A server that sends us elsewhere is not followed."""
    with stand_in("redirect") as server:
        ask(question(server.url))
        assert len(server.queries) == 1


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(CANARY)
    assert FEATHER not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == CANARY
    assert secret == Secret(CANARY) != Secret("other")
    assert len({secret, Secret(CANARY)}) == 1
    assert not Secret("")
    assert Secret("").hide("text") == "text"


def test_the_test_would_see_a_token() -> None:
    """As entsoe-py's own errors show it."""
    requests = pytest.importorskip("requests")
    with stand_in("unavailable") as server:
        answer = requests.get(server.url, params={"securityToken": CANARY}, timeout=5)
    with pytest.raises(requests.HTTPError) as caught:
        answer.raise_for_status()
    assert FEATHER in everything_about(caught.value)
    assert pickle.dumps(answer.url)
