"""Derived values of units that report only a part."""

import pytest

from custom_components.nattery.core.inverter.derived import _grid


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"grid_voltage": 230.0, "grid_current": 2.0}, 460),
        ({"grid_voltage": 230.0}, None),
        ({"grid_apparent_power_a": 100.0, "grid_voltage": 230.0, "grid_current": 2.0}, 100),
    ],
)
def test_grid_power_without_a_register_for_it_is_voltage_times_current(values, expected) -> None:
    assert _grid(values) == expected
