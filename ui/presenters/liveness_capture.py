"""What is told while the camera works: one prompt at a time, the steps, and how each thing looks. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.domain.liveness import Action, LivenessPath, Phase, Prompt, Stage
from app.i18n import Translator
from app.ports.engine import LivenessChanged
from app.usecases.liveness_state import LivenessDesk, LivenessPhase

ACTION_MS = 8000
"""Time for one action: the ring is full."""
TURNS = frozenset({Action.TURN_LEFT, Action.TURN_RIGHT})
CAMERA_CODES = frozenset({"no_camera", "camera_in_use", "camera_forbidden", "camera_lost", "camera_frozen"})
ARROW_RATIO = 0.04
"""A direction in which less is off needs no arrow."""
UNKNOWN = "neutral"
_LIGHT = (Prompt.TOO_DARK, Prompt.DIM, Prompt.TOO_BRIGHT, Prompt.UNEVEN)
_ROWS: tuple[tuple[str, str, tuple[Prompt, ...]], ...] = (
    ("face", "fine", (Prompt.NO_FACE, Prompt.SECOND_FACE)),
    ("distance", "fits", (Prompt.TOO_FAR, Prompt.TOO_CLOSE, Prompt.OFF_CENTRE, Prompt.TILTED)),
    ("light", "fine", _LIGHT),
    ("sharpness", "fine", (Prompt.BLURRED,)),
    ("cover", "none", (Prompt.MOUTH_COVERED, Prompt.EYES_COVERED)),
)
"""Name of the row, its word when all is well, and what can be wrong with it, the worst first."""
ROW_NAMES = tuple(name for name, *_ in _ROWS)


@dataclass(frozen=True)
class StepChip:
    """``tone`` good (done), accent (now) or neutral (to come); ``mark`` says the same without colour."""

    text: str
    tone: str
    mark: str
    said: str


@dataclass(frozen=True)
class GuideRow:
    """One line of 实时指引: ``word`` in a pill of ``tone``, and what it is about."""

    name: str
    word: str
    tone: str
    text: str
    said: str


@dataclass(frozen=True)
class CaptureView:
    headline: str
    hint: str
    said: str
    action: Action | None = None
    """To be shown as a small picture."""
    share_ratio: float = 0.0
    is_done: bool = False
    """What was asked for is done; the person comes back."""
    arrow: tuple[float, float] | None = None
    """Where the face has to move on the screen, a unit vector; y grows downwards."""
    chips: tuple[StepChip, ...] = ()
    foot: str = ""
    left_ratio: float = 0.0
    """Of the time for this action; 0: no ring."""
    steps_done: int = 0
    flash_text: str = ""
    """On the coloured screen."""
    flash_hint: str = ""


def present_capture(desk: LivenessDesk, tr: Translator) -> CaptureView:
    now = desk.now
    headline, hint = _told(desk, tr)
    action = now.action if now is not None and now.phase is Phase.ACTION and not now.code else None
    left_s = math.ceil(now.left_ms / 1000) if now is not None and action is not None and now.left_ms > 0 else 0
    return CaptureView(
        headline=headline,
        hint=hint,
        said=tr.text("sentence.pause").join(part for part in (headline, hint) if part),
        action=action,
        share_ratio=min(1.0, max(0.0, now.share_ratio)) if now is not None and not now.code else 0.0,
        is_done=now is not None and now.stage in (Stage.RETURNING, Stage.DONE),
        arrow=arrow(now),
        chips=_chips(desk, tr),
        foot=_foot(desk, left_s, tr),
        left_ratio=min(1.0, now.left_ms / ACTION_MS) if now is not None and left_s else 0.0,
        steps_done=len(desk.done) + (1 if _is_aligned(desk) else 0),
        flash_text=tr.text("liveness.flash"),
        flash_hint=tr.text("liveness.flash_hint"),
    )


def arrow(now: LivenessChanged | None) -> tuple[float, float] | None:
    """Where to move, on the screen: the offset is the camera's, the preview is its mirror image.

    A face at the right of the camera's picture is seen at the left of the screen, and has to move to the right.
    """
    if now is None or now.prompt is not Prompt.OFF_CENTRE:
        return None
    x = now.off_x_ratio if abs(now.off_x_ratio) >= ARROW_RATIO else 0.0
    y = -now.off_y_ratio if abs(now.off_y_ratio) >= ARROW_RATIO else 0.0
    length = math.hypot(x, y)
    return (x / length, y / length) if length else None


def guide_rows(desk: LivenessDesk, tr: Translator) -> tuple[GuideRow, ...]:
    """One for each thing that is looked at."""
    now = desk.now
    holding = set(now.holding) | ({now.prompt} if now.prompt is not None else set()) if now is not None else set()
    is_known = now is not None and not now.code
    rows = []
    for name, fine, prompts in _ROWS:
        wrong = next((one for one in prompts if one in holding), None)
        if not is_known or (Prompt.NO_FACE in holding and name != "face"):
            word, tone = "liveness.word.unknown", UNKNOWN
        elif wrong is not None:
            word, tone = f"liveness.word.{wrong.value}", "warn"
        else:
            word, tone = f"liveness.word.{fine}", "good"
        text = tr.text(f"liveness.row.{name}")
        said = tr.text("liveness.row_said", name=text, word=tr.text(word))
        rows.append(GuideRow(name, tr.text(word), tone, text, said))
    return tuple(rows)


def row_words(tr: Translator) -> tuple[str, ...]:
    """All words that a pill of the list can show: it is as wide as the longest."""
    names = ("unknown", "fine", "fits", "none", *(one.value for *_, prompts in _ROWS for one in prompts))
    return tuple(tr.text(f"liveness.word.{name}") for name in names)


def action_back(action: Action) -> str:
    """Message id of what is told once an action was done and the person is not back yet."""
    return "liveness.back.turn" if action in TURNS else f"liveness.back.{action.value}"


# ---- words ---------------------------------------------------------------------------------------


def _told(desk: LivenessDesk, tr: Translator) -> tuple[str, str]:
    """What is to be done, and a line below it."""
    now = desk.now
    if desk.phase is LivenessPhase.STARTING or now is None:
        return tr.text("liveness.starting"), tr.text("liveness.starting_hint")
    if now.code:
        code = now.code if now.code in CAMERA_CODES else "unavailable"
        return tr.text(f"liveness.camera.{code}"), tr.text(f"liveness.camera.{code}.do")
    if desk.phase is LivenessPhase.SEALING:
        return tr.text("liveness.recentre"), _warned(now, tr)
    if desk.phase in (LivenessPhase.FLASH_READY, LivenessPhase.FLASHING) or now.phase is Phase.FLASH:
        return tr.text("liveness.flash"), tr.text("liveness.flash_hint")
    match now.phase:
        case Phase.ALIGN:
            return _of_align(now, tr)
        case Phase.ACTION if now.action is not None:
            return _of_action(now, now.action, tr), _warned(now, tr) or _then(now, now.action, tr)
        case Phase.RECENTRE | Phase.FINISHED:
            return tr.text("liveness.recentre"), _warned(now, tr)
        case Phase.ABORTED:
            return tr.text("liveness.ending"), ""
        case _:
            return _of_wait(desk, now, tr)


def _of_align(now: LivenessChanged, tr: Translator) -> tuple[str, str]:
    if now.prompt is None:
        return tr.text("liveness.align"), tr.text("liveness.align_hint")
    hint_id = f"liveness.prompt.{now.prompt.value}.hint"
    return tr.text(f"liveness.prompt.{now.prompt.value}"), tr.text(hint_id) if tr.has(hint_id) else ""


def _of_action(now: LivenessChanged, action: Action, tr: Translator) -> str:
    if now.stage is Stage.UNDERWAY and action in TURNS:
        return tr.text("liveness.more")
    if now.stage is Stage.RETURNING:
        return tr.text(action_back(action))
    if now.stage is Stage.DONE:
        return tr.text("liveness.good")
    if now.stage is Stage.WRONG:
        return tr.text("liveness.wrong_side")
    return tr.text(f"liveness.action.{action.value}")


def _then(now: LivenessChanged, action: Action, tr: Translator) -> str:
    """What comes after it, while it is asked for."""
    is_asked = now.stage in (None, Stage.WAITING, Stage.UNDERWAY)
    hint_id = "liveness.then.turn" if action in TURNS else f"liveness.then.{action.value}"
    return tr.text(hint_id) if is_asked and tr.has(hint_id) else ""


def _of_wait(desk: LivenessDesk, now: LivenessChanged, tr: Translator) -> tuple[str, str]:
    if desk.trouble is not None:
        return tr.text("liveness.hold"), tr.text("liveness.hold_network")
    if _is_all_acted(desk) and desk.path is not LivenessPath.NO_FLASH:
        return tr.text("liveness.hold"), tr.text("liveness.flash_near")
    return tr.text("liveness.good" if desk.done else "liveness.hold"), _warned(now, tr)


def _warned(now: LivenessChanged, tr: Translator) -> str:
    """While something is done, what is not in order stands below it."""
    return tr.text(f"liveness.prompt.{now.prompt.value}") if now.prompt is not None else ""


def _is_aligned(desk: LivenessDesk) -> bool:
    return desk.now is not None and desk.now.phase is not Phase.ALIGN and desk.phase is not LivenessPhase.STARTING


def _is_all_acted(desk: LivenessDesk) -> bool:
    """In place, and every action done: what is left are the colours."""
    return _is_aligned(desk) and len(desk.done) >= desk.actions


def _flash_step(desk: LivenessDesk) -> str:
    """They come at once when all is acted, and are over when the person is to come back to the middle."""
    now = desk.now
    is_after = now is not None and now.phase in (Phase.RECENTRE, Phase.FINISHED)
    if is_after or desk.phase is LivenessPhase.SEALING:
        return "done"
    return "now" if _is_all_acted(desk) else "later"


def _chips(desk: LivenessDesk, tr: Translator) -> tuple[StepChip, ...]:
    """Future actions are not known: they have only their number."""
    now, is_aligned = desk.now, _is_aligned(desk)
    chips = [_chip(tr.text("liveness.step.align"), "done" if is_aligned else "now", tr)]
    chips += [_chip(tr.text(f"liveness.step.{one.value}"), "done", tr) for one in desk.done]
    known = len(desk.done)
    if now is not None and now.phase is Phase.ACTION and now.action is not None and known < desk.actions:
        chips.append(_chip(tr.text(f"liveness.step.{now.action.value}"), "now", tr))
        known += 1
    chips += [_chip(tr.text("liveness.step.unknown", number=at + 1), "later", tr) for at in range(known, desk.actions)]
    if desk.path is not LivenessPath.NO_FLASH:
        chips.append(_chip(tr.text("liveness.step.flash"), _flash_step(desk), tr))
    return tuple(chips)


def _chip(text: str, how: str, tr: Translator) -> StepChip:
    tone, mark = {"done": ("good", "check"), "now": ("accent", "dot"), "later": ("neutral", "")}[how]
    return StepChip(text, tone, mark, tr.text(f"liveness.step_said.{how}", step=text))


def _foot(desk: LivenessDesk, left_s: int, tr: Translator) -> str:
    told = "liveness.order" if desk.path is not LivenessPath.NO_ACTIONS else "liveness.no_actions_foot"
    if left_s:
        return tr.text("liveness.foot", text=tr.text(told), left=tr.text("liveness.left_s", count=left_s))
    return tr.text(told)
