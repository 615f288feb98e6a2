"""Measures (违规处理): the list, one with its evidence and appeal, taking and lifting one, deciding. Event loop."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.domain.measures import ConductCategory, MeasureKind
from app.runtime.clock import utc_ms
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm, see_other
from server.desk.acting import form_act, to_one
from server.desk.faces import local_moment
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.measures import appeal, content, queue, take, telling
from server.measures.queue import MAX_SHOWN, SHOWN, MeasureDetail, MeasureEntry
from server.measures.take import MeasureWish, ReportWish
from server.measures.target import Target
from server.measures.target import target as find_target
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/measures", include_in_schema=False, route_class=DeskRoute)
Show = Annotated[str, Query(max_length=16)]
About = Annotated[str, Query(max_length=64)]
_TICKED = "piece."
_NOTICES = {"now": False, "later": True}
"""When the person is told; what is neither is as usual for the kind."""
PageNumber = Annotated[int, Query(ge=0, le=1000)]


@router.get("")
async def show_measures(
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    show: Show = "",
    about: About = "",
    page: PageNumber = 0,
) -> Response:
    return await _page(request, visitor, services, "", show=show, about=about.strip(), page=page)


@router.get("/new")
async def show_form(
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    account: About = "",
    session: About = "",
    report: About = "",
    kind: Show = "",
) -> Response:
    about = _About(account.strip(), session, report, kind)
    return await _form(request, visitor, services, about)


@router.post("/new")
async def take_measure(request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm) -> Response:
    """In force at once; then the page of the measure."""
    cipher = services.cipher
    try:
        wish = _wish(posted)
        measure_id = await services.store.write(lambda tx: take.take(tx, visitor.person, cipher, wish, posted.once))
    except Refusal as refusal:
        about = _About(posted("account_id"), posted("named_session_id"), posted("report_id"), posted("kind"))
        return await _form(request, visitor, services, about, refusal=refusal, typed=posted)
    return see_other(f"{router.prefix}/{measure_id}", "measure_taken")


@router.get("/{measure_id}")
async def show_one(
    measure_id: SomeId,
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    show: Show = "",
    about: About = "",
    page: PageNumber = 0,
) -> Response:
    return await _page(request, visitor, services, measure_id, show=show, about=about.strip(), page=page)


@router.post("/{measure_id}/lift")
async def lift(
    measure_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        take.lift(tx, visitor.person, services.cipher, measure_id, posted("reason"))

    return await _act(request, visitor, services, measure_id, posted, "measure_lifted", work)


@router.post("/{measure_id}/tell")
async def tell(
    measure_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        telling.tell_now(tx, visitor.person, measure_id)

    return await _act(request, visitor, services, measure_id, posted, "measure_told", work)


@router.post("/{measure_id}/uphold")
async def uphold(
    measure_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        appeal.decide(tx, visitor.person, services.cipher, measure_id, posted("reason"), is_reversed=False)

    return await _act(request, visitor, services, measure_id, posted, "appeal_upheld", work)


@router.post("/{measure_id}/reverse")
async def reverse(
    measure_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    def work(tx: Tx) -> None:
        appeal.decide(tx, visitor.person, services.cipher, measure_id, posted("reason"), is_reversed=True)

    return await _act(request, visitor, services, measure_id, posted, "appeal_reversed", work)


def rule_of(posted: Posted) -> ConductCategory:
    """The rule that was broken. Raises Refusal (input_invalid)."""
    with contextlib.suppress(ValueError):
        return ConductCategory(int(posted("rule")))
    raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "rule"})


def named_rule_of(posted: Posted) -> ConductCategory | None:
    """The same where none need be named. Raises Refusal (input_invalid)."""
    return rule_of(posted) if posted("rule") else None


def _wish(posted: Posted) -> MeasureWish:
    kind = next((one for one in MeasureKind if one.value == posted("kind")), None)
    if kind is None:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "kind"})
    return MeasureWish(
        account_id=posted("account_id"),
        kind=kind,
        category=rule_of(posted),
        reason=posted("reason"),
        evidence=posted("evidence"),
        until_ms=utc_ms(local_moment(posted, "until")) if posted("until").strip() else None,
        session_id=posted("session_id"),
        pieces=_pieces(posted),
        report=ReportWish(
            posted("authority"),
            posted("reference"),
            utc_ms(local_moment(posted, "reported")) if posted("reported").strip() else None,
        ),
        is_told_later=_NOTICES.get(posted("notice")),
    )


def _pieces(posted: Posted) -> tuple[str, ...]:
    """What was ticked, and the ids that were typed."""
    ticked = [name.removeprefix(_TICKED) for name in posted.fields if name.startswith(_TICKED)]
    typed = [f"{content.WRITTEN}:{one}" for one in posted("piece_ids").split()]
    return (*ticked, *typed)


@dataclass(frozen=True, slots=True)
class _About:
    """Whom and what a form is about; ``kind``: the one that is chosen first."""

    account_id: str
    session_id: str
    report_id: str
    kind: str


async def _form(
    request: Request,
    visitor: Visitor,
    services: Services,
    about: _About,
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    cipher = services.cipher

    def read(db: Db) -> Target:
        return find_target(db, visitor.person, cipher, about.account_id, about.session_id, about.report_id)

    target = await services.store.read(read)
    return await frame.page(
        request,
        services,
        visitor,
        "measure_form.html",
        "measures",
        refusal=refusal,
        typed=typed,
        target=target,
        kind=about.kind,
        notices=tuple(_NOTICES),
        rules=tuple(ConductCategory),
    )


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    measure_id: str,
    *,
    show: str = "",
    about: str = "",
    page: int = 0,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    me, now_ms, cipher = visitor.person, utc_ms(services.clock.utc()), services.cipher
    shown = show if show in SHOWN else SHOWN[-1]

    def read(db: Db) -> tuple[list[MeasureEntry], MeasureDetail | None]:
        found = queue.entries(db, me, now_ms, shown, about, offset=page * MAX_SHOWN)
        return found, queue.detail(db, me, cipher, now_ms, measure_id) if measure_id else None

    entries, detail = await services.store.read(read)
    return await frame.page(
        request,
        services,
        visitor,
        "measures.html",
        "measures",
        refusal=refusal,
        typed=typed,
        entries=entries,
        chosen=detail,
        shown=shown,
        about=about,
        parts=SHOWN,
        page_number=page,
        has_more=len(entries) == MAX_SHOWN,
    )


_act = form_act(_page, to_one(router.prefix))
