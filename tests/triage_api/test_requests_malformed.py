"""Forms that are filled in wrongly, five hundred of them: each mistake is told at its field, nothing typed is lost."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from html import unescape

import pytest
from asked_requests import ASKED, FACTS, URGENT, file
from sqlalchemy import func, select

from store.tables import Message, Request
from triage_api.shell.languages import say

pytestmark = pytest.mark.team_slow

LONG, LINES = "é" * 301, "\n".join(f"nom{number}" for number in range(51))
LINE = (LONG, "x" * 5000)
PARAGRAPH = ("", "  ", "z" * 5001)
LISTS = (LINES, f"lea.b\n{LONG}")
QUESTIONS: dict[str, tuple[str, ...]] = {
    "who": ("", " ", *LINE),
    "why": PARAGRAPH,
    "since": LINE,
    "danger": ("peut-être", "YES", "1"),
    "youth": LINE,
    "age": ("quinze", "-1", "15,5", "1e3", "18", "64", "121", "15 ans"),
    "born": ("hier", "2010-13-01", "31/12/2010", "0001-01-01", "2300-01-01", "2190-01-01", "1990-01-01", "2010"),
    "region": ("Paris", "laval ", "<b>Laval</b>"),
    "city": LINE,
    "runaway": ("peut-être", "2"),
    "missing_since": LINE,
    "reported": ("non", "?"),
    "handles": LISTS,
    "phones": LISTS,
    "emails": LISTS,
    "places": LISTS,
}
CALL: dict[str, tuple[str, ...]] = {
    "organisation": ("o-personne", "<script>"),
    "organisation_name": LINE,
    "number": ("", LONG),
    "number_from": ("", "annuaire", "directory"),
    "called_back": ("", "peut-être"),
}
ANSWER: dict[str, tuple[str, ...]] = {
    "kind": ("", "rien", "ACT"),
    "text": (*PARAGRAPH, "Nous n'avons rien trouvé."),
    "to": ("école", "<i>"),
}
ACTS: dict[str, tuple[str, ...]] = {"text": PARAGRAPH, **dict.fromkeys((f"facts.{name}" for name in FACTS), ("", " "))}
TICKED = frozenset({"danger", "reported", "runaway", "called_back", "confirm", "kind", "to", "number_from", "fields"})
"""Fields that are chosen and not typed."""
GOOD = {"who": "Mme Merle <ts>", "why": "Elle & lui ont disparu", "since": "mardi", "city": "Laval", "youth": "Léa"}
GOOD |= {"age": "15", "handles": "lea.b\nlea.c", "phones": "514 555-0142", "missing_since": "hier", "places": "métro"}
PHONED = GOOD | {"number": "514 555-0199", "number_from": "public", "called_back": "true"}
ACTED = {"kind": "act", "ground": URGENT, "text": "Restez avec elle", **{f"facts.{name}": "dit" for name in FACTS}}
FORMS: dict[str, tuple[str, str, Mapping[str, str], Mapping[str, tuple[str, ...]]]] = {
    "new": ("partner", "/requests", GOOD, QUESTIONS),
    "call": ("analyst", "/requests/call", PHONED, QUESTIONS | CALL),
    "answer": ("analyst", "/requests/{id}/answer", {"kind": "call_us", "text": "Appelez-nous"}, ANSWER),
    "act": ("analyst", "/requests/{id}/answer", ACTED, ACTS),
    "message": ("partner", "/requests/{id}/messages", {"text": "Du nouveau"}, {"text": PARAGRAPH}),
    "renew": ("analyst", "/requests/{id}/renew", {"why": "encore"}, {"why": ("", " ", *LINE)}),
    "found": ("partner", "/requests/{id}/found", {"confirm": "true"}, {"confirm": ("", "peut-être")}),
    "born": (
        "analyst",
        "/requests/{id}/born",
        {"born": "2012-01-01"},
        {"born": ("", "hier", "2190-01-01")},
    ),
}
SINGLE = [(form, field) for form, (_, _, _, fields) in FORMS.items() for field in fields]
LANGS = ("fr", "en")


@pytest.fixture
def people(person_in):
    return {"partner": person_in("partner", name="ecole"), "analyst": person_in("analyst")}


@pytest.fixture
def asked(people):
    return file(people["partner"], runaway=True)["id"]


def sent(browser, path, fields, lang):
    data = {"csrf": browser.csrf, **fields}
    browser.client.cookies.set("vigie_lang", lang)
    return browser.client.post(path, data=data, follow_redirects=False)


def told_at(page: str) -> dict[str, str]:
    """Return what a page says is wrong, by field."""
    return {name: unescape(said) for name, said in re.findall(r'<p class="problem" id="p-([^"]*)">(.*?)</p>', page)}


def kept_in(page: str) -> str:
    """Return all that a page shows, as a browser reads it."""
    return unescape(page).replace("\r\n", "\n")


def check(form, answer, fields, wrong, lang) -> None:
    """Check that a refused form names each field that is wrong, in words, and has all that was typed."""
    assert answer.status_code == 422, (form, fields, answer.status_code)
    told = told_at(answer.text)
    place = {"text": "message"} if form == "message" else {}
    for field in wrong:
        assert place.get(field, field) in told, (form, field, sorted(told))
    for name, said in told.items():
        assert said.strip(), name
        assert not re.fullmatch(r"[a-z_]+", said), (name, said)
    assert say(lang, "form.look_again") in kept_in(answer.text)
    shown = kept_in(answer.text)
    for name, value in fields.items():
        if name not in TICKED and not name.startswith("csrf"):
            assert value.strip() in shown, (form, name, value[:40])


def path_of(form, asked) -> str:
    return FORMS[form][1].replace("{id}", asked)


@pytest.mark.parametrize(("form", "field"), SINGLE, ids=lambda one: one)
def test_each_mistake_is_told_at_its_field_in_both_languages(people, asked, form, field):
    who, _, good, fields = FORMS[form]
    for number, value in enumerate(fields[field]):
        lang = LANGS[number % 2]
        given = {**good, field: value}
        check(form, sent(people[who], path_of(form, asked), given, lang), given, [field], lang)


def drawn(randomly: random.Random) -> tuple[str, dict[str, str], list[str], str]:
    """Draw a form with one to four mistakes."""
    form = randomly.choice(sorted(FORMS))
    _, _, good, fields = FORMS[form]
    wrong = randomly.sample(sorted(fields), min(len(fields), randomly.randint(1, 4)))
    given = {**good, **{field: randomly.choice(fields[field]) for field in wrong}}
    return form, given, wrong, randomly.choice(LANGS)


def of_shape(form: str, given: Mapping[str, str], wrong: list[str]) -> list[str]:
    """Return the fields that must be named: those whose shape is wrong or, if all have their shape, the others.

    What a shape cannot tell, an age of 64 for one, is looked at once every field has its shape.
    """
    later = [field for field in wrong if is_later(form, field, given[field])]
    return [field for field in wrong if field not in later] or later


def is_later(form: str, field: str, value: str) -> bool:
    of_born = field == "born" and value in ("2190-01-01", "1990-01-01")
    of_age = field == "age" and value in ("18", "64")
    of_call = form == "call" and (field == "organisation" or (field, value) in {("number_from", "directory")})
    unticked = field in ("called_back", "confirm") and not value
    of_text = field == "text" and "rien" in value
    return of_born or of_age or of_call or unticked or of_text or field == "region" or field.startswith("facts.")


@pytest.mark.slow
def test_five_hundred_forms(people, asked, store):
    randomly = random.Random(8)
    with store.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Request))
    for _ in range(500):
        form, given, wrong, lang = drawn(randomly)
        named = of_shape(form, given, wrong)
        answer = sent(people[FORMS[form][0]], path_of(form, asked), given, lang)
        check(form, answer, given, named, lang)
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Request)) == before
        assert session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize("field", sorted(set(QUESTIONS) - {"runaway", "danger", "reported"}))
def test_programs_are_told_the_field_too(people, field):
    for value in QUESTIONS[field]:
        given = value.split("\n") if field in ("handles", "phones", "emails", "places") else value
        answer = people["partner"].api("POST", "/requests", json=ASKED | {field: given})
        assert answer.status_code == 422, value
        assert answer.json()["error"]["field"].partition(".")[0] == field
        assert answer.json()["error"]["message"]


def test_hostile_words_come_back_as_words(people):
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    page = sent(people["partner"], "/requests", GOOD | {"who": "", "why": hostile, "city": hostile}, "fr")
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert hostile in unescape(page.text)


def test_a_form_of_nothing_at_all(people, asked):
    for form, (who, _, _, _) in FORMS.items():
        answer = sent(people[who], path_of(form, asked), {}, "fr")
        assert answer.status_code == 422, form
        assert told_at(answer.text), form
