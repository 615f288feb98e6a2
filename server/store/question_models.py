"""The tables of a room's questions, and who seconds them."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.room.questions import QuestionState
from server.store.base import ID, Base


class QuestionRow(Base):
    """A question (app.domain.room.questions). ``seconds``: how many rows of ``question_seconds`` name it."""

    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_session_id_state", "session_id", "state"),
        Index("ix_questions_session_id_author_id", "session_id", "author_id"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    author_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(100))
    sent_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))
    seconds: Mapped[int]
    rev: Mapped[int]
    deleted_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when a measure has deleted it, whatever its state; null: none has."""

    @property
    def is_gone(self) -> bool:
        """Whether it is shown to nobody."""
        return self.state == QuestionState.HIDDEN.value or self.deleted_ms is not None


class QuestionSecondRow(Base):
    """Somebody wants to know the answer to a question, too."""

    __tablename__ = "question_seconds"
    question_id: Mapped[str] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
