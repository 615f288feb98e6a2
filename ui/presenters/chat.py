"""The chat panel: rows, what an empty or broken panel says. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.contract.events import MAX_CHAT_CHARS
from app.i18n import Translator
from app.usecases.moderation_state import ModerationDesk
from app.usecases.room_wishes import SendChat
from app.usecases.state import BroadcastPhase, ChatLine, DeskState, MessageStatus
from ui.presenters.common import BUSY_PHASES, TroubleView, error_sentence
from ui.presenters.reports import clip_progress
from ui.presenters.room_words import action_sentence, clock_ms

MODERATING = frozenset({"moderator", "owner", "operator"})


@dataclass(frozen=True)
class ChatRow:
    key: str
    """Stays the same while a message goes from sending to posted."""
    author: str
    initial: str
    colour: int
    time: str
    text: str
    is_anchor: bool
    status: MessageStatus
    status_text: str = ""
    retry: SendChat | None = None
    message_id: str = ""
    """Of a posted one."""
    account_id: str = ""
    """Of whom something can be done to; empty for our own."""
    tag: str = ""
    """房管."""
    reply: str = ""
    """What it answers: 小苗：怎么写."""
    is_hidden: bool = False


@dataclass(frozen=True)
class HeldView:
    """The message that waits for longest; ``more``: how many others."""

    held_id: str
    text: str
    """已拦截 1 条：疑似联系方式 · 小苗."""
    quote: str


@dataclass(frozen=True)
class DoneView:
    text: str
    action_id: str
    """Empty: it cannot be taken back."""


@dataclass(frozen=True)
class ChatView:
    """``rules``: how the chat goes now; empty when nothing is restricted. ``pinned`` 置顶 · 小苗：…."""

    rows: tuple[ChatRow, ...]
    empty_text: str
    trouble: TroubleView | None
    can_send: bool
    text_px: int
    can_moderate: bool = False
    rules: str = ""
    is_shielded: bool = False
    pinned: str = ""
    pinned_id: str = ""
    held: HeldView | None = None
    done: DoneView | None = None
    refusal: str = ""
    """Why the last act was not done."""


class ChatPresenter:
    """Keeps rows that did not change, so that a state of 500 lines costs what is new in it."""

    def __init__(self) -> None:
        self._lines: tuple[ChatLine, ...] = ()
        self._made_for = ("", False)
        self._rows: tuple[ChatRow, ...] = ()

    def present(self, state: DeskState, tr: Translator) -> ChatView:
        """The panel for this state."""
        room = state.room
        desk = state.moderation
        can_moderate = desk.room is not None and desk.room.role in MODERATING
        made_for = (tr.language, room.is_followed)
        if room.lines is not self._lines or made_for != self._made_for:
            # by identity: a line that did not change is the same object, and comparing 500 of them costs milliseconds
            known = dict(zip(map(id, self._lines), self._rows, strict=True)) if made_for == self._made_for else {}
            self._rows = tuple(known.get(id(line)) or _row(line, tr, room.is_followed) for line in room.lines)
            self._lines, self._made_for = room.lines, made_for
        is_on = state.broadcast.phase in BUSY_PHASES and state.broadcast.session is not None
        empty_id = "chat.empty" if is_on else "chat.before"
        if state.broadcast.phase is BroadcastPhase.ENDED:
            empty_id = "chat.after"
        is_away = room.is_followed and not room.is_connected
        trouble = TroubleView(tr.text("chat.reconnecting")) if is_away else None
        size_px = min(20, max(13, state.settings.chat_size_px))
        empty = tr.text(empty_id) if not self._rows else ""
        is_shielded = desk.room is not None and desk.room.is_shielded
        pinned = desk.room.pinned if desk.room is not None else None
        return ChatView(
            self._rows,
            empty,
            trouble,
            room.is_followed,
            size_px,
            can_moderate=can_moderate,
            rules=rules_text(desk, tr),
            is_shielded=is_shielded,
            pinned=tr.text("room.pinned", name=pinned.author_name, text=pinned.text) if pinned is not None else "",
            pinned_id=pinned.id if pinned is not None else "",
            held=_held(desk, tr),
            done=_done(desk, state, tr),
            refusal=error_sentence(desk.trouble.code, desk.trouble.detail, tr) if desk.trouble is not None else "",
        )


def send_wish(text: str, reply_to: str = "") -> SendChat | None:
    """The wish for a typed message; None when there is nothing in it. Longer ones are cut at the service's limit."""
    cleaned = text.strip()[:MAX_CHAT_CHARS]
    return SendChat(cleaned, uuid.uuid4().hex, reply_to) if cleaned else None


def found(rows: tuple[ChatRow, ...], wanted: str) -> tuple[ChatRow, ...]:
    """Those in whose text or author the words occur, whatever their case; all of them for nothing."""
    words = wanted.casefold().split()
    if not words:
        return rows
    return tuple(row for row in rows if all(word in f"{row.author} {row.text}".casefold() for word in words))


def rules_text(desk: ModerationDesk, tr: Translator) -> str:
    """慢速 30 秒 · 仅关注者可发言."""
    if desk.room is None:
        return ""
    rules = desk.room.rules
    parts = []
    if rules.is_paused:
        parts.append(tr.text("room.rule.paused"))
    if rules.slow_s:
        parts.append(tr.text("room.rule.slow", seconds=rules.slow_s))
    if rules.followers_only:
        parts.append(tr.text("room.rule.followers"))
    return tr.text("room.dot").join(parts)


def why_held(why: str, tr: Translator) -> str:
    """疑似联系方式; one that is not known yet is told as such."""
    return tr.text(f"room.why.{why}" if tr.has(f"room.why.{why}") else "room.why.other")


def _held(desk: ModerationDesk, tr: Translator) -> HeldView | None:
    if not desk.held:
        return None
    first = desk.held[0]
    text = tr.text("room.held", count=len(desk.held), why=why_held(first.why, tr), name=first.author_name)
    return HeldView(first.id, text, first.text)


def _done(desk: ModerationDesk, state: DeskState, tr: Translator) -> DoneView | None:
    filed = state.reports.filed
    if filed is not None:
        clip = next((one for one in state.reports.uploads if one.report_id == filed.id), None)
        progress = clip_progress(clip, tr) if clip is not None else ""
        if progress:
            return DoneView(tr.text("room.reported_clip", name=filed.target_name, clip=progress), "")
        rule = tr.text(f"conduct.{int(filed.category)}")
        return DoneView(tr.text("room.reported", name=filed.target_name, rule=rule), "")
    if desk.done is None:
        return None
    action, account = desk.done.action, state.account.account
    sentence = action_sentence(action, account.id if account is not None else "", tr)
    return DoneView(sentence, action.id if action.is_undoable else "")


_FINAL = frozenset(
    {"forbidden", "not_signed_in", "token_expired", "device_ended", "not_found", "session_ended", "state_conflict",
     "message_empty", "message_too_long", "input_invalid", "too_large"}
)  # fmt: skip
"""The same message sent again would be refused again."""


def _row(line: ChatLine, tr: Translator, can_send: bool) -> ChatRow:
    status_text = ""
    retry = None
    if line.status is MessageStatus.SENDING:
        status_text = tr.text("chat.sending")
    elif line.status is MessageStatus.FAILED:
        if can_send and line.code not in _FINAL:
            retry = SendChat(line.text, line.request_id or line.id, line.reply_to)
        reason = error_sentence(line.code, {}, tr) if line.code else tr.text("chat.not_sent")
        status_text = tr.text("chat.failed", reason=reason) if retry is not None else reason
    name = line.author_name or tr.text("chat.nobody")
    author = tr.text("chat.me", name=name) if line.is_anchor else name
    is_posted = line.status is MessageStatus.POSTED
    if line.is_held:
        status_text = tr.text("chat.held")
    elif line.is_hidden:
        status_text = tr.text("chat.hidden")
    return ChatRow(
        key=line.request_id or line.id,
        author=author,
        initial=name[0].upper(),
        colour=sum(name.encode()),
        time=clock_ms(line.sent_at_ms),
        text=line.text,
        is_anchor=line.is_anchor,
        status=line.status,
        status_text=status_text,
        retry=retry,
        message_id=line.id if is_posted else "",
        account_id="" if line.is_anchor else line.author_id,
        tag=tr.text("room.role.moderator") if line.role == "moderator" else "",
        reply=f"{line.reply_author}{tr.text('chat.colon')}{line.reply_text}" if line.reply_author else "",
        is_hidden=line.is_hidden,
    )
