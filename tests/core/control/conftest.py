from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from custom_components.nattery.core.simulator.simulator import Simulator

from .controlled_system import EVENING, ControlledSystem


@pytest.fixture
def build(start_simulator: Callable[..., Simulator], request: pytest.FixtureRequest) -> Callable[..., ControlledSystem]:
    """A house with a battery at 50 %, in the evening unless told otherwise; takes the arguments of `Simulator`."""

    def build_(begun: datetime = EVENING, **options: Any) -> ControlledSystem:
        house = ControlledSystem(start_simulator(local_clock=lambda: begun, **options), begun)
        request.addfinalizer(house.bus.close)
        house.device.set_soc(50)
        return house

    return build_


@pytest.fixture
def house(build: Callable[..., ControlledSystem]) -> ControlledSystem:
    return build()
