"""The live page: header, preview, controls and the three tiles below. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from app.domain.health import Grade
from app.errors import DeviceError
from app.i18n import Translator
from app.ports.engine import PreviewReady, RecordStatus, SourceStatus
from app.settings import default_recording_dir
from app.usecases.state import BroadcastPhase, DeskState, Trouble
from app.usecases.wishes import HideCamera, MuteMicrophone, Record, Wish
from ui.presenters.advice import AdviceView, present_advice
from ui.presenters.common import (
    BUSY_PHASES,
    Place,
    TroubleView,
    bytes_text,
    category_text,
    count_text,
    error_sentence,
    minutes_text,
    platform_name,
    trouble_view,
    video_name,
)
from ui.presenters.sources import Choice, audio_choices, video_choices


@dataclass(frozen=True)
class PillView:
    text: str
    tone: str = "neutral"
    mark: str = ""
    """Empty, ``dot`` or the name of an icon."""


@dataclass(frozen=True)
class HeaderView:
    state: PillView
    is_timer_shown: bool
    started_monotonic_s: float
    title: str
    platform: PillView | None
    viewers: PillView | None
    onlookers: PillView | None
    comments: PillView | None
    network: PillView | None
    is_check_shown: bool = False
    """The way to the preflight: on air it lies in the detail of health."""


@dataclass(frozen=True)
class PreviewView:
    ready: PreviewReady | None
    chips: tuple[str, ...]
    told: TroubleView | None
    """What stands where a picture would be; None while there is one."""


@dataclass(frozen=True)
class ControlsView:
    microphone: str
    mute_name: str
    """What a screen reader says of a button: what it is, and its state."""
    is_muted: bool
    mute: Wish
    microphones: tuple[Choice, ...] = field(repr=False)
    camera: str = ""
    camera_name: str = ""
    is_camera_off: bool = False
    hide_camera: Wish = field(default_factory=lambda: HideCamera(True))
    videos: tuple[Choice, ...] = field(default=(), repr=False)
    record: str = ""
    record_name: str = ""
    is_recording: bool = False
    record_wish: Wish = field(default_factory=lambda: Record(True))
    main: str = ""
    main_kind: str = "primary"
    """primary: go live; stop: end."""
    is_main_enabled: bool = True


@dataclass(frozen=True)
class TilesView:
    viewer_url: str
    viewer_hint: str
    codes: tuple[tuple[str, str], ...] = field(repr=False)
    is_codes_shown: bool
    codes_hint: str
    record_line: str
    record_path: str
    record_free: str
    record_tone: str = "2"


@dataclass(frozen=True)
class LiveView:
    header: HeaderView
    preview: PreviewView
    controls: ControlsView
    tiles: TilesView
    advice: AdviceView | None = None


def present_live(state: DeskState, tr: Translator) -> LiveView:
    """The live page of this state, without health and chat (they have presenters of their own)."""
    advice = present_advice(state, tr)
    return LiveView(_header(state, tr), _preview(state, tr), _controls(state, tr), _tiles(state, tr), advice)


def _header(state: DeskState, tr: Translator) -> HeaderView:
    broadcast = state.broadcast
    phase = broadcast.phase
    pill = {
        BroadcastPhase.OFF: PillView(tr.text("phase.off"), "neutral", "dot"),
        BroadcastPhase.ENDED: PillView(tr.text("phase.off"), "neutral", "dot"),
        BroadcastPhase.PREPARING: PillView(tr.text("phase.preparing"), "neutral", "clock"),
        BroadcastPhase.ON_AIR: PillView(tr.text("phase.on_air"), "air", "dot"),
        BroadcastPhase.INTERRUPTED: PillView(
            tr.text("phase.interrupted", left=minutes_text(broadcast.grace_left_s)), "bad", "warn"
        ),
        BroadcastPhase.ENDING: PillView(tr.text("phase.ending"), "neutral", "clock"),
    }[phase]
    is_on = phase in (BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED)
    session = broadcast.session
    if session is not None and phase in BUSY_PHASES:
        title = tr.text("live.title_line", title=session.title, category=category_text(session.category, tr))
    elif state.account.account is not None:
        title = state.account.account.nickname
    else:
        title = ""
    return HeaderView(
        state=pill,
        is_timer_shown=is_on,
        started_monotonic_s=broadcast.started_monotonic_s,
        title=title,
        platform=PillView(platform_name(state, tr)) if state.platform.is_embedded else None,
        viewers=PillView(tr.text("live.viewers", count=count_text(broadcast.viewers))) if is_on else None,
        onlookers=PillView(tr.text("live.onlookers", count=count_text(broadcast.onlookers))) if is_on else None,
        comments=PillView(tr.text("live.comments", count=count_text(broadcast.messages))) if is_on else None,
        network=_network(state, tr),
        is_check_shown=phase not in BUSY_PHASES,
    )


def _network(state: DeskState, tr: Translator) -> PillView | None:
    if state.broadcast.phase not in BUSY_PHASES:
        return None
    grade = state.health.network
    tone, mark = {
        Grade.IDLE: ("neutral", "dot"),
        Grade.GOOD: ("good", "dot"),
        Grade.WARN: ("warn", "warn"),
        Grade.BAD: ("bad", "warn"),
    }[grade]
    return PillView(tr.text(f"network.{grade.value}"), tone, mark)


def _preview(state: DeskState, tr: Translator) -> PreviewView:
    engine = state.engine
    status = engine.video_status
    chips = [video_name(engine.video, engine.devices, tr)]
    if status is not None and status.status is SourceStatus.LIVE:
        output = engine.output
        chips.append(tr.text("live.size", width=output.width_px, height=output.height_px, fps=output.rate_fps))
    if engine.is_camera_off:
        chips.append(tr.text("live.camera_is_off"))
    told = None
    if not engine.is_attached:
        told = TroubleView(tr.text("preview.engine_away"))
    elif engine.preview is None:
        told = TroubleView(tr.text("preview.starting"))
    elif status is not None and status.status in (SourceStatus.FAILED, SourceStatus.LOST):
        # the engine sends its still card meanwhile; the reason is told in front of it, and another source is at hand
        trouble = Trouble(status.code or DeviceError.default_code, {"name": status.name}, Place.VIDEO_MENU)
        told = trouble_view(trouble, tr)
    return PreviewView(engine.preview, tuple(chips) if engine.is_attached else (), told)


def _controls(state: DeskState, tr: Translator) -> ControlsView:
    engine, phase = state.engine, state.broadcast.phase
    is_recording = engine.record is not None and engine.record.status is RecordStatus.RECORDING
    recorded = bytes_text(engine.stats.recorded_bytes) if engine.stats is not None else ""
    is_ending = phase is BroadcastPhase.ENDING
    if phase in BUSY_PHASES:
        main = "live.ending" if is_ending else "live.end" if phase is not BroadcastPhase.PREPARING else "live.cancel"
    else:
        main = "live.go"
    return ControlsView(
        microphone=tr.text("live.muted" if engine.is_muted else "live.microphone"),
        mute_name=tr.text("live.microphone_muted" if engine.is_muted else "live.microphone_open"),
        is_muted=engine.is_muted,
        mute=MuteMicrophone(not engine.is_muted),
        microphones=audio_choices(state, tr),
        camera=tr.text("live.picture_off" if engine.is_camera_off else "live.picture"),
        camera_name=tr.text("live.camera_hidden" if engine.is_camera_off else "live.camera_shown"),
        is_camera_off=engine.is_camera_off,
        hide_camera=HideCamera(not engine.is_camera_off),
        videos=video_choices(state, tr),
        record=tr.text("live.recording", size=recorded) if is_recording else tr.text("live.record"),
        record_name=tr.text("live.record_runs" if is_recording else "live.record_idle"),
        is_recording=is_recording,
        record_wish=Record(not is_recording),
        main=tr.text(main),
        main_kind="primary" if phase not in BUSY_PHASES else "stop",
        is_main_enabled=not is_ending,
    )


def _tiles(state: DeskState, tr: Translator) -> TilesView:
    broadcast, engine = state.broadcast, state.engine
    is_on = broadcast.session is not None and broadcast.phase in BUSY_PHASES
    url = broadcast.session.viewer_url if is_on and broadcast.session is not None else ""
    record = engine.record
    tone = "2"
    if record is not None and record.status is RecordStatus.FAILED:
        line, tone = error_sentence(record.code, {}, tr), "warn"
    elif record is not None and record.status is RecordStatus.RECORDING:
        line = tr.text("record.on")
    else:
        line = tr.text("record.auto" if state.settings.is_recording_automatic else "record.off")
    folder = recording_dir(state)
    return TilesView(
        viewer_url=url,
        viewer_hint=tr.text("tile.viewer_hint_lan" if state.platform.lan_urls else "tile.viewer_hint")
        if url
        else tr.text("tile.viewer_before"),
        codes=state.account.other_codes[-3:],
        is_codes_shown=state.platform.is_embedded,
        codes_hint=tr.text("tile.codes_hint"),
        record_line=line,
        record_path=record.path if record is not None and record.path else folder,
        record_free=free_text(state, tr),
        record_tone=tone,
    )


def recording_dir(state: DeskState) -> str:
    """Where recordings go."""
    return state.settings.recording_dir or str(default_recording_dir())


def short_path(path: str) -> str:
    """A path with the person's own folder as ~."""
    home = str(Path.home())
    return "~" + path[len(home) :] if path.startswith(home + "/") else path


def free_text(state: DeskState, tr: Translator) -> str:
    """Free space, and for how long it lasts at the present output."""
    stats, output = state.engine.stats, state.engine.output
    if stats is None or stats.free_disk_bytes <= 0:
        return ""
    hours = stats.free_disk_bytes * 8 / 1000 / (output.video_kbps + output.audio_kbps) / 3600
    return tr.text("record.free", size=bytes_text(stats.free_disk_bytes), hours=f"{hours:,.0f}")
