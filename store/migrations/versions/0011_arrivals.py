"""When each source's newest post came in and was published, and which posts were edited since a moment, found without
looking at every post."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_posts_came", ["source_id", "status", "ingested_at"]),
    ("ix_posts_published", ["source_id", "status", "posted_at"]),
)


def upgrade() -> None:
    for name, columns in _INDEXES:
        op.create_index(name, "posts", columns)
    edits = sa.text("version > 1")
    op.create_index("ix_assessments_edits", "assessments", ["created_at"], sqlite_where=edits, postgresql_where=edits)


def downgrade() -> None:
    op.drop_index("ix_assessments_edits", table_name="assessments")
    for name, _ in reversed(_INDEXES):
        op.drop_index(name, table_name="posts")
