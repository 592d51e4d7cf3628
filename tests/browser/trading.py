"""What the tests of trading do beside the browser: actions through Home Assistant's own interface."""

from typing import Any

from scripts.demonstration.api import Api
from scripts.demonstration.furnish import AUTOMATION

__all__ = ["AUTOMATION", "act", "entry_of"]


async def entry_of(api: Api) -> str:
    """The id of the demo's entry, whatever else was set up."""
    entries = await api.call("config_entries/get", domain="nattery")
    return next(str(entry["entry_id"]) for entry in entries if entry["title"] == "Inverter")


async def act(api: Api, action: str, entry: str, /, **data: object) -> Any:
    """Carry out one of our actions; its answer."""
    fields = {"config_entry_id": entry, **data}
    answer = await api.call("call_service", domain="nattery", service=action, service_data=fields, return_response=True)
    return answer["response"]
