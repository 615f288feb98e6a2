"""What a person reported and how it stands (我的举报), in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.contract.reports import Report
from app.domain.reports import ReportState
from app.i18n import Translator
from app.usecases.reports_state import ClipPhase, ReportClip, ReportsState
from app.usecases.state import AccountPhase, DeskState
from app.usecases.way_state import LoadPhase
from ui.presenters.china_times import moment_text
from ui.presenters.common import TroubleView, error_sentence, trouble_view

_TONES = {
    ReportState.OPEN: "neutral",
    ReportState.TAKEN: "accent",
    ReportState.UPHELD: "good",
    ReportState.DISMISSED: "neutral",
    ReportState.WITHDRAWN: "neutral",
}


@dataclass(frozen=True)
class ReportRow:
    id: str
    title: str
    """小苗 的发言."""
    state: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    """Name and value: 依据, 场次, 时间, 说明, 答复, 片段."""
    can_withdraw: bool
    is_withdrawing: bool
    clip_text: str
    """片段上传中 40%; empty where none is on its way and none failed."""
    is_clip_bad: bool
    can_retry_clip: bool


@dataclass(frozen=True)
class ReportsView:
    rows: tuple[ReportRow, ...]
    empty_text: str
    can_retry: bool
    hotline: str
    trouble: TroubleView | None


def present_reports(state: DeskState, tr: Translator) -> ReportsView:
    """The page of this state."""
    found = state.reports
    is_in = state.account.phase is AccountPhase.SIGNED_IN
    rows = tuple(_row(one, found, tr) for one in found.reports) if is_in else ()
    empty = ""
    if not is_in:
        empty = tr.text("page.signed_out")
    elif not rows:
        if found.phase is LoadPhase.FAILED:
            empty = tr.text("reports.failed")
        else:
            empty = tr.text("reports.none" if found.phase is LoadPhase.READY else "reports.loading")
    info = state.platform.info
    hotline = info.report_hotline if info is not None else ""
    return ReportsView(
        rows=rows,
        empty_text=empty,
        can_retry=found.phase is LoadPhase.FAILED and is_in,
        hotline=tr.text("reporting.hotline", phone=hotline) if hotline else "",
        trouble=trouble_view(found.act_trouble or found.trouble, tr) if is_in else None,
    )


def _row(one: Report, found: ReportsState, tr: Translator) -> ReportRow:
    clip = next((clip for clip in found.uploads if clip.report_id == one.id), None)
    facts = [(tr.text("reports.rule"), tr.text(f"conduct.{int(one.category)}"))]
    if one.session_title:
        facts.append((tr.text("reports.session"), one.session_title))
    facts.append((tr.text("reports.at"), moment_text(one.at, None, tr)))
    if one.text:
        facts.append((tr.text("reports.text"), one.text))
    if one.has_clip or (clip is not None and clip.phase is ClipPhase.DONE):
        facts.append((tr.text("reports.clip"), tr.text("reports.clip_sent")))
    if one.handled_at is not None:
        facts.append((tr.text("reports.handled"), moment_text(one.handled_at, None, tr)))
    if one.answer:
        facts.append((tr.text("reports.answer"), one.answer))
    is_bad = clip is not None and clip.phase is ClipPhase.FAILED
    return ReportRow(
        id=one.id,
        title=tr.text(f"reports.of_{one.target_kind.value}", name=one.target_name or tr.text("chat.nobody")),
        state=tr.text(f"reports.state_{one.state.value}"),
        tone=_TONES[one.state],
        facts=tuple(facts),
        can_withdraw=one.state is ReportState.OPEN,
        is_withdrawing=one.id in found.withdrawing,
        clip_text=clip_progress(clip, tr) if clip is not None and not one.has_clip else "",
        is_clip_bad=is_bad,
        can_retry_clip=clip is not None and is_bad and clip.can_retry,
    )


def clip_progress(clip: ReportClip, tr: Translator) -> str:
    """How it is with a clip on its way."""
    match clip.phase:
        case ClipPhase.CUTTING | ClipPhase.READY:
            return tr.text("reports.clip_waits")
        case ClipPhase.UPLOADING:
            percent = 100 * clip.sent_bytes // max(1, clip.size_bytes)
            return tr.text("reports.clip_uploading", percent=percent)
        case ClipPhase.FAILED:
            return tr.text("reports.clip_failed", reason=error_sentence(clip.code, {}, tr))
        case _:
            return ""
