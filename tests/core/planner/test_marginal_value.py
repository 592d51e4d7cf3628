"""Break-even prices, checked by planning again with the price of that slot on either side."""

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from .problems import plan_of, small

PRICE_STEP = 1e-4
FEWER_EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOT_DECIDED_BY_PRICE = {"plan_recover", "plan_take_surplus", "plan_shave", "plan_grid_limit"}


@st.composite
def convex_problems(draw):
    """Problems whose slot costs are convex, so that each action has one break-even price."""
    slots = draw(st.integers(1, 8))

    def series(low, high):
        hundredths = st.integers(round(100 * low), round(100 * high)).map(lambda number: number / 100)
        return draw(st.lists(hundredths, min_size=slots, max_size=slots))

    import_price = series(-0.04, 0.5)
    export_price = [
        max(price - reduction, -0.04) for price, reduction in zip(import_price, series(0, 0.1), strict=True)
    ]
    battery = {
        "capacity_kwh": draw(st.sampled_from([1, 5, 10])),
        "soc_start": draw(st.sampled_from([0.1, 0.3, 0.55, 1.0])),
        "charge_kw": draw(st.sampled_from([1, 3, 5])),
        "charge_efficiency": draw(st.sampled_from([1, 0.95, 0.8])),
        "discharge_efficiency": draw(st.sampled_from([1, 0.95, 0.8])),
    }
    changes = {"reserve": {"soc": 0.5, "price": 0.2}} if draw(st.booleans()) else {}
    return small(
        import_price, export_price, pv=series(0, 8), load=series(0, 6), battery=battery,
        slot_minutes=draw(st.sampled_from([15, 60])),
        grid={"import_kw": draw(st.sampled_from([3, 20])), "export_kw": draw(st.sampled_from([1, 20]))},
        terminal_value_per_kwh=draw(st.sampled_from([0, 0.1, 0.25])), **changes,
    )  # fmt: skip


def battery_power(slot):
    return slot.charge_kw - slot.discharge_kw


def power_at_price(document, key, index, price):
    """Return the battery power of a slot if its price were a different one."""
    prices = [*document[key][:index], price, *document[key][index + 1 :]]
    return battery_power(plan_of(document | {key: prices}).slots[index])


@FEWER_EXAMPLES
@given(convex_problems())
def test_no_margin_is_negative(document) -> None:
    for slot in plan_of(document):
        if slot.reason.key not in NOT_DECIDED_BY_PRICE:
            assert slot.reason.values.get("margin", 0.0) >= -1e-6


@FEWER_EXAMPLES
@given(convex_problems())
def test_an_action_changes_at_its_break_even_price_and_not_before(document) -> None:
    for index, slot in enumerate(plan_of(document)):
        values, planned_power = slot.reason.values, battery_power(slot)
        if slot.reason.key in NOT_DECIDED_BY_PRICE or "break_even_price" not in values:
            continue
        imports = slot.grid_kw > 1e-5 if planned_power > 0 else slot.grid_kw > -1e-5
        key = "import_price" if imports else "export_price"
        opposite_price = document["export_price" if imports else "import_price"][index]
        # Above its break-even price, a slot charges less or discharges more.
        direction = 1 if planned_power > 0 or slot.reason.key.startswith("plan_keep") else -1
        price = values["price"] if "price" in values else -values["paid_price"]
        break_even = values["break_even_price"]
        past_break_even = break_even + direction * PRICE_STEP
        not_convex = past_break_even < opposite_price if imports else past_break_even > opposite_price
        if past_break_even < -0.05 or not_convex:
            continue
        assert (planned_power - power_at_price(document, key, index, past_break_even)) * direction > 1e-6
        if abs(break_even - price) > 3 * PRICE_STEP:
            between = power_at_price(document, key, index, (break_even + price) / 2)
            assert between == pytest.approx(planned_power, abs=1e-5)
