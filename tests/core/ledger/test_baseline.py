from dataclasses import replace
import json
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.ledger.baseline import money, self_consumption
from custom_components.nattery.core.ledger.entry import (
    QUARTER,
    BaselineFlows,
    Energies,
    EntryPrices,
    LedgerEntry,
    StoredEnergy,
)
from custom_components.nattery.core.ledger.pricing import book_quarter, priced
from custom_components.nattery.core.planner.problem import BatteryModel

from .lines import BATTERY, PRICES, START, line, metered

CANONICAL = Path(__file__).parents[1] / "fixtures" / "plan-problem-48h.json"


@pytest.fixture
def canonical():
    """The planner's canonical case, whose costs are known."""
    return json.loads(CANONICAL.read_text(encoding="utf-8"))


def test_the_canonical_case_costs_what_it_is_known_to_cost(canonical) -> None:
    battery = BatteryModel(**canonical["battery"])
    start = battery.soc_start
    quarters: list[LedgerEntry] = []
    previous = None
    columns = (canonical[name] for name in ("import_price", "export_price", "pv_kw", "load_kw"))
    for number, (bought, sold, pv, load) in enumerate(zip(*columns, strict=True)):
        seen = metered(START + number * QUARTER, soc=start, pv_kwh=pv / 4, load_kwh=load / 4)
        previous = book_quarter(seen, battery, previous, prices=EntryPrices("EUR", bought, sold))
        quarters.append(previous)
    assert sum((quarter.money.no_battery for quarter in quarters), 0.0) == pytest.approx(3.3371, abs=5e-5)
    stored = sum(quarter.baseline.stored.change_kwh for quarter in quarters)
    assert stored == pytest.approx(quarters[-1].baseline.stored.kwh - start * battery.capacity_kwh)
    money = [quarter.money for quarter in quarters]
    costs = sum((one.self_consumption + one.self_consumption_wear for one in money), 0.0)
    assert costs - canonical["terminal_value_per_kwh"] * stored == pytest.approx(1.9297, abs=5e-5)


@given(
    stored=st.floats(0, 12),
    surplus=st.floats(-5, 5),
    coverage=st.floats(0.004, 1),
    charge=st.floats(0.5, 1),
    discharge=st.floats(0.5, 1),
)
def test_the_simulated_battery_never_breaks_a_limit(stored, surplus, coverage, charge, discharge) -> None:
    battery = replace(BATTERY, charge_efficiency=charge, discharge_efficiency=discharge)
    seen = metered(coverage=coverage, pv_kwh=max(surplus, 0.0), load_kwh=max(-surplus, 0.0))
    step, hours = self_consumption(battery, stored, seen), coverage / 4
    assert min(step.charge_kwh, step.discharge_kwh) == 0
    assert 0 <= step.charge_kwh <= min(max(surplus, 0), 5 * hours) + 1e-9
    assert 0 <= step.discharge_kwh <= min(max(-surplus, 0), 5 * hours) + 1e-9
    moved = step.charge_kwh * charge - step.discharge_kwh / discharge
    assert step.stored.kwh == pytest.approx(stored + moved)
    if step.charge_kwh:
        assert step.stored.kwh <= 10 + 1e-9
    if step.discharge_kwh:
        assert step.stored.kwh >= 1 - 1e-9
    idle = surplus - step.charge_kwh + step.discharge_kwh
    if abs(idle) > 1e-9:  # what is left over is left for a reason
        at_power = max(step.charge_kwh, step.discharge_kwh) == pytest.approx(5 * hours)
        at_energy = step.stored.kwh >= 10 - 1e-6 if surplus > 0 else step.stored.kwh <= 1 + 1e-6
        assert at_power or at_energy


def test_a_quarter_half_seen_is_simulated_for_the_half() -> None:
    whole = self_consumption(BATTERY, 9.0, metered(load_kwh=5.0))
    half = self_consumption(BATTERY, 9.0, metered(load_kwh=5.0, coverage=0.5))
    assert (whole.discharge_kwh, half.discharge_kwh) == (1.25, 0.625)


def test_money_by_hand() -> None:
    energies = Energies(import_kwh=0.5, export_kwh=0.1, charge_kwh=0.4, discharge_kwh=0.2, pv_kwh=1.0, load_kwh=1.5)
    counted = money(energies, BaselineFlows(0.0, 0.3, StoredEnergy(5.0, -0.3)), EntryPrices("EUR", 0.3, 0.1), 0.05)
    assert counted.cost == pytest.approx(0.5 * 0.3 - 0.1 * 0.1)
    assert counted.wear == pytest.approx(0.03)
    assert counted.no_battery == pytest.approx(0.5 * 0.3)
    assert counted.self_consumption == pytest.approx(0.2 * 0.3)
    assert counted.self_consumption_wear == pytest.approx(0.015)
    sunny = replace(energies, pv_kwh=3.5)
    counted = money(sunny, BaselineFlows(0.5, 0.0, StoredEnergy(5.0, 0.475)), EntryPrices("EUR", 0.3, -0.1), 0.05)
    assert counted.no_battery == pytest.approx(2.0 * 0.1)  # who feeds in at a negative price pays
    assert counted.self_consumption == pytest.approx(1.5 * 0.1)


def test_the_baseline_begins_with_what_the_battery_held_and_goes_on_from_there() -> None:
    first = line(soc=0.5, soc_change=0.1, load_kwh=0.5)
    assert first.end == START + QUARTER
    assert first.battery == StoredEnergy(5.0, pytest.approx(1.0))
    assert first.baseline.stored.kwh == pytest.approx(4.0 - 0.5 / 0.95)
    second = line(START + QUARTER, previous=first, soc=0.9, pv_kwh=0.2)
    assert second.baseline.stored.kwh == pytest.approx(first.baseline.stored.kwh + 0.2 * 0.95)


def test_over_a_gap_the_baseline_stands_still() -> None:
    first = line(soc=0.5, load_kwh=0.5)
    later = line(START + 400 * QUARTER, previous=first, soc=0.95, load_kwh=0.1)
    assert later.baseline.stored.kwh == pytest.approx(first.baseline.stored.kwh - 0.1 / 0.95)
    assert later.battery.change_kwh == 0


def test_prices_that_come_late_give_the_same_line() -> None:
    without = line(prices=None, load_kwh=1.0, import_kwh=1.2)
    assert (without.prices, without.money) == (None, None)
    assert priced(without, PRICES, BATTERY.wear_per_kwh) == line(load_kwh=1.0, import_kwh=1.2)


def test_corrected_prices_change_the_money_and_not_the_wear() -> None:
    booked = line(load_kwh=1.0, pv_kwh=0.2, import_kwh=0.3, discharge_kwh=0.5)
    dearer = replace(PRICES, import_price=2 * PRICES.import_price)
    corrected = priced(booked, dearer, 9.9)
    assert corrected.prices == dearer
    assert corrected.money.cost == pytest.approx(2 * booked.money.cost)
    assert corrected.money.no_battery == pytest.approx(2 * booked.money.no_battery)
    assert corrected.money.wear == booked.money.wear > 0
    assert corrected.money.self_consumption_wear == booked.money.self_consumption_wear > 0
    assert replace(corrected, prices=booked.prices, money=booked.money) == booked
    in_crowns = priced(booked, replace(PRICES, currency="SEK"), 0.3)
    assert in_crowns.money.wear == pytest.approx(0.3 * 0.5)


def test_a_line_that_cannot_be_is_refused() -> None:
    good = line()
    for change, words in (
        ({"start": START.replace(tzinfo=None)}, "aware quarters of an hour are"),
        ({"start": START + QUARTER / 2}, "aware quarters of an hour are"),
        ({"coverage": 0}, "from a second of the quarter to 1 is"),
        ({"coverage": 1.01}, "from a second of the quarter to 1 is"),
        ({"prices": None}, "both prices and money, or neither"),
    ):
        with pytest.raises(ValueError, match=words):
            replace(good, **change)
