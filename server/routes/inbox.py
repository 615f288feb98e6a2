"""One's own messages, and the steps of one's way to air."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.contract.inbox import MAX_NUMBER, Inbox, InboxCount, InboxRead, Onboarding
from app.contract.rest import API_PREFIX
from app.runtime.clock import utc_ms
from server.accounts.presence import require_presence
from server.inbox import reading
from server.routes.deps import REFUSALS, AlsoClosed, PageQuery, WithServices
from server.standing import onboarding_of
from server.store.store import Tx

router = APIRouter(prefix=f"{API_PREFIX}/me", responses=REFUSALS, tags=["me"])


class InboxPage(PageQuery):
    """Which messages are asked for."""

    before: Annotated[int, Field(ge=0, le=MAX_NUMBER)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@router.get("/onboarding")
async def get_onboarding(person: AlsoClosed, services: WithServices) -> Onboarding:
    """How far the way to air is done, and what stands in the way."""
    now_ms = utc_ms(services.clock.utc())
    return await services.store.read(lambda db: onboarding_of(db, services.cipher, person, now_ms))


@router.get("/inbox")
async def get_inbox(person: AlsoClosed, services: WithServices, page: Annotated[InboxPage, Query()]) -> Inbox:
    """Messages, the newest first; with ``before`` those before that number."""
    return await services.store.read(lambda db: reading.read_inbox(db, person, page.before, page.limit))


@router.post("/inbox/read")
async def mark_read(wish: InboxRead, person: AlsoClosed, services: WithServices) -> InboxCount:
    """Mark as read; repeatable."""

    def work(tx: Tx) -> InboxCount:
        require_presence(tx.db, person)
        return reading.mark_read(tx, person, wish)

    return await services.store.write(work)
