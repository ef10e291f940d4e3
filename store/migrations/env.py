"""Alembic's entry: migrations run on the connection that `Database.upgrade` hands over."""

from alembic import context

from store.tables import Base, UtcDateTime

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run migrations with `vigie setup-db`; new ones are made by `python -m store.migrations NAME`.")


def _render(kind, item, _context):
    # A migration must not change when the code does, so our own type is written as what it is in the database.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=_render)
with context.begin_transaction():
    context.run_migrations()
