"""What the ingest asks and reports. Store thread, inside a write.

A publication is one connection. The session is live while one with its stream key has started and not
stopped. Reports may be repeated, and come late: each is judged by the connection it names. That a connection
has stopped is final when the ingest said so; when it was only missed, the ingest may say that it is there after all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.hooks import PublishAsk, PublisherFact, PublishFact, PublishGrant
from app.domain.session import SessionState
from server.errors import Refusal
from server.secrets import digest
from server.sessions import probe_keys
from server.sessions.keys import TAG_CHARS
from server.sessions.transitions import move
from server.store.models import KeyRow, PublicationRow, SessionRow
from server.store.store import Tx

PUBLISH_APP = "live"
ABSENT_AFTER_MS = 5000
"""A connection that started this recently may not be in the ingest's list yet."""
ABSENT = "absent"
"""Stop reason of a connection that was missed: the only one that is not the ingest's word."""
MAX_NAMED = 500
"""Of ids in one question to the database, which takes so many parameters only."""


def authorize(tx: Tx, ask: PublishAsk, platform_tag: str, max_kbps: int) -> PublishGrant:
    """Raises Refusal: key_foreign, key_unknown or key_dead."""
    if ask.app != PUBLISH_APP:
        raise Refusal(ErrorCode.KEY_FOREIGN)
    key = tx.db.scalar(select(KeyRow).where(KeyRow.hash == digest(ask.key)))
    probe = probe_keys.find(tx, ask.key) if key is None else None
    if probe is not None:
        # It has no session, and of its connections nothing is kept: nothing can come of it.
        return PublishGrant(
            key_id=probe.id, session_id="", connection_id=ask.connection_id[:128], is_probe=True, max_kbps=max_kbps
        )  # fmt: skip
    if key is None:
        tag, dash, _rest = ask.key.partition("-")
        is_foreign = bool(dash) and len(tag) == TAG_CHARS and tag != platform_tag and _is_hex(tag)
        raise Refusal(ErrorCode.KEY_FOREIGN if is_foreign else ErrorCode.KEY_UNKNOWN)
    session = tx.db.get_one(SessionRow, key.session_id)
    if key.dead_ms is not None or session.state == SessionState.ENDED:
        raise Refusal(ErrorCode.KEY_DEAD)
    connection_id = ask.connection_id[:128]
    publication = tx.db.get(PublicationRow, connection_id)
    if publication is None:
        tx.db.add(
            PublicationRow(
                connection_id=connection_id,
                key_id=key.id,
                session_id=session.id,
                authorized_ms=tx.now_ms,
            )
        )
    elif publication.key_id != key.id:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    return PublishGrant(
        key_id=key.id,
        session_id=session.id,
        connection_id=connection_id,
        is_probe=False,
        max_kbps=max_kbps,
    )


def started(tx: Tx, fact: PublishFact) -> None:
    """The first key frame arrived; also repeated for what is connected after a restart. Raises Refusal (key_dead)."""
    publication = _publication(tx, fact)
    key = tx.db.get_one(KeyRow, publication.key_id)
    session = tx.db.get_one(SessionRow, publication.session_id)
    if key.dead_ms is not None or session.state == SessionState.ENDED:
        raise Refusal(ErrorCode.KEY_DEAD)
    if publication.stopped_ms is not None:
        if publication.stop_reason != ABSENT:
            return
        publication.stopped_ms = publication.stop_reason = None
    if publication.started_ms is None:
        publication.started_ms = tx.now_ms
    # One publisher holds a key at a time: whatever else was open has been replaced, even if nobody said so.
    for other in _open_publications(tx, session.id):
        if other.connection_id != publication.connection_id and other.authorized_ms <= publication.authorized_ms:
            other.stopped_ms = tx.now_ms
            other.stop_reason = "replaced"
    if session.state in (SessionState.PREPARING, SessionState.INTERRUPTED):
        move(tx, session, SessionState.LIVE)


def stopped(tx: Tx, fact: PublishFact) -> None:
    """The connection is gone. Unknown ones are no fault: the report is about the past."""
    publication = tx.db.get(PublicationRow, fact.connection_id[:128])
    if publication is None or publication.key_id != fact.key_id:
        return
    if publication.stopped_ms is not None and publication.stop_reason != ABSENT:
        return
    publication.stopped_ms = tx.now_ms
    publication.stop_reason = fact.reason[:200]
    _interrupt_when_silent(tx, publication.session_id)


def grants(db: Db, max_kbps: int) -> list[PublishGrant]:
    """Of every connection that is not known to be gone and whose key lives."""
    rows = db.execute(
        select(PublicationRow)
        .join(KeyRow, PublicationRow.key_id == KeyRow.id)
        .where(PublicationRow.stopped_ms.is_(None), KeyRow.dead_ms.is_(None))
        .order_by(PublicationRow.authorized_ms)
    ).scalars()
    return [
        PublishGrant(
            key_id=row.key_id,
            session_id=row.session_id,
            connection_id=row.connection_id,
            is_probe=False,
            max_kbps=max_kbps,
        )
        for row in rows
    ]


def reconcile(tx: Tx, found: Collection[PublisherFact]) -> list[str]:
    """Take the ingest's word for which connections exist and have started: what is not among them has stopped.

    Returns ids of keys that are publishing though they are dead, and must be dropped. This heals what a crash
    of either side or a lost report left behind; without it a session would stay live with nobody publishing,
    or be waited for while somebody does.
    """
    probe_keys.run_out(tx)
    connected = {fact.connection_id for fact in found}
    silent = _miss(tx, lambda one: one.connection_id in connected)
    living = _living_keys(tx, {fact.key_id for fact in found})
    dead = {fact.key_id for fact in found} - living
    dead -= probe_keys.living_of(tx, dead)
    running = set(
        tx.db.scalars(
            select(PublicationRow.connection_id).where(
                PublicationRow.started_ms.is_not(None), PublicationRow.stopped_ms.is_(None)
            )
        )
    )
    for fact in found:
        if fact.has_started and fact.key_id in living and fact.connection_id not in running:
            try:
                started(tx, fact)
            except Refusal:
                dead.add(fact.key_id)
    for session_id in sorted(silent):
        _interrupt_when_silent(tx, session_id)
    return sorted(dead)


def lose_sight(tx: Tx) -> None:
    """The ingest has been away for long: nothing is known to be published. When it is back it says what there is."""
    for session_id in sorted(_miss(tx, lambda _one: False)):
        _interrupt_when_silent(tx, session_id)


def ended_of(db: Db, session_ids: Collection[str]) -> list[str]:
    """Those of the sessions that have ended."""
    ended: list[str] = []
    for part in _parts(session_ids):
        query = select(SessionRow.id).where(SessionRow.id.in_(part), SessionRow.state == SessionState.ENDED.value)
        ended.extend(db.scalars(query))
    return ended


def _miss(tx: Tx, is_there: Callable[[PublicationRow], bool]) -> set[str]:
    """Mark what is not there. Returns the sessions that may have nobody publishing now."""
    sessions: set[str] = set()
    for publication in tx.db.scalars(select(PublicationRow).where(PublicationRow.stopped_ms.is_(None))):
        began_ms = publication.started_ms or publication.authorized_ms
        if is_there(publication) or tx.now_ms - began_ms < ABSENT_AFTER_MS:
            continue
        publication.stopped_ms = tx.now_ms
        publication.stop_reason = ABSENT
        sessions.add(publication.session_id)
    tx.db.flush()
    return sessions


def _living_keys(tx: Tx, key_ids: Collection[str]) -> set[str]:
    living: set[str] = set()
    for part in _parts(key_ids):
        living.update(tx.db.scalars(select(KeyRow.id).where(KeyRow.id.in_(part), KeyRow.dead_ms.is_(None))))
    return living


def _parts(ids: Iterable[str]) -> Iterable[list[str]]:
    listed = sorted(ids)
    return (listed[at : at + MAX_NAMED] for at in range(0, len(listed), MAX_NAMED))


def _publication(tx: Tx, fact: PublishFact) -> PublicationRow:
    """Of the connection; made now when the ingest let it in by an earlier grant while the service was away."""
    connection_id = fact.connection_id[:128]
    publication = tx.db.get(PublicationRow, connection_id)
    key = tx.db.get(KeyRow, fact.key_id[:64])
    if key is None or key.session_id != fact.session_id:
        raise Refusal(ErrorCode.KEY_UNKNOWN)
    if publication is None:
        publication = PublicationRow(
            connection_id=connection_id,
            key_id=key.id,
            session_id=key.session_id,
            authorized_ms=tx.now_ms,
        )
        tx.db.add(publication)
        tx.db.flush()
    if publication.key_id != key.id:
        raise Refusal(ErrorCode.KEY_UNKNOWN)
    return publication


def _open_publications(tx: Tx, session_id: str) -> list[PublicationRow]:
    return list(
        tx.db.scalars(
            select(PublicationRow).where(
                PublicationRow.session_id == session_id,
                PublicationRow.started_ms.is_not(None),
                PublicationRow.stopped_ms.is_(None),
            )
        )
    )


def _interrupt_when_silent(tx: Tx, session_id: str) -> None:
    tx.db.flush()
    session = tx.db.get_one(SessionRow, session_id)
    if session.state == SessionState.LIVE and not _open_publications(tx, session_id):
        move(tx, session, SessionState.INTERRUPTED)


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdef" for char in text)
