"""A canary for a token: whatever happens, nobody but the server may ever see it."""

import http.client
import io
import logging
import pickle
import socket
import traceback
import warnings

import pytest

from custom_components.nattery.core.market.entsoe import process as asking
from custom_components.nattery.core.market.entsoe.client import ask
from custom_components.nattery.core.market.entsoe.ipc import PriceQuery, unpack
from custom_components.nattery.core.market.entsoe.transport import ask as ask_here
from custom_components.nattery.core.market.errors import MarketError
from custom_components.nattery.core.market.secret import Secret
from custom_components.nattery.core.process import worker_process
from scripts.entsoe_standin.modes import MODES

from .stand_in import CANARY, question, stand_in

FEATHER = "4f1c7d2e"  # part of the canary that no escaping changes
HURRY = {"slow": "slow:9", "drip": "drip:4", "drip_head": "drip_head:4"}


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


def told(asked: PriceQuery) -> str:
    """What is left of a question: a failure in full, or the answer."""
    try:
        answer = ask(asked)
    except MarketError as error:
        return everything_about(error)
    return repr(answer) + repr(asked)


def told_here(asked: PriceQuery) -> str:
    """As `told`, with the asking done in this process, where its logs can be heard."""
    outcome = ask_here(asked)
    return everything_about(outcome) if isinstance(outcome, MarketError) else "a body"


@pytest.fixture
def overheard(monkeypatch, tmp_path):
    """What the process that asks says: its stderr, and the header of its stdout (the body is the server's)."""
    headers = []

    def unpacked(said: bytes) -> bytes | MarketError:
        headers.append(said.partition(b"\n")[0].decode())
        return unpack(said)

    with (tmp_path / "stderr").open("w+") as stderr:
        monkeypatch.setattr(worker_process, "DEVNULL", stderr)
        monkeypatch.setattr(asking, "unpack", unpacked)
        yield lambda: "".join([*headers, (tmp_path / "stderr").read_text()])


@pytest.mark.parametrize("mode", MODES)
def test_the_token_shows_nowhere(mode, overheard, capfd) -> None:
    with stand_in(HURRY.get(mode, mode)) as server:
        heard = told(question(server.url, 3.0))
    assert server.queries[0]["securityToken"] == CANARY
    assert heard
    assert overheard() or "TimedOutError" in heard
    assert FEATHER not in heard + overheard() + "".join(capfd.readouterr())


@pytest.mark.parametrize("mode", MODES)
def test_the_token_shows_in_no_log(mode, heard, capfd) -> None:
    with warnings.catch_warnings(record=True) as warned, stand_in(HURRY.get(mode, mode)) as server:
        warnings.simplefilter("always")
        left = told_here(question(server.url, 1.0))
    assert server.queries[0]["securityToken"] == CANARY
    assert left
    assert "urllib3" in heard.getvalue()
    assert FEATHER not in left + heard.getvalue() + "".join(capfd.readouterr()) + repr([str(one) for one in warned])


@pytest.mark.parametrize("tell", [told, told_here])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/api", "https://127.0.0.1:{port}/api", "http://[", "gopher://a/b"]
)
def test_the_token_shows_nowhere_without_a_server(url, tell, heard, overheard, capfd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    left = tell(question(url.format(port=port)))
    assert "UnreachableError" in left or "LibraryError" in left
    assert FEATHER not in left + heard.getvalue() + overheard() + "".join(capfd.readouterr())


def test_a_reason_that_quotes_the_token_is_told_without_it() -> None:
    with stand_in("refused") as server:
        left = told(question(server.url))
    assert "securityToken=..." in left


def test_the_token_goes_to_no_other_host() -> None:
    """A server that sends us elsewhere is not followed."""
    with stand_in("redirect") as server:
        told(question(server.url))
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
