"""Permissions for actions and websocket commands, checked as those of an entity."""

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN


@callback
def may(hass: HomeAssistant, user: User, platform: str, unique_id: str, policy: str) -> bool:
    """Return whether a user has the policy for an entity; without that entity, whether for all entities."""
    entity_id = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    if entity_id is None:
        return user.permissions.access_all_entities(policy)
    return user.permissions.check_entity(entity_id, policy)


async def async_require(hass: HomeAssistant, context: Context, platform: str, unique_id: str, policy: str) -> None:
    """Raise Unauthorized if the user of a context lacks the policy; a context without a user passes."""
    if context.user_id is None:
        return
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=policy)
    if not may(hass, user, platform, unique_id, policy):
        raise Unauthorized(context=context, permission=policy)
