"""Images that wait for somebody to look at them, and those that were decided. Event loop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.domain.images import ImageState
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.images import review
from server.routes.deps import SomeId, WithServices
from server.routes.images import picture_response
from server.services import Services

router = APIRouter(prefix=f"{PATH}/images", include_in_schema=False, route_class=DeskRoute)
SHOWN = (ImageState.PENDING, ImageState.APPROVED, ImageState.REFUSED)
PAGE = 24
Show = Annotated[str, Query(max_length=16)]
Page = Annotated[int, Query(ge=0, le=10_000)]


@router.get("")
async def show_images(
    request: Request, visitor: AtDesk, services: WithServices, show: Show = "pending", page: Page = 0
) -> Response:
    return await _page(request, visitor, services, show=show, page=page)


@router.get("/{image_id}/picture")
async def show_picture(image_id: SomeId, visitor: AtDesk, services: WithServices) -> Response:
    """The picture itself, as the desk's cookie is for the desk's pages only."""
    shown, data = await services.images.read(visitor.person, image_id)
    response = picture_response(shown, data)
    # Who may see it is asked anew each time.
    response.headers["Cache-Control"] = "private, no-store"
    return response


@router.post("/{image_id}/approve")
async def approve(
    image_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    return await _act(
        request, visitor, services, image_id, posted, "image_approved",
        lambda tx: review.approve(tx, visitor.person, image_id),
    )  # fmt: skip


@router.post("/{image_id}/refuse")
async def refuse(
    image_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    return await _act(
        request, visitor, services, image_id, posted, "image_refused",
        lambda tx: review.refuse(tx, visitor.person, image_id, posted("reason")),
    )  # fmt: skip


def _shown(show: str) -> ImageState:
    return next((one for one in SHOWN if one.value == show), ImageState.PENDING)


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    failed_id: str = "",
    *,
    show: str = "",
    page: int = 0,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    state = _shown(typed("show") if typed else show)
    entries = await services.store.read(
        lambda db: review.queue(db, visitor.person, state, limit=PAGE + 1, offset=page * PAGE)
    )
    return await frame.page(
        request,
        services,
        visitor,
        "images.html",
        "images",
        refusal=refusal,
        typed=typed,
        entries=entries[:PAGE],
        shown=state,
        parts=SHOWN,
        page_number=page,
        has_more=len(entries) > PAGE,
        failed_id=failed_id,
    )


_act = form_act(_page, lambda _, posted: f"{router.prefix}?show={_shown(posted('show')).value}")
