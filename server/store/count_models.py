"""The table of what was counted in sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import Base


class CountRow(Base):
    """Who was in the room of a session while it was on air, in numbers (app.domain.room.attendance).

    ``salt`` and ``marks`` tell different people apart while that is needed, and are null once the session has ended:
    then nothing is left that could be compared with a person.
    """

    __tablename__ = "session_counts"
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    on_air_ms: Mapped[int] = mapped_column(BigInteger)
    viewer_ms: Mapped[int] = mapped_column(BigInteger)
    peak: Mapped[int]
    onlookers: Mapped[int]
    depth: Mapped[int]
    """Each mark stands for 2 ** depth people."""
    salt: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    marks: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
