"""What the tests do with the panel and its cards."""

from typing import Any, Final

from playwright.async_api import Locator, Page

from .demo import ROOT, Demo

PANEL: Final = "/nattery"
_AXE: Final = ROOT / "custom_components/nattery/frontend/node_modules/axe-core/axe.min.js"
_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# What axe finds is judged inside our own elements: the rest is Home Assistant's.
_FIND_FAULTS: Final = """async ([rules, tag]) => {
  const find = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.localName === tag) return element;
      const found = element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  const own = find(document);
  if (!own) return [`${tag} is not there`];
  const result = await axe.run(own, { runOnly: rules, resultTypes: ["violations"] });
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, html }) => `${id}: ${target.flat().at(-1)} ${html.slice(0, 160)}`));
}"""


async def faults(page: Page, tag: str = "nattery-panel") -> list[str]:
    """Return what axe-core finds wrong inside the first element of a kind.

    The window is as high as the page meanwhile: what the tabs of a phone cover would be too small to be tapped.
    """
    if not await page.evaluate("() => 'axe' in window"):
        await page.add_script_tag(path=_AXE)
    window = page.viewport_size
    assert window
    height = await page.evaluate("() => document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
    found: list[str] = await page.evaluate(_FIND_FAULTS, [list(_RULES), tag])
    await page.set_viewport_size(window)
    return found


def panel(page: Page) -> Locator:
    """Return the panel."""
    return page.locator("nattery-panel")


def tabs(page: Page) -> Locator:
    """Return the links to the pages."""
    return panel(page).get_by_role("navigation", name="Pages").get_by_role("link")


def chart(page: Page) -> Locator:
    """Return the chart of the plan, as a keyboard and a screen reader find it."""
    return page.get_by_role("slider", name="Plan of the battery").first


async def open_panel(page: Page, demo: Demo, path: str = "") -> None:
    """Open a page of the panel and wait until it shows something."""
    await page.goto(f"{demo.url}{PANEL}{path}")
    await panel(page).locator("main").locator("ha-card").first.wait_for()


async def call(page: Page, script: str, argument: object = None) -> Any:
    """Run a script that gets Home Assistant's `hass` as its first argument."""
    return await page.evaluate(
        f"(argument) => ({script})(document.querySelector('home-assistant').hass, argument)", argument
    )
