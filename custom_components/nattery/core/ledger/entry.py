"""A quarter of an hour as the ledger books it. Plain data; energies kWh on the AC side, times UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..action import ActionKind
from ..explanation import Explanation

QUARTER = timedelta(minutes=15)
QUARTER_HOURS = QUARTER / timedelta(hours=1)
LEAST_COVERAGE = timedelta(seconds=1) / QUARTER  # less than that is nothing seen
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quarter_start(moment: datetime) -> datetime:
    """The beginning (UTC) of the quarter that holds an aware moment."""
    return moment.astimezone(UTC) - (moment - _EPOCH) % QUARTER


@dataclass(frozen=True, slots=True)
class Energies:
    """What flowed, each kWh and never negative: both directions of the grid and the battery, made and used."""

    import_kwh: float = 0.0
    export_kwh: float = 0.0
    charge_kwh: float = 0.0
    discharge_kwh: float = 0.0
    pv_kwh: float = 0.0
    load_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class MeteredInterval:
    """One quarter that was at least partly seen.

    `coverage` (LEAST_COVERAGE to 1) is the share of the quarter that was seen; the energies are of that share alone and
    are never scaled up. `soc` (0..1) is the last that was seen, `soc_change` by how much it changed while it was seen.
    """

    start: datetime
    coverage: float
    energies: Energies
    soc: float
    soc_change: float


@dataclass(frozen=True, slots=True)
class EntryPrices:
    """Per kWh in `currency` (ISO 4217): at the meter, fed in, and on the market where that is known."""

    currency: str
    import_price: float
    export_price: float
    spot_price: float | None = None


@dataclass(frozen=True, slots=True)
class StoredEnergy:
    """Energy in a battery (kWh, behind its losses): at the quarter's end, and how much of it the quarter brought."""

    kwh: float
    change_kwh: float


@dataclass(frozen=True, slots=True)
class BaselineFlows:
    """The battery as plain self-consumption would have run it (`baseline.py`): AC flows, and what it holds."""

    charge_kwh: float
    discharge_kwh: float
    stored: StoredEnergy


@dataclass(frozen=True, slots=True)
class EntryMoney:
    """What the quarter cost, in its prices' currency; income is negative.

    `cost` is the grid's, `wear` the battery's. `no_battery` and `self_consumption` are the grid's cost in the two
    baselines, `self_consumption_wear` the battery's in the second.
    """

    cost: float
    wear: float
    no_battery: float
    self_consumption: float
    self_consumption_wear: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the plan in force as it began expected of a quarter: cost without wear, grid (import +), SOC at its end."""

    cost: float
    grid_kwh: float
    soc: float


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger.

    What was not known is None and stays so until somebody knows it: `prices` and with them `money`, the `action`, its
    `reason` and the plan's `expected`.
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

    def __post_init__(self) -> None:
        """Refuse what the book could not hold; raises ValueError."""
        if self.start.tzinfo is None or quarter_start(self.start) != self.start:
            raise ValueError(f"A start of {self.start.isoformat()} is not allowed: aware quarters of an hour are")
        if not LEAST_COVERAGE <= self.coverage <= 1:
            raise ValueError(f"A coverage of {self.coverage:g} is not allowed: from a second of the quarter to 1 is")
        if (self.prices is None) != (self.money is None):
            raise ValueError("A quarter has both prices and money, or neither")

    @property
    def end(self) -> datetime:
        """When it ends, UTC."""
        return self.start + QUARTER
