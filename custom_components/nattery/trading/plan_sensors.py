"""Sensors of the plan: its present values and, as an attribute, those of the slots to come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.util import dt as dt_util

from ..core.app.trading_state import TradingState
from ..core.planner.plan import PlannedSlot
from .entity import TradingEntity

ATTR_FORECAST: Final = "forecast"
_PERCENT = 100
_KILO = 1000


@dataclass(frozen=True, kw_only=True)
class PlannedDescription(SensorEntityDescription):
    """A quantity of the plan: at a time (`state`) and of a slot (`figure`)."""

    state: Callable[[TradingState, datetime], float | None]
    figure: Callable[[PlannedSlot], float]


def _power(key: str, figure: Callable[[PlannedSlot], float]) -> PlannedDescription:
    return PlannedDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        state=lambda trading, now: figure(slot) if (slot := trading.slot(now)) else None,
        figure=figure,
    )


# Signs and units are those of the inverter's own sensors, so that one graph can show both.
PLANNED_SENSORS: Final = (
    PlannedDescription(
        key="planned_soc",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        state=lambda trading, now: None if (soc := trading.planned_soc(now)) is None else round(soc * _PERCENT, 1),
        figure=lambda slot: round(slot.soc_end * _PERCENT, 1),
    ),
    _power("planned_battery_power", lambda slot: round((slot.discharge_kw - slot.charge_kw) * _KILO)),
    _power("planned_grid_power", lambda slot: round(slot.grid_kw * _KILO)),
)


class PlannedSensor(TradingEntity, SensorEntity):
    """A quantity of the plan; the attribute `forecast` holds its remaining slots, for cards that draw them."""

    entity_description: PlannedDescription
    _unrecorded_attributes = frozenset({ATTR_FORECAST})

    @property
    @override
    def native_value(self) -> float | None:
        """The planned value for now."""
        return self.entity_description.state(self.coordinator.data, dt_util.utcnow())

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """The slots that have not ended: their times, actions and values."""
        now, plan = dt_util.utcnow(), self.coordinator.data.plan
        return {
            ATTR_FORECAST: [
                {
                    "start": dt_util.as_local(slot.start),
                    "end": dt_util.as_local(slot.end),
                    "action": slot.action.value,
                    "value": self.entity_description.figure(slot),
                }
                for slot in plan or ()
                if slot.end > now
            ]
        }
