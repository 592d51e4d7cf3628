"""What hassfest, HACS and the Supervisor ask of the repository, as far as it can be checked without them."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
import json
import os
from pathlib import Path
import re
import subprocess
import sys
import tomllib
from typing import Any

from homeassistant.const import BASE_PLATFORMS
from homeassistant.util.yaml import load_yaml_dict
from packaging.requirements import Requirement
from packaging.version import Version
import pytest

ROOT = Path(__file__).parent.parent
INTEGRATION = ROOT / "custom_components" / "nattery"

# hassfest's schema for a custom integration
MANIFEST_REQUIRED = {"domain", "name", "codeowners", "documentation", "iot_class", "version"}
MANIFEST_OPTIONAL = {
    "after_dependencies",
    "config_flow",
    "dependencies",
    "homekit",
    "import_executor",
    "integration_type",
    "issue_tracker",
    "loggers",
    "quality_scale",
    "requirements",
    "single_config_entry",
    "usb",
    "zeroconf",
}
IOT_CLASSES = {"assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"}
INTEGRATION_TYPES = {"device", "entity", "hardware", "helper", "hub", "service", "system"}
# Parts of Home Assistant that are always there, so that importing them needs no line in the manifest
ALWAYS_THERE = BASE_PLATFORMS | {
    "diagnostics",
    "frontend",
    "homeassistant",
    "persistent_notification",
    "repairs",
    "system_health",
    "websocket_api",
}

HACS_KEYS = {
    "name",
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "persistent_directory",
    "render_readme",
    "zip_release",
}

# The integration quality scale: bronze, silver, gold, platinum
QUALITY_RULES = set(
    """
    action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
    dependency-transparency docs-actions docs-conditions docs-high-level-description docs-installation-instructions
    docs-removal-instructions docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
    test-before-configure test-before-setup unique-config-entry

    action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
    entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage

    devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
    entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations
    icon-translations reconfiguration-flow repair-issues stale-devices

    async-dependency inject-websession strict-typing
    """.split()  # noqa: SIM905
)

REQUIREMENT_FILES = sorted((ROOT / "scripts" / "requirements").glob("*.txt"))
ADD_ON = "addon"


def read_json(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text())
    assert isinstance(content, dict)
    return content


def strings(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every string of a nested document with its path."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from strings(value, f"{path}.{key}")
    elif isinstance(node, str):
        yield path, node


@pytest.fixture(scope="module")
def manifest():
    return read_json(INTEGRATION / "manifest.json")


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def translations():
    return read_json(INTEGRATION / "translations" / "en.json")


@pytest.fixture(scope="module")
def icons():
    return read_json(INTEGRATION / "icons.json")


# The manifest


def test_manifest_has_the_keys_that_hassfest_knows(manifest):
    assert manifest.keys() >= MANIFEST_REQUIRED
    assert manifest.keys() <= MANIFEST_REQUIRED | MANIFEST_OPTIONAL


def test_manifest_keys_are_in_order(manifest):
    assert list(manifest) == ["domain", "name", *sorted(manifest.keys() - {"domain", "name"})]


def test_manifest_values(manifest):
    assert manifest["domain"] == INTEGRATION.name
    assert manifest["codeowners"] == ["@nattery"]
    assert manifest["documentation"] == "https://github.com/nattery/nattery"
    assert manifest["issue_tracker"] == "https://github.com/nattery/nattery/issues"
    assert manifest["iot_class"] in IOT_CLASSES
    assert manifest["integration_type"] in INTEGRATION_TYPES
    assert manifest["config_flow"] is (INTEGRATION / "config_flow.py").is_file()


def test_manifest_asks_for_what_the_library_asks_for(manifest, project):
    """Home Assistant pins these for everybody: a range of ours must hold its version, and never be a pin."""
    library = {Requirement(line).name: Requirement(line) for line in project["dependencies"]}
    asked = {Requirement(line).name: Requirement(line) for line in manifest["requirements"]}
    assert "pymodbus" in asked
    assert asked == {name: library[name] for name in asked}
    for requirement in library.values():
        assert all(specifier.operator not in {"==", "==="} for specifier in requirement.specifier), requirement


def test_every_used_part_of_home_assistant_is_a_dependency(manifest):
    allowed = ALWAYS_THERE | set(manifest["dependencies"]) | set(manifest.get("after_dependencies", []))
    used: dict[str, Path] = {}
    for path in INTEGRATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{name}" for name in names]
            for name in names:
                if found := re.match(r"homeassistant\.components\.(\w+)", name):
                    used[found[1]] = path
    # A module here of the same name is the platform of that part, as in diagnostics.py.
    missing = {
        part: path for part, path in used.items() if part not in allowed and not (INTEGRATION / f"{part}.py").is_file()
    }
    assert used
    assert not missing


def test_one_version_everywhere(manifest, project):
    assert Version(manifest["version"]) == Version(project["version"])
    assert manifest["version"] == project["version"]
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == project["version"]


# Texts and icons


def test_translations_are_written_in_full(translations):
    """A custom integration has no strings.json and no references, and no text holds HTML."""
    assert not (INTEGRATION / "strings.json").exists()
    texts = dict(strings(translations))
    assert texts
    for path, text in texts.items():
        assert "[%" not in text, path
        assert not re.search(r"</?[a-z]+[^>]*>", text), path
        assert text == text.strip() != "", path


def test_issues_have_a_description_or_a_fix_flow(translations):
    for name, issue in translations.get("issues", {}).items():
        assert ("description" in issue) != ("fix_flow" in issue), name


def test_every_action_has_its_texts_and_icon(translations, icons):
    services = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    assert services.keys() == translations["services"].keys() == icons["services"].keys()
    for name, service in services.items():
        texts = translations["services"][name]
        assert {"name", "description"} <= texts.keys(), name
        fields = (service or {}).get("fields", {})
        assert fields.keys() == texts.get("fields", {}).keys(), name
        for field in fields:
            assert {"name", "description"} <= texts["fields"][field].keys(), (name, field)


def test_icons_are_of_the_one_set_and_differ_from_their_default(icons):
    for path, icon in strings(icons):
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), path
    for platform, entities in icons["entity"].items():
        for key, entity in entities.items():
            assert entity.get("default") not in entity.get("state", {}).values(), (platform, key)


def test_quality_scale_answers_every_rule():
    rules = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]
    assert rules.keys() == QUALITY_RULES
    for rule, answer in rules.items():
        status = answer if isinstance(answer, str) else answer["status"]
        assert status in {"done", "exempt", "todo"}, rule
        assert status == "done" or answer["comment"], rule


# HACS, the Supervisor


def test_hacs_json_is_closed():
    hacs = read_json(ROOT / "hacs.json")
    assert hacs.keys() <= HACS_KEYS
    assert hacs["name"] == "Nattery"
    assert hacs["zip_release"] is True
    assert hacs["filename"] == "nattery.zip"
    assert Version(hacs["homeassistant"]) >= Version("2026.10.0")


def test_hacs_finds_one_integration_and_its_picture():
    folders = [path.name for path in (ROOT / "custom_components").iterdir() if (path / "manifest.json").is_file()]
    assert folders == ["nattery"]
    assert (INTEGRATION / "brand" / "icon.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    for name in ("README.md", "LICENSE", "repository.yaml"):
        assert (ROOT / name).stat().st_size > 0, name


def test_no_file_that_the_supervisor_takes_for_an_add_on():
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in {"node_modules", ADD_ON}]
        found += [Path(folder, name) for name in files if re.fullmatch(r"config\.(json|ya?ml)", name)]
    assert not found


# Pins, the library


@pytest.mark.parametrize("path", REQUIREMENT_FILES, ids=lambda path: path.stem)
def test_requirements_are_pinned_with_hashes_and_without_addresses(path):
    text = path.read_text()
    assert "://" not in text
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.lstrip().startswith("#")]
    pinned = set()
    for line in lines:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ ", line), line
        assert "--hash=sha256:" in line, line
        pinned.add(re.split(r"[\[=]", line)[0].lower())
    asked = [line for line in path.with_suffix(".in").read_text().splitlines() if line and not line.startswith("#")]
    assert {Requirement(line).name.lower() for line in asked} <= pinned


def test_there_are_requirement_files():
    assert [path.stem for path in REQUIREMENT_FILES] == ["demo", "newest", "oldest_frontend", "test"]


def test_npm_packages_are_pinned_with_hashes_and_without_addresses():
    lock = read_json(ROOT / "custom_components/nattery/frontend/package-lock.json")
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name
    assert all(re.fullmatch(r"[\d.]+", version) for version in lock["packages"][""]["devDependencies"].values())


def test_sources_of_the_screen_are_not_released():
    """Only what is built from them is."""
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert "'frontend/src/*'" in release
    left_out = re.findall(r"'frontend/(.*?)'", release)
    released = [
        path.name
        for path in (INTEGRATION / "frontend").iterdir()
        if path.name != "tests" and not any(fnmatch(path.name, pattern.removesuffix("/*")) for pattern in left_out)
    ]
    assert sorted(set(released) - {"__pycache__"}) == ["__init__.py", "bundle"]


IMPORT_EVERY_MODULE = """
import importlib, pkgutil, sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"homeassistant", "probatio", "voluptuous", "custom_components"}:
            raise ImportError(f"{name} is not for the library")

sys.meta_path.insert(0, Wall())
import nattery
for module in pkgutil.walk_packages(nattery.__path__, "nattery."):
    importlib.import_module(module.name)
    print(module.name)
"""


def test_the_library_imports_alone(tmp_path):
    """As `nattery`, every module of the core imports with no Home Assistant and no integration in reach."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERY_MODULE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert {"nattery.cli", "nattery.modbus.client", "nattery.inverter.registers"} <= set(done.stdout.split())
