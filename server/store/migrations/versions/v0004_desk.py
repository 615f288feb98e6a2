"""Wrong codes of a browser at the desk, and what was noticed when a document was imported"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("desk_sessions", sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("document_drafts", sa.Column("findings", sa.Text(), nullable=False, server_default="[]"))
