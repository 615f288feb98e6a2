"""Sessions on air, with the button that cuts one off. Event loop."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.domain.measures import ConductCategory
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_list
from server.desk.forms import Posted
from server.desk.measures import named_rule_of
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.gate import require
from server.gate_acts import Act
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.sessions import acts
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/live", include_in_schema=False, route_class=DeskRoute)


@router.get("")
async def show_live(request: Request, visitor: AtDesk, services: WithServices) -> Response:
    return await _page(request, visitor, services)


@router.post("/{session_id}/cut-off")
async def cut_off(
    session_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """It ends at once; the anchor is told the reason."""

    def work(tx: Tx) -> None:
        acts.cut_off(tx, visitor.person, session_id, posted("reason"), named_rule_of(posted))

    return await _act(request, visitor, services, session_id, posted, "cut_off", work)


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    failed_id: str = "",
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    require(Act.CUT_OFF, visitor.person)
    live = await services.list_live(visitor.person)
    return await frame.page(
        request,
        services,
        visitor,
        "live.html",
        "live",
        refusal=refusal,
        typed=typed,
        sessions=live,
        failed_id=failed_id,
        rules=tuple(ConductCategory),
    )


_act = form_act(_page, to_list(router.prefix))
