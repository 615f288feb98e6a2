"""The way to air of a platform by the rules of the wire, in memory: documents, application, images, messages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app.contract.applications import (
    Application,
    ApplicationForm,
    ApplicationStep,
    DraftSave,
    FieldReason,
    Image,
    TextFinding,
)
from app.contract.documents import Acceptance, DocumentSummary, Version, VersionAccept, VersionSummary
from app.contract.identity import FaceCheck, Identity
from app.contract.inbox import Inbox, InboxKind, InboxMessage, LinkPlace, Onboarding, Step
from app.contract.rest import Account, Role
from app.contract.schedule import Activity, Entry
from app.domain.application import ApplicationKind, ApplicationState, FormField
from app.domain.documents.canonical import sha256
from app.domain.documents.model import DocumentKind
from app.domain.face_check import FaceStanding
from app.domain.images import ImagePurpose, ImageState
from app.domain.onboarding import AgreementStanding, Facts, StepId, steps_of
from app.errors import InputError, PlatformError
from tests.unit.app.fake_identity import FakeIdentity
from tests.unit.app.fake_schedule import FakeSchedule

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANCHOR = Account(id="a1", nickname="林晓", phone_masked="138****8000", roles=[Role.ANCHOR])
OPEN_STATES = (
    ApplicationState.DRAFT,
    ApplicationState.RETURNED,
    ApplicationState.SUBMITTED,
    ApplicationState.IN_REVIEW,
)
JPEG = b"\xff\xd8\xff\xe0 a picture"


def refusal(code: str, **detail: object) -> PlatformError:
    return PlatformError(code, retryable=False, detail=detail)


@dataclass
class Mine:
    """What the service knows of one person."""

    account: Account = ANCHOR
    accepted: list[Acceptance] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    """The oldest first."""
    answered: dict[str, str] = field(default_factory=dict)
    """Application by idempotency key of its submission."""
    identity: Identity = field(default_factory=lambda: Identity(attempts_left=5))
    face: FaceCheck | None = None
    images: dict[ImagePurpose, Image] = field(default_factory=dict)
    messages: list[InboxMessage] = field(default_factory=list)
    """The oldest first."""
    entries: list[Entry] = field(default_factory=list)
    """What was planned, the earliest first."""


class FakeWay(FakeIdentity, FakeSchedule):
    """``fail`` and ``hold`` as in FakePlatform; ``lose`` names methods that do their work and whose answer is lost."""

    def __init__(self) -> None:
        self.hold: dict[str, asyncio.Event] = {}
        self.fail: dict[str, PlatformError] = {}
        self.lose: set[str] = set()
        self.slow_s = 0.0
        self.calls: list[str] = []
        self.published: dict[DocumentKind, list[Version]] = {}
        """The oldest first."""
        self.people: dict[str, Mine] = {ANCHOR.id: Mine()}
        self.who = ANCHOR.id
        self.offending: dict[str, str] = {}
        """Labels by offending word."""
        self.checked: list[str] = []
        self.uploaded: list[bytes] = []
        self.stored: list[ApplicationForm] = []
        """Every draft that was ever saved."""
        self.spans: list[tuple[datetime | None, datetime | None]] = []
        self.plan_keys: list[str] = []
        self.offered: list[Activity] = []
        self.calendars: list[str] = []

    @property
    def mine(self) -> Mine:
        return self.people[self.who]

    def _check(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fail:
            raise self.fail[name]

    async def _held(self, name: str) -> None:
        """The answer is made, and on its way."""
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if name in self.hold:
            await self.hold[name].wait()
        if name in self.lose:
            raise PlatformError("platform_timeout")

    # ---- what others do --------------------------------------------------------------------------

    def publish(self, kind: DocumentKind, text: str, *, is_material: bool = True, is_later: bool = False) -> Version:
        """The next version, in force now or later."""
        versions = self.published.setdefault(kind, [])
        version = Version(
            kind=kind, number=len(versions) + 1, title=kind.value, published_at=NOW,
            effective_at=NOW + timedelta(days=900 if is_later else len(versions)), is_material=is_material,
            changes=[], sha256=sha256(text), chars=len(text), text=text,
        )  # fmt: skip
        versions.append(version)
        return version

    def step(self, state: ApplicationState, comment: str = "", *reasons: FieldReason) -> Application:
        """An operator brings the newest application to ``state``."""
        before = self.mine.applications[-1]
        history = [*before.history, ApplicationStep(state=state, at=NOW, comment=comment, reasons=list(reasons))]
        changes = {"state": state, "comment": comment, "reasons": list(reasons), "history": history}
        if state is ApplicationState.APPROVED:
            roles, scopes = [Role.VIEWER, Role.ANCHOR], before.form.scopes
            self.mine.account = self.mine.account.model_copy(update={"roles": roles, "scopes": scopes})
        self.mine.applications[-1] = before.model_copy(update=changes)
        return self.mine.applications[-1]

    def save_elsewhere(self, form: ApplicationForm) -> Application:
        """Another machine of this person saves."""
        before = self.mine.applications[-1]
        changed = before.model_copy(update={"form": form, "revision": before.revision + 1})
        self.mine.applications[-1] = changed
        return changed

    def tell(self, kind: InboxKind, link_id: str = "", **params: str) -> InboxMessage:
        number = len(self.mine.messages) + 1
        message = InboxMessage(
            id=f"m{number}", number=number, kind=kind, at=NOW, params=params, place=LinkPlace.PREPARE, link_id=link_id
        )
        self.mine.messages.append(message)
        return message

    # ---- what the program asks -------------------------------------------------------------------

    async def account(self) -> Account:
        self._check("account")
        return self.mine.account

    def standing(self) -> AgreementStanding:
        versions = self._in_force(DocumentKind.LIVE_AGREEMENT)
        if not versions:
            return AgreementStanding.UNPUBLISHED
        accepted = max((one.number for one in self.mine.accepted if one.kind is versions[0].kind), default=0)
        if not accepted:
            return AgreementStanding.MISSING
        is_outdated = any(one.is_material and one.number > accepted for one in versions)
        return AgreementStanding.OUTDATED if is_outdated else AgreementStanding.ACCEPTED

    def _in_force(self, kind: DocumentKind) -> list[Version]:
        return [one for one in self.published.get(kind, []) if one.effective_at < NOW + timedelta(days=800)]

    async def onboarding(self) -> Onboarding:
        self._check("onboarding")
        await self._held("onboarding")
        state = self.mine.applications[-1].state if self.mine.applications else None
        standing, is_anchor = self.standing(), Role.ANCHOR in self.mine.account.roles
        has_identity, face = self.mine.identity.checked_at is not None, self.face_standing()
        facts = Facts(standing, state, is_anchor, has_identity, face, has_planned=True)
        steps = [Step(id=id_, state=state) for id_, state in steps_of(facts)]
        missing = "" if is_anchor else "not_an_anchor"
        missing = missing or ("" if standing is AgreementStanding.ACCEPTED else f"agreement_{standing.value}")
        missing = missing or ("" if has_identity else "identity_missing")
        missing = missing or ("" if face is FaceStanding.VERIFIED else f"face_{face.value}")
        assert [step.id for step in steps] == list(StepId)
        return Onboarding(steps=steps, may_broadcast=not missing, missing=missing)

    async def documents(self) -> list[DocumentSummary]:
        self._check("documents")
        found = []
        for kind, versions in self.published.items():
            valid = self._in_force(kind)
            later = [one for one in versions if one not in valid]
            current, upcoming = valid[-1] if valid else None, later[-1] if later else None
            found.append(DocumentSummary(kind=kind, current=_short(current), upcoming=_short(upcoming)))
        return found

    async def versions(self, kind: DocumentKind) -> list[VersionSummary]:
        self._check("versions")
        return [short for one in reversed(self.published.get(kind, [])) if (short := _short(one))]

    async def version(self, kind: DocumentKind, number: int) -> Version:
        self._check("version")
        await self._held(f"version-{number}")
        versions = self.published.get(kind, [])
        if not 0 < number <= len(versions):
            raise refusal("not_found")
        return versions[number - 1]

    async def accept(self, kind: DocumentKind, number: int, wish: VersionAccept) -> None:
        self._check("accept")
        version = self.published[kind][number - 1]
        valid = self._in_force(kind)
        if valid and number < valid[-1].number:
            raise refusal("version_superseded")
        if wish.sha256 != version.sha256:
            raise refusal("hash_mismatch")
        if not any(one.kind is kind and one.number == number for one in self.mine.accepted):
            acceptance = Acceptance(
                kind=kind, number=number, title=version.title, sha256=version.sha256, accepted_at=NOW,
                effective_at=version.effective_at, client_version=wish.client_version, read_s=wish.read_s,
            )  # fmt: skip
            self.mine.accepted.insert(0, acceptance)
        await self._held("accept")

    async def acceptances(self) -> list[Acceptance]:
        self._check("acceptances")
        return list(self.mine.accepted)

    async def application(self) -> Application | None:
        self._check("application")
        found = self.mine.applications[-1] if self.mine.applications else None
        await self._held("application")
        return found

    async def applications(self) -> list[Application]:
        self._check("applications")
        return list(reversed(self.mine.applications))

    async def begin_application(self, kind: ApplicationKind) -> Application:
        self._check("begin_application")
        known = self.mine.applications
        if not known or known[-1].state not in OPEN_STATES:
            form = known[-1].form.model_copy(update={"declarations": []}) if known else ApplicationForm()
            begun = Application(
                id=f"p{len(known) + 1}", kind=kind, state=ApplicationState.DRAFT, form=form, revision=0, saved_at=NOW
            )
            known.append(begun)
        await self._held("begin_application")
        return known[-1]

    async def save_draft(self, save: DraftSave) -> Application:
        self._check("save_draft")
        if not self.mine.applications:
            raise refusal("not_found")
        before = self.mine.applications[-1]
        if not before.state.is_editable:
            raise refusal("application_locked")
        if save.base_revision != before.revision and not save.replaces:
            raise refusal("draft_conflict", revision=before.revision)
        saved = before.model_copy(update={"form": save.form, "revision": before.revision + 1, "saved_at": NOW})
        self.mine.applications[-1] = saved
        self.stored.append(save.form)
        await self._held("save_draft")
        return saved

    async def submit_application(self, revision: int, idempotency_key: str) -> Application:
        self._check("submit_application")
        before = self.mine.applications[-1]
        if idempotency_key in self.mine.answered:
            await self._held("submit_application")
            return before
        if not before.state.is_editable:
            raise refusal("application_locked")
        if revision != before.revision:
            raise refusal("draft_conflict", revision=before.revision)
        if not before.form.scopes:
            raise refusal("application_incomplete", field="scopes")
        if self.found_in(before.form.introduction):
            raise refusal("text_refused", field="introduction")
        self.mine.answered[idempotency_key] = before.id
        self.step(ApplicationState.SUBMITTED)
        await self._held("submit_application")
        return self.mine.applications[-1]

    def found_in(self, text: str) -> list[TextFinding]:
        found = []
        for word, label in self.offending.items():
            at = text.find(word)
            if at >= 0:
                found.append(TextFinding(start=at, end=at + len(word), label=label))
        return found

    async def check_text(self, field: FormField, text: str) -> list[TextFinding]:
        self._check("check_text")
        self.checked.append(text)
        await self._held(f"check_text-{text}")
        return self.found_in(text)

    async def put_image(self, purpose: ImagePurpose, data: bytes) -> Image:
        self._check("put_image")
        if not data.startswith(JPEG[:3]):
            raise InputError("image_invalid")
        self.uploaded.append(data)
        await self._held("put_image")
        image = Image(
            id=f"i{len(self.uploaded)}", purpose=purpose, state=ImageState.PENDING, width_px=800, height_px=600,
            uploaded_at=NOW,
        )  # fmt: skip
        self.mine.images[purpose] = image
        return image

    async def images(self) -> list[Image]:
        self._check("images")
        return list(self.mine.images.values())

    async def remove_image(self, purpose: ImagePurpose) -> None:
        self._check("remove_image")
        self.mine.images.pop(purpose, None)

    async def image_bytes(self, image_id: str) -> bytes:
        self._check("image_bytes")
        return JPEG

    async def inbox(self, before: int = 0, limit: int = 50) -> Inbox:
        self._check("inbox")
        found = [one for one in reversed(self.mine.messages) if not before or one.number < before]
        page = Inbox(messages=found[:limit], unread=self._unread(), has_more=len(found) > limit)
        await self._held("inbox")
        return page

    def _unread(self) -> int:
        return sum(not one.is_read for one in self.mine.messages)

    async def read_inbox(self, *, up_to: int = 0, ids: tuple[str, ...] = ()) -> int:
        self._check("read_inbox")
        self.mine.messages = [
            one.model_copy(update={"is_read": True}) if one.number <= up_to or one.id in ids else one
            for one in self.mine.messages
        ]
        await self._held("read_inbox")
        return self._unread()


def _short(version: Version | None) -> VersionSummary | None:
    return None if version is None else VersionSummary.model_validate(version.model_dump(exclude={"text"}))


def person(account_id: str, **changes: object) -> Mine:
    """Another person, who is no anchor."""
    account = Account(id=account_id, nickname=account_id, phone_masked="139****0000", roles=[Role.VIEWER])
    return replace(Mine(), account=account.model_copy(update=changes))
