"""Alembic's entry: runs the migrations on the connection it was given (backend.db.migrate)."""

from __future__ import annotations

from alembic import context

from backend.db.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
