from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.interpolation import EnergyPeriod, interpolate_power
from custom_components.nattery.core.forecast.provider import ProviderForecast, ProviderForecastError
from custom_components.nattery.core.forecast.quarters import day_edges, local_quarter, quarter
from scripts.benchmarks.houses import ZONE

MIDNIGHT = datetime(2026, 6, 1, tzinfo=ZONE).astimezone(UTC)
FIRST = quarter(MIDNIGHT)
BELL = [0, 100, 900, 2000, 3500, 4700, 5200, 5000, 4200, 3000, 1800, 700, 80, 0]  # Wh of hours


def array_of(energies, start=5.0, minutes=60, day=0):
    begin = MIDNIGHT + timedelta(days=day, hours=start)
    return {(begin + index * timedelta(minutes=minutes)).isoformat(): wh for index, wh in enumerate(energies)}


def kwh(power, first, count):
    return sum(power[number] for number in range(first, first + count)) / 4


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_every_period_keeps_its_energy(minutes) -> None:
    power = ProviderForecast.from_arrays([array_of(BELL, minutes=minutes)], ZONE).power
    for index, wh in enumerate(BELL):
        assert kwh(power, FIRST + 20 + index * minutes // 15, minutes // 15) == pytest.approx(wh / 1000, abs=1e-9)


def test_the_power_is_smooth_by_day_and_zero_at_night() -> None:
    power = ProviderForecast.from_arrays([array_of(BELL)], ZONE).power
    assert set(power) == set(range(FIRST, FIRST + 96))
    assert all(power[FIRST + n] == 0 for n in (*range(24), *range(72, 96)))
    steps = [abs(power[FIRST + n + 1] - power[FIRST + n]) for n in range(20, 76)]
    assert max(steps) < 0.6  # where hours have steps of up to 1.6 kW
    top = max(power, key=lambda number: power[number])
    rising, falling = [power[n] for n in range(FIRST + 24, top)], [power[n] for n in range(top, FIRST + 72)]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_arrays_are_summed_where_all_of_them_have_a_forecast() -> None:
    both = ProviderForecast.from_arrays(
        [array_of(BELL) | array_of(BELL, day=1), array_of([wh / 2 for wh in BELL])], ZONE
    ).power
    one = ProviderForecast.from_arrays([array_of(BELL)], ZONE).power
    assert both == pytest.approx({number: 1.5 * kw for number, kw in one.items()})
    assert ProviderForecast.from_arrays([{}, array_of(BELL)], ZONE).power == one
    assert ProviderForecast.from_arrays([], ZONE).power == ProviderForecast.from_arrays([{}], ZONE).power == {}


def test_the_power_of_an_omitted_night_is_zero() -> None:
    daylight = BELL[1:-1]
    power = ProviderForecast.from_arrays([array_of(daylight, start=6) | array_of(daylight, start=6, day=1)], ZONE).power
    assert set(power) == set(range(FIRST, FIRST + 192))
    assert kwh(power, FIRST, 192) == pytest.approx(2 * sum(daylight) / 1000)
    assert all(power[FIRST + 72 + n] == 0 for n in range(48))


def test_a_forecast_cut_off_in_daylight_is_unknown_beyond() -> None:
    cut = ProviderForecast.from_arrays([array_of(BELL[:7])], ZONE).power  # ends at noon, in full light
    assert max(cut) == FIRST + 48 - 1
    assert cut[FIRST + 47] == pytest.approx(5.2, rel=0.1)
    began = ProviderForecast.from_arrays([array_of(BELL[6:], start=11)], ZONE).power
    assert min(began) == FIRST + 44
    rolling = ProviderForecast.from_arrays(
        [array_of([*BELL, *[0] * 6])], ZONE
    ).power  # an hour into the next day, in the dark
    assert max(rolling) == FIRST + 96 + 4 - 1


def test_an_omitted_day_is_unknown() -> None:
    power = ProviderForecast.from_arrays([array_of(BELL) | array_of(BELL, day=2)], ZONE).power
    assert not any(FIRST + 96 <= number < FIRST + 192 for number in power)


def test_periods_may_begin_at_sunrise_and_end_at_sunset() -> None:
    """Forecast.Solar begins the day at the minute of sunrise."""
    array = array_of([40], start=5.3, minutes=42) | array_of(BELL[1:-1], start=6) | array_of([0], start=18.2)
    power = ProviderForecast.from_arrays([array], ZONE).power
    assert kwh(power, FIRST, 96) == pytest.approx((40 + sum(BELL)) / 1000, abs=0.02)
    assert kwh(power, FIRST, 24) == pytest.approx(0.04, abs=1e-9)


@pytest.mark.parametrize(
    ("noon", "length"), [(datetime(2026, 3, 29, 12, tzinfo=ZONE), 92), (datetime(2026, 10, 25, 12, tzinfo=ZONE), 100)]
)
def test_a_day_with_a_clock_change_is_complete(noon, length) -> None:
    local = noon.astimezone(UTC)
    array = {(local + timedelta(hours=hour)).isoformat(): wh for hour, wh in zip(range(-6, 8), BELL, strict=True)}
    power = ProviderForecast.from_arrays([array], ZONE).power
    number = local_quarter(quarter(local), ZONE) // 96
    assert set(power) == set(range(*day_edges(number, ZONE)))
    assert len(power) == length
    assert kwh(power, min(power), length) == pytest.approx(sum(BELL) / 1000)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ({"2026-06-01T12:00:00": 5}, "has no UTC offset"),
        ({"noon": 5}, "'noon', which is not a valid time"),
        ({7: 5}, "'7', which is not a valid time"),
        ({"2026-06-01T12:00:00Z": -1}, "'-1' Wh; 0 to 100000"),
        ({"2026-06-01T12:00:00Z": float("nan")}, "'nan' Wh"),
        ({"2026-06-01T12:00:00Z": None}, "'None' Wh"),
        ({"2026-06-01T12:00:00Z": 5, "2026-06-01T14:00:00+02:00": 5}, "Two periods begin at 2026-06-01 12:00 UTC"),
    ],
)
def test_invalid_forecasts_are_rejected(array, message) -> None:
    with pytest.raises(ProviderForecastError) as caught:
        ProviderForecast.from_arrays([array], ZoneInfo("UTC"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 60), st.floats(0, 20_000)), min_size=1, max_size=60),
    st.integers(0, 10**9),
)
def test_any_periods_keep_their_energy_without_negative_power(rows, begin) -> None:
    periods = []
    end = begin
    for gap, minutes, wh in rows:
        periods.append(EnergyPeriod(end + gap * 60, end + (gap + minutes) * 60, wh))
        end = int(periods[-1].end)
    power = interpolate_power(periods)
    assert min(power.values()) >= 0
    assert sum(power.values()) * 250 == pytest.approx(sum(wh for *_, wh in rows), rel=1e-6, abs=1e-6)
    assert list(power) == list(range(begin // 900 + (begin % 900 + rows[0][0] * 60) // 900, -(-end // 900)))
    dark = [
        number
        for number in power
        if not any(p.wh and p.start < (number + 1) * 900 and p.end > number * 900 for p in periods)
    ]
    assert all(power[number] < 1e-6 for number in dark)


@given(st.lists(st.floats(0, 20_000), min_size=2, max_size=48))
def test_each_hour_keeps_its_energy(energies) -> None:
    periods = [EnergyPeriod(hour * 3600, (hour + 1) * 3600, wh) for hour, wh in enumerate(energies)]
    power = interpolate_power(periods)
    for hour, wh in enumerate(energies):
        assert kwh(power, hour * 4, 4) == pytest.approx(wh / 1000, abs=1e-6)
