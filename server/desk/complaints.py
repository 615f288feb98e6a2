"""Complaints of infringement (侵权投诉): who complains and by which proofs is opened with a reason. Event loop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session as Db

from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_one
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.reports import complaints
from server.reports.complaints import MAX_SHOWN, SHOWN, ComplaintDetail, ComplaintEntry, ComplaintShown
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/complaints", include_in_schema=False, route_class=DeskRoute)
Show = Annotated[str, Query(max_length=16)]
PageNumber = Annotated[int, Query(ge=0, le=1000)]


@router.get("")
async def show_complaints(
    request: Request, visitor: AtDesk, services: WithServices, show: Show = "", page: PageNumber = 0
) -> Response:
    return await _page(request, visitor, services, "", show=show, page=page)


@router.get("/{complaint_id}")
async def show_one(
    complaint_id: SomeId,
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    show: Show = "",
    page: PageNumber = 0,
) -> Response:
    return await _page(request, visitor, services, complaint_id, show=show, page=page)


@router.get("/{complaint_id}/proofs/{proof_id}")
async def show_proof(complaint_id: SomeId, proof_id: SomeId, visitor: AtDesk, services: WithServices) -> Response:
    """The picture, for as long as the reason that was given counts."""
    data = await services.proofs.read(visitor.person, complaint_id, proof_id)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'inline; filename="proof.jpg"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type="image/jpeg", headers=headers)


@router.post("/{complaint_id}/open")
async def reveal(
    complaint_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """Answers with the page itself: what is sealed is shown once, and is nowhere in an address."""

    def work(tx: Tx) -> ComplaintShown:
        return complaints.reveal(tx, visitor.person, services.cipher, complaint_id, posted("identity_reason"))

    try:
        opened = await services.store.write(work)
    except Refusal as refusal:
        return await _page(request, visitor, services, complaint_id, refusal=refusal, typed=posted)
    return await _page(request, visitor, services, complaint_id, opened=opened)


@router.post("/{complaint_id}/take")
async def take(
    complaint_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        complaints.take(tx, visitor.person, complaint_id)

    return await _act(request, visitor, services, complaint_id, posted, "complaint_taken", work)


@router.post("/{complaint_id}/uphold")
async def uphold(
    complaint_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        complaints.decide(tx, visitor.person, complaint_id, posted("answer"), is_upheld=True)

    return await _act(request, visitor, services, complaint_id, posted, "complaint_upheld", work)


@router.post("/{complaint_id}/dismiss")
async def dismiss(
    complaint_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        complaints.decide(tx, visitor.person, complaint_id, posted("answer"), is_upheld=False)

    return await _act(request, visitor, services, complaint_id, posted, "complaint_dismissed", work)


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    complaint_id: str,
    *,
    show: str = "",
    page: int = 0,
    opened: ComplaintShown | None = None,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    me, shown = visitor.person, show if show in SHOWN else SHOWN[0]

    def read(db: Db) -> tuple[list[ComplaintEntry], ComplaintDetail | None]:
        found = complaints.queue(db, me, shown, offset=page * MAX_SHOWN)
        return found, complaints.detail(db, me, complaint_id) if complaint_id else None

    entries, detail = await services.store.read(read)
    return await frame.page(
        request,
        services,
        visitor,
        "complaints.html",
        "complaints",
        refusal=refusal,
        typed=typed,
        entries=entries,
        chosen=detail,
        opened=opened,
        shown=shown,
        parts=SHOWN,
        page_number=page,
        has_more=len(entries) == MAX_SHOWN,
    )


_act = form_act(_page, to_one(router.prefix))
