"""Agreements and rules: what is published, and reading one version alone or beside an earlier one. Event loop."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.orm import Session as Db

from app.contract.documents import Version, VersionSummary
from app.domain.documents.model import DocumentKind
from app.runtime.clock import utc_ms
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute
from server.desk.document_view import show
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.documents import publishing, versions
from server.errors import Refusal
from server.gate import require
from server.gate_acts import Act
from server.routes.deps import WithServices
from server.services import Services

router = APIRouter(prefix=f"{PATH}/documents", include_in_schema=False, route_class=DeskRoute)
Number = Annotated[int, Path(ge=1, le=1_000_000)]
Compare = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get("")
async def show_documents(request: Request, visitor: AtDesk, services: WithServices) -> Response:
    return await documents_page(request, visitor, services)


@router.get("/{kind}/{number}")
async def show_version(
    kind: DocumentKind,
    number: Number,
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    compare: Compare = 0,
    changes: bool = False,
) -> Response:
    """One version; with ``compare`` beside that earlier one, with ``changes`` nothing else."""
    require(Act.PUBLISH_DOCUMENT, visitor.person)

    def read(db: Db) -> tuple[Version, list[VersionSummary], str | None]:
        version = versions.read_version(db, kind, number)
        other = versions.read_version(db, kind, compare).text if compare else None
        return version, versions.list_versions(db, kind), other

    version, all_versions, other = await services.store.read(read)
    shown = await asyncio.to_thread(show, version.text, other, only_changes=changes)
    return await frame.page(
        request,
        services,
        visitor,
        "version.html",
        "documents",
        version=version,
        versions=all_versions,
        compared=compare,
        only_changes=changes,
        view=shown,
    )


async def documents_page(
    request: Request,
    visitor: Visitor,
    services: Services,
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    """All kinds with their versions, the drafts, and the form to import a file."""
    require(Act.PUBLISH_DOCUMENT, visitor.person)
    now = services.clock.utc()

    def read(
        db: Db,
    ) -> tuple[dict[DocumentKind, list[VersionSummary]], list[publishing.Draft], dict[DocumentKind, int]]:
        found = {kind: versions.list_versions(db, kind) for kind in DocumentKind}
        current = {
            kind: row.number for kind in DocumentKind if (row := versions.in_force(db, kind, utc_ms(now))) is not None
        }
        return found, publishing.list_drafts(db), current

    found, drafts, current = await services.store.read(read)
    return await frame.page(
        request,
        services,
        visitor,
        "documents.html",
        "documents",
        refusal=refusal,
        typed=typed,
        kinds=found,
        current=current,
        drafts=drafts,
    )
