"""The context words of redaction, kept as data in `nlp/data/redaction.yaml`."""

from __future__ import annotations

from nlp.lexicon import alternatives, word_lists


def words(name: str) -> frozenset[str]:
    """Return one of the lists."""
    return frozenset(word_lists("redaction")[name])


def any_of(*names: str) -> str:
    """Return a regular expression for any word or phrase of some lists, the longest first."""
    return alternatives(phrase for name in names for phrase in word_lists("redaction")[name])
