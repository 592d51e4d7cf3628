"""The one issue that can be seen to from its own dialog: a silent line is asked once more."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import probatio as vol

from .runtime import NatteryConfigEntry


class SilentLineFlow(RepairsFlow):
    """Says what to check, then asks the inverter at once instead of at the next poll."""

    def __init__(self, entry_id: str) -> None:
        """Belong to the entry whose line is silent."""
        super().__init__()
        self._entry_id = entry_id

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin with the one step there is."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Say what to check; then ask, and say why when there is still no answer."""
        entry: NatteryConfigEntry | None = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        site = entry.runtime_data
        errors: dict[str, str] = {}
        if user_input is not None:
            await site.async_ask_again()
            if site.readings.last_update_success:
                return self.async_create_entry(data={})
            errors["base"] = "still_silent"
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders={
                "entry": entry.title,
                "place": site.line.bus.endpoint,
                "reason": str(site.readings.last_exception),
            },
        )


async def async_create_fix_flow(
    _hass: HomeAssistant, _issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """The flow of a fixable issue, of which there is one kind."""
    return SilentLineFlow(str((data or {}).get("entry_id")))
