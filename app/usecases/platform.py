"""Which platform: the first question, the embedded one, and reaching it. I/O loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlsplit

from app.errors import AppError
from app.ports.supervision import OperatorTaken, PlatformFailed, PlatformStarted, StartPlatform, StopPlatform
from app.usecases.context import Context, trouble_of
from app.usecases.state import AccountState, PlatformPhase, PlatformState, RoomState, Trouble
from app.usecases.wishes import ConnectPlatform, TryHere

RETRY_S = 3.0
_HOST = re.compile(r"[\w.\-:\[\]]+")
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def address_of(typed: str) -> str | None:
    """The base address of what a person typed; None when it is no address. Plain http only to this machine."""
    text = typed.strip().rstrip("/")
    if not text or not _HOST.fullmatch(text.split("://", 1)[-1]):
        return None
    if "://" not in text:
        host = text.split("/", 1)[0].rsplit(":", 1)[0]
        text = ("http://" if host in LOCAL_HOSTS else "https://") + text
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.path:
        return None
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        return None
    return text


class PlatformCase:
    """``on_ready`` runs when the platform answered, ``on_dropped`` when it is left, be it for another way to it.

    ``is_busy`` says that a broadcast forbids a change.
    """

    def __init__(
        self,
        context: Context,
        on_ready: Callable[[], Awaitable[None]],
        on_dropped: Callable[[], None],
        is_busy: Callable[[], bool],
    ) -> None:
        self._context, self._on_ready, self._on_dropped, self._is_busy = context, on_ready, on_dropped, is_busy
        self._connecting: asyncio.Task[None] | None = None
        self._is_embedded_wanted = False

    def start(self) -> None:
        """Go to the platform of the settings; without one the first question stands."""
        settings = self._context.state.settings
        if settings.is_embedded:
            self.try_here(TryHere(settings.is_on_lan))
        elif settings.platform_url:
            self._connect(settings.platform_url, settings.ca_file)

    def connect(self, wish: ConnectPlatform) -> None:
        context = self._context
        is_known = not context.state.settings.is_embedded and wish.url == context.state.platform.url
        if self._is_busy() and not is_known:
            context.notify(Trouble("busy_on_air"))
            return
        url = address_of(wish.url)
        if url is None:
            self._set(phase=PlatformPhase.UNSET, url=wish.url, trouble=Trouble("address_invalid"))
            return
        self._stop_embedded()
        if not is_known:
            context.save_settings(is_embedded=False, ca_file="")
            context.local_token = ""
        self._set(is_embedded=False)
        self._connect(url, context.state.settings.ca_file)

    def try_here(self, wish: TryHere) -> None:
        settings = self._context.state.settings
        is_known = settings.is_embedded and settings.is_on_lan == wish.on_lan
        if self._is_busy() and not is_known:
            self._context.notify(Trouble("busy_on_air"))
            return
        self._is_embedded_wanted = True
        self._set(phase=PlatformPhase.CONNECTING, is_embedded=True, trouble=None)
        self._context.supervision.send(StartPlatform(request_id=next(self._context.numbers), on_lan=wish.on_lan))

    def forget(self) -> None:
        if self._is_busy():
            self._context.notify(Trouble("busy_on_air"))
            return
        if self._connecting is not None:
            self._connecting.cancel()
        self._stop_embedded()
        self._context.save_settings(platform_url="", is_embedded=False, is_on_lan=False, ca_file="")
        self._context.local_token = ""
        self._context.change(platform=PlatformState(), account=AccountState(), room=RoomState())
        self._drop_adapter()

    def _stop_embedded(self) -> None:
        if self._is_embedded_wanted or self._context.state.settings.is_embedded:
            self._context.supervision.send(StopPlatform(request_id=next(self._context.numbers)))
        self._is_embedded_wanted = False

    def dismiss_password(self) -> None:
        self._context.supervision.send(OperatorTaken())
        self._set(operator_name="", operator_password="")

    def on_started(self, event: PlatformStarted) -> None:
        """The embedded platform listens, or listens again after a restart."""
        if not self._is_embedded_wanted:
            return  # the person went elsewhere while it started
        self._context.local_token = event.local_token
        self._set(is_embedded=True, lan_urls=event.lan_urls)
        if event.operator_password:
            self._set(operator_name=event.operator_name, operator_password=event.operator_password)
        is_same = self._context.platform is not None and self._context.state.platform.url == event.base_url
        self._context.save_settings(
            is_embedded=True, platform_url=event.base_url, ca_file=event.ca_file, is_on_lan=bool(event.lan_urls)
        )
        if not is_same or self._context.state.platform.phase is not PlatformPhase.READY:
            self._connect(event.base_url, event.ca_file)

    def on_failed(self, event: PlatformFailed) -> None:
        if not self._is_embedded_wanted:
            return
        trouble = Trouble(event.code or "platform_start_failed", {"part": event.detail}, "retry")
        self._set(phase=PlatformPhase.UNREACHABLE, trouble=trouble)

    def _connect(self, url: str, ca_file: str) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        self._connecting = self._context.spawn(self._reach(url, ca_file), "platform-reach")

    async def _reach(self, url: str, ca_file: str) -> None:
        context = self._context
        self._drop_adapter()
        self._set(phase=PlatformPhase.CONNECTING, url=url, trouble=None)
        platform = context.make_platform(url, ca_file, is_embedded=self._is_embedded_wanted)
        context.platform = platform
        while True:
            try:
                info = await platform.info()
                break
            except AppError as error:
                self._set(phase=PlatformPhase.UNREACHABLE, trouble=trouble_of(error))
                if not error.retryable:
                    return
            await asyncio.sleep(RETRY_S)
        context.server_clock.hear(info.server_time)
        context.save_settings(platform_url=url)
        self._set(phase=PlatformPhase.READY, info=info, trouble=None)
        await self._on_ready()

    def _drop_adapter(self) -> None:
        platform, self._context.platform = self._context.platform, None
        self._on_dropped()
        if platform is not None:
            self._context.spawn(platform.close(), "platform-close")

    def _set(self, **fields: object) -> None:
        self._context.change(platform=replace(self._context.state.platform, **fields))  # type: ignore[arg-type]
