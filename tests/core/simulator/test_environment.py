from datetime import datetime, timedelta

from custom_components.nattery.core.simulator.environment import STRING_PEAK_WATTS, environment_at

WINTER, SUMMER = datetime(2026, 12, 20), datetime(2026, 6, 20)


def day(seed: int, start: datetime, attribute: str) -> list[float]:
    return [getattr(environment_at(seed, start + timedelta(minutes=m)), attribute) for m in range(0, 1440, 10)]


def test_environment_is_repeatable() -> None:
    noon = SUMMER.replace(hour=12, minute=34, second=56)
    assert environment_at(3, noon) == environment_at(3, noon)
    assert environment_at(3, noon) != environment_at(4, noon)


def test_pv_power_depends_on_day_and_season() -> None:
    for seed in range(5):
        assert environment_at(seed, SUMMER.replace(hour=1)).pv == 0
        weeks = {
            start: sum(sum(day(seed, start + timedelta(days=d), "pv")) for d in range(7)) for start in (WINTER, SUMMER)
        }
        assert weeks[SUMMER] > 1.5 * weeks[WINTER] > 0
        assert max(day(seed, SUMMER, "pv")) <= sum(STRING_PEAK_WATTS)


def test_strings_face_different_directions() -> None:
    morning, evening = (environment_at(1, SUMMER.replace(hour=hour)) for hour in (7, 18))
    assert morning.pv1 / morning.pv2 > evening.pv1 / evening.pv2


def test_load_is_higher_in_the_evening() -> None:
    nights = [environment_at(1, WINTER + timedelta(days=d, hours=3)).load for d in range(20)]
    evenings = [environment_at(1, WINTER + timedelta(days=d, hours=19)).load for d in range(20)]
    assert sum(evenings) > 2 * sum(nights)
    assert all(100 < load < 5000 for load in nights + evenings)


def test_grid_stays_near_nominal_values() -> None:
    assert all(225 < volts < 236 for volts in day(1, SUMMER, "grid_voltage"))
    assert all(49.9 < hertz < 50.1 for hertz in day(1, SUMMER, "grid_frequency"))
