"""The household's history from Home Assistant's statistics."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from homeassistant.const import UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from ..core.app.household_history import HouseholdHistory, StatisticsPoint, power_history
from ..core.forecast.history import PowerHistory
from ..core.forecast.load import HISTORY_DAYS

_FIVE_MINUTE_DAYS: Final = (
    10  # Home Assistant keeps statistics of five minutes for this long unless configured otherwise
)
_UNITS: Final = {"energy": UnitOfEnergy.KILO_WATT_HOUR, "power": UnitOfPower.KILO_WATT}


async def async_household_history(
    hass: HomeAssistant, statistic_ids: Mapping[str, str], now: datetime
) -> HouseholdHistory | None:
    """Return what the statistics contain, or None without the recorder integration.

    Raises whatever the recorder's database raises.
    """
    if "recorder" not in hass.config.components:
        return None
    return await get_instance(hass).async_add_executor_job(_read, hass, statistic_ids, now)


def _read(hass: HomeAssistant, statistic_ids: Mapping[str, str], now: datetime) -> HouseholdHistory:
    """Query the database, in the recorder's executor."""
    from homeassistant.components.recorder.statistics import (  # noqa: PLC0415  (Home Assistant may have no recorder)
        statistics_during_period,
    )

    def points(
        key: str, days: int, period: Literal["5minute", "hour"], kind: Literal["change", "mean"]
    ) -> list[StatisticsPoint]:
        if (statistic_id := statistic_ids.get(key)) is None:
            return []
        start = now - timedelta(days=days)
        rows = statistics_during_period(hass, start, None, {statistic_id}, period, {**_UNITS}, {kind})
        return [StatisticsPoint(row["start"], row.get(kind)) for row in rows.get(statistic_id, ())]

    def history(name: str) -> PowerHistory:
        return power_history(
            points(f"{name}_energy", HISTORY_DAYS, "hour", "change"),
            points(f"{name}_power", _FIVE_MINUTE_DAYS, "5minute", "mean"),
        )

    return HouseholdHistory(history("load"), history("pv"))
