"""The tables of measures against people with their appeals, and of what a measure deleted."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import ID, Base


class MeasureRow(Base):
    """One measure (app.domain.measures) with the appeal against it.

    ``evidence_sealed``: JSON list of excerpts and ids. It and what the person wrote are erased on schedule.
    ``details_sealed``: JSON of what its kind has besides: what was reported to which authority, or what a reclaimed
    account is to be given back when the measure ends.
    """

    __tablename__ = "measures"
    __table_args__ = (
        Index("ix_measures_account_id_at_ms", "account_id", "at_ms"),
        Index("ix_measures_at_ms", "at_ms"),
        Index("ix_measures_appeal", "appeal"),
        Index("ix_measures_session_id", "session_id"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(20))
    category: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200))
    evidence_sealed: Mapped[str | None] = mapped_column(Text)
    details_sealed: Mapped[str | None] = mapped_column(Text)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"))
    taken_by: Mapped[str] = mapped_column(ID)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    told_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When its person was told; null: not yet."""
    until_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When it was lifted or reversed."""
    ended_by: Mapped[str | None] = mapped_column(ID)
    end_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    appeal: Mapped[str] = mapped_column(String(10), default="none", server_default="none")
    appeal_sealed: Mapped[str | None] = mapped_column(Text)
    appealed_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(ID)
    decision: Mapped[str] = mapped_column(String(200), default="", server_default="")


class PieceRow(Base):
    """Something that a measure deleted. It stays where it is, marked as deleted, so that it can be put back.

    ``subject_id``: the message, the question, the session of a title, or the image. ``text_sealed``: what it said, for
    the appeal and for a title that is to be put back; erased with the evidence, some time after the measure has ended.
    """

    __tablename__ = "measure_pieces"
    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[str] = mapped_column(ID)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    written_ms: Mapped[int | None] = mapped_column(BigInteger)
    text_sealed: Mapped[str | None] = mapped_column(Text)
