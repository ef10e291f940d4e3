"""Imports: posts from files that people bring: JSONL, CSV, WARC and exports of 4CAT, told apart by their content."""

from crawlers.imports.intake import ImportReport, import_file
from crawlers.imports.reading import Form, read_posts
from crawlers.imports.rows import Reject

__all__ = ["Form", "ImportReport", "Reject", "import_file", "read_posts"]
