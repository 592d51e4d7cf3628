"""Constants that several files of the integration use."""

from datetime import timedelta
import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "nattery"
LOGGER: Final = logging.getLogger(__package__)

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TIME,
)

# entry.data. The serial port is under "device", where the usb integration looks for the user of a port.
CONF_UNIT: Final = "unit"
SIMULATED: Final = "simulated"

# entry.options
CONF_READINGS_INTERVAL: Final = "readings_interval"
CONF_SETTINGS_INTERVAL: Final = "settings_interval"
CONF_GROUPS: Final = "groups"
CONF_SYNC_CLOCK: Final = "sync_clock"
DEFAULT_READINGS_INTERVAL: Final = 5
DEFAULT_SETTINGS_INTERVAL: Final = 60
STATISTICS_INTERVAL: Final = timedelta(hours=1)

# A derived value: by how many seconds the inverter's clock is ahead of local time.
CLOCK_DRIFT: Final = "clock_drift"

# Fired for every register that was changed, with config_entry_id, device_id, key, symbol, old (None where the register
# cannot be read), new and by_trading. `logbook` describes it.
EVENT_WRITTEN: Final = f"{DOMAIN}_register_written"

# Fired at every change of the battery's action or of its reason, with config_entry_id, device_id, entity_id, action,
# name (of the trading device) and text (what is done, and why). `logbook` describes it.
EVENT_ACTION_CHANGED: Final = f"{DOMAIN}_action_changed"
