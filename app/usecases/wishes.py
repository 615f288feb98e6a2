"""Everything a person can ask of the program. Frozen values, handed to ``Desk.wish`` from any thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from app.contract.applications import ApplicationForm
from app.contract.rest import Category
from app.contract.schedule import Plan
from app.domain.application import ApplicationKind
from app.domain.documents.model import DocumentKind
from app.domain.face_check import FaceMethod
from app.domain.images import ImagePurpose
from app.domain.quality.model import Defect
from app.ports.engine import AudioSource, VideoSource
from app.usecases import liveness_wishes
from app.usecases.liveness_wishes import LivenessWish
from app.usecases.room_wishes import RoomWish

LoadLiveness = liveness_wishes.LoadLiveness
StartLiveness = liveness_wishes.StartLiveness
FlashShown = liveness_wishes.FlashShown
AbortLiveness = liveness_wishes.AbortLiveness


@dataclass(frozen=True)
class ConnectPlatform:
    """First start: connect to my platform. ``url`` as typed; a missing https:// is added."""

    url: str


@dataclass(frozen=True)
class TryHere:
    """First start: try on this machine."""

    on_lan: bool = False


@dataclass(frozen=True)
class ForgetPlatform:
    """Back to the first question (更换服务地址). Refused while on air."""


@dataclass(frozen=True)
class DismissOperatorPassword:
    """The person has noted the operator's password; it is not shown again."""


@dataclass(frozen=True)
class AskCode:
    phone: str


@dataclass(frozen=True)
class SignIn:
    phone: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class SignOut:
    pass


@dataclass(frozen=True)
class RefreshDevices:
    """Ask the service for 'my devices' (signed-in machines)."""


@dataclass(frozen=True)
class EndDevice:
    device_id: str


@dataclass(frozen=True)
class GoLive:
    """With a ``session_id`` that session begins, or goes on, as it was planned; without one it is made on the spot."""

    title: str
    category: Category
    take_over: bool = False
    session_id: str = ""


@dataclass(frozen=True)
class EndLive:
    pass


@dataclass(frozen=True)
class ChooseVideo:
    source: VideoSource


@dataclass(frozen=True)
class ChooseAudio:
    source: AudioSource


@dataclass(frozen=True)
class ListSources:
    """Look for cameras, microphones and monitors again."""


@dataclass(frozen=True)
class MuteMicrophone:
    is_muted: bool


@dataclass(frozen=True)
class HideCamera:
    is_off: bool


@dataclass(frozen=True)
class ChangeGain:
    gain_db: float


@dataclass(frozen=True)
class SizePreview:
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Record:
    """Start or stop the local recording."""

    is_on: bool


@dataclass(frozen=True)
class ChangeSettings:
    """Some settings by their name in app.settings.Settings, e.g. {"language": "en"}."""

    changes: dict[str, object]


@dataclass(frozen=True)
class ProbeEncoders:
    pass


@dataclass(frozen=True)
class WatchQuality:
    """The page of the preflight was opened or left: measure often, or only as often as a broadcast needs."""

    is_on: bool


@dataclass(frozen=True)
class CheckAgain:
    """Measure picture, sound, network and computer anew."""


@dataclass(frozen=True)
class CancelProbe:
    """Stop trying the network."""


@dataclass(frozen=True)
class MendDefect:
    """Do the one thing that mends or lessens this defect."""

    defect: Defect


@dataclass(frozen=True)
class UndoMend:
    """Take back what was done for this defect."""

    defect: Defect


@dataclass(frozen=True)
class TakeProposal:
    """Set size, frame rate and bitrate as proposed."""


@dataclass(frozen=True)
class TakeSample:
    """Keep five seconds of sound to listen to."""


@dataclass(frozen=True)
class PlaySample:
    pass


@dataclass(frozen=True)
class StopSample:
    pass


@dataclass(frozen=True)
class DismissAdvice:
    """What got worse on air was read."""


@dataclass(frozen=True)
class RetryEngine:
    """Start the engine again that was given up."""


@dataclass(frozen=True)
class DismissNotice:
    notice_id: int


@dataclass(frozen=True)
class RefreshOnboarding:
    """Ask the service again how far the way to air is done."""


@dataclass(frozen=True)
class OpenDocuments:
    """Load which documents there are, and what I accepted."""


@dataclass(frozen=True)
class ReadDocument:
    """Open a version in the reader; ``number`` 0: the one to accept, else the one in force, else the newest."""

    kind: DocumentKind
    number: int = 0


@dataclass(frozen=True)
class CompareDocument:
    """Compare the version that is open with an earlier one; 0: show the full text again."""

    with_number: int


@dataclass(frozen=True)
class AcceptDocument:
    """``read_s``: how long the full text was on screen. ``was_shown_to_end``: the full text, to its last line."""

    read_s: int
    was_shown_to_end: bool


@dataclass(frozen=True)
class DeclineDocument:
    """Signs out and changes nothing else."""


@dataclass(frozen=True)
class LoadApplication:
    """Ask the service for the application, its images and earlier ones."""


@dataclass(frozen=True)
class BeginApplication:
    kind: ApplicationKind


@dataclass(frozen=True)
class EditApplication:
    """The whole form as it stands in the fields; saved here at once and on the service a moment later."""

    form: ApplicationForm = field(repr=False)


@dataclass(frozen=True)
class KeepDraft:
    """Decide a conflict: what was typed here counts, or what the other machine saved."""

    is_mine: bool


@dataclass(frozen=True)
class SubmitApplication:
    pass


@dataclass(frozen=True)
class UploadImage:
    purpose: ImagePurpose
    path: str = field(repr=False)


@dataclass(frozen=True)
class RemoveImage:
    purpose: ImagePurpose


@dataclass(frozen=True)
class LoadIdentity:
    """Ask the service what is known of my name and face."""


@dataclass(frozen=True)
class CheckIdentity:
    """Check name and number as they were typed, or correct them."""

    name: str = field(repr=False)
    number: str = field(repr=False)


@dataclass(frozen=True)
class AskFaceCheck:
    """Ask an operator for it. ``wished_at`` UTC; None: any time in working hours."""

    method: FaceMethod
    wished_at: datetime | None = None


@dataclass(frozen=True)
class CancelFaceCheck:
    pass


@dataclass(frozen=True)
class LoadSchedule:
    """``month``: a day of the month whose page is to be shown; None: the one that is shown, at first this month."""

    month: date | None = None


@dataclass(frozen=True)
class SavePlan:
    """Plan a session; with an ``entry_id`` change that one, as it was in ``base_revision``."""

    entry_id: str
    base_revision: int
    plan: Plan = field(repr=False)


@dataclass(frozen=True)
class CancelPlan:
    session_id: str


@dataclass(frozen=True)
class ExportCalendar:
    """Write one session, or all that is to come, as iCalendar."""

    path: str = field(repr=False)
    session_id: str = ""


@dataclass(frozen=True)
class LoadInbox:
    """The newest messages."""


@dataclass(frozen=True)
class LoadOlderMessages:
    pass


@dataclass(frozen=True)
class MarkRead:
    """These messages, or with no ids all."""

    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadMeasures:
    """What the platform did about violations."""


@dataclass(frozen=True)
class Appeal:
    """Say something to a measure, once."""

    measure_id: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Leave:
    """The person closes the program. Ends the broadcast first when ``end_broadcast``."""

    end_broadcast: bool = True


Wish = (
    ConnectPlatform | TryHere | ForgetPlatform | DismissOperatorPassword | AskCode | SignIn | SignOut
    | RefreshDevices | EndDevice | GoLive | EndLive | RoomWish | ChooseVideo | ChooseAudio | ListSources
    | MuteMicrophone | HideCamera | ChangeGain | SizePreview | Record | ChangeSettings | ProbeEncoders
    | WatchQuality | CheckAgain | CancelProbe | MendDefect | UndoMend | TakeProposal | TakeSample | PlaySample
    | StopSample | DismissAdvice | RetryEngine | DismissNotice | RefreshOnboarding | OpenDocuments | ReadDocument
    | CompareDocument | AcceptDocument | DeclineDocument | LoadApplication | BeginApplication | EditApplication
    | KeepDraft | SubmitApplication | UploadImage | RemoveImage | LoadIdentity | CheckIdentity | AskFaceCheck
    | CancelFaceCheck | LivenessWish
    | LoadSchedule | SavePlan | CancelPlan | ExportCalendar
    | LoadInbox | LoadOlderMessages | MarkRead | LoadMeasures | Appeal | Leave
)  # fmt: skip
