"""Powers as a person enters them, and the unit that was probably meant."""

from math import inf, nan

import pytest

from custom_components.nattery.core.inverter.codec import InvalidValueError, encode
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.powers import PowerRange

WATTS, KILOWATTS = PowerRange(1, 5000), PowerRange(0.1, 100, "kW")


@pytest.mark.parametrize(
    ("powers", "power", "allowed", "meant"),
    [
        (WATTS, 3000, True, None),
        (WATTS, 4.5, True, 4500),
        (WATTS, 49, True, None),  # 49 kW is more than the battery has
        (WATTS, 0.5, False, 500),
        (WATTS, 0, False, None),
        (WATTS, -3, False, None),
        (WATTS, 5001, False, None),
        (WATTS, nan, False, None),
        (WATTS, inf, False, None),
        (PowerRange(1, 100_000), 60, True, None),  # so little is possible
        (KILOWATTS, 4.5, True, None),
        (KILOWATTS, 4500, False, 4.5),
        (KILOWATTS, 1e6, False, None),
        (KILOWATTS, 0, False, None),
        (KILOWATTS, nan, False, None),
    ],
)
def test_powers_are_checked_and_the_unit_is_guessed(
    powers: PowerRange, power: float, allowed: bool, meant: float | None
) -> None:
    assert powers.contains(power) is allowed
    assert powers.meant(power) == meant
    complaint = powers.complaint(power)
    assert (complaint is None) is (allowed and meant is None)
    if complaint is not None:
        key, placeholders = complaint
        assert key == ("power_out_of_range" if meant is None else "power_other_unit")
        assert placeholders["unit"] == powers.unit
        assert placeholders.get("meant") == (None if meant is None else f"{meant:g}")


def test_other_units_are_refused() -> None:
    with pytest.raises(ValueError, match="MW is no unit of power here: allowed are W and kW"):
        PowerRange(1, 2, "MW")


@pytest.mark.parametrize(
    ("value", "reason", "meant"),
    [
        (4.5, "other_unit", "4500"),
        ("7.5", "other_unit", "7500"),
        (4500.5, "not_a_step", ""),
        (16000, "out_of_range", ""),
    ],
)
def test_a_register_in_watts_asks_whether_kilowatts_were_meant(value: object, reason: str, meant: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        encode(BY_KEY["max_grid_power"], value)
    assert (caught.value.reason, caught.value.meant) == (reason, meant)


def test_other_registers_do_not_ask() -> None:
    with pytest.raises(InvalidValueError) as caught:
        encode(BY_KEY["max_charge_current"], 4.55)
    assert caught.value.reason == "not_a_step"
    assert encode(BY_KEY["max_grid_power"], 4) == [4], "a number that is allowed is written"
