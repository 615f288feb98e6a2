"""The room: following its events, chat lines, sending. I/O loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.contract import events
from app.errors import AppError
from app.ports.platform import RoomLink
from app.runtime.clock import utc_ms
from app.usecases.context import Context
from app.usecases.moderation import ModerationCase
from app.usecases.questions import QuestionsCase
from app.usecases.room_wishes import SendChat
from app.usecases.state import ChatLine, MessageStatus, RoomState

MAX_LINES = 500


class RoomCase:
    """``on_fact`` gets what concerns the broadcast: session.changed, room.stats, key.revoked. ``moderation`` and
    ``questions`` are told which room it is, and what happens there."""

    def __init__(
        self,
        context: Context,
        on_fact: Callable[[events.Envelope], None],
        moderation: ModerationCase,
        questions: QuestionsCase,
    ) -> None:
        self._context, self._on_fact, self._moderation, self._questions = context, on_fact, moderation, questions
        self._link: RoomLink | None = None
        self._room = ""

    def follow(self, room: str) -> None:
        """Follow this room, once."""
        if self._context.platform is None or self._room == room:
            return
        self.leave()
        self._room = room
        self._context.change(room=RoomState(is_followed=True))
        self._moderation.enter(room)
        self._questions.enter(room)
        self._link = self._context.platform.follow(room, self._take, self._linked, self._given_up)

    def leave(self) -> None:
        """Stop following; the lines stay to be read."""
        link = self._let_go()
        if link is not None:
            self._questions.leave()
            self._context.spawn(link.close(), "room-leave")

    async def close(self) -> None:
        """Stop following, and wait until the link is closed."""
        link = self._let_go()
        if link is not None:
            await link.close()

    def _let_go(self) -> RoomLink | None:
        link, self._link, self._room = self._link, None, ""
        if link is not None:
            self._set(is_followed=False, is_connected=False, lines=self._unsent())
        return link

    def _unsent(self) -> tuple[ChatLine, ...]:
        """Nothing answers for what is still on its way."""
        return tuple(
            replace(line, status=MessageStatus.FAILED)
            if line.status is MessageStatus.SENDING and not line.is_held
            else line
            for line in self._context.state.room.lines
        )

    def send(self, wish: SendChat) -> None:
        text = wish.text.strip()[: events.MAX_CHAT_CHARS]
        if not text or self._link is None:
            return
        lines = self._context.state.room.lines
        known = next((line for line in lines if line.request_id == wish.request_id), None)
        if known is not None and known.status is not MessageStatus.FAILED:
            return
        account = self._context.state.account.account
        answered = next((line for line in lines if line.id == wish.reply_to and not line.is_hidden), None)
        line = ChatLine(
            id=wish.request_id,
            author_name=account.nickname if account else "",
            is_anchor=True,
            author_id=account.id if account else "",
            text=text,
            sent_at_ms=utc_ms(self._context.clock.utc()),
            status=MessageStatus.SENDING,
            request_id=wish.request_id,
            reply_to=answered.id if answered is not None else "",
            reply_author=answered.author_name if answered is not None else "",
            reply_text=answered.text if answered is not None else "",
        )
        if known is not None and wish.reply_to and all(other.id != wish.reply_to for other in lines):
            # sent again: what it answers is no longer kept here, and was when it was written
            line = replace(line, reply_to=known.reply_to, reply_author=known.reply_author, reply_text=known.reply_text)
        kept = tuple(other for other in lines if other.request_id != wish.request_id)
        self._set(lines=(*kept, line)[-MAX_LINES:])
        self._link.send_chat(wish.request_id, text, line.reply_to)

    def _linked(self, is_connected: bool) -> None:
        self._set(is_connected=is_connected)
        if not is_connected:
            self._context.record("log.room_away")

    def _given_up(self, code: str) -> None:
        trouble = self._context.trouble(AppError(code))
        self._set(is_followed=False, is_connected=False, lines=self._unsent())
        if trouble is not None:
            self._context.notify(trouble)

    def _take(self, envelope: events.Envelope) -> None:
        body = events.body(envelope)
        match body:
            case events.ChatPosted():
                self._posted(envelope, body)
            case events.ChatHidden():
                gone = set(body.ids)
                lines = self._context.state.room.lines
                self._set(lines=tuple(replace(line, is_hidden=True) if line.id in gone else line for line in lines))
            case events.ChatRestored():
                self._restored(body)
            case events.ChatAck():
                self._acknowledged(body)
            case events.Refused():
                self._refused(body)
            case _:
                self._moderation.heard(body)
                self._questions.heard(body)
                self._on_fact(envelope)

    def _posted(self, envelope: events.Envelope, body: events.ChatPosted) -> None:
        lines = self._context.state.room.lines
        line = _line(body, envelope.ts, envelope.seq)
        # Our own line may have been acknowledged before it was posted to all, or the other way round.
        kept = tuple(other for other in lines if other.id != body.message_id)
        own = next((other for other in lines if other.id == body.message_id), None)
        if own is not None:
            line = replace(line, request_id=own.request_id)
        waiting = tuple(other for other in kept if other.status is not MessageStatus.POSTED)
        posted = [*(other for other in kept if other.status is MessageStatus.POSTED), line]
        if len(posted) > 1 and posted[-2].seq > line.seq:
            # What was missed is told after what came meanwhile.
            posted.sort(key=lambda one: one.seq)
        self._set(lines=(*posted, *waiting)[-MAX_LINES:])

    def _restored(self, body: events.ChatRestored) -> None:
        """Each in its old place; those of before what is kept stay away."""
        lines = self._context.state.room.lines
        again = {one.message_id: _line(one, one.sent_ms, one.seq) for one in body.messages}
        first_seq = next((line.seq for line in lines if line.status is MessageStatus.POSTED), 0)
        known = {line.id for line in lines}
        back = [line for line in again.values() if line.id not in known and line.seq > first_seq]
        lines = tuple(replace(line, is_hidden=False) if line.id in again else line for line in lines)
        posted = [*(line for line in lines if line.status is MessageStatus.POSTED), *back]
        posted.sort(key=lambda one: one.seq)
        waiting = tuple(line for line in lines if line.status is not MessageStatus.POSTED)
        self._set(lines=(*posted, *waiting)[-MAX_LINES:])

    def _acknowledged(self, body: events.ChatAck) -> None:
        lines = self._context.state.room.lines
        if body.is_held:
            # it has no number until it is released; then it comes as any other
            self._set(
                lines=tuple(
                    replace(line, id=body.message_id, is_held=True) if line.request_id == body.request_id else line
                    for line in lines
                )
            )
            return
        if any(line.id == body.message_id for line in lines):
            self._set(lines=tuple(line for line in lines if line.id != body.request_id))
            return
        self._set(
            lines=tuple(
                replace(line, id=body.message_id, seq=body.seq, status=MessageStatus.POSTED)
                if line.request_id == body.request_id
                else line
                for line in lines
            )
        )

    def _refused(self, refused: events.Refused) -> None:
        failed = {"status": MessageStatus.FAILED, "code": refused.code}
        lines = self._context.state.room.lines
        self._set(
            lines=tuple(replace(line, **failed) if line.request_id == refused.request_id else line for line in lines)  # type: ignore[arg-type]
        )

    def _set(self, **fields: object) -> None:
        self._context.change(room=replace(self._context.state.room, **fields))  # type: ignore[arg-type]


def _line(body: events.ChatPosted, sent_at_ms: int, seq: int) -> ChatLine:
    return ChatLine(
        id=body.message_id,
        author_name=body.author_name,
        is_anchor=body.is_anchor,
        text=body.text,
        sent_at_ms=sent_at_ms,
        seq=seq,
        author_id=body.author_id,
        role=body.role,
        reply_author=body.reply.author_name if body.reply is not None else "",
        reply_text=body.reply.text if body.reply is not None else "",
    )
