"""A client of Home Assistant's REST and websocket API, as its frontend uses it."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Self

import aiohttp

from .errors import DemoError
from .waiting import POLL_INTERVAL, wait_until

LOGIN = "demo"
_TIMEOUT = 60
type Json = dict[str, Any]


class HomeAssistantClient:
    """An authenticated client of a running Home Assistant; use it as an async context manager."""

    def __init__(self, base: str) -> None:
        """Set the URL of Home Assistant, without a trailing slash."""
        self._base = base
        self._client_id = f"{base}/"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT))
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tokens: Json = {}
        self._number = 0

    async def __aenter__(self) -> Self:
        """Wait until Home Assistant responds, and log in; the first time, create the account."""
        try:
            await wait_until(self._is_responding)
            self._tokens = await self._get_tokens(await self._create_account() or await self._log_in())
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
            pass  # Home Assistant has stopped, so the token cannot be used
        finally:
            await self._session.close()

    async def call_command(self, kind: str, **fields: object) -> Any:  # noqa: ANN401  (JSON)
        """Send a websocket command and return its result; raise DemoError if it fails."""
        response = await self.send_command(kind, **fields)
        if not response["success"]:
            raise DemoError(f"Home Assistant refused {kind}: {response['error']['message']}.")
        return response["result"]

    async def send_command(self, kind: str, **fields: object) -> Json:
        """Send a websocket command and return the whole response, also if it is an error."""
        if self._socket is None:
            raise RuntimeError("Not connected")
        self._number += 1
        await self._socket.send_json({"id": self._number, "type": kind, **fields})
        while (response := await self._receive(self._socket)).get("id") != self._number:
            pass
        return response

    async def perform_action(self, action: str, entity: str, **data: object) -> None:
        """Perform an action on an entity."""
        domain, _, service = action.partition(".")
        target = {"entity_id": entity}
        await self.call_command("call_service", domain=domain, service=service, service_data=data, target=target)

    async def restart(self) -> None:
        """Request a restart, which closes this connection."""
        with suppress(aiohttp.ClientConnectionError):
            await self.call_command("call_service", domain="homeassistant", service="restart")

    async def complete_flow(self, kind: str, start: Json, *inputs: Json) -> Json:
        """Complete a flow ("flow" or "subentries/flow") with the input of each step; return the last step."""
        url = f"{self._base}/api/config/config_entries/{kind}"
        step = await self._post(url, start)
        for user_input in inputs:
            flow = f"{url}/{step['flow_id']}"
            step = await self._post(flow, user_input)
            while step["type"] == "progress":
                await asyncio.sleep(POLL_INTERVAL)
                step = await self._get(flow)
        return step

    async def _is_responding(self) -> bool:
        try:
            async with self._session.get(f"{self._base}/api/") as response:
                return response.status == HTTPStatus.UNAUTHORIZED
        except aiohttp.ClientError:
            return False

    async def _create_account(self) -> str | None:
        """Create the owner's account and return its authorization code, or None if there is an account already."""
        account = {"name": "Demo", "username": LOGIN, "password": LOGIN, "client_id": self._client_id, "language": "en"}
        async with self._session.post(f"{self._base}/api/onboarding/users", json=account) as response:
            if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
                return None
            code: str = (await response.json())["auth_code"]
            return code

    async def _log_in(self) -> str:
        flow = f"{self._base}/auth/login_flow"
        start = {"client_id": self._client_id, "handler": ["homeassistant", None], "redirect_uri": self._client_id}
        flow += f"/{(await self._post(flow, start))['flow_id']}"
        end = await self._post(flow, {"client_id": self._client_id, "username": LOGIN, "password": LOGIN})
        if end["type"] != "create_entry":
            raise DemoError(f"The account {LOGIN} has another password now: scripts/demo --fresh starts over.")
        code: str = end["result"]
        return code

    async def _get_tokens(self, code: str) -> Json:
        grant = {"grant_type": "authorization_code", "code": code, "client_id": self._client_id}
        async with self._session.post(f"{self._base}/auth/token", data=grant) as response:
            response.raise_for_status()
            tokens: Json = await response.json()
            return tokens

    async def _connect(self) -> None:
        self._socket = await self._session.ws_connect(f"{self._base}/api/websocket", max_msg_size=0)
        await self._receive(self._socket)
        await self._socket.send_json({"type": "auth", "access_token": self._tokens["access_token"]})
        await self._receive(self._socket)

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> Json:
        message = await socket.receive(timeout=_TIMEOUT)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise aiohttp.ClientConnectionError("Home Assistant closed the connection")
        response: Json = message.json()
        return response

    async def _get(self, url: str) -> Json:
        return await self._request("GET", url)

    async def _post(self, url: str, body: Json) -> Json:
        return await self._request("POST", url, body)

    async def _request(self, method: str, url: str, body: Json | None = None) -> Json:
        token = self._tokens.get("access_token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._session.request(method, url, headers=headers, json=body) as response:
            content: Json = await response.json()
            if response.status != HTTPStatus.OK:
                raise DemoError(f"Home Assistant refused {url.removeprefix(self._base)}: {content.get('message')}.")
            return content
