"""Measures and appeals; what was suspended becomes one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measures",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("category", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("evidence_sealed", sa.Text(), nullable=True),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("taken_by", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("end_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("appeal", sa.String(length=10), server_default="none", nullable=False),
        sa.Column("appeal_sealed", sa.Text(), nullable=True),
        sa.Column("appealed_ms", sa.BigInteger(), nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decision", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_measures_account_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_measures_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measures")),
    )
    op.create_index("ix_measures_account_id_at_ms", "measures", ["account_id", "at_ms"], unique=False)
    op.create_index("ix_measures_at_ms", "measures", ["at_ms"], unique=False)
    op.create_index("ix_measures_appeal", "measures", ["appeal"], unique=False)
    op.execute(
        "INSERT INTO measures (id, account_id, kind, reason, taken_by, at_ms, until_ms, ended_ms, ended_by, end_reason)"
        " SELECT id, account_id, 'suspension', reason, \"by\", at_ms, until_ms, lifted_ms, lifted_by, lift_reason"
        " FROM suspensions"
    )
    op.drop_table("suspensions")
