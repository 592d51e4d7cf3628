"""For the tests in a browser: the demo, started once for all, and Debian's Chromium, logged in for each."""

from collections.abc import AsyncIterator, Generator, Iterator
import re
import shutil
import signal

from playwright.async_api import Browser, Page, async_playwright, expect
import pytest
import pytest_asyncio

from tests.ports import free_port

from .demo import ROOT, Demo, copy_of, running
from .people import PATIENCE, Watched, context_of, log_in

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
    async with context_of(browser) as context:
        watched = Watched(await context.new_page())
        try:
            await log_in(watched.page, demo)
            yield watched.page
        finally:
            if request.node.stash.get(FAILED, True):
                await _take_picture(watched.page, request.node.name)
    assert watched.errors == []


async def _take_picture(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{re.sub(r'\W+', '-', name)}.png")
