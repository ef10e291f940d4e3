"""Research: studies, what a corpus says of its way out, copies that are out, published figures; of
people's rights, when the posts were searched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OF_EXPORTS = (
    ("scope", sa.JSON(), "{}"),
    ("status", sa.Text(), "ready"),
    ("progress", sa.JSON(), "{}"),
    ("preview", sa.JSON(), "{}"),
    ("report", sa.JSON(), "{}"),
    ("error", sa.Text(), ""),
    ("previewed_at", _MOMENT, None),
    ("approved_by", sa.Text(), None),
    ("approved_at", _MOMENT, None),
    ("alone", sa.Boolean(), sa.false()),
    ("reason", sa.Text(), ""),
    ("ready_at", _MOMENT, None),
    ("expires_at", _MOMENT, None),
    ("ended_at", _MOMENT, None),
)
_TABLES = ("studies", "export_copies", "published_views")


def _text(name, **more):
    return sa.Column(name, sa.Text(), nullable=False, **more)


def _json(name):
    return sa.Column(name, sa.JSON(), nullable=False)


def _moment(name, nullable=False):
    return sa.Column(name, _MOMENT, nullable=nullable)


def _to(name, column, **more):
    return sa.Column(name, sa.Text(), sa.ForeignKey(column), **({"nullable": False} | more))


def upgrade() -> None:
    op.add_column("rights_cases", sa.Column("looked_at", _MOMENT))
    _studies()
    _exports()
    op.create_table(
        "published_views",
        _text("month", primary_key=True),
        _text("view", primary_key=True),
        _json("body"),
        _moment("made_at"),
    )


def downgrade() -> None:
    op.drop_column("rights_cases", "looked_at")
    for name in reversed(_TABLES):
        if name != "studies":
            op.drop_table(name)
    with op.batch_alter_table("exports") as table:
        table.drop_index("ix_exports_status")
        table.drop_index("ix_exports_study_id")
        table.drop_constraint("fk_exports_study", type_="foreignkey")
        for name in ("study_id", *(name for name, _, _ in _OF_EXPORTS)):
            table.drop_column(name)
    op.drop_table("studies")


def _studies() -> None:
    op.create_table(
        "studies",
        _text("id", primary_key=True),
        _to("user_id", "users.id", index=True),
        _text("purpose"),
        _text("agreement"),
        _text("ethics"),
        _moment("created_at"),
        _moment("approved_at", nullable=True),
        _moment("ends_at"),
        _moment("closed_at", nullable=True),
    )


def _exports() -> None:
    """Corpora made before this were ready when they were made."""
    with op.batch_alter_table("exports") as table:
        table.add_column(sa.Column("study_id", sa.Text(), nullable=True))
        for name, kind, default in _OF_EXPORTS:
            table.add_column(sa.Column(name, kind, nullable=default is None, server_default=default))
        table.create_foreign_key("fk_exports_study", "studies", ["study_id"], ["id"])
        table.create_index("ix_exports_status", ["status"])
        table.create_index("ix_exports_study_id", ["study_id"])
    op.create_table(
        "export_copies",
        sa.Column("id", sa.Integer(), primary_key=True),
        _to("export_id", "exports.id", index=True),
        _to("user_id", "users.id"),
        _text("file"),
        _moment("at"),
        _moment("destroyed_at", nullable=True),
    )
