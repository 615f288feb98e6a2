"""The page 开播前检查: score, what is seen and heard, sources, rows, and the format that is proposed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.quality.measures import FaceBox
from app.domain.quality.model import Finding, Group
from app.errors import DeviceError
from app.i18n import Translator
from app.ports.engine import (
    CameraSource,
    MicSource,
    NoSound,
    NoVideo,
    PreviewReady,
    SampleStatus,
    ScreenSource,
    SourceChanged,
    SourceStatus,
)
from app.usecases.quality_state import QualityDesk
from app.usecases.state import BroadcastPhase, DeskState
from app.usecases.wishes import PlaySample, StopSample, TakeProposal, TakeSample, Wish
from ui.presenters import quality_words as words
from ui.presenters.common import BUSY_PHASES, TroubleView, action_label, error_sentence, rate_text
from ui.presenters.preflight_rows import CheckRow, present_rows
from ui.presenters.sources import Choice, audio_choices, video_choices

SETTLING_S = 4.0
"""About how long the slow measures need; the ring fills meanwhile."""
_SAMPLE_BUTTON: Mapping[SampleStatus, tuple[str, Wish]] = {
    SampleStatus.TAKING: ("sample_stop", StopSample()),
    SampleStatus.PLAYING: ("sample_stop", StopSample()),
    SampleStatus.READY: ("sample_play", PlaySample()),
}
_BROKEN = (SourceStatus.FAILED, SourceStatus.LOST)


@dataclass(frozen=True)
class ScoreView:
    """The ring and the words beside it. ``number`` empty: not settled yet, ``ratio`` is how far the measuring is."""

    number: str
    ratio: float
    tone: str
    """good, warn, bad (blocked), accent (measuring) or neutral."""
    headline: str
    headline_tone: str
    """Empty, or bad: only what keeps from going on air."""
    groups: str
    note: str
    """What is not measured now, and why."""
    said: str


@dataclass(frozen=True)
class LookView:
    """The preview. ``face`` as it is drawn: mirrored where the preview is."""

    ready: PreviewReady | None
    chip: str
    told: str
    """Why there is no picture; empty while there is one."""
    is_guided: bool
    """Whether a frame shows where to sit."""
    face: FaceBox | None


@dataclass(frozen=True)
class SoundView:
    figures: str
    note: str
    is_muted: bool
    sample_text: str
    sample_tone: str
    sample_label: str
    sample_wish: Wish
    again_label: str
    again_wish: Wish | None
    is_taking: bool


@dataclass(frozen=True)
class ProposalView:
    text: str
    reason: str
    action_label: str
    """Empty when it is set already."""
    wish: Wish = field(default_factory=TakeProposal)


@dataclass(frozen=True)
class PreflightView:
    score: ScoreView
    look: LookView
    videos: tuple[Choice, ...] = field(repr=False)
    video_trouble: TroubleView | None
    microphones: tuple[Choice, ...] = field(repr=False)
    audio_trouble: TroubleView | None
    sound: SoundView
    rows: tuple[CheckRow, ...]
    proposal: ProposalView | None
    can_check: bool
    enter_label: str


def present_preflight(state: DeskState, tr: Translator) -> PreflightView:
    """The page of this state."""
    rows = present_rows(state, tr)
    is_on = state.broadcast.phase in BUSY_PHASES
    return PreflightView(
        score=_score(state, tr, rows),
        look=_look(state, tr),
        videos=video_choices(state, tr),
        video_trouble=_video_trouble(state, tr),
        microphones=audio_choices(state, tr),
        audio_trouble=_audio_trouble(state, tr),
        sound=_sound(state, tr),
        rows=rows,
        proposal=_proposal(state, tr),
        can_check=state.engine.is_attached,
        enter_label=tr.text("preflight.back" if is_on else "preflight.enter"),
    )


# ---- the score -----------------------------------------------------------------------------------


def worst(desk: QualityDesk) -> Finding | None:
    """The found defect that costs most."""
    lost = next((finding for finding, _ in desk.score.lost if finding.is_found), None)
    if lost is not None:
        return lost
    found = [one for group in desk.findings.values() for one in group if one.is_found]
    return max(found, key=lambda one: one.share, default=None)


def is_known(desk: QualityDesk) -> bool:
    """Whether the score says something: picture and sound were both watched long enough."""
    return desk.is_settled and desk.score.total is not None and {Group.PICTURE, Group.SOUND} <= set(desk.score.groups)


def headline(state: DeskState, tr: Translator) -> str:
    """可以开播，建议先补光."""
    desk, total = state.quality, state.quality.score.total
    if desk.score.is_blocked:
        return tr.text(f"quality.blocked.{desk.score.blocks[0].defect.value}")
    if total is None or not is_known(desk):
        return tr.text("preflight.measuring")
    is_on = state.broadcast.phase in BUSY_PHASES
    finding = worst(desk)
    if finding is None:
        is_whole = set(desk.score.groups) == set(Group) or is_on
        name = "on_air_good" if is_on else "ready" if is_whole else "ready_so_far"
        return tr.text(f"preflight.{name}")
    first = words.first_words(finding, tr)
    if is_on:
        return tr.text("preflight.on_air_first", first=first)
    tone = words.score_tone(total)
    return tr.text({"good": "preflight.ready_first", "warn": "preflight.usable_first"}.get(tone, "preflight.not_yet"),
                   first=first)  # fmt: skip


def _score(state: DeskState, tr: Translator, rows: tuple[CheckRow, ...]) -> ScoreView:
    desk, engine = state.quality, state.engine
    score = desk.score
    note = _note(state, tr)
    if not engine.is_attached:
        text = tr.text("preflight.engine_away")
        return ScoreView("", 0.0, "neutral", text, "", "", note, text)
    text = headline(state, tr)
    groups, plain = words.breaking_at_dots(words.groups_line(score.groups, tr)), words.groups_line(score.groups, tr)
    if score.is_blocked:
        number = str(score.total) if score.total is not None else ""
        ratio = (score.total or 0) / 100
        said = tr.text("sentence.pause").join(part for part in (text, plain) if part)
        return ScoreView(number, ratio, "bad", text, "bad", groups, note, said)
    if score.total is None or not is_known(desk):
        hint = note or tr.text("preflight.measuring_hint")
        return ScoreView("", _passed(desk), "accent", text, "", "", hint, text)
    tone = "good" if score.total >= words.GOOD_SCORE else "warn"
    said = tr.text("preflight.said", total=score.total, headline=text, groups=plain)
    return ScoreView(str(score.total), score.total / 100, tone, text, "", groups, note, said)


def _passed(desk: QualityDesk) -> float:
    seconds = [part.observed_s for part in (desk.picture, desk.sound) if part is not None]
    return min(1.0, min(seconds) / SETTLING_S) if seconds else 0.0


def _note(state: DeskState, tr: Translator) -> str:
    if state.broadcast.phase in (BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED, BroadcastPhase.ENDING):
        return tr.text("preflight.note_on_air")
    return ""


# ---- picture -------------------------------------------------------------------------------------


def _look(state: DeskState, tr: Translator) -> LookView:
    engine = state.engine
    status, picture = engine.video_status, state.quality.picture
    told = ""
    if not engine.is_attached:
        told = tr.text("preview.engine_away")
    elif engine.preview is None:
        told = tr.text("preview.starting")
    elif engine.is_camera_off:
        told = tr.text("live.camera_is_off")
    is_person = not isinstance(engine.video, ScreenSource | NoVideo) and not engine.is_camera_off
    is_live = engine.is_attached and status is not None and status.status is SourceStatus.LIVE
    face = picture.face if picture is not None and is_person and is_live else None
    if face is not None and isinstance(engine.video, CameraSource) and state.settings.is_preview_mirrored:
        left = 1.0 - face.left_ratio - face.width_ratio
        face = FaceBox(left, face.top_ratio, face.width_ratio, face.height_ratio)
    chip = words.picture_chip(picture, tr) if is_live else ""
    return LookView(engine.preview, chip, told, is_person and is_live, face)


def _video_trouble(state: DeskState, tr: Translator) -> TroubleView | None:
    engine = state.engine
    if not engine.is_attached:
        return None
    if engine.video is None or isinstance(engine.video, NoVideo):
        return TroubleView(tr.text("preflight.no_video"))
    if engine.is_video_stand_in and is_running(engine.video_status):
        return TroubleView(tr.text("preflight.camera_stand_in"))
    is_gone = isinstance(engine.video, CameraSource) and engine.devices.camera(engine.video.device_id) is None
    return _source_trouble(engine.video_status, tr, "preflight.camera_gone" if is_gone else "")


def _audio_trouble(state: DeskState, tr: Translator) -> TroubleView | None:
    engine = state.engine
    if not engine.is_attached:
        return None
    if engine.audio is None or isinstance(engine.audio, NoSound):
        return TroubleView(tr.text("preflight.no_audio"))
    if engine.is_audio_stand_in and is_running(engine.audio_status):
        return TroubleView(tr.text("preflight.microphone_stand_in"))
    is_gone = isinstance(engine.audio, MicSource) and engine.devices.microphone(engine.audio.device_id) is None
    return _source_trouble(engine.audio_status, tr, "preflight.microphone_gone" if is_gone else "")


def is_running(status: SourceChanged | None) -> bool:
    """Whether a source gives what it should."""
    return status is not None and status.status is SourceStatus.LIVE


def _source_trouble(status: SourceChanged | None, tr: Translator, gone_id: str) -> TroubleView | None:
    """Why nothing comes from a source; where it runs, whatever the list of devices says, nothing is wrong."""
    if is_running(status):
        return None
    again = tr.text("preflight.look_again")
    if status is not None and status.status in _BROKEN:
        code = status.code or DeviceError.default_code
        # a device that is not there says more than that it cannot be opened
        known = f"preflight.source.{code}"
        text = tr.text(known, name=status.name) if tr.has(known) else error_sentence(code, {"name": status.name}, tr)
        return TroubleView(text, again, "retry")
    return TroubleView(tr.text(gone_id), again, "retry") if gone_id else None


# ---- sound ---------------------------------------------------------------------------------------


def _sound(state: DeskState, tr: Translator) -> SoundView:
    engine, sound, sample = state.engine, state.quality.sound, state.quality.sample
    figures = ""
    if sound is not None and sound.peak_db > -89:
        loud = sound.short_term_lufs
        figures = tr.text(
            "preflight.levels",
            peak=words.signed(sound.peak_db),
            true_peak=words.signed(sound.true_peak_db),
            loudness=words.signed(loud) if loud > -69 else "–",
        )
    note = tr.text("preflight.muted") if engine.is_muted else ""
    status = sample.status
    again = TakeSample() if status is SampleStatus.READY else None
    name, wish = _SAMPLE_BUTTON.get(status, ("sample", TakeSample()))
    text = ""
    if status is SampleStatus.FAILED:
        text = error_sentence(sample.code, {}, tr)
    elif status in (SampleStatus.READY, SampleStatus.PLAYING):
        text = tr.text(f"preflight.sample_{status.value}")
    return SoundView(
        figures=figures,
        note=note,
        is_muted=engine.is_muted,
        sample_text=text,
        sample_tone="warn" if status is SampleStatus.FAILED else "2",
        sample_label=tr.text(f"preflight.{name}"),
        sample_wish=wish,
        again_label=tr.text("preflight.sample_again") if again is not None else "",
        again_wish=again,
        is_taking=status is SampleStatus.TAKING,
    )


# ---- format --------------------------------------------------------------------------------------


def _proposal(state: DeskState, tr: Translator) -> ProposalView | None:
    proposal = state.quality.proposal
    if proposal is None:
        return None
    text = tr.text(
        "preflight.proposal", height=proposal.height_px, fps=proposal.rate_fps, rate=rate_text(proposal.video_kbps)
    )
    name = (
        "both" if proposal.is_limited_by_network and proposal.is_limited_by_computer
        else "network" if proposal.is_limited_by_network
        else "computer" if proposal.is_limited_by_computer
        else "best"
    )  # fmt: skip
    if proposal.is_set:
        return ProposalView(text, tr.text("preflight.proposal_set"), "")
    can_take = state.broadcast.phase not in BUSY_PHASES and state.engine.is_attached
    return ProposalView(
        text, tr.text(f"preflight.limited.{name}"), tr.text("preflight.proposal_take") if can_take else ""
    )


# ---- elsewhere -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckLine:
    """What the sheet that begins a broadcast says of the check, with the way to it."""

    text: str
    action_label: str
    is_blocked: bool = False


def present_check_line(state: DeskState, tr: Translator) -> CheckLine:
    """82 分，建议先补光; or that it was not done yet."""
    desk = state.quality
    label = action_label("open_preflight", tr)
    if desk.score.is_blocked:
        return CheckLine(headline(state, tr), label, is_blocked=True)
    if not is_known(desk):
        return CheckLine(tr.text("preflight.not_checked"), label)
    finding = worst(desk)
    if finding is None:
        return CheckLine(tr.text("preflight.line_good", total=desk.score.total), label)
    first = words.first_words(finding, tr)
    return CheckLine(tr.text("preflight.line", total=desk.score.total, first=first), label)
