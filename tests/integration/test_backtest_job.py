"""The backtest by websocket: start, progress, result and cancel, over restarts."""

import signal
from subprocess import Popen
from typing import Any

from homeassistant.auth.models import User
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.nattery.core.process.errors import WorkerExitError
from custom_components.nattery.errors import describe
from custom_components.nattery.trading.backtest_job import RUNNING

from .books import BookedHouse
from .commands import connect, event_with, send, subscribe
from .test_backtest_action import DAYS, backtest, ended, lived, set_up, until
from .test_websocket_commands import sentence, user_of

SUBSCRIBE = "nattery/backtest/subscribe"


class BacktestScreen:
    """A websocket connection that is subscribed to the backtest."""

    def __init__(self, house: BookedHouse, client: MockHAClientWebSocket) -> None:
        self.client, self.entry_id = client, house.entry.entry_id

    async def ask(self, command: str, **fields: Any) -> dict[str, Any]:
        return await send(self.client, f"nattery/backtest/{command}", entry_id=self.entry_id, **fields)

    async def follow(self) -> dict[str, Any]:
        """Subscribe and return the first event."""
        first: dict[str, Any] = await subscribe(self.client, SUBSCRIBE, self.entry_id)
        return first

    async def state(self, state: str) -> dict[str, Any]:
        """Return the first event with a state."""
        event: dict[str, Any] = await event_with(self.client, lambda event: event and event["state"] == state)
        return event


async def screen_of(house: BookedHouse, hass_ws_client: WebSocketGenerator, user: User) -> BacktestScreen:
    return BacktestScreen(house, await connect(house.hass, hass_ws_client, user))


@pytest.fixture
async def screen(booked: BookedHouse, hass_ws_client: WebSocketGenerator, hass_admin_user: User) -> BacktestScreen:
    """That of an administrator, in a house with ten days in its ledger."""
    await set_up(booked, lived())
    return await screen_of(booked, hass_ws_client, hass_admin_user)


async def start_and_stop(screen: BacktestScreen, started: list[Popen[bytes]], **fields: Any) -> None:
    """Start a backtest and stop its process halfway."""
    earlier = len(started)
    assert (await screen.ask("start", **fields))["success"]
    await until(lambda: len(started) > earlier)
    started[-1].send_signal(signal.SIGSTOP)


async def test_a_backtest_is_followed_from_start_to_result(booked: BookedHouse, screen: BacktestScreen) -> None:
    idle = await screen.follow()
    assert idle == {
        "state": "idle", "progress": 0.0, "seconds_left": None, "request": None, "result": None, "error": None,
        "finished_at": None,
    }  # fmt: skip
    assert (await screen.ask("start", capacity="20"))["result"] == {}
    begun = await screen.state("running")
    assert (begun["request"], begun["finished_at"]) == ({"capacity": 20.0}, None)
    assert 0 <= begun["progress"] < 1
    done = await screen.state("done")
    assert (done["progress"], done["seconds_left"], done["error"]) == (1.0, None, None)
    assert done["finished_at"]
    assert done["result"]["quarters"] == DAYS * 96 - 50
    assert done["result"]["battery"]["capacity_kwh"] == 20
    assert RUNNING not in booked.hass.data
    assert await backtest(booked, capacity=20) == done["result"]


async def test_progress_is_sent_with_the_seconds_that_are_left(
    booked: BookedHouse, screen: BacktestScreen, started: list[Popen[bytes]]
) -> None:
    await screen.follow()
    job = booked.site.trading.backtest
    await start_and_stop(screen, started)
    job._begun -= 10
    job._on_progress(0.25)
    event = await event_with(screen.client, lambda event: event["progress"] >= 0.25)
    assert event["state"] == "running"
    assert event["seconds_left"] == pytest.approx(10 * (1 / event["progress"] - 1), abs=3)
    job._on_progress(0.1)
    assert job.status["progress"] >= 0.25
    started[-1].send_signal(signal.SIGCONT)
    await screen.state("done")


async def test_the_last_result_is_kept_over_a_restart(
    booked: BookedHouse, screen: BacktestScreen, hass_storage: dict[str, Any]
) -> None:
    await screen.follow()
    await screen.ask("start", start="2026-11-12 00:00:00", end="2026-11-14T00:00:00+01:00")
    done = await screen.state("done")
    start, end = "2026-11-11T23:00:00+00:00", "2026-11-13T23:00:00+00:00"
    assert done["request"] == {"start": start, "end": end}
    assert await booked.hass.config_entries.async_reload(booked.entry.entry_id)
    await booked.settle()
    assert await event_with(screen.client, lambda event: event) == done
    assert await booked.hass.config_entries.async_unload(booked.entry.entry_id)
    key = f"nattery.{booked.entry.entry_id}.backtest"
    assert hass_storage[key]["data"]["result"] == done["result"]
    await booked.hass.config_entries.async_remove(booked.entry.entry_id)
    assert key not in hass_storage


@pytest.mark.parametrize("damage", [{"state": "elsewhere"}, {"state": "done"}, []], ids=str)
async def test_what_cannot_be_read_is_discarded(
    booked: BookedHouse, hass_storage: dict[str, Any], damage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    key = f"nattery.{booked.entry.entry_id}.backtest"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": damage}
    await set_up(booked, [])
    assert booked.site.trading.backtest.status["state"] == "idle"
    assert "The last backtest of Inverter is discarded" in caplog.text


async def test_cancelling_kills_the_process_and_keeps_the_last_result(
    booked: BookedHouse, screen: BacktestScreen, started: list[Popen[bytes]]
) -> None:
    await screen.follow()
    await screen.ask("start", start="2026-11-18 00:00:00")
    result = (await screen.state("done"))["result"]
    await start_and_stop(screen, started)
    assert (await screen.ask("cancel"))["result"] == {"cancelled": True}
    cancelled = await screen.state("cancelled")
    await until(lambda: started[-1].returncode is not None)
    assert started[-1].returncode == -signal.SIGKILL
    assert (cancelled["result"], cancelled["progress"], cancelled["error"]) == (result, 0.0, None)
    assert RUNNING not in booked.hass.data
    assert (await screen.ask("cancel"))["result"] == {"cancelled": False}
    assert (await screen.ask("start", start="2026-11-18 00:00:00"))["success"]
    await screen.state("done")


async def test_one_at_a_time_whoever_asks(
    booked: BookedHouse, screen: BacktestScreen, started: list[Popen[bytes]]
) -> None:
    action = booked.hass.async_create_background_task(backtest(booked), "a backtest")
    await until(lambda: bool(started))
    started[0].send_signal(signal.SIGSTOP)
    assert (await screen.follow())["state"] == "running"
    error = (await screen.ask("start"))["error"]
    assert (error["code"], error["translation_key"]) == ("not_allowed", "backtest_busy")
    assert sentence(error)
    assert (await screen.ask("cancel"))["result"] == {"cancelled": True}
    with pytest.raises(HomeAssistantError) as caught:
        await action
    assert caught.value.translation_key == "backtest_stopped"
    await ended(started)


async def test_a_failure_is_a_key_and_a_sentence(booked: BookedHouse, screen: BacktestScreen) -> None:
    await screen.follow()
    await screen.ask("start", start="2026-10-01 00:00:00", end="2026-10-02 00:00:00")
    failed = await screen.state("failed")
    assert failed["error"]["key"] == "backtest_too_little"
    assert failed["error"]["values"] == {"quarters": "0", "least": "96"}
    assert failed["error"]["message"].startswith("The ledger has 0 quarter-hours with prices")
    assert failed["result"] is None


async def test_a_process_that_dies_is_a_failure(
    booked: BookedHouse, screen: BacktestScreen, started: list[Popen[bytes]]
) -> None:
    await screen.follow()
    await start_and_stop(screen, started)
    started[0].kill()
    failed = await screen.state("failed")
    assert failed["error"]["key"] == describe(WorkerExitError(-9))[0]


async def test_it_ends_with_the_entry_and_is_cancelled_after_the_reload(
    booked: BookedHouse, screen: BacktestScreen, started: list[Popen[bytes]]
) -> None:
    await screen.follow()
    await start_and_stop(screen, started)
    assert await booked.hass.config_entries.async_reload(booked.entry.entry_id)
    await ended(started)
    assert RUNNING not in booked.hass.data
    assert (await screen.state("cancelled"))["result"] is None


async def test_a_kill_of_home_assistant_leaves_a_backtest_that_was_cancelled(
    booked: BookedHouse, hass_storage: dict[str, Any]
) -> None:
    key = f"nattery.{booked.entry.entry_id}.backtest"
    status: dict[str, Any] = {"state": "running", "request": {}, "result": None, "error": None, "finished_at": None}
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": status}
    await set_up(booked, [])
    assert booked.site.trading.backtest.status["state"] == "cancelled"


async def test_a_viewer_cancels_only_what_it_has_started(
    booked: BookedHouse, screen: BacktestScreen, hass_ws_client: WebSocketGenerator, started: list[Popen[bytes]]
) -> None:
    viewer = await screen_of(booked, hass_ws_client, await user_of(booked.hass, "viewer"))
    user = await screen_of(booked, hass_ws_client, await user_of(booked.hass, "user"))
    await start_and_stop(screen, started)
    error = (await viewer.ask("cancel"))["error"]
    assert (error["code"], error["translation_key"]) == ("unauthorized", "not_permitted")
    assert (await user.ask("cancel"))["result"] == {"cancelled": True}
    await until(lambda: RUNNING not in booked.hass.data)
    await start_and_stop(viewer, started)
    assert (await viewer.ask("cancel"))["result"] == {"cancelled": True}
    await until(lambda: RUNNING not in booked.hass.data)
    await until(lambda: all(one.returncode is not None for one in started))


NONSENSE: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"start": "soon"}, "not_allowed", "bad_time"),
    ({"end": "9999-12-31 23:59:59"}, "not_allowed", "bad_time"),
    ({"start": "2026-11-20 12:00:00"}, "not_allowed", "bad_range"),
    ({"start": "2025-10-01 00:00:00"}, "not_allowed", "bad_range"),
    ({"capacity": 0}, "invalid_format", "field_not_allowed"),
    ({"charge": "much"}, "invalid_format", "field_not_allowed"),
    ({"discharge": [5]}, "invalid_format", "field_not_allowed"),
    ({"wear": -0.1}, "invalid_format", "field_not_allowed"),
    ({"wear": 0.1, "battery_price": 5000}, "invalid_format", "field_not_allowed"),
    ({"efficiency": 90}, "invalid_format", "field_unknown"),
)


async def test_nonsense_starts_nothing(
    booked: BookedHouse, screen: BacktestScreen, started: list[Popen[bytes]]
) -> None:
    for fields, code, key in NONSENSE:
        error = (await screen.ask("start", **fields))["error"]
        assert (error["code"], error["translation_key"]) == (code, key), fields
        assert sentence(error)
    assert not started
    assert booked.site.trading.backtest.status["state"] == "idle"
