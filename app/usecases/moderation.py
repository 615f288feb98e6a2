"""Moderating the room that is followed: rules, held messages, audience, cards, the record, acts and undoing. I/O loop.

The service decides and tells (``mod.acted``, ``room.rules``, ``chat.held``); what is shown is what it told last.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.contract import events
from app.contract.room import HeldMessage, Rules
from app.errors import AppError, StorageError
from app.usecases import room_wishes as w
from app.usecases.context import Context
from app.usecases.moderation_state import DoneAct, ModerationDesk, RecordFile
from app.usecases.schedule import write_whole
from app.usecases.scope import Reload, Retry, Scope
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase

AUDIENCE_S = 5.0
"""How old the audience may be that is looked at."""
MODERATORS = frozenset({"moderator", "owner", "operator"})
WAITING, AWAY = "waiting", "platform_unreachable"


class ModerationCase:
    """For one room at a time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._scope = Scope(context)
        self._room = Reload(self._scope, self._load_room, "room-rules")
        self._room_again = Retry(context.clock, self._room)
        self._room_trouble: Trouble | None = None
        """Why the room could not be loaded: told once, and gone when it is there."""
        self._record = Reload(self._scope, self._load_record, "room-record")
        self._audience = Reload(self._scope, self._load_audience, "room-audience")
        self._person = Reload(self._scope, self._load_person, "room-person")
        self._is_audience_wanted = self._is_record_wanted = False
        self._audience_s = 0.0

    # ---- the room --------------------------------------------------------------------------------

    def enter(self, session_id: str) -> None:
        """Another room, or the same after a while: nothing of the one before is shown. Once it has ended it can still
        be moderated: who was sent out there for good is sent out of the next."""
        self._forget_room()
        self._context.change(moderation=ModerationDesk(session_id=session_id))

    def clear(self) -> None:
        """The person went: nothing is left to be seen."""
        self._forget_room()
        self._is_audience_wanted = self._is_record_wanted = False
        self._context.change(moderation=ModerationDesk())

    def _forget_room(self) -> None:
        self._scope.leave()
        self._room_again.settle()
        self._room_trouble = None

    def heard(self, body: object) -> None:
        """A fact of the room; others are let pass."""
        match body:
            case events.HelloAck():
                if body.role in MODERATORS:
                    self._room.ask()
                    if self._is_record_wanted:
                        self._record.ask()
            case events.RoleChanged():
                self._room.ask()
            case events.RoomRulesChanged():
                self._rules_changed(body)
            case events.ChatHeld():
                self._held(body)
            case events.ModActed():
                if self._is_record_wanted:
                    self._record.ask()
                if self._desk.person_id:
                    self._person.ask()
                if self._is_audience_wanted:
                    self._audience.ask()

    def tick(self) -> None:
        """Once a second: who is there is asked for again while it is looked at, and a room that is not known yet."""
        if self._context.state.room.is_followed:
            self._room_again.tick()
        now_s = self._context.clock.monotonic_s()
        if self._is_audience_wanted and now_s - self._audience_s >= AUDIENCE_S:
            self._audience.ask()

    # ---- wishes ----------------------------------------------------------------------------------

    def take(self, wish: object) -> bool:
        """Whether it was for here."""
        match wish:
            case w.Moderate():
                self._moderate(wish)
            case w.UndoAct():
                self._begin(wish.action_id, self._undo(wish.action_id))
            case w.DismissAct():
                self._set(done=None, trouble=None)
            case w.LoadAudience():
                self._is_audience_wanted = wish.is_on
                if wish.is_on:
                    self._audience.ask()
            case w.LoadRecord():
                self._is_record_wanted = True
                if wish.kinds != self._desk.kinds:
                    self._set(kinds=wish.kinds, record=(), record_phase=LoadPhase.LOADING)
                self._record.ask()
            case w.OpenPerson():
                self._set(person_id=wish.account_id, person=None, person_phase=LoadPhase.LOADING)
                if wish.account_id:
                    self._person.ask()
            case w.ExportRecord():
                file = RecordFile(wish.path, next(self._context.numbers))
                self._set(file=file, trouble=None)
                self._scope.spawn(self._export(file), "record-export")
            case _:
                return False
        return True

    def _moderate(self, wish: w.Moderate) -> None:
        self._begin(wish.request_key, self._act(wish))

    def _begin(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        if key in self._desk.busy or self._context.platform is None:
            work.close()
            if self._context.platform is None:
                self._fail(AppError(AWAY, retryable=True))
            return
        self._set(busy=self._desk.busy | {key}, trouble=None)
        self._scope.spawn(self._until_done(key, work), "moderate")

    async def _until_done(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except AppError as error:
            self._fail(error)
        finally:
            self._set(busy=self._desk.busy - {key})

    async def _act(self, wish: w.Moderate) -> None:
        platform = self._context.platform
        assert platform is not None
        action = await platform.moderate(self._desk.session_id, wish.wish, wish.request_key)
        self._set(done=DoneAct(next(self._context.numbers), action))

    async def _undo(self, action_id: str) -> None:
        platform, desk = self._context.platform, self._desk
        assert platform is not None
        await platform.undo_action(desk.session_id, action_id)
        if self._desk.done is not None and self._desk.done.action.id == action_id:
            self._set(done=None)

    # ---- what is shown ---------------------------------------------------------------------------

    async def _load_room(self) -> None:
        platform, session_id = self._context.platform, self._desk.session_id
        if platform is None:
            self._room_again.missed()
            return
        try:
            room = await platform.my_room(session_id)
            held = await platform.held_messages(session_id) if room.role in MODERATORS else []
        except AppError as error:
            trouble = self._context.trouble(error)
            if trouble is not None and self._room_trouble is None:
                self._room_trouble = trouble
                self._set(trouble=trouble)
            if trouble is not None and error.retryable:
                self._room_again.missed()
            return
        told, self._room_trouble = self._room_trouble, None
        self._room_again.settle()
        is_told = told is not None and self._desk.trouble is told
        self._set(room=room, held=tuple(held), trouble=None if is_told else self._desk.trouble)

    async def _load_record(self) -> None:
        desk = self._desk
        await self._load("record", lambda platform: platform.room_actions(desk.session_id, desk.kinds), tuple)

    async def _load_audience(self) -> None:
        self._audience_s = self._context.clock.monotonic_s()
        session_id = self._desk.session_id
        await self._load("audience", lambda platform: platform.audience(session_id))

    async def _load_person(self) -> None:
        session_id, account_id = self._desk.session_id, self._desk.person_id
        if account_id:
            await self._load("person", lambda platform: platform.room_person(session_id, account_id))

    async def _load(
        self,
        name: str,
        ask: Callable[[Any], Coroutine[Any, Any, Any]],
        kept: Callable[[Any], Any] = lambda found: found,
    ) -> None:
        platform = self._context.platform
        if platform is None or not self._desk.session_id:
            return
        before = self._desk
        if getattr(before, f"{name}_phase") in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(**{f"{name}_phase": LoadPhase.LOADING})
        try:
            found = await ask(platform)
        except AppError as error:
            failed = self._scope.failure(error, is_shown=bool(getattr(self._desk, name)))
            if failed is not None:
                self._set(**{f"{name}_phase": failed["phase"], "trouble": failed["trouble"]})
            return
        now = self._desk
        if (now.person_id, now.kinds) == (before.person_id, before.kinds) or name == "audience":
            self._set(**{name: kept(found), f"{name}_phase": LoadPhase.READY})

    async def _export(self, file: RecordFile) -> None:
        platform, desk = self._context.platform, self._desk
        try:
            if platform is None:
                raise AppError(AWAY, retryable=True)
            data = await platform.room_actions_file(desk.session_id, desk.kinds)
        except AppError as error:
            trouble = self._context.trouble(error)
            if trouble is not None:
                self._set(file=replace(file, is_done=True, trouble=trouble))
            return
        reason = ""
        try:
            await self._context.in_worker(write_whole, Path(file.path), data)
        except StorageError as error:
            reason = str(error.detail["reason"])
        self._set(file=replace(file, is_done=True, reason=reason))

    # ---- what the service tells ------------------------------------------------------------------

    def _rules_changed(self, body: events.RoomRulesChanged) -> None:
        room = self._desk.room
        if room is not None:
            rules = {"slow_s": body.slow_s, "followers_only": body.followers_only, "is_paused": body.is_paused}
            changed: dict[str, object] = {"rules": Rules(**{**room.rules.model_dump(), **rules}),
                                          "is_shielded": body.is_shielded}  # fmt: skip
            self._set(room=room.model_copy(update=changed))
        # which is pinned, and what is held and refused, is not all told with it
        self._room.ask()

    def _held(self, body: events.ChatHeld) -> None:
        others = tuple(one for one in self._desk.held if one.id != body.held_id)
        if body.state == WAITING:
            waiting = HeldMessage(
                id=body.held_id, author_id=body.author_id, author_name=body.author_name, text=body.text, why=body.why,
                sent_at=datetime.fromtimestamp(body.sent_ms / 1000, UTC),
            )  # fmt: skip
            others = (*others, waiting)
        self._set(held=others)

    def _fail(self, error: AppError) -> None:
        trouble = self._context.trouble(error)
        if trouble is not None:
            self._set(trouble=trouble)

    @property
    def _desk(self) -> ModerationDesk:
        return self._context.state.moderation

    def _set(self, **fields: object) -> None:
        self._context.change(moderation=replace(self._desk, **fields))  # type: ignore[arg-type]
