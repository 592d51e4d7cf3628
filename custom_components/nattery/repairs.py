"""The fix flows of the fixable repair issues: poll a silent inverter again, and resume trading."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import probatio as vol

from .core.control.reasons import PAUSED
from .issues import SILENT_LINE, issue_id
from .runtime import NatteryConfigEntry, NatteryRuntime
from .texts import error_text
from .trading.issues import CHANGED_BY_HAND


@dataclass(frozen=True, slots=True)
class Fix:
    """How an issue is fixed: `act` returns the key of an error, None on success; `placeholders` fill the texts."""

    act: Callable[[NatteryRuntime], Awaitable[str | None]]
    placeholders: Callable[[HomeAssistant, NatteryRuntime], Mapping[str, str]]


async def _async_poll(runtime: NatteryRuntime) -> str | None:
    device = runtime.identified_device
    await device.async_reconnect()
    return None if device.readings.last_update_success else "still_silent"


def _silence(hass: HomeAssistant, runtime: NatteryRuntime) -> Mapping[str, str]:
    reason = error_text(hass, runtime.identified_device.readings.last_exception)
    return {"place": runtime.connection.bus.endpoint, "reason": reason}


async def _async_resume(runtime: NatteryRuntime) -> str | None:
    if (trading := runtime.trading) is None:  # removed meanwhile, and its pause with it
        return None
    await trading.async_resume()
    decision = trading.data.decision
    return "not_resumed" if decision is not None and decision.reason.key in PAUSED else None


def _pause(_: HomeAssistant, runtime: NatteryRuntime) -> Mapping[str, str]:
    trading = runtime.trading
    reason = trading.data.reason if trading is not None else None
    return {"reason": trading.sentences.whole(reason, dt_util.now()) if trading is not None and reason else ""}


FIXES: Final[Mapping[str, Fix]] = {
    SILENT_LINE: Fix(_async_poll, _silence),
    CHANGED_BY_HAND: Fix(_async_resume, _pause),
}


class ConfirmedFixFlow(RepairsFlow):
    """Shows what is wrong with a loaded config entry, then fixes it when the user confirms."""

    def __init__(self, entry_id: str, fix: Fix) -> None:
        """Create the flow of an entry."""
        super().__init__()
        self._entry_id = entry_id
        self._fix = fix

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the only step."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what to check; then fix it, and show the error if that did not help."""
        entry: NatteryConfigEntry | None = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        runtime = entry.runtime_data
        errors: dict[str, str] = {}
        if user_input is not None:
            if (error := await self._fix.act(runtime)) is None:
                return self.async_create_entry(data={})
            errors["base"] = error
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders={"entry": entry.title, **self._fix.placeholders(self.hass, runtime)},
        )


async def async_create_fix_flow(
    _hass: HomeAssistant, identifier: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of a fixable issue."""
    entry_id = str((data or {}).get("entry_id"))
    return next(
        ConfirmedFixFlow(entry_id, fix) for name, fix in FIXES.items() if identifier == issue_id(entry_id, name)
    )
