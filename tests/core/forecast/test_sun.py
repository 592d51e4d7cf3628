"""Clear-sky power by place and time."""

from datetime import UTC, datetime

import pytest

from custom_components.nattery.core.forecast.quarters import quarter
from custom_components.nattery.core.forecast.sun import Location, clear_sky

BERLIN = Location(52.5, 13.4)
QUITO = Location(-0.2, -78.5)
SYDNEY = Location(-33.9, 151.2)
SVALBARD = Location(78.2, 15.6)


def day(place, month, number=21):
    first = quarter(datetime(2026, month, number, tzinfo=UTC))
    return [clear_sky(first + slot, place) for slot in range(96)]


def test_the_sun_is_highest_at_solar_noon() -> None:
    powers = day(BERLIN, 3)
    assert powers.index(max(powers)) == pytest.approx(4 * (12 - 13.4 / 15), abs=1)
    assert max(powers) == pytest.approx(0.566, abs=0.02)  # cos(52.5 degrees) to the power of 1.15
    assert sum(power > 0 for power in powers) == pytest.approx(48, abs=1)


def test_the_seasons_follow_the_latitude() -> None:
    assert sum(day(BERLIN, 6)) > 5 * sum(day(BERLIN, 12))
    assert sum(day(SYDNEY, 12)) > 2 * sum(day(SYDNEY, 6))
    assert sum(day(QUITO, 6)) == pytest.approx(sum(day(QUITO, 12)), rel=0.02)
    assert max(day(SVALBARD, 12)) == 0
    assert min(day(SVALBARD, 6)) > 0
