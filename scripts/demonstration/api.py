"""Home Assistant's own interface, as its pages use it: an account, a REST call, a websocket command."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Self

import aiohttp

from .errors import DemoError
from .waiting import PAUSE, until

LOGIN = "demo"
_PATIENCE = 60
type Json = dict[str, Any]


class Api:
    """One logged-in talk with a running Home Assistant; to be used as a context."""

    def __init__(self, base: str) -> None:
        """Talk to the Home Assistant at `base`, a URL without a slash at the end."""
        self._base = base
        self._client = f"{base}/"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE))
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tokens: Json = {}
        self._number = 0

    async def __aenter__(self) -> Self:
        """Wait until it answers, and log in; the first time that makes the account."""
        try:
            await until(self._answers)
            self._tokens = await self._exchange(await self._first_account() or await self._log_in())
            await self._connect()
        except BaseException:
            await self._session.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Log out."""
        try:
            if self._socket is not None:
                await self._socket.close()
            await self._session.post(f"{self._base}/auth/revoke", data={"token": self._tokens["refresh_token"]})
        except aiohttp.ClientError:
            pass  # it is gone, and the token with it
        finally:
            await self._session.close()

    async def call(self, kind: str, **fields: object) -> Any:  # noqa: ANN401  (JSON)
        """Carry out a websocket command; its result."""
        answer = await self.ask(kind, **fields)
        if not answer["success"]:
            raise DemoError(f"Home Assistant refused {kind}: {answer['error']['message']}.")
        return answer["result"]

    async def ask(self, kind: str, **fields: object) -> Json:
        """Carry out a websocket command; the whole answer, a refusal too."""
        if self._socket is None:
            raise RuntimeError("Not connected")
        self._number += 1
        await self._socket.send_json({"id": self._number, "type": kind, **fields})
        while (answer := await self._hear(self._socket)).get("id") != self._number:
            pass
        return answer

    async def act(self, action: str, entity: str, **data: object) -> None:
        """Carry out an action on an entity."""
        domain, _, service = action.partition(".")
        target = {"entity_id": entity}
        await self.call("call_service", domain=domain, service=service, service_data=data, target=target)

    async def restart(self) -> None:
        """Ask for a restart, which ends this talk."""
        with suppress(aiohttp.ClientConnectionError):
            await self.call("call_service", domain="homeassistant", service="restart")

    async def walk_flow(self, kind: str, start: Json, *answers: Json) -> Json:
        """Go through a flow of a `kind` ("flow", "subentries/flow") with these answers; the last step that it shows."""
        place = f"{self._base}/api/config/config_entries/{kind}"
        step = await self._post(place, start)
        for answer in answers:
            flow = f"{place}/{step['flow_id']}"
            step = await self._post(flow, answer)
            while step["type"] == "progress":
                await asyncio.sleep(PAUSE)
                step = await self._get(flow)
        return step

    async def _answers(self) -> bool:
        try:
            async with self._session.get(f"{self._base}/api/") as response:
                return response.status == HTTPStatus.UNAUTHORIZED
        except aiohttp.ClientError:
            return False

    async def _first_account(self) -> str | None:
        """Make the owner's account and get its authorization code; None when there is one already."""
        account = {"name": "Demo", "username": LOGIN, "password": LOGIN, "client_id": self._client, "language": "en"}
        async with self._session.post(f"{self._base}/api/onboarding/users", json=account) as response:
            if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
                return None
            code: str = (await response.json())["auth_code"]
            return code

    async def _log_in(self) -> str:
        flow = f"{self._base}/auth/login_flow"
        opening = {"client_id": self._client, "handler": ["homeassistant", None], "redirect_uri": self._client}
        flow += f"/{(await self._post(flow, opening))['flow_id']}"
        end = await self._post(flow, {"client_id": self._client, "username": LOGIN, "password": LOGIN})
        if end["type"] != "create_entry":
            raise DemoError(f"The account {LOGIN} has another password by now: scripts/demo --fresh starts over.")
        code: str = end["result"]
        return code

    async def _exchange(self, code: str) -> Json:
        grant = {"grant_type": "authorization_code", "code": code, "client_id": self._client}
        async with self._session.post(f"{self._base}/auth/token", data=grant) as response:
            response.raise_for_status()
            tokens: Json = await response.json()
            return tokens

    async def _connect(self) -> None:
        self._socket = await self._session.ws_connect(f"{self._base}/api/websocket", max_msg_size=0)
        await self._hear(self._socket)
        await self._socket.send_json({"type": "auth", "access_token": self._tokens["access_token"]})
        await self._hear(self._socket)

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse) -> Json:
        message = await socket.receive(timeout=_PATIENCE)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise aiohttp.ClientConnectionError("Home Assistant closed the connection")
        answer: Json = message.json()
        return answer

    async def _get(self, place: str) -> Json:
        return await self._request("GET", place)

    async def _post(self, place: str, body: Json) -> Json:
        return await self._request("POST", place, body)

    async def _request(self, method: str, place: str, body: Json | None = None) -> Json:
        token = self._tokens.get("access_token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._session.request(method, place, headers=headers, json=body) as response:
            answer: Json = await response.json()
            if response.status != HTTPStatus.OK:
                raise DemoError(f"Home Assistant refused {place.removeprefix(self._base)}: {answer.get('message')}.")
            return answer
