"""The stand-in's web server: path, parameters and checks of the platform, on the loopback address."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self, cast, override
from urllib.parse import parse_qs, urlsplit

from .modes import Reply, ReplyDelivery, Request, find_mode
from .xml import acknowledgement

PATH = "/api"
REQUIRED = ("documentType", "in_Domain", "out_Domain", "periodStart", "periodEnd")
PARTS = 100


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Behaviour:
    """The behaviour of the stand-in: `next_modes` apply to the next requests, `mode` to all later ones.

    A `token` of None accepts any token except an empty one; `now` is the clock. `spread` is that of `price`. With
    `early`, tomorrow's prices are published at midnight.
    """

    mode: str = "ok"
    next_modes: list[str] = field(default_factory=list)
    token: str | None = None
    seed: int = 1
    spread: float = 1.0
    early: bool = False
    now: Callable[[], datetime] = _now


class StandIn:
    """Serves from `start` to `stop`; `queries` are the parameters of all requests so far."""

    def __init__(self, behaviour: Behaviour | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.queries: list[dict[str, str]] = []
        self.stopping = Event()
        self._server = _StandInServer((host, port), self)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Return the URL of the API."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}{PATH}"

    def start(self) -> Self:
        """Start serving in threads."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, even during slow responses."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reply(self, path: str, token: str | None) -> Reply:
        """Return the reply to a request for `path` with its query; `token` is that of the header, if any."""
        path_only, query = urlsplit(path).path, urlsplit(path).query
        parameters = {name: values[0] for name, values in parse_qs(query).items()}
        self.queries.append(parameters)
        behaviour = self.behaviour
        reply_for, number = find_mode(behaviour.next_modes.pop(0) if behaviour.next_modes else behaviour.mode)
        now = behaviour.now()
        token = token or parameters.get("securityToken", "")
        if path_only != PATH:
            return Reply(b"404 page not found", HTTPStatus.NOT_FOUND, "text/plain")
        if not token or token != (behaviour.token or token):
            return find_mode("unauthorized")[0](Request("", now, now, now, behaviour.seed, path), 0)
        if error := _request_error(parameters):
            return Reply(acknowledgement("999", error, created=now), HTTPStatus.BAD_REQUEST)
        start, end = _parse_time(parameters["periodStart"]), _parse_time(parameters["periodEnd"])
        request = Request(
            parameters["in_Domain"], start, end, now, behaviour.seed, path, behaviour.spread, behaviour.early
        )
        return reply_for(request, number)


def _request_error(parameters: dict[str, str]) -> str:
    if missing := [name for name in REQUIRED if not parameters.get(name)]:
        return f"Mandatory parameters are missing: {', '.join(missing)}"
    if parameters["documentType"] != "A44" or parameters["in_Domain"] != parameters["out_Domain"]:
        return "This stand-in has day-ahead prices (A44) of one area at a time"
    try:
        start, end = _parse_time(parameters["periodStart"]), _parse_time(parameters["periodEnd"])
    except ValueError:
        return "periodStart and periodEnd are not yyyyMMddHHmm"
    return "" if start < end else "periodEnd is not after periodStart"


def _parse_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC)


class _StandInServer(ThreadingHTTPServer):
    daemon_threads = False  # so that `stop` waits for all responses

    def __init__(self, address: tuple[str, int], stand_in: StandIn) -> None:
        super().__init__(address, _StandInHandler)
        self.stand_in = stand_in

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect, which the tests do on purpose."""


class _StandInHandler(BaseHTTPRequestHandler):
    timeout = 10  # seconds that a client may take to send its request

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, because the URL contains a token."""

    def do_GET(self) -> None:
        """Send the reply with its delivery."""
        stand_in = cast("_StandInServer", self.server).stand_in
        reply = stand_in.reply(self.path, self.headers.get("SECURITY_TOKEN"))
        if stand_in.stopping.wait(reply.delay) or reply.delivery is ReplyDelivery.HANG_UP:
            return
        head, body = self._head(reply), reply.body
        if reply.delivery in {ReplyDelivery.CUT, ReplyDelivery.CUT_UNANNOUNCED}:
            body = body[: len(body) // 2]
        message = head + body
        at_once = {ReplyDelivery.DRIP: len(head), ReplyDelivery.DRIP_HEAD: 0}.get(reply.delivery, len(message))
        with suppress(OSError):
            self.wfile.write(message[:at_once])
            step = max(1, (len(message) - at_once) // PARTS)
            for start in range(at_once, len(message), step):
                if stand_in.stopping.wait(reply.drip_seconds / PARTS):
                    return
                self.wfile.write(message[start : start + step])

    def _head(self, reply: Reply) -> bytes:
        lines = [
            f"HTTP/1.0 {int(reply.status)} {HTTPStatus(reply.status).phrase}",
            f"Content-Type: {reply.content_type}",
        ]
        if reply.delivery is not ReplyDelivery.CUT_UNANNOUNCED:
            lines.append(f"Content-Length: {len(reply.body)}")
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()
