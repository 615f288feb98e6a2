"""The platform service for the use cases: REST in worker threads, tokens, rooms. Owned by the I/O loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from app.client.api import Api, parsed
from app.client.room import Room, posted
from app.contract import rest
from app.contract.events import Envelope
from app.errors import PlatformError
from app.ports.platform import SecretStore
from app.runtime.clock import Clock

REFRESH_EARLY_S = 60.0
_REFRESH_NAME = "refresh_token"


class HttpPlatform:
    """One service. The refresh token lies in ``secrets`` under the service's address; the access token in memory."""

    def __init__(self, url: str, ca_file: str, secrets: SecretStore, clock: Clock) -> None:
        self._api = Api(url, ca_file)
        self._ca_file = ca_file
        self._secrets, self._clock = secrets, clock
        self._name = f"{_REFRESH_NAME}:{self._api.base_url}"
        self._access: str | None = None
        self._access_until_s = 0.0
        self._refreshing = asyncio.Lock()

    async def _call(self, method: str, path: str, **given: Any) -> Any:
        return await asyncio.to_thread(self._api.call, method, path, **given)

    async def _signed(self, method: str, path: str, **given: Any) -> Any:
        """A call as the person signed in; an expired token is renewed once."""
        token = await self._token()
        if token is None:
            raise PlatformError("not_signed_in", retryable=False)
        try:
            return await self._call(method, path, token=token, **given)
        except PlatformError as problem:
            if problem.code not in ("token_expired", "not_signed_in"):
                raise
            self._access = None
            token = await self._token()
            if token is None:
                raise
            return await self._call(method, path, token=token, **given)

    async def _token(self) -> str | None:
        """A good access token, renewed when it is about to run out; None when signed out."""
        if self._access is not None and self._clock.monotonic_s() < self._access_until_s - REFRESH_EARLY_S:
            return self._access
        async with self._refreshing:
            if self._access is not None and self._clock.monotonic_s() < self._access_until_s - REFRESH_EARLY_S:
                return self._access
            kept = await asyncio.to_thread(self._secrets.get, self._name)
            if kept is None:
                return None
            try:
                reply = await self._call("POST", "/auth/refresh", body=rest.Refresh(refresh_token=kept))
            except PlatformError as problem:
                if problem.retryable or problem.code.startswith("platform_"):
                    raise
                await self._forget()
                return None
            await self._keep(parsed(rest.TokenPair, reply))
            return self._access

    async def _keep(self, pair: rest.TokenPair) -> None:
        # The refresh token is spent once used: it is on disk before anything else is done with the new one.
        await asyncio.to_thread(self._secrets.set, self._name, pair.refresh_token)
        self._access = pair.access_token
        self._access_until_s = self._clock.monotonic_s() + pair.access_expires_in_s

    async def _forget(self) -> None:
        self._access = None
        await asyncio.to_thread(self._secrets.delete, self._name)

    async def info(self) -> rest.PlatformInfo:
        return parsed(rest.PlatformInfo, await self._call("GET", "/platform"))

    async def ask_code(self, phone: str) -> rest.CodeSent:
        return parsed(rest.CodeSent, await self._call("POST", "/auth/code", body=rest.CodeRequest(phone=phone)))

    async def sign_in(self, phone: str, code: str, device_name: str, device_id: str) -> tuple[rest.Account, str]:
        wish = rest.SignIn(phone=phone, code=code, device_name=device_name, device_id=device_id or None)
        pair = parsed(rest.TokenPair, await self._call("POST", "/auth/sign-in", body=wish))
        await self._keep(pair)
        return pair.account, pair.device_id

    async def restore(self) -> rest.Account | None:
        if await self._token() is None:
            return None
        return parsed(rest.Account, await self._signed("GET", "/me"))

    async def sign_out(self) -> None:
        try:
            await self._signed("POST", "/auth/sign-out")
        finally:
            await self._forget()

    async def devices(self) -> list[rest.Device]:
        return [parsed(rest.Device, item) for item in await self._signed("GET", "/me/devices")]

    async def end_device(self, device_id: str) -> None:
        await self._signed("DELETE", f"/me/devices/{device_id}")

    async def create_session(self, title: str, category: rest.Category, idempotency_key: str) -> rest.Session:
        wish = rest.SessionCreate(title=title, category=category)
        return parsed(rest.Session, await self._signed("POST", "/sessions", body=wish, idempotency_key=idempotency_key))

    async def current_session(self) -> rest.Session | None:
        try:
            return parsed(rest.Session, await self._signed("GET", "/sessions/current"))
        except PlatformError as problem:
            if problem.code == "not_found":
                return None
            raise

    async def stream_key(self, session_id: str, *, take_over: bool) -> rest.StreamTarget:
        wish = rest.KeyRequest(take_over=take_over)
        return parsed(rest.StreamTarget, await self._signed("POST", f"/sessions/{session_id}/stream-key", body=wish))

    async def end_session(self, session_id: str) -> rest.Session:
        return parsed(rest.Session, await self._signed("POST", f"/sessions/{session_id}/end"))

    async def demo_codes(self, local_token: str) -> list[rest.DemoCode]:
        found = await self._call("GET", "/demo/codes", token=local_token, prefix="/internal/v1")
        return [parsed(rest.DemoCode, item) for item in found]

    def follow(self, room: str, on_event: Callable[[Envelope], None], on_link: Callable[[bool], None]) -> Room:
        return Room(
            self._api.base_url, self._ca_file, room, self._token, on_event, on_link,
            lambda after_seq: self._messages(room, after_seq),
        )  # fmt: skip

    async def _messages(self, session_id: str, after_seq: int) -> list[Envelope]:
        found = await self._signed("GET", f"/sessions/{session_id}/messages?after_seq={after_seq}&limit=500")
        return [posted(parsed(rest.ChatMessage, item)) for item in found]

    async def close(self) -> None:
        await asyncio.to_thread(self._api.close)
