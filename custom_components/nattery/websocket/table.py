"""The table of the websocket commands: a new one is a row here and a section of docs/api.md."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..prices.websocket import PRICES_TOPIC
from ..trading.control_commands import CONTROL_COMMANDS
from ..trading.data_commands import BACKTEST_TOPIC, DATA_COMMANDS
from ..trading.websocket import PLAN_TOPIC
from .command import Command, QueryCommand, SubscribeCommand
from .health import HEALTH_TOPICS
from .registers import REGISTERS_TOPIC
from .site import SITE, site

COMMANDS: Final[tuple[Command, ...]] = (
    QueryCommand(SITE, site, fields={}),
    *CONTROL_COMMANDS,
    *DATA_COMMANDS,
    *(
        SubscribeCommand(topics[0].name, topics)
        for topics in ((PRICES_TOPIC,), (PLAN_TOPIC,), (BACKTEST_TOPIC,), (REGISTERS_TOPIC,), HEALTH_TOPICS)
    ),
)


@callback
def async_setup_commands(hass: HomeAssistant) -> None:
    """Register all websocket commands."""
    for command in COMMANDS:
        command.register(hass)
