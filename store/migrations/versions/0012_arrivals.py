"""When the newest post of each source came in and was published, found without looking at every post."""

from alembic import op

revision = "0012"
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


def downgrade() -> None:
    for name, _ in reversed(_INDEXES):
        op.drop_index(name, table_name="posts")
