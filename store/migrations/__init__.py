"""The tables' versions, by Alembic."""
