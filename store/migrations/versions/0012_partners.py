"""Partners: organisations, pivots, agreements, notices; consents, referrals, the ledger of what was told, steps and closing
of a case, meetings; rights, legal holds; what a request says of its way in and its end.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NEW = (
    ("review_due_at", _MOMENT, None),
    ("reviewed_by", sa.Text(), None),
    ("reviewed_at", _MOMENT, None),
    ("finding", sa.Text(), ""),
    ("channel", sa.Text(), "portal"),
    ("organisation_id", sa.Text(), None),
    ("region", sa.Text(), ""),
    ("runaway_until", _MOMENT, None),
    ("found_at", _MOMENT, None),
    ("majority_told_at", _MOMENT, None),
    ("closed_at", _MOMENT, None),
    ("handed_at", _MOMENT, None),
)
_SQLITE = """CREATE TRIGGER disclosures_no_{verb} BEFORE {verb} ON disclosures
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"""
# REPLACE deletes the row that is in its way without asking the trigger against DELETE.
_SQLITE_REPLACE = """CREATE TRIGGER disclosures_no_REPLACE BEFORE INSERT ON disclosures
WHEN EXISTS (SELECT 1 FROM disclosures WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"""
_FUNCTION = """CREATE FUNCTION disclosures_refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$ LANGUAGE plpgsql"""
_POSTGRESQL = """CREATE TRIGGER disclosures_no_{verb} BEFORE {verb} ON disclosures
FOR EACH {each} EXECUTE FUNCTION disclosures_refuse()"""
_EACH = (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT"))

_TABLES = (
    "organisations",
    "pivots",
    "agreements",
    "notices",
    "consents",
    "referrals",
    "disclosures",
    "entente_steps",
    "closings",
    "meetings",
    "meeting_parts",
    "rights_cases",
    "legal_holds",
)


def _text(name, **more):
    return sa.Column(name, sa.Text(), nullable=False, **more)


def _moment(name, nullable=False):
    return sa.Column(name, _MOMENT, nullable=nullable)


def _to(name, column, **more):
    return sa.Column(name, sa.Text(), sa.ForeignKey(column), **({"nullable": False} | more))


def _number():
    return sa.Column("id", sa.Integer(), primary_key=True)


def _guard_ledger():
    if op.get_bind().dialect.name == "sqlite":
        for statement in (*(_SQLITE.format(verb=verb) for verb, _ in _EACH[:2]), _SQLITE_REPLACE):
            op.execute(statement)
        return
    op.execute(_FUNCTION)
    for verb, each in _EACH:
        op.execute(_POSTGRESQL.format(verb=verb, each=each))


def upgrade() -> None:
    for name, kind, default in _NEW:
        op.add_column("requests", sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_table(
        "organisations",
        _text("id", primary_key=True),
        _text("name", unique=True),
        _text("kind"),
        sa.Column("regions", sa.JSON(), nullable=False),
        _text("phone"),
        _text("hours"),
        sa.Column("ages_from", sa.Integer()),
        sa.Column("ages_to", sa.Integer()),
        _text("services"),
        _moment("confirmed_at"),
        _text("confirmed_by"),
        _moment("ended_at", nullable=True),
    )
    op.create_table(
        "pivots",
        _text("id", primary_key=True),
        _to("organisation_id", "organisations.id", index=True),
        _text("name"),
        _text("title"),
        _text("email"),
        _text("phone"),
        _to("user_id", "users.id", nullable=True, index=True),
        _to("backup_id", "pivots.id", nullable=True),
        _moment("valid_until"),
        _moment("confirmed_at"),
        _text("confirmed_by"),
        _moment("ended_at", nullable=True),
    )
    op.create_table(
        "agreements",
        _text("id", primary_key=True),
        _to("organisation_id", "organisations.id", index=True),
        _text("title"),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        _moment("ended_at", nullable=True),
    )
    op.create_table(
        "notices",
        _text("id", primary_key=True),
        _to("pivot_id", "pivots.id"),
        _text("kind"),
        _text("about"),
        sa.Column("link", sa.LargeBinary()),
        _text("state"),
        _moment("queued_at"),
        _moment("due_at"),
        _moment("sending_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _text("error"),
    )
    op.create_index("ix_notices_state", "notices", ["state", "due_at"])
    op.create_table(
        "consents",
        _text("id", primary_key=True),
        _to("subject_id", "subjects.id", index=True),
        _to("request_id", "requests.id", index=True),
        _to("organisation_id", "organisations.id"),
        sa.Column("fields", sa.JSON(), nullable=False),
        _text("given_by"),
        sa.Column("adult", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _text("code_hash", unique=True),
        _to("recorded_by", "users.id"),
        _moment("starts_at"),
        _moment("ends_at"),
        _moment("withdrawn_at", nullable=True),
        _text("withdrawn_via"),
    )
    op.create_table(
        "referrals",
        _text("id", primary_key=True),
        _to("request_id", "requests.id", nullable=True, index=True),
        _to("post_id", "posts.id", nullable=True, index=True),
        _to("subject_id", "subjects.id", nullable=True, index=True),
        _to("organisation_id", "organisations.id", index=True),
        _to("pivot_id", "pivots.id", index=True),
        _to("lead_id", "organisations.id", nullable=True),
        _text("ground"),
        _to("consent_id", "consents.id", nullable=True),
        _text("stage"),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("posts", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _text("state"),
        _to("created_by", "users.id"),
        _moment("created_at"),
        sa.Column("approved_by", sa.Text()),
        _moment("approved_at", nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        _moment("review_due_at", nullable=True),
        sa.Column("reviewed_by", sa.Text()),
        _moment("reviewed_at", nullable=True),
        _text("finding"),
        _moment("sent_at", nullable=True),
        _moment("due_at", nullable=True),
        sa.Column("link_hash", sa.Text(), unique=True),
        _moment("link_ends_at", nullable=True),
        _moment("acknowledged_at", nullable=True),
        _text("acknowledged_via"),
        _text("outcome"),
        _moment("outcome_at", nullable=True),
        sa.Column("outcome_sealed", sa.LargeBinary()),
        _moment("escalated_at", nullable=True),
        _moment("reminded_at", nullable=True),
    )
    op.create_index("ix_referrals_due", "referrals", ["state", "due_at"])
    op.create_table(
        "disclosures",
        _number(),
        _text("kind"),
        _text("about", index=True),
        _to("subject_id", "subjects.id", nullable=True, index=True),
        _to("organisation_id", "organisations.id", nullable=True, index=True),
        _to("pivot_id", "pivots.id", nullable=True),
        _text("ground"),
        _to("consent_id", "consents.id", nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        _text("by"),
        _moment("at"),
        sa.Column("entry", sa.BigInteger(), nullable=False),
    )
    _guard_ledger()
    op.create_table(
        "entente_steps",
        _number(),
        _to("request_id", "requests.id"),
        _text("step"),
        sa.Column("on", sa.Date(), nullable=False),
        _to("user_id", "users.id"),
        _moment("at"),
        sa.UniqueConstraint("request_id", "step"),
    )
    op.create_table(
        "closings",
        _to("request_id", "requests.id", primary_key=True),
        sa.Column("reported_on", sa.Date()),
        sa.Column("sealed", sa.LargeBinary()),
        _to("asked_by", "users.id"),
        _moment("asked_at"),
        _to("closed_by", "users.id", nullable=True),
        _moment("closed_at", nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "meetings",
        _text("id", primary_key=True),
        sa.Column("requests", sa.JSON(), nullable=False),
        _text("ground"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _to("proposed_by", "users.id"),
        _moment("proposed_at"),
        _moment("ends_at"),
        _moment("ended_at", nullable=True),
    )
    op.create_table(
        "meeting_parts",
        _to("meeting_id", "meetings.id", primary_key=True),
        _to("organisation_id", "organisations.id", primary_key=True),
        _to("pivot_id", "pivots.id"),
        _text("answer"),
        _moment("answered_at", nullable=True),
    )
    op.create_table(
        "rights_cases",
        _text("id", primary_key=True),
        _text("kind"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _text("code_hash", unique=True),
        _moment("received_at"),
        _moment("due_at"),
        _moment("identity_at", nullable=True),
        _text("identity_by"),
        _text("identity_how"),
        _text("outcome"),
        sa.Column("answer_sealed", sa.LargeBinary()),
        _moment("answered_at", nullable=True),
        _text("answered_by"),
        _moment("ended_at", nullable=True),
    )
    op.create_table(
        "legal_holds",
        _text("id", primary_key=True),
        _text("kind"),
        _text("about"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _text("asked_by"),
        _moment("asked_at"),
        sa.Column("granted_by", sa.Text()),
        _moment("granted_at", nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        _moment("ends_at"),
        _moment("released_at", nullable=True),
        _text("released_by"),
    )
    op.create_index("ix_legal_holds_about", "legal_holds", ["kind", "about"])


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION disclosures_refuse()")
    for name, _, _ in reversed(_NEW):
        op.drop_column("requests", name)
