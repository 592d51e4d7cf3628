"""Measurements of the screen in a browser: what updates of the plan cost, the heap, and the size of the files."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import mimetypes
from pathlib import Path
import shutil
import tempfile
from typing import Any

from playwright.async_api import CDPSession, Page, Route, async_playwright

from .rows import Row

_ROOT = Path(__file__).resolve().parents[2]
_FRONTEND = _ROOT / "custom_components/nattery/frontend"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ADDRESS = "http://screen.invalid/"
_UPDATES, _MANY, _FEW = 60, 1000, 100
_KB = 1000.0
# Sends pictures of the plan that differ in every slot, or waits as long without sending any.
_UPDATE = """async ([count, isEmpty]) => {
  const { connection, house } = window;
  const { send } = connection.open.find(({ message }) => message.type === "nattery/plan/subscribe");
  const plans = [0.01, 0.02].map((more) => {
    const plan = house.plan;
    return { ...plan, slots: { ...plan.slots, import_price: plan.slots.import_price.map((price) => price + more) } };
  });
  for (let i = 0; i < count; i++) {
    if (!isEmpty) send(plans[i % 2]);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }
}"""


async def screen(*, quick: bool) -> list[Row]:
    """Measure 60 updates of the plan a minute against an empty loop, the heap over 1 000 updates, and the files."""
    files = {path.name: path.stat().st_size / _KB for path in _FRONTEND.glob("bundle/*/*.js.gz")}
    rows = [Row("all files of the screen, gzip", sum(files.values()), 84, "kB")]
    async with _plan_card() as page:
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        await page.evaluate(_UPDATE, [_FEW, False])
        costs = []
        for _ in range(1 if quick else 3):
            empty = await _task_seconds(session, page, is_empty=True)
            costs.append(await _task_seconds(session, page, is_empty=False) - empty)
        rows.append(Row("processor time of 60 updates of the plan a minute", min(costs) / 60 * 100, 0.5, "%"))
        before = await _heap(session)
        await page.evaluate(_UPDATE, [_FEW if quick else _MANY, False])
        rows.append(Row("growth of the heap over 1 000 updates", (await _heap(session) - before) / _KB, 500, "kB"))
    return rows


async def _task_seconds(session: CDPSession, page: Page, *, is_empty: bool) -> float:
    """Return the time of the main thread for a minute's updates, or for as long a loop without them."""
    before = await _metric(session, "TaskDuration")
    await page.evaluate(_UPDATE, [_UPDATES, is_empty])
    return await _metric(session, "TaskDuration") - before


async def _heap(session: CDPSession) -> float:
    await session.send("HeapProfiler.collectGarbage")
    return await _metric(session, "JSHeapUsedSize")


async def _metric(session: CDPSession, name: str) -> float:
    metrics: list[dict[str, Any]] = (await session.send("Performance.getMetrics"))["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == name)


@asynccontextmanager
async def _plan_card() -> AsyncIterator[Page]:
    """Yield a page that shows the plan card of a made-up home."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        raise SystemExit(f"screen needs a browser: install one of {', '.join(_BROWSERS)}.")
    with tempfile.TemporaryDirectory() as folder:
        await _build(Path(folder))
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = await browser.new_page(viewport={"width": 1440, "height": 1000})
            await page.route(f"{_ADDRESS}**", lambda route: _serve(route, Path(folder)))
            await page.goto(_ADDRESS)
            await page.locator("nattery-plan-chart svg").wait_for()
            yield page
            await browser.close()


async def _build(folder: Path) -> None:
    command = ("npx", "vite", "build", "tests/harness", "--outDir", str(folder), "--logLevel", "error")
    process = await asyncio.create_subprocess_exec(*command, cwd=_FRONTEND)
    if await process.wait():
        raise SystemExit("The page for the measurement was not built: run scripts/setup lint first.")


async def _serve(route: Route, folder: Path) -> None:
    """Answer a request with a file of the built page."""
    path = folder / (route.request.url.removeprefix(_ADDRESS).partition("?")[0] or "index.html")
    if not path.is_file():
        await route.fulfill(status=404)
        return
    await route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path.name)[0] or "text/plain")
