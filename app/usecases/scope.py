"""What is done for the person who is signed in, and ends with the sign-in. I/O loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from app.errors import AppError
from app.ports.platform import Platform
from app.runtime.clock import Clock
from app.usecases.context import Context
from app.usecases.way_state import LoadPhase

Work = Coroutine[Any, Any, None]
RETRY_S = 5.0


class Scope:
    """Tasks that ``leave`` ends, so that no answer for one person is shown to the next."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self.platform: Platform | None = None
        """Where the person is signed in; None while nobody is, or while it is being reached anew."""
        self.owner = ""
        """Who on which platform: for what is kept on this machine."""

    def spawn(self, work: Work, name: str) -> asyncio.Task[None]:
        """Run until it is done or the person leaves."""
        task = self._context.spawn(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def leave(self) -> None:
        """End everything; the caller, too, when it is one of the tasks: at its next await."""
        self.platform = None
        for task in tuple(self._tasks):
            task.cancel()

    def failure(self, error: AppError, *, is_shown: bool) -> dict[str, Any] | None:
        """The fields of a part that could not be loaded; None when the sign-in ended with it: nothing is left to say.

        ``is_shown``: it was loaded before, and stays to be seen.
        """
        trouble = self._context.trouble(error)
        if trouble is None:
            return None
        return {"phase": LoadPhase.READY if is_shown else LoadPhase.FAILED, "trouble": trouble}


class Reload:
    """Loads something, one load at a time: however often it is asked for meanwhile, that is one further load."""

    def __init__(self, scope: Scope, load: Callable[[], Work], name: str) -> None:
        self._scope, self._load, self._name = scope, load, name
        self._task: asyncio.Task[None] | None = None
        self._is_begun = self._is_wanted_again = False

    def ask(self) -> None:
        """Load it; what is shown afterwards is no older than this call."""
        task = self._task
        if task is not None and not task.done() and not task.cancelling():
            self._is_wanted_again |= self._is_begun
            return
        self._is_begun = self._is_wanted_again = False
        self._task = self._scope.spawn(self._run(), self._name)

    async def _run(self) -> None:
        self._is_begun = True
        await self._load()
        while self._is_wanted_again:
            self._is_wanted_again = False
            await self._load()


class Retry:
    """Loads what could not be loaded again, every few seconds until it is there."""

    def __init__(self, clock: Clock, reload: Reload) -> None:
        self._clock, self._reload = clock, reload
        self._due_s: float | None = None

    def missed(self) -> None:
        """It could not be loaded, and might be later."""
        self._due_s = self._clock.monotonic_s() + RETRY_S

    def settle(self) -> None:
        """It was loaded, or is not wanted any more."""
        self._due_s = None

    def tick(self) -> None:
        """Once a second, while it is wanted."""
        if self._due_s is not None and self._clock.monotonic_s() >= self._due_s:
            self._due_s = None
            self._reload.ask()
