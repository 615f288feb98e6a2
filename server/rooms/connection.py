"""One event socket from its first frame to its close: hello, history, then requests in and facts out.

Event loop; a task a connection, owned by the route. The receiver, the sender and a wish to close run
side by side; whoever is first ends the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial

import msgspec
import structlog
from sqlalchemy.orm import Session as Db
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.contract.errors import ErrorCode
from app.contract.events import (
    ChatSend,
    CloseCode,
    Envelope,
    Hello,
    HelloAck,
    Refused,
    Revoked,
    body,
    decode,
    encode,
    envelope,
)
from app.contract.inbox import PERSONAL_ROOM
from app.errors import AppError
from app.runtime.clock import Clock, utc_ms
from server.accounts.presence import is_present
from server.accounts.tokens import authenticate
from server.conduct.checker import Checker, Place
from server.config import Limits
from server.errors import Refusal, refusal_of
from server.gate import Person, RoomStanding, missing, require
from server.gate_acts import Act
from server.limits import Buckets
from server.messages import sentence
from server.proxies import household
from server.rooms.chat import Wish, checked_request_id, checked_text, find_posted
from server.rooms.counting import viewer_of
from server.rooms.facts import Resume, read_resume
from server.rooms.hub import Hub, RoomSocket, frames_of, personal_key
from server.rooms.people import muted_of, standing_in
from server.rooms.posting import Posting, Ticket
from server.sockets import DIRECT
from server.store.models import SessionRow
from server.store.store import Store

HELLO_S = 10.0
LAST_WORDS_S = 0.5
"""For who is closed out to be told why; who does not read is closed without."""
MAX_UNANSWERED = 32
"""Messages of one socket; the next is read when one of them is answered."""
UNSUPPORTED = 1003
log = structlog.get_logger("rooms")


@dataclass(frozen=True, slots=True)
class RoomServices:
    """What a connection needs."""

    store: Store
    hub: Hub
    clock: Clock
    limits: Limits
    chat_rate: Buckets
    checker: Checker
    posting: Posting


class Connection:
    """Raises nothing: every end is a close code."""

    def __init__(self, websocket: WebSocket, services: RoomServices, cookie_token: str | None) -> None:
        self._ws = websocket
        self._services = services
        self._cookie_token = cookie_token
        self._tickets: set[Ticket] = set()
        self._language = websocket.headers.get("accept-language", "")
        self._frame_rate = Buckets(services.clock, services.limits.frames_burst, services.limits.frames_per_s)
        self._refusal_rate = Buckets(
            services.clock, services.limits.chat_refusals_burst, services.limits.chat_refusals_per_s
        )

    async def run(self) -> None:
        """From accept to close."""
        await self._ws.accept()
        code = 1000
        try:
            code = await self._converse()
        except WebSocketDisconnect:
            return
        except AppError as error:
            # The database failed: the client comes back by itself and resumes.
            log.warning("socket_failed", code=error.code)
            code = 1011
        finally:
            if self._ws.application_state is WebSocketState.CONNECTED:
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await self._ws.close(code)

    async def _converse(self) -> int:
        try:
            async with asyncio.timeout(HELLO_S):
                first, hello = await self._hello()
        except TimeoutError:
            return int(CloseCode.UNAUTHENTICATED)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return UNSUPPORTED
        try:
            person = await self._person(hello)
        except Refusal as refusal:
            await self._send_now(self._refused(first.id, refusal))
            return int(CloseCode.UNAUTHENTICATED)
        is_personal = first.room == PERSONAL_ROOM
        if is_personal and person is None:
            await self._send_now(self._refused(first.id, Refusal(ErrorCode.NOT_SIGNED_IN)))
            return int(CloseCode.UNAUTHENTICATED)
        room = personal_key(person.account_id) if is_personal and person else first.room
        if not is_personal and not room.isalnum():
            await self._send_now(self._refused(first.id, Refusal(ErrorCode.NOT_FOUND)))
            return int(CloseCode.FORBIDDEN)
        address = household(self._ws.client.host) if self._ws.client else ""
        viewer = viewer_of(person.account_id if person else None, hello.visitor, address)
        direct = self._ws.scope.get("extensions", {}).get(DIRECT)
        socket = RoomSocket(room, person, self._services.limits, direct, viewer)
        self._services.hub.listen(socket)
        try:
            if is_personal:
                return await self._attend_person(socket, first)
            return await self._attend(socket, first, hello)
        finally:
            if socket.close_code == CloseCode.TOO_SLOW:
                direct_bytes = socket.direct.held_bytes if socket.direct is not None else 0
                log.info("socket_too_slow", held_bytes=socket.outbox.waiting_bytes + direct_bytes)
            self._services.hub.leave(socket)

    async def _hello(self) -> tuple[Envelope, Hello]:
        envelopes = decode(await self._receive())
        if len(envelopes) != 1:
            raise msgspec.ValidationError("the first frame is one hello")
        payload = body(envelopes[0])
        if not isinstance(payload, Hello):
            raise msgspec.ValidationError("the first frame is a hello")
        return envelopes[0], payload

    async def _person(self, hello: Hello) -> Person | None:
        now_ms = utc_ms(self._services.clock.utc())
        if hello.token:
            token = hello.token
            return await self._services.store.read(lambda db: authenticate(db, token, now_ms))
        if self._cookie_token:
            cookie = self._cookie_token
            try:
                return await self._services.store.read(lambda db: authenticate(db, cookie, now_ms))
            except Refusal:
                # A page left open keeps reading as a visitor; hello.ack without account_id tells it.
                return None
        return None

    async def _attend_person(self, socket: RoomSocket, first: Envelope) -> int:
        # Who is closed out hears what becomes of the appeal.
        person = require(Act.OWN_MEASURES, socket.person)
        if not await self._services.store.read(lambda db: is_present(db, person)):
            return int(CloseCode.ENDED_ELSEWHERE)
        ack = HelloAck(last_seq=0, state="", viewers=0, account_id=person.account_id)
        await self._send_now(self._envelope(ack, "hello.ack", PERSONAL_ROOM, first.id))
        socket.open_after(0)
        return await self._side_by_side(socket)

    async def _attend(self, socket: RoomSocket, first: Envelope, hello: Hello) -> int:
        limit = self._services.limits.resume_facts
        is_room = len(socket.session_id) <= 64

        now_ms = utc_ms(self._services.clock.utc())

        def read(db: Db) -> tuple[bool, RoomStanding, Resume | None]:
            is_welcome = socket.person is None or is_present(db, socket.person)
            row = db.get(SessionRow, socket.session_id) if is_room else None
            if row is None:
                return is_welcome, RoomStanding(), None
            room = standing_in(db, row, socket.person.account_id if socket.person else None, now_ms)
            return is_welcome, room, read_resume(db, socket.session_id, hello.after_seq, limit)

        # The hub closes the sockets of a device that ends, or of a person who is sent out; either may have happened
        # just before this one was heard of there.
        is_welcome, room, resume = await self._services.store.read(read)
        if not is_welcome:
            return int(CloseCode.ENDED_ELSEWHERE)
        if missing(Act.WATCH, socket.person, room=room) is not None and room.removal is not None:
            revoked = Revoked(is_lasting=not room.removal.session_id)
            await self._send_now(self._envelope(revoked, "session.revoked", socket.session_id))
            return int(CloseCode.FORBIDDEN)
        if not socket.is_role_told:
            socket.role = room.role
        if resume is None:
            await self._send_now(self._refused(first.id, Refusal(ErrorCode.NOT_FOUND)))
            return int(CloseCode.FORBIDDEN)
        stats = self._services.hub.enter(socket, resume.anchor_id, resume.messages, resume.audience)
        ack = HelloAck(
            last_seq=resume.last_seq,
            state=resume.state.value,
            viewers=stats.viewers,
            peak=stats.peak,
            onlookers=stats.onlookers,
            account_id=socket.person.account_id if socket.person else None,
            role=socket.role.wire,
            muted=muted_of(room.mute, room.mute_reason) if room.mute is not None else None,
        )
        history = [self._envelope(ack, "hello.ack", socket.session_id, first.id)]
        if resume.is_reset:
            history.append(self._envelope(ack, "room.reset", socket.session_id))
        try:
            for frame in frames_of(history + resume.facts):
                async with asyncio.timeout(self._services.limits.stalled_s):
                    await self._ws.send_text(frame)
        except TimeoutError:
            return int(CloseCode.TOO_SLOW)
        socket.open_after(resume.last_seq)
        return await self._side_by_side(socket)

    async def _side_by_side(self, socket: RoomSocket) -> int:
        tasks = {
            asyncio.create_task(self._take_requests(socket), name="room-receive"),
            asyncio.create_task(self._send_out(socket), name="room-send"),
            asyncio.create_task(self._wait_for_close(socket), name="room-close"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if socket.close_code is not None:
            if socket.last_words is not None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WORDS_S):
                        await self._send_now(socket.last_words)
            return socket.close_code
        for task in done:
            task.result()
        return 1000

    async def _wait_for_close(self, socket: RoomSocket) -> None:
        await socket.closing.wait()

    async def _send_out(self, socket: RoomSocket) -> None:
        while True:
            frame = await socket.outbox.get()
            try:
                async with asyncio.timeout(self._services.limits.stalled_s):
                    await self._ws.send_text(frame.decode())
            except TimeoutError:
                socket.close(CloseCode.TOO_SLOW)
                return

    async def _take_requests(self, socket: RoomSocket) -> None:
        while True:
            frame = await self._receive()
            if self._frame_rate.take("frames") > 0:
                socket.close(CloseCode.RATE_LIMITED)
                return
            try:
                requests = decode(frame)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._refuse(socket, "", Refusal(ErrorCode.INPUT_INVALID))
                continue
            for number, request in enumerate(requests):
                # Each further one in a frame costs what a frame costs.
                if number > 0 and self._frame_rate.take("frames") > 0:
                    socket.close(CloseCode.RATE_LIMITED)
                    return
                await self._answer(socket, request)
                if socket.close_code is not None:
                    return

    async def _answer(self, socket: RoomSocket, request: Envelope) -> None:
        try:
            payload = body(request)
            if not isinstance(payload, ChatSend) or socket.session_id.startswith(PERSONAL_ROOM):
                raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "t"})
            await self._chat(socket, request, payload)
        except msgspec.ValidationError:
            self._refuse(socket, request.id, Refusal(ErrorCode.INPUT_INVALID))
        except AppError as error:
            self._refuse(socket, request.id, refusal_of(error))

    async def _chat(self, socket: RoomSocket, request: Envelope, wish: ChatSend) -> None:
        """Ask for it; the answer comes with its ticket, and meanwhile the next may be asked for."""
        person = require(Act.USE_ACCOUNT, socket.person)
        request_id = checked_request_id(request.id)
        text = checked_text(wish.text)
        wait_s = self._services.chat_rate.take(person.account_id)
        if wait_s > 0:
            # Sent again because its answer was lost: what is posted already is no new message.
            await self._services.posting.settle(socket.session_id)
            earlier = await self._services.store.read(
                lambda db: find_posted(db, socket.session_id, person, request_id, text)
            )
            if earlier is None:
                raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)
            socket.tell(self._envelope(earlier, "chat.ack", socket.session_id, request_id))
            return
        findings = self._services.checker.check(text, Place.CHAT)
        while len(self._tickets) >= MAX_UNANSWERED:
            await asyncio.wait(self._tickets, return_when=asyncio.FIRST_COMPLETED)
        ticket = self._services.posting.post(socket.session_id, Wish(person, request_id, text, findings, wish.reply_to))
        self._tickets.add(ticket)
        ticket.add_done_callback(partial(self._acknowledge, socket, request_id))

    def _acknowledge(self, socket: RoomSocket, request_id: str, ticket: Ticket) -> None:
        self._tickets.discard(ticket)
        if ticket.cancelled():
            return
        error = ticket.exception()
        if error is None:
            socket.tell(self._envelope(ticket.result(), "chat.ack", socket.session_id, request_id))
        elif isinstance(error, AppError):
            self._refuse(socket, request_id, refusal_of(error))
        else:
            # A bug, which the store has logged.
            self._refuse(socket, request_id, Refusal(ErrorCode.INTERNAL))

    def _refuse(self, socket: RoomSocket, request_id: str, refusal: Refusal) -> None:
        if self._refusal_rate.take("refusals") > 0:
            socket.close(CloseCode.RATE_LIMITED)
            return
        socket.tell(self._refused(request_id[:64], refusal, socket.session_id))

    def _refused(self, request_id: str, refusal: Refusal, room: str = "") -> Envelope:
        refused = Refused(
            request_id=request_id,
            code=refusal.code,
            message=sentence(refusal.reason, self._language),
            retry_after_ms=round((refusal.retry_after_s or 0.0) * 1000),
            detail=dict(refusal.detail),
        )
        return self._envelope(refused, "error", room, request_id)

    def _envelope(self, payload: msgspec.Struct, kind: str, room: str, request_id: str = "") -> Envelope:
        return envelope(payload, kind, id=request_id, ts=utc_ms(self._services.clock.utc()), room=room)

    async def _send_now(self, one: Envelope) -> None:
        await self._ws.send_text(encode([one]))

    async def _receive(self) -> str | bytes:
        message = await self._ws.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | bytes | None = message.get("text")
        return text if text is not None else message.get("bytes") or b""
