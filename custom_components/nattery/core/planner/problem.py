"""The planning problem as plain data: battery, grid connection, prices and forecasts.

Powers are average AC powers of a slot in kW, energies are kWh, prices are per kWh in one currency, and times are UTC.
Every object validates itself when it is created, so solvers need no checks. This module imports nothing heavy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from ..action import ActionKind
from ..errors import NatteryError

MAX_HORIZON = timedelta(days=31)
MAX_SLOTS = 3000
ALLOWED_YEARS = range(1970, 2200)
MAX_SHOWN_LENGTH = 60  # characters of a given value that an error message quotes
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
class PastAction:
    """The action that the previous plan had from `start` (UTC) on, with its power in kW if it is a forced one."""

    start: datetime
    kind: ActionKind
    power_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that a plan depends on. Each series has one value per slot, and all series have the same length.

    `start` is when planning starts. If that is inside a slot, `first_slot_minutes` is the rest of that slot. The
    terminal value is estimated if `terminal_value_per_kwh` is None. The demand charge `peak_price_per_kw` applies to
    the highest average import of a slot (kW) above `peak_so_far_kw`. Quantile series, if given, are planned as
    scenarios. Raises ProblemError.
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
    pv_p10_kw: Sequence[float] | None = None
    pv_p90_kw: Sequence[float] | None = None
    load_p90_kw: Sequence[float] | None = None
    targets: tuple[Target, ...] = ()
    previous: tuple[PastAction, ...] = field(default=(), repr=False)

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
            series = getattr(self, key)
            if series is not None:
                _check_series(key, series, slots, low)
        if self.terminal_value_per_kwh is not None:
            checked_number("terminal_value_per_kwh", self.terminal_value_per_kwh, -MAX_MAGNITUDE)
        checked_number("peak_price_per_kw", self.peak_price_per_kw)
        checked_number("peak_so_far_kw", self.peak_so_far_kw)

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

    @property
    def has_scenarios(self) -> bool:
        """Whether any forecast has quantiles."""
        return any(series is not None for series in (self.pv_p10_kw, self.pv_p90_kw, self.load_p90_kw))


_SERIES = {
    "import_price": -MAX_MAGNITUDE, "export_price": -MAX_MAGNITUDE, "pv_kw": 0.0, "load_kw": 0.0, "pv_p10_kw": 0.0,
    "pv_p90_kw": 0.0, "load_p90_kw": 0.0,
}  # fmt: skip


def _check_series(key: str, series: Sequence[float], slots: int, low: float) -> None:
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
