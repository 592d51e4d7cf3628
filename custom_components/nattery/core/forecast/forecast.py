"""The face of the room: what the house will need and what the sun will give, as the planning problem wants it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from ..explanation import Explanation
from .forecast_log import ForecastLog
from .history import PowerHistory
from .load import DEFAULT_DAILY_KWH, LoadModel
from .notes import (
    CORRECTED,
    FIRST_DAYS,
    NO_LOAD_HISTORY,
    NO_PROVIDER,
    NO_PROVIDER_ZERO,
    PROVIDER_ENDS,
    PROVIDER_ENDS_ZERO,
    SHORT_LOAD_HISTORY,
)
from .nowcast import LOOKED_AHEAD, LOOKED_BACK, factors
from .provider import ProviderForecast
from .quarters import PER_DAY, PER_HOUR, moment, quarter, wall
from .solar import Correction, RoofModel

MINUTES = (15, 30, 60)
LONGEST_DAYS = 14

_QUARTER_MINUTES = 15
_FEW_DAYS = 7
_WORTH_SAYING = 0.05  # a smaller correction is not mentioned


class ForecastSource(StrEnum):
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
    where "load" and "pv" come from, `notes` what a person should know about them. `said_kw` is the PV as the provider
    said it before any correction, None where it does not speak.
    """

    start: datetime
    slot_minutes: int
    load_kw: tuple[float, ...]
    load_p90_kw: tuple[float, ...]
    pv_kw: tuple[float, ...]
    pv_p10_kw: tuple[float, ...]
    pv_p90_kw: tuple[float, ...]
    sources: Mapping[str, ForecastSource]
    notes: tuple[Explanation, ...]
    said_kw: tuple[float | None, ...]

    def keep(self, record: ForecastLog, zone: tzinfo) -> None:
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


class _Known(NamedTuple):
    """What is known of the time before the quarter `now`: load and PV as they came, and what a provider had said.

    That is the PV in kWh of hours, by the first quarter of each.
    """

    now: int
    load: PowerHistory
    pv: PowerHistory
    said: Mapping[int, float]
    made_up_days: Mapping[str, int]  # of "load" and "pv"


class Forecaster:
    """What was learned up to a moment. Make it anew when there is more to learn from; it takes some milliseconds."""

    def __init__(self, load: LoadModel, roof: RoofModel, correction: Correction, known: _Known) -> None:
        """Take the models, and what they were learned from; `learn` makes them."""
        self._load, self._roof, self._correction, self._known = load, roof, correction, known

    @classmethod
    def learn(
        cls,
        now: datetime,
        zone: tzinfo,
        load: PowerHistory,
        pv: PowerHistory,
        record: ForecastLog,
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
            _Known(last, load, pv, said, {"load": _made_up_days(load, zone), "pv": _made_up_days(pv, zone)}),
        )

    def forecast(
        self, start: datetime, slots: int, production: ProviderForecast | None = None, slot_minutes: int = 15
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
        coming = range(max(first, self._known.now), numbers.stop) or numbers
        source = self._pv_source(sum(n in said for n in coming), len(coming))

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
            sources={"load": ForecastSource.HISTORY if self._load.days else ForecastSource.DEFAULT, "pv": source},
            notes=tuple(self._notes(source, said)),
            said_kw=tuple(
                None if None in part else sum(kw for kw in part if kw is not None) / per_slot
                for part in (
                    [said.get(n) for n in numbers[at : at + per_slot]] for at in range(0, len(numbers), per_slot)
                )
            ),
        )

    def revised(self, told: Forecast, production: ProviderForecast | None = None) -> Forecast:
        """A forecast of this, in quarters, with what the moment of learning knows better.

        The quarters before it are as they came, where that is known, and the sun of the next hours is set right by how
        the last ones differed from what was said of them.
        """
        now, load, pv, _, _ = self._known
        first = quarter(told.start)
        ahead = range(max(now, first), min(now + LOOKED_AHEAD, first + len(told.pv_kw)))
        said, came = self._passed(production)
        changes = dict(zip(ahead, factors(said, came, [told.pv_kw[n - first] for n in ahead]), strict=True))

        def as_came(powers: Sequence[float], history: PowerHistory) -> tuple[float, ...]:
            return tuple(history.power.get(n, kw) if n < now else kw for n, kw in enumerate(powers, first))

        def sun(powers: Sequence[float]) -> tuple[float, ...]:
            return tuple(kw * changes.get(n, 1.0) for n, kw in enumerate(as_came(powers, pv), first))

        return replace(
            told,
            load_kw=as_came(told.load_kw, load),
            load_p90_kw=as_came(told.load_p90_kw, load),
            pv_kw=sun(told.pv_kw),
            pv_p10_kw=sun(told.pv_p10_kw),
            pv_p90_kw=sun(told.pv_p90_kw),
        )

    def _passed(self, production: ProviderForecast | None) -> tuple[list[float], list[float]]:
        """The PV of the last hours as it was to be expected, by whoever speaks of the present quarter, and as it came.

        Of a provider, what it says now counts before what it had said: what it has taken back already is not to be
        taken back again. Where one of both is not known, both are zero.
        """
        now, _, pv, before, _ = self._known
        window = range(now - LOOKED_BACK, now)
        if production is not None and now in production.power:
            by_quarter = {start + part: kwh for start, kwh in before.items() for part in range(PER_HOUR)}
            by_quarter |= production.power
            said = {n: self._correction.apply(n, by_quarter[n]).expected for n in window if n in by_quarter}
        else:
            roof = RoofModel(pv, window.start).between(window.start, window.stop)  # as it was known before
            said = {n: spread.expected for n, spread in roof.items()}
        pairs = [(said[n], pv.power[n]) if n in said and n in pv.power else (0.0, 0.0) for n in window]
        return [one for one, _ in pairs], [one for _, one in pairs]

    def _pv_source(self, said: int, wanted: int) -> ForecastSource:
        if said == wanted:
            return ForecastSource.PROVIDER
        if said:
            return ForecastSource.MIXED
        return ForecastSource.HISTORY if self._roof.days else ForecastSource.NONE

    def _notes(self, source: ForecastSource, said: Mapping[int, float]) -> Iterator[Explanation]:
        """What a person should know."""
        if not self._load.days:
            yield Explanation(NO_LOAD_HISTORY, {"daily_kwh": self._load.daily_kwh})
        elif self._load.days < _FEW_DAYS:
            yield Explanation(SHORT_LOAD_HISTORY, {"days": round(self._load.days, 1)})
        made_up = self._known.made_up_days
        if days := made_up["load"] if source is ForecastSource.PROVIDER else max(made_up.values()):
            yield Explanation(FIRST_DAYS, {"days": days})
        known = bool(self._roof.days)
        roof = {"days": self._roof.days} if known else {}
        if source is ForecastSource.MIXED:
            key = PROVIDER_ENDS if known else PROVIDER_ENDS_ZERO
            yield Explanation(key, {**roof, "known_until": moment(max(said) + 1)})
        elif source is not ForecastSource.PROVIDER:
            yield Explanation(NO_PROVIDER if known else NO_PROVIDER_ZERO, roof)
        total = sum(said.values())
        factor = sum(self._correction.apply(n, kw).expected for n, kw in said.items()) / total if total else 1.0
        if abs(factor - 1) > _WORTH_SAYING:
            yield Explanation(CORRECTED, {"factor": round(factor, 2), "days": self._correction.days})


def _made_up_days(history: PowerHistory, zone: tzinfo) -> int:
    """Of how many local days something was made up."""
    return len({wall(number, zone) // PER_DAY for number in history.made_up})
