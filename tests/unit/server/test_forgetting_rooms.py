"""With the words of a room goes what quotes them, a few rooms at a time; who did what to whom stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.domain.session import SessionState
from server.forgetting import SESSIONS_AT_A_TIME
from server.retention import DEFAULT
from server.rooms.facts import read_resume
from server.store.models import MessageRow, SessionRow
from server.store.question_models import QuestionRow, QuestionSecondRow
from server.store.room_models import ActionRow, HeldRow, RestrictionRow, RoomRulesRow
from tests.unit.server.forgetting_world import World


def test_a_room_whose_words_are_gone_begins_anew() -> None:
    world = World()
    before = read_resume(world.db, "ended", 0, 1000)
    assert before is not None
    assert (len(before.facts), before.is_reset) == (1, False)
    world.after(DEFAULT.chat_days)
    after = read_resume(world.db, "ended", 0, 1000)
    assert after is not None
    assert (after.facts, after.is_reset, after.messages) == ([], True, 1)


def test_with_the_words_of_a_room_goes_what_quotes_them_and_who_did_what_stays() -> None:
    world = World()
    db, anchor = world.db, world.account_id
    rules = {"followers_only": False, "is_paused": False, "allows_guests": True, "is_shielded": False}
    for name in ("ended", "live"):
        db.add(
            RoomRulesRow(
                session_id=name, slow_s=0, contacts="hold", words="hold", pinned_id=f"m-{name}", revision=1, **rules
            )
        )
        db.add(
            HeldRow(
                id=f"h-{name}", session_id=name, author_id=anchor, author_name="A", text="等着的话", why="contact",
                sent_ms=world.at_ms, request_id="h", state="waiting",
            )
        )  # fmt: skip
        db.add(
            ActionRow(
                id=f"a-{name}", session_id=name, anchor_id=anchor, at_ms=world.at_ms, actor_id=anchor, actor_name="A",
                actor_role=3, kind="delete_message", target_id=anchor, target_name="A", excerpt="说过的话", reason="",
                length="", undo='{"restore": []}', request_id="a",
            )
        )  # fmt: skip
        db.add(
            ActionRow(
                id=f"b-{name}", session_id=name, anchor_id=anchor, at_ms=world.at_ms, actor_id=anchor, actor_name="A",
                actor_role=3, kind="remove", target_id=anchor, target_name="A", excerpt="", reason="", length="",
                undo='{"lift": ["x"]}', request_id="b",
            )
        )  # fmt: skip
        db.add(
            QuestionRow(
                id=f"q-{name}", session_id=name, author_id=anchor, author_name="A", text="问过的话",
                sent_ms=world.at_ms, state="asked", seconds=1, rev=2,
            )
        )  # fmt: skip
        db.flush()
        db.add(QuestionSecondRow(question_id=f"q-{name}", account_id=anchor, at_ms=world.at_ms))
    db.commit()
    world.after(DEFAULT.chat_days)
    for name, is_there in (("ended", False), ("live", True)):
        assert (db.get(QuestionRow, f"q-{name}") is not None) is is_there
        assert (db.get(QuestionSecondRow, (f"q-{name}", anchor)) is not None) is is_there
    assert db.get(HeldRow, "h-ended") is None
    assert db.get_one(RoomRulesRow, "ended").pinned_id is None
    kept = db.get_one(ActionRow, "a-ended")
    assert (kept.kind, kept.excerpt, kept.undo) == ("delete_message", "", "{}")
    assert db.get_one(ActionRow, "b-ended").undo == '{"lift": ["x"]}', "who was sent out for good can be let in again"
    assert db.get(HeldRow, "h-live") is not None
    assert db.get_one(RoomRulesRow, "live").pinned_id == "m-live"
    assert db.get_one(ActionRow, "a-live").excerpt == "说过的话"


def test_a_mute_that_holds_no_more_is_forgotten_as_long_after() -> None:
    world = World()
    db, anchor, at_ms = world.db, world.account_id, world.at_ms
    rows: dict[str, dict[str, Any]] = {
        "for good": {}, "lifted": {"lifted_ms": at_ms}, "over": {"until_ms": at_ms}, "later": {"until_ms": 1 << 50},
        "of ended": {"session_id": "ended"}, "of live": {"session_id": "live"},
    }  # fmt: skip
    for name, more in rows.items():
        db.add(
            RestrictionRow(
                id=name, anchor_id=anchor, account_id=anchor, kind="mute", from_ms=at_ms, reason="", by_role=3, **more
            )
        )
    db.commit()
    world.after(DEFAULT.chat_days)
    assert set(db.scalars(select(RestrictionRow.id))) == {"for good", "later", "of live"}


def test_many_rooms_are_emptied_a_few_at_a_time() -> None:
    world = World()
    for number in range(SESSIONS_AT_A_TIME + 5):
        world.room(f"more{number}")
        world.db.get_one(SessionRow, f"more{number}").state = SessionState.ENDED.value
        world.db.get_one(SessionRow, f"more{number}").ended_ms = world.at_ms + 1
    left = []
    for _ in range(3):
        world.after(DEFAULT.chat_days + 1)
        left.append(world.db.scalar(select(func.count()).select_from(MessageRow)))
    assert left == [SESSIONS_AT_A_TIME + 7 - SESSIONS_AT_A_TIME, 1, 1]
