"""The query language: what it reads, what it refuses and where, and what it lights up in a text; fields apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.contacts import Contact
from nlp.query import (
    MAX_PATTERNS,
    MAX_QUERY,
    MAX_TERMS,
    Atom,
    BadQuery,
    Field,
    Fuzzy,
    Phrase,
    Prefix,
    Query,
    Word,
    highlights,
    parse,
)

PHONE = Contact("phone", "+15145550123")
LEA = Contact("handle", "lea.b")
HOSTILE = st.text(alphabet="ab \"'«»-–()|OR NOT+&@._0158éœ\u200b\u0301\ud800\x00🍒#:/*~,", max_size=60)
PIECES = [
    "fug*",
    "fuge~",
    "~2",
    "*",
    "ville:",
    "Ville :",
    "vile:",
    "après:",
    "tel:",
    "pseudo: ",
    "@lea.b",
    "2026-03",
    "(",
]
PIECES += [
    ")",
    '"',
    "-",
    " OU ",
    "Laval",
    "514-555-0123",
    "514555",
    " ",
    "signal:mineur",
    "l'éco",
    "\u0301",
    ",",
    "🍒🍒🍒",
]


def shown(query: Query) -> str:
    """Write a tree on one line: clauses by spaces, alternatives by |, phrases in brackets."""
    clauses = ["|".join(("-" * term.negated) + _shown(term.atom) for term in clause.any_of) for clause in query.clauses]
    return " ".join([*clauses, *(f"<{contact}>" for contact in query.contacts)])


def _shown(atom: Atom) -> str:
    if isinstance(atom, Phrase):
        return f"[{' '.join(atom.keys)}]"
    if isinstance(atom, Prefix):
        return f"{atom.key}*"
    if isinstance(atom, Fuzzy):
        return f"{atom.key}~{atom.edits}"
    if isinstance(atom, Field):
        return f"{atom.name}={atom.value}"
    return atom.key if isinstance(atom, Word) else f"<{atom}>"


READ = [
    ("", ""),
    ("  \t\n ", ""),
    ("fugue", "fugue"),
    ("Fugue MONTRÉAL", "fugue montreal"),
    ("filles motivées", "fille motivee"),
    ("cœur œuvre", "coeur oeuvre"),
    ("fugue OR foyer argent", "fugue|foyer argent"),
    ("argent fugue OU foyer | centre", "argent fugue|foyer|centre"),
    ("fugue or foyer ou centre", "fugue or foyer ou centre"),
    ("fugue AND foyer ET centre + unite & aile", "fugue foyer centre unite aile"),
    ("fugue OR fugues", "fugue"),
    ('"en fugue" foyer', "[en fugue] foyer"),
    ("« en fugue »", "[en fugue]"),
    ("“en fugue” OR foyer", "[en fugue]|foyer"),
    ('"fugue"', "fugue"),
    ('"" foyer', "foyer"),
    ('"…"', ""),
    ("-fugue", "-fugue"),
    ('fugue -foyer -"sans nom"', "fugue -foyer -[san nom]"),
    ("fugue NOT foyer", "fugue -foyer"),
    ("fugue –foyer", "fugue -foyer"),
    ("a OR -b", "a|-b"),
    ("sous-sol", "sou sol"),
    ("cave OR sous-sol", "cave|[sou sol]"),
    ("sous-sol OR cave", "[sou sol]|cave"),
    ("-sous-sol", "-[sou sol]"),
    ("fugue - foyer", "fugue foyer"),
    ("fugue -- foyer", "fugue foyer"),
    ("l'école", "lecole"),
    ("l’ école", "lecole"),
    ("l ecole", "lecole"),
    ("aujourd'hui", "aujourdhui"),
    ("aujourd hui", "aujourdhui"),
    ('"va à l\'école"', "[va a lecole]"),
    ("-l'école", "-lecole"),
    ("don't", "dont"),
    ("(fugue OR foyer) argent", "fugue|foyer argent"),
    ("(fugue foyer)", "fugue foyer"),
    ("((fugue) OR (foyer OR centre))", "fugue|foyer|centre"),
    ("-(fugue)", "-fugue"),
    ("bonjour :) ;-)", "bonjour"),
    ("a) b) (", "a b"),
    ("()", ""),
    ("514-555-0123", "<phone:+15145550123>"),
    ("fugue 514 555-0123", "fugue <phone:+15145550123>"),
    ("(514) 555-0123", "<phone:+15145550123>"),
    ("5 1 4-555 01 23", "<phone:+15145550123>"),
    ("tel:514.555.0123", "<phone:+15145550123>"),
    ('"514 555 0123"', "<phone:+15145550123>"),
    ('"appelle 514 555 0123 vite"', "[appelle vite] <phone:+15145550123>"),
    ("514-555-0123 514-555-0123", "<phone:+15145550123>"),
    ("@lea.b 514-555-0123", "<handle:lea.b> <phone:+15145550123>"),
    ("@lea.b OR 514-555-0123", "<handle:lea.b> <phone:+15145550123>"),
    ("@lea.b OR fugue", "<handle:lea.b>|fugue"),
    ("-@lea.b fugue", "-<handle:lea.b> fugue"),
    ("lea@courriel.example", "<email:lea@courriel.example>"),
    ("https://instagram.com/lea.b?hl=fr", "<handle:lea.b>"),
    ("mia_rose22", "<handle:mia_rose22>"),
    ("-mia_rose22", "-<handle:mia_rose22>"),
    ("2026-03-15 17 ans", "2026 03 15 17 ans"),
    ("🍒 #FilleEnFugue", "🍒 fille en fugue"),
    ("*", ""),
    ("a^2 [b]", "a 2 b"),
    ("fug*", "fug*"),
    ("FUGUES* fugue*", "fugue* fugue*"),
    ("ans* amis*", "ans* ami*"),
    ("fug*, (ado*) #crise*.", "fug* ado* crise*"),
    ("fug** - * -fug*", "fug* -fug*"),
    ("fug＊ mot∗", "fug* mot"),
    ("œuv* éco*", "oeuv* eco*"),
    ("l'éco*", "leco*"),
    ("l éco*", "leco*"),
    ("fug* OR -ado*", "fug*|-ado*"),
    ("fuge~", "fuge~1"),
    ("fugues~", "fugue~1"),
    ("fugueur~ fugueuse~", "fugueur~1 fugueuse~2"),
    ("fuguer~2 fugueuse~1", "fuguer~2 fugueuse~1"),
    ("-fuge~ OU foyr~.", "-fuge~1|foyr~1"),
    ("l'ecole~", "lecole~1"),
    ("~fuge~ ~50 $", "fuge 50"),
    ("15~17 ans", "15 17 ans"),
    ("fugue~foyer", "fugue foyer"),
    ('"fug* en"', "[fug en]"),
    ('"fuge~1"', "[fuge 1]"),
    ("514555*", "514555*"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_query_is_read(text: str, expected: str) -> None:
    assert shown(parse(text)) == expected


REFUSED = [
    ("OR fugue", "lonely_or", 1),
    ("fugue OR", "lonely_or", 7),
    ("fugue OR OR foyer", "lonely_or", 7),
    ("fugue (OR foyer)", "lonely_or", 8),
    ("(fugue OR) foyer", "lonely_or", 8),
    ('foyer "en fugue', "open_quote", 7),
    ("é « en fugue", "open_quote", 3),
    ("fugue NOT", "lonely_minus", 7),
    ("NOT OR fugue", "lonely_minus", 1),
    ("NOT NOT fugue", "lonely_minus", 1),
    ("argent -(fugue foyer)", "minus_group", 8),
    ("argent (a b) OR c", "or_group", 14),
    ("a OR -(b OR c)", "or_group", 3),
    ("(" * 30 + "a", "too_deep", 11),
    ("mot " * (MAX_TERMS + 1), "too_many", 4 * MAX_TERMS + 1),
    ("mot* " * (MAX_PATTERNS + 1), "too_many_patterns", 5 * MAX_PATTERNS + 1),
    ("fuge~ " * MAX_PATTERNS + "mot*", "too_many_patterns", 6 * MAX_PATTERNS + 1),
    ("ado *fug", "star_place", 5),
    ("ado f*gue", "star_place", 6),
    ("**fug**", "star_place", 1),
    ("🍒🍒🍒*x", "star_place", 4),
    ("ado fu*", "prefix_short", 5),
    ("ado l'*", "prefix_short", 5),
    ("5*", "prefix_short", 1),
    ("ado fug~", "fuzzy_short", 5),
    ("fugue~2", "fuzzy_short", 1),
    ("fugs~", "fuzzy_short", 1),
    ("fugue~3", "fuzzy_slips", 6),
    ("fugue~0", "fuzzy_slips", 6),
    ("sous-sol*", "pattern_words", 1),
    ("sous-sols~", "pattern_words", 1),
    ('ado "en fugue"*', "pattern_whole", 15),
    ('"en fugue"~2', "pattern_whole", 11),
    ("514-555-0123*", "pattern_whole", 13),
    ("@lea.b~", "pattern_whole", 7),
    ("mia_rose*", "pattern_whole", 9),
    ("a" * (MAX_QUERY + 1), "too_long", MAX_QUERY + 1),
]


@pytest.mark.parametrize(("text", "code", "column"), REFUSED)
def test_what_cannot_be_read_is_refused_at_its_column(text: str, code: str, column: int) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(text)
    assert (refused.value.code, refused.value.column) == (code, column)
    assert str(refused.value).endswith(f"(column {column})")


@given(st.text(max_size=80) | HOSTILE | st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_nothing_but_a_bad_query_is_ever_raised(text: str) -> None:
    query, column = Query(), 1
    try:
        query = parse(text)
    except BadQuery as refused:
        column = refused.column
    assert 1 <= column <= len(text) + 1
    assert all(clause.any_of for clause in query.clauses)
    for start, end in highlights(text, query):
        assert 0 <= start < end <= len(text)


@given(st.lists(st.sampled_from(["fugue", "foyer", '"en fugue"', "-centre", "@lea.b"]), max_size=6))
def test_spaces_between_terms_do_not_count(terms: list[str]) -> None:
    assert parse(" ".join(terms)) == parse("\u00a0 \n ".join(terms))


LIT = [
    ("Chu en fugue!", "fugues", ["fugue"]),
    ("fugue, FUGUÉ, fugueuse", "fugue", ["fugue", "FUGUÉ"]),
    ("en fugue ou fugue en", '"en fugue"', ["en fugue"]),
    ("à l’école, l'ecole, lecole, ecole", "lecole", ["l’école", "l'ecole", "lecole"]),
    ("à l’école", "ecole", ["école"]),
    ("va à l’école", '"à l\'école"', ["à l’école"]),
    ("fugue et foyer", "fugue -foyer", ["fugue"]),
    ("fugue et foyer", "absent OR foyer", ["foyer"]),
    ("tel 514 555-0123 ou 514 555-0124", "5145550123", ["514 555-0123"]),
    ("écris à @Lea.B", "@lea.b", ["Lea.B"]),
    ("en fugue", 'fugue "en fugue"', ["en fugue"]),
    ("аrgеnt", "argent", ["аrgеnt"]),
    ("Fugueuse, en fugue; refuge", "fug*", ["Fugueuse", "fugue"]),
    ("à l’école, lecole", "éco*", ["école"]),
    ("à l’école, lecole", "leco*", ["l’école", "lecole"]),
    ("fuge, fuuge, ufgue, fugu, foyer", "fugue~", ["fuge", "fuuge", "ufgue", "fugu"]),
    ("à l’écloe", "ecole~", ["écloe"]),
    ("fugueuse, fgueuze, figeusse", "fugueuse~", ["fugueuse", "fgueuze"]),
    ("fugue à Laval", "-fug* ville:Laval après:2026-01", []),
    ("tel 514 555-0123", "tel:5145550123", ["514 555-0123"]),
    ("rien", "", []),
    ("", "fugue", []),
]


@pytest.mark.parametrize(("text", "query", "expected"), LIT)
def test_what_was_asked_is_lit_up(text: str, query: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in highlights(text, parse(query))] == expected
