"""What became of a face check by camera, and how far it has come on its way. Pure. Never a score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.contract.liveness import LivenessStanding
from app.domain.liveness import Abort, LivenessPath, LivenessState
from app.i18n import Translator
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.trouble import Trouble
from ui.presenters.common import error_sentence
from ui.presenters.liveness_capture import CAMERA_CODES

OFFLINE = frozenset({"platform_unreachable", "platform_timeout"})


@dataclass(frozen=True)
class ToldOffer:
    """A button. ``action``: start, choose, call, reload or onward."""

    label: str
    action: str


@dataclass(frozen=True)
class ToldView:
    title: str
    text: str
    tone: str
    icon: str
    note: str = ""
    """Quieter: what else there is to know."""
    progress: float | None = None
    """0 … 1; None draws no bar."""
    progress_text: str = ""
    main: ToldOffer | None = None
    second: ToldOffer | None = None
    third: ToldOffer | None = None
    is_good: bool = False
    is_counting: bool = False
    """It tells how long to wait: to be drawn anew as time goes."""


def is_barred(standing: LivenessStanding, now: datetime) -> bool:
    """Whether no attempt may be begun now."""
    return _locked_until(standing, now) is not None or standing.left_today <= 0


def _locked_until(standing: LivenessStanding | None, now: datetime) -> datetime | None:
    until = standing.locked_until if standing is not None else None
    return until if until is not None and until > now else None


def in_words(seconds: float, tr: Translator) -> str:
    """How long, in words: 约 2 小时, 12 分钟, 不到 1 分钟."""
    if seconds < 60:
        return tr.text("liveness.in.moment")
    minutes = -int(-seconds // 60)
    if minutes < 90:
        return tr.text("liveness.in.minutes", count=minutes)
    return tr.text("liveness.in.hours", count=-(-minutes // 60))


# ---- on its way ----------------------------------------------------------------------------------


def present_progress(desk: LivenessDesk, tr: Translator) -> ToldView:
    if desk.phase is LivenessPhase.SEALING:
        return ToldView(
            tr.text("liveness.sealing"), tr.text("liveness.sealing_text"), "accent", "shield",
            note=tr.text("liveness.stay"),
        )  # fmt: skip
    if desk.phase is LivenessPhase.SENDING:
        ratio = min(1.0, max(0.0, desk.sent_ratio))
        is_away = desk.trouble is not None
        return ToldView(
            tr.text("liveness.sending_away" if is_away else "liveness.sending"),
            tr.text("liveness.sending_away_text" if is_away else "liveness.sending_text"),
            "warn" if is_away else "accent",
            "globe" if is_away else "forward",
            note=tr.text("liveness.may_leave_sending"),
            progress=ratio,
            progress_text=tr.text("liveness.sent", percent=int(ratio * 100)),
        )
    return ToldView(
        tr.text("liveness.judging"), tr.text("liveness.judging_text"), "accent", "clock",
        note=tr.text("liveness.may_leave"),
    )  # fmt: skip


# ---- what became of it ---------------------------------------------------------------------------


def present_told(desk: LivenessDesk, tr: Translator, now: datetime, *, onward: str = "") -> ToldView:
    """``onward``: words of the button to the next step; empty for none."""
    is_over = desk.phase is LivenessPhase.DONE
    if is_over and desk.outcome is Outcome.VERIFIED:
        main = ToldOffer(onward, "onward") if onward else None
        return ToldView(
            tr.text("liveness.verified"), tr.text("liveness.verified_text"), "good", "check", main=main, is_good=True
        )
    if is_over and desk.outcome is Outcome.WAITING:
        return _waiting(desk, tr)
    barred = _barred(desk, tr, now)
    if is_over and desk.outcome is Outcome.LOCKED:
        return barred or _unread_lock(desk, tr) or _again(desk, tr)
    if is_over and desk.outcome is Outcome.RETRY:
        name = f"liveness.retry.{desk.retry.value}" if desk.retry is not None else "liveness.retry.unclear"
        return _failed(name, "refresh", "liveness.retry_note", barred, tr)
    if is_over and desk.outcome is Outcome.ABORTED and desk.trouble is None:
        name = desk.abort.value if desk.abort is not None else Abort.GIVEN_UP.value
        icon = "stop" if desk.abort is Abort.GIVEN_UP else "warn"
        return _failed(f"liveness.abort.{name}", icon, "liveness.abort_note", barred, tr)
    if desk.trouble is not None:
        return _trouble(desk, desk.trouble, tr)
    return barred or _again(desk, tr)


def _waiting(desk: LivenessDesk, tr: Translator) -> ToldView:
    standing = desk.standing
    if desk.path is not LivenessPath.FULL:
        text = f"liveness.waiting_{desk.path.value}"
    elif standing is not None and standing.state is LivenessState.REVIEW:
        text = "liveness.waiting_review"
    else:
        text = "liveness.waiting_match"
    return ToldView(
        tr.text("liveness.waiting"), tr.text(text), "accent", "clock", note=tr.text("liveness.waiting_note"),
        is_good=True,
    )  # fmt: skip


def _failed(name: str, icon: str, note_id: str, barred: ToldView | None, tr: Translator) -> ToldView:
    """A reason and what to do about it. Where there is no further attempt, what there is instead."""
    title, do = tr.text(name), tr.text(f"{name}.do")
    if barred is not None:
        return ToldView(
            title, barred.text, "warn", icon, note=barred.note, main=barred.main, second=barred.second,
            is_counting=barred.is_counting,
        )  # fmt: skip
    return ToldView(
        title,
        do,
        "warn",
        icon,
        main=_start(tr),
        second=_choose(tr),
        third=_call(tr),
        note=tr.text("liveness.retry_note"),
    )


def _again(desk: LivenessDesk, tr: Translator) -> ToldView:
    return ToldView(
        tr.text("liveness.unlocked"), tr.text("liveness.unlocked_text"), "accent", "user", main=_start(tr),
        second=_choose(tr), third=_call(tr),
    )  # fmt: skip


def _barred(desk: LivenessDesk, tr: Translator, now: datetime) -> ToldView | None:
    """Locked for a while, or no attempts left today; None when one may try."""
    standing = desk.standing
    until = _locked_until(standing, now)
    if until is not None:
        wait = in_words((until - now).total_seconds(), tr)
        return ToldView(
            tr.text("liveness.locked"), tr.text("liveness.locked_text", wait=wait), "warn", "clock",
            note=tr.text("liveness.locked_note"), main=_call(tr), is_counting=True,
        )  # fmt: skip
    if standing is not None and standing.left_today <= 0:
        again = standing.again_at
        if again is not None and again > now:
            text = tr.text("liveness.over_text", wait=in_words((again - now).total_seconds(), tr))
        else:
            text = tr.text("liveness.over_text_later")
        return ToldView(
            tr.text("liveness.over"), text, "warn", "clock", note=tr.text("liveness.over_note"), main=_call(tr),
            is_counting=again is not None,
        )  # fmt: skip
    return None


def _unread_lock(desk: LivenessDesk, tr: Translator) -> ToldView | None:
    """Refused just now: until when is not read yet, but the refusal said how long."""
    is_read = desk.standing is not None and desk.standing.locked_until is not None
    if is_read or desk.trouble is None:
        return None
    seconds = desk.trouble.detail.get("retry_after_s")
    if isinstance(seconds, int | float):
        text = tr.text("liveness.locked_text", wait=in_words(seconds, tr))
    else:
        text = tr.text("liveness.locked_text_later")
    return ToldView(
        tr.text("liveness.locked"), text, "warn", "clock", note=tr.text("liveness.locked_note"), main=_call(tr)
    )


def _trouble(desk: LivenessDesk, trouble: Trouble, tr: Translator) -> ToldView:
    is_unread = desk.standing is None
    action = "reload" if is_unread else "start"
    if trouble.code in OFFLINE:
        return ToldView(
            tr.text("liveness.offline"), tr.text("liveness.offline_text"), "warn", "globe",
            main=ToldOffer(tr.text("action.retry"), action),
        )  # fmt: skip
    if trouble.code in CAMERA_CODES:
        name = f"liveness.camera.{trouble.code}"
        return ToldView(
            tr.text(name), tr.text(f"{name}.do"), "warn", "video-off", main=_start(tr), second=_choose(tr),
            third=_call(tr),
        )  # fmt: skip
    sentence = error_sentence(trouble.code, trouble.detail, tr)
    main = ToldOffer(tr.text("action.retry"), action)
    if trouble.code in ("liveness_unavailable", "liveness_locked", "liveness_attempts_over", "face_check_open"):
        return ToldView(
            tr.text("liveness.failed"), sentence, "warn", "warn", main=_call(tr),
            second=ToldOffer(tr.text("action.retry"), "reload"),
        )  # fmt: skip
    return ToldView(
        tr.text("liveness.failed"), sentence, "warn", "warn", main=main,
        second=None if is_unread else _choose(tr), third=_call(tr),
    )  # fmt: skip


def _start(tr: Translator) -> ToldOffer:
    return ToldOffer(tr.text("liveness.again"), "start")


def _choose(tr: Translator) -> ToldOffer:
    return ToldOffer(tr.text("liveness.other_way"), "choose")


def _call(tr: Translator) -> ToldOffer:
    return ToldOffer(tr.text("liveness.call"), "call")
