"""Moderation of rooms: rules, restrictions, moderators, followers, held messages, and the record of what was done"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follows",
        sa.Column("anchor_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_follows_account_id")),
        sa.ForeignKeyConstraint(["anchor_id"], ["accounts.id"], name=op.f("fk_follows_anchor_id")),
        sa.PrimaryKeyConstraint("anchor_id", "account_id", name=op.f("pk_follows")),
    )
    op.create_table(
        "moderators",
        sa.Column("anchor_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_moderators_account_id")),
        sa.ForeignKeyConstraint(["anchor_id"], ["accounts.id"], name=op.f("fk_moderators_anchor_id")),
        sa.PrimaryKeyConstraint("anchor_id", "account_id", name=op.f("pk_moderators")),
    )
    op.create_table(
        "room_words",
        sa.Column("anchor_id", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["anchor_id"], ["accounts.id"], name=op.f("fk_room_words_anchor_id")),
        sa.PrimaryKeyConstraint("anchor_id", "word", name=op.f("pk_room_words")),
    )
    op.create_table(
        "restrictions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("anchor_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("lifted_ms", sa.BigInteger(), nullable=True),
        sa.Column("by_role", sa.Integer(), nullable=False),
        sa.Column("is_revoked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_restrictions_account_id")),
        sa.ForeignKeyConstraint(["anchor_id"], ["accounts.id"], name=op.f("fk_restrictions_anchor_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_restrictions_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
    )
    op.create_index("ix_restrictions_anchor_id_account_id", "restrictions", ["anchor_id", "account_id"], unique=False)
    op.create_table(
        "room_actions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("anchor_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=40), nullable=False),
        sa.Column("actor_role", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("target_id", sa.String(length=64), nullable=True),
        sa.Column("target_name", sa.String(length=40), nullable=False),
        sa.Column("excerpt", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("length", sa.String(length=8), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_room_actions_actor_id")),
        sa.ForeignKeyConstraint(["anchor_id"], ["accounts.id"], name=op.f("fk_room_actions_anchor_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_room_actions_session_id")),
        sa.ForeignKeyConstraint(["target_id"], ["accounts.id"], name=op.f("fk_room_actions_target_id")),
        sa.ForeignKeyConstraint(["undone_by"], ["accounts.id"], name=op.f("fk_room_actions_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_actions")),
        sa.UniqueConstraint(
            "session_id", "actor_id", "request_id", name=op.f("uq_room_actions_session_id_actor_id_request_id")
        ),
    )
    op.create_index("ix_room_actions_anchor_id_at_ms", "room_actions", ["anchor_id", "at_ms"], unique=False)
    op.create_index("ix_room_actions_session_id_at_ms", "room_actions", ["session_id", "at_ms"], unique=False)
    op.create_table(
        "held_messages",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("author_name", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.String(length=24), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_held_messages_author_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_held_messages_message_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_held_messages_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_messages")),
        sa.UniqueConstraint(
            "session_id", "author_id", "request_id", name=op.f("uq_held_messages_session_id_author_id_request_id")
        ),
    )
    op.create_index("ix_held_messages_session_id_state", "held_messages", ["session_id", "state"], unique=False)
    op.create_table(
        "room_rules",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("slow_s", sa.Integer(), nullable=False),
        sa.Column("followers_only", sa.Boolean(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("contacts", sa.String(length=8), nullable=False),
        sa.Column("words", sa.String(length=8), nullable=False),
        sa.Column("allows_guests", sa.Boolean(), nullable=False),
        sa.Column("is_shielded", sa.Boolean(), nullable=False),
        sa.Column("before_shield", sa.Text(), nullable=True),
        sa.Column("pinned_id", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pinned_id"], ["messages.id"], name=op.f("fk_room_rules_pinned_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_room_rules_session_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_room_rules")),
    )
    op.add_column("messages", sa.Column("reply_to", sa.String(length=64), nullable=True))
    op.add_column("messages", sa.Column("hidden_ms", sa.BigInteger(), nullable=True))
