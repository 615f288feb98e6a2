"""Messages to the person: the newest, older pages, what is new for a notification, what was read. I/O loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.contract.inbox import Inbox, InboxKind, InboxMessage, LinkPlace
from app.contract.rest import Session
from app.errors import AppError
from app.usecases.context import Context
from app.usecases.scope import Reload, Scope
from app.usecases.trouble import Trouble
from app.usecases.way_state import InboxState, LoadPhase
from app.usecases.wishes import MarkRead

MAX_IDS = 100
"""In one request (contract.inbox)."""
MAX_KNOWN_PEOPLE = 20
"""So many numbers are kept in the settings; the one that was not used for longest goes."""


class InboxCase:
    """``on_loaded`` runs when messages have come."""

    def __init__(self, context: Context, scope: Scope, on_loaded: Callable[[], None]) -> None:
        self._context, self._scope, self._on_loaded = context, scope, on_loaded
        self.reload = Reload(scope, self._load, "inbox")
        self._told_number: int | None = None
        """The highest number that was loaded; None before the first load."""
        self._marks = 0
        """Grows when a mark is asked for and when it was answered: a page that was asked for between may not know."""
        self._is_loading_older = False

    def clear(self) -> None:
        self._told_number, self._is_loading_older = None, False
        self._context.change(inbox=InboxState())

    async def _load(self) -> None:
        platform, state = self._scope.platform, self._context.state.inbox
        if platform is None:
            return
        if state.phase in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(phase=LoadPhase.LOADING, trouble=None)
        marks = self._marks
        try:
            page = await platform.inbox()
        except AppError as error:
            self._fail(error)
            return
        if marks != self._marks:
            self.reload.ask()
            return
        self._show(page)

    def _show(self, page: Inbox) -> None:
        state = self._context.state.inbox
        messages = tuple(page.messages)
        oldest = messages[-1].number if messages else 0
        older = tuple(one for one in state.messages if one.number < oldest)
        # What came since may be more than a page: then the older ones would stand behind a gap.
        is_joined = bool(older) and any(one.number >= oldest for one in state.messages)
        arrived = self._arrived(messages)
        self._set(
            phase=LoadPhase.READY,
            messages=(*messages, *older) if is_joined else messages,
            has_more=state.has_more if is_joined else page.has_more,
            unread=page.unread,
            trouble=None,
        )
        if arrived:
            self._set(arrived=arrived, arrived_number=state.arrived_number + 1)
            if any(one.place is LinkPlace.MEASURES for one in arrived):
                # not only on the rail: it may be about what is said on air at this moment
                self._context.notify(Trouble("measure_taken", action="open_measures"))
        self._on_loaded()

    def _arrived(self, messages: tuple[InboxMessage, ...]) -> tuple[InboxMessage, ...]:
        """What is to be told of: what came since the last load, at the first one since this machine last told."""
        numbers = self._context.state.settings.inbox_numbers
        told = self._told_number if self._told_number is not None else numbers.get(self._scope.owner)
        newest = max((one.number for one in messages), default=0)
        arrived: tuple[InboxMessage, ...] = ()
        if told is not None:
            arrived = tuple(one for one in messages if one.number > told and not one.is_read)
        self._told_number = max(newest, told or 0)
        if self._told_number != numbers.get(self._scope.owner):
            others = [pair for pair in numbers.items() if pair[0] != self._scope.owner][1 - MAX_KNOWN_PEOPLE :]
            self._context.save_settings(inbox_numbers={**dict(others), self._scope.owner: self._told_number})
        return arrived

    def load_older(self) -> None:
        """The page before the oldest that is shown."""
        state = self._context.state.inbox
        if state.messages and state.has_more and not self._is_loading_older:
            self._is_loading_older = True
            self._scope.spawn(self._older(state.messages[-1].number), "inbox-older")

    async def _older(self, before: int) -> None:
        platform = self._scope.platform
        try:
            if platform is None:
                return
            page = await platform.inbox(before)
        except AppError as error:
            self._fail(error)
            return
        finally:
            self._is_loading_older = False
        messages = self._context.state.inbox.messages
        if messages and messages[-1].number == before:
            older = [one for one in page.messages if one.number < before]
            self._set(messages=(*messages, *older), has_more=page.has_more, unread=page.unread, trouble=None)

    def mark_read(self, wish: MarkRead) -> None:
        """Shown at once, and taken back should the service not hear of it."""
        state = self._context.state.inbox
        is_meant = set(wish.ids)
        marked = {one.id for one in state.messages if not one.is_read and (not is_meant or one.id in is_meant)}
        up_to = 0 if wish.ids else max((one.number for one in state.messages), default=0)
        if not marked and not (up_to and state.unread):
            return
        self._marks += 1
        messages = tuple(
            one.model_copy(update={"is_read": True}) if one.id in marked else one for one in state.messages
        )
        self._set(messages=messages, unread=0 if up_to else max(0, state.unread - len(marked)))
        self._scope.spawn(self._mark(up_to, tuple(sorted(marked)), state.unread), "inbox-read")

    async def _mark(self, up_to: int, ids: tuple[str, ...], unread_before: int) -> None:
        platform = self._scope.platform
        if platform is None:
            return
        lots = [ids[at : at + MAX_IDS] for at in range(0, len(ids), MAX_IDS)] if not up_to else [()]
        unread = 0
        try:
            for lot in lots:
                unread = await platform.read_inbox(up_to=up_to, ids=lot)
        except AppError as error:
            self._marks += 1
            messages = tuple(
                one.model_copy(update={"is_read": False}) if one.id in ids else one
                for one in self._context.state.inbox.messages
            )
            self._set(messages=messages, unread=unread_before)
            self._fail(error)
            return
        self._marks += 1
        self._set(unread=unread, trouble=None)

    def _fail(self, error: AppError) -> None:
        is_shown = self._context.state.inbox.phase is LoadPhase.READY
        failure = self._scope.failure(error, is_shown=is_shown)
        if failure is not None:
            self._set(**failure)

    def _set(self, **fields: object) -> None:
        self._context.change(inbox=replace(self._context.state.inbox, **fields))  # type: ignore[arg-type]


def cut_off_reason(inbox: InboxState, session: Session) -> str:
    """What the operator wrote who cut this session off; empty while no message tells it."""
    for message in inbox.messages:
        if message.kind is InboxKind.SESSION_CUT_OFF and message.link_id == session.id:
            return message.params.get("comment", "")
    return ""
