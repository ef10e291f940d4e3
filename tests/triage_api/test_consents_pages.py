"""The pages of consents: what is read out, the paper, and forms that nobody could fill in worse."""

from __future__ import annotations

import re
from html import unescape

import pytest
from consenting import FIELDS, house
from desk_words import words_of
from directory_entries import agreement
from sqlalchemy import func, select

from store.tables import Consent
from triage_api.consents.codes import LETTERS

LONG = "mot " * 80
MALFORMED = {
    "fields": ["", "score", "handles", "<b>", "x" * 400, "plain_summary\x00", "PLAIN_SUMMARY", "['age']"],
    "given_by": ["", "Youth", "mère", "youth parent", "0", "<b>", "x" * 400, "\x00"],
    "age": ["-1", "quinze", "15,5", "25", "999", "1e3", "<b>", "9" * 50],
    "born": ["hier", "2026-02-30", "1899-12-31", "2500-01-01", "10/06/2010", "<b>", "2010", "9999-99-99"],
    "ends_on": ["bientôt", "2026-02-30", "2020-01-01", "2999-01-01", "31/12/2026", "<b>", "2026", "0000-00-00"],
    "explained_by": ["", " ", "\n", LONG, "x" * 301, "é" * 301, "\t", "x" * 5000],
    "how": ["", "letter", "In_person", "<b>", "0", "by_phone by_video", "x" * 400, "\x00"],
    "present": [LONG, "x" * 301, "é" * 400, "y" * 5000, "a\n" * 200, "<b>" * 101, "0" * 302, "'" * 350],
    "understood": ["", "no", "false", "0", "peut-être", "<b>", "off", "x" * 400],
    "adult": ["peut-être", "2", "<b>", "x" * 400, "oui", "vrai", "--", "18"],
    "lang": ["de", "FR", "<b>", "français", "fr en", "0", "x" * 400, "\x00"],
    "organisation": ["", "o-none", "<b>", "' OR 1=1", "x" * 400, "DPJ Fictive", "0", "\x00"],
}


@pytest.fixture
def yes(desk, make_person, person_in):
    return house(desk, make_person("supervisor", name="annuaire"), person_in)


def typed(yes, **change):
    given = yes.body(present="Une interprète", lang="fr", ends_on="2026-05-01") | change
    return {name: "true" if value is True else value for name, value in given.items()}


def recorded(yes) -> int:
    with yes.store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Consent)) or 0


@pytest.mark.parametrize("lang", ["fr", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.parametrize("field", MALFORMED)
def test_a_form_that_cannot_be_used_says_where_and_loses_nothing(yes, field, lang):
    yes.partner.send("/language", lang=lang, next="/")
    texts = {"explained_by": "Mme Tremblay", "present": "Une interprète", "ends_on": "2026-05-01", "age": "15"}
    for value in MALFORMED[field]:
        answer = yes.partner.send("/consents", **typed(yes, **{field: value}))
        assert answer.status_code == 422, (field, value)
        page = unescape(answer.text)
        assert f'id="p-{field}"' in answer.text, (field, value)
        assert ("Rien n'est perdu" if lang == "fr" else "Nothing is lost") in page
        for name, kept in texts.items():
            assert name == field or f'name="{name}"' in answer.text
            assert name == field or kept in page, (field, value, name)
        if field in ("age", "born", "ends_on", "explained_by", "present") and value.strip():
            assert value.strip() in page, "what was typed is there again"
        if field != "given_by":
            assert re.search(r'value="youth" required checked', answer.text)
        if field != "fields" and field != "organisation":
            assert answer.text.count('name="fields"') >= 2
            assert len(re.findall(r'name="fields" value="\w+" checked', answer.text)) == 2
        assert "<b>" not in answer.text
    assert recorded(yes) == 0


def test_what_is_read_out_says_who_what_until_when_and_that_one_can_say_no(yes):
    page = words_of(yes.partner.page(f"/requests/{yes.request}/consents").text)
    assert "Le Refuge Fictif" in page
    assert "À lire à voix haute" not in page, "first to whom"
    path = f"/requests/{yes.request}/consents?organisation={yes.organisations['community']}"
    page = unescape(words_of(yes.partner.page(path).text))
    for words in ("Tu peux dire non", "la même aide", "changer d'idée", "jusqu'à la date", "sans ton accord"):
        assert words in page
    assert "Mon prénom" in page
    assert "Mes pseudos" not in page, "what this kind of organisation is never told is not asked"
    assert "Elle ne vient plus" not in page, "nothing of the request stands here: the youth looks on"


def test_only_what_an_agreement_lets_be_told_is_asked(yes, desk, make_person):
    path = f"/requests/{yes.request}/consents?organisation={yes.organisations['community']}"
    assert "entente ne permet" not in unescape(words_of(yes.partner.page(path).text)), "there is none to narrow it"
    agreement(desk, make_person("supervisor", name="ententes"), yes.organisations["community"], ["age", "region"])
    page = yes.partner.page(path).text
    assert re.findall(r'name="fields" value="(\w+)"', page) == ["region", "age"]
    assert "entente ne permet" in unescape(words_of(page))


@pytest.mark.parametrize(("lang", "title"), [("fr", "Mon accord"), ("en", "My agreement")])
def test_the_paper_says_what_was_agreed_and_never_why(yes, lang, title):
    answer = yes.partner.send("/consents", **typed(yes, lang=lang))
    assert answer.status_code == 201
    assert 'action="/language"' not in answer.text, "the paper is shown once: a change of language would lose its code"
    paper = answer.text[answer.text.index("<article") : answer.text.index("</article>")]
    assert title in paper
    assert len(re.findall(rf"(?:[{LETTERS}]{{4}}-){{3}}[{LETTERS}]{{4}}", paper)) == 1
    assert "Le Refuge Fictif" in paper
    assert "2026-05-01" in paper
    assert ("Mon prénom" if lang == "fr" else "My first name") in paper
    for words in ("Elle ne vient plus", "école", "Tremblay", "DPJ", "exploit", "signalement", "danger", yes.request):
        assert words not in paper
    assert answer.headers["cache-control"] == "no-store"
    assert recorded(yes) == 1


def test_it_is_taken_back_from_the_page(yes):
    told = yes.give()
    page = yes.partner.page(f"/requests/{yes.request}/consents").text
    assert f'action="/consents/{told["id"]}/withdraw"' in page
    done = yes.partner.send(f"/consents/{told['id']}/withdraw")
    assert done.headers["location"] == f"/requests/{yes.request}/consents"
    page = words_of(yes.partner.page(f"/requests/{yes.request}/consents").text)
    assert "retiré" in page
    assert "Retirer maintenant" not in page


def test_the_desk_records_for_somebody_on_the_telephone(yes, analyst):
    answer = analyst.send("/consents", **typed(yes, how="by_phone", fields=FIELDS))
    assert answer.status_code == 201
    assert recorded(yes) == 1


def test_the_public_page_needs_no_account_and_no_cookie(yes, browser):
    stranger = browser()
    page = stranger.client.get("/withdraw")
    assert "set-cookie" not in page.headers
    assert 'name="csrf"' not in page.text
    assert "<script" not in page.text.replace('<script src="/static/vigie.js" defer></script>', "")
    foreign = stranger.client.post("/withdraw", data={"code": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert yes.partner.page("/withdraw").status_code == 200
