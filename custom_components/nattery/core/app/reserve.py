"""The reserve: energy that is kept for an outage, at all times or for some time, whatever the strategy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from secrets import token_hex
from typing import Final

from ..errors import NatteryError
from ..planner.problem import MAX_MAGNITUDE, Problem, Target
from ..planner.slot_cost import largest_abs_price
from .preferences import TimedReserve, TradingPreferences

MAX_AHEAD: Final = timedelta(days=31)
MAX_RESERVES: Final = 50
_PRICE: Final = 1.0  # penalty per missing kWh and hour, if prices are low
# The penalty at the end of each slot is this multiple of the largest price per kWh. Twice the price would be enough for
# a kWh that is missing for one slot; but the powers of a plan for uncertain forecasts have steps, and a step must not
# earn more than the small part of it that is missing.
_PRICES: Final = 10.0
_ID_BYTES: Final = 4


class ReserveError(NatteryError):
    """A timed reserve that is not allowed."""

    kind = "bad_reserve_time"
    placeholder_names = ("days",)

    def __init__(self) -> None:
        """Keep how many days ahead a reserve may end."""
        self.days = MAX_AHEAD.days
        super().__init__(f"A reserve must end after it starts, after now, and at most {self.days} days from now")


class TooManyReservesError(NatteryError):
    """There are as many timed reserves as may be kept."""

    kind = "too_many_reserves"
    placeholder_names = ("most",)

    def __init__(self) -> None:
        """Keep how many there may be."""
        self.most = MAX_RESERVES
        super().__init__(f"There are {MAX_RESERVES} timed reserves already: clear some first")


def present_reserves(preferences: TradingPreferences, now: datetime) -> tuple[TimedReserve, ...]:
    """Return the timed reserves that have not ended at `now`, in the order in which they were added."""
    return tuple(one for one in preferences.timed_reserves if one.end > now)


def reserve_at(preferences: TradingPreferences, now: datetime) -> float:
    """Return the state of charge (0 to 1) that is kept at `now`."""
    timed = (one.soc for one in preferences.timed_reserves if one.start <= now < one.end)
    return max((preferences.reserve, *timed))


def add_reserve(
    preferences: TradingPreferences, now: datetime, soc: float, end: datetime, start: datetime | None = None
) -> tuple[TradingPreferences, TimedReserve]:
    """Return the preferences with a reserve of `soc` (0 to 1) from `start` (None: now) to `end`, and that reserve.

    Reserves that have ended are dropped. Raises ReserveError or TooManyReservesError.
    """
    start = start or now
    if not max(now, start) < end <= now + MAX_AHEAD:
        raise ReserveError
    present = present_reserves(preferences, now)
    if len(present) >= MAX_RESERVES:
        raise TooManyReservesError
    added = TimedReserve(token_hex(_ID_BYTES), soc, start.astimezone(UTC), end.astimezone(UTC))
    return replace(preferences, timed_reserves=(*present, added)), added


def clear_reserves(preferences: TradingPreferences, identifier: str | None = None) -> TradingPreferences:
    """Return the preferences without one timed reserve, or without any."""
    kept = (one for one in preferences.timed_reserves if identifier not in (None, one.id))
    return replace(preferences, timed_reserves=tuple(kept))


def reserve_targets(preferences: TradingPreferences, problem: Problem) -> tuple[Target, ...]:
    """Return the reserve as soft constraints on the energy at the end of every slot for which there is one.

    A timed reserve counts in every slot that it overlaps, and at its start. The battery's minimum needs no constraint.
    """
    price = max(_PRICE * problem.slot_minutes / 60, _PRICES * largest_abs_price(problem))
    lowest = problem.battery.soc_min
    targets = []
    for start, end in pairwise(problem.edges):
        timed = (one.soc for one in preferences.timed_reserves if one.start <= end and start < one.end)
        level = max((preferences.reserve, *timed))
        if level > lowest:
            targets.append(Target(level, min(price, MAX_MAGNITUDE), end))
    return tuple(targets)
