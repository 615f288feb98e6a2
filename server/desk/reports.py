"""Reports (举报): what waits, one with its transcript, taking it up and deciding. Event loop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session as Db

from app.contract.reports import CLIP_TYPE
from app.runtime.clock import utc_ms
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_one
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.ranges import ranged
from server.reports import clips, handle
from server.reports.clips import ClipShown
from server.reports.handle import MAX_SHOWN, SHOWN, ReportDetail, ReportGroup
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/reports", include_in_schema=False, route_class=DeskRoute)
Show = Annotated[str, Query(max_length=16)]
PageNumber = Annotated[int, Query(ge=0, le=1000)]


@router.get("")
async def show_reports(
    request: Request, visitor: AtDesk, services: WithServices, show: Show = "", page: PageNumber = 0
) -> Response:
    return await _page(request, visitor, services, "", show=show, page=page)


@router.get("/{report_id}")
async def show_one(
    report_id: SomeId,
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    show: Show = "",
    page: PageNumber = 0,
) -> Response:
    return await _page(request, visitor, services, report_id, show=show, page=page)


@router.get("/{report_id}/clip")
async def show_clip(report_id: SomeId, request: Request, visitor: AtDesk, services: WithServices) -> Response:
    """The clip, for as long as the reason that was given counts."""
    data = await services.clips.read(visitor.person, report_id)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'inline; filename="clip.mp4"',
        "X-Content-Type-Options": "nosniff",
    }
    return ranged(data, request.headers.get("range", ""), CLIP_TYPE, headers)


@router.post("/{report_id}/clip/open")
async def open_clip(
    report_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        clips.reveal(tx, visitor.person, report_id, posted("clip_reason"))

    return await _act(request, visitor, services, report_id, posted, "report_clip_opened", work)


@router.post("/{report_id}/take")
async def take(
    report_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        handle.take(tx, visitor.person, report_id)

    return await _act(request, visitor, services, report_id, posted, "report_taken", work)


@router.post("/{report_id}/uphold")
async def uphold(
    report_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        _decide(tx, visitor, report_id, posted, is_upheld=True)

    return await _act(request, visitor, services, report_id, posted, "report_upheld", work)


@router.post("/{report_id}/dismiss")
async def dismiss(
    report_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        _decide(tx, visitor, report_id, posted, is_upheld=False)

    return await _act(request, visitor, services, report_id, posted, "report_dismissed", work)


def _decide(tx: Tx, visitor: Visitor, report_id: str, posted: Posted, *, is_upheld: bool) -> None:
    with_others = bool(posted("others"))
    handle.decide(tx, visitor.person, report_id, posted("answer"), is_upheld=is_upheld, with_others=with_others)


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    report_id: str,
    *,
    show: str = "",
    page: int = 0,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    me, shown, now_ms = visitor.person, show if show in SHOWN else SHOWN[0], utc_ms(services.clock.utc())

    def read(db: Db) -> tuple[list[ReportGroup], ReportDetail | None, ClipShown | None]:
        found = handle.queue(db, me, shown, offset=page * MAX_SHOWN)
        if not report_id:
            return found, None, None
        return found, handle.detail(db, me, services.cipher, report_id), clips.shown(db, me, now_ms, report_id)

    entries, detail, clip = await services.store.read(read)
    return await frame.page(
        request,
        services,
        visitor,
        "reports.html",
        "reports",
        refusal=refusal,
        typed=typed,
        entries=entries,
        chosen=detail,
        clip=clip,
        shown=shown,
        parts=SHOWN,
        page_number=page,
        has_more=len(entries) == MAX_SHOWN,
    )


_act = form_act(_page, to_one(router.prefix))
