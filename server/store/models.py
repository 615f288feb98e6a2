"""The tables of accounts, sessions and rooms."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import HASH, ID, Base


class PlatformRow(Base):
    """One row: what makes this platform's keys its own."""

    __tablename__ = "platform"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)


class AccountRow(Base):
    """A person. ``phone_sealed`` is encrypted with a key outside of the database; operators have a name instead."""

    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    nickname: Mapped[str] = mapped_column(String(40))
    phone_hash: Mapped[str | None] = mapped_column(HASH, unique=True)
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    operator_name: Mapped[str | None] = mapped_column(String(40), unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_ms: Mapped[int] = mapped_column(BigInteger)


class RoleRow(Base):
    __tablename__ = "account_roles"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)


class CodeRow(Base):
    """The one outstanding sign-in code of a phone, and how many were sent in the running hour."""

    __tablename__ = "sign_in_codes"
    phone_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    code_hash: Mapped[str | None] = mapped_column(HASH)
    sent_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger)
    tries_left: Mapped[int]
    hour_started_ms: Mapped[int] = mapped_column(BigInteger)
    sent_in_hour: Mapped[int]


class DeviceRow(Base):
    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    first_seen_ms: Mapped[int] = mapped_column(BigInteger)
    last_seen_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    factor_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When a second factor was shown on it; operators only."""


class AccessRow(Base):
    __tablename__ = "access_tokens"
    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    expires_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class RefreshRow(Base):
    """A spent one is kept until it would have expired, so that showing it again is noticed.

    ``access_hash`` is of the access token handed out with it, ``successor_hash`` of the newest refresh token
    that it was spent for.
    """

    __tablename__ = "refresh_tokens"
    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    expires_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    spent_ms: Mapped[int | None] = mapped_column(BigInteger)
    access_hash: Mapped[str | None] = mapped_column(HASH)
    successor_hash: Mapped[str | None] = mapped_column(HASH)


class SessionRow(Base):
    """A session (场次). ``state`` changes in server.sessions.transitions only; ``last_seq`` numbers its facts."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_anchor_id_state", "anchor_id", "state"),
        Index("ix_sessions_state", "state"),
        Index("ix_sessions_state_starts_ms", "state", "starts_ms"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    anchor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    title: Mapped[str] = mapped_column(String(40))
    category: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    end_reason: Mapped[str | None] = mapped_column(String(16))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    starts_ms: Mapped[int] = mapped_column(BigInteger)
    """When it is planned to begin; for one made on the spot the moment it was made."""
    length_min: Mapped[int]
    industry: Mapped[str] = mapped_column(String(20), default="", server_default="")
    position: Mapped[str] = mapped_column(String(20), default="", server_default="")
    cover_image_id: Mapped[str] = mapped_column(ID, default="", server_default="")
    is_replay_on: Mapped[bool] = mapped_column(default=True, server_default=true())
    allows_guests: Mapped[bool] = mapped_column(default=False, server_default=false())
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activities.id", name="fk_sessions_activity_id"))
    is_spot: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Made on the spot: no entry of the schedule before it begins."""
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    reminded: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """How long before the start (min) one was reminded already, with commas between."""
    started_ms: Mapped[int | None] = mapped_column(BigInteger)
    interrupted_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(default=0)
    message_count: Mapped[int] = mapped_column(default=0)


class KeyRow(Base):
    """A stream key. Alive while ``dead_ms`` is null; the key itself is not stored."""

    __tablename__ = "stream_keys"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    hash: Mapped[str] = mapped_column(HASH, unique=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    dead_ms: Mapped[int | None] = mapped_column(BigInteger)
    death_cause: Mapped[str | None] = mapped_column(String(16))


class ProbeKeyRow(Base):
    """A key to measure the way to the ingest with. It belongs to a device and to no session: nothing can be on air
    with it. Alive while ``dead_ms`` is null and its term (server.sessions.probe_keys) is not over.
    """

    __tablename__ = "probe_keys"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    hash: Mapped[str] = mapped_column(HASH, unique=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    created_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    dead_ms: Mapped[int | None] = mapped_column(BigInteger)
    death_cause: Mapped[str | None] = mapped_column(String(16))
    measured_kbps: Mapped[float | None]
    """The mean of the newest connection, by the ingest."""


class PublicationRow(Base):
    """A connection of a publisher to the ingest, from its authorization to its end."""

    __tablename__ = "publications"
    connection_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("stream_keys.id"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    authorized_ms: Mapped[int] = mapped_column(BigInteger)
    started_ms: Mapped[int | None] = mapped_column(BigInteger)
    stopped_ms: Mapped[int | None] = mapped_column(BigInteger)
    stop_reason: Mapped[str | None] = mapped_column(String(200))


class MessageRow(Base):
    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("session_id", "author_id", "request_id"), UniqueConstraint("session_id", "seq"))
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    seq: Mapped[int]
    author_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(40))
    is_anchor: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    sent_ms: Mapped[int] = mapped_column(BigInteger)
    request_id: Mapped[str] = mapped_column(ID)
    reply_to: Mapped[str | None] = mapped_column(ID)
    """The message that it answers, of the same session."""
    hidden_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when who moderates has hidden it; null: they have not."""
    deleted_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when a measure has deleted it, whatever who moderates does; null: none has."""

    @property
    def is_gone(self) -> bool:
        """Whether it is shown to nobody."""
        return self.hidden_ms is not None or self.deleted_ms is not None


class FactRow(Base):
    """A fact of a room. One with ``message_id`` takes its body from the message, others carry it as JSON."""

    __tablename__ = "facts"
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"))
    body: Mapped[str | None] = mapped_column(Text)


class IdempotencyRow(Base):
    """A repeatable write that was done: the same key with the same request gives the same subject."""

    __tablename__ = "idempotency_keys"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    request_hash: Mapped[str] = mapped_column(HASH)
    subject_id: Mapped[str] = mapped_column(ID)
    created_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class AuditRow(Base):
    """Changes of rights and measures: who, what, whom, why."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_actor_id_action_at_ms", "actor_id", "action", "at_ms"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    actor_id: Mapped[str] = mapped_column(ID)
    action: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(ID, index=True)
    reason: Mapped[str] = mapped_column(String(200))
