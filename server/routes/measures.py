"""What was taken against oneself, and appealing: open to who is closed out too."""

from __future__ import annotations

from fastapi import APIRouter

from app.contract.measures import AppealWish, Measure
from app.contract.rest import API_PREFIX
from app.runtime.clock import utc_ms
from server.measures import appeal, record
from server.routes.deps import REFUSALS, AlsoClosed, SomeId, WithServices
from server.routes.sessions import IdempotencyKey

router = APIRouter(prefix=f"{API_PREFIX}/me/measures", responses=REFUSALS, tags=["me"])


@router.get("")
async def list_measures(person: AlsoClosed, services: WithServices) -> list[Measure]:
    """Every measure against me with its rule, reason, evidence and term, the newest first."""
    now_ms = utc_ms(services.clock.utc())
    return await services.store.read(lambda db: record.mine(db, services.cipher, person, now_ms))


@router.post("/{measure_id}/appeal", status_code=201)
async def make_appeal(
    measure_id: SomeId,
    wish: AppealWish,
    person: AlsoClosed,
    services: WithServices,
    idempotency_key: IdempotencyKey = None,
) -> Measure:
    """Say why it is wrong, once, within 15 days. Repeatable with Idempotency-Key."""
    services.rates.submit.require(person.account_id)
    cipher = services.cipher
    return await services.store.write(lambda tx: appeal.appeal(tx, person, cipher, measure_id, wish, idempotency_key))
