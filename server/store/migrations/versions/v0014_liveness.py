"""The face check by camera: its sessions, and the files of what was seen"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "liveness_sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("identity_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("actions", sa.String(length=80), nullable=False),
        sa.Column("colours", sa.Text(), server_default="", nullable=False),
        sa.Column("public_key", sa.String(length=64), server_default="", nullable=False),
        sa.Column("said", sa.Text(), server_default="[]", nullable=False),
        sa.Column("ordered_ms", sa.BigInteger(), nullable=True),
        sa.Column("announced_ms", sa.BigInteger(), nullable=True),
        sa.Column("package_bytes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("package_sha256", sa.String(length=64), server_default="", nullable=False),
        sa.Column("received_bytes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("receipt", sa.String(length=64), server_default="", nullable=False),
        sa.Column("starts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("is_failure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("retry", sa.String(length=16), server_default="", nullable=False),
        sa.Column("aborted", sa.String(length=20), server_default="", nullable=False),
        sa.Column("about", sa.String(length=20), server_default="", nullable=False),
        sa.Column("authority", sa.String(length=40), server_default="", nullable=False),
        sa.Column("check_id", sa.String(length=64), nullable=True),
        sa.Column("findings_sealed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_liveness_sessions_account_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_liveness_sessions_identity_id")),
        sa.ForeignKeyConstraint(["check_id"], ["face_checks.id"], name=op.f("fk_liveness_sessions_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_liveness_sessions")),
    )
    op.create_index("ix_liveness_sessions_account_id_created_ms", "liveness_sessions", ["account_id", "created_ms"])
    op.create_index("ix_liveness_sessions_state", "liveness_sessions", ["state"])
    op.create_index("ix_liveness_sessions_check_id", "liveness_sessions", ["check_id"])
    op.create_table(
        "liveness_files",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["liveness_sessions.id"], name=op.f("fk_liveness_files_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_liveness_files")),
    )
    op.create_index("ix_liveness_files_session_id", "liveness_files", ["session_id"])
