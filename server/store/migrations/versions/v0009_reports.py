"""Reports, and complaints of infringement with their proofs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("reporter_id", sa.String(length=64), nullable=False),
        sa.Column("target_kind", sa.String(length=8), nullable=False),
        sa.Column("target_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("target_name", sa.String(length=40), nullable=False),
        sa.Column("category", sa.Integer(), nullable=False),
        sa.Column("text_sealed", sa.Text(), nullable=True),
        sa.Column("transcript_sealed", sa.Text(), nullable=True),
        *_handling(),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_reports_session_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["accounts.id"], name=op.f("fk_reports_reporter_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reports_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_state_at_ms", "reports", ["state", "at_ms"], unique=False)
    op.create_index("ix_reports_reporter_id_at_ms", "reports", ["reporter_id", "at_ms"], unique=False)
    op.create_index("ix_reports_target_id", "reports", ["target_id"], unique=False)
    op.create_table(
        "complaints",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("right_kind", sa.String(length=16), nullable=False),
        sa.Column("claimant_sealed", sa.Text(), nullable=True),
        sa.Column("contact_sealed", sa.Text(), nullable=True),
        sa.Column("description_sealed", sa.Text(), nullable=True),
        sa.Column("links_sealed", sa.Text(), nullable=True),
        *_handling(),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_complaints_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
    )
    op.create_index("ix_complaints_state_at_ms", "complaints", ["state", "at_ms"], unique=False)
    op.create_index("ix_complaints_account_id_at_ms", "complaints", ["account_id", "at_ms"], unique=False)
    op.create_table(
        "complaint_proofs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("complaint_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_complaint_proofs_account_id")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_complaint_proofs_complaint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_proofs")),
    )
    op.create_index(op.f("ix_complaint_proofs_account_id"), "complaint_proofs", ["account_id"], unique=False)
    op.create_index(op.f("ix_complaint_proofs_complaint_id"), "complaint_proofs", ["complaint_id"], unique=False)


def _handling() -> list[sa.Column[object]]:
    """What both have: how they stand, and who did what."""
    return [
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("handled_ms", sa.BigInteger(), nullable=True),
        sa.Column("handled_by", sa.String(length=64), nullable=True),
        sa.Column("answer", sa.String(length=200), server_default="", nullable=False),
    ]
