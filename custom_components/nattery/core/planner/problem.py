"""The planning problem as plain data: battery, grid connection, prices and forecasts.

Powers are average AC powers of a slot in kW, energies are kWh, prices are per kWh in one currency, and times are UTC.
Every object validates itself when it is created, so solvers need no checks. This module imports nothing heavy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Any

from ..action import ActionKind
from ..errors import NatteryError

MAX_HORIZON = timedelta(days=31)
MAX_SLOTS = 3000
ALLOWED_YEARS = range(1970, 2200)
MAX_SHOWN_LENGTH = 60  # characters of a given value that an error message quotes
MIN_KWH = 1e-6  # smaller differences of stored energy are rounding
MIN_WEIGHT = 1e-6  # of an outcome
MAX_MAGNITUDE = 1e5  # larger than any plausible power, energy or price per kWh


class ProblemError(NatteryError, ValueError):
    """A problem that cannot be planned; the text is one sentence that names the field."""

    kind = "bad_problem"
    placeholder_names = ("key",)

    def __init__(self, key: str, sentence: str) -> None:
        """Keep the name of the field beside the sentence."""
        self.key = key
        super().__init__(f"{key} {sentence}")


def format_value(value: Any) -> str:  # noqa: ANN401  (any JSON value)
    """Return a given value as text that is short enough for an error message."""
    text = repr(value) if isinstance(value, int | float | str | None) else f"a {type(value).__name__}"
    return text if len(text) <= MAX_SHOWN_LENGTH else f"{text[: MAX_SHOWN_LENGTH - 3]}..."


def checked_number(key: str, value: Any, low: float = 0.0, high: float = MAX_MAGNITUDE) -> float:  # noqa: ANN401  (any JSON value)
    """Return `value` as a float if it is a number from `low` to `high`. Raises ProblemError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ProblemError(key, f"cannot be {format_value(value)}: allowed is a number from {low:g} to {high:g}")
    return float(value)


@dataclass(frozen=True, slots=True)
class BatteryModel:
    """A battery with its inverter.

    Capacity is in kWh, powers are AC powers in kW, SOC is a share of the capacity (0 to 1), and wear is a cost per AC
    kWh charged or discharged. `soc_start` may lie outside `soc_min`..`soc_max`: the plan then leads back into the
    range.
    """

    capacity_kwh: float
    soc_start: float
    charge_kw: float
    discharge_kw: float
    soc_min: float = 0.0
    soc_max: float = 1.0
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    wear_per_kwh: float = 0.0

    def __post_init__(self) -> None:
        """Raise ProblemError for a value outside its range."""
        checked_number("battery.capacity_kwh", self.capacity_kwh, 0.001)
        for key in ("charge_kw", "discharge_kw", "wear_per_kwh"):
            checked_number(f"battery.{key}", getattr(self, key))
        for key in ("soc_start", "soc_min", "soc_max"):
            checked_number(f"battery.{key}", getattr(self, key), high=1)
        for key in ("charge_efficiency", "discharge_efficiency"):
            checked_number(f"battery.{key}", getattr(self, key), 0.1, 1)
        if self.soc_min > self.soc_max:
            raise ProblemError("battery.soc_min", f"cannot be {self.soc_min:g}: soc_max is {self.soc_max:g}")

    @property
    def stored_start(self) -> float:
        """Energy stored at the start, kWh."""
        return self.soc_start * self.capacity_kwh

    @property
    def stored_min(self) -> float:
        """Least energy that may be stored, kWh."""
        return self.soc_min * self.capacity_kwh

    @property
    def stored_max(self) -> float:
        """Most energy that may be stored, kWh."""
        return self.soc_max * self.capacity_kwh


@dataclass(frozen=True, slots=True)
class GridConnection:
    """The power limits of the grid connection, kW. Both are soft constraints: a plan reports each violation."""

    import_kw: float
    export_kw: float

    def __post_init__(self) -> None:
        """Raise ProblemError for a limit outside its range."""
        checked_number("grid.import_kw", self.import_kw)
        checked_number("grid.export_kw", self.export_kw)


@dataclass(frozen=True, slots=True)
class Target:
    """A soft constraint on stored energy: at least `soc` (0 to 1) at the time `at`, or at all times if `at` is None.

    `price` is the penalty: per missing kWh at that time, or per missing kWh and hour if it applies at all times.
    """

    soc: float
    price: float
    at: datetime | None = None

    def __post_init__(self) -> None:
        """Raise ProblemError for a value outside its range or a time without an offset."""
        key = "reserve" if self.at is None else "departures"
        checked_number(f"{key}.soc", self.soc, high=1)
        checked_number(f"{key}.price", self.price)
        if self.at is not None and self.at.tzinfo is None:
            raise ProblemError(f"{key}.at", "has no time zone: an offset such as +00:00 or Z is needed")


@dataclass(frozen=True, slots=True)
class ValueCurve:
    """The value of the energy left at the end: segments from `first_kwh` upwards, each a width (kWh) and a price.

    Prices never rise from one segment to the next: the first kWh is the most valuable one. Energy below the first or
    above the last segment has the price of that segment.
    """

    first_kwh: float
    segments: tuple[tuple[float, float], ...]

    @classmethod
    def linear(cls, battery: BatteryModel, price: float) -> ValueCurve:
        """Return the curve on which each kWh has the same value."""
        return cls(battery.stored_min, ((battery.stored_max - battery.stored_min, price),))

    @classmethod
    def of_values(cls, stored_kwh: Sequence[float], values: Sequence[float]) -> ValueCurve:
        """Return the least curve that is nowhere below some values, given with their stored energies in order."""
        corners: list[tuple[float, float]] = []
        for point in zip(stored_kwh, values, strict=True):
            if corners and point[0] <= corners[-1][0]:
                continue
            while len(corners) > 1 and _slope(corners[-2], corners[-1]) <= _slope(corners[-1], point):
                corners.pop()
            corners.append(point)
        segments = tuple((b[0] - a[0], _slope(a, b)) for a, b in pairwise(corners))
        return cls(stored_kwh[0], segments or ((0.0, 0.0),))

    def at(self, stored_kwh: float) -> float:
        """Return the value of a stored energy (kWh), counted from `first_kwh`."""
        left, value = stored_kwh - self.first_kwh, 0.0
        for width, price in self.segments[:-1]:
            if left <= width:
                return value + left * price
            left, value = left - width, value + width * price
        return value + left * self.segments[-1][1]

    def prices(self, stored_kwh: float) -> tuple[float, float]:
        """Return the value of the last kWh of a stored energy, and of the next one."""
        left = stored_kwh - self.first_kwh
        last = following = self.segments[0][1]
        edge = 0.0
        for width, price in self.segments:
            if left > edge + MIN_KWH:
                last = price
            if left >= edge - MIN_KWH:
                following = price
            edge += width
        return last, following

    @property
    def mean_price(self) -> float:
        """The mean value of a kWh."""
        width = sum(width for width, _ in self.segments)
        return sum(width * price for width, price in self.segments) / width if width else self.segments[0][1]


def _slope(first: tuple[float, float], second: tuple[float, float]) -> float:
    return (second[1] - first[1]) / (second[0] - first[0])


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which PV and load (kW of every slot) may turn out, and its weight beside the others."""

    weight: float
    pv_kw: Sequence[float]
    load_kw: Sequence[float]


@dataclass(frozen=True, slots=True)
class PastAction:
    """The action that the previous plan had from `start` (UTC) on, with its power in kW if it is a forced one."""

    start: datetime
    kind: ActionKind
    power_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class RequiredAction:
    """An action that the battery must perform from `start` to `end` (UTC), whatever it costs: the user's override.

    `power_kw` is the AC power at the battery if it is a forced action. `override` identifies the override.
    """

    start: datetime
    end: datetime
    kind: ActionKind
    power_kw: float = 0.0
    override: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that a plan depends on. Each series has one value per slot, and all series have the same length.

    `start` is when planning starts. If that is inside a slot, `first_slot_minutes` is the rest of that slot. The
    value of the energy left at the end is `terminal_curve` or, for each kWh, `terminal_value_per_kwh`; if both are
    None, it is estimated. The demand charge `peak_price_per_kw` applies to the highest average import of a slot (kW)
    above `peak_so_far_kw`. If there are `outcomes`, the expected cost over them is minimised; `pv_kw` and `load_kw` are
    their expected values. Self-consumption is then left only for an action that is better by `margin_per_kwh` for each
    kWh that it stores more or less. Of `required` actions that overlap, the last one counts. Raises ProblemError.
    """

    start: datetime
    battery: BatteryModel
    grid: GridConnection
    import_price: Sequence[float]
    export_price: Sequence[float]
    pv_kw: Sequence[float]
    load_kw: Sequence[float]
    slot_minutes: float = 15.0
    first_slot_minutes: float | None = None
    currency: str = "EUR"
    terminal_value_per_kwh: float | None = None
    pv_curtailable: bool = False
    peak_price_per_kw: float = 0.0
    peak_so_far_kw: float = 0.0
    outcomes: tuple[Outcome, ...] = ()
    margin_per_kwh: float = 0.0
    terminal_curve: ValueCurve | None = field(default=None, repr=False)
    targets: tuple[Target, ...] = ()
    previous: tuple[PastAction, ...] = field(default=(), repr=False)
    required: tuple[RequiredAction, ...] = ()

    def __post_init__(self) -> None:
        """Raise ProblemError, with the name of the field, for invalid values."""
        if self.start.tzinfo is None:
            raise ProblemError("start", "has no time zone: an offset such as +00:00 or Z is needed")
        if self.start.year not in ALLOWED_YEARS:
            raise ProblemError(
                "start", f"cannot be in {self.start.year}: allowed is {ALLOWED_YEARS.start} to {ALLOWED_YEARS.stop - 1}"
            )
        checked_number("slot_minutes", self.slot_minutes, 1, 1440)
        if self.first_slot_minutes is not None:
            checked_number("first_slot_minutes", self.first_slot_minutes, 0.1, self.slot_minutes)
        slots = len(self.import_price)
        if not slots:
            raise ProblemError("import_price", "has no slots: at least one is needed")
        if slots > MAX_SLOTS or slots * timedelta(minutes=self.slot_minutes) > MAX_HORIZON:
            days = slots * self.slot_minutes / 1440
            allowed = f"at most {MAX_HORIZON.days} days and {MAX_SLOTS} slots are allowed"
            raise ProblemError("import_price", f"has {slots} slots, {days:g} days: {allowed}")
        for key, low in _SERIES.items():
            check_series(key, getattr(self, key), slots, low)
        for number, outcome in enumerate(self.outcomes):
            checked_number(f"outcomes[{number}].weight", outcome.weight, MIN_WEIGHT)
            check_series(f"outcomes[{number}].pv_kw", outcome.pv_kw, slots, 0.0)
            check_series(f"outcomes[{number}].load_kw", outcome.load_kw, slots, 0.0)
        if self.terminal_value_per_kwh is not None:
            checked_number("terminal_value_per_kwh", self.terminal_value_per_kwh, -MAX_MAGNITUDE)
        checked_number("peak_price_per_kw", self.peak_price_per_kw)
        checked_number("peak_so_far_kw", self.peak_so_far_kw)
        checked_number("margin_per_kwh", self.margin_per_kwh)

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self.import_price)

    @property
    def hours(self) -> list[float]:
        """The length of each slot in hours."""
        hours = [self.slot_minutes / 60] * len(self)
        if self.first_slot_minutes is not None:
            hours[0] = self.first_slot_minutes / 60
        return hours

    @property
    def edges(self) -> list[datetime]:
        """The times (UTC) at which slots begin and end: one more than there are slots."""
        start = self.start.astimezone(UTC)
        length = timedelta(minutes=self.slot_minutes)
        first = length if self.first_slot_minutes is None else timedelta(minutes=self.first_slot_minutes)
        second = start + first
        return [start, *(second + index * length for index in range(len(self)))]

    def with_outcomes(self) -> Problem:
        """Return the problem with its expected PV and load as the only outcome, unless it has outcomes."""
        return self if self.outcomes else replace(self, outcomes=(Outcome(1.0, self.pv_kw, self.load_kw),))

    def required_actions(self) -> list[RequiredAction | None]:
        """Return the action that each slot must have, or None: the one that is required at the middle of the slot."""
        edges = self.edges if self.required else [self.start] * (len(self) + 1)
        middles = (start + (end - start) / 2 for start, end in pairwise(edges))
        return [
            next((action for action in reversed(self.required) if action.start <= middle < action.end), None)
            for middle in middles
        ]


_SERIES = {"import_price": -MAX_MAGNITUDE, "export_price": -MAX_MAGNITUDE, "pv_kw": 0.0, "load_kw": 0.0}


def check_series(key: str, series: Sequence[float], slots: int, low: float) -> None:
    """Raise ProblemError unless a series has a number from `low` on for each slot."""
    if len(series) != slots:
        raise ProblemError(key, f"has {len(series)} values: as many as import_price are needed, {slots}")
    try:  # the fast path for a valid series
        if (
            isfinite(sum(series))
            and low <= min(series)
            and max(series) <= MAX_MAGNITUDE
            and bool not in set(map(type, series))
        ):
            return
    except TypeError, OverflowError:
        pass
    for index, value in enumerate(series):
        checked_number(f"{key}[{index}]", value, low)
