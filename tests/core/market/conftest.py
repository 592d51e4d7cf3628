"""For the tests of prices."""

from subprocess import Popen

import pytest

from custom_components.nattery.core.market import child


@pytest.fixture
def started(monkeypatch) -> list[Popen[bytes]]:
    """The processes that asked, or still ask, in this test; one that has a return code is gone for good."""
    processes = []

    def start(*arguments, **options) -> Popen[bytes]:
        processes.append(Popen(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(child, "Popen", start)
    return processes
