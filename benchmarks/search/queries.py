"""What is asked: queries of every form, as a person types them, with the filters of the search page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from nlp.query import parse
from store.index import IndexQuery

LIMIT = 50
"""Ids that are wanted of each answer, best first, beside the exact total."""

_SPRING = {"since": date(2026, 3, 1), "until": date(2026, 5, 31)}
_WEEK = {"since": date(2026, 10, 5), "until": date(2026, 10, 11)}
_MONTREAL = {"cities": ["Montréal"]}


@dataclass(frozen=True)
class Asked:
    """One query of one kind; `filters` are fields of `IndexQuery`."""

    kind: str
    text: str
    filters: dict[str, Any] = field(default_factory=dict)

    @property
    def query(self) -> IndexQuery:
        return IndexQuery(query=parse(self.text), limit=LIMIT, **self.filters)


_TEXTS = {
    "one common word": "pas je fille soir chum payé",
    "one rare word": "patinoire tracteur covoiturage guitare boréal aréna",
    "a contact": ("514-555-0123|438 555 0107|(450) 555-0150|@bleu_3|514-555-0199|rouge_1@courriel.example"),
    "two words": "pas argent|chum boss|my phone|elle police|mon amie|photo agence",
    "four words": "je suis pas ici|she was with him|mon chum a payé|a la job demain|no cv just cash|ma mère est partie",
    "a phrase": '"mon chum"|"a dit"|"pour les filles"|"my phone"|"tout le monde"|"en fugue"',
    "alternatives": (
        "fugue OR runaway OR fugué|chum OR copain OR boyfriend|hôtel OR motel OR condo|argent OR cash OR payé"
        "|ado OR mineure OR teen|boss OR agence OR patron"
    ),
    "one word and not another": "fille -ans|argent -cash|job -night|chum -amie|pas -je|the -and",
    "a prefix": "fug*|appart*|recru*|mont*|mai* pas|tra*",
    "words, days and a city": "pas|fille|argent OR cash|chum|soir boss|je",
    "words and signals": "pas|fille|argent OR cash|chum|soir boss|je",
    "filters only": "||||| ",
}
_FILTERS: dict[str, list[dict[str, Any]]] = {
    "words, days and a city": [{**_SPRING, **_MONTREAL}] * 3 + [{**_WEEK, **_MONTREAL}] * 3,
    "words and signals": [{"signals_any": ["recruitment", "minor"]}] * 3
    + [{"signals_any": ["distress"], **_SPRING}] * 3,
    "filters only": [
        {},
        _MONTREAL,
        _SPRING,
        {"languages": ["en"], "sources": ["source-03"]},
        {"signals_any": ["minor"], **_SPRING},
        {"cities": ["Laval", "Longueuil"], **_WEEK},
    ],
}
_OURS_ONLY = {
    "fuzzy": "fugeu~|copine~|telefone~|agnce~|appartment~2|montreal~1",
    "counts by facet and day": "pas|fille|argent OR cash|chum|soir boss|",
}
_COUNTED: dict[str, Any] = {"facets": ("source", "lang", "signals", "places"), "histogram": "day"}


def shared() -> list[Asked]:
    """Return the queries that both Vigie and SQLite FTS5 can answer."""
    return [asked for kind, texts in _TEXTS.items() for asked in _of(kind, texts)]


def ours_only() -> list[Asked]:
    """Return forms that FTS5 has no answer to: they are timed, and left out of every ratio."""
    asked = [each for kind, texts in _OURS_ONLY.items() for each in _of(kind, texts)]
    return [Asked(each.kind, each.text, _COUNTED if "facet" in each.kind else {}) for each in asked]


def _of(kind: str, texts: str) -> list[Asked]:
    cut = texts.split("|") if "|" in texts else texts.split()
    filters = _FILTERS.get(kind) or [{}] * len(cut)
    return [Asked(kind, text.strip(), chosen) for text, chosen in zip(cut, filters, strict=True)]
