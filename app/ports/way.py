"""The way to air as the platform tells it: agreements, the application, images, messages. Part of ``Platform``.

All coroutines run in the I/O loop and raise PlatformError as in ports.platform; what is mine is asked for as the person
signed in.
"""

from __future__ import annotations

from typing import Protocol

from app.contract.applications import Application, DraftSave, Image, TextFinding
from app.contract.documents import Acceptance, DocumentSummary, Version, VersionAccept, VersionSummary
from app.contract.inbox import Inbox, Onboarding
from app.contract.rest import Account
from app.domain.application import ApplicationKind, FormField
from app.domain.documents.model import DocumentKind
from app.domain.images import ImagePurpose
from app.ports.identity import IdentityDeskPort
from app.ports.schedule import ScheduleDeskPort


class WayToAir(IdentityDeskPort, ScheduleDeskPort, Protocol):
    """What leads a person to the first broadcast, and what they hear of it."""

    async def account(self) -> Account:
        """As it is now: roles, scopes and avatar change without a new sign-in."""

    async def onboarding(self) -> Onboarding: ...

    # ---- documents -----------------------------------------------------------------------------

    async def documents(self) -> list[DocumentSummary]:
        """Open to all."""

    async def versions(self, kind: DocumentKind) -> list[VersionSummary]:
        """All published ones, the newest first. Open to all."""

    async def version(self, kind: DocumentKind, number: int) -> Version:
        """Open to all. Whether the text is the one that its hash names is for the caller to check."""

    async def accept(self, kind: DocumentKind, number: int, wish: VersionAccept) -> None:
        """Repeatable: the first acceptance stands."""

    async def acceptances(self) -> list[Acceptance]:
        """Mine, the newest first."""

    # ---- application ---------------------------------------------------------------------------

    async def application(self) -> Application | None:
        """The one that counts; None when there is none."""

    async def applications(self) -> list[Application]:
        """All of mine, the newest first."""

    async def begin_application(self, kind: ApplicationKind) -> Application:
        """A new one, or the one that is open."""

    async def save_draft(self, save: DraftSave) -> Application: ...

    async def submit_application(self, revision: int, idempotency_key: str) -> Application:
        """A repeat with the same key gives the same answer."""

    async def check_text(self, field: FormField, text: str) -> list[TextFinding]: ...

    # ---- images --------------------------------------------------------------------------------

    async def put_image(self, purpose: ImagePurpose, data: bytes) -> Image:
        """``data`` is the file. InputError ``image_invalid`` when it is neither JPEG, PNG nor WebP."""

    async def images(self) -> list[Image]:
        """The newest of each purpose."""

    async def remove_image(self, purpose: ImagePurpose) -> None: ...

    async def image_bytes(self, image_id: str) -> bytes:
        """The re-encoded JPEG."""

    # ---- messages ------------------------------------------------------------------------------

    async def inbox(self, before: int = 0, limit: int = 50) -> Inbox:
        """The newest first; ``before`` a number: those that came before it."""

    async def read_inbox(self, *, up_to: int = 0, ids: tuple[str, ...] = ()) -> int:
        """Mark as read; gives how many are unread still."""
