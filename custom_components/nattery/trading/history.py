"""What the house used and the sun gave, from Home Assistant's statistics of the inverter's own sensors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from homeassistant.const import Platform, UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance

from ..const import DOMAIN
from ..core.forecast.history import IntervalEnergy, PowerHistory
from ..core.forecast.load import HISTORY_DAYS
from ..core.forecast.quarters import PER_HOUR, moment, quarter
from ..core.ledger.entry import MeteredInterval

if TYPE_CHECKING:
    from homeassistant.components.recorder.statistics import StatisticsRow

_FINE_DAYS: Final = 10  # for as long Home Assistant keeps statistics of five minutes unless it is told otherwise
_HOUR, _QUARTER, _FIVE_MINUTES = 3600, 900, 300  # seconds
_WHOLE: Final = 0.9  # of a quarter-hour that was metered
_ENOUGH: Final = 5.0  # kWh: of less, a counter of tenths says too little about how true a power is
_TRUE: Final = (0.75, 1.33)  # counter over power; beyond, the power is that of something else
_UNITS: Final = {"energy": UnitOfEnergy.KILO_WATT_HOUR, "power": UnitOfPower.KILO_WATT}


@dataclass(frozen=True, slots=True)
class Past:
    """The load and the PV of the house, as far as they are known."""

    load: PowerHistory = field(default_factory=lambda: PowerHistory({}))
    pv: PowerHistory = field(default_factory=lambda: PowerHistory({}))

    def filled(self, metered: Iterable[MeteredInterval]) -> Past:
        """The same with quarter-hours as they were metered, which statistics know a while later.

        Nothing is learned from a handful of quarter-hours alone.
        """
        whole = {quarter(one.start): one for one in metered if one.coverage > _WHOLE}
        load = {number: one.energies.load_kwh / one.coverage * PER_HOUR for number, one in whole.items()}
        pv = {number: one.energies.pv_kwh / one.coverage * PER_HOUR for number, one in whole.items()}
        return Past(
            *(old.with_gaps_filled(new) if len(old) else old for old, new in ((self.load, load), (self.pv, pv)))
        )


async def async_past(hass: HomeAssistant, serial: str, now: datetime) -> Past | None:
    """What the statistics know of the inverter with this serial number; None where there is no recorder.

    Raises whatever the recorder's database does.
    """
    if "recorder" not in hass.config.components:
        return None
    registry = er.async_get(hass)
    ids = {
        key: entity_id
        for key in ("load_energy", "load_power", "pv_energy", "pv_power")
        if (entity_id := registry.async_get_entity_id(Platform.SENSOR, DOMAIN, f"{serial}_{key}"))
    }
    return await get_instance(hass).async_add_executor_job(_read, hass, ids, now)


def _read(hass: HomeAssistant, ids: Mapping[str, str], now: datetime) -> Past:
    """Ask the database; runs in the recorder's executor."""
    from homeassistant.components.recorder.statistics import (  # noqa: PLC0415  (a house may be without recorder)
        statistics_during_period,
    )

    def rows(
        key: str, days: int, period: Literal["5minute", "hour"], kind: Literal["change", "mean"]
    ) -> Sequence[StatisticsRow]:
        if (entity_id := ids.get(key)) is None:
            return ()
        start = now - timedelta(days=days)
        return statistics_during_period(hass, start, None, {entity_id}, period, {**_UNITS}, {kind}).get(entity_id, ())

    def history(name: str) -> PowerHistory:
        hours = [*_hours(rows(f"{name}_energy", HISTORY_DAYS, "hour", "change"))]
        return PowerHistory.from_rows([*hours, *_quarters(rows(f"{name}_power", _FINE_DAYS, "5minute", "mean"), hours)])

    return Past(history("load"), history("pv"))


def _hours(rows: Iterable[StatisticsRow]) -> Iterator[IntervalEnergy]:
    """The energies of hours; one after a gap is left out, since the counter has all of the gap in it."""
    for before, row in pairwise(rows):
        kwh = row.get("change")
        if kwh is not None and row["start"] - before["start"] == _HOUR:
            yield IntervalEnergy(datetime.fromtimestamp(row["start"], UTC), 1.0, kwh)


def _quarters(rows: Iterable[StatisticsRow], hours: Iterable[IntervalEnergy]) -> Iterator[IntervalEnergy]:
    """The energies of quarter-hours, of those that were measured whole.

    They come from the power, since counters of a tenth of a kWh are too coarse, set right by the counter over all hours
    that both know. A power that has little to do with the counter is not used.
    """
    parts: dict[int, list[float]] = {}
    for row in rows:
        if (kw := row.get("mean")) is not None:
            parts.setdefault(int(row["start"]) // _QUARTER, []).append(kw)
    whole = _QUARTER // _FIVE_MINUTES
    power = {number: sum(means) / whole for number, means in parts.items() if len(means) == whole}
    if (truth := _truth(PowerHistory(power), hours)) is not None:
        for number, kw in power.items():
            yield IntervalEnergy(moment(number), 1 / PER_HOUR, kw * truth / PER_HOUR)


def _truth(power: PowerHistory, hours: Iterable[IntervalEnergy]) -> float | None:
    """What to multiply a power by, so that it has the counter's energy; None where the two do not belong together."""
    counted = measured = 0.0
    for hour in hours:
        first = quarter(hour.start)
        kwh = power.kwh(first, first + PER_HOUR)
        if kwh is not None:
            counted, measured = counted + hour.kwh, measured + kwh
    if max(counted, measured) < _ENOUGH:
        return 1.0
    low, high = _TRUE
    return counted / measured if low * measured <= counted <= high * measured else None
