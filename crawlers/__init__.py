"""Collectors: what may be asked of a source, how politely, and how its pages become posts; and imports of files."""
