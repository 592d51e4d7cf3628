"""The texts of explanations, in the language of Home Assistant."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..core.sentences import Texts

_CATEGORIES: Final = ("common", "entity", "exceptions")


async def async_load_texts(hass: HomeAssistant) -> Texts:
    """Return all texts that sentences are made of."""
    texts: dict[str, str] = {}
    for category in _CATEGORIES:
        texts |= await async_get_translations(hass, hass.config.language, category, {DOMAIN})
    prefix = f"component.{DOMAIN}."
    return {path.removeprefix(prefix): text for path, text in texts.items()}
