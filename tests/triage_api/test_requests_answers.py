"""Answers: what one may tell on which ground, and that "nothing found" never stands without what was not looked at."""

from __future__ import annotations

import csv
import io
import json

import pytest
from asked_requests import ACT, FACTS, URGENT, file, phoned, rows, search
from desk_words import FUGUE, words_of
from directory_entries import organisation, pivot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp.grid import load_grid
from store.keys import unseal
from store.tables import Disclosure, Notice, RegisterEntry, Request
from triage_api.access.policy import Reach
from triage_api.directory.kinds import KINDS
from triage_api.grounds.catalogue import GROUNDS
from triage_api.requests.answers import shown_to
from triage_api.requests.bare import says_nothing_found
from triage_api.requests.models import ANSWER_KINDS, AnswerOut
from triage_api.requests.sealing import key_of

NOTHING = {"kind": "nothing_found", "text": "Gardez le lien avec elle."}
BARE = (
    "Nous n'avons rien trouvé.",
    "On a rien vu sur elle.",
    "Rien n'a été trouvé à ce jour",
    "aucune trace d'elle",
    "pas de résultat",
    "Nothing was found.",
    "We found nothing",
    "no sign of her",
)
PLAIN = ("Appelez-nous.", "Elle n'a rien dit à l'école ?", "Restez avec elle.", "Merci, c'est noté.", "Call us.")


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="ecole")


@pytest.fixture
def keeper(make_person):
    return make_person("supervisor", name="gardienne")


def refused(answer):
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["field"]


def answer(browser, identity, **given):
    return browser.api("POST", f"/requests/{identity}/answer", json=given)


def test_act_needs_a_ground_and_what_it_asks_for(partner, analyst, store):
    identity = file(partner)["id"]
    assert refused(answer(analyst, identity, kind="act", text="x")) == (422, "bad_input", "ground")
    assert refused(answer(analyst, identity, **ACT | {"ground": "inventé"})) == (422, "ground_unknown", "ground")
    for name in FACTS:
        facts = {other: said for other, said in FACTS.items() if other != name}
        assert refused(answer(analyst, identity, **ACT | {"facts": facts}))[2] == f"facts.{name}"
    assert rows(store, Disclosure) == []
    assert rows(store, Request)[0].answered_at is None
    assert answer(analyst, identity, **ACT).status_code == 201


def test_a_ground_of_another_kind_of_organisation_or_of_two_people_is_none_here(partner, analyst):
    identity = file(partner)["id"]
    assert refused(answer(analyst, identity, **ACT | {"ground": "lpj_39"}))[1] == "ground_not_for_kind"
    other = GROUNDS["other"]
    given = ACT | {"ground": "other", "facts": dict.fromkeys(other.needs, "dit")}
    assert refused(answer(analyst, identity, **given))[:2] == (409, "two_people")


@pytest.mark.parametrize("fields", [["birth_date"], ["handles"], ["family_name", "approach"], ["inventé"]])
def test_a_field_that_is_not_theirs_is_refused(partner, analyst, desk, keeper, fields):
    school = organisation(desk, keeper)
    pivot(desk, keeper, school.id, account="ecole")
    identity = file(partner)["id"]
    assert refused(answer(analyst, identity, **ACT | {"fields": fields}))[2] == "fields"
    assert answer(analyst, identity, **ACT | {"fields": ["approach", "danger"]}).status_code == 201


def test_act_is_a_line_of_the_ledger_and_tells_how_to_approach_her(partner, analyst, desk, keeper, store):
    school = organisation(desk, keeper)
    own = pivot(desk, keeper, school.id, account="ecole")
    identity = file(partner)["id"]
    assert answer(analyst, identity, **ACT | {"fields": ["approach"]}).status_code == 201
    (line,) = rows(store, Disclosure)
    assert (line.kind, line.about, line.ground, line.organisation_id) == ("answer", identity, URGENT, school.id)
    assert (line.pivot_id, line.fields) == (own.id, ["approach", "plain_summary"])
    (entry,) = [json.loads(row.public) for row in rows(store, RegisterEntry) if row.event == "request.answered"]
    assert entry["grid"] == load_grid().version
    assert [(row.kind, row.about) for row in rows(store, Notice)] == [("answered", identity)]
    told = partner.api("GET", f"/requests/{identity}").json()["answer"]
    assert told["basis"] is None
    assert "N'interrogez pas" in told["guidance"]["fr"]
    page = words_of(partner.page(f"/requests/{identity}").text)
    assert "interrogez pas" in page
    assert "ne cherchez rien en ligne" in page
    for words in (URGENT, "Urgence : risque", *FACTS.values()):
        assert words not in partner.page(f"/requests/{identity}").text
    assert FACTS["risk"] in words_of(analyst.page(f"/requests/{identity}").text)


@pytest.mark.parametrize("kind", ANSWER_KINDS)
def test_every_answer_keeps_ground_criteria_analyst_and_decision(partner, analyst, store, kind):
    identity = file(partner)["id"]
    search(analyst, identity)
    assert answer(analyst, identity, **ACT | {"kind": kind}).status_code == 201
    with store.database.reading() as session:
        row = session.get_one(Request, identity)
        key = key_of(session, store, row)
        kept = AnswerOut.model_validate_json(unseal(key, row.answer_sealed, f"answer:{identity}"))
        assert row.answered_by is not None
    assert kept.kind == row.answer_kind == kind
    assert kept.basis.ground == (URGENT if kind == "act" else "LPJ 39")
    assert kept.basis.grid == load_grid().version
    assert kept.basis.by
    assert (len(rows(store, Disclosure)) == 1) is (kind == "act")


def test_without_a_search_it_says_that_nothing_was_told(partner, analyst):
    identity = file(partner)["id"]
    said = answer(analyst, identity, kind="call_us", text="Appelez.").json()
    assert said["basis"]["ground"] == "nothing_told"


@pytest.mark.parametrize("to", KINDS)
def test_passed_says_to_what_kind_of_organisation_and_no_more(partner, analyst, to):
    identity = file(partner)["id"]
    assert answer(analyst, identity, kind="passed", text="C'est transmis.", to=to).status_code == 201
    told = partner.api("GET", f"/requests/{identity}").json()["answer"]
    assert (told["kind"], told["to"]) == ("passed", to)
    assert set(told) == {"kind", "text", "coverage", "answered_at", "to", "guidance", "basis"}


@pytest.mark.parametrize("text", BARE)
def test_words_that_say_it_are_known(text):
    assert says_nothing_found(text)


@pytest.mark.parametrize("text", PLAIN)
def test_other_words_are_left_alone(text):
    assert not says_nothing_found(text)


@pytest.mark.parametrize("kind", [kind for kind in ANSWER_KINDS if kind != "nothing_found"])
@pytest.mark.parametrize("text", BARE)
def test_no_other_answer_and_no_message_says_it(partner, analyst, kind, text):
    identity = file(partner)["id"]
    search(analyst, identity)
    assert refused(answer(analyst, identity, **ACT | {"kind": kind, "text": text})) == (422, "bare_nothing", "text")
    said = analyst.api("POST", f"/requests/{identity}/messages", json={"text": text})
    assert refused(said) == (422, "bare_nothing", "text")
    assert partner.api("POST", f"/requests/{identity}/messages", json={"text": text}).status_code == 201
    page = analyst.send(f"/requests/{identity}/messages", text=text)
    assert page.status_code == 422
    assert text.partition("'")[0] in page.text, "what was typed stays"


def test_nothing_found_is_never_shown_bare_whatever_was_kept(clock):
    bare = AnswerOut(kind="nothing_found", text="Rien.", coverage=None, answered_at=clock())
    for reach in Reach:
        with pytest.raises(ValueError, match="without its coverage"):
            shown_to(bare, reach)


def paths_of(browser, identity):
    """Yield all that is shown of an answer, on each path."""
    yield browser.api("GET", f"/requests/{identity}").text
    yield browser.page(f"/requests/{identity}").text
    browser.client.cookies.set("vigie_lang", "en")
    yield browser.page(f"/requests/{identity}").text
    browser.client.cookies.delete("vigie_lang")


@pytest.mark.parametrize("asked", [file, None], ids=["portal", "call"])
def test_nothing_found_stands_with_its_coverage_on_every_path(partner, analyst, town, store, asked):
    town.post(FUGUE)
    identity = asked(partner)["id"] if asked else phoned(analyst)
    search(analyst, identity)
    made = answer(analyst, identity, **NOTHING)
    assert "Instagram" in made.text
    for browser in (partner, analyst) if asked else (analyst,):
        for shown in paths_of(browser, identity):
            assert "Instagram" in shown
        page = browser.page(f"/requests/{identity}").text
        said = page[page.index('class="answer"') :]
        assert "Instagram" in said[: said.index("<dl>")], "in what is printed, beside the answer itself"
    listed = (analyst if not asked else partner).api("GET", "/requests").text
    assert "nothing_found" not in listed
    assert "Rien trouvé" not in words_of((analyst if not asked else partner).page("/requests").text)
    assert not [row for row in rows(store, Notice) if row.link], "an e-mail has no answer in it"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    kind=st.sampled_from(ANSWER_KINDS),
    text=st.sampled_from([*BARE, *PLAIN]) | st.text(min_size=1, max_size=40),
    searched=st.booleans(),
    to=st.sampled_from([None, *KINDS]),
)
@pytest.mark.slow
def test_no_path_says_nothing_found_without_what_was_not_checked(partner, analyst, kind, text, searched, to):
    identity = file(partner)["id"]
    if searched:
        search(analyst, identity, again_reason="encore")
    answer(analyst, identity, **ACT | {"kind": kind, "text": text, "to": to})
    analyst.api("POST", f"/requests/{identity}/messages", json={"text": text})
    told = partner.api("GET", f"/requests/{identity}").json()
    desk_said = [one["text"] for one in told["messages"] if one["sender"] == "desk"]
    if told["answer"] and told["answer"]["kind"] == "nothing_found":
        assert told["answer"]["coverage"]["not_covered"]
        assert "Instagram" in partner.page(f"/requests/{identity}").text
    else:
        desk_said += [told["answer"]["text"]] if told["answer"] else []
    assert not any(map(says_nothing_found, desk_said))


def test_an_outcome_that_leaves_as_figures_says_no_answer(person_in, partner, analyst):
    identity = file(partner)["id"]
    search(analyst, identity)
    answer(analyst, identity, **NOTHING)
    export = person_in("supervisor").client.get("/outcomes/file.csv")
    assert export.status_code == 200
    told = list(csv.reader(io.StringIO(export.text)))
    assert told
    assert not [cell for line in told for cell in line if says_nothing_found(cell)]


def test_the_guidance_stands_with_no_other_answer(partner, analyst):
    identity = file(partner)["id"]
    search(analyst, identity)
    assert answer(analyst, identity, **NOTHING).json()["guidance"] is None
