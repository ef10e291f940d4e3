"""On what grounds something may be told about a youth, and which fields each kind of organisation may be told."""
