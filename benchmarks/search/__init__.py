"""Search and indexing beside their peers: SQLite FTS5 for searches, the bare engines for indexing."""
