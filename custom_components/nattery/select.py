"""Selects: settings of the inverter, the strategy of trading, and what the battery should do."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.table import Register
from .descriptions import common, registers_on
from .device import InverterDevice
from .entity import InverterEntity
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.controls import STRATEGY, StrategySelect
from .trading.override_controls import WANTED_ACTION, WantedActionSelect

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a select for every such setting of the register table, and those of trading."""

    @callback
    def add_entities(device: InverterDevice) -> None:
        async_add_entities(SettingSelect(device, register) for register in registers_on(Platform.SELECT, entry))
        add_subentry_entities(
            async_add_entities,
            device.trading,
            lambda trading: [StrategySelect(trading, STRATEGY), WantedActionSelect(trading, WANTED_ACTION)],
        )

    entry.runtime_data.on_identified(add_entities)


def _may_be_written(register: Register, raw: int) -> bool:
    return (register.low is None or raw >= register.low) and (register.high is None or raw <= register.high)


class SettingSelect(InverterEntity, SelectEntity):
    """A setting of the inverter that is one of several options."""

    def __init__(self, device: InverterDevice, register: Register) -> None:
        """Create a select with the options that may be written."""
        super().__init__(device, SelectEntityDescription(**common(register)))
        self._names = register.options
        self._offered = [name for raw, name in register.options.items() if _may_be_written(register, raw)]

    @property
    @override
    def options(self) -> list[str]:
        """Return the options that may be written, and the current one, which may be set on the inverter only."""
        current = self.current_option
        return self._offered if current is None or current in self._offered else [*self._offered, current]

    @property
    @override
    def current_option(self) -> str | None:
        """Return the option that was read last."""
        return self._names.get(self.reading) if isinstance(self.reading, int) else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Write the option."""
        await self._device.async_write({self._source: option}, self._context)
