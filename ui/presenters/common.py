"""What all presenters share: figures as text, troubles as sentences, what the one button of a trouble does. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.contract.rest import Category
from app.i18n import Translator
from app.ports.engine import (
    AudioSource,
    CameraSource,
    DemoSound,
    DemoSource,
    DevicesListed,
    FileSound,
    FileSource,
    MicSource,
    ScreenSource,
    VideoSource,
)
from app.usecases.state import AccountPhase, BroadcastPhase, DeskState, PlatformPhase, Trouble
from app.usecases.wishes import (
    AskCode,
    ConnectPlatform,
    EndLive,
    ForgetPlatform,
    GoLive,
    HideCamera,
    ListSources,
    MuteMicrophone,
    RetryEngine,
    TryHere,
    Wish,
)

ON_AIR_PHASES = (BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED, BroadcastPhase.ENDING)
BUSY_PHASES = (BroadcastPhase.PREPARING, *ON_AIR_PHASES)
SIGNED_OUT_PHASES = (AccountPhase.SIGNED_OUT, AccountPhase.ASKING_CODE, AccountPhase.CODE_SENT)


class Place(StrEnum):
    """Where the one button of a trouble leads inside the window."""

    VIDEO_MENU = "choose_camera"
    AUDIO_MENU = "choose_microphone"
    FOLDER = "choose_folder"
    SIGN_IN = "sign_in"
    GO_LIVE = "go_live"
    TAKE_OVER = "take_over"
    SETTINGS = "settings"
    KEYS = "change_keys"
    HELP = "help"
    READ_AGREEMENT = "read_agreement"
    PREPARE = "prepare"
    CHANGE_SCOPE = "change_scope"
    LIVE = "open_live"
    ACCOUNT = "open_account"
    MESSAGES = "messages"
    SCHEDULE = "open_schedule"
    PREFLIGHT = "open_preflight"
    MEASURES = "open_measures"
    REPORTS = "open_reports"


_CHOICES = {"session_waiting": ("continue_live", "end_waiting")}
"""Troubles that leave a choice: the action of the button, and of the quiet one."""


@dataclass(frozen=True)
class TroubleView:
    """A sentence and its one button; an empty ``action_label`` draws no button. The second is the quiet way out."""

    text: str
    action_label: str = ""
    action: str = ""
    second_label: str = ""
    second: str = ""


def trouble_view(trouble: Trouble | None, tr: Translator) -> TroubleView | None:
    """What a person reads of ``trouble``."""
    if trouble is None:
        return None
    action, second = _CHOICES.get(trouble.code, (trouble.action, ""))
    label = action_label(action, tr)
    return TroubleView(
        error_sentence(trouble.code, trouble.detail, tr),
        label,
        action if label else "",
        action_label(second, tr),
        second,
    )


def action_label(action: str, tr: Translator) -> str:
    """What stands on the button of an action; empty for none."""
    label_id = f"action.{action}"
    return tr.text(label_id) if action and tr.has(label_id) else ""


def error_sentence(code: str, detail: Mapping[str, object], tr: Translator) -> str:
    """The sentence of an error code; a code that is not known yet still reads as a sentence.

    ``cause`` in the detail: the code of what was behind it; its sentence becomes the reason.
    """
    cause = detail.get("cause")
    if cause:
        others = {name: value for name, value in detail.items() if name != "cause"}
        detail = {**others, "reason": error_sentence(str(cause), others, tr)}
    message_id = f"error.{code}"
    if detail.get("reason") and tr.has(f"{message_id}.because"):
        message_id = f"{message_id}.because"
    if not tr.has(message_id):
        return tr.text("error.unknown", code=code)
    return tr.text(message_id, **dict(detail))


_WISHES: Mapping[str, Wish] = {
    "change_platform": ForgetPlatform(),
    "unmute": MuteMicrophone(False),
    "show_camera": HideCamera(False),
    "end_waiting": EndLive(),
    "retry_engine": RetryEngine(),
}


def action_target(action: str, state: DeskState) -> Wish | Place | None:
    """What the button of a trouble does: a wish for the desk, a place in the window, or only to put it away."""
    if action in tuple(Place):
        return Place(action)
    session = state.broadcast.session
    if action == "continue_live" and session is not None:
        return GoLive(session.title, session.category)
    if action == "start_that":
        return _start_that(state)
    simple = _WISHES.get(action)
    if simple is not None:
        return simple
    if action == "ask_code":
        return AskCode(state.account.phone) if state.account.phone else None
    if action == "retry":
        if state.platform.phase is PlatformPhase.UNREACHABLE:
            return retry_platform(state)
        if state.broadcast.trouble is not None and state.broadcast.phase not in BUSY_PHASES:
            return Place.GO_LIVE
        return ListSources()
    return None


def _start_that(state: DeskState) -> GoLive | None:
    """Begin the session that stands in the way of the one that was wished for; it is told as it was planned."""
    detail = state.broadcast.trouble.detail if state.broadcast.trouble is not None else {}
    session_id = str(detail.get("session_id", ""))
    return GoLive(str(detail.get("title", "")), state.default_category, session_id=session_id) if session_id else None


def retry_platform(state: DeskState) -> Wish:
    """Try the configured service once more."""
    if state.platform.is_embedded or state.settings.is_embedded:
        return TryHere(on_lan=state.settings.is_on_lan)
    return ConnectPlatform(state.platform.url or state.settings.platform_url)


def clock_text(seconds: float) -> str:
    """HH:MM:SS of a duration."""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def minutes_text(seconds: float) -> str:
    """M:SS of a short duration."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def count_text(count: int) -> str:
    """1,284"""
    return f"{count:,}"


def rate_text(kbps: float) -> str:
    """4.2 Mbps, or 800 kbps below one megabit."""
    return f"{kbps / 1000:.1f} Mbps" if kbps >= 1000 else f"{kbps:.0f} kbps"


def bytes_text(size_bytes: int) -> str:
    """182 GB, 64 MB: decimal, as disks are sold."""
    if size_bytes >= 10_000_000_000:
        return f"{size_bytes / 1e9:.0f} GB"
    if size_bytes >= 1_000_000_000:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.0f} MB"


def platform_name(state: DeskState, tr: Translator) -> str:
    """How the service is called on every page."""
    if state.platform.is_embedded:
        return tr.text("platform.embedded")
    info = state.platform.info
    if info is not None:
        return info.name if tr.language == "zh" else info.name_en
    return state.platform.url


def category_text(category: Category, tr: Translator) -> str:
    """求职指导 and so on."""
    return tr.text(f"category.{category.value}")


def video_name(source: VideoSource | None, devices: DevicesListed, tr: Translator) -> str:
    """How the picture's source is called."""
    match source:
        case CameraSource(device_id=device_id):
            names = [camera.name for camera in devices.cameras if camera.device_id == device_id]
            return names[0] if names else tr.text("source.camera")
        case ScreenSource(monitor=monitor):
            return tr.text("source.screen", number=monitor)
        case FileSource(path=path):
            return tr.text("source.file_named", name=file_name(path))
        case DemoSource():
            return tr.text("source.demo_scene")
        case _:
            return tr.text("source.no_video")


def audio_name(source: AudioSource | None, devices: DevicesListed, tr: Translator) -> str:
    """How the sound's source is called."""
    match source:
        case MicSource(device_id=device_id):
            names = [mic.name for mic in devices.microphones if mic.device_id == device_id]
            return names[0] if names else tr.text("source.microphone")
        case FileSound(path=path):
            return tr.text("source.file_named", name=file_name(path))
        case DemoSound():
            return tr.text("source.demo_sound")
        case _:
            return tr.text("source.no_sound")


def file_name(path: str) -> str:
    """The last part of a path of either system."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]
