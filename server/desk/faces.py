"""Face checks (身份核验): the queue and one of them, from the appointment to the second look. Event loop."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.domain.china_time import CHINA
from app.domain.face_check import MANUAL_METHODS, FaceMethod, FaceState
from app.runtime.clock import utc_ms
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_one
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.identity import face, queue
from server.identity.queue import IdentityShown
from server.liveness import evidence
from server.liveness.evidence import EvidenceShown
from server.ranges import ranged
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/faces", include_in_schema=False, route_class=DeskRoute)
SHOWN = {"waiting": queue.WAITING, "decided": queue.DECIDED}
Show = Annotated[str, Query(max_length=16)]
FileNumber = Annotated[int, Path(ge=0, le=99)]
NO_PARAMS = dict.fromkeys(("asked", "done", "turns", "lag_ms", "fps", "repeated", "returned"), "–")
"""For words whose numbers were not told."""
PageNumber = Annotated[int, Query(ge=0, le=1000)]


@router.get("")
async def show_queue(
    request: Request, visitor: AtDesk, services: WithServices, show: Show = "waiting", page: PageNumber = 0
) -> Response:
    return await _page(request, visitor, services, "", show=show, page=page)


@router.get("/{check_id}")
async def show_one(
    check_id: SomeId,
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    show: Show = "waiting",
    page: PageNumber = 0,
) -> Response:
    return await _page(request, visitor, services, check_id, show=show, page=page)


@router.post("/{check_id}/appoint")
async def appoint(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        at, method = local_moment(posted, "at"), _method(posted)
        face.appoint(tx, visitor.person, check_id, posted.number("revision"), at, method, posted("comment"))

    return await _act(request, visitor, services, check_id, posted, "face_appointed", work)


@router.post("/{check_id}/note")
async def note(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        revision, method = posted.number("revision"), _method(posted)
        face.note(tx, visitor.person, services.cipher, check_id, revision, method, posted("note"))

    return await _act(request, visitor, services, check_id, posted, "face_noted", work)


@router.post("/{check_id}/propose")
async def propose(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        face.propose(tx, visitor.person, services.cipher, check_id, posted.number("revision"))

    return await _act(request, visitor, services, check_id, posted, "face_proposed", work)


@router.post("/{check_id}/confirm")
async def confirm(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        face.confirm(tx, visitor.person, services.cipher, check_id, posted.number("revision"))

    return await _act(request, visitor, services, check_id, posted, "face_verified", work)


@router.post("/{check_id}/send-back")
async def send_back(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        face.send_back(tx, visitor.person, services.cipher, check_id, posted.number("revision"), posted("note"))

    return await _act(request, visitor, services, check_id, posted, "face_sent_back", work)


@router.post("/{check_id}/evidence")
async def open_evidence(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """The pictures, for a while; why is on record."""

    def work(tx: Tx) -> None:
        evidence.reveal(tx, visitor.person, check_id, posted("evidence_reason"))

    return await _act(request, visitor, services, check_id, posted, "face_evidence_opened", work)


@router.get("/{check_id}/evidence/{number}")
async def show_evidence(
    check_id: SomeId, number: FileNumber, request: Request, visitor: AtDesk, services: WithServices
) -> Response:
    """A still, or with 0 the clip, for as long as the reason that was given counts."""
    data = await services.liveness.read(visitor.person, check_id, number)
    is_clip = number == evidence.CLIP
    name = "clip.mp4" if is_clip else f"still-{number}.jpg"
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return ranged(data, request.headers.get("range", ""), "video/mp4" if is_clip else "image/jpeg", headers)


@router.post("/{check_id}/compare")
async def compare(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        face.compare(tx, visitor.person, services.cipher, check_id, posted.number("revision"))

    return await _act(request, visitor, services, check_id, posted, "face_verified", work)


@router.post("/{check_id}/retake")
async def retake(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        face.retake(tx, visitor.person, check_id, posted.number("revision"), posted("comment"))

    return await _act(request, visitor, services, check_id, posted, "face_retake", work)


@router.post("/{check_id}/refuse")
async def refuse(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        face.refuse(tx, visitor.person, check_id, posted.number("revision"), posted("comment"))

    return await _act(request, visitor, services, check_id, posted, "face_refused", work)


@router.post("/{check_id}/identity")
async def reveal_identity(
    check_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """Answers with the page itself: name and number are shown once, and are nowhere in an address."""

    def work(tx: Tx) -> IdentityShown:
        row = face.visible_row(tx.db, check_id)
        return queue.reveal(tx, visitor.person, services.cipher, row.account_id, posted("identity_reason"))

    try:
        shown = await services.store.write(work)
    except Refusal as refusal:
        return await _page(request, visitor, services, check_id, refusal=refusal, typed=posted)
    return await _page(request, visitor, services, check_id, identity=shown)


def local_moment(posted: Posted, field: str) -> datetime:
    """What a ``datetime-local`` field says, which is in Asia/Shanghai. Raises Refusal (input_invalid)."""
    with contextlib.suppress(ValueError):
        at = datetime.fromisoformat(posted(field).strip())
        if at.tzinfo is None:
            return at.replace(tzinfo=CHINA)
    raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": field})


def _deleted_at(detail: queue.CheckDetail | None, kept_days: int) -> datetime | None:
    """When what was seen is deleted; None before it was decided."""
    decided_at = detail.decided_at if detail is not None else None
    return decided_at + timedelta(days=kept_days) if decided_at is not None else None


def _method(posted: Posted) -> FaceMethod:
    with contextlib.suppress(ValueError):
        return FaceMethod(posted("method"))
    raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "method"})


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    check_id: str,
    *,
    show: str = "waiting",
    page: int = 0,
    identity: IdentityShown | None = None,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    show = show if show in SHOWN else "waiting"
    me, size, now_ms = visitor.person, queue.MAX_SHOWN, utc_ms(services.clock.utc())

    def read(db: Db) -> tuple[list[queue.CheckEntry], queue.CheckDetail | None, EvidenceShown | None]:
        found = queue.queue(db, me, SHOWN[show], limit=size, offset=page * size)
        if not check_id:
            return found, None, None
        detail = queue.detail(db, me, services.cipher, check_id)
        return found, detail, evidence.shown(db, me, services.cipher, now_ms, check_id)

    entries, detail, seen = await services.store.read(read)
    kept_days = services.config.retention.face_evidence_days
    return await frame.page(
        request,
        services,
        visitor,
        "faces.html",
        "faces",
        refusal=refusal,
        typed=typed,
        entries=entries,
        chosen=detail,
        identity=identity or (detail.identity if detail is not None else None),
        is_open=identity is not None,
        shown=show,
        parts=tuple(SHOWN),
        page_number=page,
        has_more=len(entries) == size,
        methods=MANUAL_METHODS,
        seen=seen,
        no_params=NO_PARAMS,
        kept_days=kept_days,
        deleted_at=_deleted_at(detail, kept_days),
        states=FaceState,
        is_proposer=detail is not None and detail.entry.proposed_by == me.account_id,
    )


_act = form_act(_page, to_one(router.prefix))
