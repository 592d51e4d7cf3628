"""Texts that no form or entity shows by itself, in the language of the house."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .errors import describe


async def async_text(
    hass: HomeAssistant, key: str, placeholders: Mapping[str, str] | None = None, *, category: str = "common"
) -> str:
    """One text of the translations, filled in."""
    texts = await async_get_translations(hass, hass.config.language, category, {DOMAIN})
    return texts[f"component.{DOMAIN}.{category}.{key}"].format(**placeholders or {})


async def async_explain(hass: HomeAssistant, error: Exception) -> str:
    """What an error of the core says, as Home Assistant would show it."""
    key, placeholders = describe(error)
    return await async_text(hass, f"{key}.message", placeholders, category="exceptions")
