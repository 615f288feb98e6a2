"""People, operators and a database for the play of the gate; its answer, reckoned once more from the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session as Db

from app.contract.rest import Role
from app.domain.documents.model import DocumentKind
from app.domain.session import SessionState
from server.accounts import people, tokens
from server.audit import audit_attempt
from server.conduct_gate import shipped_checker
from server.config import Lifetimes
from server.demo_documents import publish_samples
from server.errors import Refusal
from server.gate import Person
from server.measures import telling
from server.secrets import FieldCipher
from server.store.base import Base
from server.store.identity_models import FaceCheckRow, IdentityRow
from server.store.measure_models import MeasureRow
from server.store.models import AuditRow, DeviceRow, KeyRow, RoleRow, SessionRow
from server.store.store import Tx
from server.store.way_models import AcceptanceRow, ApplicationRow, BlocklistRow, DocumentVersionRow, ScopeRow

PHONES = ("13900000011", "13900000012")

FORBIDDING = {"suspension", "limit_broadcast", "closing", "reclaiming"}
"""Measures under which nobody gets a key."""


class GateStage(RuleBasedStateMachine):
    """What is refused is refused whole; what was tried in vain is written down."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://")
        Base.metadata.create_all(self.engine)
        self.db = Db(self.engine, expire_on_commit=False)
        self.now = datetime(2026, 1, 5, 2, tzinfo=UTC)
        self.cipher = FieldCipher(b"k" * 32)
        self.checker = shipped_checker()
        self.has_factor = True
        self.keys: list[tuple[str, str]] = []
        tx = self.tx()
        publish_samples(tx)
        self.accounts = [people.add_account(tx, self.cipher, phone, f"人{phone[-1]}") for phone in PHONES]
        self.operators = [people.add_operator(tx, f"op{number}", "-", f"运营{number}", "test") for number in range(2)]
        self.devices: list[str] = []
        for row in (*self.accounts, *self.accounts, *self.operators):
            self.devices.append(tokens.start_device(tx, self.cipher, row, "d", None, Lifetimes()).device_id)
        self.db.commit()

    def teardown(self) -> None:
        self.db.close()
        self.engine.dispose()

    def tx(self) -> Tx:
        return Tx(self.db, self.now)

    def person(self, who: int) -> Person:
        """With the roles that the database has at this moment, as a request brings them."""
        if who >= 4:
            operator = self.operators[who - 4]
            has_factor = who == 4 or self.has_factor
            return Person(operator.id, self.devices[who], frozenset({Role.OPERATOR}), has_factor)
        account = self.accounts[who % 2]
        closing = select(MeasureRow.id).where(
            MeasureRow.account_id == account.id,
            MeasureRow.kind.in_(["closing", "reclaiming"]),
            MeasureRow.ended_ms.is_(None),
        )
        is_closed = self.db.scalar(closing.limit(1)) is not None
        return Person(account.id, self.devices[who], people.roles_of(self.db, account.id), is_closed=is_closed)

    def act(self, work: Any) -> Any:
        """As the store does it: of what was refused the attempt alone is kept."""
        self.now += timedelta(milliseconds=1)
        before = self.counted()
        try:
            value = work(self.tx())
        except Refusal as refusal:
            self.db.rollback()
            self.db.expire_all()
            assert self.counted() == before
            telling.tell_refused(self.tx(), refusal)
            self.db.commit()
            self.require_told(refusal.measure_id)
            if refusal.attempt is not None:
                audit_attempt(self.tx(), refusal.attempt, refusal.code)
                self.db.commit()
                self.require_written_down(refusal)
            return refusal
        self.db.commit()
        return value

    def require_told(self, measure_id: str) -> None:
        assert not measure_id or self.db.get_one(MeasureRow, measure_id).told_ms is not None

    def require_written_down(self, refusal: Refusal) -> None:
        assert refusal.attempt is not None
        found = select(AuditRow.id).where(
            AuditRow.actor_id == refusal.attempt.actor_id,
            AuditRow.action == f"refused.{refusal.attempt.act}",
            AuditRow.reason == refusal.code,
            AuditRow.at_ms > self.tx().now_ms - 60_000,
        )
        assert self.db.scalar(found.limit(1)) is not None

    def counted(self) -> tuple[int, ...]:
        kinds = (SessionRow, KeyRow, FaceCheckRow, IdentityRow, ApplicationRow, MeasureRow, RoleRow, AuditRow)
        return tuple(self.db.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)

    # ---- the rules once more ---------------------------------------------------------------------

    def may_have_key(self, person: Person, session: SessionRow) -> bool:
        """By what is written down, read row by row."""
        db, now_ms, who = self.db, self.tx().now_ms, person.account_id
        if session.anchor_id != who or db.get(RoleRow, (who, "anchor")) is None:
            return False
        device = db.get_one(DeviceRow, person.device_id)
        if device.ended_ms is not None or session.state == SessionState.ENDED:
            return False
        suspended = [
            row
            for row in db.scalars(select(MeasureRow).where(MeasureRow.account_id == who))
            if row.kind in FORBIDDING and row.ended_ms is None and (row.until_ms is None or row.until_ms > now_ms)
        ]
        if suspended:
            return False
        if session.started_ms is not None:
            return True
        kind = DocumentKind.LIVE_AGREEMENT.value
        accepted = [
            row.number for row in db.scalars(select(AcceptanceRow)) if (row.account_id, row.kind) == (who, kind)
        ]
        binding = [
            row.number
            for row in db.scalars(select(DocumentVersionRow))
            if row.kind == kind and row.effective_ms <= now_ms and (row.is_material or row.number == 1)
        ]
        names = [row for row in db.scalars(select(IdentityRow)) if row.account_id == who and row.ended_ms is None]
        checks = sorted(
            (row for row in db.scalars(select(FaceCheckRow)) if row.account_id == who),
            key=lambda row: (row.created_ms, row.id),
        )
        if not accepted or max(accepted) < max(binding) or len(names) != 1 or not checks:
            return False
        is_verified = checks[-1].state == "verified" and checks[-1].identity_id == names[0].id
        listed = {
            self.cipher.open(row.value_sealed or "")
            for row in db.scalars(select(BlocklistRow))
            if row.removed_ms is None
        }
        mine = {self.cipher.open(names[0].number_sealed or ""), PHONES[self.accounts[0].id != who]}
        return is_verified and not listed & mine and db.get(ScopeRow, (who, session.category)) is not None
