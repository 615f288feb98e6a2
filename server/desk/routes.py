"""All pages of the desk under ``/desk``. Called once by the composition root."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from app.contract.errors import ErrorCode
from server.desk import (
    activities,
    anchors,
    applications,
    audit,
    blocklist,
    complaints,
    documents,
    drafts,
    faces,
    images,
    live,
    measures,
    operators,
    reports,
    sign_in,
)
from server.desk.access import PATH, AtDesk, DeskRoute, see_other
from server.desk.frame import STATIC_DIR
from server.errors import Refusal

_first = APIRouter(prefix=PATH, include_in_schema=False, route_class=DeskRoute)
_last = APIRouter(prefix=PATH, include_in_schema=False, route_class=DeskRoute)
_static = StaticFiles(directory=STATIC_DIR)


@_first.get("")
async def show_desk(request: Request, _visitor: AtDesk) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return see_other(f"{PATH}/applications{query}")


@_first.get("/static/{path:path}")
async def give_static(path: str, request: Request) -> Response:
    try:
        response = await _static.get_response(path, request.scope)
    except (OSError, ValueError) as error:
        raise HTTPException(404) from error
    response.headers["Cache-Control"] = "no-cache"
    return response


@_last.get("/{path:path}")
async def show_nothing(path: str, _visitor: AtDesk) -> Response:
    """Addresses that lead nowhere, and those of forms that somebody loads anew: a page that leads back."""
    raise Refusal(ErrorCode.NOT_FOUND)


def desk_routers() -> tuple[APIRouter, ...]:
    """In the order in which they are asked: what is more general comes later."""
    return (
        _first,
        sign_in.router,
        applications.router,
        faces.router,
        images.router,
        drafts.router,
        documents.router,
        live.router,
        reports.router,
        complaints.router,
        activities.router,
        anchors.router,
        measures.router,
        blocklist.router,
        operators.router,
        audit.router,
        _last,
    )
