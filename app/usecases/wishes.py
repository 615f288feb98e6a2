"""Everything a person can ask of the program. Frozen values, handed to ``Desk.wish`` from any thread."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.contract.rest import Category
from app.ports.engine import AudioSource, VideoSource


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
    title: str
    category: Category
    take_over: bool = False


@dataclass(frozen=True)
class EndLive:
    pass


@dataclass(frozen=True)
class SendChat:
    text: str
    request_id: str
    """Made by the screen, so that a repeat is the same message."""


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
class RetryEngine:
    """Start the engine again that was given up."""


@dataclass(frozen=True)
class DismissNotice:
    notice_id: int


@dataclass(frozen=True)
class Leave:
    """The person closes the program. Ends the broadcast first when ``end_broadcast``."""

    end_broadcast: bool = True


Wish = (
    ConnectPlatform | TryHere | ForgetPlatform | DismissOperatorPassword | AskCode | SignIn | SignOut
    | RefreshDevices | EndDevice | GoLive | EndLive | SendChat | ChooseVideo | ChooseAudio | ListSources
    | MuteMicrophone | HideCamera | ChangeGain | SizePreview | Record | ChangeSettings | ProbeEncoders
    | RetryEngine | DismissNotice | Leave
)  # fmt: skip
