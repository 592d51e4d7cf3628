"""The screen is served and registered once, and goes with the last entry."""

from http import HTTPStatus
from pathlib import Path
import re
from typing import Any

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, DATA_PANELS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nattery.const import DOMAIN, SIMULATED
from custom_components.nattery.frontend import BUNDLE, PANEL, bundle_folder


@pytest.fixture
async def front_end(hass: HomeAssistant, tmp_path: Path, socket_enabled: None) -> None:
    """Home Assistant's front end, without its files."""
    files = tmp_path / "hass_frontend"
    files.mkdir()
    for name in ("index.html", "authorize.html", "service_worker.js", "onboarding.html"):
        (files / name).write_text("")
    for name in ("static", "frontend_latest", "frontend_es5"):
        (files / name).mkdir()
    assert await async_setup_component(hass, "frontend", {"frontend": {"development_repo": str(tmp_path)}})


def loaders(hass: HomeAssistant) -> list[str]:
    return [url for url in hass.data[DATA_EXTRA_MODULE_URL].urls if DOMAIN in url]


def panels(hass: HomeAssistant) -> list[Any]:
    return [panel.to_response() for name, panel in hass.data[DATA_PANELS].items() if name == PANEL]


def another(hass: HomeAssistant) -> MockConfigEntry:
    entry = MockConfigEntry(domain=DOMAIN, title="Other", data={"type": SIMULATED, "unit": 3}, unique_id="other")
    entry.add_to_hass(hass)
    return entry


async def test_registered_once_and_removed_with_the_last_entry(
    hass: HomeAssistant, front_end: None, setup_simulated: MockConfigEntry
) -> None:
    (loader,) = loaders(hass)
    (panel,) = panels(hass)
    assert loader == f"/nattery_static/{bundle_folder().name}/loader.js"
    assert panel["config"]["_panel_custom"] == {
        "name": "nattery-panel",
        "embed_iframe": False,
        "trust_external": False,
        "handle_safe_area": True,
        "module_url": loader.replace("loader", "panel"),
    }
    assert not panel["require_admin"]

    other = another(hass)
    await hass.config_entries.async_setup(other.entry_id)
    assert loaders(hass) == [loader]
    await hass.config_entries.async_remove(other.entry_id)
    assert loaders(hass) == [loader]
    assert panels(hass)

    await hass.config_entries.async_unload(setup_simulated.entry_id)
    assert panels(hass)  # an entry that is not loaded is still there
    await hass.config_entries.async_setup(setup_simulated.entry_id)
    await hass.config_entries.async_remove(setup_simulated.entry_id)
    assert not loaders(hass)
    assert not panels(hass)

    again = another(hass)
    await hass.config_entries.async_setup(again.entry_id)
    assert loaders(hass) == [loader]
    assert panels(hass) == [panel]
    await hass.config_entries.async_remove(again.entry_id)


async def test_files_are_served_compressed_and_kept_by_browsers(
    hass: HomeAssistant, front_end: None, setup_simulated: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    client = await hass_client_no_auth()
    (loader,) = loaders(hass)
    response = await client.get(loader, headers={"Accept-Encoding": "gzip"})
    assert response.status == HTTPStatus.OK
    assert response.headers["Content-Encoding"] == "gzip"
    assert "max-age" in response.headers["Cache-Control"]
    assert response.content_type in {"text/javascript", "application/javascript"}
    assert await response.read() == (bundle_folder() / "loader.js").read_bytes()


async def test_home_assistant_without_a_front_end_has_no_screen(
    hass: HomeAssistant, setup_simulated: MockConfigEntry
) -> None:
    assert setup_simulated.state is ConfigEntryState.LOADED
    assert PANEL not in hass.data.get(DATA_PANELS, {})


def _loaded_with(*names: str) -> set[str]:
    """Return the names of files with all that they import statically."""
    loaded: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in loaded:
            loaded.add(name)
            waiting += re.findall(r"from[`'\"]\./([\w-]+\.js)", (bundle_folder() / name).read_text(encoding="utf-8"))
            waiting += re.findall(r"import[`'\"]\./([\w-]+\.js)", (bundle_folder() / name).read_text(encoding="utf-8"))
    return loaded


def test_the_bundle_is_small() -> None:
    """All of it, and what a dashboard with the plan card loads, as sent over the wire."""
    sizes = {path.name: path.stat().st_size for path in bundle_folder().glob("*.js.gz")}
    assert sum(sizes.values()) <= 84_000, sizes  # each page is loaded only when it is opened
    with_plan_card = _loaded_with("loader.js", "register.js", "plan-card.js")
    assert sum(sizes[f"{name}.gz"] for name in with_plan_card) <= 26_000, with_plan_card
    assert [path.name for path in BUNDLE.iterdir()] == [bundle_folder().name]
    for path in bundle_folder().glob("*.js"):
        assert {f"{path.name}.gz", f"{path.name}.br"} <= {one.name for one in bundle_folder().iterdir()}
