"""For the tests of prices: ENTSO-E queries without a process for each."""

import pytest

from custom_components.nattery.core.market.entsoe.ipc import unpack_result
from custom_components.nattery.core.market.entsoe.process import PriceQueryProcess
from custom_components.nattery.core.market.entsoe.worker import answer
from custom_components.nattery.core.market.errors import MarketError


def _run(process: PriceQueryProcess) -> bytes | MarketError:
    return unpack_result(answer(process._query.to_line()))


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the work of the worker process in this one, from the line that it reads to the line that it writes.

    A worker process takes a second to start, since it imports pandas. Tests of a server's responses do without;
    tests of processes, timeouts and the token do not.
    """
    monkeypatch.setattr(PriceQueryProcess, "run", _run)
