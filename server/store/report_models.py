"""The tables of reports and of complaints of infringement."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import HASH, ID, Base


class ReportRow(Base):
    """One report (app.domain.reports). ``state`` changes in server.reports.record only.

    ``transcript_sealed``: JSON of the messages around the target as they were then, hidden ones too. It and what the
    person wrote are erased on schedule, and that there was a report stays.
    """

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_state_at_ms", "state", "at_ms"),
        Index("ix_reports_reporter_id_at_ms", "reporter_id", "at_ms"),
        Index("ix_reports_target_id", "target_id"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    reporter_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    target_kind: Mapped[str] = mapped_column(String(8))
    target_id: Mapped[str] = mapped_column(ID)
    """No foreign key: messages are deleted before their reports are."""
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    """Who is reported: the author, the person, or the anchor of the session."""
    target_name: Mapped[str] = mapped_column(String(40))
    category: Mapped[int]
    text_sealed: Mapped[str | None] = mapped_column(Text)
    transcript_sealed: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    taken_ms: Mapped[int | None] = mapped_column(BigInteger)
    taken_by: Mapped[str | None] = mapped_column(ID)
    handled_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When it was decided or withdrawn."""
    handled_by: Mapped[str | None] = mapped_column(ID)
    answer: Mapped[str] = mapped_column(String(200), default="", server_default="")


class ComplaintRow(Base):
    """A complaint of infringement. What is sealed is erased on schedule, with its proofs."""

    __tablename__ = "complaints"
    __table_args__ = (
        Index("ix_complaints_state_at_ms", "state", "at_ms"),
        Index("ix_complaints_account_id_at_ms", "account_id", "at_ms"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    right: Mapped[str] = mapped_column("right_kind", String(16))
    claimant_sealed: Mapped[str | None] = mapped_column(Text)
    contact_sealed: Mapped[str | None] = mapped_column(Text)
    description_sealed: Mapped[str | None] = mapped_column(Text)
    links_sealed: Mapped[str | None] = mapped_column(Text)
    """JSON list."""
    state: Mapped[str] = mapped_column(String(10))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    taken_ms: Mapped[int | None] = mapped_column(BigInteger)
    taken_by: Mapped[str | None] = mapped_column(ID)
    handled_ms: Mapped[int | None] = mapped_column(BigInteger)
    handled_by: Mapped[str | None] = mapped_column(ID)
    answer: Mapped[str] = mapped_column(String(200), default="", server_default="")


class ProofRow(Base):
    """An image that goes with a complaint; its file is encrypted. Without a complaint it is kept for a day."""

    __tablename__ = "complaint_proofs"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    complaint_id: Mapped[str | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    width_px: Mapped[int]
    height_px: Mapped[int]
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    uploaded_ms: Mapped[int] = mapped_column(BigInteger)


class ReportClipRow(Base):
    """The clip of a recording that goes with a report, one at most; its file is encrypted, and is erased with it."""

    __tablename__ = "report_clips"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"), unique=True, index=True)
    duration_ms: Mapped[int]
    width_px: Mapped[int]
    height_px: Mapped[int]
    has_sound: Mapped[bool]
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    uploaded_ms: Mapped[int] = mapped_column(BigInteger)
