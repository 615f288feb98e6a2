"""One's own face check by camera."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.contract.liveness import (
    MAX_PACKAGE_BYTES,
    LivenessAbort,
    LivenessBegin,
    LivenessOrder,
    LivenessProgress,
    LivenessReceived,
    LivenessSession,
    LivenessStanding,
    LivenessUpload,
)
from app.contract.rest import API_PREFIX
from app.runtime.clock import utc_ms
from server.liveness import acts, arrival, records
from server.liveness.acts import Terms
from server.routes.deps import REFUSALS, SignedIn, SomeId, WithServices
from server.routes.rooms import Key

router = APIRouter(prefix=f"{API_PREFIX}/me/liveness", responses=REFUSALS, tags=["me"])
_PART: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Offset = Annotated[int, Query(ge=0, lt=MAX_PACKAGE_BYTES)]


@router.get("")
async def get_liveness(person: SignedIn, services: WithServices) -> LivenessStanding:
    """How my newest session stands, and how often I may begin one."""
    now_ms, most = utc_ms(services.clock.utc()), services.config.limits.liveness_attempts_a_day
    by_operator = services.face_authority.is_match_by_operator
    return await services.store.read(
        lambda db: records.standing(db, person.account_id, now_ms, most, is_match_by_operator=by_operator)
    )


@router.post("", status_code=201)
async def begin_liveness(wish: LivenessBegin, person: SignedIn, services: WithServices, key: Key) -> LivenessSession:
    """Begin a session. Repeatable with its Idempotency-Key."""
    services.rates.liveness.require(person.account_id)
    terms = Terms(services.cipher, services.liveness_keys, services.config.limits.liveness_attempts_a_day)
    await services.store.write(lambda tx: acts.make_room(tx, person, wish.path, key))
    # What was given up for it may have sent a part already.
    await services.liveness.sweep()
    return await services.store.write(lambda tx: acts.begin(tx, person, terms, wish.path, key))


@router.post("/{session_id}/progress")
async def progress_liveness(
    session_id: SomeId, said: LivenessProgress, person: SignedIn, services: WithServices
) -> LivenessOrder:
    """How far the clip has come; the answer is what comes next. Repeatable."""
    services.rates.liveness_part.require(person.account_id)
    return await services.store.write(lambda tx: acts.progress(tx, person, session_id, said))


@router.post("/{session_id}/abort", status_code=204)
async def abort_liveness(session_id: SomeId, wish: LivenessAbort, person: SignedIn, services: WithServices) -> Response:
    """End one that will not be sent. Repeatable."""
    services.rates.liveness_part.require(person.account_id)
    await services.store.write(lambda tx: acts.give_up(tx, person, session_id, wish.reason))
    await services.liveness.sweep()
    return Response(status_code=204)


@router.post("/{session_id}/upload")
async def announce_liveness(
    session_id: SomeId, wish: LivenessUpload, person: SignedIn, services: WithServices
) -> LivenessReceived:
    """Announce the sealed package. Repeatable."""
    services.rates.liveness_part.require(person.account_id)
    return await services.store.write(lambda tx: arrival.announce(tx, person, session_id, wish))


@router.get("/{session_id}/upload")
async def get_liveness_upload(session_id: SomeId, person: SignedIn, services: WithServices) -> LivenessReceived:
    """From where to go on."""
    now_ms = utc_ms(services.clock.utc())
    return await services.store.read(lambda db: arrival.received(db, person, session_id, now_ms))


@router.post("/{session_id}/parts", openapi_extra=_PART)
async def send_liveness(
    session_id: SomeId, offset: Offset, request: Request, person: SignedIn, services: WithServices
) -> LivenessReceived:
    """The bytes of the package from ``offset`` on; with the last ones comes the receipt."""
    services.rates.liveness_part.require(person.account_id)
    return await services.liveness.take(person, session_id, offset, await request.body())
