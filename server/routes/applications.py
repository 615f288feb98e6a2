"""One's own application: beginning, saving, sending, reading; and what a text may not say, while it is typed."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from app.contract.applications import (
    Application,
    ApplicationBegin,
    ApplicationSubmit,
    CheckedPlace,
    DraftSave,
    TextChecked,
    TextFinding,
)
from app.contract.rest import API_PREFIX
from server.applications import acts, views
from server.applications.form import PLACES
from server.routes.deps import REFUSALS, SignedIn, WithServices
from server.routes.sessions import IdempotencyKey

router = APIRouter(prefix=f"{API_PREFIX}/me", responses=REFUSALS, tags=["me"])


@router.get("/application")
async def get_application(person: SignedIn, services: WithServices) -> Application:
    """The one that counts: the open one, else the newest; not_found when there is none."""
    return await services.store.read(lambda db: views.my_application(db, person, services.cipher))


@router.get("/applications")
async def list_applications(person: SignedIn, services: WithServices) -> list[Application]:
    """All of mine, the newest first."""
    return await services.store.read(lambda db: views.my_applications(db, person, services.cipher))


@router.post("/application")
async def begin_application(wish: ApplicationBegin, person: SignedIn, services: WithServices) -> Application:
    """Begin one, or get the one that is open."""
    services.rates.draft.require(person.account_id)
    return await services.store.write(lambda tx: acts.begin(tx, person, services.cipher, wish.kind))


@router.put("/application/draft")
async def save_draft(wish: DraftSave, person: SignedIn, services: WithServices) -> Application:
    """Keep what was typed. ``draft_conflict`` when another machine saved since ``base_revision``."""
    services.rates.draft.require(person.account_id)
    return await services.store.write(lambda tx: acts.save_draft(tx, person, services.cipher, wish))


@router.post("/application/submit")
async def submit_application(
    wish: ApplicationSubmit, person: SignedIn, services: WithServices, idempotency_key: IdempotencyKey = None
) -> Application:
    """Send the revision named. Repeatable with Idempotency-Key."""
    services.rates.submit.require(person.account_id)
    cipher, checker = services.cipher, services.checker
    return await services.store.write(lambda tx: acts.submit(tx, person, cipher, checker, wish, idempotency_key))


@router.post("/text-check")
async def check_text(wish: CheckedPlace, person: SignedIn, services: WithServices) -> TextChecked:
    """The offending words of a text; of a field whose words are not looked at, none."""
    services.rates.text_check.require(person.account_id)
    place = PLACES.get(wish.field)
    if place is None:
        return TextChecked(findings=[])
    # The longest text takes some milliseconds: beside the event loop, which has sockets to serve.
    found = await asyncio.to_thread(services.checker.check, wish.text, place)
    return TextChecked(findings=[TextFinding(start=one.start, end=one.end, label=one.label.value) for one in found])
