"""The topics of health: line, polls, prices, forecasts, ledger and repair issues of one config entry.

Administrators get everything. Others who may see the entry get a summary: what works, without addresses and figures.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..coordinator import InverterCoordinator
from ..core.forecast.quality import ForecastQuality
from ..core.inverter.registers import BY_KEY
from ..core.inverter.write_counter import REFUSE_AT, WARN_AT
from ..core.market.book import Freshness
from ..device import InverterDevice
from ..issues import SEVERITIES, issue_id
from ..prices.coordinator import PriceCoordinator
from ..prices.websocket import day_quality
from ..runtime import NatteryConfigEntry, NatteryRuntime
from ..trading.coordinator import TradingCoordinator
from .access import AccessCheck, require_administrator, require_see
from .plain import iso_time
from .subscription import Feed, Listener, Picture, PictureFeed, Topic

SUBSCRIBE: Final = f"{DOMAIN}/health/subscribe"
_INTERVAL: Final = 5.0  # seconds
_FETCHES: Final = 50
_DIGITS: Final = 4

# What those get who are no administrators, by section.
_SUMMARY: Final[Mapping[str, frozenset[str]]] = {
    "line": frozenset({"connected", "responding", "wrong_device"}),
    "prices": frozenset({"working", "freshness", "known_until", "status", "days"}),
    "forecast": frozenset({"load", "pv"}),
    "database": frozenset({"working"}),
}


def health(hass: HomeAssistant, entry: NatteryConfigEntry) -> dict[str, Any]:
    """Return the health of a loaded entry; texts of errors are left out, since they name hosts and ports."""
    runtime = entry.runtime_data
    device, prices, trading = runtime.identified_device, runtime.prices, runtime.trading
    return {
        "line": _line(runtime),
        "polls": _polls(device),
        "prices": _prices(prices) if prices is not None else None,
        "fetches": prices.fetcher.book.log.to_list()[-_FETCHES:] if prices is not None else [],
        "forecast": _forecast(trading) if trading is not None else None,
        "database": _database(trading) if trading is not None else None,
        "issues": _issues(hass, entry),
    }


def summary(hass: HomeAssistant, entry: NatteryConfigEntry) -> dict[str, Any]:
    """Return what works and what does not, for users who are no administrators."""
    whole = health(hass, entry)
    sections = {
        name: {key: value for key, value in whole[name].items() if key in keys} if whole[name] is not None else None
        for name, keys in _SUMMARY.items()
    }
    issues = [{key: issue[key] for key in ("key", "severity")} for issue in whole["issues"]]
    return {**sections, "issues": issues}


def _line(runtime: NatteryRuntime) -> dict[str, Any]:
    """Return the state of the connection and its statistics since it was opened; times in seconds."""
    bus, device = runtime.connection.bus, runtime.identified_device
    statistics = asdict(bus.statistics.snapshot())
    return {
        "connected": bus.connected,
        "responding": device.readings.last_update_success,
        "wrong_device": device.wrong_device,
        "margin": bus.timing.margin,
        **{key: round(value, _DIGITS) if isinstance(value, float) else value for key, value in statistics.items()},
    }


def _polls(device: InverterDevice) -> dict[str, Any]:
    inverter = device.inverter
    counter = inverter.write_counter
    return {
        "readings": _poll(device.readings),
        "settings": _poll(device.settings),
        "statistics": _poll(device.statistics),
        "rejected_values": _by_symbol(inverter.implausible_counts),
        "unsupported": [f"0x{address:04X}" for address in inverter.unsupported_addresses],
        "writes_today": counter.writes_today(device.today),
        "frequently_written": _by_symbol(counter.frequently_written(device.today)),
        "write_warning": WARN_AT,
        "write_limit": REFUSE_AT,
    }


def _by_symbol(counts: Mapping[str, int]) -> dict[str, int]:
    return {BY_KEY[key].symbol: count for key, count in counts.items()}


def _poll(coordinator: InverterCoordinator) -> dict[str, Any]:
    interval, report = coordinator.update_interval, coordinator.data
    return {
        "tiers": [tier.value for tier in coordinator.tiers],
        "interval": interval.total_seconds() if interval else None,
        "success": coordinator.last_update_success,
        "read_at": iso_time(coordinator.read_at),
        "seconds": round(report.seconds, 3) if report else None,
        "failed": {BY_KEY[key].symbol: error.kind for key, error in report.failed.items()} if report else {},
    }


def _prices(prices: PriceCoordinator) -> dict[str, Any]:
    """Return the quality of the known prices, the health of ENTSO-E, and the next fetch."""
    snapshot = prices.data if prices.last_update_success else None
    plan = prices.fetcher.plan_fetch()
    return {
        **{name: _plain(value) for name, value in asdict(prices.health).items()},
        "working": snapshot is not None and snapshot.freshness not in (Freshness.NONE, Freshness.STALE),
        "freshness": snapshot.freshness.value if snapshot else None,
        "currency": prices.fetcher.book.currency or None,
        "known_until": iso_time(snapshot.known_until) if snapshot else None,
        "days": [day_quality(day) for day in (snapshot.today, snapshot.tomorrow)] if snapshot else [],
        "next_fetch": {name: _plain(value) for name, value in asdict(plan).items()},
        "errors": {name: error.kind for name, error in prices.fetcher.errors.items()},
    }


def _forecast(trading: TradingCoordinator) -> dict[str, Any]:
    forecasts = trading.forecasts
    return {"load": _quality(forecasts.load_quality), "pv": _quality(forecasts.pv_quality)}


def _quality(quality: ForecastQuality | None) -> dict[str, Any] | None:
    if quality is None:
        return None
    return {name: round(value, _DIGITS) if value is not None else None for name, value in asdict(quality).items()}


def _database(trading: TradingCoordinator) -> dict[str, Any]:
    recorder = trading.recorder
    return {
        "kind": "postgresql" if trading.settings.ledger else "sqlite",
        "working": recorder.error is None,
        "error": recorder.error.kind if recorder.error is not None else None,
        "last": iso_time(recorder.last.start) if recorder.last is not None else None,
        "pending": recorder.pending_count,
    }


def _issues(hass: HomeAssistant, entry: NatteryConfigEntry) -> list[dict[str, Any]]:
    """Return the active repair issues of an entry."""
    registry = ir.async_get(hass)
    found = ((name, registry.async_get_issue(DOMAIN, issue_id(entry.entry_id, name))) for name in SEVERITIES)
    return [
        {
            "key": name,
            "severity": issue.severity,
            "placeholders": issue.translation_placeholders or {},
            "ignored": issue.dismissed_version is not None,
        }
        for name, issue in found
        if issue is not None and issue.active
    ]


def _listen(hass: HomeAssistant, entry: NatteryConfigEntry, listener: Listener) -> CALLBACK_TYPE:
    """Call `listener` after every poll, and when prices, trading or repair issues change; returns what ends that."""
    runtime = entry.runtime_data

    @callback
    def on_issue(event: Event[Any]) -> None:
        if event.data["domain"] == DOMAIN:
            listener()

    stops = [
        *(one.async_add_listener(listener) for one in runtime.identified_device.coordinators),
        *(one.async_add_listener(listener) for one in (runtime.prices, runtime.trading) if one is not None),
        hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, on_issue),
    ]

    @callback
    def stop() -> None:
        for one in stops:
            one()

    return stop


def _topic(name: str, picture: Callable[[HomeAssistant, NatteryConfigEntry], Picture], check: AccessCheck) -> Topic:
    def feed(hass: HomeAssistant, entry: NatteryConfigEntry) -> Feed:
        return PictureFeed(lambda: picture(hass, entry), lambda listener: _listen(hass, entry, listener))

    return Topic(name, feed, check, _INTERVAL)


def _plain(value: Any) -> Any:  # noqa: ANN401  (a field of a data class)
    return iso_time(value) if isinstance(value, datetime) else value


HEALTH_TOPICS: Final = (
    _topic(SUBSCRIBE, health, require_administrator),
    _topic(f"{SUBSCRIBE} summary", summary, require_see),
)
