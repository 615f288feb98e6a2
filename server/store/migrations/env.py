"""Run by Alembic with the connection that server.store.migrate gives it."""

from __future__ import annotations

from alembic import context

from server.store import (  # noqa: F401  they fill the metadata
    count_models,
    identity_models,
    liveness_models,
    measure_models,
    models,
    question_models,
    report_models,
    room_models,
    way_models,
)
from server.store.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
