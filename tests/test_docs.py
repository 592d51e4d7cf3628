"""What the docs say that the code says too."""

import json
from pathlib import Path
import re
import subprocess
import sys

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_page_of_registers_is_what_the_table_says() -> None:
    check = [sys.executable, str(ROOT / "scripts" / "write_registers.py"), "--check"]
    assert subprocess.run(check, check=False).returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_repair_issues_that_the_docs_name_exist() -> None:
    """Their titles stand in quotation marks, with an ellipsis for the name of the entry."""
    translations = json.loads(
        (ROOT / "custom_components" / "nattery" / "translations" / "en.json").read_text(encoding="utf-8")
    )
    titles = {issue["title"].replace("{entry}", "\N{HORIZONTAL ELLIPSIS}") for issue in translations["issues"].values()}
    named = {
        title
        for page in PAGES
        for title in re.findall(r'repair issue "([^"]+)"', page.read_text(encoding="utf-8"), re.IGNORECASE)
    }
    assert named
    assert named <= titles
