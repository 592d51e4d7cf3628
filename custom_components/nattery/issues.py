"""The repair issues; `issue_monitor` decides which of them a config entry has."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .prices.issues import (
    FALLBACK_PRICES,
    NO_PRICES,
    PRICES_LIMITED,
    QUERY_REJECTED,
    SUSPECT_PRICES,
    TARIFF_FAILED,
    TOMORROW_MISSING,
)
from .trading.issues import CHANGED_BY_HAND, LEDGER_FAILS, SOLVER_MISSING, WRITES_FAIL

WRONG_DEVICE, SILENT_LINE, SECOND_MASTER, WRITE_LIMIT = "wrong_device", "silent_line", "second_master", "write_limit"
SEVERITIES = {
    WRONG_DEVICE: ir.IssueSeverity.ERROR,
    SILENT_LINE: ir.IssueSeverity.ERROR,
    SECOND_MASTER: ir.IssueSeverity.WARNING,
    WRITE_LIMIT: ir.IssueSeverity.WARNING,
    NO_PRICES: ir.IssueSeverity.ERROR,
    TARIFF_FAILED: ir.IssueSeverity.ERROR,
    QUERY_REJECTED: ir.IssueSeverity.ERROR,
    TOMORROW_MISSING: ir.IssueSeverity.WARNING,
    SUSPECT_PRICES: ir.IssueSeverity.WARNING,
    FALLBACK_PRICES: ir.IssueSeverity.WARNING,
    PRICES_LIMITED: ir.IssueSeverity.WARNING,
    SOLVER_MISSING: ir.IssueSeverity.WARNING,
    CHANGED_BY_HAND: ir.IssueSeverity.WARNING,
    WRITES_FAIL: ir.IssueSeverity.ERROR,
    LEDGER_FAILS: ir.IssueSeverity.ERROR,
}
FIXABLE = frozenset({SILENT_LINE, CHANGED_BY_HAND})  # the others cannot be fixed in a dialog


@callback
def async_raise(hass: HomeAssistant, entry: ConfigEntry, name: str, **placeholders: str) -> None:
    """Create a repair issue of an entry, or update its placeholders."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(entry.entry_id, name),
        data={"entry_id": entry.entry_id},
        is_fixable=name in FIXABLE,
        severity=SEVERITIES[name],
        translation_key=name,
        translation_placeholders={"entry": entry.title, **placeholders},
    )


@callback
def async_clear(hass: HomeAssistant, entry_id: str, *names: str) -> None:
    """Delete the named repair issues of an entry, or all of them."""
    for name in names or SEVERITIES:
        ir.async_delete_issue(hass, DOMAIN, issue_id(entry_id, name))


def issue_id(entry_id: str, name: str) -> str:
    """Return the id of an entry's issue in the issue registry."""
    return f"{name}_{entry_id}"
