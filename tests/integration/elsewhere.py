"""Plays the two public sources that may stand in for ENTSO-E, over HTTP on the loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from threading import Thread
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from scripts.entsoe_standin.curve import edges, price

GERMANY = "10Y1001A1001A82H"
QUARTER = timedelta(minutes=15)
MORE = 1.0  # EUR/MWh by which these sources are dearer than ENTSO-E


def market_price(moment: datetime) -> float:
    """What the stand-in for ENTSO-E says of Germany, EUR/kWh."""
    return round(price(1, GERMANY, moment) / 1000, 6)


def quarters(day: date) -> list[datetime]:
    """The beginnings of a market day's quarters of an hour."""
    start, end = (edge.astimezone(UTC) for edge in edges(day))
    return [start + n * QUARTER for n in range((end - start) // QUARTER)]


def _energy_charts(day: date) -> dict[str, Any]:
    starts = quarters(day)
    prices = [round(price(1, GERMANY, start) + MORE, 2) for start in starts]
    return {"unix_seconds": [int(start.timestamp()) for start in starts], "price": prices, "unit": "EUR / MWh"}


def _nord_pool(day: date) -> dict[str, Any]:
    entries = [
        {
            "deliveryStart": start.isoformat(),
            "deliveryEnd": (start + QUARTER).isoformat(),
            "entryPerArea": {"GER": round(price(1, GERMANY, start) + MORE, 2)},
        }
        for start in quarters(day)
    ]
    state = {"state": "Final", "areas": ["GER"]}
    return {"market": "DayAhead", "currency": "EUR", "multiAreaEntries": entries, "areaStates": [state]}


class Elsewhere(ThreadingHTTPServer):
    """`status` by source: what it answers with instead of prices; `asked` are the sources and days asked for."""

    daemon_threads = False  # so that closing waits for the ends of all answers

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Elsewhere)
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        source = "energy_charts" if urlsplit(self.path).path == "/price" else "nord_pool"
        day = query["start" if source == "energy_charts" else "date"]
        self.server.asked.append((source, day))
        status = self.server.status.get(source, 200)
        make = {"energy_charts": _energy_charts, "nord_pool": _nord_pool}[source]
        self.send_response(status)
        self.end_headers()
        if status == 200:
            self.wfile.write(json.dumps(make(date.fromisoformat(day))).encode())


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """Serve until the end of the block."""
    server = Elsewhere()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
