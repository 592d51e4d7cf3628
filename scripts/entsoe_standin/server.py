"""The stand-in's web server: the platform's address, parameters and checks, on the loopback."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self, cast, override
from urllib.parse import parse_qs, urlsplit

from .modes import Manner, Reply, Request, find
from .xml import acknowledgement

PATH = "/api"
NEEDED = ("documentType", "in_Domain", "out_Domain", "periodStart", "periodEnd")
PARTS = 100


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Behaviour:
    """What the stand-in does: `plan` holds modes for the next requests, `mode` is for all after them.

    `token` None accepts every token but an empty one; `now` is its clock.
    """

    mode: str = "ok"
    plan: list[str] = field(default_factory=list)
    token: str | None = None
    seed: int = 1
    now: Callable[[], datetime] = _now


class StandIn:
    """Serves from `start` to `stop`; `queries` are the parameters of every request so far, by name."""

    def __init__(self, behaviour: Behaviour | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.queries: list[dict[str, str]] = []
        self.stopping = Event()
        self._server = _Server((host, port), self)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where to ask."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}{PATH}"

    def start(self) -> Self:
        """Begin to serve, in threads."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End, also in the middle of slow answers."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reply(self, path: str, token: str | None) -> Reply:
        """The answer to a request for `path`, with its query; `token` is the one of the head, if any."""
        place, query = urlsplit(path).path, urlsplit(path).query
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        self.queries.append(asked)
        behaviour = self.behaviour
        answer, number = find(behaviour.plan.pop(0) if behaviour.plan else behaviour.mode)
        now = behaviour.now()
        token = token or asked.get("securityToken", "")
        if place != PATH:
            return Reply(b"404 page not found", HTTPStatus.NOT_FOUND, "text/plain")
        if not token or token != (behaviour.token or token):
            return find("unauthorized")[0](Request("", now, now, now, behaviour.seed, path), 0)
        if trouble := _trouble(asked):
            return Reply(acknowledgement("999", trouble, created=now), HTTPStatus.BAD_REQUEST)
        start, end = _moment(asked["periodStart"]), _moment(asked["periodEnd"])
        return answer(Request(asked["in_Domain"], start, end, now, behaviour.seed, path), number)


def _trouble(asked: dict[str, str]) -> str:
    if missing := [name for name in NEEDED if not asked.get(name)]:
        return f"Mandatory parameters are missing: {', '.join(missing)}"
    if asked["documentType"] != "A44" or asked["in_Domain"] != asked["out_Domain"]:
        return "This stand-in has day-ahead prices (A44) of one area at a time"
    try:
        start, end = _moment(asked["periodStart"]), _moment(asked["periodEnd"])
    except ValueError:
        return "periodStart and periodEnd are not yyyyMMddHHmm"
    return "" if start < end else "periodEnd is not after periodStart"


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], stand_in: StandIn) -> None:
        super().__init__(address, _Handler)
        self.stand_in = stand_in

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the address holds a token."""

    def do_GET(self) -> None:
        """Answer in the chosen manner."""
        stand_in = cast("_Server", self.server).stand_in
        reply = stand_in.reply(self.path, self.headers.get("SECURITY_TOKEN"))
        if stand_in.stopping.wait(reply.pause) or reply.manner is Manner.HANG_UP:
            return
        head, body = self._head(reply), reply.body
        if reply.manner in {Manner.CUT, Manner.CUT_UNANNOUNCED}:
            body = body[: len(body) // 2]
        whole = head + body
        at_once = {Manner.DRIP: len(head), Manner.DRIP_HEAD: 0}.get(reply.manner, len(whole))
        with suppress(OSError):
            self.wfile.write(whole[:at_once])
            step = max(1, (len(whole) - at_once) // PARTS)
            for start in range(at_once, len(whole), step):
                if stand_in.stopping.wait(reply.drip / PARTS):
                    return
                self.wfile.write(whole[start : start + step])

    def _head(self, reply: Reply) -> bytes:
        lines = [f"HTTP/1.0 {int(reply.status)} {HTTPStatus(reply.status).phrase}", f"Content-Type: {reply.kind}"]
        if reply.manner is not Manner.CUT_UNANNOUNCED:
            lines.append(f"Content-Length: {len(reply.body)}")
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()
