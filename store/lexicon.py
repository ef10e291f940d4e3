"""The deployment's quarantine lexicon, read from its file: not configured, in force, or refused; never silently off."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nlp.quarantine import Lexicon, read_lexicon
from store.errors import NotSetUp
from store.settings import Settings


def lexicon_of(settings: Settings) -> Lexicon | None:
    """Return the lexicon in force, read anew when its file changes; None where the deployment supplies none.

    `NotSetUp` (`quarantine_lexicon`) if it cannot be used: nothing may be taken in until it can.
    """
    path = settings.quarantine_lexicon_file
    if path is None:
        return None
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size, state.st_ino)
    except (OSError, UnicodeError):
        raise _refused(path, "cannot be read") from None
    except ValueError as error:  # it tells a line's number at most
        raise _refused(path, f"cannot be used: {error}") from None


def require_lexicon(settings: Settings) -> None:
    """Raise `NotSetUp` (`quarantine_lexicon`) if a lexicon is configured that cannot be used."""
    lexicon_of(settings)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int, _inode: int) -> Lexicon:
    return read_lexicon(path.read_text("utf-8"))


def _refused(path: Path, why: str) -> NotSetUp:
    message = f"The quarantine lexicon {path} {why}. Nothing is taken in until VIGIE_QUARANTINE_LEXICON_FILE is mended."
    return NotSetUp(message, code="quarantine_lexicon")
