"""The plan beside reality: what it has for this moment, as the inverter's own sensors measure it, and what comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.util import dt as dt_util

from ..core.planner.plan import PlannedSlot
from .coordinator import TradingState
from .entity import TradingEntity

ATTR_FORECAST: Final = "forecast"
_PERCENT = 100
_KILO = 1000


@dataclass(frozen=True, kw_only=True)
class PlannedDescription(SensorEntityDescription):
    """A figure of the plan: at a moment, and what a slot comes to."""

    state: Callable[[TradingState, datetime], float | None]
    figure: Callable[[PlannedSlot], float]


def _power(key: str, figure: Callable[[PlannedSlot], float]) -> PlannedDescription:
    return PlannedDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        state=lambda view, now: figure(slot) if (slot := view.slot(now)) else None,
        figure=figure,
    )


# Signs and units are those of the inverter's own sensors, so that both go into one graph.
PLANNED_SENSORS: Final = (
    PlannedDescription(
        key="planned_soc",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        state=lambda view, now: None if (soc := view.planned_soc(now)) is None else round(soc * _PERCENT, 1),
        figure=lambda slot: round(slot.soc_end * _PERCENT, 1),
    ),
    _power("planned_battery_power", lambda slot: round((slot.discharge_kw - slot.charge_kw) * _KILO)),
    _power("planned_grid_power", lambda slot: round(slot.grid_kw * _KILO)),
)


class PlannedSensor(TradingEntity, SensorEntity):
    """One of them; `forecast` has what is left of the plan, slot by slot, for cards that draw what is to come."""

    entity_description: PlannedDescription
    _unrecorded_attributes = frozenset({ATTR_FORECAST})

    @property
    @override
    def native_value(self) -> float | None:
        """As it is planned for now."""
        return self.entity_description.state(self.coordinator.data, dt_util.utcnow())

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """The slots that have not ended: their times, their actions, and this figure in or at the end of them."""
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
