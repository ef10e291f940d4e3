"""Nothing is ever said to be found nowhere without what was looked at and what was not: on every path, both languages.

Three nets. Words: each text of the pages that says it is named below with what stands beside it, and so is each place
that shows one; a new one fails. Shapes: no answer of the API can say it without its coverage. Paths: each is walked.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import get_args

import pytest
from asked_requests import ACT, file, phoned, search
from desk_words import FUGUE, words_of
from fastapi.routing import APIRoute
from pydantic import BaseModel
from told_house import House, body, ground_of

import triage_api
from nlp.fold import fold
from store.tables import Notice
from triage_api.access.policy import Reach
from triage_api.app import ROUTERS
from triage_api.evidence.layout import lay_out
from triage_api.evidence.service import make_sheet
from triage_api.notices.wording import letter
from triage_api.requests.answers import shown_to
from triage_api.requests.bare import says_nothing_found
from triage_api.requests.models import AnswerOut
from triage_api.searches.models import SearchOut
from triage_api.shell.languages import LANGS, catalogue, say
from triage_api.shell.pages import LANGUAGE_COOKIE
from triage_api.sources.coverage import WALLED
from triage_api.standing.models import StandingOut

ROOM = Path(triage_api.__file__).parent
NOTHING = {"kind": "nothing_found", "text": "Gardez le lien avec elle."}

SAYS = {
    "answer.nothing_found",
    "result.nothing_in_covered",
    "result.nothing_new",
    "standing.nothing",
    "search.no_news",
    "crossings.none",
    "helping.none",
    "rights_outcome.nothing_kept",
    "rights_desk.no_requests",
}
"""Texts that say that nothing was found, new, or kept of somebody."""
WARNS = {
    "answer.text_hint",
    "before.vigie_not",
    "caller.say_covered",
    "coverage.counts_mean",
    "coverage.not_safe",
    "problem.bare_nothing",
}
"""Texts that speak of the words "nothing found", to say what they do not mean."""
PLACES = {
    "requests/templates/request.html": "covered(one.answer.coverage)",
    "requests/templates/desk.html": "answer.text_hint",
    "searches/templates/result.html": "covered(made.coverage)",
    "searches/templates/standing.html": "coverage.not_safe",
    "standing/templates/standing.html": "covered(one.coverage)",
    "outcomes/service.py": "",
    "dashboard/templates/dashboard.html": "coverage.counts_mean",
    "meetings/templates/parts.html": "crossings.none",
    "meetings/templates/helping.html": "helping.none",
    "rights/templates/answer.html": "rights.covers",
    "rights/templates/case.html": "rights.covers",
    "rights/templates/cases.html": "rights.covers",
}
"""Where each is shown, and what stands beside it there; the report's words are shown by its own page, walked below."""

ABSENT = re.compile(r"^\W*(?:rien|aucun\w?|nothing|none|no)\b")
"""A text that begins by saying that there is none of something."""
SOUGHT = re.compile(
    r"\b(?:trouv\w*|resultats?|couvert\w*|nouveau|se crois\w*|connu\w?|textes?|publications?|traces?|identifiants?"
    r"|sous ces"
    r"|found|results?|covered|new|meets?|kept|keeps|known|knows|posts?|texts?|traces?|identifiers?|matche?s?)\b"
)
"""Of something that is looked for in what people wrote."""
ELSE = {
    "before.pivot_how",
    "corpus_why.no_post",
    "counted.not_for_repeats",
    "error.found",
    "problem.found",
    "queue.no_views",
    "verdict_help.dismiss",
    "account.nothing_here",
    "answer.nothing_told",
    "error_help.csrf",
    "error_written.help",
    "hint.city_meant",
    "hint.only_common",
    "lessons.quarantine",
    "picker.none",
    "problem.hold_nothing",
    "problem.unknown_post",
    "problem.no_pseudonym",
    "quarantine.before_reading",
    "request.found_means",
    "sought.nothing_yet",
    "standing.none",
}
"""Texts that say that there is none of something else: no text of this number, nothing searched at all."""


def says_so(text: str) -> bool:
    plain = fold(text).text.strip()
    return says_nothing_found(text) or bool(ABSENT.match(plain) and SOUGHT.search(plain))


def test_the_net_of_words_catches_what_it_should():
    for text in (
        "Rien de nouveau.",
        "Aucune publication de ce compte",
        "Nothing new",
        "No post matches",
        "On n'a rien vu",
        "On a cherché et il n’y a rien",
        "We searched everywhere, there is nothing",
    ):
        assert says_so(text), text
    for text in (
        "Aucune garde n'est prévue.",
        "No consent for this request.",
        "Rien n'attend ici.",
        "On cherche encore; il ne risque rien.",
    ):
        assert not says_so(text), text


@pytest.mark.parametrize("lang", LANGS)
def test_each_text_that_says_it_is_known(lang):
    """A new one is added above with what stands beside it, and to the walk if it has a path of its own."""
    found = {key for key, text in catalogue(lang).items() if says_so(text)}
    assert found - SAYS - WARNS - ELSE == set()
    assert set(catalogue(lang)) >= SAYS | WARNS


def shows(source: str, key: str) -> bool:
    """Tell whether a template or a module can show a text: by its key, or by a prefix that one is made with."""
    prefix = key.partition(".")[0]
    made = rf"""['"]{prefix}\.['"]"""
    return f"'{key}'" in source or f'"{key}"' in source or re.search(made, source) is not None


def test_each_place_that_shows_one_shows_what_was_looked_at():
    found = set()
    for path in [*ROOM.rglob("*.html"), *ROOM.rglob("*.py")]:
        source = path.read_text("utf-8")
        if any(shows(source, key) for key in SAYS):
            found.add(path.relative_to(ROOM).as_posix())
    assert found == set(PLACES)
    for place, beside in PLACES.items():
        assert beside in (ROOM / place).read_text("utf-8"), place


def shapes() -> set[type[BaseModel]]:
    """Return every shape that the API answers with, and those that they are made of."""
    found: set[type[BaseModel]] = set()
    waiting = [route.response_model for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    while waiting:
        one = waiting.pop()
        waiting += get_args(one)
        if isinstance(one, type) and issubclass(one, BaseModel) and one not in found:
            found.add(one)
            waiting += [field.annotation for field in one.model_fields.values()]
    return found


def test_no_shape_of_the_api_can_say_it_without_its_coverage():
    """Whatever holds the hits of a search, or can be an answer of this kind, holds its coverage too."""
    says = set()
    for shape in shapes():
        told = shape.model_fields
        searched = "items" in told and not {"reused_from", "ran_at"}.isdisjoint(told)
        answers = "kind" in told and "nothing_found" in get_args(told["kind"].annotation) and "text" in told
        if searched or answers:
            says.add(shape)
            assert "coverage" in told, shape
            assert answers or told["coverage"].is_required(), shape
    assert says == {AnswerOut, SearchOut, StandingOut}
    bare = AnswerOut(kind="nothing_found", text="x", coverage=None, answered_at=datetime(2026, 3, 2, tzinfo=UTC))
    for granted in (Reach.OWN, Reach.ANY):
        with pytest.raises(ValueError, match="coverage"):
            shown_to(bare, granted)


def text_of(page: str) -> str:
    return unescape(words_of(page))


def assert_covered(page: str, lang: str) -> None:
    """Check that a page names walled platforms, and that nothing found does not mean safe."""
    words = text_of(page)
    assert WALLED[0] in words
    assert say(lang, "coverage.not_safe") in words


@pytest.fixture(params=LANGS)
def lang(request) -> str:
    return request.param


def in_lang(browser, lang):
    browser.client.cookies.set(LANGUAGE_COOKIE, lang)
    return browser


@pytest.fixture
def people(person_in, lang):
    """Return a partner and an analyst who read in one of the languages."""
    return in_lang(person_in("partner", name="ecole"), lang), in_lang(person_in("analyst"), lang)


def test_answered_read_and_told_by_telephone(people, town, lang, store):
    partner, analyst = people
    town.post(FUGUE)
    for channel in ("portal", "call"):
        identity = file(partner)["id"] if channel == "portal" else phoned(analyst)
        refused = analyst.api("POST", f"/requests/{identity}/answer", json=NOTHING)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "search_first")
        search(analyst, identity, again_reason="encore")
        told = analyst.api("POST", f"/requests/{identity}/answer", json=NOTHING).json()
        assert WALLED[0] in told["coverage"]["not_covered"]
        for who in (analyst, partner) if channel == "portal" else (analyst,):
            assert WALLED[0] in who.api("GET", f"/requests/{identity}").json()["answer"]["coverage"]["not_covered"]
            page = who.page(f"/requests/{identity}").text
            assert say(lang, "answer.nothing_found") in text_of(page)
            assert_covered(page, lang)
        for who in (analyst, partner):  # the lists say the state, and never which answer
            assert say(lang, "answer.nothing_found") not in text_of(who.page("/requests").text)
            assert "nothing_found" not in who.api("GET", "/requests").text


def test_searched_repeated_and_let_stand(people, town, lang):
    partner, analyst = people
    town.post(FUGUE)
    request = file(partner)["id"]
    first = search(analyst, request)
    again = search(analyst, request)
    assert again["reused_from"] == first["id"]
    for made in (first, again):
        assert made["items"] == []
        assert WALLED[0] in made["coverage"]["not_covered"]
        page = analyst.page(f"/searches/{made['id']}").text
        assert say(lang, "result.nothing_in_covered") in text_of(page)
        assert_covered(page, lang)
    assert say(lang, "result.nothing_new") in text_of(analyst.page(f"/searches/{again['id']}").text)
    assert say(lang, "coverage.counts_mean") in text_of(analyst.page("/searches").text)
    stands = analyst.api("POST", "/standing", json={"search": first["id"]}).json()
    assert WALLED[0] in stands["coverage"]["not_covered"]
    page = analyst.page(f"/standing/{stands['id']}").text
    assert say(lang, "standing.nothing") in text_of(page)
    assert_covered(page, lang)
    assert say(lang, "coverage.counts_mean") in text_of(analyst.page("/standing").text)
    assert say(lang, "coverage.not_safe") in text_of(analyst.page("/searches").text)


def test_meetings_and_who_helps_say_where_was_looked(people, lang):
    partner, analyst = people
    request = file(partner)["id"]
    for path in ("/meetings/crossings", f"/requests/{request}/helping"):
        assert say(lang, "crossings.none") in text_of(analyst.page(path).text)
    for key in ("crossings.none", "helping.none"):
        assert "Vigie" in say(lang, key)


def test_reports_of_outcomes_and_the_dashboard(person_in, lang):
    supervisor = in_lang(person_in("supervisor"), lang)
    for path in ("/outcomes", "/dashboard"):
        page = text_of(supervisor.page(path).text)
        assert say(lang, "coverage.counts_mean") in page, path


def test_what_a_person_is_told_of_themselves(browser, person_in, lang):
    visitor, chief = in_lang(browser(), lang), in_lang(person_in("supervisor"), lang)
    asked = {"kind": "access", "who": "self", "about": "Tout.", "name": "Ada", "reach": "514 555-0100"}
    shown = visitor.client.post("/rights", data=asked | {"identifiers": "@ada.test"}).text
    code = re.search(r"<code>([A-Z-]{19})</code>", shown)
    assert code is not None
    case = re.search(r'href="/rights/cases/([\w-]+)"', chief.page("/rights/cases").text)
    assert case is not None
    path = f"/rights/cases/{case[1]}"
    chief.send(f"{path}/identity", how="call_back")
    page = text_of(chief.page(path).text)
    assert say(lang, "rights_desk.no_requests") in page
    assert say(lang, "rights.covers") in page
    assert chief.send(f"{path}/search").status_code == 303
    done = chief.send(f"{path}/answer", outcome="nothing_kept", text="Voilà.", vetted="true")
    assert done.status_code == 303, done.text
    read = text_of(visitor.client.post("/rights/answer", data={"code": code[1]}).text)
    for page in (read, text_of(chief.page(path).text)):
        assert say(lang, "rights_outcome.nothing_kept") in page
        assert say(lang, "rights.covers") in page


def test_a_referral_names_what_nobody_reads_and_its_urgency_is_not_stopped_by_words(store, people, person_in, lang):
    """ "No sign of her since Monday" is a reason for alarm: it goes, with what Vigie does not see beside it."""
    partner, analyst = people
    house, request = House(store), file(partner)["id"]
    told = in_lang(person_in("partner", name="policier"), lang)
    pivot = house.pivot(house.organisation("police"), "policier")
    given = body(request, pivot, ground_of("police", people=1, urgent=True), send=True)
    given["told"]["danger"] = "Aucun signe d'elle depuis lundi; nothing was found online."
    made = analyst.api("POST", "/referrals", json=given)
    assert made.status_code == 201, made.text
    for who in (told, analyst):
        assert WALLED[0] in who.api("GET", f"/referrals/{made.json()['id']}").json()["not_covered"]
        assert_covered(who.page(f"/referrals/{made.json()['id']}").text, lang)


def test_no_other_answer_and_no_message_of_the_desk_says_it(people, town):
    partner, analyst = people
    request = file(partner)["id"]
    bare = "Nous n'avons rien trouvé."
    for kind in ("act", "passed", "call_us"):
        refused = analyst.api("POST", f"/requests/{request}/answer", json=ACT | {"kind": kind, "text": bare})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bare_nothing"), kind
    refused = analyst.api("POST", f"/requests/{request}/messages", json={"text": bare})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bare_nothing")


def test_no_e_mail_says_it(store):
    for link in (None, "https://vigie.example/ack/x"):
        raw = letter(
            sender="vigie@maison.example",
            to="camille@dpj.example",
            message_id="<x@maison.example>",
            at=store.clock(),
            site="https://vigie.example",
            link=link,
        )
        assert not says_so(raw.decode())
    assert not [key for key in catalogue("fr") if key.startswith("notice_mail.") and key in SAYS]
    assert not hasattr(Notice, "text")


def test_no_fact_sheet_says_it(desk, town, make_person, lang):
    """A sheet tells of a text that is there; its page and its PDF are laid out from the same lines."""
    post = town.post(FUGUE)
    layout = lay_out(make_sheet(desk.store, make_person("analyst", name="une"), post), lang)
    said = [layout.title, *layout.statement]
    for section in layout.sections:
        said += [section.title, *(row.label for row in section.rows)]
    assert not [text for text in said if says_so(text)]


def test_the_command_line_tells_its_coverage():
    source = (ROOM.parent / "vigie" / "desks.py").read_text("utf-8")
    said = source.index("Nothing in what is covered.")
    assert "Not covered: " in source[said : said + 400]
