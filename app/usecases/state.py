"""What the screens may know: one frozen ``DeskState``, made anew whenever something changes.

Texts are message ids (resources/i18n) with placeholders, never sentences. Fast data (preview, levels) does
not pass here: a screen reads it from the shared memory named in ``EngineState.preview``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.contract.rest import Account, Category, Device, PlatformInfo, Session, SessionFigures
from app.domain.health import HealthReport
from app.ports.engine import (
    AudioSource,
    CameraControls,
    DevicesListed,
    Output,
    PreviewReady,
    PublishChanged,
    RecordChanged,
    SourceChanged,
    Stats,
    VideoSource,
)
from app.settings import Settings
from app.usecases.liveness_state import LivenessDesk
from app.usecases.moderation_state import ModerationDesk
from app.usecases.quality_state import QualityDesk
from app.usecases.questions_state import QuestionsDesk
from app.usecases.reports_state import ReportsState
from app.usecases.schedule_state import ScheduleDesk
from app.usecases.trouble import Notice, Trouble
from app.usecases.way_state import (
    ApplicationDesk,
    DocumentsState,
    IdentityDesk,
    InboxState,
    MeasuresState,
    OnboardingState,
)

__all__ = ["Notice", "Trouble"]


class PlatformPhase(StrEnum):
    UNSET = "unset"
    """No service configured: the first question."""
    CONNECTING = "connecting"
    READY = "ready"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class PlatformState:
    phase: PlatformPhase = PlatformPhase.UNSET
    url: str = ""
    info: PlatformInfo | None = None
    is_embedded: bool = False
    lan_urls: tuple[str, ...] = ()
    operator_name: str = ""
    operator_password: str = field(default="", repr=False)
    trouble: Trouble | None = None


class AccountPhase(StrEnum):
    SIGNED_OUT = "signed_out"
    RESTORING = "restoring"
    """A kept token is being refreshed at start."""
    ASKING_CODE = "asking_code"
    CODE_SENT = "code_sent"
    SIGNING_IN = "signing_in"
    SIGNED_IN = "signed_in"


@dataclass(frozen=True)
class AccountState:
    phase: AccountPhase = AccountPhase.SIGNED_OUT
    account: Account | None = None
    phone: str = ""
    demo_code: str = field(default="", repr=False)
    """Only with the embedded platform: the code to show."""
    other_codes: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(masked phone, code) of viewers that ask the embedded platform for a code: shown in the window."""
    resend_in_s: int = 0
    devices: tuple[Device, ...] = ()
    trouble: Trouble | None = None


class BroadcastPhase(StrEnum):
    OFF = "off"
    PREPARING = "preparing"
    """Session made, key asked for, publisher starting."""
    ON_AIR = "on_air"
    INTERRUPTED = "interrupted"
    """The publisher is away; the session waits (grace period)."""
    ENDING = "ending"
    ENDED = "ended"
    """Shown until the next wish; ``summary`` is filled."""


@dataclass(frozen=True)
class Summary:
    """What this computer knows of a broadcast that is over."""

    duration_s: float
    frames_sent: int
    frames_dropped: int
    recording_path: str = ""


class FiguresPhase(StrEnum):
    ASKED = "asked"
    AWAY = "away"
    """The service cannot be reached; it is asked again."""
    TOLD = "told"
    UNTOLD = "untold"
    """It has none to tell, or not to us."""


@dataclass(frozen=True)
class AudienceState:
    """What the service counted in a session that is over. ``figures`` and ``comments`` are its word, once TOLD."""

    phase: FiguresPhase = FiguresPhase.ASKED
    figures: SessionFigures | None = None
    comments: int = 0


@dataclass(frozen=True)
class BroadcastState:
    phase: BroadcastPhase = BroadcastPhase.OFF
    session: Session | None = None
    started_monotonic_s: float = 0.0
    viewers: int = 0
    messages: int = 0
    peak: int = 0
    onlookers: int = 0
    summary: Summary | None = None
    audience: AudienceState = AudienceState()
    """With a summary."""
    grace_left_s: float = 0.0
    can_take_over: bool = False
    """Going live was refused because another device holds the session."""
    trouble: Trouble | None = None


class MessageStatus(StrEnum):
    SENDING = "sending"
    POSTED = "posted"
    FAILED = "failed"


@dataclass(frozen=True)
class ChatLine:
    id: str
    """The request id while sending, the message id once posted."""
    author_name: str
    is_anchor: bool
    text: str
    sent_at_ms: int
    seq: int = 0
    status: MessageStatus = MessageStatus.POSTED
    request_id: str = ""
    code: str = ""
    """Why it failed: ``error.<code>``."""
    author_id: str = ""
    role: str = "viewer"
    reply_to: str = ""
    """Of ours: the message that it answers."""
    reply_author: str = ""
    reply_text: str = ""
    """What it answers."""
    is_hidden: bool = False
    """Shown to nobody else any more."""
    is_held: bool = False
    """Ours, waiting for a moderator."""


@dataclass(frozen=True)
class RoomState:
    is_connected: bool = False
    lines: tuple[ChatLine, ...] = ()
    """The newest 500, oldest first."""
    is_followed: bool = False
    """Whether what is written is kept until it can be sent."""


@dataclass(frozen=True)
class EngineState:
    is_attached: bool = False
    preview: PreviewReady | None = None
    video: VideoSource | None = None
    audio: AudioSource | None = None
    video_status: SourceChanged | None = None
    audio_status: SourceChanged | None = None
    is_video_stand_in: bool = False
    """The chosen camera was not there at the start: another shows the picture until it is back and nobody watches."""
    is_audio_stand_in: bool = False
    camera_controls: CameraControls | None = None
    """Of the camera that is open."""
    is_muted: bool = False
    is_camera_off: bool = False
    output: Output = field(default_factory=Output)
    publish: PublishChanged | None = None
    record: RecordChanged | None = None
    devices: DevicesListed = field(default_factory=DevicesListed)
    encoders: tuple[str, ...] = ()
    stats: Stats | None = None
    history: tuple[Stats, ...] = ()
    """The last 300 s, one a second, for the curve of the health detail."""


@dataclass(frozen=True)
class LogEntry:
    """One line of the health detail's record of events."""

    at_ms: int
    message_id: str
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class DeskState:
    settings: Settings
    platform: PlatformState = field(default_factory=PlatformState)
    account: AccountState = field(default_factory=AccountState)
    broadcast: BroadcastState = field(default_factory=BroadcastState)
    room: RoomState = field(default_factory=RoomState)
    engine: EngineState = field(default_factory=EngineState)
    health: HealthReport = field(default_factory=HealthReport)
    onboarding: OnboardingState = field(default_factory=OnboardingState)
    documents: DocumentsState = field(default_factory=DocumentsState)
    application: ApplicationDesk = field(default_factory=ApplicationDesk)
    identity: IdentityDesk = field(default_factory=IdentityDesk)
    liveness: LivenessDesk = field(default_factory=LivenessDesk)
    schedule: ScheduleDesk = field(default_factory=ScheduleDesk)
    quality: QualityDesk = field(default_factory=QualityDesk)
    moderation: ModerationDesk = field(default_factory=ModerationDesk)
    questions: QuestionsDesk = field(default_factory=QuestionsDesk)
    inbox: InboxState = field(default_factory=InboxState)
    measures: MeasuresState = field(default_factory=MeasuresState)
    reports: ReportsState = field(default_factory=ReportsState)
    log: tuple[LogEntry, ...] = ()
    notices: tuple[Notice, ...] = ()
    default_title: str = ""
    default_category: Category = Category.EXPERIENCE
    is_leaving: bool = False
    raise_count: int = 0
    """Grows by one whenever the window shall come to the front (a second start of the program)."""
