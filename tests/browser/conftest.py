"""For the tests in a browser: the demo, started once for all, and Debian's Chromium, logged in for each."""

from collections.abc import AsyncIterator, Generator, Iterator
import re
import shutil
import signal

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect
import pytest
import pytest_asyncio

from tests.ports import free_port

from .demo import ROOT, Demo, copy_of, running, time_zone_at_noon

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Home Assistant's labels come after the page: on a busy machine, after its start, in more than Playwright's own 5 s.
PATIENCE = 60_000  # ms
expect.set_options(timeout=PATIENCE)
PICTURES = ROOT / "test-results"
FAILED = pytest.StashKey[bool]()


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Nothing: the test plugin's own looks for Home Assistants inside this process, and there are none."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def first_life(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo that was started for the first time and ended with Ctrl-C; the next one lives in its folder."""
    demo = Demo(tmp_path_factory.mktemp("demo") / "folder", free_port())
    try:
        demo.wait_until_ready()
    finally:
        demo.stop(signal.SIGINT)
    shutil.copytree(demo.folder, copy_of(demo), symlinks=True)
    return demo


@pytest.fixture(scope="session")
def demo(first_life: Demo) -> Iterator[Demo]:
    """The demo, in its second life."""
    with running(first_life.folder, free_port()) as demo:
        yield demo


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert program, f"These tests need a browser: install one of {', '.join(BROWSERS)}."
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    """A page that shows the demo's first screen, logged in through the login page; errors in it fail the test."""
    window = {"width": 1440, "height": 900}
    context = await browser.new_context(
        viewport=window, locale="en-GB", timezone_id=time_zone_at_noon(), reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.extend(_complaint(message)))
    try:
        await page.goto(demo.url)
        await page.get_by_label("Username").fill("demo")
        await page.get_by_role("textbox", name="Password").fill("demo")
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_url("**/home-battery/**")
        yield page
    finally:
        if request.node.stash.get(FAILED, True):
            await _take_picture(page, request.node.name)
        await context.close()
    assert errors == []


def _complaint(message: ConsoleMessage) -> list[str]:
    """An error of the page's console; pictures of other brands are missing without internet."""
    if message.type != "error" or "/api/brands/" in message.location["url"]:
        return []
    return [f"{message.text} ({message.location['url']})"]


async def _take_picture(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{re.sub(r'\W+', '-', name)}.png")
