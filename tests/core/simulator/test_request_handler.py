from datetime import datetime

import pytest

from custom_components.nattery.core.simulator.frames import Adu
from custom_components.nattery.core.simulator.request_handler import RequestHandler
from custom_components.nattery.core.simulator.simulated_inverter import SimulatedInverter


@pytest.fixture
def handler() -> RequestHandler:
    device = SimulatedInverter(1, datetime(2026, 6, 17, 12), with_history=False)
    return RequestHandler(device, lambda: device.advance(device.elapsed + 0.1))


def ask(handler: RequestHandler, pdu: str, unit: int = 1) -> str | None:
    answer = handler.handle(Adu(unit, bytes.fromhex(pdu), 7))
    if answer is None:
        return None
    assert answer.transaction_id == 7
    return bytes((answer.unit,)).hex() + answer.pdu.hex()


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("03a0280001", "0103020000"),
        ("03c7680001", "0103020105"),
        ("06a0280003", "0106a0280003"),
        ("10a0a0000306000101000200", "0110a0a00003"),
        ("0375300021", "018303"),
        ("0300000001", "018302"),
        ("039c400001", "018302"),
        ("0675300001", "018602"),
        ("06a0280007", "018603"),
        ("10a0a0000305000101000200", "019003"),  # byte count and registers differ
        ("10a0a00003060001010002", "019003"),  # cut short
        ("03a028", "018303"),
        ("06a028", "018603"),
        ("0400000001", "018401"),
        ("17", "019701"),
    ],
)
def test_responses(handler: RequestHandler, pdu: str, answer: str) -> None:
    assert ask(handler, pdu) == answer


def test_unit_ids(handler: RequestHandler) -> None:
    assert ask(handler, "03a0280001", unit=2) is None
    assert ask(handler, "03a0280001", unit=255) == "0103020000"
    assert ask(handler, "06a0320009", unit=255) == "0106a0320009"
    assert ask(handler, "03a0280001", unit=1) is None
    assert ask(handler, "03a0280001", unit=255) == "0903020000"


def test_broadcast_write_has_no_response(handler: RequestHandler) -> None:
    assert ask(handler, "06a0280003", unit=0) is None
    assert handler.device.unit == 1
    assert ask(handler, "03a0280001") == "0103020003"
    assert ask(handler, "03a0280001", unit=0) is None


def test_restarting_inverter_does_not_respond(handler: RequestHandler) -> None:
    assert ask(handler, "069c410001") == "01069c410001"
    assert ask(handler, "03a0280001") is None
    for _ in range(60):
        handler.accepts(1)
    assert ask(handler, "03a0280001") == "0103020000"


def test_responses_are_up_to_date(handler: RequestHandler) -> None:
    seconds = []
    for _ in range(40):
        answer = ask(handler, "03a03c0001")
        assert answer is not None
        seconds.append(int(answer[-2:], 16))
    assert seconds[-1] > seconds[0]
