"""Deleting what somebody wrote or showed (删除内容), and putting it back. Store thread, inside a write.

A piece stays where it is, marked as deleted, and is read nowhere but at the desk and by its own person in the measure.
A title cannot be missing: a neutral one stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.events import SessionChanged, SessionPlanned
from app.contract.inbox import Concern
from app.domain.measures import PieceKind
from app.domain.reports import TargetKind
from app.domain.session import SessionState
from server.effects import PersonTold
from server.errors import Refusal
from server.images import acts as images
from server.measures import record
from server.measures.views import NEUTRAL_TITLE
from server.rooms import hiding, questions
from server.rooms.facts import post_fact
from server.secrets import FieldCipher
from server.sessions.views import is_for_all
from server.store.measure_models import MeasureRow, PieceRow
from server.store.models import MessageRow, SessionRow
from server.store.question_models import QuestionRow
from server.store.report_models import ReportRow
from server.store.store import Tx
from server.store.way_models import ImageRow

MAX_NAMED = 200
"""Pieces that are named one by one."""
ALL = "all"
"""Instead of a kind, with a session: whatever the person wrote in it."""
WRITTEN = "written"
"""Instead of a kind, with an id: the message or the question that has it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """``subject_id``: see PieceRow."""

    kind: PieceKind
    subject_id: str
    session_id: str
    text: str = field(repr=False)
    written_ms: int | None = None


def named(db: Db, account_id: str, wanted: Iterable[str]) -> list[Piece]:
    """The pieces of this person that ``wanted`` names, each once, without those that are deleted already.

    A name is a kind, a colon and an id: of the message, the question, or the session whose title or cover it is; or
    ``all:`` and a session, or ``written:`` and the id of a message or question. Raises Refusal: input_invalid {field:
    pieces} for what is not this person's or is nothing, state_conflict when all of it is deleted already.
    """
    names = list(dict.fromkeys(wanted))
    if not 0 < len(names) <= MAX_NAMED:
        raise _invalid()
    found: dict[tuple[PieceKind, str], Piece] = {}
    for name in names:
        kind, _, subject_id = name.partition(":")
        if not (subject_id.isascii() and subject_id.isalnum()):
            raise _invalid()
        for piece in _named(db, account_id, kind, subject_id):
            found[piece.kind, piece.subject_id] = piece
    if not found:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return list(found.values())


def said_by(db: Db, account_id: str, session_id: str = "", limit: int | None = None) -> list[Piece]:
    """What a person wrote, in one session or (empty) in all: messages, then questions, of each the newest first."""
    found = []
    models: tuple[tuple[PieceKind, Any], ...] = ((PieceKind.MESSAGE, MessageRow), (PieceKind.QUESTION, QuestionRow))
    for kind, model in models:
        query = select(model).where(model.author_id == account_id, model.deleted_ms.is_(None))
        if session_id:
            query = query.where(model.session_id == session_id)
        rows = db.scalars(query.order_by(model.sent_ms.desc(), model.id.desc()).limit(limit)).all()
        found.extend(_written(account_id, kind, rows))
    return found


def delete(tx: Tx, cipher: FieldCipher, measure: MeasureRow, pieces: Iterable[Piece]) -> None:
    """Gone at once from every page, from history and from what is replayed; kept sealed with the measure."""
    rows = [
        PieceRow(
            measure_id=measure.id,
            number=number,
            kind=piece.kind.value,
            subject_id=piece.subject_id,
            session_id=piece.session_id,
            written_ms=piece.written_ms,
            text_sealed=cipher.seal(piece.text) if piece.text else None,
        )
        for number, piece in enumerate(pieces, start=1)
    ]
    tx.db.add_all(rows)
    tx.db.flush()
    for session, messages in _by_session(tx, rows):
        hiding.delete(tx, session, messages)
    for row in rows:
        match PieceKind(row.kind):
            case PieceKind.MESSAGE:
                pass
            case PieceKind.QUESTION:
                question = tx.db.get_one(QuestionRow, row.subject_id)
                questions.delete(tx, tx.db.get_one(SessionRow, row.session_id), question)
            case PieceKind.TITLE:
                session = tx.db.get_one(SessionRow, row.session_id)
                _set_title(tx, session, NEUTRAL_TITLE)
            case PieceKind.COVER:
                images.delete(tx, tx.db.get_one(ImageRow, row.subject_id))


def put_back(tx: Tx, cipher: FieldCipher, measure: MeasureRow) -> None:
    """The measure is over. What was deleted on schedule meanwhile, or written anew by its anchor, stays as it is."""
    rows = record.pieces_of(tx.db, measure.id)
    for session, messages in _by_session(tx, rows):
        hiding.undelete(tx, session, messages)
    for row in rows:
        match PieceKind(row.kind):
            case PieceKind.MESSAGE:
                pass
            case PieceKind.QUESTION:
                question = tx.db.get(QuestionRow, row.subject_id)
                if question is not None:
                    questions.undelete(tx, tx.db.get_one(SessionRow, row.session_id), question)
            case PieceKind.TITLE:
                session = tx.db.get_one(SessionRow, row.session_id)
                if session.title == NEUTRAL_TITLE and row.text_sealed is not None:
                    _set_title(tx, session, cipher.open(row.text_sealed))
            case PieceKind.COVER:
                images.undelete(tx, tx.db.get_one(ImageRow, row.subject_id))


def _named(db: Db, account_id: str, kind: str, subject_id: str) -> list[Piece]:
    """Raises Refusal (input_invalid)."""
    match kind:
        case PieceKind.MESSAGE:
            return _written(account_id, PieceKind.MESSAGE, [db.get(MessageRow, subject_id)])
        case PieceKind.QUESTION:
            return _written(account_id, PieceKind.QUESTION, [db.get(QuestionRow, subject_id)])
        case PieceKind.TITLE | PieceKind.COVER:
            session = db.get(SessionRow, subject_id)
            if session is None or session.anchor_id != account_id:
                raise _invalid()
            of_session = title_of(session) if kind == PieceKind.TITLE.value else cover_of(db, session)
            return [of_session] if of_session is not None else []
        case _ if kind == WRITTEN:
            message = db.get(MessageRow, subject_id)
            return _named(db, account_id, PieceKind.MESSAGE if message is not None else PieceKind.QUESTION, subject_id)
        case _ if kind == ALL:
            return said_by(db, account_id, subject_id)
        case _:
            raise _invalid()


def _written(account_id: str, kind: PieceKind, rows: Iterable[MessageRow | QuestionRow | None]) -> list[Piece]:
    """Those that are not deleted. Raises Refusal (input_invalid) for what is nothing, or somebody else's."""
    found = []
    for row in rows:
        if row is None or row.author_id != account_id:
            raise _invalid()
        if row.deleted_ms is None:
            found.append(Piece(kind, row.id, row.session_id, row.text, row.sent_ms))
    return found


def _invalid() -> Refusal:
    return Refusal(ErrorCode.INPUT_INVALID, detail={"field": "pieces"})


def title_of(session: SessionRow) -> Piece | None:
    """None where a neutral one stands, or one that the platform itself wrote for an activity."""
    if session.title == NEUTRAL_TITLE or session.activity_id is not None:
        return None
    return Piece(PieceKind.TITLE, session.id, session.id, session.title)


def cover_of(db: Db, session: SessionRow) -> Piece | None:
    """None where nobody sees one."""
    if not is_for_all(db, session.cover_image_id):
        return None
    return Piece(PieceKind.COVER, session.cover_image_id, session.id, "")


def _by_session(tx: Tx, rows: Iterable[PieceRow]) -> list[tuple[SessionRow, list[MessageRow]]]:
    """The messages that are there still."""
    ids: dict[str, list[str]] = {}
    for row in rows:
        if row.kind == PieceKind.MESSAGE.value:
            ids.setdefault(row.session_id, []).append(row.subject_id)
    found = []
    for session_id, message_ids in ids.items():
        messages = [one for message_id in message_ids if (one := tx.db.get(MessageRow, message_id)) is not None]
        found.append((tx.db.get_one(SessionRow, session_id), messages))
    return found


def _set_title(tx: Tx, session: SessionRow, title: str) -> None:
    """Everywhere it stands; who has its page open is told."""
    former, session.title = session.title, title
    session.revision += 1
    of_reports = update(ReportRow).where(
        ReportRow.target_kind == TargetKind.SESSION.value,
        ReportRow.target_id == session.id,
        ReportRow.target_name == former,
    )
    tx.db.execute(of_reports.values(target_name=title))
    state = SessionState(session.state)
    if state is SessionState.SCHEDULED:
        planned = SessionPlanned(title=title, category=session.category, starts_ms=session.starts_ms)
        post_fact(tx, session, "session.planned", planned)
    elif state is not SessionState.ENDED:
        post_fact(tx, session, "session.changed", SessionChanged(state=state.value, reason=None, title=title))
    tx.db.flush()
    tx.effects.append(PersonTold(session.anchor_id, Concern.SCHEDULE))
