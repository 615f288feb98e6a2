"""What the use cases share: the state, the parts they talk to, and tasks. Only touched in the I/O loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog

from app.errors import AppError
from app.ports.local import Engine, Supervision
from app.ports.platform import Platform, PlatformFactory
from app.runtime.clock import Clock, utc_ms
from app.settings import Settings, SettingsFile
from app.usecases.state import DeskState, LogEntry, Notice, Trouble

MAX_LOG = 200
MAX_NOTICES = 5
log = structlog.get_logger("desk")

_ACTIONS = {
    "platform_unreachable": "retry",
    "platform_timeout": "retry",
    "code_wrong": "ask_code",
    "code_expired": "ask_code",
    "not_signed_in": "sign_in",
    "token_expired": "sign_in",
    "device_ended": "sign_in",
    "live_elsewhere": "take_over",
    "disk_full": "choose_folder",
    "folder_missing": "choose_folder",
    "folder_unwritable": "choose_folder",
}


def trouble_of(error: AppError) -> Trouble:
    """What the screen tells of an error."""
    return Trouble(error.code, dict(error.detail), _ACTIONS.get(error.code, ""))


class Context:
    """One for the whole desk."""

    def __init__(
        self,
        settings_file: SettingsFile,
        engine: Engine,
        supervision: Supervision,
        make_platform: PlatformFactory,
        clock: Clock,
    ) -> None:
        self.settings_file = settings_file
        self.engine, self.supervision, self.make_platform, self.clock = engine, supervision, make_platform, clock
        self.platform: Platform | None = None
        self.local_token = ""
        self.numbers = itertools.count(1)
        self._listeners: list[Callable[[DeskState], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        settings = settings_file.load()
        self.state = DeskState(settings=settings, default_title=settings.title)

    def subscribe(self, callback: Callable[[DeskState], None]) -> Callable[[], None]:
        """Call back with each new state; returns what ends it."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback) if callback in self._listeners else None

    def change(self, **fields: Any) -> None:
        """Replace parts of the state and tell."""
        self.state = replace(self.state, **fields)
        for listener in list(self._listeners):
            listener(self.state)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a use case's coroutine; what it lets through is our bug: logged, the program stays up."""
        task = asyncio.get_running_loop().create_task(self._guard(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except AppError as error:
            self.notify(trouble_of(error))
        except Exception:
            log.exception("bug", task=name)
            self.notify(Trouble("bug"))

    def notify(self, trouble: Trouble, *, is_error: bool = True) -> None:
        """Tell something that belongs to no form; the same one is told once."""
        if any(notice.trouble == trouble for notice in self.state.notices):
            return
        notices = (*self.state.notices, Notice(next(self.numbers), trouble, is_error))[-MAX_NOTICES:]
        self.change(notices=notices)

    def record(self, message_id: str, **detail: object) -> None:
        """Add a line to the health detail's record."""
        entry = LogEntry(utc_ms(self.clock.utc()), message_id, detail)
        self.change(log=(*self.state.log, entry)[-MAX_LOG:])

    def save_settings(self, **changes: Any) -> None:
        """Change settings and write them; a full disk is told and the change stays for this run."""
        settings: Settings = self.state.settings.changed(changes)
        if settings == self.state.settings:
            return
        self.change(settings=settings)
        try:
            self.settings_file.save(settings)
        except OSError as cause:
            self.notify(Trouble("storage_failed", {"reason": cause.strerror or ""}))
