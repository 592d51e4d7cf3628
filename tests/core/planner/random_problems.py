"""Many different problems from a seed: days as they are, and days as they never will be."""

from random import Random

from custom_components.nattery.core.planner.strategies import Arbitrage, PeakShaving

from .problems import at, small

PEAK_SHAVING = PeakShaving(2.5)


def _day(chance, slots):
    """Prices, sun and load that go up and down with the hours."""
    level, spread = chance.uniform(0.02, 0.3), chance.uniform(0, 0.25)
    buy = [level + spread * chance.uniform(-1, 1) for _ in range(slots)]
    sell = [price - chance.choice((0, 0.02, 0.1, 0.25)) for price in buy]
    if chance.random() < 0.3:
        sell = [chance.choice((0.0, 0.08))] * slots
    sun = chance.choice((0, 3, 8))
    pv = [sun * max(0.0, 1 - abs(slot - slots / 2) / (slots / 4)) for slot in range(slots)]
    load = [chance.choice((0.2, 0.5, 1, 4)) for _ in range(slots)]
    return buy, sell, pv, load


def _dice(chance, slots):
    """Anything at all, negative prices and an export dearer than the import among it."""

    def series(low, high):
        return [round(chance.uniform(low, high), 2) for _ in range(slots)]

    return series(-0.3, 0.5), series(-0.3, 0.5), series(0, 8), series(0, 6)


def wide_forecast(chance, pv, load):
    """PV and load that are uncertain, by quantiles or by outcomes."""
    if chance.random() < 0.3:
        return {
            "pv_p10_kw": [0.5 * kw for kw in pv],
            "pv_p90_kw": [1.3 * kw for kw in pv],
            "load_p90_kw": [1.5 * kw for kw in load],
        }
    outcomes = [
        {
            "weight": chance.choice((0.5, 1)),
            "pv_kw": [chance.uniform(0, 2) * kw for kw in pv],
            "load_kw": [chance.uniform(0.2, 2.5) * kw for kw in load],
        }
        for _ in range(chance.choice((1, 4, 14)))
    ]
    return {"outcomes": outcomes}


def random_problem(seed, *, wide=False):
    """A document and the strategy to plan it with; a `wide` one has an uncertain forecast."""
    chance = Random(seed)
    slots = chance.choice((1, 4, 8, 16))
    buy, sell, pv, load = chance.choice((_day, _day, _dice))(chance, slots)
    low = chance.choice((0.0, 0.1, 0.3))
    efficiency = chance.choice((1, 0.95, 0.8))
    document = small(
        buy, sell, pv=pv, load=load,
        battery={
            "capacity_kwh": chance.choice((1, 5, 10)),
            "soc_start": chance.choice((low, low, 0.05, 0.5, 0.9, 1.0)),
            "soc_min": low,
            "soc_max": chance.choice((0.9, 1.0)),
            "charge_kw": chance.choice((0, 1, 3, 5)),
            "discharge_kw": chance.choice((0, 1, 3, 5)),
            "charge_efficiency": efficiency,
            "discharge_efficiency": efficiency,
            "wear_per_kwh": chance.choice((0, 0.01, 0.04)),
        },
        grid={"import_kw": chance.choice((2, 5, 20)), "export_kw": chance.choice((0, 1, 3, 20))},
        pv_curtailable=chance.random() < 0.4,
        slot_minutes=chance.choice((15, 60)),
        terminal_value_per_kwh=chance.choice((None, 0.0, 0.1, 0.3)),
    )  # fmt: skip
    if document["terminal_value_per_kwh"] is None:
        del document["terminal_value_per_kwh"]
    if chance.random() < 0.15:
        document["reserve"] = {"soc": 0.5, "price": chance.choice((0.01, 2.0))}
    if chance.random() < 0.1:
        document["departures"] = [
            {"soc": 0.8, "price": 2.0, "at": at(document["slot_minutes"] * chance.randint(1, slots)).isoformat()}
        ]
    if chance.random() < 0.15:
        document |= {"peak_price_per_kw": chance.choice((0.5, 5)), "peak_so_far_kw": chance.choice((0, 2))}
    if wide:
        document |= wide_forecast(chance, pv, load)
    if chance.random() < 0.2:
        names = ("self_consume", "hold", "charge", "discharge")
        document["previous"] = [chance.choice(names) for _ in range(slots)]
    strategy = chance.choice((None,) * 9 + (Arbitrage(), PEAK_SHAVING))
    return document, strategy
