"""One's own account and devices."""

from __future__ import annotations

from fastapi import APIRouter

from app.contract.rest import API_PREFIX, Account, Device, MeChange, ProbeTarget
from server.accounts import people, tokens
from server.accounts.presence import require_presence
from server.conduct.checker import Place
from server.conduct_gate import require_clean
from server.routes.deps import REFUSALS, AlsoClosed, SignedIn, SomeId, WithServices
from server.sessions import probe_keys
from server.store.models import AccountRow
from server.store.store import Tx
from server.text import checked_line

MAX_NICKNAME_CHARS = 20
router = APIRouter(prefix=f"{API_PREFIX}/me", responses=REFUSALS, tags=["me"])


@router.get("")
async def get_me(person: AlsoClosed, services: WithServices) -> Account:
    return await services.store.read(
        lambda db: people.to_wire(db, services.cipher, db.get_one(AccountRow, person.account_id))
    )


@router.patch("")
async def change_me(wish: MeChange, person: SignedIn, services: WithServices) -> Account:
    nickname = checked_line(wish.nickname, MAX_NICKNAME_CHARS, "nickname")
    require_clean(services.checker, nickname, Place.NICKNAME, "nickname")

    def work(tx: Tx) -> Account:
        require_presence(tx.db, person)
        row = tx.db.get_one(AccountRow, person.account_id)
        row.nickname = nickname
        return people.to_wire(tx.db, services.cipher, row)

    return await services.store.write(work)


@router.get("/devices")
async def list_devices(person: AlsoClosed, services: WithServices) -> list[Device]:
    """Where this account is signed in, the latest first."""
    return await services.store.read(lambda db: tokens.devices_of(db, person))


@router.delete("/devices/{device_id}", status_code=204)
async def end_device(device_id: SomeId, person: AlsoClosed, services: WithServices) -> None:
    """End one: its tokens, sockets and stream keys die at once."""
    await services.store.write(lambda tx: tokens.end_own_device(tx, person, device_id))


@router.post("/probe-key")
async def issue_probe_key(person: SignedIn, services: WithServices) -> ProbeTarget:
    """A key for this device to measure the way to the ingest with; the one before dies.

    Whoever is signed in may have one, before anything else is done for the first broadcast.
    """
    services.rates.probe.require(person.account_id)
    issued = await services.store.write(lambda tx: probe_keys.issue(tx, person, services.platform_tag))
    return ProbeTarget(
        key=issued.key,
        key_id=issued.key_id,
        expires_in_s=probe_keys.LIFETIME_S,
        ingests=list(services.config.ingests),
    )
