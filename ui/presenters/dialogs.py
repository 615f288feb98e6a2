"""Sheets over the window: closing while on air, the summary; and the notices. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from app.i18n import Translator
from app.usecases.state import BroadcastPhase, DeskState, FiguresPhase, PlatformPhase, Trouble
from app.usecases.wishes import DismissNotice, Wish
from ui.presenters.common import (
    ON_AIR_PHASES,
    SIGNED_OUT_PHASES,
    TroubleView,
    clock_text,
    trouble_view,
)
from ui.presenters.figures import figure_lines
from ui.presenters.live import short_path

SHOWN_NOTICES = 3


@dataclass(frozen=True)
class SummaryView:
    title: str
    figures: tuple[tuple[str, str], ...]
    """Values and what they are: four of this broadcast and its viewers, then four more."""
    note: str
    """Why there are no figures of the service yet; empty when there are."""
    recording: str
    trouble: TroubleView | None
    """Why it ended, when that was not the anchor's wish."""


def present_summary(state: DeskState, tr: Translator) -> SummaryView | None:
    """What is told after a broadcast; None while there is nothing to tell, also when it was never on air from here."""
    broadcast = state.broadcast
    summary = broadcast.summary
    if broadcast.phase is not BroadcastPhase.ENDED or summary is None or summary.duration_s <= 0:
        return None
    sent = summary.frames_sent + summary.frames_dropped
    ratio = summary.frames_dropped / sent if sent else 0.0
    told = broadcast.audience
    is_told = told.phase is FiguresPhase.TOLD
    lines = figure_lines(told.figures if is_told else None, told.comments, tr)
    return SummaryView(
        title=broadcast.session.title if broadcast.session is not None else "",
        figures=(
            (clock_text(summary.duration_s), tr.text("summary.duration")),
            *((value, name) for name, value in lines),
            (f"{summary.frames_dropped} / {ratio:.1%}", tr.text("summary.dropped")),
        ),
        note="" if is_told else tr.text(f"summary.figures_{told.phase.value}"),
        recording=short_path(_finished_path(summary.recording_path, state)),
        trouble=trouble_view(broadcast.trouble, tr),
    )


def _finished_path(path: str, state: DeskState) -> str:
    """The recording's path now: its MP4 is made after the broadcast, and then the Matroska file is gone."""
    record = state.engine.record
    if record is None or not path or not record.path:
        return path
    is_same = PurePath(record.path).with_suffix("") == PurePath(path).with_suffix("")
    return record.path if is_same else path


@dataclass(frozen=True)
class NoticeView:
    id: int
    tone: str
    told: TroubleView
    dismiss: Wish | str
    """The wish that puts it away; for a standing trouble its key, which the window remembers."""


_MILD = frozenset({"ended_here_only", "session_waiting"})
"""Standing troubles that need no alarm: nothing is lost by reading them later."""


def trouble_key(trouble: Trouble) -> str:
    """How the window remembers a trouble of the broadcast."""
    return f"broadcast.{trouble.code}"


def standing_troubles(state: DeskState) -> dict[str, Trouble]:
    """Troubles of broadcast, account and service that the open page has no place for, by key."""
    found: dict[str, Trouble] = {}
    if state.broadcast.trouble is not None:
        found[trouble_key(state.broadcast.trouble)] = state.broadcast.trouble
    if state.account.phase in SIGNED_OUT_PHASES:
        # a form that was left half way (a code was asked for) has no trouble of its own, but the way back to it is here
        trouble = state.account.trouble or Trouble("not_signed_in")
        found[f"account.{trouble.code}"] = replace(trouble, action="sign_in")
    if state.platform.phase is PlatformPhase.UNREACHABLE:
        found["platform"] = state.platform.trouble or Trouble("platform_unreachable", action="retry")
    return found


def present_notices(
    state: DeskState, tr: Translator, standing: Mapping[str, Trouble] | None = None
) -> tuple[NoticeView, ...]:
    """Standing troubles first, then the newest notices; three in all."""
    views: list[NoticeView] = []
    for key, trouble in (standing or {}).items():
        told = trouble_view(trouble, tr)
        if told is not None:
            views.append(NoticeView(-1, "warn" if trouble.code in _MILD else "bad", told, key))
    for notice in reversed(state.notices[-3:]):
        told = trouble_view(notice.trouble, tr)
        if told is not None:
            views.append(NoticeView(notice.id, "bad" if notice.is_error else "warn", told, DismissNotice(notice.id)))
    return tuple(views[:SHOWN_NOTICES])


def is_asked_before_closing(state: DeskState) -> bool:
    """Whether closing the window must ask first."""
    return state.broadcast.phase in (*ON_AIR_PHASES, BroadcastPhase.PREPARING)
