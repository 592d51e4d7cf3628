from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.errors import MeterStateError
from custom_components.nattery.core.ledger.meter import MAX_POLL_GAP, Meter, PowerReading

START = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # in Berlin the hour from 02:00 occurs twice; this is the first one
SECOND = timedelta(seconds=1)
NOTHING = {"grid_power": 0.0, "battery_power": 0.0, "pv_power": 0.0, "load_power": 0.0}


def reading(seconds, *, soc=0.5, **powers) -> PowerReading:
    return PowerReading(START + seconds * SECOND, **NOTHING | powers, soc=soc)


def feed(meter, readings):
    return [quarter for item in readings for quarter in meter.add(item)]


def energy_of(function, begin, end, sign=1):
    """Return the kWh of the positive part, by a midpoint rule with a thousand steps."""
    step = (end - begin) / 1000
    return sum(max(sign * function(begin + (n + 0.5) * step), 0) for n in range(1000)) * step / 3_600_000


def test_constant_powers_give_energies_by_direction() -> None:
    powers = {"grid_power": -800.0, "battery_power": 1200.0, "pv_power": 2000.0, "load_power": 2400.0}
    (quarter,) = feed(Meter(), [reading(at, **powers) for at in range(0, 901, 5)])
    assert quarter.start == START
    assert quarter.coverage == pytest.approx(1)
    assert astuple(quarter.energies) == pytest.approx((0, 0.2, 0, 0.3, 0.5, 0.6))
    powers |= {"grid_power": 800.0, "battery_power": -1200.0}
    (quarter,) = feed(Meter(), [reading(at, **powers) for at in range(0, 901, 5)])
    assert astuple(quarter.energies) == pytest.approx((0.2, 0, 0.3, 0, 0.5, 0.6))


def test_a_change_of_direction_between_readings_counts_in_both_directions() -> None:
    meter = Meter()
    feed(meter, [reading(0, grid_power=1000.0), reading(30, grid_power=-3000.0)])
    (quarter,) = meter.flush(START + QUARTER + MAX_POLL_GAP)
    interpolated = lambda at: 1000 - 4000 * at / 30  # noqa: E731
    assert quarter.energies.import_kwh == pytest.approx(energy_of(interpolated, 0, 30), rel=1e-4)
    assert quarter.energies.export_kwh == pytest.approx(energy_of(interpolated, 0, 30, -1), rel=1e-4)


@given(steps=st.lists(st.floats(0.5, 60), min_size=40, max_size=120), data=st.data())
@settings(max_examples=60, deadline=None)
def test_energies_are_those_of_the_linear_interpolation_for_any_reading_times(steps, data) -> None:
    times = [0.0]
    for step in steps:
        times.append(round(times[-1] + step, 3))
    powers = data.draw(st.lists(st.floats(-5000, 5000), min_size=len(times), max_size=len(times)))
    socs = [0.3 + 0.4 * n / len(times) for n in range(len(times))]
    meter = Meter()
    readings = [reading(at, grid_power=p, soc=s) for at, p, s in zip(times, powers, socs, strict=True)]
    quarters = [*feed(meter, readings), *meter.flush(readings[-1].time + 3 * QUARTER)]
    expected: dict[int, list[float]] = {}
    for (a, b), (p, q) in zip(pairwise(times), pairwise(powers), strict=True):
        for number in range(int(a // 900), int(b // 900) + 1):
            begin, end = max(a, number * 900), min(b, number * 900 + 900)
            if begin < end:
                at = lambda when, a=a, b=b, p=p, q=q: p + (q - p) * (when - a) / (b - a)  # noqa: E731
                sums = expected.setdefault(number, [0.0, 0.0, 0.0])
                sums[0] += energy_of(at, begin, end)
                sums[1] += energy_of(at, begin, end, -1)
                sums[2] += end - begin
    covered = {number: sums for number, sums in expected.items() if sums[2] >= 1}
    assert [(quarter.start - START) // QUARTER for quarter in quarters] == list(covered)
    for quarter, (imported, exported, seconds) in zip(quarters, covered.values(), strict=True):
        assert quarter.energies.import_kwh == pytest.approx(imported, rel=1e-4, abs=1e-6)
        assert quarter.energies.export_kwh == pytest.approx(exported, rel=1e-4, abs=1e-6)
        assert quarter.coverage == pytest.approx(seconds / 900)
    if len(covered) == len(expected):
        assert sum(quarter.soc_change for quarter in quarters) == pytest.approx(socs[-1] - socs[0])


def test_nothing_is_assumed_for_a_gap() -> None:
    readings = [reading(at, load_power=3600.0) for at in (*range(0, 301, 10), *range(600, 911, 10))]
    (quarter,) = feed(Meter(), readings)
    assert quarter.coverage == pytest.approx(600 / 900)
    assert quarter.energies.load_kwh == pytest.approx(0.6)


@pytest.mark.parametrize(("gap", "covered"), [(60, 60), (60.001, 0)])
def test_readings_more_than_a_minute_apart_leave_a_gap(gap, covered) -> None:
    meter = Meter()
    feed(meter, [reading(0), reading(0.5), reading(0.5 + gap), reading(100), reading(101)])
    (quarter,) = meter.flush(START + QUARTER + MAX_POLL_GAP)
    assert quarter.coverage * 900 == pytest.approx(0.5 + covered + (100 - gap - 0.5) + 1)


def test_quarter_hours_without_readings_are_omitted() -> None:
    meter = Meter()
    before = [reading(at, load_power=1000.0, soc=0.6) for at in range(0, 600, 10)]
    after = [reading(at, load_power=1000.0, soc=0.9) for at in range(9000, 9910, 10)]
    first, second = feed(meter, [*before, *after])
    assert [(quarter.start - START) // QUARTER for quarter in (first, second)] == [0, 10]
    # The change of SOC during the gap does not count.
    assert (first.soc, first.soc_change, second.soc, second.soc_change) == (0.6, 0, 0.9, 0)


@pytest.mark.parametrize(("seconds", "interval_count"), [(0.9, 0), (1.1, 1)])
def test_less_than_a_second_of_coverage_is_omitted(seconds, interval_count) -> None:
    meter = Meter()
    feed(meter, [reading(0), reading(seconds)])
    assert len(meter.flush(START + 2 * QUARTER)) == interval_count


def test_the_state_of_charge_is_interpolated_at_the_edge() -> None:
    first, second = feed(Meter(), [reading(at, soc=0.5 + at / 3600) for at in range(-30, 1830, 20)])[-2:]
    assert first.soc == pytest.approx(0.75)
    assert [first.soc_change, second.soc_change] == pytest.approx([0.25, 0.25])
    assert second.soc == pytest.approx(1.0)


def test_flush_returns_an_interval_only_when_no_reading_can_complete_it() -> None:
    meter = Meter()
    feed(meter, [reading(at, pv_power=900.0) for at in range(0, 900, 10)])
    assert meter.flush(START + QUARTER) == ()
    assert meter.flush(START + QUARTER + MAX_POLL_GAP - SECOND) == ()
    (quarter,) = meter.flush(START + QUARTER + MAX_POLL_GAP)
    assert quarter.energies.pv_kwh == pytest.approx(0.9 * 890 / 3600)
    assert meter.flush(START + 2 * QUARTER + MAX_POLL_GAP) == ()
    assert feed(meter, [reading(1000), reading(1010)]) == []


@given(
    stop=st.integers(2, 44),
    down=st.integers(0, 70),
    powers=st.lists(st.floats(-4000, 4000), min_size=120, max_size=120),
)
@settings(deadline=None)
def test_a_restart_loses_only_the_time_until_it(stop, down, powers) -> None:
    readings = [reading(20 * number, grid_power=power) for number, power in enumerate(powers)]
    meter = Meter()
    feed(meter, readings[:stop])
    meter = Meter.from_dict(json.loads(json.dumps(meter.to_dict())))
    quarters = [*feed(meter, readings[stop + down :]), *meter.flush(START + 10 * QUARTER)]
    covered = [*pairwise(powers[:stop]), *pairwise(powers[stop + down :])]
    assert sum(quarter.coverage * 900 for quarter in quarters) == pytest.approx(20 * len(covered))
    net_kwh = sum(quarter.energies.import_kwh - quarter.energies.export_kwh for quarter in quarters)
    assert net_kwh == pytest.approx(sum(20 * (a + b) / 2 for a, b in covered) / 3_600_000)
    starts = [quarter.start for quarter in quarters]
    assert starts == sorted(set(starts))


def test_a_restart_has_the_same_effect_as_a_gap() -> None:
    readings = [reading(at, grid_power=1000.0 * math.sin(at / 50), soc=0.4 + at / 9000) for at in range(0, 911, 10)]
    whole, halves = Meter(), Meter()
    feed(halves, readings[:40])
    state = halves.to_dict()
    halves = Meter.from_dict(json.loads(json.dumps(state)))
    assert halves.to_dict() == state
    (restarted,) = feed(halves, readings[60:])
    (gapped,) = feed(whole, [*readings[:40], *readings[60:]])
    assert restarted == gapped


def test_even_a_short_restart_is_a_gap() -> None:
    meter = Meter()
    feed(meter, [reading(0, load_power=1000.0), reading(10, load_power=1000.0)])
    meter = Meter.from_dict(meter.to_dict())
    feed(meter, [reading(20, load_power=1000.0), reading(30, load_power=1000.0)])
    (quarter,) = meter.flush(START + 2 * QUARTER)
    assert quarter.coverage * 900 == pytest.approx(20)


def test_setting_the_clock_back_adds_no_energy() -> None:
    meter = Meter()
    feed(meter, [reading(0, load_power=1000.0), reading(10, load_power=1000.0), reading(5, load_power=1000.0)])
    feed(meter, [reading(5, load_power=1000.0), reading(15, load_power=1000.0)])
    (quarter,) = meter.flush(START + 2 * QUARTER)
    assert quarter.coverage * 900 == pytest.approx(20)
    feed(meter, [reading(7200), reading(7210), reading(7220)])
    (ahead,) = feed(meter, [reading(3600), reading(3610)])
    assert ahead.start == START + 8 * QUARTER
    assert meter.flush(START + 6 * QUARTER)[0].start == START + 4 * QUARTER


def test_coverage_is_limited_to_1_when_the_clock_repeats_a_quarter_hour() -> None:
    meter = Meter()
    for _ in range(3):
        feed(meter, [reading(at) for at in range(0, 800, 10)])
    assert meter.flush(START + 2 * QUARTER)[0].coverage == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_reading_that_is_not_a_number_is_rejected(value) -> None:
    with pytest.raises(ValueError, match="a value that is no number is not allowed"):
        reading(0, grid_power=value)
    with pytest.raises(ValueError, match="without a time zone"):
        PowerReading(datetime(2026, 1, 1), 0, 0, 0, 0, 0.5)


GOOD = {"start": START.isoformat(), "energies": [0.0] * 6, "seconds": 1.0, "soc": 0.5, "soc_change": 0.0}


@pytest.mark.parametrize(
    "change",
    [
        {"start": "yesterday"},
        {"start": (START + SECOND).isoformat()},
        {"start": 5},
        {"energies": [0.0] * 5},
        {"energies": None},
        {"energies": [math.nan] * 6},
        {"energies": [-1.0] * 6},
        {"seconds": "long"},
        {"soc": None},
        {"soc_change": math.inf},
    ],
)
def test_a_damaged_state_is_rejected(change) -> None:
    assert Meter.from_dict(GOOD).to_dict() == GOOD
    with pytest.raises(MeterStateError, match="The saved state of the meter cannot be used: ") as caught:
        Meter.from_dict(GOOD | change)
    assert "\n" not in str(caught.value)
    with pytest.raises(MeterStateError):
        Meter.from_dict({"start": START.isoformat()})


@pytest.mark.parametrize("nothing", [None, {}])
def test_an_empty_state_gives_a_new_meter(nothing) -> None:
    assert Meter.from_dict(nothing).to_dict() == {}
