"""What the moment knows better than the forecast: what has passed as it came, and the sun of the next hours."""

from datetime import datetime, timedelta

import pytest

from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quarters import moment, quarter
from scripts.benchmarks.houses import ZONE

DAY = 96
MIDNIGHT = quarter(datetime(2026, 5, 25, tzinfo=ZONE))
NOW = MIDNIGHT + 44  # eleven
SOON = range(NOW, NOW + 32)  # the hours that the last ones say something about


def sun(number):
    """The power of every day, from six to eight in the evening."""
    return 4.0 if 24 <= (number - MIDNIGHT) % DAY < 80 else 0.0


def past(today=1.0, days=14):
    """Some days as ever, and today up to now with a share of it."""
    power = {number: sun(number) for number in range(MIDNIGHT - days * DAY, MIDNIGHT)}
    return PowerHistory(power | {number: today * sun(number) for number in range(MIDNIGHT, NOW)})


def load(kw=0.5):
    return PowerHistory(
        dict.fromkeys(range(MIDNIGHT - 14 * DAY, MIDNIGHT), 0.4) | dict.fromkeys(range(MIDNIGHT, NOW), kw)
    )


def learn(pv, record=None):
    return Forecaster.learn(moment(NOW), ZONE, load(), pv, record or ForecastLog())


def provider(*, first=MIDNIGHT, factor=1.0):
    return ProviderForecast({number: factor * sun(number) for number in range(first, MIDNIGHT + 2 * DAY)})


def day(knows, production=None, first=MIDNIGHT, slots=DAY):
    """All of the day, as forecast and as revised, by number of the quarter."""
    told = knows.forecast(moment(first), slots, production)
    revised = knows.revised(told, production)
    return [dict(enumerate(one.pv_kw, first)) for one in (told, revised)]


@pytest.mark.parametrize("production", [None, provider()], ids=["roof", "provider"])
def test_a_dull_morning_makes_a_duller_noon(production) -> None:
    told, revised = day(learn(past(0.4)), production)
    changes = [revised[number] / told[number] for number in SOON]
    assert changes[0] == pytest.approx(0.45, abs=0.08)
    assert changes == sorted(changes)
    assert revised[NOW + 32] == told[NOW + 32]


@pytest.mark.parametrize("production", [None, provider()], ids=["roof", "provider"])
def test_a_day_as_it_was_forecast_changes_nothing(production) -> None:
    told, revised = day(learn(past()), production)
    assert [revised[number] for number in SOON] == pytest.approx([told[number] for number in SOON], rel=0.02)


def test_what_has_passed_is_as_it_came_and_a_gap_as_it_was_forecast() -> None:
    pv = past(0.4)
    gap = range(NOW - 8, NOW - 4)
    knows = learn(PowerHistory({number: kw for number, kw in pv.power.items() if number not in gap}))
    told, revised = day(knows, provider())
    assert {number: revised[number] for number in gap} == {number: told[number] for number in gap}
    assert [revised[number] for number in range(MIDNIGHT, NOW) if number not in gap] == [
        pv.power[number] for number in range(MIDNIGHT, NOW) if number not in gap
    ]
    whole = knows.revised(knows.forecast(moment(MIDNIGHT), DAY, provider()), provider())
    assert whole.load_kw[:44] == whole.load_p90_kw[:44] == (0.5,) * 44
    assert max(whole.load_kw[44:]) < 0.5


def test_the_quantiles_go_along() -> None:
    knows = learn(past(0.4))
    told = knows.forecast(moment(NOW), 48, provider())
    revised = knows.revised(told, provider())
    for name in ("pv_p10_kw", "pv_p90_kw"):
        ratios = [new / old for old, new in zip(getattr(told, name), getattr(revised, name), strict=True) if old]
        usual = [new / old for old, new in zip(told.pv_kw, revised.pv_kw, strict=True) if old]
        assert ratios == pytest.approx(usual)
    assert (revised.load_kw, revised.said_kw, revised.notes) == (told.load_kw, told.said_kw, told.notes)


def test_a_provider_that_has_seen_it_itself_is_not_set_right_again() -> None:
    record = ForecastLog()
    before = {number: sun(number) for number in range(MIDNIGHT, MIDNIGHT + DAY)}
    record.note(MIDNIGHT - 1, ZONE, before, before, before)
    _, revised = day(learn(past(0.4), record), provider(factor=0.4))
    assert [revised[number] for number in SOON] == pytest.approx([0.4 * sun(number) for number in SOON], rel=0.1)


def test_a_provider_that_has_forgotten_the_morning_is_held_to_what_it_had_said() -> None:
    record = ForecastLog()
    before = {number: sun(number) for number in range(MIDNIGHT, MIDNIGHT + DAY)}
    record.note(MIDNIGHT - 1, ZONE, before, before, before)
    ahead = provider(first=NOW)
    for known, change in ((ForecastLog(), 1.0), (record, 0.45)):
        told, revised = day(learn(past(0.4), known), ahead)
        assert revised[NOW] / told[NOW] == pytest.approx(change, abs=0.08)


def test_quarters_that_have_passed_say_nothing_of_the_source() -> None:
    knows = learn(past())
    told = knows.forecast(moment(MIDNIGHT), DAY, provider(first=NOW))
    assert told.sources["pv"] is ForecastSource.PROVIDER
    assert told.notes == ()
    assert knows.forecast(moment(MIDNIGHT), 44, provider()).sources["pv"] is ForecastSource.PROVIDER


def test_without_a_past_nothing_is_known_better() -> None:
    knows = Forecaster.learn(moment(NOW), ZONE, PowerHistory({}), PowerHistory({}), ForecastLog())
    told = knows.forecast(moment(MIDNIGHT), DAY, provider())
    assert knows.revised(told, provider()) == told
    tomorrow = knows.forecast(moment(NOW) + timedelta(days=1), 8, provider())
    assert knows.revised(tomorrow, provider()) == tomorrow
