"""The blueprint files: they can be imported, name no entity, and describe every input."""

from pathlib import Path
import re
from urllib.parse import quote

from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.util.yaml import load_yaml_dict
from packaging.version import Version
import pytest

from custom_components.nattery.const import DOMAIN

from .automated_home import BLUEPRINTS, ROOT


def test_there_are_blueprints() -> None:
    trading = {"confirm_trade", "nightly_report", "pause_trading"}
    assert {path.stem for path in BLUEPRINTS} == {"cheapest_window", "negative_price", "tomorrow_prices", *trading}


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_can_be_imported(path: Path) -> None:
    blueprint = BLUEPRINT_SCHEMA(load_yaml_dict(str(path)))["blueprint"]
    assert blueprint["source_url"] == f"https://github.com/nattery/nattery/blob/main/{path.relative_to(ROOT)}"
    assert Version(blueprint["homeassistant"]["min_version"]) == Version("2026.10.0")
    assert path.parent == ROOT / "blueprints" / blueprint["domain"] / DOMAIN


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_names_no_entity(path: Path) -> None:
    platforms = "automation|binary_sensor|calendar|event|input_\\w+|notify|number|person|select|sensor|switch"
    found = re.findall(rf"\b(?:{platforms})\.\w+", path.read_text(encoding="utf-8"))
    helpers = {"input_datetime.set_datetime", "input_text.set_value"}
    assert set(found) <= {*helpers, "notify.send_message", "number.set_value", "select.select_option"}


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_every_input_is_used_and_described_on_the_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    page = (ROOT / "docs" / "blueprints.md").read_text(encoding="utf-8")
    inputs = {
        key: one
        for section in load_yaml_dict(str(path))["blueprint"]["input"].values()
        for key, one in section["input"].items()
    }
    assert set(re.findall(r"!input (\w+)", text)) == inputs.keys()
    for key, one in inputs.items():
        assert one.keys() >= {"name", "selector"}, key
        assert one["name"] in page, key
    source = quote(load_yaml_dict(str(path))["blueprint"]["source_url"], safe="")
    assert f"https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url={source})" in page
