"""What both engines say when the index is missing, old or replaced."""

from __future__ import annotations

from store.errors import IndexUnavailable, NotSetUp


def no_index() -> NotSetUp:
    """Return the error of an index that was never made."""
    return NotSetUp("There is no search index yet: run `vigie setup-db`.")


def old_index() -> NotSetUp:
    """Return the error of an index that this version of the program did not make."""
    return NotSetUp(
        "The search index was made by another version of Vigie or changed since: run `vigie index --rebuild`.",
        code="index_old",
    )


def swapped() -> IndexUnavailable:
    """Return the error of work on a generation that is no longer the live one."""
    return IndexUnavailable("The search index was replaced by a new one meanwhile: do it again.", code="index_swapped")
