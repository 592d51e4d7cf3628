"""Texts in the language of Home Assistant, for places that Home Assistant does not translate itself."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_cached_translations, async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.errors import NatteryError, placeholder_text
from .core.explanation import Explanation, ExplanationValue
from .errors import describe

_PRECISION = 3  # significant digits of a number in a reason


async def async_text(
    hass: HomeAssistant, key: str, placeholders: Mapping[str, str] | None = None, *, category: str = "common"
) -> str:
    """Return a translated text with its placeholders filled in."""
    texts = await async_get_translations(hass, hass.config.language, category, {DOMAIN})
    return texts[f"component.{DOMAIN}.{category}.{key}"].format(**placeholders or {})


async def async_explain(hass: HomeAssistant, error: NatteryError) -> str:
    """Return the translated text of an error of the core."""
    key, placeholders = describe(error)
    return await async_text(hass, f"{key}.message", placeholders, category="exceptions")


@callback
def common_text(hass: HomeAssistant, key: str, placeholders: Mapping[str, str] | None = None) -> str:
    """Return a text of the loaded integration with its placeholders filled in."""
    return _cached(hass, "common", key).format(**placeholders or {})


@callback
def error_text(hass: HomeAssistant, error: BaseException | None) -> str:
    """Return the text of an error in the language of Home Assistant; "" for None.

    `str(error)` of a Home Assistant error is always in English.
    """
    if isinstance(error, NatteryError):
        key, placeholders = describe(error)
    elif isinstance(error, HomeAssistantError) and error.translation_domain == DOMAIN and error.translation_key:
        key, placeholders = error.translation_key, error.translation_placeholders or {}
    else:
        return str(error or "")
    return _cached(hass, "exceptions", f"{key}.message").format(**placeholders)


@callback
def reasons_text(hass: HomeAssistant, reasons: Iterable[Explanation]) -> str:
    """Return reasons (texts of `common`) as a list within a sentence."""
    return "; ".join(
        common_text(hass, reason.key, {name: _reason_value(hass, name, value) for name, value in reason.values.items()})
        for reason in reasons
    )


@callback
def source_names(hass: HomeAssistant, sources: Iterable[str]) -> str:
    """Return the names of price sources as a list within a sentence; an entity or action is named by its id."""
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    path = f"component.{DOMAIN}.entity.sensor.price_source.state"
    return ", ".join(texts.get(f"{path}.{source}", source) for source in sources)


def _cached(hass: HomeAssistant, category: str, key: str) -> str:
    texts = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
    return texts[f"component.{DOMAIN}.{category}.{key}"]


def _reason_value(hass: HomeAssistant, name: str, value: ExplanationValue) -> str:
    match value:
        case str() if name == "source":
            return source_names(hass, (value,))
        case tuple() if name == "sources":
            return source_names(hass, value)
        case datetime():
            return f"{dt_util.as_local(value):%Y-%m-%d %H:%M}"
        case float():
            return f"{value:.{_PRECISION}g}"
        case Explanation():
            raise TypeError("A reason within a reason cannot be shown here")
        case _:
            return placeholder_text(value)
