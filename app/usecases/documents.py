"""Agreements and rules: which there are, the reader, comparing, accepting. I/O loop; parsing and comparing in workers.

A text is shown only when it is the one that its hash names. The latest wish wins: what an earlier one would bring is
given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from app import __version__
from app.contract.documents import Acceptance, DocumentSummary, Version, VersionAccept, VersionSummary
from app.domain.documents import canonical
from app.domain.documents.compare import Comparison, compare
from app.domain.documents.model import Document, DocumentKind
from app.errors import AppError, InputError, PlatformError
from app.ports.platform import Platform
from app.usecases.context import Context
from app.usecases.scope import Reload, Scope
from app.usecases.trouble import Trouble
from app.usecases.way_state import DocumentsState, LoadPhase, OpenDocument
from app.usecases.wishes import AcceptDocument, CompareDocument, ReadDocument

MAX_READ_S = 7 * 24 * 3600


class DocumentsCase:
    """``on_accepted`` runs when an acceptance was recorded. Reading needs no sign-in."""

    def __init__(self, context: Context, scope: Scope, on_accepted: Callable[[], None]) -> None:
        self._context, self._scope, self._on_accepted = context, scope, on_accepted
        self.reload = Reload(scope, self._load, "documents")
        self._reading: asyncio.Task[None] | None = None
        self._comparing: asyncio.Task[None] | None = None

    def clear(self) -> None:
        self._context.change(documents=DocumentsState())

    # ---- which there are -------------------------------------------------------------------------

    async def _load(self) -> None:
        platform, state = self._context.platform, self._context.state.documents
        if platform is None:
            return
        if state.phase in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(phase=LoadPhase.LOADING, trouble=None)
        opened = state.opened
        try:
            await self._fetch(platform)
            versions = await platform.versions(opened.kind) if opened is not None else []
        except AppError as error:
            failure = self._scope.failure(error, is_shown=bool(self._context.state.documents.kinds))
            if failure is not None:
                self._set(**failure)
            return
        now = self._context.state.documents.opened
        if opened is not None and now is not None and now.kind is opened.kind:
            self._open(versions=tuple(versions))
            self._judge()

    async def _fetch(self, platform: Platform) -> None:
        """The kinds and what I accepted. Raises AppError."""
        kinds = await platform.documents()
        acceptances = await platform.acceptances() if self._is_signed_in else []
        self._set(phase=LoadPhase.READY, kinds=tuple(kinds), acceptances=tuple(acceptances), trouble=None)

    @property
    def _is_signed_in(self) -> bool:
        return self._scope.platform is not None

    # ---- reading ---------------------------------------------------------------------------------

    def read(self, wish: ReadDocument) -> None:
        """Open a version in the reader, instead of what is there."""
        self._cancel(self._reading, self._comparing)
        opened = self._context.state.documents.opened
        versions = opened.versions if opened is not None and opened.kind is wish.kind else ()
        self._set(opened=OpenDocument(wish.kind, versions=versions))
        self._reading = self._scope.spawn(self._read(wish.kind, wish.number), "document-read")

    def again(self) -> None:
        """What was being opened when the way to the service was lost is opened again; all else can be wished anew."""
        opened = self._context.state.documents.opened
        if opened is None:
            return
        if opened.phase is LoadPhase.LOADING:
            self.read(ReadDocument(opened.kind))
        elif opened.is_accepting or opened.is_comparing:
            self._open(is_accepting=False, is_comparing=False)

    async def _read(self, kind: DocumentKind, number: int, trouble: Trouble | None = None) -> None:
        platform = self._context.platform
        if platform is None:
            return
        try:
            await self._fetch(platform)
            versions = tuple(await platform.versions(kind))
            state = self._context.state.documents
            wanted = number or _number_of(kind, state.kinds, versions, state.acceptances)
            if not wanted:
                raise PlatformError("not_found", retryable=False)
            version, document = await self._text(platform, kind, wanted, versions)
        except AppError as error:
            told = self._context.trouble(error)
            if told is not None:
                self._open(phase=LoadPhase.FAILED, trouble=told)
            return
        opened = OpenDocument(
            kind, LoadPhase.READY, versions=versions, version=version, document=document, trouble=trouble
        )
        self._set(opened=opened)
        self._judge()

    async def _text(
        self, platform: Platform, kind: DocumentKind, number: int, versions: Iterable[VersionSummary]
    ) -> tuple[Version, Document]:
        """A version whose text is what its own hash, and that of the list, name. Raises AppError."""
        version = await platform.version(kind, number)
        named = next((one.sha256 for one in versions if one.number == number), version.sha256)
        document: Document = await self._context.in_worker(_checked, version, named)
        return version, document

    def _judge(self) -> None:
        """Whether what is open is to be accepted now."""
        state = self._context.state.documents
        opened = state.opened
        if opened is None or opened.version is None:
            return
        wanted = _number_to_accept(opened.kind, state.kinds, opened.versions, state.acceptances)
        needs = self._is_signed_in and wanted == opened.version.number
        if needs != opened.needs_acceptance:
            self._open(needs_acceptance=needs)

    # ---- comparing -------------------------------------------------------------------------------

    def compare(self, wish: CompareDocument) -> None:
        """Compare with an earlier version, or show the full text again."""
        self._cancel(self._comparing)
        opened = self._context.state.documents.opened
        if opened is None or opened.document is None or opened.version is None:
            return
        earlier = next((one for one in opened.versions if one.number == wish.with_number), None)
        self._open(comparison=None, old_document=None, compared_with=earlier, is_comparing=earlier is not None)
        if earlier is not None:
            self._comparing = self._scope.spawn(self._compare(earlier, opened.document), "document-compare")

    async def _compare(self, earlier: VersionSummary, document: Document) -> None:
        platform = self._context.platform
        if platform is None:
            return
        try:
            _, old = await self._text(platform, earlier.kind, earlier.number, (earlier,))
        except AppError as error:
            told = self._context.trouble(error)
            if told is not None:
                self._open(compared_with=None, is_comparing=False, trouble=told)
            return
        comparison: Comparison = await self._context.in_worker(compare, old, document)
        self._open(comparison=comparison, old_document=old, is_comparing=False, trouble=None)

    # ---- accepting -------------------------------------------------------------------------------

    def accept(self, wish: AcceptDocument) -> None:
        """Accept what is open, when it was shown to its end."""
        opened = self._context.state.documents.opened
        if opened is None or opened.version is None or opened.is_accepting:
            return
        if not wish.was_shown_to_end:
            self._open(trouble=Trouble("not_shown_to_end"))
            return
        self._open(is_accepting=True, trouble=None)
        self._scope.spawn(self._accept(opened.version, wish), "document-accept")

    async def _accept(self, version: Version, wish: AcceptDocument) -> None:
        said = VersionAccept(
            sha256=version.sha256,
            client_version=__version__,
            read_s=max(0, min(MAX_READ_S, wish.read_s)),
            was_shown_to_end=wish.was_shown_to_end,
        )
        try:
            platform = self._scope.platform
            if platform is None:
                raise PlatformError("not_signed_in", retryable=False)
            await platform.accept(version.kind, version.number, said)
        except AppError as error:
            told = self._context.trouble(error)
            if told is None:
                return
            if self._is_open(version):
                self._open(is_accepting=False, trouble=told)
                if error.code == "version_superseded":
                    self._reading = self._scope.spawn(self._read(version.kind, 0, told), "document-read")
            return
        if self._is_open(version):
            self._open(is_accepting=False, needs_acceptance=False, trouble=None)
        self._on_accepted()
        self.reload.ask()

    def decline_refused(self) -> None:
        """Declining signs out, and that would end what is on air."""
        if self._context.state.documents.opened is not None:
            self._open(trouble=Trouble("busy_on_air"))
        else:
            self._context.notify(Trouble("busy_on_air"))

    # ---- small things ----------------------------------------------------------------------------

    def _is_open(self, version: Version) -> bool:
        opened = self._context.state.documents.opened
        return opened is not None and opened.version is not None and opened.version.sha256 == version.sha256

    def _cancel(self, *tasks: asyncio.Task[None] | None) -> None:
        for task in tasks:
            if task is not None:
                task.cancel()

    def _open(self, **fields: object) -> None:
        opened = self._context.state.documents.opened
        if opened is not None:
            self._set(opened=replace(opened, **fields))  # type: ignore[arg-type]

    def _set(self, **fields: object) -> None:
        self._context.change(documents=replace(self._context.state.documents, **fields))  # type: ignore[arg-type]


def _checked(version: Version, named: str) -> Document:
    """The text as blocks. Raises PlatformError ``hash_mismatch``, or InputError when it cannot be read."""
    if not canonical.sha256(version.text) == version.sha256 == named:
        raise PlatformError("hash_mismatch", retryable=False)
    try:
        return canonical.parse(version.text)
    except InputError as cause:
        raise PlatformError("platform_not_ours", retryable=False) from cause


def _number_of(
    kind: DocumentKind,
    kinds: Iterable[DocumentSummary],
    versions: tuple[VersionSummary, ...],
    acceptances: Iterable[Acceptance],
) -> int:
    """The version to accept, else the one in force, else the newest; 0 when there is none."""
    current = _current(kind, kinds)
    newest = max((one.number for one in versions), default=0)
    return _number_to_accept(kind, kinds, versions, acceptances) or (current.number if current else newest)


def _number_to_accept(
    kind: DocumentKind,
    kinds: Iterable[DocumentSummary],
    versions: Iterable[VersionSummary],
    acceptances: Iterable[Acceptance],
) -> int:
    """Of the live agreement: the version in force, when none was accepted or a material one came since; else 0."""
    current = _current(kind, kinds)
    if kind is not DocumentKind.LIVE_AGREEMENT or current is None:
        return 0
    accepted = max((one.number for one in acceptances if one.kind is kind), default=0)
    is_outdated = any(one.is_material and accepted < one.number <= current.number for one in versions)
    return current.number if not accepted or is_outdated else 0


def _current(kind: DocumentKind, kinds: Iterable[DocumentSummary]) -> VersionSummary | None:
    return next((one.current for one in kinds if one.kind is kind), None)
