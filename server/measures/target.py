"""Somebody against whom a measure is about to be taken, as operators see them. Store threads; reading only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Role
from app.domain.measures import MeasureKind, PieceKind, offered
from app.domain.session import SessionState
from server.accounts import people
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.measures import content
from server.measures.content import Piece
from server.reports import record as reports
from server.reports import transcript
from server.secrets import FieldCipher
from server.sessions.acts import BUSY, find_busy
from server.sessions.views import moment
from server.store.models import AccountRow, MessageRow, SessionRow

MAX_SHOWN = 60
"""Of messages and of questions each, when none were reported."""
MAX_SESSIONS = 30
_UNBEGUN = (SessionState.SCHEDULED.value, SessionState.PREPARING.value)


@dataclass(frozen=True, slots=True)
class PieceShown:
    """What may be deleted. ``name``: as ``content.named`` takes it."""

    name: str
    kind: PieceKind
    text: str = field(repr=False)
    session_title: str
    at: datetime | None
    is_ticked: bool
    """It was reported, or is evidence of a report."""


@dataclass(frozen=True, slots=True)
class SessionShown:
    """One that a measure may be about."""

    id: str
    title: str
    state: SessionState
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """Who, what may be taken, and what it may be about."""

    account_id: str
    nickname: str
    kinds: tuple[MeasureKind, ...]
    session_id: str
    session_title: str
    """The session that it is about; empty for none."""
    sessions: tuple[SessionShown, ...]
    report_id: str
    pieces: tuple[PieceShown, ...] = field(repr=False)
    has_written: bool
    """Whether there is something of theirs in that session that can be deleted all at once."""


def target(
    db: Db, operator: Person, cipher: FieldCipher, account_id: str, session_id: str = "", report_id: str = ""
) -> Target:
    """Raises Refusal: not_found, forbidden for an operator."""
    require(Act.TAKE_MEASURE, operator)
    account = db.get(AccountRow, account_id) if reports.is_id(account_id) else None
    if account is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    roles = people.roles_of(db, account_id)
    if Role.OPERATOR in roles:
        raise Refusal(ErrorCode.FORBIDDEN)
    session = db.get(SessionRow, session_id) if reports.is_id(session_id) else None
    sessions = _sessions(db, account_id, session)
    pieces = _pieces(db, operator, cipher, account_id, session, report_id)
    is_possible = {
        MeasureKind.CUT_OFF: find_busy(db, account_id) is not None,
        MeasureKind.REFUSAL: any(one.state.value in _UNBEGUN for one in sessions),
    }
    kinds = offered(is_anchor=Role.ANCHOR in roles)
    return Target(
        account_id=account_id,
        nickname=account.nickname,
        kinds=tuple(kind for kind in kinds if is_possible.get(kind, True)),
        session_id=session.id if session is not None else "",
        session_title=session.title if session is not None else "",
        sessions=sessions,
        report_id=report_id if reports.is_id(report_id) else "",
        pieces=pieces,
        has_written=session is not None and bool(content.said_by(db, account_id, session.id, 1)),
    )


def _sessions(db: Db, account_id: str, named: SessionRow | None) -> tuple[SessionShown, ...]:
    """The named one, whosever it is; and what this person has on air, prepares and plans."""
    waiting = select(SessionRow).where(
        SessionRow.anchor_id == account_id, SessionRow.state.in_([*BUSY, SessionState.SCHEDULED.value])
    )
    rows = {row.id: row for row in db.scalars(waiting.order_by(SessionRow.starts_ms).limit(MAX_SESSIONS))}
    if named is not None:
        rows = {named.id: named} | rows
    return tuple(
        SessionShown(row.id, row.title, SessionState(row.state), moment(row.starts_ms)) for row in rows.values()
    )


def _pieces(
    db: Db, operator: Person, cipher: FieldCipher, account_id: str, session: SessionRow | None, report_id: str
) -> tuple[PieceShown, ...]:
    """Of a report the messages in its transcript, what was reported and chosen ticked; else what was written last."""
    found: list[tuple[Piece, bool]] = []
    if session is not None and session.anchor_id == account_id:
        found += [(one, False) for one in (content.title_of(session), content.cover_of(db, session)) if one is not None]
    if reports.is_id(report_id):
        require(Act.HANDLE_REPORT, operator)
        lines = transcript.opened(cipher, reports.find(db, report_id).transcript_sealed)
        marked = {line.id: line.is_target or line.is_evidence for line in lines if line.author_id == account_id}
        for message_id, is_ticked in marked.items():
            row = db.get(MessageRow, message_id)
            if row is not None and row.deleted_ms is None:
                found.append((Piece(PieceKind.MESSAGE, row.id, row.session_id, row.text, row.sent_ms), is_ticked))
    else:
        found += [(one, False) for one in content.said_by(db, account_id, session.id if session else "", MAX_SHOWN)]
    titles = {one.session_id: db.get_one(SessionRow, one.session_id).title for one, _ in found}
    return tuple(
        PieceShown(
            name=f"{one.kind.value}:{one.session_id if one.kind in _OF_A_SESSION else one.subject_id}",
            kind=one.kind,
            text=one.text,
            session_title=titles[one.session_id],
            at=moment(one.written_ms) if one.written_ms is not None else None,
            is_ticked=is_ticked,
        )
        for one, is_ticked in found
    )


_OF_A_SESSION = (PieceKind.TITLE, PieceKind.COVER)
