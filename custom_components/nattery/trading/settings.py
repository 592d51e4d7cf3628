"""The settings of trading in the data of the config entry's `trading` subentry."""

from collections.abc import Mapping
from math import sqrt
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from ..core.app.settings import TradingSettings, wear_cost

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


def settings_from(data: Mapping[str, Any]) -> TradingSettings:
    """Return the settings in a subentry's data; the form's round-trip efficiency becomes that of one direction."""
    return TradingSettings(
        capacity=data[CONF_CAPACITY],
        wear=wear_from(data),
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


def wear_from(data: Mapping[str, Any]) -> float:
    """Return the wear per AC kWh charged or discharged, as entered or calculated from the battery's price."""
    if CONF_WEAR in data:
        return float(data[CONF_WEAR])
    return wear_cost(data.get(CONF_BATTERY_PRICE, 0.0), data[CONF_CAPACITY], data.get(CONF_CYCLES, DEFAULT_CYCLES))


def trading_subentry(entry: ConfigEntry) -> ConfigSubentry | None:
    """Return the `trading` subentry of a config entry, or None."""
    return next(iter(entry.get_subentries_of_type(TRADING)), None)
