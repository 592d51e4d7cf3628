"""How good and how quick the forecasts are, on made-up houses and roofs, beside what anybody could say without them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from statistics import fmean
import time

from custom_components.nattery.core.forecast.cold_start import Location, household, sun
from custom_components.nattery.core.forecast.forecast import Forecaster
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.load import LoadModel
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quarters import PER_DAY, PER_HOUR, day_edges, moment, quarter, wall

from .houses import HOUSES, ZONE, Power, family, roof
from .rows import Row

LEARNED_DAYS = 56
HORIZON = 2 * PER_DAY
LOAD_RIVALS = ("yesterday", "last week", "flat")
PV_RIVALS = ("provider", "yesterday")
_STALE = 16  # quarters; a history that ends so long ago says nothing about now


def load_errors(house: str, *, seed: int, evenings: int) -> dict[str, float]:
    """Errors of forecasts made on some evenings for the two days after: of all hours together, over all that came.

    "ours" and each rival's; and as "below p90" the share of hours that stayed below our 90th percentile.
    """
    first = quarter(datetime(2026, 1, 5, tzinfo=ZONE))
    power = HOUSES[house](seed, first, LEARNED_DAYS + evenings + 3)
    errors = dict.fromkeys(("ours", *LOAD_RIVALS), 0.0)
    total, below = 0.0, []
    for evening in range(evenings):
        now = first + (LEARNED_DAYS + evening) * PER_DAY - PER_HOUR
        model = LoadModel(_history(power), ZONE, moment(now))
        flat = fmean(kw for number, kw in power.items() if number < now)
        for hour in range(now, now + HORIZON, PER_HOUR):
            if (came := _mean(power, hour)) is None:
                continue
            total += came
            told = [model.at(number) for number in range(hour, hour + PER_HOUR)]
            says = {
                "ours": fmean(found.expected for found in told),
                "yesterday": _before(power, hour, now, PER_DAY, flat),
                "last week": _before(power, hour, now, 7 * PER_DAY, flat),
                "flat": flat,
            }
            below.append(came <= fmean(found.p90 for found in told))
            for name, said in says.items():
                errors[name] += abs(said - came)
    return {name: error / total for name, error in errors.items()} | {"below p90": fmean(below)}


def now_errors(house: str, *, seed: int, moments: int) -> tuple[float, float]:
    """Errors of the next two hours at some moments: knowing what the house does now, and not knowing it."""
    chance = Random(seed)
    first = quarter(datetime(2026, 1, 5, tzinfo=ZONE))
    power = HOUSES[house](seed, first, LEARNED_DAYS + 15)
    errors = [0.0, 0.0]
    for _ in range(moments):
        now = first + LEARNED_DAYS * PER_DAY + chance.randrange(13 * PER_DAY)
        stale = {number: kw for number, kw in power.items() if number < now - _STALE}
        models = [LoadModel(_history(known), ZONE, moment(now)) for known in (power, stale)]
        for number in range(now, now + 8):
            for index, model in enumerate(models):
                errors[index] += abs(model.at(number).expected - power.get(number, model.at(number).expected))
    return errors[0], errors[1]


def pv_errors(month: int, *, seed: int, days: int = 40) -> dict[str, float]:
    """Errors of the next day's PV, of all hours together over all that came: ours, the provider's own and its rivals'.

    "roof" is ours without a provider. The first third of the days is for learning.
    """
    first = quarter(datetime(2026, month, 2, tzinfo=ZONE))
    power, said = roof(seed, first, days)
    history, record = _history(power), ForecastLog()
    errors = dict.fromkeys(("ours", "roof", *PV_RIVALS), 0.0)
    total = 0.0
    for day in list(said)[1:]:
        start, end = day_edges(day, ZONE)
        eve = moment(start - 1)
        knows = Forecaster.learn(eve, ZONE, PowerHistory({}), history, record)
        ours = knows.forecast(eve, end - start + 1, ProviderForecast.of([said[day]], ZONE))
        ours.keep(record, ZONE)
        if day < min(said) + days // 3:
            continue
        says = {
            "ours": ours.pv_kw[1:],
            "provider": tuple(kw or 0.0 for kw in ours.said_kw[1:]),
            "roof": knows.forecast(eve, end - start + 1).pv_kw[1:],
            "yesterday": tuple(power[number - PER_DAY] for number in range(start, end)),
        }
        for at in range(0, end - start, PER_HOUR):
            came = fmean(power[start + at + part] for part in range(PER_HOUR))
            total += came
            for name, row in says.items():
                errors[name] += abs(fmean(row[at : at + PER_HOUR]) - came)
    return {name: error / total for name, error in errors.items()}


def sun_errors(month: int, *, seed: int, days: int = 40) -> dict[str, tuple[float, float]]:
    """Errors of the next four hours' PV, some times a day: set right by the hours before, and as it was forecast.

    For a roof with a provider, and one without. The first third of the days is for learning.
    """
    first = quarter(datetime(2026, month, 2, tzinfo=ZONE))
    power, said = roof(seed, first, days)
    history, record = _history(power), ForecastLog()
    errors = {"with a provider": [0.0, 0.0], "without a provider": [0.0, 0.0]}
    for day in list(said)[1:]:
        start, end = day_edges(day, ZONE)
        production = ProviderForecast.of([said[day]], ZONE)
        eve = moment(start - 1)
        eves = Forecaster.learn(eve, ZONE, PowerHistory({}), history, record)
        eves.forecast(eve, end - start + 1, production).keep(record, ZONE)
        for now in range(start + 36, start + 64, 8) if day >= min(said) + days // 3 else ():
            knows = Forecaster.learn(moment(now), ZONE, PowerHistory({}), history, record)
            for name, provider in zip(errors, (production, None), strict=True):
                stands = knows.forecast(moment(now), 16, provider)
                for index, told in enumerate((knows.revised(stands, provider), stands)):
                    errors[name][index] += sum(abs(kw - power[now + at]) for at, kw in enumerate(told.pv_kw))
    return {name: (right, stood) for name, (right, stood) in errors.items()}


def first_day_errors(month: int, *, seed: int, days: int = 28) -> dict[str, float]:
    """Errors of the next day where only the energies of the last seven days are known, over all that came.

    "load" and "PV" are ours, "flat" is that of a flat load of the same energy.
    """
    first = quarter(datetime(2026, month, 2, tzinfo=ZONE))
    load, (light, _) = family(seed, first, days), roof(seed, first, days)
    errors = dict.fromkeys(("load", "flat", "PV"), 0.0)
    totals = dict(errors)
    today = wall(first, ZONE) // PER_DAY
    for day in range(today + 7, today + days):
        start, end = day_edges(day, ZONE)
        needed, given = (_by_day(power, range(day - 7, day)) for power in (load, light))
        pasts = [
            PowerHistory({}).assuming(past) for past in (household(needed, ZONE), sun(given, ZONE, Location(50, 10)))
        ]
        told = Forecaster.learn(moment(start), ZONE, pasts[0], pasts[1], ForecastLog()).forecast(
            moment(start), end - start
        )
        flat = (fmean(needed.values()) / 24,) * (end - start)
        for name, says, power in (("load", told.load_kw, load), ("flat", flat, load), ("PV", told.pv_kw, light)):
            for at in range(0, end - start, PER_HOUR):
                came = fmean(power[start + at + part] for part in range(PER_HOUR))
                totals[name] += came
                errors[name] += abs(fmean(says[at : at + PER_HOUR]) - came)
    return {name: error / totals[name] for name, error in errors.items()}


def speed(*, rounds: int) -> Iterator[tuple[str, float]]:
    """Milliseconds to learn from eight weeks, of hours and of quarters, and to tell the next two days after that."""
    first = quarter(datetime(2026, 1, 5, tzinfo=ZONE))
    load, (light, said) = family(1, first, LEARNED_DAYS), roof(1, first, LEARNED_DAYS + 2)
    now = moment(first + LEARNED_DAYS * PER_DAY)
    today = wall(quarter(now), ZONE) // PER_DAY
    two_days = said[today] | said[today + 1]

    def learn(fine: frozenset[int]) -> Forecaster:
        return Forecaster.learn(now, ZONE, PowerHistory(load, fine), PowerHistory(light, fine), ForecastLog())

    for name, fine in (("hours", frozenset[int]()), ("quarters", frozenset(load))):
        yield f"learn from eight weeks of {name}", _milliseconds(partial(learn, fine), rounds)
    knows = learn(frozenset(load))
    yield (
        "the next 48 hours",
        _milliseconds(lambda: knows.forecast(now, HORIZON, ProviderForecast.of([two_days], ZONE)), rounds),
    )


def _milliseconds(call: Callable[[], object], rounds: int) -> float:
    """The processor's own time and the best round: what else the machine does is no part of it."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        call()
        times.append(1000 * (time.process_time() - begin))
    return min(times)


def _history(power: Power) -> PowerHistory:
    return PowerHistory(power, frozenset(power))


def _by_day(power: Power, days: range) -> dict[date, float]:
    """The kWh of some local days."""
    return {
        date(1970, 1, 1) + timedelta(days=day): sum(power[n] for n in range(*day_edges(day, ZONE))) / PER_HOUR
        for day in days
    }


def _mean(power: Power, hour: int) -> float | None:
    """The mean power of an hour, None where it is not whole."""
    parts = [power[number] for number in range(hour, hour + PER_HOUR) if number in power]
    return fmean(parts) if len(parts) == PER_HOUR else None


def _before(power: Power, hour: int, now: int, period: int, otherwise: float) -> float:
    """The same hour a period ago, or as many periods as it takes to be known by now."""
    while hour >= now - PER_HOUR:
        hour -= period
    found = _mean(power, hour)
    return otherwise if found is None else found


async def forecasts(*, quick: bool) -> list[Row]:
    """Forecasts of made-up houses and roofs: errors over those of whoever is best without them, and their speed."""
    rows = []
    for house in HOUSES:
        found = load_errors(house, seed=11, evenings=7 if quick else 21)
        rival = min(LOAD_RIVALS, key=found.__getitem__)
        what = f"load, {house}: hourly error {found['ours']:.0%}, {rival} {found[rival]:.0%}"
        rows.append(Row(f"{what}, below P90 {found['below p90']:.0%}", found["ours"] / found[rival], 0.97, "x"))
        knowing, not_knowing = now_errors(house, seed=11, moments=20 if quick else 80)
        rows.append(Row(f"load, {house}: next two hours, knowing what it does now", knowing / not_knowing, None, "x"))
    for month in (3, 6, 11):
        found = pv_errors(month, seed=11)
        rival = min(PV_RIVALS, key=found.__getitem__)
        what = f"PV, month {month}: hourly error {found['ours']:.0%}, {rival} {found[rival]:.0%}"
        rows.append(Row(f"{what}, without a provider {found['roof']:.0%}", found["ours"] / found[rival], 0.95, "x"))
        for name, (right, stood) in sun_errors(month, seed=11).items():
            rows.append(
                Row(f"PV, month {month}: next four hours {name}, set right by the last", right / stood, 1.0, "x")
            )
    for month in (3, 6, 11):
        found = first_day_errors(month, seed=11)
        what = f"first day, month {month}: hourly error of the load {found['load']:.0%}, flat {found['flat']:.0%}"
        rows.append(Row(what, found["load"] / found["flat"], 0.85, "x"))
        rows.append(Row(f"first day, month {month}: hourly error of the PV, over that of none", found["PV"], 0.5, "x"))
    limits = (25.0, 25.0, 5.0)
    rows += [
        Row(what, taken, limit, "ms")
        for (what, taken), limit in zip(speed(rounds=10 if quick else 50), limits, strict=True)
    ]
    return rows
