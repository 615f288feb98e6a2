"""Published versions and the one in force. Store threads; reading only."""

from __future__ import annotations

import json

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from app.contract.documents import DocumentSummary, Version, VersionSummary
from app.contract.errors import ErrorCode
from app.domain.documents.model import DocumentKind
from server.errors import Refusal
from server.sessions.views import moment
from server.store.way_models import DocumentVersionRow


def list_documents(db: Db, now_ms: int) -> list[DocumentSummary]:
    """Each kind that has a published version, in the order of the kinds."""
    found = []
    for kind in DocumentKind:
        last = newest(db, kind)
        if last is None:
            continue
        current = in_force(db, kind, now_ms)
        found.append(
            DocumentSummary(
                kind=kind,
                current=summary(current) if current is not None else None,
                upcoming=summary(last) if last.effective_ms > now_ms else None,
            )
        )
    return found


def list_versions(db: Db, kind: DocumentKind) -> list[VersionSummary]:
    """The newest first. Empty when none is published."""
    rows = db.scalars(
        select(DocumentVersionRow)
        .options(defer(DocumentVersionRow.text))
        .where(DocumentVersionRow.kind == kind.value)
        .order_by(DocumentVersionRow.number.desc())
    )
    return [summary(row) for row in rows]


def read_version(db: Db, kind: DocumentKind, number: int) -> Version:
    """Raises Refusal (not_found)."""
    row = get(db, kind, number)
    return Version(**summary(row).model_dump(), text=row.text)


def get(db: Db, kind: DocumentKind, number: int) -> DocumentVersionRow:
    """Raises Refusal (not_found)."""
    row = db.get(DocumentVersionRow, (kind.value, number))
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def newest(db: Db, kind: DocumentKind) -> DocumentVersionRow | None:
    """The last that was published, in force or not."""
    return db.scalar(_of(kind).order_by(DocumentVersionRow.number.desc()).limit(1))


def in_force(db: Db, kind: DocumentKind, now_ms: int) -> DocumentVersionRow | None:
    """The last whose day has come."""
    query = _of(kind).where(DocumentVersionRow.effective_ms <= now_ms)
    return db.scalar(query.order_by(DocumentVersionRow.number.desc()).limit(1))


def material_number(db: Db, kind: DocumentKind, now_ms: int) -> int:
    """Number of the last material version in force: whoever accepted it or a later one is up to date. 0: none."""
    return (
        db.scalar(
            select(func.max(DocumentVersionRow.number)).where(
                DocumentVersionRow.kind == kind.value,
                DocumentVersionRow.effective_ms <= now_ms,
                DocumentVersionRow.is_material,
            )
        )
        or 0
    )


def _of(kind: DocumentKind) -> Select[DocumentVersionRow]:
    return (
        select(DocumentVersionRow).options(defer(DocumentVersionRow.text)).where(DocumentVersionRow.kind == kind.value)
    )


def summary(row: DocumentVersionRow) -> VersionSummary:
    return VersionSummary(
        kind=DocumentKind(row.kind),
        number=row.number,
        title=row.title,
        effective_at=moment(row.effective_ms),
        published_at=moment(row.published_ms),
        is_material=row.is_material,
        changes=json.loads(row.changes),
        sha256=row.sha256,
        chars=row.chars,
    )
