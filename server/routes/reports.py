"""Reporting what goes against the rules, how that is handled, and complaints of infringement with their proofs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from app.contract.errors import ErrorCode
from app.contract.reports import CLIP_TYPE, Clip, Complaint, ComplaintWish, Proof, Report, ReportWish
from app.contract.rest import API_PREFIX
from app.domain.reports import ProofKind
from server.errors import Refusal
from server.reports import complaints, file, record
from server.routes.deps import REFUSALS, SignedIn, SomeId, WithServices
from server.routes.images import CONTENT_TYPES
from server.routes.rooms import Key

router = APIRouter(prefix=API_PREFIX, responses=REFUSALS, tags=["reports"])
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in CONTENT_TYPES},
    }
}
_CLIP: dict[str, Any] = {
    "requestBody": {"required": True, "content": {CLIP_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/sessions/{session_id}/reports", status_code=201)
async def make_report(
    session_id: SomeId, wish: ReportWish, person: SignedIn, services: WithServices, key: Key
) -> Report:
    """Report a message, a person or the session; also who is muted may. Repeatable with its Idempotency-Key."""
    services.rates.report.require(person.account_id)
    cipher, (present, _) = services.cipher, services.hub.people(session_id)
    return await services.store.write(lambda tx: file.file(tx, person, cipher, session_id, wish, key, present))


@router.get("/me/reports")
async def list_reports(person: SignedIn, services: WithServices) -> list[Report]:
    """What I reported and how it stands, the newest first."""
    return await services.store.read(lambda db: record.mine(db, services.cipher, person))


@router.post("/me/reports/{report_id}/withdraw")
async def withdraw_report(report_id: SomeId, person: SignedIn, services: WithServices) -> Report:
    """Take it back while no operator has taken it up. Repeatable."""
    services.rates.report.require(person.account_id)
    return await services.store.write(lambda tx: file.withdraw(tx, person, services.cipher, report_id))


@router.post("/me/reports/{report_id}/clip", status_code=201, openapi_extra=_CLIP)
async def add_clip(report_id: SomeId, request: Request, person: SignedIn, services: WithServices, key: Key) -> Clip:
    """Add a clip of the recording of one's own broadcast, encrypted: the body is the MP4. Repeatable with its key."""
    services.rates.image.require(person.account_id)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CLIP_TYPE:
        raise Refusal(ErrorCode.CLIP_INVALID)
    return await services.clips.upload(person, report_id, await request.body(), key)


@router.post("/complaints/proofs/{kind}", status_code=201, openapi_extra=_FILE)
async def add_proof(kind: ProofKind, request: Request, person: SignedIn, services: WithServices) -> Proof:
    """Keep an image for a complaint, encrypted: the body is the file. One that no complaint names is deleted."""
    services.rates.image.require(person.account_id)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in CONTENT_TYPES:
        raise Refusal(ErrorCode.IMAGE_INVALID)
    return await services.proofs.upload(person, kind, await request.body())


@router.post("/complaints", status_code=201)
async def make_complaint(wish: ComplaintWish, person: SignedIn, services: WithServices, key: Key) -> Complaint:
    """Complain of an infringement. Repeatable with its Idempotency-Key."""
    services.rates.submit.require(person.account_id)
    return await services.store.write(lambda tx: complaints.file(tx, person, services.cipher, wish, key))


@router.get("/me/complaints")
async def list_complaints(person: SignedIn, services: WithServices) -> list[Complaint]:
    """Mine and how they stand, the newest first."""
    return await services.store.read(lambda db: complaints.mine(db, services.cipher, person))
