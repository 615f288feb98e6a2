"""What the screens of the way to air may know: steps, documents, application, messages. Frozen; part of DeskState."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.contract.applications import Application, ApplicationForm, Image, TextFinding
from app.contract.documents import Acceptance, DocumentSummary, Version, VersionSummary
from app.contract.identity import FaceCheck, Identity
from app.contract.inbox import InboxMessage, Onboarding
from app.contract.measures import Measure
from app.domain.application import FormField
from app.domain.china_time import CHINA
from app.domain.documents.compare import Comparison
from app.domain.documents.model import Document, DocumentKind
from app.domain.images import ImagePurpose
from app.usecases.trouble import Trouble


class LoadPhase(StrEnum):
    IDLE = "idle"
    LOADING = "loading"
    """The first time; what is shown already stays while it is loaded anew."""
    READY = "ready"
    FAILED = "failed"
    """Nothing to show; ``trouble`` says why."""


@dataclass(frozen=True)
class OnboardingState:
    phase: LoadPhase = LoadPhase.IDLE
    onboarding: Onboarding | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True)
class OpenDocument:
    """The document in the reader: one version, in full or compared with an earlier one."""

    kind: DocumentKind
    phase: LoadPhase = LoadPhase.LOADING
    versions: tuple[VersionSummary, ...] = ()
    """All published ones, the newest first."""
    version: Version | None = None
    document: Document | None = None
    compared_with: VersionSummary | None = None
    comparison: Comparison | None = None
    old_document: Document | None = None
    """The earlier version, while compared: removed blocks are of it."""
    is_comparing: bool = False
    """The comparison is asked for and not there yet."""
    needs_acceptance: bool = False
    """This version is the one to be accepted now, and has not been."""
    is_accepting: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True)
class DocumentsState:
    phase: LoadPhase = LoadPhase.IDLE
    kinds: tuple[DocumentSummary, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    """Mine, the newest first."""
    opened: OpenDocument | None = None
    trouble: Trouble | None = None


class SaveStatus(StrEnum):
    NOTHING = "nothing"
    """Nothing typed yet."""
    SAVING = "saving"
    SAVED = "saved"
    """On the service, at ``saved_at``."""
    KEPT_HERE = "kept_here"
    """The service could not be reached: kept on this machine, and sent later."""


@dataclass(frozen=True)
class ApplicationDesk:
    """The application as the person sees and edits it."""

    phase: LoadPhase = LoadPhase.IDLE
    application: Application | None = None
    """What the service has; None when none was begun."""
    form: ApplicationForm = field(default_factory=ApplicationForm, repr=False)
    """What the person typed last; the service may not have it yet."""
    form_number: int = 0
    """Grows when the form was changed by anything but typing: the fields are then filled anew."""
    save: SaveStatus = SaveStatus.NOTHING
    saved_at: datetime | None = None
    conflict: Application | None = None
    """A newer draft of another machine: the person decides (``KeepDraft``)."""
    faults: Mapping[FormField, str] = field(default_factory=dict)
    """Message id (``application.fault.…``) of what is wrong with a field, after submitting was tried."""
    findings: Mapping[FormField, tuple[TextFinding, ...]] = field(default_factory=dict)
    """Offending words, by field; offsets are code points of the form's text."""
    images: tuple[Image, ...] = ()
    """The newest of each purpose."""
    pictures: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The images themselves (JPEG), by id, as far as they are fetched."""
    uploading: ImagePurpose | None = None
    is_submitting: bool = False
    earlier: tuple[Application, ...] = ()
    """All applications of this person, the newest first."""
    trouble: Trouble | None = None


class IdentityField(StrEnum):
    """What a fault can be beside."""

    NAME = "name"
    NUMBER = "number"


@dataclass(frozen=True)
class IdentityDesk:
    """Real name and face check. What a person types is not in it."""

    phase: LoadPhase = LoadPhase.IDLE
    identity: Identity | None = None
    """Masked, as the service tells it; ``checked_at`` None while there is none."""
    face: FaceCheck | None = None
    now: datetime | None = None
    """What time it was for the service when this was loaded (UTC): whether somebody is 18 goes by it."""
    is_checking: bool = False
    is_asking: bool = False
    """A face check is being asked for or taken back."""
    checked_number: int = 0
    """Grows with each name that was checked: then the fields are emptied."""
    faults: Mapping[IdentityField, str] = field(default_factory=dict)
    """Message id of what the service found wrong with a field."""
    trouble: Trouble | None = None

    @property
    def today(self) -> date | None:
        """The day in Asia/Shanghai."""
        return self.now.astimezone(CHINA).date() if self.now is not None else None


@dataclass(frozen=True)
class InboxState:
    phase: LoadPhase = LoadPhase.IDLE
    messages: tuple[InboxMessage, ...] = ()
    """The newest first."""
    unread: int = 0
    has_more: bool = False
    arrived: tuple[InboxMessage, ...] = ()
    """What came in last, for desktop notifications; ``arrived_number`` grows with each lot."""
    arrived_number: int = 0
    trouble: Trouble | None = None


@dataclass(frozen=True)
class MeasuresState:
    """What the platform did about violations, the newest first."""

    phase: LoadPhase = LoadPhase.IDLE
    measures: tuple[Measure, ...] = ()
    sending: str = ""
    """The measure whose appeal is under way."""
    sent_number: int = 0
    """Grows with each appeal that arrived: then what was typed is no longer needed."""
    trouble: Trouble | None = None
    """Why they could not be loaded."""
    act_trouble: Trouble | None = None
    """Why the last appeal was not taken; until the next is sent."""
