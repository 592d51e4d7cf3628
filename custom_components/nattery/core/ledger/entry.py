"""A ledger entry: one quarter-hour. Energies are kWh on the AC side, times are UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..action import ActionKind
from ..explanation import Explanation

QUARTER = timedelta(minutes=15)
QUARTER_HOURS = QUARTER / timedelta(hours=1)
MIN_COVERAGE = timedelta(seconds=1) / QUARTER  # a quarter-hour with less coverage gets no entry
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quarter_start(moment: datetime) -> datetime:
    """Return the start (UTC) of the quarter-hour that contains an aware datetime."""
    return moment.astimezone(UTC) - (moment - _EPOCH) % QUARTER


@dataclass(frozen=True, slots=True)
class Energies:
    """Energies, kWh, never negative: grid and battery in both directions, PV production and load."""

    import_kwh: float = 0.0
    export_kwh: float = 0.0
    charge_kwh: float = 0.0
    discharge_kwh: float = 0.0
    pv_kwh: float = 0.0
    load_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class MeteredInterval:
    """A quarter-hour that was measured at least in part.

    `coverage` (MIN_COVERAGE to 1) is the measured share of the quarter-hour. The energies are those of that share and
    are never scaled up. `soc` (0..1) is the last measured one, `soc_change` its change over the measured time.
    """

    start: datetime
    coverage: float
    energies: Energies
    soc: float
    soc_change: float


@dataclass(frozen=True, slots=True)
class EntryPrices:
    """Prices per kWh in `currency` (ISO 4217): for import, for export, and on the spot market if known."""

    currency: str
    import_price: float
    export_price: float
    spot_price: float | None = None


@dataclass(frozen=True, slots=True)
class StoredEnergy:
    """The energy stored in a battery (kWh, without losses) at the end of the quarter-hour, and its change."""

    kwh: float
    change_kwh: float


@dataclass(frozen=True, slots=True)
class BaselineFlows:
    """The battery in the self-consumption baseline: energies on the AC side, and stored energy."""

    charge_kwh: float
    discharge_kwh: float
    stored: StoredEnergy


@dataclass(frozen=True, slots=True)
class EntryMoney:
    """The costs of a quarter-hour in the currency of its prices; revenue is negative.

    `cost` is the cost of grid energy, `wear` that of battery wear. `no_battery` and `self_consumption` are the costs of
    grid energy in the baselines, `self_consumption_wear` is the battery wear in the second one.
    """

    cost: float
    wear: float
    no_battery: float
    self_consumption: float
    self_consumption_wear: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the plan in force at the start of the quarter-hour expected of it.

    `cost` is without wear, `grid_kwh` positive for import, `soc` that at the end. `action` and the battery's AC power
    `power_kw` (positive while charging) are None in entries of the first schema.
    """

    cost: float
    grid_kwh: float
    soc: float
    action: ActionKind | None = None
    power_kw: float | None = None


@dataclass(frozen=True, slots=True)
class ForecastEnergies:
    """The PV production and load (kWh) of a quarter-hour as forecast at the start of its local day."""

    pv_kwh: float
    load_kwh: float


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the ledger.

    Unknown values are None: `prices` and with them `money`, the `action`, its `reason`, `expected` and `forecast`.
    """

    start: datetime
    coverage: float
    energies: Energies
    soc: float
    battery: StoredEnergy
    baseline: BaselineFlows
    prices: EntryPrices | None = None
    money: EntryMoney | None = None
    action: ActionKind | None = None
    reason: Explanation | None = None
    expected: Expectation | None = None
    forecast: ForecastEnergies | None = None

    def __post_init__(self) -> None:
        """Validate; raise ValueError."""
        if self.start.tzinfo is None or quarter_start(self.start) != self.start:
            raise ValueError(f"A start of {self.start.isoformat()} is not allowed: an aware start of a quarter-hour is")
        if not MIN_COVERAGE <= self.coverage <= 1:
            raise ValueError(f"A coverage of {self.coverage:g} is not allowed: one second of the quarter-hour to 1 is")
        if (self.prices is None) != (self.money is None):
            raise ValueError("An entry needs both prices and money, or neither")

    @property
    def end(self) -> datetime:
        """The end, UTC."""
        return self.start + QUARTER
