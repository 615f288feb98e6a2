"""What is kept of a measure counts from when its person could read it; what it deleted goes with its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session as Db

from server.accounts import people
from server.forgetting import forget
from server.retention import DAY_MS, DEFAULT
from server.secrets import FieldCipher
from server.store.base import Base
from server.store.measure_models import MeasureRow, PieceRow
from server.store.models import SessionRow
from server.store.store import Tx

CIPHER = FieldCipher(b"k" * 32)
START = datetime(2026, 1, 5, tzinfo=UTC)
TERM = timedelta(milliseconds=DEFAULT.measures_days * DAY_MS)
LATE = timedelta(days=30)


@pytest.fixture
def db() -> Iterator[Db]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Db(engine, expire_on_commit=False) as found:
        tx = Tx(found, START)
        account = people.add_account(tx, CIPHER, "13900000011", "林晓")
        found.add(
            SessionRow(
                id="s", anchor_id=account.id, title="t", category="other", state="live", created_ms=tx.now_ms,
                starts_ms=tx.now_ms, length_min=60,
            )
        )  # fmt: skip
        found.flush()
        for name, kind, told, ended_ms in (
            ("early", "authorities", timedelta(0), None),
            ("late", "authorities", LATE, None),
            ("never", "authorities", None, None),
            ("deleted", "deletion", timedelta(0), None),
            ("back", "deletion", timedelta(0), tx.now_ms),
        ):
            told_ms = round((START + told).timestamp() * 1000) if told is not None else None
            found.add(
                MeasureRow(
                    id=name, account_id=account.id, kind=kind, category=6, reason="违规", taken_by="op",
                    evidence_sealed=CIPHER.seal('["说过的话"]'), at_ms=tx.now_ms, told_ms=told_ms, ended_ms=ended_ms,
                )
            )  # fmt: skip
            found.flush()
            for number, piece in enumerate(("title", "message")):
                found.add(
                    PieceRow(
                        measure_id=name, number=number, kind=piece, subject_id="s", session_id="s",
                        text_sealed=CIPHER.seal("标题"),
                    )
                )  # fmt: skip
        found.commit()
        yield found
    engine.dispose()


def kept(db: Db, now: datetime) -> set[str]:
    """Of which measures evidence and messages are there: both, or neither."""
    forget(Tx(db, now), DEFAULT)
    db.commit()
    db.expire_all()
    names = ("early", "late", "never", "deleted", "back")
    evidence = {name for name in names if db.get_one(MeasureRow, name).evidence_sealed is not None}
    assert evidence == {name for name in names if db.get_one(PieceRow, (name, 1)).text_sealed is not None}
    titles = {name for name in names if db.get_one(PieceRow, (name, 0)).text_sealed is not None}
    assert titles == evidence | {"deleted"}, "what may have to be put back is needed still"
    return evidence


def test_what_was_told_late_is_kept_as_long_from_then(db: Db) -> None:
    assert kept(db, START + TERM - timedelta(seconds=1)) == {"early", "late", "never", "deleted", "back"}
    assert kept(db, START + TERM) == {"late"}
    assert kept(db, START + TERM + LATE) == set()
    assert db.get_one(MeasureRow, "late").reason == "违规", "that it was taken stays, with its reason"
