"""Accuracy and speed of the forecasts for synthetic households and PV systems, compared with simple baselines."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from statistics import fmean
import time

from custom_components.nattery.core.forecast.cold_start import load_from_daily_energy, pv_from_daily_energy
from custom_components.nattery.core.forecast.forecast import Forecaster
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.load import LoadModel
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quarters import (
    PER_DAY,
    PER_HOUR,
    day_edges,
    local_quarter,
    moment,
    quarter,
)
from custom_components.nattery.core.forecast.sun import Location

from .houses import HOUSES, ZONE, Power, family, pv_system
from .rows import Row
from .weather import ROOFS, cloud_errors

LEARNED_DAYS = 56
HORIZON = 2 * PER_DAY
LOAD_BASELINES = ("yesterday", "last week", "flat")
PV_BASELINES = ("provider", "yesterday")
_OUTDATED = 16  # quarter-hours; a history that ended so long ago has no recent error to carry forward


def load_errors(house: str, *, seed: int, evenings: int) -> dict[str, float]:
    """Return the absolute hourly errors of load forecasts over the actual load, for the two days after some evenings.

    "ours" is our forecast's, the others are the baselines'. "below p90" is the share of hours below our P90.
    """
    first = quarter(datetime(2026, 1, 5, tzinfo=ZONE))
    power = HOUSES[house](seed, first, LEARNED_DAYS + evenings + 3)
    errors = dict.fromkeys(("ours", *LOAD_BASELINES), 0.0)
    total, below = 0.0, []
    for evening in range(evenings):
        now = first + (LEARNED_DAYS + evening) * PER_DAY - PER_HOUR
        model = LoadModel(_history(power), ZONE, moment(now))
        flat = fmean(kw for number, kw in power.items() if number < now)
        for hour in range(now, now + HORIZON, PER_HOUR):
            if (actual := _hour_mean(power, hour)) is None:
                continue
            total += actual
            predicted = [model.predict(number) for number in range(hour, hour + PER_HOUR)]
            forecasts = {
                "ours": fmean(quantiles.expected for quantiles in predicted),
                "yesterday": _same_hour_before(power, hour, now, PER_DAY, flat),
                "last week": _same_hour_before(power, hour, now, 7 * PER_DAY, flat),
                "flat": flat,
            }
            below.append(actual <= fmean(quantiles.p90 for quantiles in predicted))
            for name, forecast in forecasts.items():
                errors[name] += abs(forecast - actual)
    return {name: error / total for name, error in errors.items()} | {"below p90": fmean(below)}


def now_errors(house: str, *, seed: int, moments: int) -> tuple[float, float]:
    """Return the errors of the load of the next two hours, with and without recent measurements."""
    chance = Random(seed)
    first = quarter(datetime(2026, 1, 5, tzinfo=ZONE))
    power = HOUSES[house](seed, first, LEARNED_DAYS + 15)
    errors = [0.0, 0.0]
    for _ in range(moments):
        now = first + LEARNED_DAYS * PER_DAY + chance.randrange(13 * PER_DAY)
        outdated = {number: kw for number, kw in power.items() if number < now - _OUTDATED}
        models = [LoadModel(_history(known), ZONE, moment(now)) for known in (power, outdated)]
        for number in range(now, now + 8):
            for index, model in enumerate(models):
                expected = model.predict(number).expected
                errors[index] += abs(expected - power.get(number, expected))
    return errors[0], errors[1]


def pv_errors(month: int, *, seed: int, days: int = 40) -> dict[str, float]:
    """Return the absolute hourly errors of day-ahead PV forecasts over the actual PV: ours and the baselines'.

    "history" is our forecast without a provider. The first third of the days is for learning only.
    """
    first = quarter(datetime(2026, month, 2, tzinfo=ZONE))
    power, provider_wh = pv_system(seed, first, days)
    history, log = _history(power), ForecastLog()
    errors = dict.fromkeys(("ours", "history", *PV_BASELINES), 0.0)
    total = 0.0
    for day in list(provider_wh)[1:]:
        start, end = day_edges(day, ZONE)
        eve = moment(start - 1)
        forecaster = Forecaster.learn(eve, ZONE, PowerHistory({}), history, log)
        ours = forecaster.forecast(eve, end - start + 1, ProviderForecast.from_arrays([provider_wh[day]], ZONE))
        ours.log_to(log, ZONE)
        if day < min(provider_wh) + days // 3:
            continue
        forecasts = {
            "ours": ours.pv_kw[1:],
            "provider": tuple(kw or 0.0 for kw in ours.provider_kw[1:]),
            "history": forecaster.forecast(eve, end - start + 1).pv_kw[1:],
            "yesterday": tuple(power[number - PER_DAY] for number in range(start, end)),
        }
        for offset in range(0, end - start, PER_HOUR):
            actual = fmean(power[start + offset + part] for part in range(PER_HOUR))
            total += actual
            for name, forecast in forecasts.items():
                errors[name] += abs(fmean(forecast[offset : offset + PER_HOUR]) - actual)
    return {name: error / total for name, error in errors.items()}


def nowcast_errors(month: int, *, seed: int, days: int = 40) -> dict[str, tuple[float, float]]:
    """Return the errors of the next four hours' PV with and without the nowcast, for several times a day.

    The keys tell whether there is a provider. The first third of the days is for learning only.
    """
    first = quarter(datetime(2026, month, 2, tzinfo=ZONE))
    power, provider_wh = pv_system(seed, first, days)
    history, log = _history(power), ForecastLog()
    errors = {"with a provider": [0.0, 0.0], "without a provider": [0.0, 0.0]}
    for day in list(provider_wh)[1:]:
        start, end = day_edges(day, ZONE)
        provider = ProviderForecast.from_arrays([provider_wh[day]], ZONE)
        eve = moment(start - 1)
        day_ahead = Forecaster.learn(eve, ZONE, PowerHistory({}), history, log)
        day_ahead.forecast(eve, end - start + 1, provider).log_to(log, ZONE)
        for now in range(start + 36, start + 64, 8) if day >= min(provider_wh) + days // 3 else ():
            forecaster = Forecaster.learn(moment(now), ZONE, PowerHistory({}), history, log)
            for name, provider_or_none in zip(errors, (provider, None), strict=True):
                unrevised = forecaster.forecast(moment(now), 16, provider_or_none)
                for index, forecast in enumerate((forecaster.revise(unrevised, provider_or_none), unrevised)):
                    errors[name][index] += sum(abs(kw - power[now + n]) for n, kw in enumerate(forecast.pv_kw))
    return {name: (revised, unrevised) for name, (revised, unrevised) in errors.items()}


def cold_start_errors(month: int, *, seed: int, days: int = 28) -> dict[str, float]:
    """Return the absolute hourly errors of day-ahead forecasts made from the last seven daily energies only.

    They are relative to the actual energy. "load" and "PV" are ours, "flat" is a flat load of the same energy.
    """
    first = quarter(datetime(2026, month, 2, tzinfo=ZONE))
    load, (pv, _) = family(seed, first, days), pv_system(seed, first, days)
    errors = dict.fromkeys(("load", "flat", "PV"), 0.0)
    totals = dict(errors)
    today = local_quarter(first, ZONE) // PER_DAY
    for day in range(today + 7, today + days):
        start, end = day_edges(day, ZONE)
        load_energies, pv_energies = (_daily_energies(power, range(day - 7, day)) for power in (load, pv))
        histories = [
            PowerHistory({}).with_assumed(assumed)
            for assumed in (
                load_from_daily_energy(load_energies, ZONE),
                pv_from_daily_energy(pv_energies, ZONE, Location(50, 10)),
            )
        ]
        forecaster = Forecaster.learn(moment(start), ZONE, histories[0], histories[1], ForecastLog())
        forecast = forecaster.forecast(moment(start), end - start)
        flat = (fmean(load_energies.values()) / 24,) * (end - start)
        for name, powers, power in (("load", forecast.load_kw, load), ("flat", flat, load), ("PV", forecast.pv_kw, pv)):
            for offset in range(0, end - start, PER_HOUR):
                actual = fmean(power[start + offset + part] for part in range(PER_HOUR))
                totals[name] += actual
                errors[name] += abs(fmean(powers[offset : offset + PER_HOUR]) - actual)
    return {name: error / totals[name] for name, error in errors.items()}


def speed(*, rounds: int) -> Iterator[tuple[str, float]]:
    """Return the milliseconds to learn from eight weeks, of hours and of quarter-hours, and to forecast 48 hours."""
    first = quarter(datetime(2026, 1, 5, tzinfo=ZONE))
    load, (pv, provider_wh) = family(1, first, LEARNED_DAYS), pv_system(1, first, LEARNED_DAYS + 2)
    now = moment(first + LEARNED_DAYS * PER_DAY)
    today = local_quarter(quarter(now), ZONE) // PER_DAY
    two_days = provider_wh[today] | provider_wh[today + 1]

    def learn(quarter_hourly: frozenset[int]) -> Forecaster:
        histories = (PowerHistory(load, quarter_hourly), PowerHistory(pv, quarter_hourly))
        return Forecaster.learn(now, ZONE, *histories, ForecastLog())

    for name, quarter_hourly in (("hours", frozenset[int]()), ("quarters", frozenset(load))):
        yield f"learn from eight weeks of {name}", _milliseconds(partial(learn, quarter_hourly), rounds)
    forecaster = learn(frozenset(load))
    yield (
        "the next 48 hours",
        _milliseconds(
            lambda: forecaster.forecast(now, HORIZON, ProviderForecast.from_arrays([two_days], ZONE)), rounds
        ),
    )


def _milliseconds(call: Callable[[], object], rounds: int) -> float:
    """Return the CPU time of the fastest round, which other processes affect least."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        call()
        times.append(1000 * (time.process_time() - begin))
    return min(times)


def _history(power: Power) -> PowerHistory:
    return PowerHistory(power, frozenset(power))


def _daily_energies(power: Power, days: range) -> dict[date, float]:
    """Return the kWh of local days."""
    return {
        date(1970, 1, 1) + timedelta(days=day): sum(power[n] for n in range(*day_edges(day, ZONE))) / PER_HOUR
        for day in days
    }


def _hour_mean(power: Power, hour: int) -> float | None:
    """Return the mean power of an hour, or None if part of it is unknown."""
    parts = [power[number] for number in range(hour, hour + PER_HOUR) if number in power]
    return fmean(parts) if len(parts) == PER_HOUR else None


def _same_hour_before(power: Power, hour: int, now: int, period: int, default: float) -> float:
    """Return the mean power of the same hour one period earlier, or as many periods as needed to lie before now."""
    while hour >= now - PER_HOUR:
        hour -= period
    mean = _hour_mean(power, hour)
    return default if mean is None else mean


async def forecasts(*, quick: bool) -> list[Row]:
    """Measure forecast errors relative to the best baseline, and speed, on synthetic households and PV systems."""
    rows = []
    for house in HOUSES:
        errors = load_errors(house, seed=11, evenings=7 if quick else 21)
        best = min(LOAD_BASELINES, key=errors.__getitem__)
        what = f"load, {house}: hourly error {errors['ours']:.0%}, {best} {errors[best]:.0%}"
        rows.append(Row(f"{what}, below P90 {errors['below p90']:.0%}", errors["ours"] / errors[best], 0.97, "x"))
        with_recent, without = now_errors(house, seed=11, moments=20 if quick else 80)
        rows.append(
            Row(f"load, {house}: next two hours, with the last hours measured", with_recent / without, None, "x")
        )
    for month in (3, 6, 11):
        errors = pv_errors(month, seed=11)
        best = min(PV_BASELINES, key=errors.__getitem__)
        what = f"PV, month {month}: hourly error {errors['ours']:.0%}, {best} {errors[best]:.0%}"
        rows.append(
            Row(f"{what}, without a provider {errors['history']:.0%}", errors["ours"] / errors[best], 0.95, "x")
        )
        for name, (revised, unrevised) in nowcast_errors(month, seed=11).items():
            rows.append(Row(f"PV, month {month}: nowcast of four hours {name}", revised / unrevised, 1.0, "x"))
    for roof in ROOFS:
        with_clouds, history, covered = cloud_errors(roof, 4, seed=11)
        what = f"PV from cloud cover, {roof} roof: hourly error {with_clouds:.0%}, history {history:.0%}"
        rows.append(Row(f"{what}, between P10 and P90 {covered:.0%}", with_clouds / history, 0.7, "x"))
    for month in (3, 6, 11):
        errors = cold_start_errors(month, seed=11)
        what = f"cold start, month {month}: hourly error of the load {errors['load']:.0%}, flat {errors['flat']:.0%}"
        rows.append(Row(what, errors["load"] / errors["flat"], 0.85, "x"))
        rows.append(Row(f"cold start, month {month}: hourly error of the PV", errors["PV"], 0.5, "x"))
    limits = (25.0, 25.0, 5.0)
    rows += [
        Row(what, milliseconds, limit, "ms")
        for (what, milliseconds), limit in zip(speed(rounds=10 if quick else 50), limits, strict=True)
    ]
    return rows
