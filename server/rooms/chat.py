"""Chat messages: what may be posted, posting once, reading back. Store threads, inside a write or a read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, func, literal, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.events import MAX_CHAT_CHARS, ChatAck, ChatHeld
from app.contract.rest import ChatMessage
from app.domain.room.roles import RoomRole, may_moderate
from app.domain.room.rules import Policy, RoomRules
from app.domain.session import SessionState
from server.accounts.presence import present_devices
from server.conduct.checker import Finding, Label, strongest
from server.effects import ModeratorsTold
from server.errors import Refusal
from server.gate import Person, RoomStanding, Subject, require
from server.gate_acts import Act
from server.measures import telling
from server.rooms.book import book_of
from server.rooms.facts import new_fact, post_fact
from server.rooms.messages import Writing
from server.rooms.people import standings_in
from server.rooms.words import has_word
from server.secrets import new_id
from server.store.models import AccountRow, FactRow, MessageRow, SessionRow
from server.store.question_models import QuestionRow
from server.store.room_models import HeldRow
from server.store.store import Tx
from server.text import plain_text

MAX_REQUEST_ID_CHARS = 64
Posted = tuple[str, int, str]
"""Of a request that was carried out before: id, number (0: it waits) and text."""


_SESSION: BindParameter[str] = bindparam("session")
_AUTHORS: BindParameter[Sequence[str]] = bindparam("authors", expanding=True)
_REQUESTS: BindParameter[Sequence[str]] = bindparam("requests", expanding=True)
_EARLIER = tuple(
    select(kind.author_id, kind.request_id, kind.id, seq, kind.text).where(
        kind.session_id == _SESSION, kind.author_id.in_(_AUTHORS), kind.request_id.in_(_REQUESTS)
    )
    # Released ones are in both: as a message they have a number, and count last.
    for kind, seq in ((HeldRow, literal(0)), (MessageRow, MessageRow.seq))
)
_NAMES = select(AccountRow.id, AccountRow.nickname).where(AccountRow.id.in_(_AUTHORS))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to say. ``findings``: of the conduct checker."""

    person: Person
    request_id: str
    text: str
    findings: tuple[Finding, ...] = ()
    reply_to: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.person.account_id, self.request_id


def checked_text(raw: str, max_chars: int = MAX_CHAT_CHARS) -> str:
    """The text as it is posted. Raises Refusal when it is empty or too long."""
    if len(raw) > 8 * max_chars:
        raise Refusal(ErrorCode.MESSAGE_TOO_LONG, detail={"max_chars": max_chars})
    text = plain_text(raw)
    if not text:
        raise Refusal(ErrorCode.MESSAGE_EMPTY)
    if len(text) > max_chars:
        raise Refusal(ErrorCode.MESSAGE_TOO_LONG, detail={"max_chars": max_chars})
    return text


def checked_request_id(request_id: str) -> str:
    """The idempotency key. Raises Refusal when it is none."""
    if not 1 <= len(request_id) <= MAX_REQUEST_ID_CHARS or not request_id.isprintable():
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "id"})
    return request_id


def find_posted(db: Db, session_id: str, person: Person, request_id: str, text: str) -> ChatAck | None:
    """The acknowledgement of a request that was carried out before. Raises Refusal when it had another text."""
    wish = Wish(person, request_id, text)
    return _acknowledged(wish, _posted(db, session_id, [wish]).get(wish.key))


def post_message(
    tx: Tx,
    session_id: str,
    person: Person,
    request_id: str,
    text: str,
    findings: tuple[Finding, ...] = (),
    reply_to: str | None = None,
) -> ChatAck:
    """Post ``text`` once, however often the request comes; or hold it, where the rules say so. Raises Refusal."""
    outcome = post_messages(tx, session_id, [Wish(person, request_id, text, findings, reply_to)])[0]
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def post_messages(tx: Tx, session_id: str, wishes: Sequence[Wish]) -> list[ChatAck | Refusal]:
    """What was said in one room, in its order: each is judged by itself, and all that judging needs is read once.

    What is prohibited is refused to everybody.
    """
    row = tx.db.get(SessionRow, session_id)
    if row is None:
        return [Refusal(ErrorCode.NOT_FOUND) for _ in wishes]
    batch = _Batch(tx, row, wishes)
    outcomes: list[ChatAck | Refusal] = []
    for wish in wishes:
        try:
            outcomes.append(batch.post(wish))
        except Refusal as refusal:
            telling.tell_refused(tx, refusal)
            outcomes.append(refusal)
    batch.write()
    return outcomes


class _Batch:
    """Messages of one room that are written together."""

    def __init__(self, tx: Tx, row: SessionRow, wishes: Sequence[Wish]) -> None:
        self._tx = tx
        self._row = row
        people = {wish.person.account_id: wish.person.roles for wish in wishes}
        self._posted = _posted(tx.db, row.id, wishes)
        self._present = present_devices(tx.db, {wish.person.device_id for wish in wishes})
        self._standings = standings_in(tx.db, row, people, tx.now_ms)
        self._names = {row.id: row.nickname for row in tx.db.execute(_NAMES, {"authors": list(people)})}
        self._rules = book_of(tx.db, row).rules
        self._spoke: set[str] = set()
        self._writing = Writing(tx.db)
        self._messages: list[MessageRow] = []
        self._facts: list[FactRow] = []

    def post(self, wish: Wish) -> ChatAck:
        """It is posted, or held, with ``write``. Raises Refusal."""
        earlier = _acknowledged(wish, self._posted.get(wish.key))
        if earlier is not None:
            return earlier
        row, person = self._row, wish.person
        if person.device_id not in self._present:
            raise Refusal(ErrorCode.DEVICE_ENDED)
        room = self._standings[person.account_id]
        require(Act.CHAT, person, Subject(row.anchor_id, SessionState(row.state), id=row.id), room=room)
        _require_reply(self._tx, row, wish.reply_to)
        label = strongest(wish.findings)
        if label in (Label.PROHIBITED, Label.IMPERSONATION):
            raise Refusal(ErrorCode.TEXT_REFUSED, detail={"field": "text", "label": label.value})
        why = None
        if not may_moderate(room.role):
            self._require_patience(person)
            why = _why_suspicious(self._tx, row, wish.text, label, self._rules)
        name = self._names[person.account_id]
        ack = self._say(wish, name, room.role) if why is None else _hold(self._tx, row, wish, name, why)
        self._spoke.add(person.account_id)
        self._posted[wish.key] = (ack.message_id, ack.seq, wish.text)
        return ack

    def write(self) -> None:
        """Messages first: the facts point at them."""
        self._tx.db.add_all(self._messages)
        self._tx.db.flush()
        self._tx.db.add_all(self._facts)

    def _say(self, wish: Wish, name: str, role: RoomRole) -> ChatAck:
        message = _message(self._tx, self._row, wish.person.account_id, name, wish.request_id, wish.text, wish.reply_to)
        self._row.message_count += 1
        body = self._writing.posted(message, role.wire)
        self._messages.append(message)
        self._facts.append(new_fact(self._tx, self._row, "chat.posted", body, message.id))
        return ChatAck(request_id=wish.request_id, message_id=message.id, seq=message.seq)

    def _require_patience(self, person: Person) -> None:
        slow_s = self._rules.slow_s
        if not slow_s:
            return
        if person.account_id in self._spoke:
            raise Refusal(ErrorCode.SLOW_MODE, retry_after_s=slow_s, detail={"slow_s": slow_s})
        _require_patience(self._tx, self._row, person, slow_s)


def why_held(
    tx: Tx, row: SessionRow, person: Person, room: RoomStanding, text: str, findings: tuple[Finding, ...]
) -> str | None:
    """Why a text has to wait for a moderator; None: it need not. Raises Refusal: text_refused, slow_mode."""
    label = strongest(findings)
    if label in (Label.PROHIBITED, Label.IMPERSONATION):
        raise Refusal(ErrorCode.TEXT_REFUSED, detail={"field": "text", "label": label.value})
    if may_moderate(room.role):
        return None
    rules = book_of(tx.db, row).rules
    _require_patience(tx, row, person, rules.slow_s)
    return _why_suspicious(tx, row, text, label, rules)


def add_message(
    tx: Tx, row: SessionRow, author_id: str, name: str, request_id: str, text: str, reply_to: str | None = None
) -> MessageRow:
    """It is in the room from now on."""
    message = _message(tx, row, author_id, name, request_id, text, reply_to)
    tx.db.add(message)
    tx.db.flush()
    row.message_count += 1
    post_fact(tx, row, "chat.posted", Writing(tx.db).posted(message), message.id)
    return message


def _message(
    tx: Tx, row: SessionRow, author_id: str, name: str, request_id: str, text: str, reply_to: str | None
) -> MessageRow:
    return MessageRow(
        id=new_id(),
        session_id=row.id,
        seq=row.last_seq + 1,
        author_id=author_id,
        author_name=name,
        is_anchor=row.anchor_id == author_id,
        text=text,
        sent_ms=tx.now_ms,
        request_id=request_id,
        reply_to=reply_to,
    )


def read_messages(db: Db, session_id: str, after_seq: int, limit: int) -> list[ChatMessage]:
    """Messages after a number that are shown, oldest first. Raises Refusal when there is no such session."""
    if db.get(SessionRow, session_id) is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    rows = db.scalars(
        select(MessageRow)
        .where(
            MessageRow.session_id == session_id,
            MessageRow.seq > after_seq,
            MessageRow.hidden_ms.is_(None),
            MessageRow.deleted_ms.is_(None),
        )
        .order_by(MessageRow.seq)
        .limit(limit)
    )
    writing = Writing(db)
    return [writing.to_wire(row) for row in rows]


def _posted(db: Db, session_id: str, wishes: Sequence[Wish]) -> dict[tuple[str, str], Posted]:
    """What was posted or held before under the same keys."""
    asked = {
        "session": session_id,
        "authors": list({wish.person.account_id for wish in wishes}),
        "requests": list({wish.request_id for wish in wishes}),
    }
    found: dict[tuple[str, str], Posted] = {}
    for statement in _EARLIER:
        found.update({(row[0], row[1]): (row[2], row[3], row[4]) for row in db.execute(statement, asked)})
    return found


def _acknowledged(wish: Wish, known: Posted | None) -> ChatAck | None:
    """Raises Refusal when the same request had another text."""
    if known is None:
        return None
    message_id, seq, text = known
    if text != wish.text:
        raise Refusal(ErrorCode.IDEMPOTENCY_MISMATCH)
    return ChatAck(request_id=wish.request_id, message_id=message_id, seq=seq, is_held=seq == 0)


def _require_reply(tx: Tx, row: SessionRow, reply_to: str | None) -> None:
    """What is answered is shown in the same room."""
    if reply_to is None:
        return
    answered = tx.db.get(MessageRow, reply_to)
    if answered is None or answered.session_id != row.id or answered.is_gone:
        raise Refusal(ErrorCode.NOT_FOUND, detail={"field": "reply_to"})


def _require_patience(tx: Tx, row: SessionRow, person: Person, slow_s: int) -> None:
    if not slow_s:
        return
    wait_ms = 0
    for kind in (MessageRow, HeldRow, QuestionRow):
        mine = select(func.max(kind.sent_ms)).where(kind.session_id == row.id, kind.author_id == person.account_id)
        wait_ms = max(wait_ms, (tx.db.scalar(mine) or 0) + slow_s * 1000 - tx.now_ms)
    if wait_ms > 0:
        raise Refusal(ErrorCode.SLOW_MODE, retry_after_s=wait_ms / 1000, detail={"slow_s": slow_s})


def _why_suspicious(tx: Tx, row: SessionRow, text: str, label: Label | None, rules: RoomRules) -> str | None:
    """Why it has to wait; None: it need not. Raises Refusal where such messages are refused."""
    found = []
    if label is not None and rules.contacts is not Policy.ALLOW:
        found.append((rules.contacts, label.value))
    if rules.words is not Policy.ALLOW and has_word(text, book_of(tx.db, row).words):
        found.append((rules.words, "word"))
    if any(policy is Policy.REFUSE for policy, _ in found):
        raise Refusal(ErrorCode.TEXT_REFUSED, detail={"field": "text", "label": found[0][1]})
    return found[0][1] if found else None


def _hold(tx: Tx, row: SessionRow, wish: Wish, name: str, why: str) -> ChatAck:
    held = HeldRow(
        id=new_id(),
        session_id=row.id,
        author_id=wish.person.account_id,
        author_name=name,
        text=wish.text,
        why=why,
        sent_ms=tx.now_ms,
        request_id=wish.request_id,
        state="waiting",
    )
    tx.db.add(held)
    tx.db.flush()
    tell_held(tx, held)
    return ChatAck(request_id=wish.request_id, message_id=held.id, seq=0, is_held=True)


def tell_held(tx: Tx, held: HeldRow) -> None:
    """To who moderates: it waits, or waits no more."""
    body = ChatHeld(held.id, held.author_id, held.author_name, held.text, held.why, held.sent_ms, held.state)
    tx.effects.append(ModeratorsTold(held.session_id, "chat.held", body))
