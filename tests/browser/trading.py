"""What the tests of trading do beside the browser: actions through Home Assistant's own interface."""

from typing import Any

from scripts.demonstration.api import HomeAssistantClient
from scripts.demonstration.configure import AUTOMATION

__all__ = ["AUTOMATION", "act", "entry_of"]


async def entry_of(api: HomeAssistantClient) -> str:
    """The id of the demo's entry, whatever else was set up."""
    entries = await api.call_command("config_entries/get", domain="nattery")
    return next(str(entry["entry_id"]) for entry in entries if entry["title"] == "Inverter")


async def act(api: HomeAssistantClient, action: str, entry: str, /, **data: object) -> Any:
    """Carry out one of our actions; its answer."""
    fields = {"config_entry_id": entry, **data}
    answer = await api.call_command(
        "call_service", domain="nattery", service=action, service_data=fields, return_response=True
    )
    return answer["response"]
