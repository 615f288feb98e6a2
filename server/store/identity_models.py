"""The tables of real name, face check and official activities."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import HASH, ID, Base


class IdentityRow(Base):
    """A name and number that were checked. The one that counts of an account is the one that is not ``ended``.

    Both are sealed; the number is found again by its keyed hash. Once it is ended they are erased on schedule.
    """

    __tablename__ = "identities"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name_sealed: Mapped[str | None] = mapped_column(Text)
    number_sealed: Mapped[str | None] = mapped_column(Text)
    number_hash: Mapped[str | None] = mapped_column(HASH, index=True)
    authority: Mapped[str] = mapped_column(String(40))
    is_register_asked: Mapped[bool]
    checked_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    end_cause: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """corrected (by the person) or withdrawn (by an operator)."""


class IdentityAttemptRow(Base):
    """One try of a person; what was typed is not kept. ``outcome``: the code of its refusal, or ``checked``."""

    __tablename__ = "identity_attempts"
    __table_args__ = (Index("ix_identity_attempts_account_id_at_ms", "account_id", "at_ms"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(40))


class FaceCheckRow(Base):
    """A face check. ``state`` changes in server.identity.face_moves only."""

    __tablename__ = "face_checks"
    __table_args__ = (Index("ix_face_checks_state", "state"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    identity_id: Mapped[str] = mapped_column(ForeignKey("identities.id"))
    """The name and number that it is for: of others it says nothing."""
    state: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(16))
    wished_ms: Mapped[int | None] = mapped_column(BigInteger)
    appointed_ms: Mapped[int | None] = mapped_column(BigInteger)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    operator_id: Mapped[str | None] = mapped_column(ID)
    """Who has it in hand: who appointed, noted or proposed last."""
    proposed_by: Mapped[str | None] = mapped_column(ID)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")


class FaceStepRow(Base):
    """History. ``note_sealed`` is what an operator saw: for operators alone, erased on schedule."""

    __tablename__ = "face_steps"
    check_id: Mapped[str] = mapped_column(ForeignKey("face_checks.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[str] = mapped_column(ID)
    comment: Mapped[str] = mapped_column(Text)
    """What the person is told."""
    note_sealed: Mapped[str | None] = mapped_column(Text)


class ActivityRow(Base):
    """An official activity (官方活动): its time and content are those of every session that joins it."""

    __tablename__ = "activities"
    __table_args__ = (Index("ix_activities_starts_ms", "starts_ms"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    title: Mapped[str] = mapped_column(String(40))
    category: Mapped[str] = mapped_column(String(32))
    starts_ms: Mapped[int] = mapped_column(BigInteger)
    length_min: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_by: Mapped[str] = mapped_column(ID)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    cancelled_ms: Mapped[int | None] = mapped_column(BigInteger)
    cancel_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
