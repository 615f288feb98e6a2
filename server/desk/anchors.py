"""Anchors (主播): what keeps each off air, suspension, a new face check, a name that is withdrawn. Event loop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session as Db

from app.domain.measures import ConductCategory
from app.runtime.clock import utc_ms
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_one
from server.desk.faces import local_moment
from server.desk.forms import Posted
from server.desk.measures import named_rule_of
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.identity import acts, face, queue, suspension
from server.identity.queue import IdentityShown
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/anchors", include_in_schema=False, route_class=DeskRoute)
Wanted = Annotated[str, Query(max_length=64)]


@router.get("")
async def show_anchors(request: Request, visitor: AtDesk, services: WithServices, wanted: Wanted = "") -> Response:
    return await _page(request, visitor, services, "", wanted=wanted)


@router.get("/{account_id}")
async def show_one(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, wanted: Wanted = ""
) -> Response:
    return await _page(request, visitor, services, account_id, wanted=wanted)


@router.post("/{account_id}/suspend")
async def suspend(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        until = local_moment(posted, "until") if posted("until").strip() else None
        suspension.suspend(tx, visitor.person, account_id, posted("reason"), until, named_rule_of(posted))

    return await _act(request, visitor, services, account_id, posted, "suspended", work)


@router.post("/{account_id}/lift")
async def lift(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        suspension.lift(tx, visitor.person, account_id, posted("reason"))

    return await _act(request, visitor, services, account_id, posted, "suspension_lifted", work)


@router.post("/{account_id}/face")
async def order_face_check(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        face.order_new(tx, visitor.person, account_id, posted("comment"))

    return await _act(request, visitor, services, account_id, posted, "face_ordered", work)


@router.post("/{account_id}/withdraw")
async def withdraw_identity(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        acts.withdraw(tx, visitor.person, account_id, posted("reason"))

    return await _act(request, visitor, services, account_id, posted, "identity_withdrawn", work)


@router.post("/{account_id}/identity")
async def reveal_identity(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """Answers with the page itself: name and number are shown once, and are nowhere in an address."""

    def work(tx: Tx) -> IdentityShown:
        return queue.reveal(tx, visitor.person, services.cipher, account_id, posted("identity_reason"))

    try:
        shown = await services.store.write(work)
    except Refusal as refusal:
        return await _page(request, visitor, services, account_id, refusal=refusal, typed=posted)
    return await _page(request, visitor, services, account_id, identity=shown)


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    account_id: str,
    *,
    wanted: str = "",
    identity: IdentityShown | None = None,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    me, now_ms = visitor.person, utc_ms(services.clock.utc())

    def read(db: Db) -> tuple[list[queue.AnchorEntry], queue.AnchorDetail | None]:
        found = queue.anchors(db, me, services.cipher, now_ms, wanted)
        return found, queue.anchor(db, me, services.cipher, now_ms, account_id) if account_id else None

    entries, detail = await services.store.read(read)
    return await frame.page(
        request,
        services,
        visitor,
        "anchors.html",
        "anchors",
        refusal=refusal,
        typed=typed,
        entries=entries,
        chosen=detail,
        identity=identity or (detail.identity if detail is not None else None),
        is_open=identity is not None,
        wanted=wanted,
        rules=tuple(ConductCategory),
    )


_act = form_act(_page, to_one(router.prefix))
