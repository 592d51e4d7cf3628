"""What the house used and the sun gave, from Home Assistant's statistics of the inverter's own sensors."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import Platform, UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance

from ..const import DOMAIN
from ..core.forecast.history import Energy, History

if TYPE_CHECKING:
    from ..site import Site

DEPTH: Final = timedelta(weeks=8)
FINE_DEPTH: Final = timedelta(days=10)  # for as long as Home Assistant keeps statistics of five minutes
_QUARTER: Final = 900  # seconds
_PER_QUARTER: Final = 3  # statistics of five minutes
_HOUR: Final = 1.0
_UNITS: Final = {"energy": UnitOfEnergy.KILO_WATT_HOUR, "power": UnitOfPower.KILO_WATT}


async def async_history(hass: HomeAssistant, site: Site, name: str, now: datetime) -> History:
    """The history of "load" or "pv": hours from the lifetime counter, and of late quarter-hours from the power.

    Empty without the recorder, and what the recorder does not know is a gap.
    """
    if "recorder" not in hass.config.components:
        return History.of(())
    registry = er.async_get(hass)
    serial = site.identity.serial_number

    def entity(key: str) -> str | None:
        return registry.async_get_entity_id(Platform.SENSOR, DOMAIN, f"{serial}_{key}")

    counter, power = entity(f"{name}_energy"), entity(f"{name}_power")

    def read() -> History:
        return History.of([*_hours(hass, counter, now), *_quarters(hass, power, now)])

    return await get_instance(hass).async_add_executor_job(read)


def _hours(hass: HomeAssistant, counter: str | None, now: datetime) -> Iterable[Energy]:
    for row in _rows(hass, counter, now - DEPTH, "hour", "change"):
        yield Energy(datetime.fromtimestamp(row["start"], UTC), _HOUR, row["change"])


def _quarters(hass: HomeAssistant, power: str | None, now: datetime) -> Iterable[Energy]:
    """Whole quarter-hours only; counters of a tenth of a kWh would be too coarse for them."""
    parts: dict[int, list[float]] = {}
    for row in _rows(hass, power, now - FINE_DEPTH, "5minute", "mean"):
        parts.setdefault(int(row["start"]) // _QUARTER, []).append(row["mean"])
    for number, means in parts.items():
        if len(means) == _PER_QUARTER:
            kwh = sum(means) / _PER_QUARTER * _QUARTER / 3600
            yield Energy(datetime.fromtimestamp(number * _QUARTER, UTC), _QUARTER / 3600, max(kwh, 0.0))


def _rows(hass: HomeAssistant, entity_id: str | None, start: datetime, period: Any, what: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    if entity_id is None:
        return []
    found = statistics_during_period(hass, start, None, {entity_id}, period, dict(_UNITS), {what})
    return [dict(row) for row in found.get(entity_id, ()) if row.get(what) is not None]
