"""The database tables, and the conversion between entries and rows. Imports SQLAlchemy: import it in an executor.

All numbers are stored as integers in small units (Wh, millionths of money, thousandths of a state of charge). Such rows
need a third of the space, and their sums are exact. Table names begin with `nattery_`, since the database may be shared
with Home Assistant's recorder.
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
    ForecastEnergies,
    LedgerEntry,
    StoredEnergy,
)
from .old_reasons import current_reason

_QUARTER_SECONDS = int(QUARTER.total_seconds())
_LARGEST: dict[type[Integer], int] = {SmallInteger: 2**15 - 1, Integer: 2**31 - 1, BigInteger: 2**63 - 1}


class Scaled(TypeDecorator[float]):
    """A column type that stores a number as an integer multiple of 1 / `scale`."""

    impl = Integer
    cache_ok = True

    def __init__(self, scale: int, integer_type: type[Integer] = Integer) -> None:
        """Store the values in a column of `integer_type`."""
        super().__init__()
        self.scale, self.integer_type = scale, integer_type

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the column."""
        return dialect.type_descriptor(self.integer_type())

    def process_bind_param(self, value: float | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Convert a number for the column; raise ValueError if it is not finite or too large."""
        if value is None:
            return None
        if not math.isfinite(value) or abs(value * self.scale) > _LARGEST[self.integer_type]:
            raise ValueError(f"a value of {value:g} cannot be booked")
        return round(value * self.scale)

    def process_result_value(self, value: int | Decimal | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        """Convert a value of the column, or a sum of them, to the number."""
        return None if value is None else int(value) / self.scale


class QuarterNumber(TypeDecorator[datetime]):
    """A column type that stores the start of a quarter-hour as the number of quarter-hours since 1970 (UTC)."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Convert an aware datetime to the first quarter-hour that does not begin before it."""
        return None if value is None else math.ceil(value.timestamp() / _QUARTER_SECONDS)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Convert a value of the column to a datetime."""
        return None if value is None else datetime.fromtimestamp(value * _QUARTER_SECONDS, UTC)


_SECONDS = Scaled(_QUARTER_SECONDS, SmallInteger)  # coverage, stored in seconds
_SOC = Scaled(1000, SmallInteger)
_ENERGY = Scaled(1000)
_POWER = Scaled(1000)
_MONEY = Scaled(1_000_000, BigInteger)

METADATA = MetaData()
SCHEMA_TABLE = Table("nattery_schema", METADATA, Column("version", Integer, nullable=False))
SITES_TABLE = Table(
    "nattery_sites",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
)
ENTRIES_TABLE = Table(
    "nattery_quarters",
    METADATA,
    Column("site", Integer, ForeignKey(SITES_TABLE.c.id), primary_key=True, autoincrement=False),
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
    # Since the second schema; migrations add columns at the end.
    Column("expected_action", String(16)),
    Column("expected_power", _POWER),
    Column("forecast_pv", _ENERGY),
    Column("forecast_load", _ENERGY),
    # The primary key is the only index. Without rowid, SQLite stores the table in it.
    sqlite_with_rowid=False,
)


def entry_to_row(site: int, entry: LedgerEntry) -> dict[str, Any]:
    """Return the table row of an entry."""
    energies, battery, baseline = entry.energies, entry.battery, entry.baseline
    prices, money, expected, forecast = entry.prices, entry.money, entry.expected, entry.forecast
    return {
        "site": site,
        "start": entry.start,
        "covered": entry.coverage,
        "import": energies.import_kwh,
        "export": energies.export_kwh,
        "charge": energies.charge_kwh,
        "discharge": energies.discharge_kwh,
        "pv": energies.pv_kwh,
        "load": energies.load_kwh,
        "soc": entry.soc,
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
        "action": entry.action and entry.action.value,
        "reason": entry.reason and _reason_text(entry.reason),
        "expected_cost": expected and expected.cost,
        "expected_grid": expected and expected.grid_kwh,
        "expected_soc": expected and expected.soc,
        "expected_action": expected and expected.action and expected.action.value,
        "expected_power": expected and expected.power_kw,
        "forecast_pv": forecast and forecast.pv_kwh,
        "forecast_load": forecast and forecast.load_kwh,
    }


def row_to_entry(row: Row[Any]) -> LedgerEntry:
    """Return the entry of a row of ENTRIES_TABLE."""
    _, start, covered, *energies = row[:9]
    soc, stored, change, charge, discharge, baseline_stored, baseline_change = row[9:16]
    currency, import_price, export_price, spot_price, *money = row[16:25]
    action, reason, expected_cost, expected_grid, expected_soc, expected_action, expected_power = row[25:32]
    forecast_pv, forecast_load = row[32:]
    return LedgerEntry(
        start=start,
        coverage=covered,
        energies=Energies(*energies),
        soc=soc,
        battery=StoredEnergy(stored, change),
        baseline=BaselineFlows(charge, discharge, StoredEnergy(baseline_stored, baseline_change)),
        prices=None if currency is None else EntryPrices(currency, import_price, export_price, spot_price),
        money=None if currency is None else EntryMoney(*money),
        action=_action(action),
        reason=None if reason is None else current_reason(*json.loads(reason)),
        expected=None
        if expected_cost is None
        else Expectation(expected_cost, expected_grid, expected_soc, _action(expected_action), expected_power),
        forecast=None if forecast_pv is None else ForecastEnergies(forecast_pv, forecast_load),
    )


def _action(value: str | None) -> ActionKind | None:
    return None if value is None else ActionKind(value)


def _reason_text(reason: Explanation) -> str:
    return json.dumps([*reason.to_dict().values()], ensure_ascii=False, separators=(",", ":"), allow_nan=False)
