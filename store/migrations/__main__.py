"""Write a new migration from the difference between the tables and a database at the newest version.

Run as ``python -m store.migrations NAME`` and read what it wrote before committing it.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from store.database import Database, alembic_config

if len(sys.argv) != 2:
    sys.exit("Say what changes: python -m store.migrations 'add a column'")
with tempfile.TemporaryDirectory() as folder:
    database = Database(f"sqlite:///{Path(folder) / 'new.db'}")
    database.upgrade()
    with database.engine.begin() as connection:
        command.revision(alembic_config(connection), message=sys.argv[1], autogenerate=True)
