"""Data keys leave the main database, and why something was decided stands there sealed.

`vigie setup-db` has carried the keys into the keyring, and sealed the reasons, before this runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    left = sa.text("SELECT count(*) FROM subjects WHERE wrapped_key IS NOT NULL")
    if op.get_bind().execute(left).scalar():
        raise RuntimeError("Keys of subjects are not in the keyring yet: run `vigie setup-db`.")
    if op.get_bind().execute(sa.text("SELECT count(*) FROM decisions WHERE reason != ''")).scalar():
        raise RuntimeError("Reasons of decisions are not sealed yet: run `vigie setup-db`.")
    op.execute("ALTER TABLE decisions DROP COLUMN reason")
    op.execute("ALTER TABLE subjects DROP COLUMN wrapped_key")  # making the table anew would break what points to it
    op.create_table('key_marks',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('mark', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.execute("INSERT INTO key_marks (name, mark) VALUES ('hashing', '')")  # held while hashes are made or changed


def downgrade() -> None:
    op.drop_table('key_marks')
    op.add_column('decisions', sa.Column('reason', sa.Text(), nullable=False, server_default=""))
    op.add_column('subjects', sa.Column('wrapped_key', sa.LargeBinary(), nullable=True))
