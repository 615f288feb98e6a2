"""What the camera saw is deleted in its time: by the decision, by the closing of the account, and else not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session as Db

from app.domain.face_check import FaceMethod, FaceState
from app.domain.liveness import LivenessState
from server.accounts import people
from server.forgetting import forget
from server.retention import DEFAULT
from server.secrets import FieldCipher
from server.store.base import Base
from server.store.identity_models import FaceCheckRow, IdentityRow
from server.store.liveness_models import LivenessFileRow, LivenessRow
from server.store.measure_models import MeasureRow
from server.store.store import Tx

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
CIPHER = FieldCipher(b"k" * 32)
DAYS = DEFAULT.face_evidence_days
SESSIONS = ("decided", "waiting", "closed", "loose", "running")


class World:
    """Sessions that all ended at one moment, but one that runs."""

    def __init__(self) -> None:
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        self.db = Db(engine, expire_on_commit=False)
        tx = Tx(self.db, BEGAN)
        self.at_ms = tx.now_ms
        self.account_id = people.add_account(tx, CIPHER, "13800138000", "A").id
        self.closed_id = people.add_account(tx, CIPHER, "13800138001", "B").id
        for name in SESSIONS:
            self.sit(name, self.closed_id if name == "closed" else self.account_id)
        self.db.add(
            MeasureRow(
                id="m", account_id=self.closed_id, kind="closing", category=6, reason="违规", taken_by="op",
                at_ms=self.at_ms, evidence_sealed=None, appeal="none",
            )
        )  # fmt: skip
        self.db.commit()

    def sit(self, name: str, account_id: str) -> None:
        self.db.add(
            IdentityRow(
                id=name, account_id=account_id, authority="local", is_register_asked=False, checked_ms=self.at_ms
            )
        )
        self.db.flush()
        has_check = name in ("decided", "waiting", "closed")
        if has_check:
            is_decided = name == "decided"
            self.db.add(
                FaceCheckRow(
                    id=name,
                    account_id=account_id,
                    identity_id=name,
                    state=(FaceState.VERIFIED if is_decided else FaceState.EVIDENCE).value,
                    method=FaceMethod.CAMERA.value,
                    created_ms=self.at_ms,
                    decided_ms=self.at_ms if is_decided else None,
                )
            )
            self.db.flush()
        is_over = name != "running"
        self.db.add(
            LivenessRow(
                id=name,
                account_id=account_id,
                identity_id=name,
                device_id="d",
                path="full",
                state=(LivenessState.LIVE if is_over else LivenessState.ISSUED).value,
                created_ms=self.at_ms,
                expires_ms=self.at_ms,
                ended_ms=self.at_ms if is_over else None,
                challenge="{}",
                key_id="k",
                actions="blink",
                public_key="ab",
                said="[1]",
                findings_sealed=CIPHER.seal("{}"),
                check_id=name if has_check else None,
            )
        )
        self.db.flush()
        if has_check:
            self.db.add(LivenessFileRow(id=name, session_id=name, number=1, label="best", size_bytes=1))

    def after(self, days: int, seconds: int = 0) -> World:
        forget(Tx(self.db, BEGAN + timedelta(days=days, seconds=seconds)), DEFAULT)
        self.db.commit()
        return self

    def files(self) -> set[str]:
        return set(self.db.scalars(select(LivenessFileRow.session_id)))

    def sessions(self) -> set[str]:
        return set(self.db.scalars(select(LivenessRow.id)))


def test_nothing_goes_a_second_too_early() -> None:
    world = World().after(DAYS, -1)
    assert world.files() == {"decided", "waiting", "closed"}
    assert world.sessions() == set(SESSIONS)


def test_what_was_decided_or_waits_for_nothing_goes_and_the_rest_stays() -> None:
    world = World().after(DAYS)
    assert world.files() == {"waiting"}
    assert world.sessions() == {"decided", "waiting", "closed", "running"}
    left = {row.id: row for row in world.db.scalars(select(LivenessRow))}
    for name in ("decided", "closed"):
        row = left[name]
        assert (row.findings_sealed, row.public_key, row.said, row.challenge) == (None, "", "[]", "")
        assert (row.state, row.ended_ms) == ("live", world.at_ms), "that there was one stays"
    assert left["waiting"].findings_sealed is not None
    assert left["running"].public_key == "ab"


def test_a_closing_that_was_lifted_deletes_nothing() -> None:
    world = World()
    world.db.get_one(MeasureRow, "m").ended_ms = world.at_ms
    assert world.after(DAYS).files() == {"waiting", "closed"}
