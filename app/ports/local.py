"""The processes beside the window, as the use cases see them: the engine and the supervisor. Used in the I/O loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.ports.engine import AnyCommand, AnyEvent, CommandDone
from app.ports.supervision import SupervisorEvent, WindowWish


class Engine(Protocol):
    """The media engine. Attaches by itself, again and again; ``on_link`` says whether it is there."""

    def start(self, on_event: Callable[[AnyEvent], None], on_link: Callable[[bool], None]) -> None: ...

    async def ask(self, command: AnyCommand) -> CommandDone:
        """Send with a fresh request id and wait for the answer: code ``engine_away`` when there is none in 5 s."""

    async def close(self) -> None: ...


class Supervision(Protocol):
    """The supervisor."""

    def start(self, on_event: Callable[[SupervisorEvent], None]) -> None: ...

    def send(self, wish: WindowWish) -> bool: ...

    async def close(self) -> None: ...
