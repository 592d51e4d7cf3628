from dataclasses import replace
from datetime import datetime
import json

import pytest

from custom_components.nattery.core.ledger.json_row import entry_to_json

from .entries import START, make_entry


def test_a_row_is_json_and_always_has_the_same_keys() -> None:
    full = entry_to_json(make_entry(load_kwh=0.5, pv_kwh=0.25))
    bare = entry_to_json(replace(make_entry(prices=None), action=None, reason=None, expected=None, forecast=None))
    assert json.loads(json.dumps(full)) == full
    assert list(full) == list(bare)
    assert datetime.fromisoformat(full["start"]) == START
    assert full["action"] == "charge"
    assert full["reason_key"] == "charge_cheap"
    assert full["reason_values"] == {"price": 0.31234, "used_at": "2026-11-11T17:00:00+00:00"}
    assert (full["expected_action"], full["expected_power_kw"]) == ("discharge", -1.234)
    assert (full["forecast_pv_kwh"], full["forecast_load_kwh"]) == (0.321, 0.456)
    unknown = ("cost", "spot_price", "action", "reason_key", "expected_soc", "expected_action", "forecast_pv_kwh")
    assert [bare[name] for name in unknown] == [None] * 7


def test_powers_are_means_over_the_covered_time() -> None:
    row = entry_to_json(make_entry(coverage=0.5, load_kwh=0.5, pv_kwh=0.25))
    assert [row["load_kw"], row["pv_kw"]] == pytest.approx([4.0, 2.0])
    assert row["load_kwh"] == 0.5
