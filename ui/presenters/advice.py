"""What the live page says of picture and sound: one line at a time, and two words for the detail. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.quality.model import Group
from app.i18n import Translator
from app.usecases.state import DeskState
from app.usecases.wishes import DismissAdvice, MendDefect, MuteMicrophone, Wish
from ui.presenters import quality_words as words


@dataclass(frozen=True)
class AdviceView:
    """A sentence, what mends it (where something does), and the way to put it away."""

    text: str
    action_label: str
    wish: Wish | None
    dismiss_label: str
    dismiss: Wish | None


def present_advice(state: DeskState, tr: Translator) -> AdviceView | None:
    """Who talks while muted is told that first: it is over with one click."""
    desk = state.quality
    if desk.is_talking_muted:
        return AdviceView(tr.text("advice.talking_muted"), tr.text("action.unmute"), MuteMicrophone(False), "", None)
    advice = desk.advice
    if advice is None:
        return None
    is_mendable = advice.defect in desk.mendable
    return AdviceView(
        text=words.advice_sentence(advice.finding, desk, tr),
        action_label=words.mend_label(advice.defect, tr) if is_mendable else "",
        wish=MendDefect(advice.defect) if is_mendable else None,
        dismiss_label=tr.text("action.ok"),
        dismiss=DismissAdvice(),
    )


def quality_words(state: DeskState, tr: Translator) -> tuple[tuple[str, str, str], ...]:
    """(name, word, tone) of picture and sound, of what was measured."""
    groups = state.quality.score.groups
    tones = ((group, words.score_tone(groups[group])) for group in (Group.PICTURE, Group.SOUND) if group in groups)
    return tuple(
        (tr.text(f"quality.group.{group.value}"), tr.text(f"quality.word.{tone}"), "warn" if tone == "bad" else tone)
        for group, tone in tones
    )
