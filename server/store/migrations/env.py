"""Run by Alembic with the connection that server.store.migrate gives it."""

from __future__ import annotations

from alembic import context

from server.store import identity_models, models, way_models  # noqa: F401  they fill the metadata
from server.store.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
