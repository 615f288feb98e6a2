"""The tables. Moments are UTC milliseconds since 1970 (``*_ms``), the same in SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    pass


Base.metadata.naming_convention = _NAMES

_ID = String(64)
_HASH = String(64)


class PlatformRow(Base):
    """One row: what makes this platform's keys its own."""

    __tablename__ = "platform"
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)


class AccountRow(Base):
    """A person. ``phone_sealed`` is encrypted with a key outside of the database; operators have a name instead."""

    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    nickname: Mapped[str] = mapped_column(String(40))
    phone_hash: Mapped[str | None] = mapped_column(_HASH, unique=True)
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
    phone_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    code_hash: Mapped[str | None] = mapped_column(_HASH)
    sent_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger)
    tries_left: Mapped[int]
    hour_started_ms: Mapped[int] = mapped_column(BigInteger)
    sent_in_hour: Mapped[int]


class DeviceRow(Base):
    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    first_seen_ms: Mapped[int] = mapped_column(BigInteger)
    last_seen_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)


class AccessRow(Base):
    __tablename__ = "access_tokens"
    hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    expires_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class RefreshRow(Base):
    """A spent one is kept until it would have expired, so that showing it again is noticed.

    ``access_hash`` is of the access token handed out with it, ``successor_hash`` of the newest refresh token
    that it was spent for.
    """

    __tablename__ = "refresh_tokens"
    hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    expires_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    spent_ms: Mapped[int | None] = mapped_column(BigInteger)
    access_hash: Mapped[str | None] = mapped_column(_HASH)
    successor_hash: Mapped[str | None] = mapped_column(_HASH)


class SessionRow(Base):
    """A session (场次). ``state`` changes in server.sessions.transitions only; ``last_seq`` numbers its facts."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_anchor_id_state", "anchor_id", "state"), Index("ix_sessions_state", "state"))
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    anchor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    title: Mapped[str] = mapped_column(String(40))
    category: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    end_reason: Mapped[str | None] = mapped_column(String(16))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    started_ms: Mapped[int | None] = mapped_column(BigInteger)
    interrupted_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(default=0)
    message_count: Mapped[int] = mapped_column(default=0)


class KeyRow(Base):
    """A stream or probe key. Alive while ``dead_ms`` is null; the key itself is not stored."""

    __tablename__ = "stream_keys"
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    hash: Mapped[str] = mapped_column(_HASH, unique=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    is_probe: Mapped[bool]
    created_ms: Mapped[int] = mapped_column(BigInteger)
    dead_ms: Mapped[int | None] = mapped_column(BigInteger)
    death_cause: Mapped[str | None] = mapped_column(String(16))


class PublicationRow(Base):
    """A connection of a publisher to the ingest, from its authorization to its end."""

    __tablename__ = "publications"
    connection_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("stream_keys.id"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    is_probe: Mapped[bool]
    authorized_ms: Mapped[int] = mapped_column(BigInteger)
    started_ms: Mapped[int | None] = mapped_column(BigInteger)
    stopped_ms: Mapped[int | None] = mapped_column(BigInteger)
    stop_reason: Mapped[str | None] = mapped_column(String(200))
    measured_kbps: Mapped[float | None]


class MessageRow(Base):
    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("session_id", "author_id", "request_id"), UniqueConstraint("session_id", "seq"))
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    seq: Mapped[int]
    author_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(40))
    is_anchor: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    sent_ms: Mapped[int] = mapped_column(BigInteger)
    request_id: Mapped[str] = mapped_column(_ID)


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
    request_hash: Mapped[str] = mapped_column(_HASH)
    subject_id: Mapped[str] = mapped_column(_ID)
    created_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class AuditRow(Base):
    """Changes of rights and measures: who, what, whom, why."""

    __tablename__ = "audit"
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    actor_id: Mapped[str] = mapped_column(_ID)
    action: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(_ID)
    reason: Mapped[str] = mapped_column(String(200))
