"""Names that more than one file of the Home Assistant side needs."""

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

# entry.data; the serial port is under "device", where the usb integration looks for who uses a port.
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

# A value beside those of the registers: seconds by which the inverter's clock is ahead of the house's.
CLOCK_DRIFT: Final = "clock_drift"

# Fired for every register that was changed, with config_entry_id, device_id, key, symbol, old and new (None where it
# cannot be read); the logbook tells it in words.
EVENT_WRITTEN: Final = f"{DOMAIN}_register_written"
