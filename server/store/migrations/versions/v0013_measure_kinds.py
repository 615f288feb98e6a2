"""More kinds of measures: what was deleted, when each was told, and what else belongs to one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measures", sa.Column("told_ms", sa.BigInteger(), nullable=True))
    op.add_column("measures", sa.Column("details_sealed", sa.Text(), nullable=True))
    op.create_index("ix_measures_session_id", "measures", ["session_id"], unique=False)
    # Whoever was under one was told at once until now.
    op.execute("UPDATE measures SET told_ms = at_ms")
    for table in ("messages", "questions", "images"):
        op.add_column(table, sa.Column("deleted_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "measure_pieces",
        sa.Column("measure_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("written_ms", sa.BigInteger(), nullable=True),
        sa.Column("text_sealed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name=op.f("fk_measure_pieces_measure_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_measure_pieces_session_id")),
        sa.PrimaryKeyConstraint("measure_id", "number", name=op.f("pk_measure_pieces")),
    )
