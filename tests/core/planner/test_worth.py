"""The price at which an action turns, by planning again with the price of that slot on either side of it."""

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from .problems import plan_of, small

A_BIT = 1e-4
CALM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BY_LIMITS = {"plan_recover", "plan_take_surplus", "plan_shave", "plan_grid_limit"}  # told by no price


@st.composite
def even_problems(draw):
    """Problems in which no slot's cost bends the wrong way, so that a price turns an action once."""
    slots = draw(st.integers(1, 8))

    def series(low, high):
        hundredths = st.integers(round(100 * low), round(100 * high)).map(lambda number: number / 100)
        return draw(st.lists(hundredths, min_size=slots, max_size=slots))

    buy = series(-0.04, 0.5)
    sell = [max(price - less, -0.04) for price, less in zip(buy, series(0, 0.1), strict=True)]
    battery = {
        "capacity_kwh": draw(st.sampled_from([1, 5, 10])),
        "soc_start": draw(st.sampled_from([0.1, 0.3, 0.55, 1.0])),
        "charge_kw": draw(st.sampled_from([1, 3, 5])),
        "charge_efficiency": draw(st.sampled_from([1, 0.95, 0.8])),
        "discharge_efficiency": draw(st.sampled_from([1, 0.95, 0.8])),
    }
    more = {"reserve": {"soc": 0.5, "price": 0.2}} if draw(st.booleans()) else {}
    return small(
        buy, sell, pv=series(0, 8), load=series(0, 6), battery=battery, slot_minutes=draw(st.sampled_from([15, 60])),
        grid={"import_kw": draw(st.sampled_from([3, 20])), "export_kw": draw(st.sampled_from([1, 20]))},
        terminal_value_per_kwh=draw(st.sampled_from([0, 0.1, 0.25])), **more,
    )  # fmt: skip


def power(slot):
    return slot.charge_kw - slot.discharge_kw


def again(document, key, index, price):
    """The power of a slot when its price is another one."""
    prices = [*document[key][:index], price, *document[key][index + 1 :]]
    return power(plan_of(document | {key: prices}).slots[index])


@CALM
@given(even_problems())
def test_no_margin_is_below_nothing(document) -> None:
    for slot in plan_of(document):
        if slot.reason.key not in BY_LIMITS:
            assert slot.reason.values.get("margin", 0.0) >= -1e-6


@CALM
@given(even_problems())
def test_an_action_turns_at_the_price_that_is_told_and_not_before(document) -> None:
    for index, slot in enumerate(plan_of(document)):
        values, have = slot.reason.values, power(slot)
        if slot.reason.key in BY_LIMITS or "break_even_price" not in values:
            continue
        imports = slot.grid_kw > 1e-5 if have > 0 else slot.grid_kw > -1e-5
        key = "import_price" if imports else "export_price"
        other = document["export_price" if imports else "import_price"][index]
        above = have > 0 or slot.reason.key.startswith("plan_keep")  # less charging or more discharging beyond it
        turn, now = values["break_even_price"], values["price"] if "price" in values else -values["paid_price"]
        beyond = turn + (A_BIT if above else -A_BIT)
        if beyond < -0.05 or (beyond < other if imports else beyond > other):
            continue  # export dearer than import is another kind of problem
        assert (have - again(document, key, index, beyond)) * (1 if above else -1) > 1e-6
        if abs(turn - now) > 3 * A_BIT:
            assert again(document, key, index, (turn + now) / 2) == pytest.approx(have, abs=1e-5)
