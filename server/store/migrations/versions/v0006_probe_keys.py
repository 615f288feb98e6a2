"""Keys to measure with belong to a device, no longer to a session"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "probe_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("dead_ms", sa.BigInteger(), nullable=True),
        sa.Column("death_cause", sa.String(length=16), nullable=True),
        sa.Column("measured_kbps", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_probe_keys_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_probe_keys_hash")),
    )
    op.create_index(op.f("ix_probe_keys_created_ms"), "probe_keys", ["created_ms"])
    op.create_index(op.f("ix_probe_keys_device_id"), "probe_keys", ["device_id"])
    # Those of before die: without their mark they would be keys to go on air with.
    op.execute(sa.text("DELETE FROM publications WHERE is_probe"))
    op.execute(sa.text("DELETE FROM publications WHERE key_id IN (SELECT id FROM stream_keys WHERE is_probe)"))
    op.execute(sa.text("DELETE FROM stream_keys WHERE is_probe"))
    # Not in a batch: SQLite would make the table anew, which others' rows refer to.
    op.drop_column("publications", "is_probe")
    op.drop_column("publications", "measured_kbps")
    op.drop_column("stream_keys", "is_probe")
