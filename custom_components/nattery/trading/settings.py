"""What a house says about its battery and its connection: the data of its one subentry `trading`, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from ..core.planner.problem import BatteryModel

TRADING: Final = "trading"  # the type of the subentry

CONF_CAPACITY: Final = "capacity"
CONF_BATTERY_PRICE: Final = "battery_price"
CONF_CYCLES: Final = "cycles"
CONF_WEAR: Final = "wear"
CONF_CHARGE: Final = "charge"
CONF_DISCHARGE: Final = "discharge"
CONF_EFFICIENCY: Final = "efficiency"
CONF_SOC_MIN: Final = "soc_min"
CONF_SOC_MAX: Final = "soc_max"
CONF_IMPORT: Final = "import"
CONF_EXPORT: Final = "export"
CONF_PEAK_PRICE: Final = "peak_price"
CONF_LEDGER: Final = "ledger"

DEFAULT_CYCLES: Final = 6000
DEFAULT_EFFICIENCY: Final = 90.0
DEFAULT_SOC_MIN: Final = 10.0
DEFAULT_SOC_MAX: Final = 100.0
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class TradingSettings:
    """Capacity in kWh, powers in kW on the AC side, charge as a share (0 to 1), efficiency of each way (0 to 1).

    `wear` is money per AC kWh each way, `peak_price` money per kW of the month's highest quarter-hour, 0 without such a
    tariff. `ledger` is the address of a PostgreSQL database, "" for the file in Home Assistant's folder.
    """

    capacity: float
    wear: float
    charge: float
    discharge: float
    efficiency: float
    soc_min: float
    soc_max: float
    import_limit: float
    export_limit: float
    peak_price: float
    ledger: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> TradingSettings:
        """The settings that a subentry's data say, which its flow has made."""
        return cls(
            capacity=data[CONF_CAPACITY],
            wear=wear_of(data),
            charge=data[CONF_CHARGE],
            discharge=data[CONF_DISCHARGE],
            efficiency=sqrt(data.get(CONF_EFFICIENCY, DEFAULT_EFFICIENCY) / _PERCENT),
            soc_min=data.get(CONF_SOC_MIN, DEFAULT_SOC_MIN) / _PERCENT,
            soc_max=data.get(CONF_SOC_MAX, DEFAULT_SOC_MAX) / _PERCENT,
            import_limit=data[CONF_IMPORT],
            export_limit=data[CONF_EXPORT],
            peak_price=data.get(CONF_PEAK_PRICE, 0.0),
            ledger=data.get(CONF_LEDGER, ""),
        )

    def battery(self, soc_start: float) -> BatteryModel:
        """The planner's battery, holding a share (0 to 1)."""
        return BatteryModel(
            capacity_kwh=self.capacity,
            soc_start=soc_start,
            soc_min=self.soc_min,
            soc_max=self.soc_max,
            charge_kw=self.charge,
            discharge_kw=self.discharge,
            charge_efficiency=self.efficiency,
            discharge_efficiency=self.efficiency,
            wear_per_kwh=self.wear,
        )


def wear_of(data: Mapping[str, Any]) -> float:
    """Wear per AC kWh each way: as it is given, or the battery's price over all that goes through it in its life."""
    if CONF_WEAR in data:
        return float(data[CONF_WEAR])
    throughput: float = 2 * data[CONF_CAPACITY] * data.get(CONF_CYCLES, DEFAULT_CYCLES)
    return float(data.get(CONF_BATTERY_PRICE, 0.0)) / throughput


def trading_subentry(entry: ConfigEntry) -> ConfigSubentry | None:
    """The one subentry of an entry that is about trading, or None."""
    return next(iter(entry.get_subentries_of_type(TRADING)), None)
