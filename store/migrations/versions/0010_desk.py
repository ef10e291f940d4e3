"""How the queue is worked: judgements, notes, tags, parted posts, views, watches, alerts, reading time, agreement,
day counts, lessons; desks, hand-overs and double coding of items; undoing decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NEW = {
    "queue_items": (
        ("desk", sa.Text(), ""),
        ("taken_at", _MOMENT, None),
        ("handed_to", sa.Text(), None),
        ("double", sa.Boolean(), sa.false()),
    ),
    "decisions": (("act", sa.Text(), ""), ("ended_before", _MOMENT, None), ("undone_at", _MOMENT, None)),
}
_INDEXES = (
    ("ix_queue_lane", "queue_items", ["status", "lane", "rank", "hour"]),
    ("ix_queue_desk", "queue_items", ["status", "desk", "rank", "hour"]),
    ("ix_queue_taken", "queue_items", ["taken_at"]),
    ("ix_queue_items_handed_to", "queue_items", ["handed_to"]),
    ("ix_decisions_act", "decisions", ["act"]),
    ("ix_decisions_user", "decisions", ["user_id", "id"]),
)
_TABLES = (
    "judgements",
    "notes",
    "tags",
    "parted",
    "saved_views",
    "duties",
    "desk_alerts",
    "reading_spans",
    "criterion_states",
    "day_counts",
    "lessons",
)


def _text(name, **more):
    return sa.Column(name, sa.Text(), nullable=False, **more)


def _moment(name, nullable=False):
    return sa.Column(name, _MOMENT, nullable=nullable)


def _to(name, column, **more):
    return sa.Column(name, sa.Text(), sa.ForeignKey(column), **({"nullable": False} | more))


def _number():
    return sa.Column("id", sa.Integer(), primary_key=True)


def upgrade() -> None:
    for table, columns in _NEW.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.execute("UPDATE queue_items SET desk = region")
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    claimed = sa.text("claimed_until IS NOT NULL")
    op.create_index(
        "ix_queue_claimed",
        "queue_items",
        ["claimed_by", "claimed_until"],
        sqlite_where=claimed,
        postgresql_where=claimed,
    )
    op.create_table(
        "judgements",
        _number(),
        _to("item_id", "queue_items.id"),
        _to("user_id", "users.id"),
        _text("verdict"),
        sa.Column("criteria", sa.JSON(), nullable=False),
        _text("grid"),
        _moment("at"),
        sa.UniqueConstraint("item_id", "user_id"),
    )
    op.create_table(
        "notes",
        _number(),
        _to("post_id", "posts.id", index=True),
        _to("user_id", "users.id"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _moment("created_at"),
    )
    op.create_table(
        "tags",
        _to("post_id", "posts.id", primary_key=True),
        _text("tag", primary_key=True),
        _to("user_id", "users.id"),
        _moment("at"),
    )
    op.create_index("ix_tags_tag", "tags", ["tag", "post_id"])
    op.create_table(
        "parted",
        _to("post_id", "posts.id", primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _to("user_id", "users.id"),
        _moment("at"),
    )
    op.create_table(
        "saved_views",
        _text("id", primary_key=True),
        _to("user_id", "users.id"),
        _text("name"),
        sa.Column("filters", sa.JSON(), nullable=False),
        _moment("created_at"),
        sa.UniqueConstraint("user_id", "name"),
    )
    op.create_table(
        "duties",
        _text("id", primary_key=True),
        _to("user_id", "users.id", index=True),
        _to("backup_id", "users.id", nullable=True),
        _moment("starts_at"),
        _moment("ends_at"),
    )
    op.create_index("ix_duties_end", "duties", ["ends_at"])
    op.create_table(
        "desk_alerts",
        _number(),
        _to("user_id", "users.id"),
        _text("kind"),
        _text("about"),
        _moment("at"),
        _moment("seen_at", nullable=True),
        sa.UniqueConstraint("user_id", "kind", "about"),
    )
    op.create_table(
        "reading_spans",
        _number(),
        _to("user_id", "users.id"),
        _moment("began_at"),
        _moment("last_at"),
        sa.Column("posts", sa.Integer(), nullable=False),
    )
    op.create_index("ix_reading_spans_user", "reading_spans", ["user_id", "last_at"])
    op.create_table(
        "criterion_states",
        _text("criterion", primary_key=True),
        _text("state"),
        sa.Column("alpha", sa.Float(), nullable=True),
        sa.Column("posts", sa.Integer(), nullable=False),
        _text("by"),
        _moment("at"),
    )
    op.create_table(
        "day_counts",
        sa.Column("day", sa.Date(), primary_key=True),
        _text("name", primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )
    op.create_table(
        "lessons",
        _number(),
        _to("user_id", "users.id", index=True),
        _text("course"),
        _text("case"),
        _text("verdict"),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        _moment("at"),
    )


def downgrade() -> None:
    # The code before this has no lane of that name and would show an item that nothing was seen in.
    op.execute("UPDATE queue_items SET status = 'withdrawn', lane = 'recruitment' WHERE lane = 'sample'")
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_index("ix_queue_claimed", table_name="queue_items")
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
    for table, columns in _NEW.items():
        for name, _, _ in reversed(columns):
            op.drop_column(table, name)
