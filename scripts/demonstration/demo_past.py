"""The demo's past: the simulated home under the real planner and controller, at high speed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timezone, tzinfo
import json
from pathlib import Path
from typing import Any, Self

from custom_components.nattery.core.app.interval_prices import entry_prices
from custom_components.nattery.core.app.interval_record import interval_record
from custom_components.nattery.core.app.planning import PlanResult
from custom_components.nattery.core.app.recorder_state import IntervalRecord, RecorderState
from custom_components.nattery.core.control.controller import Controller, Mode
from custom_components.nattery.core.control.guards import SocLimits
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.quarters import PER_DAY, quarter
from custom_components.nattery.core.ledger.entry import (
    QUARTER,
    QUARTER_HOURS,
    EntryPrices,
    ForecastEnergies,
    LedgerEntry,
)
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.meter import Meter
from custom_components.nattery.core.ledger.pricing import create_entry

from .folder import SEED
from .home import trading_settings
from .home_statistics import COUNTERS, MEASUREMENTS, HourlyStatistics
from .past_planner import PastPlanner
from .price_history import PriceHistory
from .simulated_home import SimulatedHome

REPLAN_QUARTERS = 12  # the integration replans every quarter-hour, which would take minutes here
_PERCENT = 100
_FILES = ("inverter", "forecasts", "statistics")


@dataclass(slots=True)
class DemoPast:
    """What the home has done until `end`: ledger entries, logged forecasts, statistics, and the inverter's state."""

    end: datetime
    entries: list[LedgerEntry] = field(default_factory=list)
    log: ForecastLog = field(default_factory=ForecastLog)
    statistics: HourlyStatistics = field(default_factory=HourlyStatistics)
    inverter: Mapping[str, Any] | None = None

    def save(self, folder: Path, site: str) -> None:
        """Write the past to a folder."""
        documents = (self.inverter, self.log.to_dict(), self.statistics.to_dict())
        for name, document in zip(_FILES, documents, strict=True):
            (folder / f"{name}.json").write_text(json.dumps(document), "utf-8")
        Ledger(folder / "nattery.db").write(site, self.entries)

    @classmethod
    def load(cls, folder: Path, site: str, end: datetime) -> Self:
        """Return what `save` wrote to a folder."""
        inverter, log, statistics = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in _FILES)
        entries = Ledger(folder / "nattery.db").read(site, datetime.fromtimestamp(0, UTC), end)
        return cls(end, [*entries], ForecastLog.from_dict(log), HourlyStatistics.from_dict(statistics), inverter)


class PastSimulation:
    """Simulates the home from the end of its past until another time."""

    def __init__(self, past: DemoPast, zone: tzinfo, clock_zone: timezone) -> None:
        """Continue `past`, in the home's time zone; the inverter's clock shows the time of `clock_zone`."""
        self._past, self._zone = past, zone
        self._home = SimulatedHome(SEED, past.end, clock_zone, past.inverter)
        past.statistics.begin(self._home.readings(COUNTERS))
        self._settings = trading_settings()
        self._prices = PriceHistory(past.end)
        self._planner = PastPlanner(
            self._settings, self._prices.pricer, zone, past.log, past.entries, self._home.daily_energies()
        )
        self._controller = Controller(self._home, now=lambda: self._home.now)
        soc_limits = (share * _PERCENT for share in (self._settings.soc_min, self._settings.soc_max))
        self._controller.limits = SocLimits(*soc_limits)
        self._plan: PlanResult | None = None
        self._entry_prices: dict[datetime, EntryPrices] = {}

    async def run(self, until: datetime) -> RecorderState:
        """Simulate until a time, and return the state of the meter then."""
        past, home, state = self._past, self._home, RecorderState()
        battery = self._settings.battery(self._settings.soc_min)
        await self._controller.set_mode(Mode.AUTOMATIC)
        while home.now < until:
            start = home.now
            record = await self._begin_interval(start)
            for at, sample in home.run(min(start + QUARTER, until), (*MEASUREMENTS, *COUNTERS)):
                past.statistics.add(at, sample)
            metered = home.take_interval()
            if home.now < start + QUARTER:
                state.meter = Meter.from_dict(
                    {
                        "start": start.isoformat(),
                        "energies": [*asdict(metered.energies).values()],
                        "seconds": (home.now - start).total_seconds(),
                        "soc": metered.soc,
                        "soc_change": metered.soc_change,
                    }
                )
                state.record(start, record)
                break
            entry = create_entry(
                metered,
                battery,
                past.entries[-1] if past.entries else None,
                prices=self._prices_at(start),
                action=record.action,
                reason=record.reason,
                expected=record.expected,
            )
            past.entries.append(replace(entry, forecast=record.forecast))
        past.end, past.inverter = home.now, home.saved_state()
        return state

    @property
    def stored_value(self) -> float:
        """The value of a stored kWh in the last plan."""
        return self._plan.plan.terminal.mean_price if self._plan else 0.0

    def _prices_at(self, start: datetime) -> EntryPrices | None:
        """Return the prices of a quarter-hour; those of a day are calculated at once."""
        if start not in self._entry_prices:
            day = (start + number * QUARTER for number in range(PER_DAY))
            self._entry_prices = entry_prices(self._prices.pricer, day)
        return self._entry_prices.get(start)

    async def _begin_interval(self, now: datetime) -> IntervalRecord:
        """Plan if it is time to, carry out what is due, and return the record of the quarter-hour."""
        is_news = self._prices.publish(now)
        if self._plan is None or is_news or quarter(now) % REPLAN_QUARTERS == 0:
            self._plan = self._planner.plan(now, self._home.soc, self._plan.plan if self._plan else None)
        decision = await self._controller.tick(self._plan.runs, prices_fresh=True)
        issued = self._past.log.issued(quarter(now))
        forecast = ForecastEnergies(*(kw * QUARTER_HOURS for kw in issued)) if issued else None
        return interval_record(decision, self._plan.plan.at(now), forecast)
