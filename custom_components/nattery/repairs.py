"""The fix flow of the one fixable repair issue: an inverter that does not respond is polled again."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import probatio as vol

from .runtime import NatteryConfigEntry
from .texts import error_text


class SilentLineFlow(RepairsFlow):
    """Shows what to check, then polls the inverter at once."""

    def __init__(self, entry_id: str) -> None:
        """Create the flow of the entry whose inverter does not respond."""
        super().__init__()
        self._entry_id = entry_id

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the only step."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what to check; then poll, and show the error if there is still no response."""
        entry: NatteryConfigEntry | None = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        runtime = entry.runtime_data
        device = runtime.identified_device
        errors: dict[str, str] = {}
        if user_input is not None:
            await device.async_reconnect()
            if device.readings.last_update_success:
                return self.async_create_entry(data={})
            errors["base"] = "still_silent"
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders={
                "entry": entry.title,
                "place": runtime.connection.bus.endpoint,
                "reason": error_text(self.hass, device.readings.last_exception),
            },
        )


async def async_create_fix_flow(
    _hass: HomeAssistant, _issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of a fixable issue."""
    return SilentLineFlow(str((data or {}).get("entry_id")))
