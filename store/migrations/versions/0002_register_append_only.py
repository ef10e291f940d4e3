"""The register refuses change: triggers against UPDATE, DELETE and, on SQLite, INSERT OR REPLACE."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SQLITE = """CREATE TRIGGER register_no_{verb} BEFORE {verb} ON register
BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END"""
# REPLACE deletes the row that is in its way without asking the trigger against DELETE.
_SQLITE_REPLACE = """CREATE TRIGGER register_no_REPLACE BEFORE INSERT ON register
WHEN EXISTS (SELECT 1 FROM register WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END"""
_FUNCTION = """CREATE FUNCTION register_refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'the register is append-only'; END $$ LANGUAGE plpgsql"""
_POSTGRESQL = """CREATE TRIGGER register_no_{verb} BEFORE {verb} ON register
FOR EACH ROW EXECUTE FUNCTION register_refuse()"""


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(_FUNCTION if postgresql else _SQLITE_REPLACE)
    for verb in ("UPDATE", "DELETE"):
        op.execute((_POSTGRESQL if postgresql else _SQLITE).format(verb=verb))


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"DROP TRIGGER register_no_{verb}" + (" ON register" if postgresql else ""))
    op.execute("DROP FUNCTION register_refuse()" if postgresql else "DROP TRIGGER register_no_REPLACE")
