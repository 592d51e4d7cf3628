"""The face of the room: what the house will need and what the sun will give, as the planning problem wants it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from .clock import PER_DAY, moment, quarter
from .history import History
from .load import DEFAULT_DAILY_KWH, LoadModel
from .production import Production
from .record import Record
from .solar import Correction, RoofModel

MINUTES = (15, 30, 60)
LONGEST_DAYS = 14

_QUARTER_MINUTES = 15
_FEW_DAYS = 7
_WORTH_SAYING = 0.05  # a smaller correction is not mentioned


class Source(StrEnum):
    """Where a forecast comes from."""

    HISTORY = "history"  # the home's own last weeks (load) or days (PV)
    PROVIDER = "provider"  # a provider of PV forecasts, corrected
    MIXED = "mixed"  # a provider's as far as it goes, then the history
    DEFAULT = "default"  # nothing is known yet: a flat guess
    NONE = "none"  # nothing is known, and zero is taken


@dataclass(frozen=True, slots=True)
class Forecast:
    """Mean power (kW) of each slot; the first slot is the one that holds `start` (UTC), even where it began before.

    `load_kw` and `pv_kw` are expected values, the others quantiles, never on the wrong side of them. `sources` tells
    where "load" and "pv" come from, `notes` what a person should know about them, in words. `said_kw` is the PV as the
    provider said it before any correction, None where it does not speak.
    """

    start: datetime
    slot_minutes: int
    load_kw: tuple[float, ...]
    load_p90_kw: tuple[float, ...]
    pv_kw: tuple[float, ...]
    pv_p10_kw: tuple[float, ...]
    pv_p90_kw: tuple[float, ...]
    sources: Mapping[str, Source]
    notes: tuple[str, ...]
    said_kw: tuple[float | None, ...]

    def keep(self, record: Record, zone: tzinfo) -> None:
        """Note in a record what this says of the local days (of `zone`) that are yet to begin."""
        record.note(
            quarter(self.start),
            zone,
            self._quarters(self.load_kw),
            self._quarters(self.pv_kw),
            self._quarters(self.said_kw),
        )

    def _quarters(self, powers: tuple[float | None, ...]) -> dict[int, float]:
        per_slot = self.slot_minutes // _QUARTER_MINUTES
        first = quarter(self.start) // per_slot
        return {
            (first + index) * per_slot + part: kw
            for index, kw in enumerate(powers)
            if kw is not None
            for part in range(per_slot)
        }


class Forecaster:
    """What was learned up to a moment. Make it anew when there is more to learn from; it takes some milliseconds."""

    def __init__(self, load: LoadModel, roof: RoofModel, correction: Correction) -> None:
        """Take the three models; `learn` makes them."""
        self._load, self._roof, self._correction = load, roof, correction

    @classmethod
    def learn(
        cls,
        now: datetime,
        zone: tzinfo,
        load: History,
        pv: History,
        record: Record,
        *,
        daily_kwh: float = DEFAULT_DAILY_KWH,
        days_off: Collection[date] = (),
    ) -> Forecaster:
        """Learn from the home's load and PV up to `now`, and from what earlier PV forecasts have come to.

        `zone` is the home's clock, `daily_kwh` what the house is thought to need while there is no history, `days_off`
        are local days, past or to come, that are like Sundays.
        """
        last = quarter(now)
        said = {
            start: kwh for made in record if made.said for (start, _), kwh in zip(made.hours(), made.said, strict=True)
        }
        return cls(
            LoadModel(load, zone, now, daily_kwh=daily_kwh, days_off=days_off),
            RoofModel(pv, last),
            Correction.learn(said, pv, zone, last),
        )

    def forecast(
        self, start: datetime, slots: int, production: Production | None = None, slot_minutes: int = 15
    ) -> Forecast:
        """The forecast of some slots, the first of them the one that holds `start` (aware).

        `production` is what a provider says of the PV, where there is one. Raises ValueError for slots of another
        length than 15, 30 or 60 minutes, for none, for more than `LONGEST_DAYS` of them, and for a `start` without a
        time zone.
        """
        if slot_minutes not in MINUTES:
            raise ValueError(f"Slots of {slot_minutes} minutes are not allowed; 15, 30 or 60 are")
        per_slot = slot_minutes // _QUARTER_MINUTES
        if not 0 < slots * per_slot <= LONGEST_DAYS * PER_DAY:
            raise ValueError(f"{slots} slots are not allowed; 1 to {LONGEST_DAYS * PER_DAY // per_slot} are")
        first = quarter(start) // per_slot * per_slot
        numbers = range(first, first + slots * per_slot)
        load = [self._load.at(number) for number in numbers]
        said = {} if production is None else {n: production.power[n] for n in numbers if n in production.power}
        roof = self._roof.between(first, numbers.stop) if len(said) < len(numbers) else {}
        pv = [self._correction.apply(n, said[n]) if n in said else roof[n] for n in numbers]
        source = self._pv_source(len(said), len(numbers))

        def means(values: Sequence[float]) -> tuple[float, ...]:
            return tuple(sum(values[at : at + per_slot]) / per_slot for at in range(0, len(values), per_slot))

        return Forecast(
            start=start.astimezone(UTC),
            slot_minutes=slot_minutes,
            load_kw=means([spread.expected for spread in load]),
            load_p90_kw=means([spread.p90 for spread in load]),
            pv_kw=means([spread.expected for spread in pv]),
            pv_p10_kw=means([spread.p10 for spread in pv]),
            pv_p90_kw=means([spread.p90 for spread in pv]),
            sources={"load": Source.HISTORY if self._load.days else Source.DEFAULT, "pv": source},
            notes=tuple(self._notes(source, said)),
            said_kw=tuple(
                None if None in part else sum(kw for kw in part if kw is not None) / per_slot
                for part in (
                    [said.get(n) for n in numbers[at : at + per_slot]] for at in range(0, len(numbers), per_slot)
                )
            ),
        )

    def _pv_source(self, said: int, wanted: int) -> Source:
        if said == wanted:
            return Source.PROVIDER
        if said:
            return Source.MIXED
        return Source.HISTORY if self._roof.days else Source.NONE

    def _notes(self, source: Source, said: Mapping[int, float]) -> Iterator[str]:
        """What a person should know, a sentence each."""
        if not self._load.days:
            yield f"There is no history of the load yet; a flat {self._load.daily_kwh:.1f} kWh a day is assumed."
        elif self._load.days < _FEW_DAYS:
            yield f"The load is forecast from {self._load.days:.1f} days of history only."
        roof = f"the mean of the last {self._roof.days} days" if self._roof.days else "zero"
        if source is Source.MIXED:
            until = f"{moment(max(said) + 1):%Y-%m-%d %H:%M} UTC"
            yield f"The provider's PV forecast reaches to {until}; where it says nothing, {roof} is used."
        elif source is not Source.PROVIDER:
            yield f"There is no provider's PV forecast; {roof} is used."
        total = sum(said.values())
        factor = sum(self._correction.apply(n, kw).expected for n, kw in said.items()) / total if total else 1.0
        if abs(factor - 1) > _WORTH_SAYING:
            yield (
                f"The provider's PV forecast is multiplied by {factor:.2f}, "
                f"as the last {self._correction.days} days have shown."
            )
