"""The way to air on the wire: documents, the application, images, messages. Owned by the I/O loop.

A published version never changes: those read last are kept. A reply is given up once it is longer than it can be.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from urllib.parse import quote

from app.client.api import Api, parsed, parsed_all
from app.client.caller import Caller
from app.client.tokens import Wallet
from app.contract.applications import (
    Application,
    ApplicationBegin,
    ApplicationSubmit,
    CheckedPlace,
    DraftSave,
    Image,
    TextChecked,
    TextFinding,
)
from app.contract.documents import MAX_TEXT_BYTES, Acceptance, DocumentSummary, Version, VersionAccept, VersionSummary
from app.contract.inbox import Inbox, InboxCount, InboxRead, Onboarding
from app.contract.rest import Account
from app.domain.application import ApplicationKind, FormField
from app.domain.documents.canonical import sha256
from app.domain.documents.model import DocumentKind
from app.domain.images import ImagePurpose
from app.errors import InputError, PlatformError

KEPT_VERSIONS = 6
"""Of at most 2 MB each: the one that is read, the one it is compared with, and those looked at before."""
MAX_VERSION_BYTES = 3 * MAX_TEXT_BYTES
"""A sign of the text may be escaped in JSON, and the summary comes with it."""
MAX_IMAGE_REPLY_BYTES = 2 * 1024 * 1024
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class WayCalls(Caller):
    """See ports.way."""

    def __init__(self, api: Api, wallet: Wallet) -> None:
        super().__init__(api, wallet)
        self._versions: OrderedDict[tuple[DocumentKind, int], Version] = OrderedDict()

    async def account(self) -> Account:
        return parsed(Account, await self._signed("GET", "/me"))

    async def onboarding(self) -> Onboarding:
        return parsed(Onboarding, await self._signed("GET", "/me/onboarding"))

    # ---- documents -------------------------------------------------------------------------------

    async def documents(self) -> list[DocumentSummary]:
        return parsed_all(DocumentSummary, await self._call("GET", "/documents"))

    async def versions(self, kind: DocumentKind) -> list[VersionSummary]:
        found = parsed_all(VersionSummary, await self._call("GET", f"/documents/{kind.value}/versions"))
        return sorted(found, key=lambda one: one.number, reverse=True)

    async def version(self, kind: DocumentKind, number: int) -> Version:
        known = self._versions.get((kind, number))
        if known is not None:
            self._versions.move_to_end((kind, number))
            return known
        path = f"/documents/{kind.value}/versions/{number}"
        reply = await self._call("GET", path, max_reply_bytes=MAX_VERSION_BYTES)
        # Two megabytes are checked and hashed beside the loop.
        version, is_sound = await asyncio.to_thread(_version, reply)
        if (version.kind, version.number) != (kind, number):
            raise PlatformError("platform_not_ours", retryable=False)
        if is_sound:
            self._versions[kind, number] = version
            while len(self._versions) > KEPT_VERSIONS:
                self._versions.popitem(last=False)
        return version

    async def accept(self, kind: DocumentKind, number: int, wish: VersionAccept) -> None:
        await self._signed("POST", f"/documents/{kind.value}/versions/{number}/accept", body=wish)

    async def acceptances(self) -> list[Acceptance]:
        return parsed_all(Acceptance, await self._signed("GET", "/me/acceptances"))

    # ---- application -----------------------------------------------------------------------------

    async def application(self) -> Application | None:
        try:
            return parsed(Application, await self._signed("GET", "/me/application"))
        except PlatformError as problem:
            if problem.code == "not_found":
                return None
            raise

    async def applications(self) -> list[Application]:
        return parsed_all(Application, await self._signed("GET", "/me/applications"))

    async def begin_application(self, kind: ApplicationKind) -> Application:
        wish = ApplicationBegin(kind=kind)
        return parsed(Application, await self._signed("POST", "/me/application", body=wish))

    async def save_draft(self, save: DraftSave) -> Application:
        return parsed(Application, await self._signed("PUT", "/me/application/draft", body=save))

    async def submit_application(self, revision: int, idempotency_key: str) -> Application:
        wish = ApplicationSubmit(revision=revision)
        reply = await self._signed("POST", "/me/application/submit", body=wish, idempotency_key=idempotency_key)
        return parsed(Application, reply)

    async def check_text(self, field: FormField, text: str) -> list[TextFinding]:
        wish = CheckedPlace(field=field, text=text)
        return parsed(TextChecked, await self._signed("POST", "/me/text-check", body=wish)).findings

    # ---- images ----------------------------------------------------------------------------------

    async def put_image(self, purpose: ImagePurpose, data: bytes) -> Image:
        file = (data, _content_type(data))
        return parsed(Image, await self._signed("PUT", f"/me/images/{purpose.value}", file=file))

    async def images(self) -> list[Image]:
        return parsed_all(Image, await self._signed("GET", "/me/images"))

    async def remove_image(self, purpose: ImagePurpose) -> None:
        await self._signed("DELETE", f"/me/images/{purpose.value}")

    async def image_bytes(self, image_id: str) -> bytes:
        path = f"/images/{quote(image_id, safe='')}"
        found = await self._signed("GET", path, is_file=True, max_reply_bytes=MAX_IMAGE_REPLY_BYTES)
        return bytes(found)

    # ---- messages --------------------------------------------------------------------------------

    async def inbox(self, before: int = 0, limit: int = 50) -> Inbox:
        since = f"before={before}&" if before else ""
        return parsed(Inbox, await self._signed("GET", f"/me/inbox?{since}limit={limit}"))

    async def read_inbox(self, *, up_to: int = 0, ids: tuple[str, ...] = ()) -> int:
        wish = InboxRead(up_to=up_to, ids=list(ids))
        return parsed(InboxCount, await self._signed("POST", "/me/inbox/read", body=wish)).unread


def _version(reply: object) -> tuple[Version, bool]:
    """And whether its text is the one that its hash names."""
    version = parsed(Version, reply)
    return version, sha256(version.text) == version.sha256


def _content_type(data: bytes) -> str:
    """By what the file begins with. Raises InputError."""
    found = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")
    if not found and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found = "image/webp"
    if not found:
        raise InputError("image_invalid")
    return found
