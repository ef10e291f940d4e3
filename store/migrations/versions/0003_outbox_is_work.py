"""The outbox becomes work that is leased, posts count their revisions, dead letters have no due time.

On PostgreSQL the register refuses TRUNCATE too, and statistics hold no texts: they would outlast the erasure of a post.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TRUNCATE = """CREATE TRIGGER register_no_TRUNCATE BEFORE TRUNCATE ON register
FOR EACH STATEMENT EXECUTE FUNCTION register_refuse()"""
_NOT_SAMPLED = {
    "posts": ("external_id", "url", "title", "text", "author", "provenance"),
    "captures": ("path", "url"),
    "assessments": ("body",),
    "decisions": ("reason",),
    "work": ("error",),
}
_TO_WORK = """INSERT INTO work (kind, key, due_at, asked_at, attempts, error)
SELECT 'index', post_id, MIN(created_at), MIN(created_at), 0, '' FROM outbox GROUP BY post_id"""
_FROM_WORK = """INSERT INTO outbox (post_id, created_at)
SELECT key, COALESCE(due_at, CURRENT_TIMESTAMP) FROM work WHERE kind = 'index' ORDER BY id"""


def upgrade() -> None:
    with op.batch_alter_table("posts") as posts:
        posts.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("work") as work:
        work.alter_column("due_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        work.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        work.drop_index("ix_work_due")
        work.create_index("ix_work_due", ["kind", "due_at", "id"])
    op.execute("UPDATE work SET asked_at = due_at")
    op.execute(_TO_WORK)
    op.drop_table("outbox")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_TRUNCATE)
        _sample(0)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER register_no_TRUNCATE ON register")
        _sample(-1)
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )
    op.execute(_FROM_WORK)
    op.execute("DELETE FROM work WHERE kind NOT IN ('assess', 'collect')")
    op.execute("UPDATE work SET due_at = CURRENT_TIMESTAMP WHERE due_at IS NULL")
    with op.batch_alter_table("work") as work:
        work.drop_index("ix_work_due")
        work.create_index("ix_work_due", ["kind", "due_at"])
        work.alter_column("due_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        work.drop_column("asked_at")
    op.execute("ALTER TABLE posts DROP COLUMN revision")  # making the table anew would break what points to it


def _sample(values: int) -> None:
    for table, columns in _NOT_SAMPLED.items():
        for column in columns:
            kind = "json" if column in ("provenance", "body") else "text"
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")  # forgets what was sampled before
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {values}")
