"""What the screen needs from the program: the desk, and a driver that works the window hands free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.usecases.state import DeskState
from app.usecases.wishes import Wish


class DeskPort(Protocol):
    """The desk as the screen sees it. ``wish`` returns at once; callbacks may come in any thread."""

    @property
    def state(self) -> DeskState: ...

    def wish(self, wish: Wish) -> None: ...

    def subscribe(self, callback: Callable[[DeskState], None]) -> Callable[[], None]: ...
