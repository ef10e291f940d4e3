"""The tables of a corpus, and what each of their columns means: the shared dictionary in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from disclosure.places import GROUP_OF
from nlp.cities import OUTSIDE, regions
from nlp.grid import load_grid
from nlp.types import SIGNALS
from pipeline.exports.package.shapes import Column, ColumnRole, TableShape
from store.exports import Tier

PARAPHRASES = "paraphrases"
"""The table of what was written in the reading room and reviewed."""
_CODE = r"[a-zà-öø-ÿ][a-zà-öø-ÿ0-9_-]{0,39}"
_LEVEL = r"(\*|\?|\d{4}(-(\d{2}|Q[1-4]))?)"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_REGIONS = frozenset({"*", "?", "Québec", OUTSIDE, *regions(), *GROUP_OF.values()})
_MEANING: Mapping[str, tuple[str, str, str]] = {
    "month": ("mois de la publication, généralisé", "month of the post, generalised", _LEVEL),
    "region": ("région administrative, généralisée", "administrative region, generalised", ""),
    "kind": ("publication ou annonce", "post or ad", r"\*|post|ad"),
    "language": ("langue lue", "language read", r"\*|fr|en|mixed|other"),
    "source": ("sorte de source", "kind of source", r"\*|[a-z_-]{1,20}"),
    "copies": ("combien de copies du même texte", "how many copies of the same text", r"\*|1|2-4|5\+|2\+"),
    "signals": ("signaux qu'un lecteur automatique a vus", "signals that an automatic reader saw", ""),
    "criteria": ("critères de la grille qu'il a vus", "criteria of the grid that it saw", ""),
    "codes": (
        "codes donnés dans la salle de lecture",
        "codes given in the reading room",
        rf"{_CODE}(\|{_CODE})*",
    ),
    "person": ("jeton d'une personne, propre à l'étude", "token of a person, the study's own", r"[a-z2-7]{26}"),
    "weight": (
        "combien de textes celui-ci représente",
        "how many texts this one stands for",
        r"\d+(\.\d+)?",
    ),
}


def rows_shape(tier: str, levels: Iterable[str]) -> TableShape:
    """Return the shape of the table of posts of a tier; `levels` are all the values that a region became."""
    quasi = ("month", "region", "kind", "language", "source", *(("copies",) if tier == "open" else ()))
    roles: dict[ColumnRole, tuple[str, ...]] = {
        "subject": () if tier == "open" else ("person",),
        "quasi": quasi,
        "sensitive": ("codes",) if tier == "codes" else ("signals", "criteria"),
        "weight": ("weight",),
    }
    columns = [_column(name, role, levels) for role, names in roles.items() for name in names]
    return TableShape(name="posts", columns=columns)


def words_shape() -> TableShape:
    """Return the shape of the table of reviewed paraphrases: the words alone, beside nothing that tells whose."""
    fr, en = "paraphrase revue d'un texte", "reviewed paraphrase of a text"
    return TableShape(name=PARAPHRASES, kind="words", columns=[Column(name="paraphrase", role="text", fr=fr, en=en)])


def counts_shape(months: Iterable[str]) -> TableShape:
    """Return the shape of the table of counts: of each label and month, by region and in all regions."""
    labels, places = [*SIGNALS, *_criteria()], ["*", "?", *regions()]
    return TableShape(
        name="counts",
        kind="counts",
        columns=[
            Column(name="month", role="plain", fr="mois", en="month", values=sorted(set(months))),
            Column(name="label", role="plain", fr="signal ou critère", en="signal or criterion", values=labels),
            Column(
                name="region",
                role="quasi",
                fr="région ; * : toutes",
                en="region; *: all",
                values=places,
            ),
            Column(
                name="count",
                role="count",
                type="integer",
                fr="textes différents, arrondi à 5 ; vide : moins de 10, ou retenu avec d'autres",
                en="different texts, rounded to 5; empty: under 10, or withheld with others",
                form=r"\d*",
            ),
        ],
    )


def is_of_tier(tier: Tier, shape: TableShape) -> bool:
    """Tell whether a table is one that the tier has, in every word: another could ask for less to be checked."""
    listed = {column.name: column.values or [] for column in shape.columns}
    if shape.name == "posts":
        places = listed.get("region", [])
        return set(places) <= _REGIONS and shape == rows_shape(tier, places)
    if tier == "codes":
        return shape == words_shape()
    months = listed.get("month", [])
    return tier == "open" and all(map(_MONTH.fullmatch, months)) and shape == counts_shape(months)


def _column(name: str, role: ColumnRole, levels: Iterable[str]) -> Column:
    fr, en, told = _MEANING[name]
    values, type_ = sorted(set(levels)) if name == "region" else None, "number" if name == "weight" else "string"
    if name in ("signals", "criteria"):
        told = _many_of(SIGNALS if name == "signals" else _criteria())
    return Column.model_validate(
        {"name": name, "role": role, "type": type_, "fr": fr, "en": en, "values": values, "form": told}
    )


def _criteria() -> tuple[str, ...]:
    return tuple(one.id for one in load_grid().criteria)


def _many_of(labels: Iterable[str]) -> str:
    """Return the form of a cell that holds any of some labels, a bar between them."""
    one = "|".join(labels)
    return rf"(({one})(\|({one}))*)?"
