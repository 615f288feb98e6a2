"""What is deleted when, by a clock that is moved: nothing too early, everything in time, and nothing else."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import func, select

from app.domain.face_check import FaceState
from server.retention import DEFAULT, Retention
from server.store.identity_models import FaceStepRow, IdentityRow
from server.store.measure_models import MeasureRow
from server.store.models import MessageRow
from server.store.report_models import ComplaintRow, ProofRow, ReportRow
from server.store.way_models import ApplicationRow, InboxRow
from tests.unit.server.forgetting_world import CIPHER, MEASURES, World


@pytest.mark.parametrize(
    ("what", "days"),
    [
        ("former_identity", 30),
        ("identity_attempts", 30),
        ("face_evidence", 30),
        ("drafts", 180),
        ("inbox", 180),
        ("tokens", 30),
        ("probes", 1),
        ("repeats", 1),
        ("measures", 180),
        ("reports", 180),
        ("complaints", 180),
        ("loose_proofs", 1),
        ("chat", 60),
    ],
)
def test_each_is_kept_as_long_as_is_said_and_no_longer(what: str, days: int) -> None:
    world = World()
    made = world.after(0)
    assert made[what] > 0
    assert world.after(days - 0.001)[what] == made[what]
    assert world.after(days)[what] == 0
    assert getattr(DEFAULT, f"{what}_days") == days


def test_what_counts_still_is_kept_for_good() -> None:
    world = World()
    world.after(10_000)
    db = world.db
    current = db.get_one(IdentityRow, "current")
    assert CIPHER.open(current.number_sealed or "") == "110000199003070028"
    assert db.get(IdentityRow, "former") is not None, "that there was one stays"
    assert db.get_one(IdentityRow, "former").name_sealed is None
    assert db.get_one(IdentityRow, "former").number_hash is None
    pending = [state.value for state in FaceState if state.is_pending]
    kept = db.scalars(select(FaceStepRow.note_sealed).where(FaceStepRow.check_id.in_(pending)))
    assert all(note is not None for note in kept), "what is not decided yet is still needed"
    assert db.scalar(select(func.count()).select_from(FaceStepRow)) == len(FaceState)
    assert db.get(ApplicationRow, "sent") is not None
    for name in MEASURES:
        row = db.get_one(MeasureRow, name)
        is_needed = name in ("lasts", "open")
        assert (row.evidence_sealed is not None, row.appeal_sealed is not None) == (is_needed, is_needed)
        assert row.reason == "违规", "that it was taken stays, with its reason"
    waits = db.get_one(ReportRow, "taken")
    assert waits.text_sealed is not None
    assert waits.transcript_sealed is not None, "what is not decided yet is still needed"
    assert db.get_one(ReportRow, "upheld").answer == "已处理", "that there was one stays, with its answer"
    assert db.get_one(ComplaintRow, "open").claimant_sealed is not None
    assert db.get(ProofRow, "proof-open") is not None
    erased = db.get_one(ComplaintRow, "upheld")
    sealed = (erased.claimant_sealed, erased.contact_sealed, erased.description_sealed, erased.links_sealed)
    assert (sealed, erased.answer) == ((None,) * 4, "已处理")
    assert db.get(MessageRow, "m-live") is not None
    assert db.scalar(select(func.max(InboxRow.number))) == 2, "numbers go on counting"


def test_other_terms_hold_when_they_are_given() -> None:
    assert World().after(2, Retention(chat_days=2))["chat"] == 0
    assert World().after(2, Retention(chat_days=3))["chat"] == 2
    assert all(isinstance(getattr(DEFAULT, one.name), int) for one in fields(Retention))
