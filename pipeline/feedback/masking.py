"""Decided posts made ready to be learnt from, so that no model holds what identifies anybody.

Real posts hold handles, names and addresses in small letters, which no corpus of fictional texts does; masking capitals
is not enough for them. What redaction finds in a text is masked, and so is what authors call themselves. Of the rest a
feature is learnt only if the shipped corpora hold it, or several voices used it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from nlp.criteria.words import BOUNDARY, Word
from nlp.emerging.private import author_words
from nlp.emerging.voices import voices
from nlp.features import MASK, Prepared, prepare
from nlp.frequencies import small_words
from nlp.redact import redact
from nlp.redact.learnt import UNLISTED
from nlp.space import feature_names
from pipeline.feedback.decided import DecidedRow

LEAST_VOICES = 5
"""Voices (authors, campaigns, texts) that must have used a feature which no shipped text has."""


def made_ready(rows: Sequence[DecidedRow]) -> list[Prepared]:
    """Return the texts of decided posts, all that identifies people masked in them.

    A word that is in no list of common words and identifies somebody once is masked in every text: the same name is
    typed with a capital here and without one there.
    """
    ready = [prepare(row.text, row.kind) for row in rows]
    found = [_found(one) for one in ready]
    meeting = (word.text for one, spans in zip(ready, found, strict=True) for word in one.words if _meets(word, spans))
    named = {word for word in meeting if not word.isdigit()}  # of a number no model sees more than its length
    theirs = (author_words({row.author for row in rows}) | named) - small_words()
    return [_masked(*each, theirs) for each in zip(rows, ready, found, strict=True)]


def barred_features(
    rows: Sequence[DecidedRow], ready: Sequence[Prepared], shipped: Collection[Prepared]
) -> frozenset[str]:
    """Return the features that only decided posts have and fewer than `LEAST_VOICES` voices used."""
    used: dict[str, set[str]] = {}
    for voice, one in zip(voices([row.ties for row in rows]), ready, strict=True):
        for name in feature_names(one):
            used.setdefault(name, set()).add(voice)
    few = {name for name, speakers in used.items() if len(speakers) < LEAST_VOICES}
    for one in shipped:
        few -= feature_names(one)
    return frozenset(few)


def _found(ready: Prepared) -> list[tuple[int, int]]:
    """Return the spans of a text that identify people."""
    # A word that is merely in no list may be slang: whether it is barred is told by how many voices use it.
    found = [(one.start, one.end) for one in redact(ready.text).redactions if one.why != UNLISTED]
    for kind in ("phones", "emails", "handles"):
        found += [(one.start, one.end) for one in ready.entities.get(kind, ())]
    return found


def _meets(word: Word, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < word.end and word.start < end for start, end in spans)


def _masked(row: DecidedRow, ready: Prepared, spans: Sequence[tuple[int, int]], theirs: frozenset[str]) -> Prepared:
    hidden = theirs | author_words({row.author})
    masked = (
        MASK if seen != BOUNDARY and (word.text in hidden or _meets(word, spans)) else seen
        for word, seen in zip(ready.words, ready.masked, strict=True)
    )
    return replace(ready, masked=tuple(masked))
