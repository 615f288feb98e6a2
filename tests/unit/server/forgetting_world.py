"""A database in which everything that is ever deleted was made at one moment, and a clock that is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session as Db

from app.contract.inbox import InboxKind
from app.contract.rest import Category
from app.domain.application import ApplicationState
from app.domain.face_check import FaceMethod, FaceState
from app.domain.session import SessionState
from server.accounts import people
from server.forgetting import forget
from server.inbox.post import post
from server.retention import DEFAULT, Retention
from server.secrets import FieldCipher
from server.store.base import Base
from server.store.identity_models import FaceCheckRow, FaceStepRow, IdentityAttemptRow, IdentityRow
from server.store.measure_models import MeasureRow
from server.store.models import FactRow, IdempotencyRow, MessageRow, ProbeKeyRow, RefreshRow, SessionRow
from server.store.report_models import ComplaintRow, ProofRow, ReportClipRow, ReportRow
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
