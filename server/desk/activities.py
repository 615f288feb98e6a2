"""Official activities (官方活动): what is planned and was, a new one, calling one off. Event loop."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.contract.errors import ErrorCode
from app.contract.rest import Category
from app.domain.schedule import DEFAULT_LENGTH_MIN, MAX_LENGTH_MIN, MIN_LENGTH_MIN
from app.runtime.clock import utc_ms
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_list
from server.desk.faces import local_moment
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.routes.deps import SomeId, WithServices
from server.schedule import activities
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/activities", include_in_schema=False, route_class=DeskRoute)


@router.get("")
async def show_activities(request: Request, visitor: AtDesk, services: WithServices) -> Response:
    return await _page(request, visitor, services)


@router.post("/create")
async def create(request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm) -> Response:
    def work(tx: Tx) -> None:
        starts_ms = utc_ms(local_moment(posted, "starts_at"))
        length_min, category = posted.number("length_min"), _category(posted)
        activities.create(tx, visitor.person, posted("title"), category, starts_ms, length_min, posted("note"))

    return await _act(request, visitor, services, "", posted, "activity_created", work)


@router.post("/{activity_id}/call-off")
async def call_off(
    activity_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """Whoever joined is told the reason."""

    def work(tx: Tx) -> None:
        activities.call_off(tx, visitor.person, activity_id, posted("reason"))

    return await _act(request, visitor, services, activity_id, posted, "activity_called_off", work)


def _category(posted: Posted) -> Category:
    try:
        return Category(posted("category"))
    except ValueError:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "category"}) from None


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    failed_id: str = "",
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    found = await services.store.read(lambda db: activities.entries(db, visitor.person))
    return await frame.page(
        request,
        services,
        visitor,
        "activities.html",
        "activities",
        refusal=refusal,
        typed=typed,
        entries=found,
        categories=tuple(Category),
        failed_id=failed_id,
        now=services.clock.utc(),
        lengths=(MIN_LENGTH_MIN, DEFAULT_LENGTH_MIN, MAX_LENGTH_MIN),
    )


_act = form_act(_page, to_list(router.prefix))
