"""The chat panel: rows, what an empty or broken panel says. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.contract.events import MAX_CHAT_CHARS
from app.i18n import Translator
from app.usecases.state import BroadcastPhase, ChatLine, DeskState, MessageStatus
from app.usecases.wishes import SendChat
from ui.presenters.common import BUSY_PHASES, TroubleView, error_sentence


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


@dataclass(frozen=True)
class ChatView:
    rows: tuple[ChatRow, ...]
    empty_text: str
    trouble: TroubleView | None
    can_send: bool
    text_px: int


class ChatPresenter:
    """Keeps rows that did not change, so that a state of 500 lines costs what is new in it."""

    def __init__(self) -> None:
        self._lines: tuple[ChatLine, ...] = ()
        self._made_for = ("", False)
        self._rows: tuple[ChatRow, ...] = ()
        self._kept: dict[ChatLine, ChatRow] = {}

    def present(self, state: DeskState, tr: Translator) -> ChatView:
        """The panel for this state."""
        room = state.room
        made_for = (tr.language, room.is_followed)
        if room.lines is not self._lines or made_for != self._made_for:
            if made_for != self._made_for:
                self._kept = {}
            kept = self._kept
            self._kept = {line: kept.get(line) or _row(line, tr, room.is_followed) for line in room.lines}
            self._rows = tuple(self._kept[line] for line in room.lines)
            self._lines, self._made_for = room.lines, made_for
        is_on = state.broadcast.phase in BUSY_PHASES and state.broadcast.session is not None
        empty_id = "chat.empty" if is_on else "chat.before"
        if state.broadcast.phase is BroadcastPhase.ENDED:
            empty_id = "chat.after"
        is_away = room.is_followed and not room.is_connected
        trouble = TroubleView(tr.text("chat.reconnecting")) if is_away else None
        size_px = min(20, max(13, state.settings.chat_size_px))
        empty = tr.text(empty_id) if not self._rows else ""
        return ChatView(self._rows, empty, trouble, room.is_followed, size_px)


def send_wish(text: str) -> SendChat | None:
    """The wish for a typed message; None when there is nothing in it. Longer ones are cut at the service's limit."""
    cleaned = text.strip()[:MAX_CHAT_CHARS]
    return SendChat(cleaned, uuid.uuid4().hex) if cleaned else None


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
            retry = SendChat(line.text, line.request_id or line.id)
        reason = error_sentence(line.code, {}, tr) if line.code else tr.text("chat.not_sent")
        status_text = tr.text("chat.failed", reason=reason) if retry is not None else reason
    name = line.author_name or tr.text("chat.nobody")
    author = tr.text("chat.me", name=name) if line.is_anchor else name
    return ChatRow(
        key=line.request_id or line.id,
        author=author,
        initial=name[0].upper(),
        colour=sum(name.encode()),
        time=datetime.fromtimestamp(line.sent_at_ms / 1000).strftime("%H:%M"),
        text=line.text,
        is_anchor=line.is_anchor,
        status=line.status,
        status_text=status_text,
        retry=retry,
    )
