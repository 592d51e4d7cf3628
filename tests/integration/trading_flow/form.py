"""The form of trading, filled in and answered."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.trading.settings import trading_subentry
from tests.core.ledger.postgresql_server import PASSWORD

from ..test_prices_flow import Result, has_texts, initial_values
from ..texts import TEXTS, placeholders_of

FLOW = TEXTS["config_subentries"]["trading"]
FEATHER = PASSWORD[:8]  # the part of the password that no quoting changes
GIVEN: dict[str, Any] = {
    "capacity": 10,
    "battery_price": 3000,
    "charge": 4.5,
    "discharge": 5,
    "import": 11,
    "export": 7,
}
DEFAULTS = {"cycles": 6000, "efficiency": 90.0, "soc_min": 10.0, "soc_max": 100.0}
AUTOMATION = "switch.battery_trading_automation"
AGAIN = (
    " If you leave the field empty, the same address is tried again. Enter the word file to keep the ledger in a file."
)


class Form:
    """Somebody who fills the form in; every text must be there, and nothing secret is ever shown."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass, self.entry, self.flows = hass, entry, hass.config_entries.subentries
        self.flow_id = ""

    async def open(self, source: str = SOURCE_USER, **context: str) -> Result:
        result = await self.flows.async_init((self.entry.entry_id, "trading"), context={"source": source, **context})
        return self.seen(result)

    async def change(self) -> Result:
        subentry = trading_subentry(self.entry)
        assert subentry is not None
        return await self.open(SOURCE_RECONFIGURE, subentry_id=subentry.subentry_id)

    async def give(self, more: dict[str, Any] | None = None, **fields: Any) -> Result:
        """Send the form, with what usually is in it and these."""
        result = await self.flows.async_configure(self.flow_id, {**GIVEN, **fields, "more": more or {}})
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return self.seen(result)

    def seen(self, result: Any) -> Result:
        self.flow_id = result.get("flow_id", self.flow_id)
        filled = result.get("description_placeholders") or {}
        if result["type"] is FlowResultType.ABORT:
            assert result["reason"] in FLOW["abort"].keys() | {"reconfigure_successful"}
        if result["type"] is FlowResultType.FORM:
            texts = FLOW["step"][result["step_id"]]
            has_texts(texts, result["data_schema"])
            for key in (result["errors"] or {}).values():
                assert placeholders_of(FLOW["error"][key]) <= filled.keys()
            assert FEATHER not in f"{initial_values(result)} {result}"
        return dict(result)

    @property
    def data(self) -> dict[str, Any]:
        """What is kept."""
        subentry = trading_subentry(self.entry)
        assert subentry is not None
        return dict(subentry.data)

    @property
    def trading(self) -> Any:
        return self.entry.runtime_data.trading

    @property
    def has_file(self) -> bool:
        """Whether books are kept in the folder of the house."""
        return Path(self.hass.config.path("nattery.db")).exists()


def said(form: Result) -> str:
    """The sentences of the error that a form shows."""
    text: str = FLOW["error"][form["errors"]["base"]]
    return text.format(**form["description_placeholders"] or {})


def name_of(url: str) -> str:
    return url.rpartition("/")[2]
