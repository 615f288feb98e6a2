"""What was counted in sessions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_counts",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("on_air_ms", sa.BigInteger(), nullable=False),
        sa.Column("viewer_ms", sa.BigInteger(), nullable=False),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("onlookers", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("marks", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_counts_session_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_counts")),
    )
