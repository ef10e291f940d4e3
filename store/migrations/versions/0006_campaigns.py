"""Posts that may be linked, what they are found by, and their campaigns; those already read wait to be linked.

On PostgreSQL, statistics hold neither their words nor their contacts: they would outlast the erasure of a post.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NOT_SAMPLED = (("linked_posts", "stems"), ("link_contacts", "contact"))
_TO_LINK = """INSERT INTO work (kind, key, due_at, asked_at, attempts, error)
SELECT DISTINCT 'link', p.id, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 0, '' FROM posts p
JOIN assessments a ON a.post_id = p.id AND a.version = p.version
WHERE p.status = 'live' AND CAST(a.flagged AS TEXT) <> '[]'"""


def upgrade() -> None:
    op.create_table('linked_posts',
    sa.Column('post_id', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('rank', sa.BigInteger(), nullable=False),
    sa.Column('stems', sa.Text(), nullable=False),
    sa.Column('component', sa.BigInteger(), nullable=False),
    sa.Column('text_group', sa.BigInteger(), nullable=False),
    sa.Column('campaign', sa.Text(), nullable=True),
    sa.Column('because', sa.JSON(), nullable=False),
    sa.Column('city', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], ),
    sa.PrimaryKeyConstraint('post_id')
    )
    op.create_index('ix_linked_component', 'linked_posts', ['component', 'rank'], unique=False)
    op.create_index('ix_linked_group', 'linked_posts', ['text_group', 'rank'], unique=False)
    op.create_index(op.f('ix_linked_posts_campaign'), 'linked_posts', ['campaign'], unique=False)
    op.create_table('link_bands',
    sa.Column('band', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('rank', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('post_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], ),
    sa.PrimaryKeyConstraint('band', 'rank', 'post_id')
    )
    op.create_index('ix_link_bands_post', 'link_bands', ['post_id'], unique=False)
    op.create_table('link_contacts',
    sa.Column('contact', sa.Text(), nullable=False),
    sa.Column('rank', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('post_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], ),
    sa.PrimaryKeyConstraint('contact', 'rank', 'post_id')
    )
    op.create_index('ix_link_contacts_post', 'link_contacts', ['post_id'], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for table, column in _NOT_SAMPLED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
    op.execute(_TO_LINK)


def downgrade() -> None:
    op.execute("DELETE FROM work WHERE kind = 'link'")
    op.drop_table('link_contacts')
    op.drop_table('link_bands')
    op.drop_table('linked_posts')
