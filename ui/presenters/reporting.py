"""The form to report something (举报): what it is about, what can be chosen, and the wish it becomes. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from app.contract.reports import MAX_CLIP_BYTES, MAX_EVIDENCE, ReportTarget, ReportWish
from app.domain.measures import ConductCategory
from app.domain.reports import TargetKind
from app.i18n import Translator
from app.usecases.reports_state import ClipPhase, ReportClip
from app.usecases.room_wishes import SendReport
from app.usecases.state import ChatLine, DeskState, MessageStatus
from ui.presenters.common import error_sentence
from ui.presenters.room_words import clock_ms

MAX_PICKS = 40
"""Messages on offer: the nearest to what is reported."""
_MB = 1_000_000


@dataclass(frozen=True)
class ReportAsk:
    """What somebody began to report. ``text``: of the message; empty for a person."""

    kind: TargetKind
    id: str
    account_id: str
    name: str
    text: str = ""


@dataclass(frozen=True)
class PickRow:
    """A message that can be chosen as evidence."""

    message_id: str
    text: str
    """20:41 说过的话."""


@dataclass(frozen=True)
class ReportFormView:
    hotline: str
    clip_text: str
    """附上最近 30 秒的录制; empty where nothing is recorded."""
    clip_note: str
    can_clip: bool
    is_sending: bool
    refusal: str
    filed_number: int
    filed_key: str
    has_clip: bool
    """One is kept for the form that is open."""


def what_text(ask: ReportAsk, tr: Translator) -> str:
    """小苗 的发言：加我微信."""
    return tr.text(f"reporting.of_{ask.kind.value}", name=ask.name or tr.text("chat.nobody"), text=ask.text)


def present_form(state: DeskState, tr: Translator) -> ReportFormView:
    """Everything of the form that a person does not fill in."""
    reports, info = state.reports, state.platform.info
    refusal = ""
    if reports.refusal is not None:
        sentence = error_sentence(reports.refusal.code, reports.refusal.detail, tr)
        refusal = tr.text("reporting.kept", reason=sentence)
    hotline = info.report_hotline if info is not None else ""
    return ReportFormView(
        hotline=tr.text("reporting.hotline", phone=hotline) if hotline else "",
        clip_text=_clip_text(reports.clip, tr),
        clip_note=_clip_note(reports.clip, tr),
        can_clip=reports.clip.phase in (ClipPhase.CUTTING, ClipPhase.READY),
        is_sending=reports.is_sending,
        refusal=refusal,
        filed_number=reports.filed_number,
        filed_key=reports.filed_key,
        has_clip=bool(reports.clip.clip_id),
    )


def picks_of(state: DeskState, ask: ReportAsk) -> tuple[PickRow, ...]:
    """What the same person said, nearest to what is reported, in order; not the message itself."""
    lines = [one for one in state.room.lines if one.status is MessageStatus.POSTED and one.seq]
    pivot = next((one.seq for one in lines if one.id == ask.id), lines[-1].seq if lines else 0)
    theirs = [one for one in lines if one.author_id == ask.account_id and one.id != ask.id]
    nearest = sorted(theirs, key=lambda one: (abs(one.seq - pivot), one.seq))[:MAX_PICKS]
    return tuple(_pick(one) for one in sorted(nearest, key=lambda one: one.seq))


def most_picks(ask: ReportAsk) -> int:
    """How many may be chosen: a reported message is evidence itself."""
    return MAX_EVIDENCE - (ask.kind is TargetKind.MESSAGE)


def report_wish(
    state: DeskState,
    ask: ReportAsk,
    category: ConductCategory,
    text: str,
    picked: Collection[str],
    key: str,
    *,
    with_clip: bool,
) -> SendReport:
    """What the form says, as a wish."""
    own = [ask.id] if ask.kind is TargetKind.MESSAGE else []
    wish = ReportWish(
        target=ReportTarget(kind=ask.kind, id=ask.id), category=category, text=text.strip(), evidence=[*own, *picked]
    )
    return SendReport(state.moderation.session_id, wish, key, with_clip)


def new_key() -> str:
    """Of a form: its repeat is the same report."""
    return uuid.uuid4().hex


def clip_seconds(clip: ReportClip) -> int:
    return round(clip.duration_ms / 1000)


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _MB:.1f}"


def _pick(line: ChatLine) -> PickRow:
    return PickRow(line.id, f"{clock_ms(line.sent_at_ms)}  {line.text}")


def _clip_text(clip: ReportClip, tr: Translator) -> str:
    match clip.phase:
        case ClipPhase.CUTTING:
            return tr.text("reporting.clip_cutting")
        case ClipPhase.READY:
            return tr.text("reporting.clip", seconds=clip_seconds(clip), size=megabytes(clip.size_bytes))
        case ClipPhase.FAILED:
            return tr.text("reporting.clip_failed")
        case _:
            return ""


def _clip_note(clip: ReportClip, tr: Translator) -> str:
    if clip.phase is ClipPhase.FAILED:
        return error_sentence(clip.code, {}, tr)
    if clip.phase is ClipPhase.READY and clip.is_shortened:
        return tr.text("reporting.clip_shortened", size=MAX_CLIP_BYTES // _MB)
    return tr.text("reporting.clip_note") if clip.phase is not ClipPhase.NONE else ""
