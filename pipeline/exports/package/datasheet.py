"""The datasheet of a corpus, French first: what it is, how it was made, what was lost, what it may be used for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.exports.package.shapes import Dictionary
from pipeline.exports.package.words import LICENCES, SECTIONS, TITLES, Lang

_LANGS: tuple[Lang, ...] = ("fr", "en")
_LABELS: Mapping[Lang, Mapping[str, str]] = {
    "fr": {
        "sheet": "Fiche du corpus",
        "composition": "Composition",
        "purpose": "But de l'étude",
        "made": "Fait le",
        "ends": "Fin",
        "grid": "Grille",
        "models": "Lecteurs",
        "population": "Publications dans le champ demandé qui pouvaient sortir",
        "table": "Table « {name} » : {rows} lignes",
        "levels": "Généralisation",
        "loss": "Ce qui s'est perdu",
        "use": "Conditions",
    },
    "en": {
        "sheet": "Datasheet of the corpus",
        "composition": "Composition",
        "purpose": "Purpose of the study",
        "made": "Made on",
        "ends": "Ends",
        "grid": "Grid",
        "models": "Readers",
        "population": "Posts in the scope asked for that could leave",
        "table": "Table “{name}”: {rows} rows",
        "levels": "Generalisation",
        "loss": "What was lost",
        "use": "Conditions",
    },
}


def datasheet(dictionary: Dictionary, rows: Mapping[str, int]) -> str:
    """Return the datasheet as Markdown; `rows` counts those of each table."""
    return "\n".join(line for lang in _LANGS for line in _lines(dictionary, rows, lang))


def _lines(dictionary: Dictionary, rows: Mapping[str, int], lang: Lang) -> Iterator[str]:
    about, label = dictionary.about, _LABELS[lang]
    yield f"# {label['sheet']} {about.export}\n"
    yield f"{TITLES[about.tier][lang]}\n"
    for heading, body in SECTIONS[:1]:
        yield from (f"## {heading[lang]}\n", f"{body[lang]}\n")
    yield f"## {label['composition']}\n"
    yield from _facts(dictionary, rows, lang)
    for heading, body in SECTIONS[1:]:
        yield from (f"\n## {heading[lang]}\n", body[lang])
    yield f"\n## {label['use']}\n\n{LICENCES[about.tier][lang]}\n"


def _facts(dictionary: Dictionary, rows: Mapping[str, int], lang: Lang) -> Iterator[str]:
    about, label = dictionary.about, _LABELS[lang]
    facts = {
        "purpose": about.purpose,
        "made": about.made_at.date().isoformat(),
        "ends": about.ends_at.date().isoformat(),
        "grid": about.grid,
        "models": ", ".join(about.models),
        "population": str(about.population),
        "levels": ", ".join(f"{column}: {level}" for column, level in about.levels.items()),
        "loss": ", ".join(f"{name}: {value:.3g}" for name, value in about.loss.items()),
    }
    yield from (f"- {label[name]}: {told}" for name, told in facts.items() if told)
    for shape in dictionary.tables:
        yield f"- {label['table'].format(name=shape.name, rows=rows[shape.name])}"
        yield from (f"  - `{column.name}`: {column.fr if lang == 'fr' else column.en}" for column in shape.columns)
