"""The screen: serves its built files, and registers loader and panel with Home Assistant's front end."""

from pathlib import Path
from typing import Final

from homeassistant.components import frontend, panel_custom
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

PANEL: Final = DOMAIN  # its address and the name in the sidebar's settings
BUNDLE: Final = Path(__file__).parent / "bundle"
_URL: Final = f"/{DOMAIN}_static"
_TITLE: Final = "Nattery"
_ICON: Final = "mdi:home-battery"
_REGISTERED: Final = HassKey[str](f"{DOMAIN}_screen")  # the URL of the loader
_SERVED: Final = HassKey[str](f"{DOMAIN}_screen_files")  # the URL of the folder, which stays until Home Assistant ends


async def async_register_screen(hass: HomeAssistant) -> None:
    """Register loader and panel, unless they are or Home Assistant runs without a front end."""
    if _REGISTERED in hass.data or frontend.DOMAIN not in hass.config.components:
        return
    hass.data[_REGISTERED] = ""  # before the first await, since several entries may be set up at once
    url = await _async_serve(hass)
    hass.data[_REGISTERED] = loader = f"{url}/loader.js"
    frontend.add_extra_js_url(hass, loader)
    await panel_custom.async_register_panel(
        hass,
        PANEL,
        f"{DOMAIN}-panel",
        _TITLE,
        _ICON,
        module_url=f"{url}/panel.js",
        handle_safe_area=True,
    )


async def _async_serve(hass: HomeAssistant) -> str:
    """Serve the folder of the bundle, which the hash of its content names; return its URL."""
    if _SERVED not in hass.data:
        folder = await hass.async_add_executor_job(bundle_folder)
        hass.data[_SERVED] = url = f"{_URL}/{folder.name}"
        await hass.http.async_register_static_paths([StaticPathConfig(url, str(folder), cache_headers=True)])
    return hass.data[_SERVED]


def bundle_folder() -> Path:
    """Return the folder of the built files."""
    return next(path for path in BUNDLE.iterdir() if path.is_dir())


@callback
def async_unregister_screen(hass: HomeAssistant, removed: ConfigEntry) -> None:
    """Remove loader and panel when the last entry goes. Browsers that show them may still load their files."""
    others = [one for one in hass.config_entries.async_entries(DOMAIN) if one.entry_id != removed.entry_id]
    if others or not (loader := hass.data.pop(_REGISTERED, None)):
        return
    frontend.remove_extra_js_url(hass, loader)
    frontend.async_remove_panel(hass, PANEL)
