"""Decided posts made ready to be learnt from, so that no model holds what identifies anybody.

Real posts hold handles, names and addresses in small letters, which no corpus of fictional texts does; masking capitals
is not enough for them. What redaction finds in a text is masked, and so is what authors call themselves. Of the rest a
feature is learnt only if the shipped corpora hold it, or several voices used it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from nlp.criteria.words import BOUNDARY
from nlp.emerging.private import author_words
from nlp.emerging.voices import voices
from nlp.features import MASK, Prepared, prepare
from nlp.frequencies import small_words
from nlp.redact import redact
from nlp.space import feature_names
from pipeline.feedback.decided import DecidedRow

LEAST_VOICES = 5
"""Voices (authors, campaigns, texts) that must have used a feature which no shipped text has."""


def made_ready(rows: Sequence[DecidedRow]) -> list[Prepared]:
    """Return the texts of decided posts, all that identifies people masked in them."""
    theirs = author_words({row.author for row in rows}) - small_words()
    return [_masked(row, theirs) for row in rows]


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


def _masked(row: DecidedRow, theirs: frozenset[str]) -> Prepared:
    ready = prepare(row.text, row.kind)
    found = [(one.start, one.end) for one in redact(row.text).redactions]
    found += [(one.start, one.end) for kind in ("phones", "emails", "handles") for one in ready.entities.get(kind, ())]
    own = author_words({row.author})

    def hidden(at: int) -> bool:
        word = ready.words[at]
        if word.text in own or word.text in theirs:
            return True
        return any(start < word.end and word.start < end for start, end in found)

    masked = (
        MASK if ready.masked[at] != BOUNDARY and hidden(at) else ready.masked[at] for at in range(len(ready.masked))
    )
    return replace(ready, masked=tuple(masked))
