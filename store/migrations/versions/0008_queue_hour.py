"""Items of one hour stand by score: each keeps the hour in which it came."""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ITEMS = sa.table("queue_items", sa.column("id", sa.Text), sa.column("hour", sa.Integer), sa.column("created_at", sa.DateTime(timezone=True)))


def upgrade() -> None:
    op.add_column("queue_items", sa.Column("hour", sa.Integer(), nullable=False, server_default="0"))
    connection = op.get_bind()
    for identity, created_at in connection.execute(sa.select(_ITEMS.c.id, _ITEMS.c.created_at)).all():
        hour = int(created_at.replace(tzinfo=created_at.tzinfo or UTC).timestamp()) // 3600
        connection.execute(sa.update(_ITEMS).where(_ITEMS.c.id == identity).values(hour=hour))
    op.drop_index("ix_queue_order", table_name="queue_items")
    op.create_index("ix_queue_order", "queue_items", ["status", "rank", "hour"])


def downgrade() -> None:
    op.drop_index("ix_queue_order", table_name="queue_items")
    op.create_index("ix_queue_order", "queue_items", ["status", "rank", "created_at"])
    op.drop_column("queue_items", "hour")
