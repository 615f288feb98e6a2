"""The tables of a room beside its messages: rules, restrictions, moderators, followers, held messages, the record."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import ID, Base


class RoomRulesRow(Base):
    """The rules of one session (app.domain.room.rules); a session without a row has the ordinary ones.

    ``before_shield``: JSON of the rules that the shield replaced.
    """

    __tablename__ = "room_rules"
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    slow_s: Mapped[int]
    followers_only: Mapped[bool]
    is_paused: Mapped[bool]
    contacts: Mapped[str] = mapped_column(String(8))
    words: Mapped[str] = mapped_column(String(8))
    allows_guests: Mapped[bool]
    is_shielded: Mapped[bool]
    before_shield: Mapped[str | None] = mapped_column(Text)
    pinned_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"))
    revision: Mapped[int]


class RoomWordRow(Base):
    """A word that an anchor does not want in their rooms, as it was typed; variants are found by folding."""

    __tablename__ = "room_words"
    anchor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    word: Mapped[str] = mapped_column(String(40), primary_key=True)
    added_ms: Mapped[int] = mapped_column(BigInteger)


class ModeratorRow(Base):
    """A viewer (房管) to whom an anchor gave rights in their rooms."""

    __tablename__ = "moderators"
    anchor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    since_ms: Mapped[int] = mapped_column(BigInteger)


class FollowRow(Base):
    """A viewer follows (关注) an anchor."""

    __tablename__ = "follows"
    anchor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    since_ms: Mapped[int] = mapped_column(BigInteger)


class RestrictionRow(Base):
    """A mute or a removal (app.domain.room.restrictions). ``session_id`` null: in all rooms of the anchor."""

    __tablename__ = "restrictions"
    __table_args__ = (Index("ix_restrictions_anchor_id_account_id", "anchor_id", "account_id"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    anchor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"))
    kind: Mapped[str] = mapped_column(String(8))
    from_ms: Mapped[int] = mapped_column(BigInteger)
    until_ms: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    lifted_ms: Mapped[int | None] = mapped_column(BigInteger)
    by_role: Mapped[int]
    """Of who set it: nobody who stands below lifts it."""
    is_revoked: Mapped[bool] = mapped_column(default=False)
    """What set it was taken back: it never holds again."""


class HeldRow(Base):
    """A message that waits to be released. ``state``: waiting, released (``message_id`` says as what), refused."""

    __tablename__ = "held_messages"
    __table_args__ = (
        UniqueConstraint("session_id", "author_id", "request_id"),
        Index("ix_held_messages_session_id_state", "session_id", "state"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    author_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(String(24))
    sent_ms: Mapped[int] = mapped_column(BigInteger)
    request_id: Mapped[str] = mapped_column(ID)
    state: Mapped[str] = mapped_column(String(10))
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"))


class ActionRow(Base):
    """What somebody did in a room: who, whom, what, why, until when; and whether it was undone.

    ``undo``: JSON of what undoing it needs. ``request_id`` is its idempotency key.
    """

    __tablename__ = "room_actions"
    __table_args__ = (
        UniqueConstraint("session_id", "actor_id", "request_id"),
        Index("ix_room_actions_session_id_at_ms", "session_id", "at_ms"),
        Index("ix_room_actions_anchor_id_at_ms", "anchor_id", "at_ms"),
    )
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    anchor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(40))
    actor_role: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    target_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    target_name: Mapped[str] = mapped_column(String(40))
    excerpt: Mapped[str] = mapped_column(String(200))
    """What was said, or what was set."""
    reason: Mapped[str] = mapped_column(String(200))
    length: Mapped[str] = mapped_column(String(8))
    until_ms: Mapped[int | None] = mapped_column(BigInteger)
    undo: Mapped[str] = mapped_column(Text)
    undone_ms: Mapped[int | None] = mapped_column(BigInteger)
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    request_id: Mapped[str] = mapped_column(ID)
