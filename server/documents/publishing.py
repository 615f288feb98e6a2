"""What an operator prepares and publishes. Store thread, inside a write. A published version never changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.documents import MAX_TEXT_BYTES, VersionSummary
from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.domain.documents import canonical
from app.domain.documents.model import DocumentKind
from app.errors import InputError
from server.accounts.presence import require_presence
from server.audit import audit
from server.documents import versions
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post_to_anchors
from server.once import done_before, remember
from server.secrets import new_id
from server.store.store import Tx
from server.store.way_models import DocumentDraftRow, DocumentVersionRow
from server.text import checked_line

SHANGHAI = ZoneInfo("Asia/Shanghai")
MAX_TITLE_CHARS = 80
MAX_CHANGES = 20
MAX_CHANGE_CHARS = 200
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class DraftWish:
    """What the operator typed. ``effective_on`` is a day in Asia/Shanghai; None: not decided yet."""

    kind: DocumentKind
    title: str
    text: str
    changes: Sequence[str] = ()
    is_material: bool = True
    effective_on: date | None = None
    source_name: str = ""
    findings: str = "[]"
    """JSON: what the import was not sure of. Whoever saves has seen it."""


@dataclass(frozen=True, slots=True)
class Draft:
    id: str
    kind: DocumentKind
    title: str
    text: str
    changes: tuple[str, ...]
    is_material: bool
    effective_on: date | None
    source_name: str
    findings: str
    revision: int
    saved_at: datetime


def day_ms(day: date) -> int:
    """Midnight of the day in Asia/Shanghai, as UTC milliseconds."""
    return round(datetime.combine(day, time(), SHANGHAI).timestamp() * 1000)


def day_of(ms: int) -> date:
    """The day in Asia/Shanghai."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(SHANGHAI).date()


def list_drafts(db: Db) -> list[Draft]:
    """The one saved last first."""
    return [_draft(row) for row in db.scalars(select(DocumentDraftRow).order_by(DocumentDraftRow.saved_ms.desc()))]


def get_draft(db: Db, draft_id: str) -> Draft:
    """Raises Refusal (not_found)."""
    return _draft(_row(db, draft_id))


def add_draft(tx: Tx, person: Person, wish: DraftWish, key: str | None = None) -> Draft:
    """A new draft. Raises Refusal; the text may be faulty still: it is mended before publishing."""
    require(Act.PUBLISH_DOCUMENT, person)
    require_presence(tx.db, person)
    request = f"draft {wish}"
    if (made := done_before(tx, person.account_id, key, request)) is not None:
        return get_draft(tx.db, made)
    row = DocumentDraftRow(id=new_id(), created_by=person.account_id, created_ms=tx.now_ms, revision=0)
    _fill(tx, row, wish)
    tx.db.add(row)
    tx.db.flush()
    remember(tx, person.account_id, key, request, row.id)
    return _draft(row)


def save_draft(tx: Tx, person: Person, draft_id: str, revision: int, wish: DraftWish) -> Draft:
    """Raises Refusal (draft_conflict) when somebody saved since ``revision``."""
    require(Act.PUBLISH_DOCUMENT, person)
    require_presence(tx.db, person)
    row = _row(tx.db, draft_id)
    _require_revision(row, revision)
    _fill(tx, row, wish)
    return _draft(row)


def drop_draft(tx: Tx, person: Person, draft_id: str) -> None:
    require(Act.PUBLISH_DOCUMENT, person)
    require_presence(tx.db, person)
    tx.db.delete(_row(tx.db, draft_id))
    audit(tx, person.account_id, "document.draft_dropped", draft_id, "")


def publish(tx: Tx, person: Person, draft_id: str, revision: int, reason: str) -> VersionSummary:
    """Make the draft the next version of its kind. Raises Refusal: what is missing or faulty is named."""
    require(Act.PUBLISH_DOCUMENT, person)
    require_presence(tx.db, person)
    row = _row(tx.db, draft_id)
    _require_revision(row, revision)
    told = checked_line(reason, MAX_REASON_CHARS, "reason")
    if row.effective_ms is None:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "effective_on"})
    if row.effective_ms < day_ms(day_of(tx.now_ms)):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "effective_on", "why": "past"})
    made = add_version(
        tx,
        DraftWish(
            kind=DocumentKind(row.kind),
            title=row.title,
            text=row.text,
            changes=json.loads(row.changes),
            is_material=row.is_material,
            effective_on=day_of(row.effective_ms),
        ),
        person.account_id,
        told,
    )
    tx.db.delete(row)
    kind = InboxKind.DOCUMENT_MATERIAL if made.is_material and made.number > 1 else InboxKind.DOCUMENT_PUBLISHED
    params = {"title": made.title, "date": day_of(row.effective_ms).isoformat()}
    post_to_anchors(tx, kind, params, LinkPlace.DOCUMENT, made.kind.value)
    tx.effects.append(PersonTold(None, Concern.DOCUMENTS))
    return made


def add_version(
    tx: Tx, wish: DraftWish, publisher_id: str, reason: str, published_ms: int | None = None
) -> VersionSummary:
    """The next version of the kind, checked and written canonically; published now unless said. Raises Refusal."""
    if wish.effective_on is None:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "effective_on"})
    text = checked_text(wish.text)
    before = versions.newest(tx.db, wish.kind)
    effective_ms = day_ms(wish.effective_on)
    if before is not None and effective_ms < before.effective_ms:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "effective_on", "why": "before_last"})
    changes = [checked_line(line, MAX_CHANGE_CHARS, "changes") for line in wish.changes if line.strip()]
    if len(changes) > MAX_CHANGES:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "changes"})
    row = DocumentVersionRow(
        kind=wish.kind.value,
        number=before.number + 1 if before is not None else 1,
        title=checked_line(wish.title, MAX_TITLE_CHARS, "title"),
        effective_ms=effective_ms,
        published_ms=tx.now_ms if published_ms is None else published_ms,
        published_by=publisher_id,
        # Of a first version nobody has accepted anything: it must be.
        is_material=wish.is_material or before is None,
        changes=json.dumps(changes, ensure_ascii=False),
        sha256=canonical.sha256(text),
        chars=len(text),
        text=text,
    )
    tx.db.add(row)
    tx.db.flush()
    audit(tx, publisher_id, "document.published", f"{row.kind}.{row.number}", reason)
    return versions.summary(row)


def checked_text(text: str) -> str:
    """The text in its canonical form. Raises Refusal (document_invalid with ``line`` and ``reason``; too_large)."""
    if len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": MAX_TEXT_BYTES})
    try:
        document = canonical.parse(text)
    except InputError as error:
        detail = {name: value for name, value in error.detail.items() if isinstance(value, str | int)}
        raise Refusal(ErrorCode.DOCUMENT_INVALID, detail={**detail}) from error
    if not document.blocks:
        raise Refusal(ErrorCode.DOCUMENT_INVALID, detail={"reason": "empty"})
    return canonical.write(document)


def earliest_day(db: Db, kind: DocumentKind, now_ms: int) -> date:
    """The first day that a new version may take effect on."""
    before = versions.newest(db, kind)
    today = day_of(now_ms)
    return max(today, day_of(before.effective_ms) + timedelta(days=1)) if before is not None else today


def _fill(tx: Tx, row: DocumentDraftRow, wish: DraftWish) -> None:
    if len(wish.text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": MAX_TEXT_BYTES})
    row.kind = wish.kind.value
    row.title = checked_line(wish.title, MAX_TITLE_CHARS, "title")
    row.text = wish.text.replace("\x00", "")
    lines = [line.strip()[:MAX_CHANGE_CHARS] for line in wish.changes if line.strip()]
    row.changes = json.dumps([line.replace("\x00", "") for line in lines[:MAX_CHANGES]], ensure_ascii=False)
    row.is_material = wish.is_material
    row.effective_ms = day_ms(wish.effective_on) if wish.effective_on is not None else None
    row.source_name = wish.source_name.replace("\x00", "")[:200]
    row.findings = wish.findings
    row.saved_ms = tx.now_ms
    row.revision += 1


def _row(db: Db, draft_id: str) -> DocumentDraftRow:
    row = db.get(DocumentDraftRow, draft_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def _require_revision(row: DocumentDraftRow, revision: int) -> None:
    if row.revision != revision:
        raise Refusal(ErrorCode.DRAFT_CONFLICT, detail={"revision": row.revision})


def _draft(row: DocumentDraftRow) -> Draft:
    return Draft(
        id=row.id,
        kind=DocumentKind(row.kind),
        title=row.title,
        text=row.text,
        changes=tuple(json.loads(row.changes)),
        is_material=row.is_material,
        effective_on=day_of(row.effective_ms) if row.effective_ms is not None else None,
        source_name=row.source_name,
        findings=row.findings,
        revision=row.revision,
        saved_at=datetime.fromtimestamp(row.saved_ms / 1000, UTC),
    )
