"""What is kept: records, database, search index, register, keys and captures."""
