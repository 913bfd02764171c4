"""Alembic's way in: runs the steps on the connection that ``migrate`` has opened."""

from alembic import context

from traceability.storage.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
with context.begin_transaction():
    context.run_migrations()
