"""The register table, compared with the protocol's list, transcribed independently in fixtures/registers-v1.5.csv."""

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from custom_components.nattery.core.inverter.derived import DERIVED
from custom_components.nattery.core.inverter.registers import (
    BY_KEY,
    BY_SYMBOL,
    REGISTERS,
    in_tier,
    readable_addresses,
)
from custom_components.nattery.core.inverter.table import (
    Access,
    CounterKind,
    RegisterGroup,
    RegisterKind,
    Risk,
    Tier,
    WindowKind,
)
from custom_components.nattery.core.inverter.time_windows import WINDOWS

TABLE = Path(__file__).parent.parent / "fixtures" / "registers-v1.5.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
UNITS = {"Var": "var", "S": "s", "h/m": None, "": None}


@pytest.mark.parametrize(
    ("register", "row"), zip(REGISTERS, ROWS, strict=True), ids=lambda value: getattr(value, "key", "")
)
def test_register_matches_the_protocol(register, row) -> None:
    assert register.address == int(row["address"], 16)
    assert (register.words, register.section, register.symbol) == (int(row["words"]), row["group"], row["symbol"])
    assert register.access == row["access"]
    if register.kind is RegisterKind.RESERVED:
        return
    assert register.scale == float(row["scale"])
    assert register.signed == (row["signed"] == "1")
    assert register.unit == UNITS.get(row["unit"], row["unit"])
    assert (register.kind in (RegisterKind.TEXT, RegisterKind.TEXT_LOW)) == (row["type"] == "text")
    assert (register.kind is RegisterKind.UINT32) == (row["type"] == "uint32")
    if register.access is not Access.READ and register.kind is not RegisterKind.STAMP:
        bounds = {"min": register.low, "max": register.high, "default": register.default}
        for column, value in bounds.items():
            assert value == (float(row[column]) if row[column] else None), column


def test_keys_are_unique_and_addresses_ascend() -> None:
    assert len(BY_KEY) == len(REGISTERS)
    assert not BY_KEY.keys() & DERIVED.keys()
    for one, other in pairwise(REGISTERS):
        assert one.end <= other.address


def test_readable_registers_are_polled_in_one_tier() -> None:
    polled = [register.key for tier in Tier if tier is not Tier.NEVER for register in in_tier(tier)]
    assert sorted(polled) == sorted(register.key for register in REGISTERS if register.readable)


def test_optional_groups_are_polled_only_if_selected() -> None:
    assert not [register for register in in_tier(Tier.FAST, ()) if register.group]
    assert {register.group for register in in_tier(Tier.FAST, (RegisterGroup.THREE_PHASE,))} == {
        None,
        RegisterGroup.THREE_PHASE,
    }


def test_dangerous_registers_are_guarded() -> None:
    assert BY_SYMBOL["RecoveryCtrl"].risk is Risk.FORBIDDEN
    for symbol in ("UserPassWord", "PassWordSet"):
        register = BY_SYMBOL[symbol]
        assert register.secret
        assert not register.readable
        assert not register.writable
        assert register.address not in readable_addresses()
    risky = {"CommIdSet", "ParaModeSet", "OutPhaseDiffSet", "GridStandardSet", "BatType", "NG_FuncEn", "CvVolt"}
    risky |= {"FloatVolt", "BattOverVolt", "Inv2LineVolt", "BattEodVolt", "BattLowVolt", "OnOffCtrl", "RestartCtrl"}
    assert {symbol for symbol in risky if BY_SYMBOL[symbol].risk is not Risk.RISKY} == set()


def test_sources_of_a_derived_value_share_a_tier() -> None:
    for derived in DERIVED.values():
        assert len({BY_KEY[source].tier for source in derived.sources}) == 1


def test_energies_are_counters() -> None:
    for register in REGISTERS:
        if register.unit == "kWh" and register.kind is not RegisterKind.HISTORY:
            assert register.counter in (CounterKind.LIFETIME, CounterKind.DAILY), register.key


def test_time_windows_are_pairs_of_neighbouring_registers() -> None:
    assert [window.key for window in WINDOWS] == [
        f"{kind}_window_{number}" for kind in WindowKind for number in (1, 2, 3)
    ]
    for window in WINDOWS:
        assert window.start.end == window.end.address
        assert {window.start.kind, window.end.kind} == {RegisterKind.TIME}
