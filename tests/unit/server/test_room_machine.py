"""Anchor, moderators, viewers and time do anything in any order; who may speak, who may be there and what is shown is
what a simple model says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Role
from app.contract.room import ActionKind, ModerationWish
from app.domain.measures import ConductCategory, MeasureKind
from app.domain.room.restrictions import Kind, Length
from app.domain.session import SessionState
from server.accounts import people, tokens
from server.config import Lifetimes
from server.errors import Refusal
from server.gate import Person
from server.measures import take
from server.measures.take import MeasureWish
from server.rooms import moderation, undoing
from server.rooms.chat import post_message, read_messages
from server.rooms.facts import read_resume
from server.rooms.people import standing_in
from server.secrets import FieldCipher, new_id
from server.store.base import Base
from server.store.models import AccountRow, SessionRow
from server.store.room_models import ActionRow
from server.store.store import Tx
from tests.unit.server.played import played

VIEWERS = 3
TERM_S = {Length.MINUTE: 60, Length.TEN_MINUTES: 600, Length.DAY: 86_400}


@dataclass
class Bound:
    """A mute or a removal of the model."""

    who: int
    kind: Kind
    room: int | None
    until: datetime | None
    made: datetime
    is_lifted: bool = False
    is_revoked: bool = False
    """What made it was taken back."""


@dataclass
class Said:
    room: int
    who: int
    text: str
    sent: datetime
    is_hidden: bool = False
    is_deleted: bool = False
    """By a measure, whatever is done in the room."""


@dataclass
class Done:
    """What undoing it changes in the model."""

    action_id: str
    room: int
    bound: list[Bound] = field(default_factory=list)
    lifts: bool = False
    messages: list[Said] = field(default_factory=list)
    is_undone: bool = False


class RoomMachine(RuleBasedStateMachine):
    """Person 0 is the anchor, 1 … 3 are viewers; two sessions of the same anchor."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://")
        Base.metadata.create_all(self.engine)
        self.db = Db(self.engine, expire_on_commit=False)
        self.now = datetime(2026, 1, 5, 2, tzinfo=UTC)
        cipher = self.cipher = FieldCipher(b"k" * 32)
        tx = self.tx()
        rows = [people.add_account(tx, cipher, f"1390000000{n}", f"人{n}") for n in range(VIEWERS + 1)]
        self.people = []
        for number, row in enumerate(rows):
            device = tokens.start_device(tx, cipher, row, "d", None, Lifetimes()).device_id
            roles = frozenset({Role.ANCHOR}) if number == 0 else frozenset[Role]()
            self.people.append(Person(row.id, device, roles))
        operator = people.add_operator(tx, "op", "-", "运营", "test")
        device = tokens.start_device(tx, cipher, operator, "desk", None, Lifetimes()).device_id
        self.operator = Person(operator.id, device, frozenset({Role.OPERATOR}), has_second_factor=True)
        self.measures: list[tuple[str, list[Said]]] = []
        self.sessions = [self._open(tx, rows[0]) for _ in range(2)]
        self.db.commit()
        self.bound: list[Bound] = []
        self.said: list[Said] = []
        self.done: list[Done] = []
        self.count = 0

    def _open(self, tx: Tx, anchor: AccountRow) -> str:
        row = SessionRow(
            id=new_id(), anchor_id=anchor.id, title="面试", category=Category.JOB_SEARCH.value,
            state=SessionState.LIVE.value, created_ms=tx.now_ms, starts_ms=tx.now_ms, length_min=60,
        )  # fmt: skip
        tx.db.add(row)
        tx.db.flush()
        return row.id

    def teardown(self) -> None:
        self.db.close()
        self.engine.dispose()

    def tx(self) -> Tx:
        return Tx(self.db, self.now)

    # ---- the model -------------------------------------------------------------------------------

    def holding(self, who: int, kind: Kind, room: int) -> list[Bound]:
        return [
            one
            for one in self.bound
            if (one.who, one.kind) == (who, kind)
            and not one.is_lifted
            and one.room in (None, room)
            and (one.until is None or self.now < one.until)
        ]

    def was_sent_out_after(self, said: Said) -> bool:
        return any(one.who == said.who and one.kind is Kind.REMOVE and one.made >= said.sent for one in self.bound)

    # ---- what happens ----------------------------------------------------------------------------

    def act(self, room: int, wish: ModerationWish) -> str | Refusal:
        self.count += 1
        self.now += timedelta(milliseconds=1)
        try:
            found = moderation.act(self.tx(), self.people[0], self.sessions[room], wish, f"k{self.count}")
        except Refusal as refusal:
            self.db.rollback()
            return refusal
        self.db.commit()
        return found

    @initialize()
    def begin(self) -> None:
        for who in range(1, VIEWERS + 1):
            self.say(0, who)

    @rule(room=st.integers(0, 1), who=st.integers(1, VIEWERS))
    def say(self, room: int, who: int) -> None:
        self.count += 1
        self.now += timedelta(milliseconds=1)
        text = f"第{self.count}句"
        refused = None
        try:
            post_message(self.tx(), self.sessions[room], self.people[who], f"m{self.count}", text)
        except Refusal as refusal:
            refused = refusal.reason
            self.db.rollback()
        self.db.commit()
        removed, muted = self.holding(who, Kind.REMOVE, room), self.holding(who, Kind.MUTE, room)
        assert refused is (ErrorCode.REMOVED_FROM_ROOM if removed else ErrorCode.MUTED if muted else None)
        if refused is None:
            self.said.append(Said(room, who, text, self.now))

    @rule(
        room=st.integers(0, 1), who=st.integers(1, VIEWERS), kind=st.sampled_from(Kind), length=st.sampled_from(Length)
    )
    def restrict(self, room: int, who: int, kind: Kind, length: Length) -> None:
        action = ActionKind.MUTE if kind is Kind.MUTE else ActionKind.REMOVE
        wish = ModerationWish(action=action, account_id=self.people[who].account_id, length=length)
        found = self.act(room, wish)
        if isinstance(found, Refusal):
            assert kind is Kind.REMOVE
            assert length not in (Length.SESSION, Length.FOREVER)
            return
        until = self.now + timedelta(seconds=TERM_S[length]) if length in TERM_S else None
        made = Bound(who, kind, room if length is Length.SESSION else None, until, self.now)
        self.bound.append(made)
        self.done.append(Done(found, room, [made]))
        if kind is Kind.REMOVE:
            for one in self.said:
                one.is_hidden = one.is_hidden or (one.room, one.who) == (room, who)

    @rule(room=st.integers(0, 1), who=st.integers(1, VIEWERS), kind=st.sampled_from(Kind))
    def lift(self, room: int, who: int, kind: Kind) -> None:
        action = ActionKind.UNMUTE if kind is Kind.MUTE else ActionKind.READMIT
        holding = self.holding(who, kind, room)
        found = self.act(room, ModerationWish(action=action, account_id=self.people[who].account_id))
        # the millisecond that passed may have ended one
        holding = [one for one in holding if one.until is None or self.now < one.until]
        assert isinstance(found, Refusal) is not bool(holding)
        if isinstance(found, str):
            for one in holding:
                one.is_lifted = True
            self.done.append(Done(found, room, holding, lifts=True))

    @rule(pick=st.integers(0, 50))
    def delete(self, pick: int) -> None:
        if not self.said:
            return
        said = self.said[pick % len(self.said)]
        ids = {row.text: row.id for row in self.db.scalars(select(moderation.MessageRow))}
        found = self.act(said.room, ModerationWish(action=ActionKind.DELETE_MESSAGE, message_id=ids[said.text]))
        assert isinstance(found, Refusal) is (said.is_hidden or said.is_deleted)
        if isinstance(found, str):
            said.is_hidden = True
            self.done.append(Done(found, said.room, messages=[said]))

    @rule(pick=st.integers(0, 50))
    def undo(self, pick: int) -> None:
        if not self.done:
            return
        done = self.done[pick % len(self.done)]
        self.now += timedelta(milliseconds=1)
        undoing.undo(self.tx(), self.people[0], self.sessions[done.room], done.action_id)
        self.db.commit()
        if done.is_undone:
            return
        done.is_undone = True
        for one in done.bound:
            if not done.lifts:
                one.is_lifted = one.is_revoked = True
            elif one.is_revoked:
                continue
            elif one.until is None or self.now < one.until:
                one.is_lifted = False
        for said in done.messages:
            said.is_hidden = said.is_hidden and self.was_sent_out_after(said)

    @rule(who=st.integers(1, VIEWERS), picks=st.lists(st.integers(0, 50), min_size=1, max_size=3))
    def delete_by_measure(self, who: int, picks: list[int]) -> None:
        mine = [one for one in self.said if one.who == who]
        if not mine:
            return
        chosen = {pick % len(mine): mine[pick % len(mine)] for pick in picks}.values()
        ids = {row.text: row.id for row in self.db.scalars(select(moderation.MessageRow))}
        wish = MeasureWish(
            self.people[who].account_id, MeasureKind.DELETION, ConductCategory.UNFRIENDLY, "骂人",
            pieces=tuple(f"message:{ids[one.text]}" for one in chosen),
        )  # fmt: skip
        new = [one for one in chosen if not one.is_deleted]
        self.now += timedelta(milliseconds=1)
        if not new:
            with pytest.raises(Refusal, match=ErrorCode.STATE_CONFLICT.value):
                take.take(self.tx(), self.operator, self.cipher, wish, None)
            self.db.rollback()
            return
        self.measures.append((take.take(self.tx(), self.operator, self.cipher, wish, None), new))
        self.db.commit()
        for one in new:
            one.is_deleted = True

    @rule(pick=st.integers(0, 20))
    def lift_measure(self, pick: int) -> None:
        if not self.measures:
            return
        measure_id, deleted = self.measures.pop(pick % len(self.measures))
        self.now += timedelta(milliseconds=1)
        take.lift(self.tx(), self.operator, self.cipher, measure_id, "已整改")
        self.db.commit()
        for one in deleted:
            one.is_deleted = False

    @rule(seconds=st.sampled_from([1, 59, 61, 600, 86_400]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    # ---- what must be so -------------------------------------------------------------------------

    @invariant()
    def standing_is_that_of_the_model(self) -> None:
        for room, session_id in enumerate(self.sessions):
            session = self.db.get_one(SessionRow, session_id)
            for who in range(1, VIEWERS + 1):
                standing = standing_in(self.db, session, self.people[who].account_id, self.tx().now_ms)
                assert (standing.mute is not None) is bool(self.holding(who, Kind.MUTE, room))
                assert (standing.removal is not None) is bool(self.holding(who, Kind.REMOVE, room))

    @invariant()
    def history_and_resume_show_what_the_model_shows(self) -> None:
        for room, session_id in enumerate(self.sessions):
            expected = [one.text for one in self.said if one.room == room and not (one.is_hidden or one.is_deleted)]
            assert [one.text for one in read_messages(self.db, session_id, 0, 500)] == expected
            resume = read_resume(self.db, session_id, 0, 5000)
            assert resume is not None
            assert [one.seq for one in resume.facts] == list(range(1, resume.last_seq + 1))
            assert [one.d["text"] for one in resume.facts if one.t == "chat.posted"] == expected
            hidden = {one.text for one in self.said if one.room == room} - set(expected)
            assert not [text for text in hidden if text in str([one.d for one in resume.facts])]

    @invariant()
    def every_act_is_written_down(self) -> None:
        assert len(self.db.scalars(select(ActionRow)).all()) == len(self.done)


TestRoomMachine = pytest.mark.timeout(180)(played(RoomMachine, 8, 20))
TestRoomMachineAtLength = pytest.mark.slow(played(RoomMachine, 30, 25))
