"""Reading a room as who moderates it: the record, what waits, a person. Store threads."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.room import (
    MAX_PAGE,
    ActionKind,
    HeldMessage,
    MyRoom,
    PersonCard,
    RoomAction,
)
from app.domain.room.restrictions import Length
from app.domain.room.roles import RoomRole, may_moderate
from server.errors import Refusal
from server.gate import Person, RoomStanding, require
from server.gate_acts import Act
from server.rooms import rules
from server.rooms.held import WAITING
from server.rooms.messages import Writing
from server.rooms.moderation import EXCERPT_CHARS
from server.rooms.people import known_in, standing_in
from server.rooms.undoing import is_undoable
from server.rooms.wishes import rules_to_wire
from server.sessions.acts import subject_of
from server.store.models import AccountRow, MessageRow, SessionRow
from server.store.question_models import QuestionRow
from server.store.room_models import ActionRow, HeldRow
from server.text import plain_text

CARD_MESSAGES, CARD_ACTIONS = 50, 20
_CSV_HEAD = ("time_utc", "action", "by", "role", "whom", "what", "reason", "length", "until_utc", "undone_utc")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def moderated(db: Db, person: Person, session_id: str, now_ms: int) -> tuple[SessionRow, RoomStanding]:
    """The session and how the person stands in it, when they moderate it. Raises Refusal: not_found, forbidden."""
    session = db.get(SessionRow, session_id)
    if session is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    room = standing_in(db, session, person.account_id, now_ms)
    require(Act.MODERATE, person, subject_of(session), room=room)
    return session, room


def my_room(db: Db, person: Person, session_id: str, now_ms: int) -> MyRoom:
    """How the person stands in a room, whoever they are. Raises Refusal: not_found, removed_from_room."""
    session = db.get(SessionRow, session_id)
    if session is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    room = standing_in(db, session, person.account_id, now_ms)
    require(Act.WATCH, person, subject_of(session), room=room)
    in_force, pinned = rules.rules_of(db, session_id), rules.pinned_of(db, session_id)
    return MyRoom(
        role=room.role.wire,
        is_following=room.is_following,
        is_muted=room.mute is not None,
        muted_until=moment_or_none(room.mute.until_ms) if room.mute is not None else None,
        muted_reason=room.mute_reason,
        rules=rules_to_wire(in_force),
        is_shielded=in_force.is_shielded,
        pinned=Writing(db).to_wire(pinned) if pinned is not None else None,
        words=rules.words_of(db, session.anchor_id) if may_moderate(room.role) else [],
    )


def actions(
    db: Db,
    person: Person,
    session_id: str,
    now_ms: int,
    *,
    kinds: tuple[ActionKind, ...] = (),
    target_id: str = "",
    before_ms: int | None = None,
    limit: int = MAX_PAGE,
) -> list[RoomAction]:
    """What was done, newest first. Raises Refusal: not_found, forbidden."""
    _, room = moderated(db, person, session_id, now_ms)
    query = select(ActionRow).where(ActionRow.session_id == session_id)
    if kinds:
        query = query.where(ActionRow.kind.in_([one.value for one in kinds]))
    if target_id:
        query = query.where(ActionRow.target_id == target_id)
    if before_ms is not None:
        query = query.where(ActionRow.at_ms < before_ms)
    rows = db.scalars(query.order_by(ActionRow.at_ms.desc(), ActionRow.id.desc()).limit(limit))
    deleted = deleted_words(db, session_id)
    return [to_wire(row, room.role, person.account_id, deleted) for row in rows]


def to_csv(found: list[RoomAction]) -> bytes:
    """UTF-8 with a mark at its beginning, for spreadsheets; no cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_CSV_HEAD)
    for one in found:
        writer.writerow(
            [
                _cell(value)
                for value in (
                    _iso(one.at), one.kind.value, one.actor_name, one.actor_role, one.target_name, one.excerpt,
                    one.reason, one.length.value if one.length is not None else "", _iso(one.until),
                    _iso(one.undone_at),
                )
            ]
        )  # fmt: skip
    return ("\ufeff" + out.getvalue()).encode()


def deleted_words(db: Db, session_id: str) -> frozenset[str]:
    """What measures deleted in this room, as the record quotes it."""
    said = (
        db.scalars(select(kind.text).where(kind.session_id == session_id, kind.deleted_ms.is_not(None)))
        for kind in (MessageRow, QuestionRow)
    )
    return frozenset(text[:EXCERPT_CHARS] for texts in said for text in texts)


def to_wire(row: ActionRow, role: RoomRole, account_id: str, deleted: frozenset[str] = frozenset()) -> RoomAction:
    """``role`` and ``account_id`` of who reads it: what they may take back. ``deleted``: words not quoted any more."""
    return RoomAction(
        id=row.id,
        session_id=row.session_id,
        at=datetime.fromtimestamp(row.at_ms / 1000, UTC),
        kind=ActionKind(row.kind),
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        actor_role=RoomRole(row.actor_role).wire,
        target_id=row.target_id,
        target_name=row.target_name,
        excerpt="" if row.excerpt in deleted else row.excerpt,
        reason=row.reason,
        length=Length(row.length) if row.length else None,
        until=moment_or_none(row.until_ms),
        undone_at=moment_or_none(row.undone_ms),
        is_undoable=is_undoable(row, role, account_id),
    )


def held_of(db: Db, person: Person, session_id: str, now_ms: int) -> list[HeldMessage]:
    """What waits, oldest first. Raises Refusal: not_found, forbidden."""
    moderated(db, person, session_id, now_ms)
    waiting = select(HeldRow).where(HeldRow.session_id == session_id, HeldRow.state == WAITING)
    return [
        HeldMessage(
            id=row.id,
            author_id=row.author_id,
            author_name=row.author_name,
            text=row.text,
            why=row.why,
            sent_at=datetime.fromtimestamp(row.sent_ms / 1000, UTC),
        )
        for row in db.scalars(waiting.order_by(HeldRow.sent_ms, HeldRow.id).limit(MAX_PAGE))
    ]


def card(db: Db, person: Person, session_id: str, account_id: str, now_ms: int, present: frozenset[str]) -> PersonCard:
    """One person as who moderates sees them. ``present``: accounts that are there. Raises Refusal."""
    session, own = moderated(db, person, session_id, now_ms)
    account = db.get(AccountRow, account_id)
    if account is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    room = standing_in(db, session, account_id, now_ms)
    said = select(MessageRow).where(
        MessageRow.session_id == session_id, MessageRow.author_id == account_id, MessageRow.deleted_ms.is_(None)
    )
    done = select(ActionRow).where(ActionRow.session_id == session_id, ActionRow.target_id == account_id)
    writing, deleted = Writing(db), deleted_words(db, session_id)
    return PersonCard(
        account_id=account_id,
        name=account.nickname,
        role=room.role.wire,
        is_following=room.is_following,
        is_new=account_id not in known_in(db, session, [account_id]),
        is_present=account_id in present,
        muted_until=moment_or_none(room.mute.until_ms) if room.mute is not None else None,
        is_muted=room.mute is not None,
        is_removed=room.removal is not None,
        messages=[
            writing.to_wire(row) for row in db.scalars(said.order_by(MessageRow.seq.desc()).limit(CARD_MESSAGES))
        ],
        actions=[
            to_wire(row, own.role, person.account_id, deleted)
            for row in db.scalars(done.order_by(ActionRow.at_ms.desc()).limit(CARD_ACTIONS))
        ],
    )


def moment_or_none(at_ms: int | None) -> datetime | None:
    return datetime.fromtimestamp(at_ms / 1000, UTC) if at_ms is not None else None


def _iso(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def _cell(value: str) -> str:
    line = plain_text(value)
    return f"'{line}" if line.startswith(_FORMULA) else line
