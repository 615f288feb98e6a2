"""The operators: adding one, a new password or authenticator, the end. Event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response

from server.accounts import operators
from server.accounts.people import hash_password
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_list
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/operators", include_in_schema=False, route_class=DeskRoute)


@dataclass(frozen=True, slots=True)
class Handed:
    """A password that is shown this once, to be handed on."""

    name: str
    password: str = field(repr=False)


@router.get("")
async def show_operators(request: Request, visitor: AtDesk, services: WithServices) -> Response:
    return await _page(request, visitor, services)


@router.post("/add")
async def add(request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm) -> Response:
    """Answers with the page itself: the password is shown this once."""
    password = operators.new_password()
    hashed = await asyncio.to_thread(hash_password, password)
    name = posted("operator_name").strip().lower()

    def work(tx: Tx) -> str:
        return operators.add(tx, visitor.person, name, posted("nickname"), hashed, posted("reason"))

    try:
        await services.store.write(work)
    except Refusal as refusal:
        return await _page(request, visitor, services, refusal=refusal, typed=posted)
    return await _page(request, visitor, services, handed=Handed(name, password))


@router.post("/{account_id}/password")
async def renew_password(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    password = operators.new_password()
    hashed = await asyncio.to_thread(hash_password, password)
    try:
        name = await services.store.write(
            lambda tx: operators.renew_password(tx, visitor.person, account_id, hashed, posted("reason"))
        )
    except Refusal as refusal:
        return await _page(request, visitor, services, account_id, refusal=refusal, typed=posted)
    return await _page(request, visitor, services, handed=Handed(name, password))


@router.post("/{account_id}/factor")
async def reset_factor(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    return await _act(
        request, visitor, services, account_id, posted, "factor_reset",
        lambda tx: operators.reset_factor(tx, visitor.person, account_id, posted("reason")),
    )  # fmt: skip


@router.post("/{account_id}/end")
async def end(
    account_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    return await _act(
        request, visitor, services, account_id, posted, "operator_ended",
        lambda tx: operators.end(tx, visitor.person, account_id, posted("reason")),
    )  # fmt: skip


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    failed_id: str = "",
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
    handed: Handed | None = None,
) -> Response:
    found = await services.store.read(lambda db: operators.operators(db, visitor.person))
    return await frame.page(
        request,
        services,
        visitor,
        "operators.html",
        "operators",
        refusal=refusal,
        typed=typed,
        operators=found,
        handed=handed,
        failed_id=failed_id,
    )


_act = form_act(_page, to_list(router.prefix))
