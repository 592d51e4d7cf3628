"""Outcomes of PV and load, from how far the home's own forecasts of the last days were off.

The misses of PV and load of the same day stay together, so that their dependence stays. The miss of the present is
known: the same share of it that usually lasts is taken from the future misses of each day. What all days have in common
is a bias, of which half is expected to last. The misses of the last day correct the load of the next hours
(`load_nowcast.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from ..forecast.forecast_log import ForecastLog, LoggedDay
from ..forecast.history import PowerHistory
from ..forecast.quantiles import autocorrelation
from ..forecast.quarters import PER_DAY, local_quarter
from ..planner.problem import Outcome
from .load_nowcast import LEARNED_DAYS, LOOKBACK_QUARTERS, LoadNowcast

MISSED_DAYS = 14  # of which the misses are outcomes
_BIAS_SHARE = 0.5  # of the mean miss of a quarter-hour: the rest was chance
_MIN_LOAD_KW = 0.02  # no home takes less
_MAX_PERSISTENCE = 0.95

# While fewer days are known: weight, and PV and load as multiples of their forecasts.
_ASSUMED_DAYS = 1.0  # that the assumed outcomes count as
_ASSUMED = (0.25, 0.4, 1.6), (0.5, 1.0, 1.0), (0.25, 1.4, 0.6)


class Powers(NamedTuple):
    """PV and load, kW."""

    pv_kw: float
    load_kw: float


_NOTHING = Powers(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ForecastMisses:
    """The misses of the last days, actual less day-ahead forecast, by quarter-hour of the local clock.

    `persistence` is the share of a miss that is there in the next quarter-hour too. `expected` has the day-ahead
    forecast by number of the quarter-hour, of the last days and of those that are known to come. `highest_pv_kw` is by
    quarter-hour of the day, `days` the number of days with misses.
    """

    zone: tzinfo
    misses: Mapping[int, Powers]
    persistence: Powers
    expected: Mapping[int, Powers]
    highest_pv_kw: Mapping[int, float]
    days: int
    load_nowcast: LoadNowcast | None = None

    @classmethod
    def learn(cls, log: ForecastLog, load: PowerHistory, pv: PowerHistory, zone: tzinfo, now: int) -> ForecastMisses:
        """Compare the day-ahead forecasts of the last days with what was measured before the quarter-hour `now`."""
        logged = [day for day in log if day.end > now - LEARNED_DAYS * PER_DAY - LOOKBACK_QUARTERS]
        expected = {number: powers for day in logged for number, powers in _forecast_of(day)}
        nowcast = LoadNowcast.learn(
            {
                number: load.power[number] - powers.load_kw
                for number, powers in expected.items()
                if number < now and number in load.power
            },
            now,
        )
        past = [day.start for day in logged if day.start <= now][-MISSED_DAYS - 1 :]
        expected = {number: powers for number, powers in expected.items() if number >= (past or [now])[0]}
        by_number = {
            number: Powers(pv.power[number] - powers.pv_kw, load.power[number] - powers.load_kw)
            for number, powers in expected.items()
            if number < now and number in pv.power and number in load.power
        }
        pairs = [(miss, by_number[number + 1]) for number, miss in by_number.items() if number + 1 in by_number]
        persistence = Powers(
            *(autocorrelation(((a[part], b[part]) for a, b in pairs), _MAX_PERSISTENCE) for part in (0, 1))
        )
        misses: dict[int, Powers] = {}
        highest: dict[int, float] = {}
        for number, miss in by_number.items():
            local = local_quarter(number, zone)
            misses[local] = miss
            slot = local % PER_DAY
            highest[slot] = max(highest.get(slot, 0.0), pv.power[number])
        days = len({local // PER_DAY for local in misses})
        return cls(zone, misses, persistence, expected, highest, days, nowcast)

    def outcomes(
        self, now: int, numbers: Sequence[int], pv_kw: Sequence[float], load_kw: Sequence[float]
    ) -> tuple[Outcome, ...]:
        """Return the outcomes of a forecast (kW) of the quarter-hours with these numbers.

        The miss of the quarter-hour before `now` is known, and part of the forecast.
        """
        count = min(self.days, MISSED_DAYS)
        before = local_quarter(now, self.zone) - 1
        by_slot = [
            self._slot_outcomes(before, local_quarter(number, self.zone), pv, load, count)
            for number, pv, load in zip(numbers, pv_kw, load_kw, strict=True)
        ]
        learned = (
            Outcome(1.0, tuple(pv[each] for pv, _ in by_slot), tuple(load[each] for _, load in by_slot))
            for each in range(count)
        )
        assumed = (
            Outcome(weight * _ASSUMED_DAYS, tuple(sun * kw for kw in pv_kw), tuple(house * kw for kw in load_kw))
            for weight, sun, house in (_ASSUMED if count < MISSED_DAYS else ())
        )
        return (*learned, *assumed)

    def corrected_load(
        self, now: int, numbers: Sequence[int], load_kw: Sequence[float], measured_kw: Mapping[int, float]
    ) -> list[float]:
        """Return a load forecast (kW), corrected in the next hours by the load measured before `now`.

        The day-ahead forecast is corrected, where one is known. Otherwise, the given forecast is returned.
        """
        if self.load_nowcast is None or now - 1 not in measured_kw:
            return list(load_kw)
        missed = {
            number: measured_kw[number] - self.expected[number].load_kw
            for number in range(now - LOOKBACK_QUARTERS, now)
            if number in measured_kw and number in self.expected
        }
        ahead = dict(enumerate(self.load_nowcast.corrections(missed, now, numbers[-1] + 1 - now), now))
        return [
            max(self.expected[number].load_kw + ahead[number], min(kw, _MIN_LOAD_KW))
            if number in ahead and number in self.expected
            else kw
            for number, kw in zip(numbers, load_kw, strict=True)
        ]

    def nowcast(self, number: int, before: Powers | None) -> Powers | None:
        """Return what is expected of a quarter-hour, given what came in the one before; None without a forecast."""
        expected, expected_before = self.expected.get(number), self.expected.get(number - 1)
        if expected is None or expected_before is None or before is None:
            return expected
        return Powers(
            *(
                max(forecast + share * (came - then), 0.0)
                for forecast, share, came, then in zip(expected, self.persistence, before, expected_before, strict=True)
            )
        )

    def _slot_outcomes(
        self, before: int, local: int, pv_kw: float, load_kw: float, count: int
    ) -> tuple[list[float], list[float]]:
        """Return as many outcomes of PV and load of a quarter-hour as are wanted; misses repeat if there are fewer."""
        pv_misses, load_misses = self._misses_at(before, local, count)
        known = len(pv_misses)
        pv_start = pv_kw - (1 - _BIAS_SHARE) * sum(pv_misses) / known
        load_start = load_kw - (1 - _BIAS_SHARE) * sum(load_misses) / known
        highest = max(self.highest_pv_kw.get(local % PER_DAY, 0.0), pv_kw)
        lowest = min(load_kw, _MIN_LOAD_KW)
        return (
            [min(max(pv_start + pv_misses[each % known], 0.0), highest) for each in range(count)],
            [max(load_start + load_misses[each % known], lowest) for each in range(count)],
        )

    def _misses_at(self, before: int, local: int, count: int) -> tuple[list[float], list[float]]:
        """Return the misses at this time of the last days, less what lasted of those at the time of `before`."""
        pv_share, load_share = (share ** (local - before) for share in self.persistence)
        pv, load = [], []
        for back in range(PER_DAY, (MISSED_DAYS + 3) * PER_DAY, PER_DAY):
            if (miss := self.misses.get(local - back)) is not None:
                known_pv, known_load = self.misses.get(before - back, _NOTHING)
                pv.append(miss.pv_kw - pv_share * known_pv)
                load.append(miss.load_kw - load_share * known_load)
                if len(pv) == count:
                    break
        return pv or [0.0], load or [0.0]


def _forecast_of(day: LoggedDay) -> Iterator[tuple[int, Powers]]:
    """Yield the logged forecast of each quarter-hour of a day."""
    return zip(range(day.start, day.end), map(Powers, day.pv_kw, day.load_kw, strict=True), strict=True)
