"""The planning problem: battery, grid, prices and forecasts, as plain data.

Powers are kW on the AC side, averaged over a slot; energy is kWh; prices are per kWh in one currency; times are UTC.
Whatever a problem holds is checked when it is made, so that a solver never meets nonsense. Imports nothing heavy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from ..action import ActionKind
from ..errors import NatteryError

LONGEST = timedelta(days=31)
MOST_SLOTS = 3000
YEARS = range(1970, 2200)
SHOWN = 60  # characters of what was given that a sentence repeats
HUGE = 1e5  # more than any power, energy or price per kWh that makes sense


class ProblemError(NatteryError, ValueError):
    """A problem that cannot be planned; the text is one sentence that names the field."""

    kind = "bad_problem"
    placeholder_names = ("key",)

    def __init__(self, key: str, sentence: str) -> None:
        """Keep the name of the field beside the sentence."""
        self.key = key
        super().__init__(f"{key} {sentence}")


def shown(value: Any) -> str:  # noqa: ANN401  (anything may come)
    """Something that was given, short enough for a sentence."""
    text = repr(value) if isinstance(value, int | float | str | None) else f"a {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def number(key: str, value: Any, low: float = 0.0, high: float = HUGE) -> float:  # noqa: ANN401  (anything may come)
    """A finite number from `low` to `high`; raises ProblemError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ProblemError(key, f"cannot be {shown(value)}: allowed is a number from {low:g} to {high:g}")
    return float(value)


@dataclass(frozen=True, slots=True)
class BatteryModel:
    """A battery and its inverter: kWh, SOC as a share of the capacity (0 to 1), kW AC, wear per AC kWh each way.

    `soc_start` may lie outside `soc_min`..`soc_max`; the plan then leads back.
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
        """Raise ProblemError for what no battery can be."""
        number("battery.capacity_kwh", self.capacity_kwh, 0.001)
        for key in ("charge_kw", "discharge_kw", "wear_per_kwh"):
            number(f"battery.{key}", getattr(self, key))
        for key in ("soc_start", "soc_min", "soc_max"):
            number(f"battery.{key}", getattr(self, key), high=1)
        for key in ("charge_efficiency", "discharge_efficiency"):
            number(f"battery.{key}", getattr(self, key), 0.1, 1)
        if self.soc_min > self.soc_max:
            raise ProblemError("battery.soc_min", f"cannot be {self.soc_min:g}: soc_max is {self.soc_max:g}")

    @property
    def stored_start(self) -> float:
        """Energy at the start, kWh."""
        return self.soc_start * self.capacity_kwh

    @property
    def stored_min(self) -> float:
        """Energy that stays in, kWh."""
        return self.soc_min * self.capacity_kwh

    @property
    def stored_max(self) -> float:
        """Energy that goes in, kWh."""
        return self.soc_max * self.capacity_kwh


@dataclass(frozen=True, slots=True)
class GridConnection:
    """What the connection carries, kW. Both limits are soft: what breaks them is named."""

    import_kw: float
    export_kw: float

    def __post_init__(self) -> None:
        """Raise ProblemError for a limit that is none."""
        number("grid.import_kw", self.import_kw)
        number("grid.export_kw", self.export_kw)


@dataclass(frozen=True, slots=True)
class Target:
    """A wish for stored energy, soft: `soc` (0 to 1) at the time `at`, or always when None.

    `price` is what is given for it: per missing kWh at that time, or per missing kWh and hour when always.
    """

    soc: float
    price: float
    at: datetime | None = None

    def __post_init__(self) -> None:
        """Raise ProblemError for a wish that cannot be meant."""
        key = "reserve" if self.at is None else "departures"
        number(f"{key}.soc", self.soc, high=1)
        number(f"{key}.price", self.price)
        if self.at is not None and self.at.tzinfo is None:
            raise ProblemError(f"{key}.at", "has no time zone: an offset such as +00:00 or Z is needed")


@dataclass(frozen=True, slots=True)
class PastAction:
    """What the last plan meant to do from `start` (UTC) on: the kind, and its power in kW when forced."""

    start: datetime
    kind: ActionKind
    power_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a plan depends on. One value per slot in each series; they all have the same length.

    `start` is when planning starts, which may be inside a slot: `first_slot_minutes` is then what is left of it.
    `terminal_value_per_kwh` None means: estimate it. `peak_price_per_kw` is paid for the highest slot import (kW) above
    `peak_so_far_kw`. The quantile series, where given, are planned as scenarios. Raises ProblemError.
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
        """Refuse nonsense, with the name of the field."""
        if self.start.tzinfo is None:
            raise ProblemError("start", "has no time zone: an offset such as +00:00 or Z is needed")
        if self.start.year not in YEARS:
            raise ProblemError("start", f"cannot be in {self.start.year}: allowed is {YEARS.start} to {YEARS.stop - 1}")
        number("slot_minutes", self.slot_minutes, 1, 1440)
        if self.first_slot_minutes is not None:
            number("first_slot_minutes", self.first_slot_minutes, 0.1, self.slot_minutes)
        slots = len(self.import_price)
        if not slots:
            raise ProblemError("import_price", "has no slots: at least one is needed")
        if slots > MOST_SLOTS or slots * timedelta(minutes=self.slot_minutes) > LONGEST:
            days = slots * self.slot_minutes / 1440
            allowed = f"at most {LONGEST.days} days and {MOST_SLOTS} slots are allowed"
            raise ProblemError("import_price", f"has {slots} slots, {days:g} days: {allowed}")
        for key, low in _SERIES.items():
            series = getattr(self, key)
            if series is not None:
                _check_series(key, series, slots, low)
        if self.terminal_value_per_kwh is not None:
            number("terminal_value_per_kwh", self.terminal_value_per_kwh, -HUGE)
        number("peak_price_per_kw", self.peak_price_per_kw)
        number("peak_so_far_kw", self.peak_so_far_kw)

    def __len__(self) -> int:
        """How many slots."""
        return len(self.import_price)

    @property
    def hours(self) -> list[float]:
        """How long each slot is."""
        hours = [self.slot_minutes / 60] * len(self)
        if self.first_slot_minutes is not None:
            hours[0] = self.first_slot_minutes / 60
        return hours

    @property
    def edges(self) -> list[datetime]:
        """Where slots begin and end, UTC: one more than there are slots."""
        start = self.start.astimezone(UTC)
        length = timedelta(minutes=self.slot_minutes)
        first = length if self.first_slot_minutes is None else timedelta(minutes=self.first_slot_minutes)
        second = start + first
        return [start, *(second + index * length for index in range(len(self)))]

    @property
    def has_scenarios(self) -> bool:
        """Whether a forecast gives quantiles."""
        return any(series is not None for series in (self.pv_p10_kw, self.pv_p90_kw, self.load_p90_kw))


_SERIES = {
    "import_price": -HUGE, "export_price": -HUGE, "pv_kw": 0.0, "load_kw": 0.0, "pv_p10_kw": 0.0, "pv_p90_kw": 0.0,
    "load_p90_kw": 0.0,
}  # fmt: skip


def _check_series(key: str, series: Sequence[float], slots: int, low: float) -> None:
    if len(series) != slots:
        raise ProblemError(key, f"has {len(series)} values: as many as import_price are needed, {slots}")
    try:  # the quick way for a series in which all is well
        if isfinite(sum(series)) and low <= min(series) and max(series) <= HUGE and bool not in set(map(type, series)):
            return
    except TypeError, OverflowError:
        pass
    for index, value in enumerate(series):
        number(f"{key}[{index}]", value, low)
