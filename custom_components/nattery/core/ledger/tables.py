"""The tables, and how a line of the ledger lies in them. Imports SQLAlchemy, so it is imported in an executor.

Everything is a whole number in small units (Wh, millionths of money, thousandths of a state of charge): such rows take
a third of the place, and sums of them are exact. The names begin with `nattery_`, since the database may be shared with
Home Assistant's recorder.
"""

from datetime import UTC, datetime
from decimal import Decimal
import json
import math
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Row,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from ..action import ActionKind
from ..explanation import Explanation
from .entry import (
    QUARTER,
    BaselineFlows,
    Energies,
    EntryMoney,
    EntryPrices,
    Expectation,
    LedgerEntry,
    StoredEnergy,
)
from .old_reasons import current_reason

_QUARTER_SECONDS = int(QUARTER.total_seconds())
_LARGEST: dict[type[Integer], int] = {SmallInteger: 2**15 - 1, Integer: 2**31 - 1, BigInteger: 2**63 - 1}


class Scaled(TypeDecorator[float]):
    """A number kept as a whole multiple of 1 / `scale`."""

    impl = Integer
    cache_ok = True

    def __init__(self, scale: int, whole: type[Integer] = Integer) -> None:
        """`whole` is the type of the column."""
        super().__init__()
        self.scale, self.whole = scale, whole

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the column."""
        return dialect.type_descriptor(self.whole())

    def process_bind_param(self, value: float | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """From the number to the column; raises ValueError for one that has no place in it."""
        if value is None:
            return None
        if not math.isfinite(value) or abs(value * self.scale) > _LARGEST[self.whole]:
            raise ValueError(f"a value of {value:g} cannot be booked")
        return round(value * self.scale)

    def process_result_value(self, value: int | Decimal | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        """From the column, or a sum over it, to the number."""
        return None if value is None else int(value) / self.scale


class QuarterNumber(TypeDecorator[datetime]):
    """A quarter's beginning as the number of quarters since 1970 (UTC)."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """From an aware moment to the first quarter that does not begin before it."""
        return None if value is None else math.ceil(value.timestamp() / _QUARTER_SECONDS)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the column to the moment."""
        return None if value is None else datetime.fromtimestamp(value * _QUARTER_SECONDS, UTC)


_SECONDS = Scaled(_QUARTER_SECONDS, SmallInteger)  # a share of the quarter, kept as seconds
_SOC = Scaled(1000, SmallInteger)
_ENERGY = Scaled(1000)
_MONEY = Scaled(1_000_000, BigInteger)

METADATA = MetaData()
SCHEMA = Table("nattery_schema", METADATA, Column("version", Integer, nullable=False))
SITES = Table(
    "nattery_sites",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
)
QUARTERS = Table(
    "nattery_quarters",
    METADATA,
    Column("site", Integer, ForeignKey(SITES.c.id), primary_key=True, autoincrement=False),
    Column("start", QuarterNumber, primary_key=True, autoincrement=False),
    Column("covered", _SECONDS, nullable=False),
    Column("import", _ENERGY, nullable=False),
    Column("export", _ENERGY, nullable=False),
    Column("charge", _ENERGY, nullable=False),
    Column("discharge", _ENERGY, nullable=False),
    Column("pv", _ENERGY, nullable=False),
    Column("load", _ENERGY, nullable=False),
    Column("soc", _SOC, nullable=False),
    Column("stored", _ENERGY, nullable=False),
    Column("stored_change", _ENERGY, nullable=False),
    Column("baseline_charge", _ENERGY, nullable=False),
    Column("baseline_discharge", _ENERGY, nullable=False),
    Column("baseline_stored", _ENERGY, nullable=False),
    Column("baseline_stored_change", _ENERGY, nullable=False),
    Column("currency", String(3)),
    Column("import_price", _MONEY),
    Column("export_price", _MONEY),
    Column("spot_price", _MONEY),
    Column("cost", _MONEY),
    Column("wear", _MONEY),
    Column("no_battery", _MONEY),
    Column("self_consumption", _MONEY),
    Column("self_consumption_wear", _MONEY),
    Column("action", String(16)),
    Column("reason", Text),
    Column("expected_cost", _MONEY),
    Column("expected_grid", _ENERGY),
    Column("expected_soc", _SOC),
    # The key is the only index there is, and in SQLite the table itself.
    sqlite_with_rowid=False,
)


def to_row(site: int, quarter: LedgerEntry) -> dict[str, Any]:
    """The row of a line."""
    energies, battery, baseline = quarter.energies, quarter.battery, quarter.baseline
    prices, money, expected = quarter.prices, quarter.money, quarter.expected
    return {
        "site": site,
        "start": quarter.start,
        "covered": quarter.coverage,
        "import": energies.import_kwh,
        "export": energies.export_kwh,
        "charge": energies.charge_kwh,
        "discharge": energies.discharge_kwh,
        "pv": energies.pv_kwh,
        "load": energies.load_kwh,
        "soc": quarter.soc,
        "stored": battery.kwh,
        "stored_change": battery.change_kwh,
        "baseline_charge": baseline.charge_kwh,
        "baseline_discharge": baseline.discharge_kwh,
        "baseline_stored": baseline.stored.kwh,
        "baseline_stored_change": baseline.stored.change_kwh,
        "currency": prices and prices.currency,
        "import_price": prices and prices.import_price,
        "export_price": prices and prices.export_price,
        "spot_price": prices and prices.spot_price,
        "cost": money and money.cost,
        "wear": money and money.wear,
        "no_battery": money and money.no_battery,
        "self_consumption": money and money.self_consumption,
        "self_consumption_wear": money and money.self_consumption_wear,
        "action": quarter.action and quarter.action.value,
        "reason": quarter.reason and _reason_text(quarter.reason),
        "expected_cost": expected and expected.cost,
        "expected_grid": expected and expected.grid_kwh,
        "expected_soc": expected and expected.soc,
    }


def to_quarter(row: Row[Any]) -> LedgerEntry:
    """The line of a row of QUARTERS."""
    _, start, covered, *energies = row[:9]
    soc, stored, change, charge, discharge, baseline_stored, baseline_change = row[9:16]
    currency, import_price, export_price, spot_price, *money = row[16:25]
    action, reason, *expected = row[25:]
    return LedgerEntry(
        start=start,
        coverage=covered,
        energies=Energies(*energies),
        soc=soc,
        battery=StoredEnergy(stored, change),
        baseline=BaselineFlows(charge, discharge, StoredEnergy(baseline_stored, baseline_change)),
        prices=None if currency is None else EntryPrices(currency, import_price, export_price, spot_price),
        money=None if currency is None else EntryMoney(*money),
        action=None if action is None else ActionKind(action),
        reason=None if reason is None else current_reason(*json.loads(reason)),
        expected=None if expected[0] is None else Expectation(*expected),
    )


def _reason_text(reason: Explanation) -> str:
    return json.dumps([*reason.to_dict().values()], ensure_ascii=False, separators=(",", ":"), allow_nan=False)
