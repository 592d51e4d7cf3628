"""No sentence contradicts its own numbers, nor the slot that it is about: a check over many random plans."""

import pytest

from custom_components.nattery.core.action import ActionKind

from .problems import ENGLISH, plan_of
from .random_problems import PEAK_SHAVING, random_problem

PROBLEMS = 1000
PARTS = 5
SHAVED = PEAK_SHAVING.limit_kw
KW, KWH, PRICE = 1e-5, 1e-4, 2e-6  # that are none
LATER_ENDINGS = ("_sold", "_later", "_gain", "_paid", "_now")


class Case:
    """A slot, its problem and its reason, with everything that a sentence may claim about them."""

    def __init__(self, document, plan, index):
        self.document, self.plan, self.index, self.slot = document, plan, index, plan.slots[index]
        self.reason, self.values = self.slot.reason, self.slot.reason.values
        self.battery = document["battery"]
        self.buy, self.sell, self.pv, self.load = (
            document[name][index] for name in ("import_price", "export_price", "pv_kw", "load_kw")
        )
        self.stored = self.slot.soc_end * self.battery["capacity_kwh"]
        limit = self.document["grid"]["import_kw"]
        self.import_limit = min(limit, SHAVED) if plan.strategy == "peak_shaving" else limit
        self.export_limit = document["grid"]["export_kw"]

    # --- what the battery does

    @property
    def charges(self):
        return self.slot.charge_kw > KW

    @property
    def discharges(self):
        return self.slot.discharge_kw > KW

    @property
    def rests(self):
        return not self.charges and not self.discharges

    @property
    def imports(self):
        return self.slot.grid_kw > KW

    @property
    def exports(self):
        return self.slot.grid_kw < -KW

    # --- what the values say

    @property
    def gains(self):
        """Price, losses and wear, and gain add up to what a stored kWh saves; the gain is none below zero."""
        values, price = self.values, self.price
        parts = values["losses_and_wear"] + values["margin"]
        total = values["marginal_value"] - price if self.charges else price - values["marginal_value"]
        return abs(parts - total) < 1e-9 and values["margin"] >= -PRICE and self.turns(price)

    @property
    def price(self):
        """The price that the sentence tells; what a user is paid is a price below zero."""
        return self.values["price"] if "price" in self.values else -self.values["paid_price"]

    def turns(self, price):
        """The price is on the right side of the one at which the action would change."""
        below = self.charges or self.reason.key.startswith("plan_keep")
        break_even = self.values["break_even_price"]
        return price <= break_even + PRICE if below else price >= break_even - PRICE

    @property
    def used_later(self):
        """The energy is said to be used when it is, at the price that counts then, and that is worth the wait."""
        at, price = self.values["used_at"], self.values["used_price"]
        later = self.plan.at(at)
        use = Case(self.document, self.plan, self.plan.slots.index(later))
        sold = self.reason.key.endswith("_sold")
        assert later.start == at > self.slot.start
        assert use.discharges
        assert use.exports if sold else not use.exports
        assert price == pytest.approx(use.sell if sold else use.buy)
        return price > self.values["price"] >= 0 and ENGLISH.price(price) != ENGLISH.price(self.values["price"])

    @property
    def kept_to_the_end(self):
        """There is always something in the battery above its minimum from here on."""
        least = self.battery["soc_min"] + KWH / self.battery["capacity_kwh"]
        return all(slot.soc_end > least for slot in self.plan.slots[self.index :])

    @property
    def is_uncertain(self):
        """The forecast has outcomes, and the strategy looks at them."""
        wide = "outcomes" in self.document or "pv_p10_kw" in self.document
        return wide and self.plan.solver == "stochastic"

    @property
    def waits(self):
        """The house decides now, and a later kWh from the grid costs what the sentence says, more than now."""
        later = self.plan.slots.index(self.plan.at(self.values["missing_at"]))
        costs = self.document["import_price"][later]
        waits = self.slot.action is ActionKind.SELF_CONSUME and later > self.index
        return self.is_uncertain and waits and self.values["missing_price"] == costs > self.buy

    @property
    def wants_energy(self):
        return "reserve" in self.document or "departures" in self.document


def claims_of(case):
    """Whether each claim of a reason's sentence and details holds, by what is claimed."""
    key, values, battery = case.reason.key, case.values, case.battery
    ending = next((one for one in LATER_ENDINGS if key.endswith(one)), "")
    base = key.removesuffix(ending)
    export_value = case.sell if not case.document["pv_curtailable"] else max(case.sell, 0.0)
    surplus = case.pv - case.load
    claims = {
        "plan_charge": lambda: case.charges and case.imports and case.price == case.buy and case.gains,
        "plan_store_surplus": lambda: case.charges and not case.imports and case.price in (export_value, 0.0)
        and surplus > 0 and case.gains,
        "plan_keep": lambda: case.rests and case.slot.action is ActionKind.HOLD and case.price == case.buy
        and case.turns(case.price) and case.load > case.pv and case.stored > battery["soc_min"],
        "plan_cover_load": lambda: case.discharges and not case.exports and case.price == case.buy and case.gains
        and case.load > case.pv,
        "plan_discharge": lambda: case.discharges and case.exports and case.price == case.sell and case.gains,
        "plan_sell_surplus": lambda: case.rests and case.exports and case.price in (export_value, 0.0)
        and case.turns(case.price),
        "plan_recover": lambda: case.charges and battery["soc_start"] < battery["soc_min"],
        "plan_take_surplus": lambda: case.charges and surplus > case.export_limit,
        "plan_shave": lambda: case.discharges and case.load - case.pv > case.import_limit,
        "plan_peak": lambda: case.discharges and case.slot.grid_kw == pytest.approx(values["peak_kw"], abs=KW),
        "plan_full": lambda: case.rests and surplus > 0 and case.exports and case.slot.curtail_kw <= KW
        and case.stored >= battery["soc_max"] * battery["capacity_kwh"] - KWH,
        "plan_curtail": lambda: case.rests and values["unused_kw"] == pytest.approx(case.slot.curtail_kw)
        and case.document["pv_curtailable"],
        "plan_empty": lambda: case.rests and surplus < 0 and case.imports
        and case.stored <= battery["soc_min"] * battery["capacity_kwh"] + KWH,
        "plan_balanced": lambda: case.rests and abs(surplus) < KW,
        "plan_no_charge_power": lambda: battery["charge_kw"] == 0 and surplus > 0 and case.rests,
        "plan_no_discharge_power": lambda: battery["discharge_kw"] == 0 and surplus < 0 and case.rests,
        "plan_strategy": lambda: values["strategy"] == case.plan.strategy,
        "plan_reserve": lambda: case.wants_energy,
        "plan_steady": lambda: case.plan.kept,
        "plan_uncertain": lambda: case.is_uncertain,
        "plan_wait_for_sun": lambda: case.waits,
        "plan_wait_for_load": lambda: case.waits,
        "plan_overall": lambda: True,
        "plan_grid_limit": lambda: True,
    }  # fmt: skip
    yield base, claims[base]()
    if "used_at" in values:
        yield "used later", case.used_later
    if "unknown_day" in values:
        yield "kept to the end", values["unknown_day"] == case.plan.slots[-1].end and case.kept_to_the_end
    if key in ("plan_cover_load", "plan_discharge", "plan_sell_surplus"):
        price, kept = values["price"], values["break_even_price"]
        yield "more now", price > kept > 0 and ENGLISH.price(price) != ENGLISH.price(kept)
    if ending == "_paid":
        yield "paid", values["paid_price"] > 0
    if "curtail_kw" in values:
        yield "curtailed", values["curtail_kw"] == pytest.approx(case.slot.curtail_kw)
    yield "kept", values.get("kept", False) <= case.plan.kept


@pytest.mark.parametrize("wide", [False, True], ids=["certain", "wide"])
@pytest.mark.parametrize("part", range(PARTS))
def test_no_sentence_contradicts_its_numbers(part, wide) -> None:
    for seed in range(part, PROBLEMS, PARTS):
        document, strategy = random_problem(seed, wide=wide)
        plan = plan_of(document, strategy=strategy)
        now = plan.slots[0].start
        for index, slot in enumerate(plan):
            case = Case(document, plan, index)
            case_of = f"problem {seed}, slot {index}: {ENGLISH.whole(slot.reason, now)} {slot}"
            for claim, holds in claims_of(case):
                assert holds, f"{claim}: {case_of}"
