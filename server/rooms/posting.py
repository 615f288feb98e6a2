"""The way of chat messages to the store: what is said in a room at about the same time is written together.

Event loop; owned by the services. With one write each, judging and committing is what a flood of messages costs most;
read together, what judging needs is asked once for all of them. The pace is the fan-out's: nobody hears a message later
for having waited here for the others, as it would have waited there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from functools import partial

from app.contract.errors import ErrorCode
from app.contract.events import ChatAck
from server.errors import Refusal
from server.rooms.chat import Wish, post_messages
from server.rooms.coalesce import Coalescer
from server.store.store import Store, Tx

MAX_BATCH = 200
MAX_WAITING = 2000
"""Of one room; who comes then is asked to come again."""
Ticket = asyncio.Future[ChatAck]


@dataclass(slots=True)
class _Line:
    """Those who wait to be heard in one room."""

    pace: Coalescer = field(default_factory=Coalescer)
    waiting: deque[tuple[Wish, Ticket]] = field(default_factory=deque)
    is_busy: bool = False
    """A write is under way, or is to begin."""
    last: Ticket | None = None


class Posting:
    """Invariant: messages of a room are posted in the order in which they were asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines: dict[str, _Line] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def post(self, session_id: str, wish: Wish) -> Ticket:
        """Resolves after the commit, or raises what posting raises. Raises Refusal when too many wait."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(session_id)
        if line is None:
            self._forget_idle(loop.time())
            line = self._lines[session_id] = _Line()
        if len(line.waiting) >= MAX_WAITING:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=1)
        ticket: Ticket = loop.create_future()
        line.waiting.append((wish, ticket))
        line.last = ticket
        if not line.is_busy:
            self._begin_later(session_id, line)
        return ticket

    async def settle(self, session_id: str) -> None:
        """Wait until all that was asked for in a room until now is answered."""
        line = self._lines.get(session_id)
        if line is not None and line.last is not None:
            await asyncio.wait([line.last])

    def _begin_later(self, session_id: str, line: _Line) -> None:
        line.is_busy = True
        loop = asyncio.get_running_loop()
        loop.call_later(line.pace.delay_s(loop.time()), self._begin, session_id, line)

    def _begin(self, session_id: str, line: _Line) -> None:
        task = asyncio.get_running_loop().create_task(self._write(session_id, line), name="room-post")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, session_id: str, line: _Line) -> None:
        batch = [line.waiting.popleft() for _ in range(min(MAX_BATCH, len(line.waiting)))]
        line.pace.sent(asyncio.get_running_loop().time(), len(batch))
        work = partial(self._post, session_id=session_id, wishes=[wish for wish, _ in batch])
        try:
            outcomes: list[ChatAck | Exception] = list(await self._store.write(work))
        except Exception as error:  # whoever waits is to hear of it, each for themselves
            outcomes = [error] * len(batch)
        line.is_busy = False
        if line.waiting:
            self._begin_later(session_id, line)
        for (_, ticket), outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                ticket.set_exception(outcome)
            else:
                ticket.set_result(outcome)

    def _post(self, tx: Tx, session_id: str, wishes: list[Wish]) -> list[ChatAck | Refusal]:
        outcomes = post_messages(tx, session_id, wishes)
        for outcome in outcomes:
            if isinstance(outcome, Refusal) and outcome.attempt is not None:
                self._store.on_attempt(tx, outcome)
        return outcomes

    def _forget_idle(self, now_s: float) -> None:
        for session_id, line in list(self._lines.items()):
            if not line.is_busy and line.pace.is_idle(now_s):
                del self._lines[session_id]
