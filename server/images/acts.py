"""Images in the database: whose, what for, how their review stands, who may see them. Store threads.

Invariant: of one purpose a person has at most one image that is approved, and besides it at most one newer one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.applications import Image
from app.contract.errors import ErrorCode
from app.contract.inbox import Concern
from app.domain.application import ApplicationState
from app.domain.images import ImagePurpose, ImageState, may_become
from server.accounts.presence import require_presence
from server.applications.views import open_row
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, missing, require
from server.gate_acts import Act
from server.schedule.covers import follow
from server.sessions.views import moment
from server.store.store import Tx
from server.store.way_models import ImageRow


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies on the shelf and that a row is to name."""

    id: str
    purpose: ImagePurpose
    width_px: int
    height_px: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An image that somebody may see."""

    id: str
    purpose: ImagePurpose
    sha256: str
    is_for_all: bool


def require_free(db: Db, person: Person, purpose: ImagePurpose) -> None:
    """Raises Refusal (application_locked) while an operator looks at what an organisation showed."""
    require(Act.USE_ACCOUNT, person)
    if not purpose.is_public:
        row = open_row(db, person.account_id)
        if row is not None and ApplicationState(row.state).is_with_operator:
            raise Refusal(ErrorCode.APPLICATION_LOCKED, detail={"state": row.state})


def add(tx: Tx, person: Person, stored: Stored) -> Image:
    """A new one, to be reviewed. The one before is replaced; an approved one stays until this one is approved."""
    require_free(tx.db, person, stored.purpose)
    require_presence(tx.db, person)
    replaced = [
        row for row in _current(tx.db, person.account_id, stored.purpose) if row.state != ImageState.APPROVED.value
    ]
    for row in replaced:
        become(tx, row, ImageState.REPLACED)
    row = ImageRow(
        id=stored.id,
        account_id=person.account_id,
        purpose=stored.purpose.value,
        state=ImageState.PENDING.value,
        width_px=stored.width_px,
        height_px=stored.height_px,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        uploaded_ms=tx.now_ms,
        reason="",
    )
    tx.db.add(row)
    tx.db.flush()
    if stored.purpose is ImagePurpose.COVER:
        follow(tx, person.account_id, [one.id for one in replaced], row.id)
    return to_wire(row)


def remove(tx: Tx, person: Person, purpose: ImagePurpose) -> None:
    """Take it away, the approved one too. Raises Refusal (not_found) when there is none."""
    require_free(tx.db, person, purpose)
    require_presence(tx.db, person)
    rows = _current(tx.db, person.account_id, purpose)
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND)
    for row in rows:
        become(tx, row, ImageState.REPLACED)
    tx.effects.append(PersonTold(person.account_id, Concern.ACCOUNT))


def images_of(db: Db, person: Person) -> list[Image]:
    """The newest of each purpose."""
    require(Act.USE_ACCOUNT, person)
    newest = [_current(db, person.account_id, purpose)[:1] for purpose in ImagePurpose]
    return [to_wire(row) for rows in newest for row in rows]


def shown(db: Db, person: Person | None, image_id: str) -> Shown:
    """Raises Refusal (not_found) also for one that exists and is not for this person."""
    row = db.get(ImageRow, image_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    purpose = ImagePurpose(row.purpose)
    is_deleted = row.deleted_ms is not None
    is_for_all = purpose.is_public and row.state == ImageState.APPROVED.value and not is_deleted
    is_owner = person is not None and person.account_id == row.account_id and not is_deleted
    is_reviewer = missing(Act.REVIEW_IMAGE, person) is None
    if not (is_for_all or is_owner or is_reviewer):
        raise Refusal(ErrorCode.NOT_FOUND)
    return Shown(row.id, purpose, row.sha256, is_for_all)


def become(tx: Tx, row: ImageRow, following: ImageState) -> None:
    """The one place that changes the state. Raises Refusal (state_conflict) where the table has no such step."""
    if not may_become(ImageState(row.state), following):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})
    row.state = following.value
    if following is ImageState.REPLACED:
        # From now on its file is kept for a while only.
        row.decided_ms = tx.now_ms
    tx.db.flush()


def delete(tx: Tx, row: ImageRow) -> None:
    """As a measure does it: from now on only who reviews images sees it."""
    row.deleted_ms = tx.now_ms
    tx.db.flush()
    tx.effects.append(PersonTold(row.account_id, Concern.ACCOUNT))


def undelete(tx: Tx, row: ImageRow) -> None:
    """The measure is over: it is what it was, unless another has been approved meanwhile."""
    row.deleted_ms = None
    is_approved = row.state == ImageState.APPROVED.value
    if is_approved and len(approved_of(tx.db, row.account_id, ImagePurpose(row.purpose))) > 1:
        become(tx, row, ImageState.REPLACED)
    tx.db.flush()
    tx.effects.append(PersonTold(row.account_id, Concern.ACCOUNT))


def kept_ids(db: Db, replaced_before_ms: int) -> frozenset[str]:
    """Ids of the images whose file is to be kept: all but those replaced long ago. Their rows stay."""
    is_old = (ImageRow.state == ImageState.REPLACED.value) & (ImageRow.decided_ms <= replaced_before_ms)
    return frozenset(db.scalars(select(ImageRow.id).where(~func.coalesce(is_old, False))))


def to_wire(row: ImageRow) -> Image:
    return Image(
        id=row.id,
        purpose=ImagePurpose(row.purpose),
        state=ImageState(row.state),
        width_px=row.width_px,
        height_px=row.height_px,
        uploaded_at=moment(row.uploaded_ms),
        reason=row.reason,
    )


def _current(db: Db, account_id: str, purpose: ImagePurpose) -> list[ImageRow]:
    """What was neither replaced nor deleted: the newest first, an approved one after what came at the same moment."""
    rows = db.scalars(
        select(ImageRow).where(
            ImageRow.account_id == account_id,
            ImageRow.purpose == purpose.value,
            ImageRow.state != ImageState.REPLACED.value,
            ImageRow.deleted_ms.is_(None),
        )
    )
    return sorted(rows, key=lambda row: (-row.uploaded_ms, row.state != ImageState.PENDING.value, row.id))


def approved_of(db: Db, account_id: str, purpose: ImagePurpose) -> list[ImageRow]:
    """At most one."""
    return [row for row in _current(db, account_id, purpose) if row.state == ImageState.APPROVED.value]
