"""The chat panel: rows, what an empty or broken panel says. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.contract.events import MAX_CHAT_CHARS
from app.i18n import Translator
from app.usecases.state import BroadcastPhase, ChatLine, DeskState, MessageStatus
from app.usecases.wishes import SendChat
from ui.presenters.common import BUSY_PHASES, TroubleView


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
        self._language = ""
        self._rows: tuple[ChatRow, ...] = ()
        self._kept: dict[ChatLine, ChatRow] = {}

    def present(self, state: DeskState, tr: Translator) -> ChatView:
        """The panel for this state."""
        room = state.room
        if room.lines is not self._lines or tr.language != self._language:
            if tr.language != self._language:
                self._kept = {}
            kept = self._kept
            self._kept = {line: kept.get(line) or _row(line, tr) for line in room.lines}
            self._rows = tuple(self._kept[line] for line in room.lines)
            self._lines, self._language = room.lines, tr.language
        is_on = state.broadcast.phase in BUSY_PHASES and state.broadcast.session is not None
        empty_id = "chat.empty" if is_on else "chat.before"
        if state.broadcast.phase is BroadcastPhase.ENDED:
            empty_id = "chat.after"
        is_away = is_on and not room.is_connected
        trouble = TroubleView(tr.text("chat.reconnecting")) if is_away else None
        size_px = min(20, max(13, state.settings.chat_size_px))
        return ChatView(self._rows, tr.text(empty_id) if not self._rows else "", trouble, is_on, size_px)


def send_wish(text: str) -> SendChat | None:
    """The wish for a typed message; None when there is nothing in it. Longer ones are cut at the service's limit."""
    cleaned = text.strip()[:MAX_CHAT_CHARS]
    return SendChat(cleaned, uuid.uuid4().hex) if cleaned else None


def _row(line: ChatLine, tr: Translator) -> ChatRow:
    status_text = ""
    retry = None
    if line.status is MessageStatus.SENDING:
        status_text = tr.text("chat.sending")
    elif line.status is MessageStatus.FAILED:
        status_text = tr.text("chat.failed")
        retry = SendChat(line.text, line.request_id or line.id)
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
