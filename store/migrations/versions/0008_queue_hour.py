"""Items of one hour stand by score: each keeps the hour in which it came."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_HOUR = {
    "sqlite": "UPDATE queue_items SET hour = CAST(strftime('%s', substr(created_at, 1, 19)) AS INTEGER) / 3600",
    "postgresql": "UPDATE queue_items SET hour = CAST(floor(extract(epoch FROM created_at) / 3600) AS INTEGER)",
}


def upgrade() -> None:
    op.add_column("queue_items", sa.Column("hour", sa.Integer(), nullable=False, server_default="0"))
    op.execute(_HOUR[op.get_bind().dialect.name])
    op.drop_index("ix_queue_order", table_name="queue_items")
    op.create_index("ix_queue_order", "queue_items", ["status", "rank", "hour"])


def downgrade() -> None:
    op.drop_index("ix_queue_order", table_name="queue_items")
    op.create_index("ix_queue_order", "queue_items", ["status", "rank", "created_at"])
    op.drop_column("queue_items", "hour")
