"""Rooms: how I stand in one, what who moderates may see and do there, and following an anchor."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import AwareDatetime, Field

from app.contract.errors import ErrorCode
from app.contract.rest import API_PREFIX
from app.contract.room import (
    MAX_PAGE,
    ActionKind,
    Audience,
    HeldMessage,
    Id,
    ModerationWish,
    MyRoom,
    PersonCard,
    RoomAction,
)
from app.runtime.clock import utc_ms
from server.errors import Refusal
from server.gate import Person
from server.rooms import moderation, record, undoing
from server.rooms.audience import audience
from server.rooms.following import follow
from server.routes.deps import REFUSALS, PageQuery, SignedIn, SomeId, WithServices
from server.services import Services
from server.store.models import SessionRow
from server.store.room_models import ActionRow
from server.store.store import Tx

router = APIRouter(prefix=API_PREFIX, responses=REFUSALS, tags=["rooms"])
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,64}$")]
CSV_LINES = 10_000


class ActionPage(PageQuery):
    """Which lines of the record are asked for."""

    kind: list[ActionKind] = []
    target: Id | None = None
    before: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 100


@router.get("/sessions/{session_id}/room")
async def get_my_room(session_id: SomeId, person: SignedIn, services: WithServices) -> MyRoom:
    """My role, whether I am muted, the rules, what is pinned."""
    now_ms = _now_ms(services)
    return await services.store.read(lambda db: record.my_room(db, person, session_id, now_ms))


@router.post("/sessions/{session_id}/moderation", status_code=201)
async def moderate(
    session_id: SomeId, wish: ModerationWish, person: SignedIn, services: WithServices, key: Key
) -> RoomAction:
    """One act, enforced when this returns. Repeatable with its Idempotency-Key."""
    _take_turn(services, person)

    def work(tx: Tx) -> RoomAction:
        return _read_back(tx, person, session_id, moderation.act(tx, person, session_id, wish, key))

    return await services.store.write(work)


@router.post("/sessions/{session_id}/moderation/{action_id}/undo")
async def undo(session_id: SomeId, action_id: SomeId, person: SignedIn, services: WithServices) -> RoomAction:
    """Take it back. Repeatable."""
    _take_turn(services, person)

    def work(tx: Tx) -> RoomAction:
        return _read_back(tx, person, session_id, undoing.undo(tx, person, session_id, action_id))

    return await services.store.write(work)


@router.get("/sessions/{session_id}/actions")
async def list_actions(
    session_id: SomeId, person: SignedIn, services: WithServices, page: Annotated[ActionPage, Query()]
) -> list[RoomAction]:
    """What was done in the room, newest first."""
    return await _actions(services, person, session_id, page, page.limit)


@router.get("/sessions/{session_id}/actions.csv", response_class=Response)
async def export_actions(
    session_id: SomeId, person: SignedIn, services: WithServices, page: Annotated[ActionPage, Query()]
) -> Response:
    """The same as a table, all of it."""
    found = await _actions(services, person, session_id, page, CSV_LINES)
    headers = {"Content-Disposition": f'attachment; filename="actions-{session_id}.csv"'}
    return Response(record.to_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/sessions/{session_id}/held")
async def list_held(session_id: SomeId, person: SignedIn, services: WithServices) -> list[HeldMessage]:
    """Messages that wait to be released."""
    now_ms = _now_ms(services)
    return await services.store.read(lambda db: record.held_of(db, person, session_id, now_ms))


@router.get("/sessions/{session_id}/audience")
async def get_audience(session_id: SomeId, person: SignedIn, services: WithServices) -> Audience:
    """Who is in the room now."""
    now_ms, (present, visitors) = _now_ms(services), services.hub.people(session_id)
    return await services.store.read(lambda db: audience(db, person, session_id, now_ms, present, visitors))


@router.get("/sessions/{session_id}/people/{account_id}")
async def get_person(session_id: SomeId, account_id: SomeId, person: SignedIn, services: WithServices) -> PersonCard:
    """One person: how they stand, what they said here, what was done to them."""
    now_ms, (present, _) = _now_ms(services), services.hub.people(session_id)
    return await services.store.read(lambda db: record.card(db, person, session_id, account_id, now_ms, present))


@router.put("/anchors/{anchor_id}/follow", status_code=204)
async def follow_anchor(anchor_id: SomeId, person: SignedIn, services: WithServices) -> None:
    """Follow an anchor. Repeatable."""
    await services.store.write(lambda tx: follow(tx, person, anchor_id, is_on=True))


@router.delete("/anchors/{anchor_id}/follow", status_code=204)
async def unfollow_anchor(anchor_id: SomeId, person: SignedIn, services: WithServices) -> None:
    """Follow them no more. Repeatable."""
    await services.store.write(lambda tx: follow(tx, person, anchor_id, is_on=False))


def _now_ms(services: Services) -> int:
    return utc_ms(services.clock.utc())


def _take_turn(services: Services, person: Person) -> None:
    wait_s = services.rates.moderation.take(person.account_id)
    if wait_s > 0:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)


def _read_back(tx: Tx, person: Person, session_id: str, action_id: str) -> RoomAction:
    session = tx.db.get_one(SessionRow, session_id)
    role = undoing.role_of(tx.db, session, person.account_id)
    row = tx.db.get_one(ActionRow, action_id)
    return record.to_wire(row, role, person.account_id, record.deleted_words(tx.db, row.session_id))


async def _actions(
    services: Services, person: Person, session_id: str, page: ActionPage, limit: int
) -> list[RoomAction]:
    now_ms = _now_ms(services)
    before: datetime | None = page.before
    return await services.store.read(
        lambda db: record.actions(
            db,
            person,
            session_id,
            now_ms,
            kinds=tuple(page.kind),
            target_id=page.target or "",
            before_ms=utc_ms(before) if before is not None else None,
            limit=limit,
        )
    )
