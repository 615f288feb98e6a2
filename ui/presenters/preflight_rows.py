"""The rows of the preflight: one a thing that is checked, in a fixed order, group by group. Pure.

Several defects may share a row: the dearest is told first, the others behind it. The points of all rows add up to what
the score is short of 100.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.domain.quality.model import Defect, Group
from app.i18n import Translator
from app.ports.engine import RecordStatus, ScreenSource, SourceStatus
from app.usecases.quality_state import ProbePhase, Proposal, QualityDesk
from app.usecases.state import AccountPhase, DeskState
from app.usecases.wishes import CancelProbe, CheckAgain, MendDefect, UndoMend, Wish
from ui.presenters import quality_words as words
from ui.presenters.common import BUSY_PHASES, action_label, error_sentence, rate_text

Figure = Callable[[QualityDesk, Translator], str]
_WITHOUT_FIGURE = frozenset({"sides", "uplink"})
"""Rows that are well without a figure: of one channel, there is nothing to compare."""


@dataclass(frozen=True)
class RowSpec:
    """``is_kept``: shown also while the others of its group that are well are folded."""

    id: str
    group: Group
    defects: tuple[Defect, ...]
    figure: Figure
    is_kept: bool = False


D = Defect
SPECS: tuple[RowSpec, ...] = (
    RowSpec(
        "framing", Group.PICTURE, (D.NO_FACE, D.OFF_CENTRE, D.FAR, D.CLOSE, D.HEADROOM), words.framing, is_kept=True
    ),
    RowSpec("light", Group.PICTURE, (D.BACKLIT, D.DARK, D.BRIGHT, D.CLIPPED), words.light, is_kept=True),
    RowSpec("colour", Group.PICTURE, (D.TINT,), words.colour),
    RowSpec("sharpness", Group.PICTURE, (D.BLUR, D.LOW_RESOLUTION), words.sharpness, is_kept=True),
    RowSpec("picture_noise", Group.PICTURE, (D.NOISE,), words.picture_noise),
    RowSpec("motion", Group.PICTURE, (D.BLACK, D.FROZEN, D.LOW_RATE, D.UNEVEN_RATE), words.motion),
    RowSpec("flicker", Group.PICTURE, (D.FLICKER,), words.flicker),
    RowSpec("volume", Group.SOUND, (D.SILENT, D.QUIET, D.LOUD), words.volume, is_kept=True),
    RowSpec("noise", Group.SOUND, (D.NOISY,), words.noise, is_kept=True),
    RowSpec("hum", Group.SOUND, (D.HUM,), words.hum),
    RowSpec("clipping", Group.SOUND, (D.CLIPPING,), words.clipping, is_kept=True),
    RowSpec("reverberation", Group.SOUND, (D.REVERBERANT,), words.reverberation),
    RowSpec("sides", Group.SOUND, (D.ONE_SIDED,), words.sides),
    RowSpec("dropouts", Group.SOUND, (D.DROPOUT,), words.dropouts),
    RowSpec(
        "uplink", Group.NETWORK, (D.NO_INGEST, D.SLOW_UPLINK, D.UNSTEADY_UPLINK, D.SLOW_ANSWER), words.uplink,
        is_kept=True,
    ),
    RowSpec("encoder", Group.COMPUTER, (D.ENCODER_SLOW,), words.encoder),
    RowSpec("processor", Group.COMPUTER, (D.BUSY,), words.processor),
    RowSpec("disk", Group.COMPUTER, (D.DISK_LOW,), words.disk),
    RowSpec("power", Group.COMPUTER, (D.ON_BATTERY, D.POWER_SAVING), words.power),
    RowSpec("clock", Group.COMPUTER, (D.CLOCK_WRONG,), words.clock),
)  # fmt: skip
QUIETEST_LUFS, LOUDEST_LUFS = -20.0, -16.0
"""The loudness that is aimed at, as the page says it."""
WHOLE = {Group.PICTURE: "picture", Group.SOUND: "sound", Group.COMPUTER: "computer"}
"""Rows that stand for a whole group where nothing of it can be told apart. The network has but one row."""
_WHOLE_DEFECT = {Group.PICTURE: Defect.NO_PICTURE, Group.SOUND: Defect.NO_SOUND}
ROW_IDS: tuple[str, ...] = tuple(
    row_id
    for group in Group
    for row_id in ((WHOLE[group],) if group in WHOLE else ()) + tuple(one.id for one in SPECS if one.group is group)
)
"""Every row that there can be, in its order."""


@dataclass(frozen=True)
class CheckRow:
    """``tone``: good, warn, bad or neutral (not measured). ``passed_ratio`` None: nothing is under way."""

    id: str
    group: Group
    tone: str
    name: str
    figure: str = ""
    sentence: str = ""
    points: str = ""
    points_lost: int = 0
    action_label: str = ""
    wish: Wish | None = None
    """What the button wishes for; without one, ``action`` leads to a place."""
    action: str = ""
    undo: Wish | None = None
    passed_ratio: float | None = None
    said: str = ""
    """The whole row, for a screen reader."""
    is_kept: bool = True
    """False: it has nothing to tell and may be folded away."""


def present_rows(state: DeskState, tr: Translator) -> tuple[CheckRow, ...]:
    """All rows that there are now, in their order."""
    rows: list[CheckRow] = []
    for group in Group:
        if group is Group.NETWORK:
            rows.append(_network(state, tr))
        elif _is_whole(state.quality, group):
            rows.append(_whole(state, group, tr))
        else:
            rows += [_row(spec, state, tr) for spec in SPECS if spec.group is group]
    return tuple(rows)


def is_trial_possible(state: DeskState) -> bool:
    """Whether network and computer may be tried: not beside a broadcast or a recording."""
    record = state.engine.record
    is_recording = record is not None and record.status is RecordStatus.RECORDING
    return state.broadcast.phase not in BUSY_PHASES and not is_recording


# ---- rows ----------------------------------------------------------------------------------------


def _is_whole(desk: QualityDesk, group: Group) -> bool:
    """Nothing of the group is known, or all that is known is whether its source is there."""
    findings = desk.findings.get(group, ())
    whole = _WHOLE_DEFECT.get(group)
    return not any(one.defect is not whole for one in findings)


def _row(spec: RowSpec, state: DeskState, tr: Translator) -> CheckRow:
    desk = state.quality
    mine = sorted(
        (one for one in desk.findings.get(spec.group, ()) if one.defect in spec.defects), key=lambda one: -one.share
    )
    found = [one for one in mine if one.is_found]
    points = _points(desk, spec.defects)
    undone = next((one for one in spec.defects if one in desk.mended), None)
    mendable = next((one.defect for one in found if one.defect in desk.mendable), None)
    figure = spec.figure(desk, tr) if mine else ""
    # a finding that costs nothing also stands where there was nothing to judge by
    is_measured = bool(mine) and (bool(figure) or spec.id in _WITHOUT_FIGURE)
    tone = words.TONES[found[0].grade] if found else "good" if is_measured else "neutral"
    if found:
        sentence = tr.text("sentence.stop").join(words.found_sentence(one, desk, tr) for one in found)
    elif undone is not None:
        sentence = words.mended_sentence(undone, tr)
    elif not is_measured:
        sentence = tr.text("quality.unmeasured" if desk.is_settled else "quality.measuring")
    elif spec.id == "uplink":
        sentence = _uplink_sentence(state, tr)
    else:
        sentence = _good_sentence(spec.id, desk, tr)
    return _said(
        CheckRow(
            id=spec.id,
            group=spec.group,
            tone=tone,
            name=tr.text(f"quality.row.{spec.id}"),
            figure=figure,
            sentence=sentence,
            points=_points_text(points, tr),
            points_lost=points,
            action_label=words.mend_label(mendable, tr) if mendable is not None else "",
            wish=MendDefect(mendable) if mendable is not None else None,
            undo=UndoMend(undone) if undone is not None else None,
            is_kept=spec.is_kept or bool(found) or undone is not None,
        ),
        tr,
    )


def _good_sentence(row_id: str, desk: QualityDesk, tr: Translator) -> str:
    """A word also when all is well, where it is true to the letter."""
    if row_id == "framing":
        return tr.text("quality.good.framing")
    if row_id == "volume" and desk.sound is not None:
        is_on_target = QUIETEST_LUFS <= round(words.loudness_of(desk.sound), 1) <= LOUDEST_LUFS
        return tr.text("quality.good.volume") if is_on_target else ""
    return ""


def _whole(state: DeskState, group: Group, tr: Translator) -> CheckRow:
    desk = state.quality
    defect = _WHOLE_DEFECT.get(group)
    finding = next((one for one in desk.findings.get(group, ()) if one.defect is defect), None)
    points = _points(desk, (defect,)) if defect is not None else 0
    tone = "neutral"
    if finding is not None and finding.is_found:
        tone = words.TONES[finding.grade]
        sentence = words.found_sentence(finding, desk, tr)
    elif finding is not None and isinstance(state.engine.video, ScreenSource):
        tone, sentence = "good", tr.text("quality.whole.screen")
    else:
        sentence = tr.text(f"quality.whole.{_why_unknown(state, group)}")
    can_try = group is Group.COMPUTER and not desk.is_measuring_computer and is_trial_possible(state)
    can_try = can_try and state.engine.is_attached
    return _said(
        CheckRow(
            id=WHOLE[group],
            group=group,
            tone=tone,
            name=tr.text(f"quality.group.{group.value}"),
            sentence=sentence,
            points=_points_text(points, tr),
            points_lost=points,
            action_label=tr.text("preflight.try") if can_try else "",
            wish=CheckAgain() if can_try else None,
        ),
        tr,
    )


def _why_unknown(state: DeskState, group: Group) -> str:
    engine = state.engine
    if not engine.is_attached:
        return "engine_away"
    if group is Group.COMPUTER:
        if state.quality.is_measuring_computer:
            return "computer_measuring"
        return "computer_idle" if is_trial_possible(state) else "trial_impossible"
    status = engine.video_status if group is Group.PICTURE else engine.audio_status
    if status is None or status.status is SourceStatus.STARTING:
        return "starting"
    return "measuring"


def _network(state: DeskState, tr: Translator) -> CheckRow:
    """What was found, or how the trial is going."""
    probe, spec = state.quality.probe, next(one for one in SPECS if one.id == "uplink")
    known = bool(state.quality.findings.get(Group.NETWORK)) and probe.phase is not ProbePhase.RUNNING
    row = _row(spec, state, tr)
    if known:
        if probe.phase is ProbePhase.FAILED:
            return _failed(row, state, tr)
        return row
    if probe.phase is ProbePhase.RUNNING:
        kbps = rate_text(probe.kbps) if probe.kbps > 0 else ""
        return _again(
            row, tr, figure=kbps, sentence=tr.text("quality.network.running"), label=tr.text("action.cancel"),
            wish=CancelProbe(), passed_ratio=probe.passed_ratio,
        )  # fmt: skip
    if probe.phase is ProbePhase.FAILED:
        return _failed(row, state, tr)
    if not state.engine.is_attached:
        return _again(row, tr, sentence=tr.text("quality.whole.engine_away"))
    if not is_trial_possible(state):
        return _again(row, tr, sentence=tr.text("quality.whole.trial_impossible"))
    if state.account.phase is not AccountPhase.SIGNED_IN:
        return _again(
            row, tr, sentence=tr.text("quality.network.signed_out"), label=action_label("sign_in", tr), action="sign_in"
        )
    if state.quality.is_measuring_computer:
        return _again(row, tr, sentence=tr.text("quality.network.waiting"))
    return _again(row, tr, sentence=tr.text("quality.network.idle"), label=tr.text("preflight.try"), wish=CheckAgain())


def _failed(row: CheckRow, state: DeskState, tr: Translator) -> CheckRow:
    """It could not be tried: why, and the one thing to do."""
    trouble = state.quality.probe.trouble
    reason = error_sentence(trouble.code, trouble.detail, tr) if trouble is not None else ""
    sentence = tr.text("sentence.stop").join(part for part in (tr.text("quality.network.failed"), reason) if part)
    action = trouble.action if trouble is not None else ""
    if action and action != "retry":
        return _again(row, tr, sentence=sentence, label=action_label(action, tr), action=action)
    can_try = is_trial_possible(state)
    label, wish = (tr.text("action.retry"), CheckAgain()) if can_try else ("", None)
    return _again(row, tr, sentence=sentence, label=label, wish=wish)


def _again(
    row: CheckRow,
    tr: Translator,
    *,
    sentence: str,
    figure: str = "",
    label: str = "",
    wish: Wish | None = None,
    action: str = "",
    passed_ratio: float | None = None,
) -> CheckRow:
    """The network's row while it tells of the trial; what it cost stays told."""
    return _said(
        CheckRow(
            id=row.id, group=row.group, tone=row.tone, name=row.name, figure=figure, sentence=sentence,
            points=row.points, points_lost=row.points_lost, action_label=label, wish=wish, action=action,
            passed_ratio=passed_ratio,
        ),
        tr,
    )  # fmt: skip


def _uplink_sentence(state: DeskState, tr: Translator) -> str:
    desk = state.quality
    ingest = words.best_ingest(desk.probe.network)
    if ingest is None:
        return ""
    parts = [tr.text("quality.network.tried", connect=f"{ingest.connect_ms:.0f}", jitter=f"{ingest.jitter_ms:.0f}")]
    if desk.probe.network is not None and len(desk.probe.network.ingests) > 1:
        parts.append(tr.text("quality.network.best", name=ingest.name))
    if desk.proposal is not None:
        parts.append(tr.text("quality.network.allows", output=output_text(desk.proposal)))
    return tr.text("sentence.pause").join(parts)


def output_text(proposal: Proposal) -> str:
    """1080p · 4.5 Mbps."""
    return f"{proposal.height_px}p · {rate_text(proposal.video_kbps)}"


def _points(desk: QualityDesk, defects: Sequence[Defect]) -> int:
    return sum(points for finding, points in desk.score.lost if finding.defect in defects)


def _points_text(points: int, tr: Translator) -> str:
    return tr.text("quality.points", points=points) if points else ""


def _said(row: CheckRow, tr: Translator) -> CheckRow:
    word = tr.text(f"quality.tone.{row.tone}")
    said = tr.text("sentence.pause").join(
        part for part in (f"{row.name} {word}", row.figure, row.sentence, row.points) if part
    )
    return replace(row, said=said)
