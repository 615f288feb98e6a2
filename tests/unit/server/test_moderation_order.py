"""Who decided stands above who lifts; what is taken back stays taken back; what was changed since then stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Role
from app.contract.room import ActionKind as A
from app.contract.room import ModerationWish, Rules
from app.domain.measures import ConductCategory, MeasureKind
from app.domain.room.restrictions import Length
from app.domain.room.rules import Policy, RoomRules
from app.domain.session import SessionState
from server.accounts import people, tokens
from server.config import Lifetimes
from server.errors import Refusal
from server.gate import Person
from server.measures import take
from server.measures.take import MeasureWish
from server.rooms import moderation, rules, undoing
from server.rooms.chat import post_message, read_messages
from server.rooms.people import standing_in
from server.secrets import FieldCipher, new_id
from server.sessions.acts import guest_subject_of
from server.store.base import Base
from server.store.models import MessageRow, SessionRow
from server.store.room_models import HeldRow
from server.store.store import Tx

CIPHER = FieldCipher(b"k" * 32)
CONTACT = "加我微信 vx12345678 详聊"


class Room:
    """One session on air, its anchor, two moderators, a viewer and an operator."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.now = datetime(2026, 1, 5, 2, tzinfo=UTC)
        self.count = 0
        tx = self.tx()
        names = ("anchor", "mod", "mod2", "viewer")
        rows = {name: people.add_account(tx, CIPHER, f"1390000000{n}", name) for n, name in enumerate(names)}
        self.people: dict[str, Person] = {}
        for name, row in rows.items():
            device = tokens.start_device(tx, CIPHER, row, "d", None, Lifetimes()).device_id
            roles = frozenset({Role.ANCHOR}) if name == "anchor" else frozenset[Role]()
            self.people[name] = Person(row.id, device, roles)
        operator = people.add_operator(tx, "op", "-", "运营", "test")
        device = tokens.start_device(tx, CIPHER, operator, "desk", None, Lifetimes()).device_id
        self.people["operator"] = Person(operator.id, device, frozenset({Role.OPERATOR}), has_second_factor=True)
        self.session_id = new_id()
        db.add(
            SessionRow(
                id=self.session_id, anchor_id=rows["anchor"].id, title="面试", category=Category.JOB_SEARCH.value,
                state=SessionState.LIVE.value, created_ms=tx.now_ms, starts_ms=tx.now_ms, length_min=60,
                allows_guests=True,
            )
        )  # fmt: skip
        db.commit()
        for name in ("mod", "mod2"):
            self.act("anchor", A.APPOINT, account_id=self.id_of(name))

    @property
    def session(self) -> SessionRow:
        return self.db.get_one(SessionRow, self.session_id)

    def tx(self) -> Tx:
        self.now += timedelta(milliseconds=1)
        return Tx(self.db, self.now)

    def id_of(self, name: str) -> str:
        return self.people[name].account_id

    def act(self, who: str, action: A, **fields: Any) -> str:
        self.count += 1
        wish = ModerationWish(action=action, **fields)
        try:
            return moderation.act(self.tx(), self.people[who], self.session_id, wish, f"k{self.count}")
        except Refusal:
            self.db.rollback()
            raise
        finally:
            self.db.commit()

    def undo(self, who: str, action_id: str) -> None:
        try:
            undoing.undo(self.tx(), self.people[who], self.session_id, action_id)
        except Refusal:
            self.db.rollback()
            raise
        finally:
            self.db.commit()

    def bind(self, who: str, action: A, target: str = "viewer") -> str:
        return self.act(who, action, account_id=self.id_of(target), length=Length.FOREVER)

    def say(self, text: str, who: str = "viewer") -> str:
        self.count += 1
        ack = post_message(self.tx(), self.session_id, self.people[who], f"m{self.count}", text)
        self.db.commit()
        return ack.message_id

    def shown(self) -> list[str]:
        return [one.text for one in read_messages(self.db, self.session_id, 0, 500)]

    def hold(self, text: str = CONTACT) -> str:
        """Written by the viewer, waiting."""
        held = HeldRow(
            id=new_id(), session_id=self.session_id, author_id=self.id_of("viewer"), author_name="viewer", text=text,
            why="contact", sent_ms=self.tx().now_ms, request_id=f"h{self.count}", state="waiting",
        )  # fmt: skip
        self.db.add(held)
        self.db.commit()
        return held.id

    def is_bound(self, name: str = "viewer") -> bool:
        standing = standing_in(self.db, self.session, self.id_of(name), self.tx().now_ms)
        return standing.mute is not None or standing.removal is not None

    @property
    def rules(self) -> RoomRules:
        return rules.rules_of(self.db, self.session_id)

    def set(self, who: str = "anchor", **changed: Any) -> str:
        now = self.rules
        fields = {
            "slow_s": now.slow_s, "followers_only": now.followers_only, "is_paused": now.is_paused,
            "contacts": now.contacts, "words": now.words, "allows_guests": now.allows_guests,
        }  # fmt: skip
        return self.act(who, A.SET_RULES, rules=Rules(**{**fields, **changed}))

    def pinned(self) -> str:
        row = rules.pinned_of(self.db, self.session_id)
        return row.text if row is not None else ""


@pytest.fixture
def room() -> Iterator[Room]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Db(engine, expire_on_commit=False) as db:
        yield Room(db)
    engine.dispose()


def refused(call: Any, *args: Any, **fields: Any) -> ErrorCode:
    with pytest.raises(Refusal) as caught:
        call(*args, **fields)
    return caught.value.reason


PAIRS = [(A.MUTE, A.UNMUTE), (A.REMOVE, A.READMIT)]


@pytest.mark.parametrize(("bind", "lift"), PAIRS)
@pytest.mark.parametrize(("above", "below"), [("operator", "anchor"), ("operator", "mod"), ("anchor", "mod")])
def test_what_a_higher_role_decided_is_lifted_by_nobody_below(
    room: Room, bind: A, lift: A, above: str, below: str
) -> None:
    room.bind(above, bind)
    assert refused(room.act, below, lift, account_id=room.id_of("viewer")) is ErrorCode.FORBIDDEN
    assert room.is_bound()
    room.act(above, lift, account_id=room.id_of("viewer"))
    assert not room.is_bound()


def test_moderators_lift_what_moderators_decided(room: Room) -> None:
    room.bind("mod", A.MUTE)
    room.act("mod2", A.UNMUTE, account_id=room.id_of("viewer"))
    assert not room.is_bound()


def test_a_moderator_who_was_sent_out_moderates_no_more(room: Room) -> None:
    room.bind("anchor", A.REMOVE, "mod")
    assert refused(room.bind, "mod", A.MUTE) is ErrorCode.REMOVED_FROM_ROOM
    assert refused(room.set, "mod", slow_s=30) is ErrorCode.REMOVED_FROM_ROOM
    assert not room.is_bound()


@pytest.mark.parametrize(("bind", "lift"), PAIRS)
def test_a_mute_that_was_taken_back_never_binds_again(room: Room, bind: A, lift: A) -> None:
    made = room.bind("anchor", bind)
    lifted = room.act("anchor", lift, account_id=room.id_of("viewer"))
    room.undo("anchor", made)
    room.undo("anchor", lifted)
    assert not room.is_bound()


def test_undoing_a_lift_binds_again(room: Room) -> None:
    room.bind("anchor", A.MUTE)
    room.undo("anchor", room.act("anchor", A.UNMUTE, account_id=room.id_of("viewer")))
    assert room.is_bound()


def test_a_release_that_was_taken_back_is_not_shown_by_undoing_a_deletion(room: Room) -> None:
    held_id = room.hold()
    released = room.act("anchor", A.RELEASE_HELD, held_id=held_id)
    message_id = room.db.scalars(select(MessageRow.id)).one()
    deleted = room.act("anchor", A.DELETE_MESSAGE, message_id=message_id)
    room.undo("anchor", released)
    room.undo("anchor", deleted)
    assert room.shown() == []


def test_a_release_is_taken_back(room: Room) -> None:
    released = room.act("anchor", A.RELEASE_HELD, held_id=room.hold())
    assert room.shown() == [CONTACT]
    room.undo("anchor", released)
    assert room.shown() == []


def test_what_somebody_sent_out_had_waiting_waits_no_more(room: Room) -> None:
    refusal = room.act("anchor", A.REFUSE_HELD, held_id=(held_id := room.hold()))
    room.bind("anchor", A.REMOVE)
    room.undo("anchor", refusal)
    assert refused(room.act, "anchor", A.RELEASE_HELD, held_id=held_id) is ErrorCode.STATE_CONFLICT
    assert room.shown() == []


@pytest.mark.parametrize("kind", [MeasureKind.LIMIT_CHAT, MeasureKind.CLOSING])
def test_nothing_is_released_of_who_may_not_write(room: Room, kind: MeasureKind) -> None:
    held_id = room.hold()
    wish = MeasureWish(room.id_of("viewer"), kind, ConductCategory.UNFRIENDLY, "骂人")
    take.take(room.tx(), room.people["operator"], CIPHER, wish, None)
    room.db.commit()
    assert refused(room.act, "anchor", A.RELEASE_HELD, held_id=held_id) is ErrorCode.STATE_CONFLICT
    assert room.shown() == []


def test_nothing_is_released_into_a_room_that_is_over(room: Room) -> None:
    held_id = room.hold()
    room.session.state = SessionState.ENDED.value
    room.db.commit()
    assert refused(room.act, "anchor", A.RELEASE_HELD, held_id=held_id) is ErrorCode.SESSION_ENDED


def test_undoing_a_rule_leaves_the_shield_and_what_was_set_since(room: Room) -> None:
    slow = room.set(slow_s=10)
    room.set(followers_only=True)
    room.undo("anchor", slow)
    assert (room.rules.slow_s, room.rules.followers_only) == (0, True)
    slow = room.set(slow_s=10)
    room.act("anchor", A.SHIELD_ON)
    room.undo("anchor", slow)
    assert (room.rules.is_shielded, room.rules.slow_s) == (True, 30)
    room.act("anchor", A.SHIELD_OFF)
    assert room.rules == RoomRules(followers_only=True), "what was undone under it is undone"


def test_the_shield_comes_down_whatever_was_undone_around_it(room: Room) -> None:
    room.act("anchor", A.SHIELD_ON)
    slow = room.set(slow_s=60)
    lowered = room.act("anchor", A.SHIELD_OFF)
    room.undo("anchor", slow)
    assert not room.rules.is_shielded
    room.undo("anchor", lowered)
    assert room.rules.is_shielded
    room.act("anchor", A.SHIELD_OFF)
    assert not room.rules.is_shielded


def test_undoing_a_pin_leaves_what_was_pinned_since(room: Room) -> None:
    one, two, three = (room.say(text, "anchor") for text in ("一", "二", "三"))
    room.act("anchor", A.PIN, message_id=one)
    second = room.act("mod", A.PIN, message_id=two)
    room.undo("anchor", second)
    assert room.pinned() == "一"
    second = room.act("mod", A.PIN, message_id=two)
    room.act("mod2", A.PIN, message_id=three)
    room.undo("anchor", second)
    assert room.pinned() == "三"
    gone = room.act("mod", A.UNPIN)
    room.undo("mod", gone)
    assert room.pinned() == "三"
    gone = room.act("mod", A.UNPIN)
    room.act("mod", A.PIN, message_id=one)
    room.undo("mod", gone)
    assert room.pinned() == "一"


def test_what_was_forgotten_cannot_be_undone_and_says_so(room: Room) -> None:
    deleted = room.act("anchor", A.DELETE_MESSAGE, message_id=room.say("话"))
    row = room.db.get_one(undoing.ActionRow, deleted)
    row.undo = undoing.FORGOTTEN
    room.db.commit()
    assert refused(room.undo, "anchor", deleted) is ErrorCode.STATE_CONFLICT
    assert not undoing.is_undoable(row, undoing.RoomRole.OWNER, room.id_of("anchor"))
    assert row.undone_ms is None


def test_under_the_shield_there_are_no_guests(room: Room) -> None:
    def allows() -> bool:
        return guest_subject_of(room.db, room.session, room.tx().now_ms).allows_guests

    assert allows()
    room.act("anchor", A.SHIELD_ON)
    assert not allows()
    room.act("anchor", A.SHIELD_OFF)
    room.set(allows_guests=False)
    assert not allows()


def test_rules_keep_their_names() -> None:
    assert rules.from_json(rules.to_json(RoomRules(slow_s=5, words=Policy.REFUSE))) == RoomRules(
        slow_s=5, words=Policy.REFUSE
    )
