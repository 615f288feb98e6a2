"""Real name, face checks, suspensions, official activities; sessions with a planned time"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _id(name: str = "id", *, is_optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=is_optional)


def _ms(name: str, *, is_optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=is_optional)


def _said(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, server_default="")


def upgrade() -> None:
    _identities()
    _face_checks()
    _suspensions_and_activities()
    _sessions()
    op.add_column("blocklist", sa.Column("value_sealed", sa.Text(), nullable=True))
    op.create_index("ix_audit_actor_id_action_at_ms", "audit", ["actor_id", "action", "at_ms"])


def _identities() -> None:
    op.create_table(
        "identities",
        _id(),
        _id("account_id"),
        sa.Column("name_sealed", sa.Text(), nullable=True),
        sa.Column("number_sealed", sa.Text(), nullable=True),
        sa.Column("number_hash", sa.String(length=64), nullable=True),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("is_register_asked", sa.Boolean(), nullable=False),
        _ms("checked_ms"),
        _ms("ended_ms", is_optional=True),
        _said("end_cause", 16),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_identities_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_account_id"), "identities", ["account_id"])
    op.create_index(op.f("ix_identities_number_hash"), "identities", ["number_hash"])
    op.create_table(
        "identity_attempts",
        _id(),
        _id("account_id"),
        _ms("at_ms"),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_identity_attempts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_attempts")),
    )
    op.create_index("ix_identity_attempts_account_id_at_ms", "identity_attempts", ["account_id", "at_ms"])


def _face_checks() -> None:
    op.create_table(
        "face_checks",
        _id(),
        _id("account_id"),
        _id("identity_id"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        _ms("wished_ms", is_optional=True),
        _ms("appointed_ms", is_optional=True),
        _ms("created_ms"),
        _ms("decided_ms", is_optional=True),
        _id("operator_id", is_optional=True),
        _id("proposed_by", is_optional=True),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_face_checks_account_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_face_checks_identity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_checks")),
    )
    op.create_index(op.f("ix_face_checks_account_id"), "face_checks", ["account_id"])
    op.create_index("ix_face_checks_state", "face_checks", ["state"])
    op.create_table(
        "face_steps",
        _id("check_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _ms("at_ms"),
        _id("actor_id"),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("note_sealed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["check_id"], ["face_checks.id"], name=op.f("fk_face_steps_check_id")),
        sa.PrimaryKeyConstraint("check_id", "number", name=op.f("pk_face_steps")),
    )


def _suspensions_and_activities() -> None:
    op.create_table(
        "suspensions",
        _id(),
        _id("account_id"),
        sa.Column("reason", sa.String(length=200), nullable=False),
        _id("by"),
        _ms("at_ms"),
        _ms("until_ms", is_optional=True),
        _ms("lifted_ms", is_optional=True),
        _id("lifted_by", is_optional=True),
        _said("lift_reason", 200),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_suspensions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
    )
    op.create_index(op.f("ix_suspensions_account_id"), "suspensions", ["account_id"])
    op.create_table(
        "activities",
        _id(),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        _ms("starts_ms"),
        sa.Column("length_min", sa.Integer(), nullable=False),
        _said("note", 200),
        _id("created_by"),
        _ms("created_ms"),
        _ms("cancelled_ms", is_optional=True),
        _said("cancel_reason", 200),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    op.create_index("ix_activities_starts_ms", "activities", ["starts_ms"])


def _sessions() -> None:
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(_ms("starts_ms", is_optional=True))
        sessions.add_column(sa.Column("length_min", sa.Integer(), nullable=True))
        sessions.add_column(_said("industry", 20))
        sessions.add_column(_said("position", 20))
        sessions.add_column(_said("cover_image_id", 64))
        sessions.add_column(sa.Column("is_replay_on", sa.Boolean(), nullable=False, server_default=sa.true()))
        sessions.add_column(sa.Column("allows_guests", sa.Boolean(), nullable=False, server_default=sa.false()))
        sessions.add_column(_id("activity_id", is_optional=True))
        sessions.add_column(sa.Column("is_spot", sa.Boolean(), nullable=False, server_default=sa.false()))
        sessions.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        sessions.add_column(_said("reminded", 40))
    # Whatever there was had no plan: it was made on the spot.
    op.execute(sa.text("UPDATE sessions SET starts_ms = created_ms, length_min = 60, is_spot = true"))
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("starts_ms", existing_type=sa.BigInteger(), nullable=False)
        sessions.alter_column("length_min", existing_type=sa.Integer(), nullable=False)
        sessions.create_foreign_key("fk_sessions_activity_id", "activities", ["activity_id"], ["id"])
        sessions.create_index("ix_sessions_state_starts_ms", ["state", "starts_ms"])
