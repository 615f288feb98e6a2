"""One's own real name and face check."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from app.contract.errors import ErrorCode
from app.contract.identity import FaceAsk, FaceCheck, Identity, IdentitySubmit
from app.contract.rest import API_PREFIX
from app.errors import PlatformError
from app.runtime.clock import utc_ms
from server.errors import Refusal
from server.identity import acts, face
from server.providers.identity_authority import DEADLINE_S, AuthorityAnswer
from server.routes.deps import REFUSALS, SignedIn, WithServices
from server.routes.sessions import IdempotencyKey
from server.services import Services

router = APIRouter(prefix=f"{API_PREFIX}/me", responses=REFUSALS, tags=["me"])


@router.get("/identity")
async def get_identity(person: SignedIn, services: WithServices) -> Identity:
    """What is known of my name, masked, and how many tries are left today."""
    now_ms = utc_ms(services.clock.utc())
    return await services.store.read(lambda db: acts.identity_of(db, services.cipher, person, now_ms))


@router.post("/identity")
async def check_identity(
    wish: IdentitySubmit, person: SignedIn, services: WithServices, idempotency_key: IdempotencyKey = None
) -> Identity:
    """Check name and number, or correct them. Repeatable with Idempotency-Key."""
    services.rates.identity.require(person.account_id)
    cipher = services.cipher
    wanted = await services.store.write(lambda tx: acts.begin(tx, person, cipher, wish, idempotency_key))
    if isinstance(wanted, Refusal):
        raise wanted
    if wanted.done is not None:
        return wanted.done
    answer = await _asked(services, wanted)
    done = await services.store.write(lambda tx: acts.finish(tx, person, cipher, wanted, answer, idempotency_key))
    if isinstance(done, Refusal):
        raise done
    return done


@router.get("/face-check")
async def get_face_check(person: SignedIn, services: WithServices) -> FaceCheck:
    """My newest one; not_found when there never was one."""
    return await services.store.read(lambda db: face.my_check(db, person))


@router.post("/face-check", status_code=201)
async def ask_face_check(
    wish: FaceAsk, person: SignedIn, services: WithServices, idempotency_key: IdempotencyKey = None
) -> FaceCheck:
    """Ask an operator for it. Repeatable with Idempotency-Key."""
    services.rates.identity.require(person.account_id)
    return await services.store.write(lambda tx: face.ask(tx, person, services.cipher, wish, idempotency_key))


@router.post("/face-check/cancel")
async def cancel_face_check(person: SignedIn, services: WithServices) -> FaceCheck:
    """Take it back; repeatable."""
    return await services.store.write(lambda tx: face.cancel(tx, person))


async def _asked(services: Services, wanted: acts.Wanted) -> AuthorityAnswer:
    """Raises Refusal (authority_unavailable): nothing was written, no try is spent."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await services.authority.check(wanted.name, wanted.number)
    except (TimeoutError, PlatformError):
        # Without its cause: that may quote what was asked.
        raise Refusal(ErrorCode.AUTHORITY_UNAVAILABLE, retryable=True) from None
