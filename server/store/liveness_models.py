"""The tables of the face check by camera."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import HASH, ID, Base


class LivenessRow(Base):
    """One session (app.domain.liveness.LivenessState). ``state`` changes in server.liveness.records only.

    What was seen (``findings_sealed`` and the files) is erased on schedule after the decision.
    """

    __tablename__ = "liveness_sessions"
    __table_args__ = (
        Index("ix_liveness_sessions_account_id_created_ms", "account_id", "created_ms"),
        Index("ix_liveness_sessions_state", "state"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    identity_id: Mapped[str] = mapped_column(ForeignKey("identities.id"))
    """The name and number that it is for: with others it ends."""
    device_id: Mapped[str] = mapped_column(ID)
    """The program that is at it."""
    path: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger)
    """Until then the package is announced; afterwards, until then all of it is here."""
    challenge: Mapped[str] = mapped_column(Text)
    """As it was signed."""
    key_id: Mapped[str] = mapped_column(String(16))
    """Of the pair of keys that signed it and that its package is sealed to (server.liveness.keys)."""
    actions: Mapped[str] = mapped_column(String(80))
    """Drawn at the beginning, told one at a time; blanks between."""
    colours: Mapped[str] = mapped_column(Text, default="", server_default="")
    """JSON; drawn when the flash is ordered, empty before."""
    public_key: Mapped[str] = mapped_column(HASH, default="", server_default="")
    said: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    """JSON of server.liveness.orders.Heard."""
    ordered_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When the first order was given: from then on it is an attempt."""
    announced_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When the package was announced."""
    package_bytes: Mapped[int] = mapped_column(default=0, server_default="0")
    package_sha256: Mapped[str] = mapped_column(HASH, default="", server_default="")
    received_bytes: Mapped[int] = mapped_column(default=0, server_default="0")
    receipt: Mapped[str] = mapped_column(ID, default="", server_default="")
    starts: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was begun to judge it."""
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often that came to nothing."""
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    is_failure: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it counts towards the lock."""
    retry: Mapped[str] = mapped_column(String(16), default="", server_default="")
    aborted: Mapped[str] = mapped_column(String(20), default="", server_default="")
    about: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """Why an operator looks (server.liveness.decision.About)."""
    authority: Mapped[str] = mapped_column(String(40), default="", server_default="")
    check_id: Mapped[str | None] = mapped_column(ForeignKey("face_checks.id"), index=True)
    findings_sealed: Mapped[str | None] = mapped_column(Text)
    """JSON of server.liveness.case.Findings."""


class LivenessFileRow(Base):
    """A still picture or the clip of a session; its file is encrypted."""

    __tablename__ = "liveness_files"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("liveness_sessions.id"), index=True)
    number: Mapped[int]
    """Of the stills from 1 on; 0 is the clip."""
    label: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int]
