"""What is deleted when, by a clock that is moved: nothing too early, everything in time, and nothing else."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session as Db

from app.contract.inbox import InboxKind
from app.contract.rest import Category
from app.domain.application import ApplicationState
from app.domain.face_check import FaceMethod, FaceState
from app.domain.session import SessionState
from server.accounts import people
from server.forgetting import SESSIONS_AT_A_TIME, forget
from server.inbox.post import post
from server.retention import DEFAULT, Retention
from server.rooms.facts import read_resume
from server.secrets import FieldCipher
from server.store.base import Base
from server.store.identity_models import FaceCheckRow, FaceStepRow, IdentityAttemptRow, IdentityRow
from server.store.measure_models import MeasureRow
from server.store.models import FactRow, IdempotencyRow, MessageRow, ProbeKeyRow, RefreshRow, SessionRow
from server.store.question_models import QuestionRow, QuestionSecondRow
from server.store.report_models import ComplaintRow, ProofRow, ReportClipRow, ReportRow
from server.store.room_models import ActionRow, HeldRow, RestrictionRow, RoomRulesRow
from server.store.store import Tx
from server.store.way_models import ApplicationRow, InboxRow

MEASURES: dict[str, dict[str, Any]] = {
    "once": {},
    "over": {"kind": "limit_chat"},
    "lasts": {"kind": "closing", "lasts": True},
    "open": {"kind": "limit_chat", "appeal": "open"},
}
BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
CIPHER = FieldCipher(b"k" * 32)


class World:
    """A database in which everything that is ever deleted was made at one moment."""

    def __init__(self) -> None:
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        self.db = Db(engine, expire_on_commit=False)
        tx = Tx(self.db, BEGAN)
        self.at_ms = tx.now_ms
        self.account_id = people.add_account(tx, CIPHER, "13800138000", "A").id
        former = self.identity("former", ended_ms=self.at_ms)
        current = self.identity("current", ended_ms=None)
        self.db.add_all((former, current))
        self.db.add(IdentityAttemptRow(id="t", account_id=self.account_id, at_ms=self.at_ms, outcome="checked"))
        self.db.flush()
        for state in FaceState:
            is_decided = not state.is_pending
            self.db.add(self.check(state, current.id, self.at_ms if is_decided else None))
            self.db.flush()
            self.db.add(
                FaceStepRow(
                    check_id=state.value,
                    number=1,
                    state=state.value,
                    at_ms=self.at_ms,
                    actor_id="op",
                    comment="告知",
                    note_sealed=CIPHER.seal("见到本人"),
                )
            )
        for name in ("sent", "draft"):
            self.db.add(self.application(name))
        for name, more in MEASURES.items():
            self.db.add(self.measure(name, **more))
        post(tx, self.account_id, InboxKind.APPLICATION_RECEIVED, {})
        post(tx, self.account_id, InboxKind.APPLICATION_RECEIVED, {})
        self.db.add(RefreshRow(hash="h", device_id="d", expires_ms=self.at_ms + 30 * 24 * 3600 * 1000))
        self.db.add(
            IdempotencyRow(account_id=self.account_id, key="k", request_hash="r", subject_id="s", created_ms=self.at_ms)
        )
        self.db.add(ProbeKeyRow(id="p", hash="h", device_id="d", created_ms=self.at_ms, measured_kbps=4000.0))
        for name in ("ended", "live"):
            self.room(name)
        self.db.flush()
        for name in ("taken", "upheld", "withdrawn"):
            self.db.add(self.report(name))
            self.db.flush()
            self.db.add(self.clip(name))
        for name in ("open", "upheld"):
            self.db.add(self.complaint(name))
        self.db.flush()
        for complaint_id in ("open", "upheld", None):
            self.db.add(self.proof(complaint_id))
        self.db.flush()

    def identity(self, name: str, ended_ms: int | None) -> IdentityRow:
        return IdentityRow(
            id=name,
            account_id=self.account_id,
            name_sealed=CIPHER.seal("张三"),
            number_sealed=CIPHER.seal("110000199003070028"),
            number_hash=name,
            authority="local",
            is_register_asked=False,
            checked_ms=self.at_ms,
            ended_ms=ended_ms,
        )

    def check(self, state: FaceState, identity_id: str, decided_ms: int | None) -> FaceCheckRow:
        return FaceCheckRow(
            id=state.value,
            account_id=self.account_id,
            identity_id=identity_id,
            state=state.value,
            method=FaceMethod.LIVE_CALL.value,
            created_ms=self.at_ms,
            decided_ms=decided_ms,
        )

    def clip(self, report_id: str) -> ReportClipRow:
        facts = {"duration_ms": 30_000, "width_px": 1280, "height_px": 720, "has_sound": True, "size_bytes": 1}
        return ReportClipRow(id=report_id, report_id=report_id, sha256="c", uploaded_ms=self.at_ms, **facts)

    def measure(self, name: str, *, kind: str = "warning", lasts: bool = False, appeal: str = "none") -> MeasureRow:
        return MeasureRow(
            id=name,
            account_id=self.account_id,
            kind=kind,
            category=6,
            reason="违规",
            evidence_sealed=CIPHER.seal('["说过的话"]'),
            taken_by="op",
            at_ms=self.at_ms,
            until_ms=None if lasts or kind == "warning" else self.at_ms,
            appeal=appeal,
            appeal_sealed=CIPHER.seal("我的话"),
        )

    def report(self, state: str) -> ReportRow:
        return ReportRow(
            id=state, session_id="ended", reporter_id=self.account_id, target_kind="message", target_id="m-ended",
            account_id=self.account_id, target_name="A", category=6, text_sealed=CIPHER.seal("骂人"),
            transcript_sealed=CIPHER.seal("[]"), state=state, at_ms=self.at_ms,
            handled_ms=None if state == "taken" else self.at_ms, answer="已处理",
        )  # fmt: skip

    def complaint(self, state: str) -> ComplaintRow:
        return ComplaintRow(
            id=state,
            account_id=self.account_id,
            right="copyright",
            claimant_sealed=CIPHER.seal("出版社"),
            contact_sealed=CIPHER.seal("13700137001"),
            description_sealed=CIPHER.seal("说明"),
            links_sealed=CIPHER.seal("[]"),
            state=state,
            at_ms=self.at_ms,
            handled_ms=None if state == "open" else self.at_ms,
            answer="已处理",
        )

    def proof(self, complaint_id: str | None) -> ProofRow:
        return ProofRow(
            id=f"proof-{complaint_id}",
            account_id=self.account_id,
            complaint_id=complaint_id,
            kind="rights",
            width_px=600,
            height_px=600,
            size_bytes=1,
            sha256="0",
            uploaded_ms=self.at_ms,
        )

    def application(self, name: str) -> ApplicationRow:
        state = ApplicationState.DRAFT if name == "draft" else ApplicationState.SUBMITTED
        return ApplicationRow(
            id=name,
            account_id=self.account_id,
            kind="first",
            state=state.value,
            form_sealed=CIPHER.seal("{}"),
            revision=0,
            created_ms=self.at_ms,
            saved_ms=self.at_ms,
        )

    def room(self, name: str) -> None:
        is_over = name == "ended"
        self.db.add(
            SessionRow(
                id=name,
                anchor_id=self.account_id,
                title="t",
                category=Category.OTHER.value,
                state=(SessionState.ENDED if is_over else SessionState.LIVE).value,
                created_ms=self.at_ms,
                starts_ms=self.at_ms,
                length_min=60,
                ended_ms=self.at_ms if is_over else None,
                last_seq=1,
                message_count=1,
            )
        )
        self.db.flush()
        self.db.add(
            MessageRow(
                id=f"m-{name}",
                session_id=name,
                seq=1,
                author_id=self.account_id,
                author_name="A",
                is_anchor=True,
                text="说过的话",
                sent_ms=self.at_ms,
                request_id="r",
            )
        )
        self.db.flush()
        self.db.add(FactRow(session_id=name, seq=1, kind="chat.posted", at_ms=self.at_ms, message_id=f"m-{name}"))

    def after(self, days: float, terms: Retention = DEFAULT) -> dict[str, int]:
        """What is left when the job runs so long after."""
        forget(Tx(self.db, BEGAN + timedelta(days=days)), terms)
        self.db.expire_all()

        def count(what: object, *where: object) -> int:
            query = select(func.count()).select_from(what)  # type: ignore[arg-type]
            return self.db.scalar(query.where(*where)) or 0  # type: ignore[arg-type]

        return {
            "former_identity": count(IdentityRow, IdentityRow.id == "former", IdentityRow.number_sealed.is_not(None)),
            "identity_attempts": count(IdentityAttemptRow),
            "face_evidence": count(
                FaceStepRow,
                FaceStepRow.note_sealed.is_not(None),
                FaceStepRow.state.in_([state.value for state in FaceState if not state.is_pending]),
            ),
            "drafts": count(ApplicationRow, ApplicationRow.id == "draft"),
            "inbox": count(InboxRow, InboxRow.number == 1),
            "tokens": count(RefreshRow),
            "probes": count(ProbeKeyRow),
            "repeats": count(IdempotencyRow),
            "measures": count(
                MeasureRow,
                MeasureRow.id.in_(["once", "over"]),
                MeasureRow.evidence_sealed.is_not(None) | MeasureRow.appeal_sealed.is_not(None),
            ),
            "reports": count(
                ReportRow,
                ReportRow.state != "taken",
                ReportRow.text_sealed.is_not(None) | ReportRow.transcript_sealed.is_not(None),
            )
            + count(ReportClipRow, ReportClipRow.report_id != "taken"),
            "complaints": count(ComplaintRow, ComplaintRow.id == "upheld", ComplaintRow.claimant_sealed.is_not(None))
            + count(ProofRow, ProofRow.complaint_id == "upheld"),
            "loose_proofs": count(ProofRow, ProofRow.complaint_id.is_(None)),
            "chat": count(MessageRow, MessageRow.session_id == "ended") + count(FactRow, FactRow.session_id == "ended"),
        }


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


def test_a_room_whose_words_are_gone_begins_anew() -> None:
    world = World()
    before = read_resume(world.db, "ended", 0, 1000)
    assert before is not None
    assert (len(before.facts), before.is_reset) == (1, False)
    world.after(DEFAULT.chat_days)
    after = read_resume(world.db, "ended", 0, 1000)
    assert after is not None
    assert (after.facts, after.is_reset, after.messages) == ([], True, 1)


def test_with_the_words_of_a_room_goes_what_quotes_them_and_who_did_what_stays() -> None:
    world = World()
    db, anchor = world.db, world.account_id
    rules = {"followers_only": False, "is_paused": False, "allows_guests": True, "is_shielded": False}
    for name in ("ended", "live"):
        db.add(
            RoomRulesRow(
                session_id=name, slow_s=0, contacts="hold", words="hold", pinned_id=f"m-{name}", revision=1, **rules
            )
        )
        db.add(
            HeldRow(
                id=f"h-{name}", session_id=name, author_id=anchor, author_name="A", text="等着的话", why="contact",
                sent_ms=world.at_ms, request_id="h", state="waiting",
            )
        )  # fmt: skip
        db.add(
            ActionRow(
                id=f"a-{name}", session_id=name, anchor_id=anchor, at_ms=world.at_ms, actor_id=anchor, actor_name="A",
                actor_role=3, kind="delete_message", target_id=anchor, target_name="A", excerpt="说过的话", reason="",
                length="", undo='{"restore": []}', request_id="a",
            )
        )  # fmt: skip
        db.add(
            ActionRow(
                id=f"b-{name}", session_id=name, anchor_id=anchor, at_ms=world.at_ms, actor_id=anchor, actor_name="A",
                actor_role=3, kind="remove", target_id=anchor, target_name="A", excerpt="", reason="", length="",
                undo='{"lift": ["x"]}', request_id="b",
            )
        )  # fmt: skip
        db.add(
            QuestionRow(
                id=f"q-{name}", session_id=name, author_id=anchor, author_name="A", text="问过的话",
                sent_ms=world.at_ms, state="asked", seconds=1, rev=2,
            )
        )  # fmt: skip
        db.flush()
        db.add(QuestionSecondRow(question_id=f"q-{name}", account_id=anchor, at_ms=world.at_ms))
    db.commit()
    world.after(DEFAULT.chat_days)
    for name, is_there in (("ended", False), ("live", True)):
        assert (db.get(QuestionRow, f"q-{name}") is not None) is is_there
        assert (db.get(QuestionSecondRow, (f"q-{name}", anchor)) is not None) is is_there
    assert db.get(HeldRow, "h-ended") is None
    assert db.get_one(RoomRulesRow, "ended").pinned_id is None
    kept = db.get_one(ActionRow, "a-ended")
    assert (kept.kind, kept.excerpt, kept.undo) == ("delete_message", "", "{}")
    assert db.get_one(ActionRow, "b-ended").undo == '{"lift": ["x"]}', "who was sent out for good can be let in again"
    assert db.get(HeldRow, "h-live") is not None
    assert db.get_one(RoomRulesRow, "live").pinned_id == "m-live"
    assert db.get_one(ActionRow, "a-live").excerpt == "说过的话"


def test_a_mute_that_holds_no_more_is_forgotten_as_long_after() -> None:
    world = World()
    db, anchor, at_ms = world.db, world.account_id, world.at_ms
    rows: dict[str, dict[str, Any]] = {
        "for good": {}, "lifted": {"lifted_ms": at_ms}, "over": {"until_ms": at_ms}, "later": {"until_ms": 1 << 50},
        "of ended": {"session_id": "ended"}, "of live": {"session_id": "live"},
    }  # fmt: skip
    for name, more in rows.items():
        db.add(
            RestrictionRow(
                id=name, anchor_id=anchor, account_id=anchor, kind="mute", from_ms=at_ms, reason="", by_role=3, **more
            )
        )
    db.commit()
    world.after(DEFAULT.chat_days)
    assert set(db.scalars(select(RestrictionRow.id))) == {"for good", "later", "of live"}


def test_many_rooms_are_emptied_a_few_at_a_time() -> None:
    world = World()
    for number in range(SESSIONS_AT_A_TIME + 5):
        world.room(f"more{number}")
        world.db.get_one(SessionRow, f"more{number}").state = SessionState.ENDED.value
        world.db.get_one(SessionRow, f"more{number}").ended_ms = world.at_ms + 1
    left = []
    for _ in range(3):
        world.after(DEFAULT.chat_days + 1)
        left.append(world.db.scalar(select(func.count()).select_from(MessageRow)))
    assert left == [SESSIONS_AT_A_TIME + 7 - SESSIONS_AT_A_TIME, 1, 1]


def test_other_terms_hold_when_they_are_given() -> None:
    assert World().after(2, Retention(chat_days=2))["chat"] == 0
    assert World().after(2, Retention(chat_days=3))["chat"] == 2
    assert all(isinstance(getattr(DEFAULT, one.name), int) for one in fields(Retention))
