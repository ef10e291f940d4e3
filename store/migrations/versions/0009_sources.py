"""Approvals by two people, what is remembered of a source, alerts, posts gone at their source, captures
that wait for their entry, quarantine's outcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NEW = {
    "approvals": (
        ("region", sa.Text(), ""),
        ("retention_days", sa.Integer(), None),
        ("granted_at", _MOMENT, None),
        ("alone_reason", sa.Text(), ""),
        ("suspended_by", sa.Text(), ""),
        ("suspended_why", sa.Text(), ""),
    ),
    "posts": (("seen_at", _MOMENT, None), ("gone_at", _MOMENT, None)),
    "captures": (("entry", sa.BigInteger(), None),),
    "quarantine": (
        ("outcome", sa.Text(), ""),
        ("outcome_by", sa.Text(), ""),
        ("outcome_at", _MOMENT, None),
        ("note", sa.LargeBinary(), None),
    ),
}


def upgrade() -> None:
    for table, columns in _NEW.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.execute("UPDATE approvals SET granted_at = created_at")
    op.execute("UPDATE captures SET entry = 0")
    op.create_index("ix_captures_waiting", "captures", ["entry", "id"])
    op.create_table(
        "page_marks",
        sa.Column("source_id", sa.Text(), sa.ForeignKey("sources.id"), primary_key=True),
        sa.Column("page", sa.Text(), primary_key=True),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "source_marks",
        sa.Column("source_id", sa.Text(), sa.ForeignKey("sources.id"), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "source_alerts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source_id", sa.Text(), sa.ForeignKey("sources.id"), nullable=False, index=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=True),
        sa.Column("seen_by", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    # The code before this takes the newest approval for granted: one that waits for its second person would be in force.
    op.execute("DELETE FROM approvals WHERE granted_at IS NULL")
    op.drop_index("ix_captures_waiting", table_name="captures")
    for table in ("source_alerts", "source_marks", "page_marks"):
        op.drop_table(table)
    for table, columns in _NEW.items():
        for name, _, _ in reversed(columns):
            op.drop_column(table, name)
