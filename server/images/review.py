"""What operators decide about images. Store thread, inside a write; each decision is audited and told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.domain.images import ImagePurpose, ImageState, may_become
from server.accounts.presence import require_presence
from server.audit import audit
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.images.acts import approved_of, become
from server.inbox.post import post
from server.schedule.covers import follow
from server.sessions.views import moment
from server.store.models import AccountRow
from server.store.store import Tx
from server.store.way_models import ImageRow
from server.text import checked_line

MAX_REASON_CHARS = 200
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """GET /images/{id} (or ``ImageDesk.read``) gives the picture."""

    id: str
    account_id: str
    nickname: str
    purpose: ImagePurpose
    state: ImageState
    width_px: int
    height_px: int
    uploaded_at: datetime
    reason: str


def queue(
    db: Db, operator: Person, state: ImageState = ImageState.PENDING, limit: int = MAX_SHOWN, offset: int = 0
) -> list[ImageEntry]:
    """Those that wait longest first."""
    require(Act.REVIEW_IMAGE, operator)
    query = select(ImageRow).where(ImageRow.state == state.value).order_by(ImageRow.uploaded_ms, ImageRow.id)
    return [_entry(db, row) for row in db.scalars(query.limit(min(limit, MAX_SHOWN)).offset(offset))]


def count(db: Db, operator: Person) -> int:
    """How many wait."""
    require(Act.REVIEW_IMAGE, operator)
    query = select(func.count()).select_from(ImageRow).where(ImageRow.state == ImageState.PENDING.value)
    return db.scalar(query) or 0


def approve(tx: Tx, operator: Person, image_id: str) -> None:
    """An avatar or cover is for all to see from now on; the one approved before is replaced."""
    row = _row(tx, operator, image_id, ImageState.APPROVED)
    purpose = ImagePurpose(row.purpose)
    replaced = approved_of(tx.db, row.account_id, purpose)
    for before in replaced:
        become(tx, before, ImageState.REPLACED)
    if purpose is ImagePurpose.COVER:
        follow(tx, row.account_id, [before.id for before in replaced], row.id)
    become(tx, row, ImageState.APPROVED)
    row.decided_ms, row.decided_by, row.reason = tx.now_ms, operator.account_id, ""
    audit(tx, operator.account_id, "image.approved", row.id, purpose.value)
    if purpose.is_public:
        # What an organisation shows for its application is told of with the application.
        post(tx, row.account_id, InboxKind.IMAGE_APPROVED, {"purpose": purpose.value}, LinkPlace.ACCOUNT)
    _tell(tx, row)


def refuse(tx: Tx, operator: Person, image_id: str, reason: str) -> None:
    """Nobody but the owner and operators sees it from now on. One that was approved can be refused later."""
    row = _row(tx, operator, image_id, ImageState.REFUSED)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    purpose = ImagePurpose(row.purpose)
    become(tx, row, ImageState.REFUSED)
    row.decided_ms, row.decided_by, row.reason = tx.now_ms, operator.account_id, why
    audit(tx, operator.account_id, "image.refused", row.id, why)
    place = LinkPlace.ACCOUNT if purpose.is_public else LinkPlace.PREPARE
    post(tx, row.account_id, InboxKind.IMAGE_REFUSED, {"purpose": purpose.value, "comment": why}, place)
    _tell(tx, row)


def _row(tx: Tx, operator: Person, image_id: str, following: ImageState) -> ImageRow:
    require(Act.REVIEW_IMAGE, operator)
    require_presence(tx.db, operator)
    row = tx.db.get(ImageRow, image_id) if image_id.isascii() and image_id.isalnum() else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if row.account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    if not may_become(ImageState(row.state), following):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})
    return row


def _tell(tx: Tx, row: ImageRow) -> None:
    tx.effects.append(PersonTold(row.account_id, Concern.APPLICATION))
    if ImagePurpose(row.purpose).is_public:
        tx.effects.append(PersonTold(row.account_id, Concern.ACCOUNT))


def _entry(db: Db, row: ImageRow) -> ImageEntry:
    account = db.get(AccountRow, row.account_id)
    return ImageEntry(
        id=row.id,
        account_id=row.account_id,
        nickname=account.nickname if account is not None else "",
        purpose=ImagePurpose(row.purpose),
        state=ImageState(row.state),
        width_px=row.width_px,
        height_px=row.height_px,
        uploaded_at=moment(row.uploaded_ms),
        reason=row.reason,
    )
