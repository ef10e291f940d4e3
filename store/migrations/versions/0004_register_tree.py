"""The register becomes a signed tree, searches are compared by keyed hashes, people come in by more than a password.

Leaves, nodes and checkpoints refuse change as the register does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SQLITE = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END"""
_SQLITE_REPLACE = """CREATE TRIGGER {table}_no_REPLACE BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key})
BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END"""
_POSTGRESQL = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
FOR EACH ROW EXECUTE FUNCTION register_refuse()"""
_TRUNCATE = """CREATE TRIGGER {table}_no_TRUNCATE BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION register_refuse()"""
_APPEND_ONLY = {
    "register_leaves": "position = NEW.position OR n = NEW.n",
    "register_nodes": "level = NEW.level AND position = NEW.position",
    "register_checkpoints": "size = NEW.size",
}
_ADDED = (
    ("decisions", "sealed", sa.LargeBinary(), ""),
    ("searches", "words", sa.Integer(), "0"),
    ("sessions", "pending", sa.Text(), ""),
    ("users", "full_name", sa.Text(), ""),
    ("users", "trained_on", sa.Date(), None),
    ("users", "shift", sa.Text(), ""),
    ("users", "totp", sa.LargeBinary(), None),
    ("users", "totp_used", sa.BigInteger(), None),
    ("users", "recovery", sa.JSON(), "[]"),
    ("users", "oidc_subject", sa.Text(), None),
)


def upgrade() -> None:
    op.create_table('oidc_logins',
    sa.Column('state_sha256', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('state_sha256')
    )
    op.create_table('register_checkpoints',
    sa.Column('size', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('root', sa.LargeBinary(length=32), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('size')
    )
    op.create_table('register_leaves',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('n', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('position'),
    sa.UniqueConstraint('n')
    )
    op.create_table('register_nodes',
    sa.Column('level', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('level', 'position')
    )
    op.create_table('reviews',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('search_id', sa.Text(), nullable=True),
    sa.Column('entry', sa.BigInteger(), nullable=True),
    sa.Column('sample', sa.Text(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('drawn_by', sa.Text(), nullable=False),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by', sa.Text(), nullable=True),
    sa.Column('finding', sa.Text(), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('reviews', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reviews_search_id'), ['search_id'], unique=False)

    op.create_table('api_tokens',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('token_sha256', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_sha256')
    )
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_tokens_user_id'), ['user_id'], unique=False)

    op.create_table('broken_glass',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('act', sa.Text(), nullable=False),
    sa.Column('reason', sa.LargeBinary(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by', sa.Text(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finding', sa.Text(), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('broken_glass', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_broken_glass_user_id'), ['user_id'], unique=False)

    op.create_table('search_terms',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('search_id', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('key', sa.LargeBinary(length=16), nullable=False),
    sa.ForeignKeyConstraint(['search_id'], ['searches.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('search_terms', schema=None) as batch_op:
        batch_op.create_index('ix_search_terms_key', ['key', 'id', 'search_id'], unique=False)
        batch_op.create_index('ix_search_terms_search', ['search_id', 'role', 'key'], unique=False)

    op.create_table('standing_searches',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('search_id', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('renewals', sa.Integer(), nullable=False),
    sa.Column('ran_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_id', sa.Text(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_why', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['requests.id'], ),
    sa.ForeignKeyConstraint(['search_id'], ['searches.id'], ),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('standing_searches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_standing_searches_request_id'), ['request_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_standing_searches_user_id'), ['user_id'], unique=False)

    op.create_table('standing_hits',
    sa.Column('standing_id', sa.Text(), nullable=False),
    sa.Column('post_id', sa.Text(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['standing_id'], ['standing_searches.id'], ),
    sa.PrimaryKeyConstraint('standing_id', 'post_id')
    )
    for table, name, kind, default in _ADDED:
        op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_index("ix_users_oidc_subject", "users", ["oidc_subject"], unique=True)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, key in _APPEND_ONLY.items():
        for verb in ("UPDATE", "DELETE"):
            op.execute((_POSTGRESQL if postgresql else _SQLITE).format(table=table, verb=verb))
        op.execute((_TRUNCATE if postgresql else _SQLITE_REPLACE).format(table=table, key=key))


def downgrade() -> None:
    op.drop_index("ix_users_oidc_subject", "users")
    for table, name, _, _ in reversed(_ADDED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")  # making the table anew would break what points to it
    op.drop_table('standing_hits')
    with op.batch_alter_table('standing_searches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_standing_searches_user_id'))
        batch_op.drop_index(batch_op.f('ix_standing_searches_request_id'))

    op.drop_table('standing_searches')
    with op.batch_alter_table('search_terms', schema=None) as batch_op:
        batch_op.drop_index('ix_search_terms_search')
        batch_op.drop_index('ix_search_terms_key')

    op.drop_table('search_terms')
    with op.batch_alter_table('broken_glass', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_broken_glass_user_id'))

    op.drop_table('broken_glass')
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_api_tokens_user_id'))

    op.drop_table('api_tokens')
    with op.batch_alter_table('reviews', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reviews_search_id'))

    op.drop_table('reviews')
    op.drop_table('register_nodes')
    op.drop_table('register_leaves')
    op.drop_table('register_checkpoints')
    op.drop_table('oidc_logins')
