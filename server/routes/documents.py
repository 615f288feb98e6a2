"""Agreements and rules: open to all to read; accepting is for who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.contract.documents import Acceptance, DocumentSummary, Version, VersionAccept, VersionSummary
from app.contract.rest import API_PREFIX
from app.domain.documents.model import DocumentKind
from app.runtime.clock import utc_ms
from server.documents import acceptance, versions
from server.routes.deps import REFUSALS, SignedIn, WithServices

router = APIRouter(prefix=API_PREFIX, responses=REFUSALS, tags=["documents"])
Number = Annotated[int, Path(ge=1, le=1_000_000)]
_FOREVER = "public, max-age=31536000, immutable"


@router.get("/documents")
async def list_documents(services: WithServices) -> list[DocumentSummary]:
    """What is in force and what is to come, by kind."""
    now_ms = utc_ms(services.clock.utc())
    return await services.store.read(lambda db: versions.list_documents(db, now_ms))


@router.get("/documents/{kind}/versions")
async def list_versions(kind: DocumentKind, services: WithServices) -> list[VersionSummary]:
    """All published ones, the newest first."""
    return await services.store.read(lambda db: versions.list_versions(db, kind))


@router.get("/documents/{kind}/versions/{number}")
async def read_version(kind: DocumentKind, number: Number, response: Response, services: WithServices) -> Version:
    """One with its text. It never changes, so it may be kept."""
    found = await services.store.read(lambda db: versions.read_version(db, kind, number))
    response.headers["Cache-Control"] = _FOREVER
    return found


@router.post("/documents/{kind}/versions/{number}/accept")
async def accept_version(
    kind: DocumentKind, number: Number, wish: VersionAccept, person: SignedIn, services: WithServices
) -> Acceptance:
    """Accept it; repeatable."""
    return await services.store.write(lambda tx: acceptance.accept(tx, person, kind, number, wish))


@router.get("/me/acceptances")
async def list_acceptances(person: SignedIn, services: WithServices) -> list[Acceptance]:
    """What I accepted and when, the newest first."""
    return await services.store.read(lambda db: acceptance.acceptances_of(db, person.account_id))
