"""A room of a fake platform as who moderates it sees it, by the rules of the wire. Part of ``FakePlatform``."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.contract.questions import QuestionAct, QuestionItem
from app.contract.rest import ChatMessage
from app.contract.room import (
    ActionKind,
    Audience,
    AudienceMember,
    HeldMessage,
    ModerationWish,
    MyRoom,
    PersonCard,
    RoomAction,
    Rules,
)
from app.domain.room.questions import QuestionState, may_follow, place
from app.domain.room.restrictions import Length
from app.errors import PlatformError

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
_ON_SCREEN = QuestionState.ON_SCREEN
_AFTER = {
    QuestionAct.SHOW: _ON_SCREEN,
    QuestionAct.HIDE_CARD: QuestionState.ASKED,
    QuestionAct.ANSWER: QuestionState.ANSWERED,
    QuestionAct.DELETE: QuestionState.HIDDEN,
}
_ON_A_PERSON = {ActionKind.MUTE, ActionKind.UNMUTE, ActionKind.REMOVE, ActionKind.READMIT}


class FakeRooms(ABC):
    """``viewers``: names by account id; the anchor of every session is ``a1``."""

    def __init__(self) -> None:
        self.viewers: dict[str, str] = {"v1": "小苗", "v2": "阿岩"}
        self.muted: set[str] = set()
        self.removed: set[str] = set()
        self.waiting: list[HeldMessage] = []
        self.said: list[ChatMessage] = []
        self.rules = Rules()
        self.is_shielded = False
        self.acts: list[RoomAction] = []
        """The oldest first."""
        self.by_key: dict[str, RoomAction] = {}
        self.is_moderator = True
        self.asked: list[QuestionItem] = []
        self._numbers = itertools.count(1)

    @abstractmethod
    def _check(self, name: str) -> None: ...

    @abstractmethod
    async def _held(self, name: str) -> None: ...

    def _require(self) -> None:
        if not self.is_moderator:
            raise PlatformError("forbidden", retryable=False)

    async def my_room(self, session_id: str) -> MyRoom:
        self._check("my_room")
        await self._held("my_room")
        return MyRoom(
            role="owner" if self.is_moderator else "viewer", is_following=False, is_muted=False, muted_until=None,
            muted_reason="", rules=self.rules, is_shielded=self.is_shielded, pinned=None,
        )  # fmt: skip

    async def moderate(self, session_id: str, wish: ModerationWish, idempotency_key: str) -> RoomAction:
        self._check("moderate")
        self._require()
        if idempotency_key not in self.by_key:
            self.by_key[idempotency_key] = self._act(session_id, wish)
        await self._held("moderate")
        return self.by_key[idempotency_key]

    def _act(self, session_id: str, wish: ModerationWish) -> RoomAction:
        who = wish.account_id or ""
        if wish.action in _ON_A_PERSON and who not in self.viewers:
            raise PlatformError("not_found", retryable=False)
        self._do(wish, who)
        made = RoomAction(
            id=f"x{next(self._numbers)}", session_id=session_id, at=AT, kind=wish.action, actor_id="a1",
            actor_name="林晓", actor_role="owner", target_id=wish.account_id, target_name=self.viewers.get(who, ""),
            excerpt="", reason=wish.reason, length=wish.length,
            until=AT if wish.length is Length.MINUTE else None, undone_at=None, is_undoable=True,
        )  # fmt: skip
        self.acts.append(made)
        return made

    def _do(self, wish: ModerationWish, who: str) -> None:
        match wish.action:
            case ActionKind.MUTE:
                self.muted.add(who)
            case ActionKind.UNMUTE:
                self.muted.discard(who)
            case ActionKind.REMOVE:
                self.removed.add(who)
            case ActionKind.READMIT:
                self.removed.discard(who)
            case ActionKind.SET_RULES:
                assert wish.rules is not None
                self.rules = wish.rules
            case ActionKind.SHIELD_ON | ActionKind.SHIELD_OFF:
                self.is_shielded = wish.action is ActionKind.SHIELD_ON

    async def undo_action(self, session_id: str, action_id: str) -> RoomAction:
        self._check("undo_action")
        self._require()
        found = next((one for one in self.acts if one.id == action_id), None)
        if found is None:
            raise PlatformError("not_found", retryable=False)
        if found.undone_at is None:
            self.muted.discard(found.target_id or "")
            self.removed.discard(found.target_id or "")
            undone = found.model_copy(update={"undone_at": AT, "is_undoable": False})
            self.acts[self.acts.index(found)] = found = undone
        await self._held("undo_action")
        return found

    async def room_actions(self, session_id: str, kinds: Sequence[ActionKind] = ()) -> list[RoomAction]:
        self._check("room_actions")
        self._require()
        await self._held("room_actions")
        return [one for one in reversed(self.acts) if not kinds or one.kind in kinds]

    async def room_actions_file(self, session_id: str, kinds: Sequence[ActionKind] = ()) -> bytes:
        found = await self.room_actions(session_id, kinds)
        lines = ["time_utc,action", *(f"{one.at:%Y-%m-%d %H:%M:%S},{one.kind.value}" for one in found)]
        return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()

    async def held_messages(self, session_id: str) -> list[HeldMessage]:
        self._check("held_messages")
        self._require()
        return list(self.waiting)

    def ask(self, text: str, *, author_id: str = "v1", seconds: int = 0) -> QuestionItem:
        """A viewer asks."""
        made = QuestionItem(
            id=f"q{next(self._numbers)}", author_id=author_id, author_name=self.viewers[author_id], text=text,
            seconds=seconds, state=QuestionState.ASKED, rev=1, asked_at=AT + timedelta(seconds=len(self.asked)),
        )  # fmt: skip
        self.asked.append(made)
        return made

    async def questions(self, session_id: str) -> list[QuestionItem]:
        self._check("questions")
        found = [one for one in self.asked if one.state is not QuestionState.HIDDEN]
        await self._held("questions")
        return sorted(found, key=lambda one: place(one.state, one.seconds, round(one.asked_at.timestamp()), one.id))

    async def act_on_question(self, session_id: str, question_id: str, act: QuestionAct) -> QuestionItem:
        self._check("act_on_question")
        self._require()
        found = next((one for one in self.asked if one.id == question_id), None)
        if found is None or (found.state is QuestionState.HIDDEN and act is not QuestionAct.DELETE):
            raise PlatformError("not_found", retryable=False)
        to = _AFTER[act]
        is_changed = found.state is not to and (act is not QuestionAct.HIDE_CARD or found.state is _ON_SCREEN)
        if is_changed and not may_follow(found.state, to):
            raise PlatformError("state_conflict", retryable=False)
        if is_changed and act is QuestionAct.SHOW:
            for former in [one for one in self.asked if one.state is _ON_SCREEN]:
                self._set_question(former, QuestionState.ASKED)
        found = self._set_question(found, to) if is_changed else found
        await self._held("act_on_question")
        is_hidden = found.state is QuestionState.HIDDEN
        return found.model_copy(update={"text": "", "author_name": ""}) if is_hidden else found

    def _set_question(self, question: QuestionItem, state: QuestionState) -> QuestionItem:
        changed = question.model_copy(update={"state": state, "rev": question.rev + 1})
        self.asked[self.asked.index(question)] = changed
        return changed

    async def audience(self, session_id: str) -> Audience:
        self._check("audience")
        self._require()
        await self._held("audience")
        members = [
            AudienceMember(
                account_id=account_id, name=name, role="viewer", is_following=False, is_muted=account_id in self.muted,
                is_new=True, messages=0,
            )
            for account_id, name in self.viewers.items() if account_id not in self.removed
        ]  # fmt: skip
        return Audience(people=members, visitors=3, total=len(members) + 3)

    async def room_person(self, session_id: str, account_id: str) -> PersonCard:
        self._check("room_person")
        self._require()
        await self._held("room_person")
        if account_id not in self.viewers:
            raise PlatformError("not_found", retryable=False)
        return PersonCard(
            account_id=account_id, name=self.viewers[account_id], role="viewer", is_following=False, is_new=True,
            is_present=account_id not in self.removed, muted_until=None, is_muted=account_id in self.muted,
            is_removed=account_id in self.removed,
            messages=[one for one in reversed(self.said) if one.author_id == account_id],
            actions=[one for one in reversed(self.acts) if one.target_id == account_id],
        )  # fmt: skip
