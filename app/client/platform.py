"""The platform service for the use cases: REST in worker threads, tokens, rooms. Owned by the I/O loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import quote, urlsplit, urlunsplit

from app.client.api import Api, parsed
from app.client.identity import IdentityCalls
from app.client.liveness import LivenessCalls
from app.client.measures import MeasuresCalls
from app.client.questions import QuestionCalls
from app.client.reports import ReportCalls
from app.client.room import Room, RoomEars, RoomTokens, posted
from app.client.rooms import RoomCalls
from app.client.schedule import ScheduleCalls
from app.client.tokens import Wallets
from app.client.way import WayCalls
from app.contract import rest
from app.contract.events import Envelope
from app.contract.inbox import PERSONAL_ROOM
from app.errors import PlatformError
from app.ports.platform import untold
from app.runtime.clock import Clock

_REFRESH_NAME = "refresh_token"
_EMBEDDED = "embedded"


class HttpPlatform(
    WayCalls, IdentityCalls, ScheduleCalls, RoomCalls, MeasuresCalls, QuestionCalls, ReportCalls, LivenessCalls
):
    """One service, and the tokens of its wallet: that of its address, or the one of the embedded platform."""

    def __init__(self, url: str, ca_file: str, wallets: Wallets, clock: Clock, *, is_embedded: bool = False) -> None:
        api = Api(url, ca_file)
        super().__init__(api, wallets.of(f"{_REFRESH_NAME}:{_EMBEDDED if is_embedded else api.base_url}"))
        self._ca_file, self._clock, self._is_embedded = ca_file, clock, is_embedded

    async def info(self) -> rest.PlatformInfo:
        return parsed(rest.PlatformInfo, await self._call("GET", "/platform"))

    async def ask_code(self, phone: str) -> rest.CodeSent:
        return parsed(rest.CodeSent, await self._call("POST", "/auth/code", body=rest.CodeRequest(phone=phone)))

    async def sign_in(self, phone: str, code: str, device_name: str, device_id: str) -> tuple[rest.Account, str]:
        wish = rest.SignIn(phone=phone, code=code, device_name=device_name, device_id=device_id or None)
        pair = parsed(rest.TokenPair, await self._call("POST", "/auth/sign-in", body=wish))
        await self._wallet.keep(pair)
        return pair.account, pair.device_id

    async def restore(self) -> rest.Account | None:
        if await self._wallet.token(self._renew) is None:
            return None
        return parsed(rest.Account, await self._signed("GET", "/me"))

    async def sign_out(self) -> None:
        try:
            await self._signed("POST", "/auth/sign-out")
        finally:
            await self._wallet.forget()

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

    async def session_of(self, session_id: str) -> rest.Session:
        return parsed(rest.Session, await self._signed("GET", f"/sessions/{quote(session_id, safe='')}"))

    async def stream_key(self, session_id: str, *, take_over: bool) -> rest.StreamTarget:
        wish = rest.KeyRequest(take_over=take_over)
        target = parsed(rest.StreamTarget, await self._signed("POST", f"/sessions/{session_id}/stream-key", body=wish))
        return target.model_copy(update={"url": self._ours(target.url), "ingests": self._all_ours(target.ingests)})

    async def probe_key(self) -> rest.ProbeTarget:
        target = parsed(rest.ProbeTarget, await self._signed("POST", "/me/probe-key"))
        return target.model_copy(update={"ingests": self._all_ours(target.ingests)})

    def _all_ours(self, ingests: list[rest.IngestAddress]) -> list[rest.IngestAddress]:
        return [one.model_copy(update={"url": self._ours(one.url)}) for one in ingests]

    def _ours(self, url: str) -> str:
        """The embedded platform tells its addresses for other machines as well; this one's own way does not hang on a
        network that may go away."""
        return _with_host_of(url, self._api.base_url) if self._is_embedded else url

    async def end_session(self, session_id: str) -> rest.Session:
        return parsed(rest.Session, await self._signed("POST", f"/sessions/{session_id}/end"))

    async def demo_codes(self, local_token: str) -> list[rest.DemoCode]:
        found = await self._call("GET", "/demo/codes", token=local_token, prefix="/internal/v1")
        return [parsed(rest.DemoCode, item) for item in found]

    def follow(
        self,
        room: str,
        on_event: Callable[[Envelope], None],
        on_link: Callable[[bool], None],
        on_refused: Callable[[str], None] = untold,
    ) -> Room:
        return Room(
            self._api.base_url,
            self._ca_file,
            room,
            RoomTokens(self._good_token, self._wallet.refused),
            RoomEars(on_event, on_link, on_refused),
            lambda after_seq: self._messages(room, after_seq),
            self._clock,
        )

    async def _messages(self, session_id: str, after_seq: int) -> list[Envelope]:
        if session_id == PERSONAL_ROOM:
            return []  # nothing is posted there
        found = await self._signed("GET", f"/sessions/{session_id}/messages?after_seq={after_seq}&limit=500")
        return [posted(parsed(rest.ChatMessage, item)) for item in found]

    async def close(self) -> None:
        await self._wallet.settle()
        await asyncio.to_thread(self._api.close)


def _with_host_of(url: str, other: str) -> str:
    parts, host = urlsplit(url), urlsplit(other).hostname or ""
    netloc = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"{netloc}:{parts.port}" if parts.port else netloc))
