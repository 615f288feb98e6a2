"""Preparing a version: import a file, look at it and mend it, compare it, publish it. Event loop.

Publishing is asked twice: its page says what will be in force from when, and what that means for the anchors.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import date

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session as Db

from app.contract.documents import VersionSummary
from app.contract.errors import ErrorCode
from app.domain.documents.model import DocumentKind
from app.runtime.clock import utc_ms
from server.desk import frame
from server.desk.access import PATH, AtDesk, DeskRoute, OwnForm, see_other
from server.desk.document_view import Shown, show
from server.desk.documents import Compare, documents_page
from server.desk.forms import Posted, Upload
from server.desk.sessions import Visitor
from server.documents import publishing, versions
from server.documents.importing import read_file
from server.documents.publishing import Draft, DraftWish
from server.errors import Refusal
from server.gate import require
from server.gate_acts import Act
from server.once import done_before, remember
from server.routes.deps import SomeId, WithServices
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=f"{PATH}/documents", include_in_schema=False, route_class=DeskRoute)
DRAFTS = f"{router.prefix}/drafts"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A draft with what belongs beside it."""

    draft: Draft
    versions: list[VersionSummary]
    other: str | None
    earliest: date


@router.post("/import")
async def import_file(request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm) -> Response:
    """A file as the world writes it becomes a draft, which is looked over and mended before it is published."""
    try:
        require(Act.PUBLISH_DOCUMENT, visitor.person)
        services.rates.import_.require(visitor.person.account_id)
        kind = _kind(posted)
        upload = posted.uploads.get("file", Upload("", b""))
        if not upload.data:
            raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "file"})
        async with services.import_turn:
            imported = await asyncio.to_thread(read_file, upload.name, upload.data)
        wish = DraftWish(
            kind=kind,
            title=imported.title[: publishing.MAX_TITLE_CHARS] or upload.name[: publishing.MAX_TITLE_CHARS] or "?",
            text=imported.text,
            source_name=upload.name,
            findings=json.dumps([[one.code, one.line, dict(one.params)] for one in imported.findings]),
        )
        draft = await services.store.write(lambda tx: publishing.add_draft(tx, visitor.person, wish, posted.once))
    except Refusal as refusal:
        return await documents_page(request, visitor, services, refusal=refusal, typed=posted)
    return see_other(f"{DRAFTS}/{draft.id}", "imported")


@router.post("/drafts")
async def begin_draft(request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm) -> Response:
    """From the newest version of a kind, or empty when there is none."""

    def work(tx: Tx) -> Draft:
        kind = _kind(posted)
        newest = versions.newest(tx.db, kind)
        wish = DraftWish(
            kind=kind,
            title=newest.title if newest is not None else posted("title") or kind.value,
            text=newest.text if newest is not None else "",
        )
        return publishing.add_draft(tx, visitor.person, wish, posted.once)

    try:
        draft = await services.store.write(work)
    except Refusal as refusal:
        return await documents_page(request, visitor, services, refusal=refusal, typed=posted)
    return see_other(f"{DRAFTS}/{draft.id}")


@router.get("/drafts/{draft_id}")
async def show_draft(
    draft_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, compare: Compare = 0,
    changes: bool = False,
) -> Response:  # fmt: skip
    return await _draft_page(request, visitor, services, draft_id, compare=compare, only_changes=changes)


@router.post("/drafts/{draft_id}")
async def save_draft(
    draft_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """Save, and go on to publishing when that was asked for."""
    try:
        wish = _wish(posted)
        revision = posted.number("revision")

        def work(tx: Tx) -> Draft:
            before = publishing.get_draft(tx.db, draft_id)
            kept = replace(wish, source_name=before.source_name)
            return publishing.save_draft(tx, visitor.person, draft_id, revision, kept)

        await services.store.write(work)
    except Refusal as refusal:
        return await _draft_page(request, visitor, services, draft_id, refusal=refusal, typed=posted)
    if posted("action") == "publish":
        return see_other(f"{DRAFTS}/{draft_id}/publish")
    return see_other(f"{DRAFTS}/{draft_id}", "saved")


@router.post("/drafts/{draft_id}/drop")
async def drop_draft(
    draft_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, _posted: OwnForm
) -> Response:
    try:
        await services.store.write(lambda tx: publishing.drop_draft(tx, visitor.person, draft_id))
    except Refusal as refusal:
        return await documents_page(request, visitor, services, refusal=refusal)
    return see_other(router.prefix, "dropped")


@router.get("/drafts/{draft_id}/publish")
async def show_publishing(draft_id: SomeId, request: Request, visitor: AtDesk, services: WithServices) -> Response:
    return await _publish_page(request, visitor, services, draft_id)


@router.post("/drafts/{draft_id}/publish")
async def publish(
    draft_id: SomeId, request: Request, visitor: AtDesk, services: WithServices, posted: OwnForm
) -> Response:
    """What was looked at is what is published: its revision is named."""

    account_id = visitor.person.account_id

    def work(tx: Tx) -> str:
        if (before := done_before(tx, account_id, posted.once, "publish")) is not None:
            return before
        made = publishing.publish(tx, visitor.person, draft_id, posted.number("revision"), posted("reason"))
        address = f"{made.kind.value}/{made.number}"
        remember(tx, account_id, posted.once, "publish", address)
        return address

    try:
        address = await services.store.write(work)
    except Refusal as refusal:
        return await _publish_page(request, visitor, services, draft_id, refusal=refusal, typed=posted)
    return see_other(f"{router.prefix}/{address}", "published")


async def _draft_page(
    request: Request,
    visitor: Visitor,
    services: Services,
    draft_id: str,
    *,
    compare: int = 0,
    only_changes: bool = False,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    opened = await _open(services, visitor, draft_id, compare)
    # What was typed and not taken is shown again, and its own preview with it.
    text = typed("text", opened.draft.text) if typed is not None else opened.draft.text
    view: Shown = await asyncio.to_thread(show, text, opened.other, only_changes=only_changes)
    findings = [(code, line, values) for code, line, values in json.loads(opened.draft.findings)]
    return await frame.page(
        request,
        services,
        visitor,
        "draft.html",
        "documents",
        refusal=refusal,
        typed=typed,
        draft=opened.draft,
        text=text,
        versions=opened.versions,
        compared=compare,
        only_changes=only_changes,
        earliest=opened.earliest,
        findings=findings,
        kinds=tuple(DocumentKind),
        view=view,
    )


async def _publish_page(
    request: Request,
    visitor: Visitor,
    services: Services,
    draft_id: str,
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
) -> Response:
    opened = await _open(services, visitor, draft_id, None)
    view: Shown = await asyncio.to_thread(show, opened.draft.text, opened.other)
    return await frame.page(
        request,
        services,
        visitor,
        "publish.html",
        "documents",
        refusal=refusal,
        typed=typed,
        draft=opened.draft,
        before=opened.versions[0] if opened.versions else None,
        number=opened.versions[0].number + 1 if opened.versions else 1,
        earliest=opened.earliest,
        is_ready=not view.fault and bool(view.rows) and opened.draft.effective_on is not None,
        view=view,
    )


async def _open(services: Services, visitor: Visitor, draft_id: str, compare: int | None) -> _Opened:
    """``compare``: number of a version to read beside it, 0 for none, None for the newest."""
    require(Act.PUBLISH_DOCUMENT, visitor.person)
    now_ms = utc_ms(services.clock.utc())

    def read(db: Db) -> _Opened:
        draft = publishing.get_draft(db, draft_id)
        found = versions.list_versions(db, draft.kind)
        number = compare if compare is not None else (found[0].number if found else 0)
        other = versions.read_version(db, draft.kind, number).text if number else None
        return _Opened(draft, found, other, publishing.earliest_day(db, draft.kind, now_ms))

    return await services.store.read(read)


def _wish(posted: Posted) -> DraftWish:
    day = posted("effective_on").strip()
    try:
        effective_on = date.fromisoformat(day) if day else None
    except ValueError:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "effective_on"}) from None
    return DraftWish(
        kind=_kind(posted),
        title=posted("title"),
        text=posted("text"),
        changes=posted("changes").split("\n"),
        is_material=posted("is_material") == "yes",
        effective_on=effective_on,
    )


def _kind(posted: Posted) -> DocumentKind:
    try:
        return DocumentKind(posted("kind"))
    except ValueError:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "kind"}) from None
