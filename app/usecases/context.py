"""What the use cases share: the state, the parts they talk to, and tasks. Only touched in the I/O loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog

from app.errors import AppError
from app.ports.drafts import Drafts
from app.ports.local import Engine, Supervision
from app.ports.platform import Platform, PlatformFactory
from app.runtime.clock import Clock, utc_ms
from app.settings import Settings, SettingsFile
from app.usecases.server_clock import ServerClock
from app.usecases.state import DeskState, LogEntry, Notice, Trouble

MAX_LOG = 200
MAX_NOTICES = 5
log = structlog.get_logger("desk")

_ACTIONS = {
    "platform_unreachable": "retry",
    "platform_timeout": "retry",
    "platform_start_failed": "retry",
    "part_given_up": "retry",
    "stream_failed": "retry",
    "code_wrong": "ask_code",
    "code_expired": "ask_code",
    "code_too_many": "ask_code",
    "not_signed_in": "sign_in",
    "token_expired": "sign_in",
    "device_ended": "sign_in",
    "key_signed_out": "sign_in",
    "live_elsewhere": "take_over",
    "disk_full": "choose_folder",
    "folder_missing": "choose_folder",
    "folder_unwritable": "choose_folder",
    "storage_failed": "choose_folder",
    "no_camera": "choose_camera",
    "camera_in_use": "choose_camera",
    "camera_lost": "choose_camera",
    "camera_frozen": "choose_camera",
    "camera_forbidden": "choose_camera",
    "liveness_camera_needed": "choose_camera",
    "liveness_challenge_invalid": "retry",
    "liveness_expired": "retry",
    "liveness_lost": "retry",
    "package_damaged": "retry",
    "screen_unavailable": "choose_camera",
    "file_missing": "choose_camera",
    "file_unreadable": "choose_camera",
    "no_microphone": "choose_microphone",
    "microphone_in_use": "choose_microphone",
    "microphone_lost": "choose_microphone",
    "microphone_forbidden": "choose_microphone",
    "encoder_failed": "settings",
    "media_invalid": "settings",
    "output_invalid": "settings",
    "agreement_missing": "read_agreement",
    "agreement_outdated": "read_agreement",
    "not_an_anchor": "prepare",
    "identity_missing": "prepare",
    "face_missing": "prepare",
    "face_pending": "prepare",
    "face_refused": "prepare",
    "face_voided": "prepare",
    "suspended": "open_measures",
    "limited_broadcast": "open_measures",
    "publish_refused": "open_measures",
    "account_closed": "open_measures",
    "session_busy": "start_that",
    "spot_overlap": "start_that",
    "activity_too_early": "open_schedule",
    "schedule_full": "open_schedule",
    "missed": "open_schedule",
    "called_off": "messages",
    "blocklisted": "messages",
    "agreement_unpublished": "prepare",
    "on_air": "open_live",
    "out_of_scope": "change_scope",
    "key_dead": "go_live",
    "key_unknown": "go_live",
    "key_foreign": "go_live",
    "key_reissued": "go_live",
    "key_ended": "go_live",
    "grace_over": "go_live",
    "session_ended": "go_live",
    "engine_given_up": "retry_engine",
}
_SIGNED_OUT = frozenset({"not_signed_in", "token_expired", "device_ended"})


def trouble_of(error: AppError) -> Trouble:
    """What the screen tells of an error."""
    return Trouble(error.code, dict(error.detail), _ACTIONS.get(error.code, ""))


class Context:
    """One for the whole desk.

    ``in_worker`` runs a blocking call, or a long one, beside the loop.
    """

    def __init__(
        self,
        settings_file: SettingsFile,
        engine: Engine,
        supervision: Supervision,
        make_platform: PlatformFactory,
        clock: Clock,
        drafts: Drafts,
        in_worker: Callable[..., Awaitable[Any]] = asyncio.to_thread,
    ) -> None:
        self.settings_file = settings_file
        self.engine, self.supervision, self.make_platform, self.clock = engine, supervision, make_platform, clock
        self.drafts, self.in_worker = drafts, in_worker
        self.server_clock = ServerClock(clock)
        self.platform: Platform | None = None
        self.local_token = ""
        self.numbers = itertools.count(1)
        self._listeners: list[Callable[[DeskState], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        settings = settings_file.load()
        self.state = DeskState(settings=settings, default_title=settings.title)
        self.on_signed_out: Callable[[Trouble], bool] = lambda _: False
        """Called when the service no longer takes this sign-in; says whether it was told to the person there."""

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
        # One that is cancelled before its first step has not begun its work either.
        task.add_done_callback(lambda _: work.close())
        return task

    async def _guard(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except AppError as error:
            trouble = self.trouble(error)
            if trouble is not None:
                # Nothing remembers what would be tried again.
                self.notify(replace(trouble, action="") if trouble.action == "retry" else trouble)
        except Exception:
            log.exception("bug", task=name)
            self.notify(Trouble("bug"))

    def trouble(self, error: AppError) -> Trouble | None:
        """What the screen tells of an error of the service; one that ends the sign-in does so here, for all: None."""
        trouble = trouble_of(error)
        return None if error.code in _SIGNED_OUT and self.on_signed_out(trouble) else trouble

    def notify(self, trouble: Trouble, *, is_error: bool = True) -> None:
        """Tell something that belongs to no form; the same one is told once."""
        if any(notice.trouble == trouble for notice in self.state.notices):
            return
        notice = Notice(next(self.numbers), trouble, is_error, self.clock.monotonic_s())
        self.change(notices=(*self.state.notices, notice)[-MAX_NOTICES:])

    def drop_notices(self, is_past: Callable[[Notice], bool]) -> None:
        """Take away what need not be told any longer."""
        left = tuple(notice for notice in self.state.notices if not is_past(notice))
        if len(left) != len(self.state.notices):
            self.change(notices=left)

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
