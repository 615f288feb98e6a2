"""Reports of every kind, and the form with a clip in each of its states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.contract.reports import Report
from app.domain.measures import ConductCategory
from app.domain.reports import ReportState, TargetKind
from app.usecases.reports_state import ClipPhase, ReportClip, ReportsState
from app.usecases.state import DeskState
from app.usecases.way_state import LoadPhase
from tests.ui import fakes
from tests.ui.fakes import change
from tests.ui.room_fakes import NOON, line, lines, on_air
from ui.presenters.reporting import ReportAsk

MESSAGE = ReportAsk(TargetKind.MESSAGE, "m4", "v4", "user_83021", "加我微信领内推名额，名额有限")
PERSON = ReportAsk(TargetKind.PERSON, "v4", "v4", "user_83021")
READY = ReportClip("c1", phase=ClipPhase.READY, path="/clip.mp4", duration_ms=31_000, size_bytes=14_600_000)
SHORT = change(READY, duration_ms=18_000, size_bytes=31_800_000, is_shortened=True)
CUTTING = ReportClip("c1", phase=ClipPhase.CUTTING)
NO_CLIP = ReportClip("c1", phase=ClipPhase.FAILED, code="clip_unavailable")


def a_report(number: int, state: ReportState = ReportState.OPEN, **changes: Any) -> Report:
    is_over = state in (ReportState.UPHELD, ReportState.DISMISSED, ReportState.WITHDRAWN)
    made = Report(
        id=f"r{number}", session_id="s1", session_title="简历怎么写", target_kind=TargetKind.MESSAGE,
        target_name="user_83021", category=ConductCategory.UNPROFESSIONAL, text="连续发了三遍，删了又发",
        state=state, at=NOON + timedelta(minutes=number),
        handled_at=NOON + timedelta(minutes=number + 30) if is_over else None,
        answer="已禁言 24 小时，感谢您的举报" if state is ReportState.UPHELD else "",
    )  # fmt: skip
    return made.model_copy(update=changes)


def mine(**changes: Any) -> ReportsState:
    reports = (
        a_report(5),
        a_report(4, ReportState.TAKEN, target_kind=TargetKind.PERSON, text="", has_clip=True),
        a_report(3, ReportState.UPHELD),
        a_report(2, ReportState.DISMISSED, answer="看过前后对话，未发现违规", category=ConductCategory.UNFRIENDLY),
        a_report(1, ReportState.WITHDRAWN, target_kind=TargetKind.SESSION, target_name="另一场直播"),
    )
    made = ReportsState(LoadPhase.READY, reports)
    return change(made, **changes)


def uploading(percent: int = 40) -> ReportClip:
    return change(READY, report_id="r5", phase=ClipPhase.UPLOADING, sent_bytes=READY.size_bytes * percent // 100)


def failed_clip(*, can_retry: bool = True) -> ReportClip:
    return change(READY, report_id="r5", phase=ClipPhase.FAILED, code="platform_unreachable", can_retry=can_retry)


def busy_room(reports: ReportsState | None = None, **changes: Any) -> DeskState:
    """On air, where one person wrote much."""
    said = "第 {} 遍：加我微信领内推名额"
    more = tuple(line(number, "user_83021", said.format(number), author_id="v4") for number in range(8, 14))
    state, platform = on_air(**changes), fakes.platform()
    assert platform.info is not None
    info = platform.info.model_copy(update={"report_hotline": "12377"})
    return change(
        state,
        room=fakes.room((*lines(), *more)),
        reports=reports or ReportsState(),
        platform=change(platform, info=info),
    )
