"""The reading room: who reads which texts of a study, the codes they give, what they write in their own words; and when
a referral that its pivot could read already was taken back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OF_STUDIES = (("people", "[]"), ("codebook", "{}"))


def _text(name, **more):
    return sa.Column(name, sa.Text(), nullable=False, **more)


def _to(name, column, **more):
    return sa.Column(name, sa.Text(), sa.ForeignKey(column), nullable=False, **more)


def upgrade() -> None:
    """Studies that are there already are read by whoever leads them alone."""
    op.add_column("referrals", sa.Column("taken_back_at", _MOMENT))
    for name, empty in _OF_STUDIES:
        op.add_column("studies", sa.Column(name, sa.JSON(), nullable=False, server_default=empty))
    op.create_table(
        "room_texts",
        _text("token", primary_key=True),
        _to("study_id", "studies.id", index=True),
        _to("export_id", "exports.id", index=True),
        _to("post_id", "posts.id"),
    )
    op.create_table(
        "room_codes",
        _text("token", primary_key=True),
        _to("study_id", "studies.id", index=True),
        _to("user_id", "users.id", primary_key=True),
        _text("code", primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_table(
        "paraphrases",
        _text("id", primary_key=True),
        _to("study_id", "studies.id", index=True),
        _text("token"),
        _to("user_id", "users.id"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("risk", sa.JSON(), nullable=False),
        _text("status"),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_at", _MOMENT),
        _text("reason"),
    )


def downgrade() -> None:
    for name in ("paraphrases", "room_codes", "room_texts"):
        op.drop_table(name)
    with op.batch_alter_table("studies") as table:
        for name, _ in _OF_STUDIES:
            table.drop_column(name)
    op.drop_column("referrals", "taken_back_at")
