"""The queue of applications and one of them: assignment, contacts, decisions. Event loop."""

from __future__ import annotations

import contextlib
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.domain.application import ApplicantKind, ApplicationState, Declaration, FormField
from server.applications import queue, review
from server.applications.review import ContactChannel, Phones
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_one
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/applications", include_in_schema=False, route_class=DeskRoute)
SHOWN = {
    "waiting": queue.WAITING,
    "mine": queue.WAITING,
    "returned": (ApplicationState.RETURNED,),
    "approved": (ApplicationState.APPROVED,),
    "rejected": (ApplicationState.REJECTED,),
}
"""Which part of the queue; ``mine`` has those of the operator as consultant."""
Show = Annotated[str, Query(max_length=16)]
Page = Annotated[int, Query(ge=0, le=10_000)]
_PERSONAL = (FormField.SCOPES, FormField.INTRODUCTION, FormField.CONTACT_PHONE, FormField.DECLARATIONS)
_OF_ORGANISATION = (FormField.ORGANISATION_NAME, FormField.CREDIT_CODE, FormField.LICENCE, FormField.AUTHORISATION)


@router.get("")
async def show_queue(
    request: Request, visitor: AtDesk, services: WithServices, show: Show = "waiting", page: Page = 0
) -> Response:
    return await _page(request, visitor, services, "", show=show, page=page)


@router.get("/{application_id}")
async def show_application(
    application_id: SomeId,
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    show: Show = "waiting",
    page: Page = 0,
) -> Response:
    return await _page(request, visitor, services, application_id, show=show, page=page)


@router.post("/{application_id}/assign")
async def assign(
    application_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    return await _act(
        request, visitor, services, application_id, posted, "assigned",
        lambda tx: review.assign(tx, visitor.person, application_id, posted("consultant_id")),
    )  # fmt: skip


@router.post("/{application_id}/contact")
async def log_contact(
    application_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        channel = _channel(posted)
        review.log_contact(tx, visitor.person, application_id, channel, posted("note"))

    return await _act(request, visitor, services, application_id, posted, "contacted", work)


@router.post("/{application_id}/approve")
async def approve(
    application_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        revision = posted.number("revision")
        review.approve(tx, visitor.person, services.cipher, application_id, revision, posted("comment"))

    return await _act(request, visitor, services, application_id, posted, "approved", work)


@router.post("/{application_id}/return")
async def return_(
    application_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        reasons = {one: why for one in FormField if (why := posted(f"reasons.{one.value}").strip())}
        revision = posted.number("revision")
        review.return_(tx, visitor.person, application_id, revision, reasons, posted("comment"))

    return await _act(request, visitor, services, application_id, posted, "returned", work)


@router.post("/{application_id}/reject")
async def reject(
    application_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        review.reject(tx, visitor.person, application_id, posted.number("revision"), posted("comment"))

    return await _act(request, visitor, services, application_id, posted, "rejected", work)


@router.post("/{application_id}/phone")
async def reveal_phone(
    application_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """Answers with the page itself: the numbers are shown once, and are nowhere in an address."""

    def work(tx: Tx) -> Phones:
        return review.reveal_phone(tx, visitor.person, services.cipher, application_id, posted("phone_reason"))

    try:
        phones = await services.store.write(work)
    except Refusal as refusal:
        return await _page(request, visitor, services, application_id, refusal=refusal, typed=posted)
    return await _page(request, visitor, services, application_id, phones=phones)


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    application_id: str,
    *,
    show: str = "waiting",
    page: int = 0,
    phones: Phones | None = None,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    show = show if show in SHOWN else "waiting"
    me = visitor.person
    size = queue.MAX_SHOWN

    def read(db: Db) -> tuple[list[queue.QueueEntry], queue.Detail | None, list[queue.Consultant]]:
        consultant_id = me.account_id if show == "mine" else ""
        found = queue.queue(db, me, SHOWN[show], consultant_id=consultant_id, limit=size, offset=page * size)
        detail = queue.detail(db, me, services.cipher, application_id) if application_id else None
        return found, detail, queue.consultants(db, me)

    entries, detail, consultants = await services.store.read(read)
    fields: tuple[FormField, ...] = ()
    if detail is not None:
        is_organisation = detail.form.applicant is ApplicantKind.ORGANISATION
        fields = (FormField.APPLICANT, *(_OF_ORGANISATION if is_organisation else ()), *_PERSONAL)
    return await frame.page(
        request,
        services,
        visitor,
        "applications.html",
        "applications",
        refusal=refusal,
        typed=typed,
        entries=entries,
        chosen=detail,
        consultants=consultants,
        shown=show,
        parts=tuple(SHOWN),
        page_number=page,
        has_more=len(entries) == size,
        fields=fields,
        declarations=tuple(Declaration),
        channels=tuple(ContactChannel),
        phones=phones,
        is_decidable=detail is not None and detail.entry.state is ApplicationState.IN_REVIEW,
        is_assignable=detail is not None and detail.entry.state in queue.WAITING,
    )


def _channel(posted: Posted) -> ContactChannel:
    with contextlib.suppress(ValueError):
        return ContactChannel(posted("channel"))
    raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "channel"})


_act = form_act(_page, to_one(router.prefix))
