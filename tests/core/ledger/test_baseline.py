from dataclasses import replace
import json
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.ledger.baseline import entry_money, self_consumption_flows
from custom_components.nattery.core.ledger.entry import (
    QUARTER,
    BaselineFlows,
    Energies,
    EntryPrices,
    LedgerEntry,
    StoredEnergy,
)
from custom_components.nattery.core.ledger.pricing import create_entry, with_prices
from custom_components.nattery.core.planner.problem import BatteryModel

from .entries import BATTERY, PRICES, START, make_entry, make_interval

CANONICAL = Path(__file__).parents[1] / "fixtures" / "plan-problem-48h.json"


@pytest.fixture
def canonical():
    """Return the planner's canonical problem, whose costs are known."""
    return json.loads(CANONICAL.read_text(encoding="utf-8"))


def test_the_canonical_problem_has_its_known_costs(canonical) -> None:
    battery = BatteryModel(**canonical["battery"])
    start = battery.soc_start
    quarters: list[LedgerEntry] = []
    previous = None
    columns = (canonical[name] for name in ("import_price", "export_price", "pv_kw", "load_kw"))
    for number, (bought, sold, pv, load) in enumerate(zip(*columns, strict=True)):
        interval = make_interval(START + number * QUARTER, soc=start, pv_kwh=pv / 4, load_kwh=load / 4)
        previous = create_entry(interval, battery, previous, prices=EntryPrices("EUR", bought, sold))
        quarters.append(previous)
    assert sum((quarter.money.no_battery for quarter in quarters), 0.0) == pytest.approx(3.3371, abs=5e-5)
    stored = sum(quarter.baseline.stored.change_kwh for quarter in quarters)
    assert stored == pytest.approx(quarters[-1].baseline.stored.kwh - start * battery.capacity_kwh)
    moneys = [quarter.money for quarter in quarters]
    costs = sum((money.self_consumption + money.self_consumption_wear for money in moneys), 0.0)
    assert costs - canonical["terminal_value_per_kwh"] * stored == pytest.approx(1.9297, abs=5e-5)


@given(
    stored=st.floats(0, 12),
    surplus=st.floats(-5, 5),
    coverage=st.floats(0.004, 1),
    charge=st.floats(0.5, 1),
    discharge=st.floats(0.5, 1),
)
def test_the_simulated_battery_respects_its_limits(stored, surplus, coverage, charge, discharge) -> None:
    battery = replace(BATTERY, charge_efficiency=charge, discharge_efficiency=discharge)
    interval = make_interval(coverage=coverage, pv_kwh=max(surplus, 0.0), load_kwh=max(-surplus, 0.0))
    step, hours = self_consumption_flows(battery, stored, interval), coverage / 4
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
    if abs(idle) > 1e-9:  # only a limit leaves surplus or shortage
        at_power = max(step.charge_kwh, step.discharge_kwh) == pytest.approx(5 * hours)
        at_energy = step.stored.kwh >= 10 - 1e-6 if surplus > 0 else step.stored.kwh <= 1 + 1e-6
        assert at_power or at_energy


def test_only_the_covered_time_is_simulated() -> None:
    whole = self_consumption_flows(BATTERY, 9.0, make_interval(load_kwh=5.0))
    half = self_consumption_flows(BATTERY, 9.0, make_interval(load_kwh=5.0, coverage=0.5))
    assert (whole.discharge_kwh, half.discharge_kwh) == (1.25, 0.625)


def test_costs_calculated_by_hand() -> None:
    energies = Energies(import_kwh=0.5, export_kwh=0.1, charge_kwh=0.4, discharge_kwh=0.2, pv_kwh=1.0, load_kwh=1.5)
    counted = entry_money(
        energies, BaselineFlows(0.0, 0.3, StoredEnergy(5.0, -0.3)), EntryPrices("EUR", 0.3, 0.1), 0.05
    )
    assert counted.cost == pytest.approx(0.5 * 0.3 - 0.1 * 0.1)
    assert counted.wear == pytest.approx(0.03)
    assert counted.no_battery == pytest.approx(0.5 * 0.3)
    assert counted.self_consumption == pytest.approx(0.2 * 0.3)
    assert counted.self_consumption_wear == pytest.approx(0.015)
    sunny = replace(energies, pv_kwh=3.5)
    counted = entry_money(sunny, BaselineFlows(0.5, 0.0, StoredEnergy(5.0, 0.475)), EntryPrices("EUR", 0.3, -0.1), 0.05)
    assert counted.no_battery == pytest.approx(2.0 * 0.1)  # export at a negative price costs money
    assert counted.self_consumption == pytest.approx(1.5 * 0.1)


def test_the_baseline_starts_with_the_real_stored_energy_and_continues() -> None:
    first = make_entry(soc=0.5, soc_change=0.1, load_kwh=0.5)
    assert first.end == START + QUARTER
    assert first.battery == StoredEnergy(5.0, pytest.approx(1.0))
    assert first.baseline.stored.kwh == pytest.approx(4.0 - 0.5 / 0.95)
    second = make_entry(START + QUARTER, previous=first, soc=0.9, pv_kwh=0.2)
    assert second.baseline.stored.kwh == pytest.approx(first.baseline.stored.kwh + 0.2 * 0.95)


def test_the_baseline_stays_the_same_over_a_gap() -> None:
    first = make_entry(soc=0.5, load_kwh=0.5)
    later = make_entry(START + 400 * QUARTER, previous=first, soc=0.95, load_kwh=0.1)
    assert later.baseline.stored.kwh == pytest.approx(first.baseline.stored.kwh - 0.1 / 0.95)
    assert later.battery.change_kwh == 0


def test_late_prices_give_the_same_entry() -> None:
    without = make_entry(prices=None, load_kwh=1.0, import_kwh=1.2)
    assert (without.prices, without.money) == (None, None)
    assert with_prices(without, PRICES, BATTERY.wear_per_kwh) == make_entry(load_kwh=1.0, import_kwh=1.2)


def test_corrected_prices_change_costs_but_not_wear() -> None:
    entry = make_entry(load_kwh=1.0, pv_kwh=0.2, import_kwh=0.3, discharge_kwh=0.5)
    higher = replace(PRICES, import_price=2 * PRICES.import_price)
    corrected = with_prices(entry, higher, 9.9)
    assert corrected.prices == higher
    assert corrected.money.cost == pytest.approx(2 * entry.money.cost)
    assert corrected.money.no_battery == pytest.approx(2 * entry.money.no_battery)
    assert corrected.money.wear == entry.money.wear > 0
    assert corrected.money.self_consumption_wear == entry.money.self_consumption_wear > 0
    assert replace(corrected, prices=entry.prices, money=entry.money) == entry
    in_sek = with_prices(entry, replace(PRICES, currency="SEK"), 0.3)
    assert in_sek.money.wear == pytest.approx(0.3 * 0.5)


def test_an_invalid_entry_is_rejected() -> None:
    good = make_entry()
    for change, words in (
        ({"start": START.replace(tzinfo=None)}, "an aware start of a quarter-hour is"),
        ({"start": START + QUARTER / 2}, "an aware start of a quarter-hour is"),
        ({"coverage": 0}, "one second of the quarter-hour to 1 is"),
        ({"coverage": 1.01}, "one second of the quarter-hour to 1 is"),
        ({"prices": None}, "both prices and money, or neither"),
    ):
        with pytest.raises(ValueError, match=words):
            replace(good, **change)
