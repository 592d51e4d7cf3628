import csv
from dataclasses import replace
from datetime import datetime
import io
import json

import pytest

from custom_components.nattery.core.ledger.series import to_row, write_csv

from .lines import HOME, START, line, lines


def test_a_row_is_plain_json_with_the_same_keys_every_time() -> None:
    full = to_row(line(load_kwh=0.5, pv_kwh=0.25))
    bare = to_row(replace(line(prices=None), action=None, reason=None, expected=None))
    assert json.loads(json.dumps(full)) == full
    assert list(full) == list(bare)
    assert datetime.fromisoformat(full["start"]) == START
    assert full["action"] == "charge"
    assert full["reason_key"] == "charge_cheap"
    assert full["reason_values"] == {"price": 0.31234, "used_at": "2026-11-11T17:00:00+00:00"}
    assert [bare[name] for name in ("cost", "spot_price", "action", "reason_key", "expected_soc")] == [None] * 5


def test_powers_are_means_over_what_was_seen() -> None:
    row = to_row(line(coverage=0.5, load_kwh=0.5, pv_kwh=0.25))
    assert [row["load_kw"], row["pv_kw"]] == pytest.approx([4.0, 2.0])
    assert row["load_kwh"] == 0.5


def test_a_csv_holds_every_quarter(ledger) -> None:
    ledger.write(HOME, lines(5))
    quarters = ledger.read(HOME, START, START.replace(year=2027))
    file = io.StringIO(newline="")
    write_csv(quarters, file)
    read = list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))
    assert len(read) == 5
    for text, quarter in zip(read, quarters, strict=True):
        row = to_row(quarter)
        assert list(text) == list(row)
        assert text["start"] == quarter.start.isoformat()
        assert float(text["import_price"]) == quarter.prices.import_price
        assert float(text["load_kw"]) == pytest.approx(quarter.energies.load_kwh * 4)
        assert json.loads(text["reason_values"]) == row["reason_values"]


def test_no_quarters_are_an_empty_file() -> None:
    file = io.StringIO()
    write_csv([], file)
    assert file.getvalue() == ""
