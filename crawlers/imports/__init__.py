"""Imports: posts from files that people bring, in JSONL, CSV or WARC, told apart by their content."""

from crawlers.imports.intake import ImportReport, import_file
from crawlers.imports.reading import read_posts
from crawlers.imports.rows import Reject

__all__ = ["ImportReport", "Reject", "import_file", "read_posts"]
