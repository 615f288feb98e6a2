"""The blocklist (限制名单): looking a value up, listing it, taking it off. Event loop."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.contract.errors import ErrorCode
from server import blocklist
from server.blocklist import BlockEntry, BlockKind
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm
from server.desk.acting import form_act, to_list
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.routes.deps import SomeId, WithServices
from server.services import Services

router = APIRouter(prefix=f"{PATH}/blocklist", include_in_schema=False, route_class=DeskRoute)


@dataclass(frozen=True, slots=True)
class Answer:
    """What looking up found; the value is shown masked."""

    kind: BlockKind
    value_masked: str
    entry: BlockEntry | None


@router.get("")
async def show_blocklist(request: Request, visitor: AtDesk, services: WithServices) -> Response:
    return await _page(request, visitor, services)


@router.post("/find")
async def find(request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm) -> Response:
    """Posted, as a number has no place in an address."""
    try:
        kind = _kind(posted)
        value = blocklist.plain_value(kind, posted("value"))
        entry = await services.store.read(lambda db: blocklist.find(db, visitor.person, services.cipher, kind, value))
    except Refusal as refusal:
        return await _page(request, visitor, services, refusal=refusal, typed=posted)
    answer = Answer(kind, blocklist.masked(kind, value), entry)
    return await _page(request, visitor, services, answer=answer, typed=posted)


@router.post("/add")
async def add(request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm) -> Response:
    return await _act(
        request, visitor, services, "", posted, "block_added",
        lambda tx: blocklist.add(tx, visitor.person, services.cipher, _kind(posted), posted("value"), posted("reason")),
    )  # fmt: skip


@router.post("/{entry_id}/remove")
async def remove(
    entry_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    return await _act(
        request, visitor, services, entry_id, posted, "block_removed",
        lambda tx: blocklist.remove(tx, visitor.person, entry_id, posted("reason")),
    )  # fmt: skip


async def _page(
    request: Request,
    visitor: Visitor,
    services: Services,
    failed_id: str = "",
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
    answer: Answer | None = None,
) -> Response:
    entries = await services.store.read(lambda db: blocklist.entries(db, visitor.person))
    return await frame.page(
        request,
        services,
        visitor,
        "blocklist.html",
        "blocklist",
        refusal=refusal,
        typed=typed,
        entries=entries,
        kinds=tuple(BlockKind),
        answer=answer,
        failed_id=failed_id,
    )


def _kind(posted: Posted) -> BlockKind:
    try:
        return BlockKind(posted("kind"))
    except ValueError:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "kind"}) from None


_act = form_act(_page, to_list(router.prefix))
