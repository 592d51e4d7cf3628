"""Settings that are a choice."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.table import Register
from .descriptions import common, registers_on
from .entity import InverterEntity
from .runtime import NatteryConfigEntry, NatteryRuntime
from .trading.controls import STRATEGY, StrategySelect

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """A choice for every such setting of the table."""
    site = entry.runtime_data
    site.on_identified(
        lambda: async_add_entities(SettingSelect(site, register) for register in registers_on(Platform.SELECT, entry))
    )
    if trading := site.trading:
        site.on_identified(
            lambda: async_add_entities(
                [StrategySelect(trading, STRATEGY)], config_subentry_id=trading.subentry.subentry_id
            )
        )


def _may_be_written(register: Register, raw: int) -> bool:
    return (register.low is None or raw >= register.low) and (register.high is None or raw <= register.high)


class SettingSelect(InverterEntity, SelectEntity):
    """One setting."""

    def __init__(self, site: NatteryRuntime, register: Register) -> None:
        """Offer what may be written."""
        super().__init__(site, SelectEntityDescription(**common(register)))
        self._names = register.options
        self._offered = [name for raw, name in register.options.items() if _may_be_written(register, raw)]

    @property
    @override
    def options(self) -> list[str]:
        """What may be written and, if the inverter was set to something else on its own panel, that too."""
        current = self.current_option
        return self._offered if current is None or current in self._offered else [*self._offered, current]

    @property
    @override
    def current_option(self) -> str | None:
        """The name of what was read last."""
        return self._names.get(self.reading) if isinstance(self.reading, int) else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Write the choice, guarded."""
        await self._site.async_write({self._source: option}, self._context)
