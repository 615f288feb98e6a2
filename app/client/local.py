"""Ways to the engine and the supervisor over local channels. Owned by the I/O loop; a thread each attaches.

A way that breaks is made again every 200 ms: the supervisor starts a dead engine at once.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from app.ports.engine import AnyCommand, AnyEvent, CommandDone
from app.ports.supervision import SupervisorEvent, WindowWish
from app.runtime.channel import Channel, ChannelError, attach
from app.runtime.clock import Clock

RETRY_S = 0.2
ANSWER_S = 5.0
JOIN_S = 2.0


class _Way:
    """A channel that is attached again whenever it breaks. Callbacks run in the loop."""

    def __init__(self, endpoint: str, key: bytes, incoming: Any, clock: Clock, name: str) -> None:
        self._endpoint, self._key, self._incoming, self._clock, self._name = endpoint, key, incoming, clock, name
        self._stop = threading.Event()
        self._broken = threading.Event()
        self._channel: Channel[Any, Any] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"{name}-attach", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_message: Callable[[Any], None] = lambda _: None
        self._on_link: Callable[[bool], None] = lambda _: None

    def start(self, on_message: Callable[[Any], None], on_link: Callable[[bool], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_message, self._on_link = on_message, on_link
        self._thread.start()

    def send(self, message: Any) -> bool:
        channel = self._channel
        return channel.send(message) if channel is not None else False

    def _post(self, call: Callable[[Any], None], value: Any) -> None:
        if self._loop is not None and not self._stop.is_set():
            try:
                self._loop.call_soon_threadsafe(call, value)
            except RuntimeError:
                self._stop.set()  # the loop is closed: the program ends

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._broken.clear()
            try:
                channel = attach(
                    self._endpoint,
                    self._key,
                    self._incoming,
                    on_message=lambda message: self._post(self._on_message, message),
                    on_closed=self._broken.set,
                    name=self._name,
                )
            except ChannelError:
                self._clock.wait(self._stop, RETRY_S)
                continue
            self._channel = channel
            self._post(self._on_link, True)
            self._broken.wait()
            self._channel = None
            self._post(self._on_link, False)
            channel.close(0.0)

    def close(self) -> None:
        """Blocking: a worker thread."""
        self._stop.set()
        channel = self._channel
        if channel is not None:
            channel.close()
        self._broken.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)


class EngineLink:
    """Implements ports.local.Engine."""

    def __init__(self, endpoint: str, key: bytes, clock: Clock) -> None:
        self._way = _Way(endpoint, key, AnyEvent, clock, "engine")
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[CommandDone]] = {}
        self._on_event: Callable[[AnyEvent], None] = lambda _: None
        self._on_link: Callable[[bool], None] = lambda _: None

    def start(self, on_event: Callable[[AnyEvent], None], on_link: Callable[[bool], None]) -> None:
        self._on_event, self._on_link = on_event, on_link
        self._way.start(self._take, self._linked)

    async def ask(self, command: AnyCommand) -> CommandDone:
        number = next(self._numbers)
        done: asyncio.Future[CommandDone] = asyncio.get_running_loop().create_future()
        self._waiting[number] = done
        try:
            if not self._way.send(msgspec.structs.replace(command, request_id=number)):
                return CommandDone(request_id=number, code="engine_away")
            return await asyncio.wait_for(done, ANSWER_S)
        except TimeoutError:
            return CommandDone(request_id=number, code="engine_away")
        finally:
            self._waiting.pop(number, None)

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, CommandDone):
            waiting = self._waiting.pop(event.request_id, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(event)
            return
        self._on_event(event)

    def _linked(self, is_up: bool) -> None:
        if not is_up:
            for number, waiting in list(self._waiting.items()):
                if not waiting.done():
                    waiting.set_result(CommandDone(request_id=number, code="engine_away"))
        self._on_link(is_up)

    async def close(self) -> None:
        await asyncio.to_thread(self._way.close)


class SupervisorLink:
    """Implements ports.local.Supervision."""

    def __init__(self, endpoint: str, key: bytes, clock: Clock) -> None:
        self._way = _Way(endpoint, key, SupervisorEvent, clock, "supervision")
        self._unsent: list[WindowWish] = []

    def start(self, on_event: Callable[[SupervisorEvent], None]) -> None:
        self._way.start(on_event, self._linked)

    def send(self, wish: WindowWish) -> bool:
        """Send, or keep until the way is there (at most eight)."""
        if self._way.send(wish):
            return True
        self._unsent = [*self._unsent, wish][-8:]
        return False

    def _linked(self, is_up: bool) -> None:
        if is_up:
            unsent, self._unsent = self._unsent, []
            for wish in unsent:
                self.send(wish)

    async def close(self) -> None:
        await asyncio.to_thread(self._way.close)
