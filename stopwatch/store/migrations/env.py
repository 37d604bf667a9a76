"""Runs revisions on the connection it was handed, within that connection's transaction."""

from alembic import context

from stopwatch.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
