from __future__ import annotations

import json
import re

import pytest
from desk_words import words_of
from sqlalchemy import select

from store.tables import EmergingWord, RegisterEntry, User
from triage_api.shell.languages import say


@pytest.fixture
def add(store):
    """List a word, and return its id."""

    def one(term, list_="recruitment", *, shown="", posts=10, state="candidate", fresh=True, rank=1):
        identity = f"w-{term.replace(' ', '-')}-{list_}"
        row = EmergingWord(id=identity, list=list_, term=term, shown=shown or term, rank=rank, state=state)
        row.least_posts, row.fresh, row.first_seen_at, row.seen_at = posts, fresh, store.clock(), store.clock()
        with store.database.writing() as session:
            session.add(row)
        return identity

    return one


def entries(store):
    with store.database.reading() as session:
        told = select(RegisterEntry).where(RegisterEntry.event == "word.decided").order_by(RegisterEntry.n)
        return list(session.scalars(told))


def terms_in(browser):
    answer = browser.api("GET", "/words")
    assert answer.status_code == 200, answer.text
    return [one["term"] for one in answer.json()["items"]]


@pytest.mark.parametrize("role", ["analyst", "supervisor"])
def test_whoever_decides_sees_candidates_with_bands_by_list_and_rise(add, person_in, role):
    add("metro", "place", posts=20)
    add("vol paye", posts=5, rank=2)
    add("tournage", posts=1000)
    browser = person_in(role)
    items = browser.api("GET", "/words").json()["items"]
    assert [one["term"] for one in items] == ["tournage", "vol paye", "metro"]
    assert [one["posts"] for one in items] == [
        {"least": 1000, "most": None},
        {"least": 5, "most": 9},
        {"least": 20, "most": 49},
    ]
    page = words_of(browser.page("/words").text)
    assert "5 à 9" in page
    assert "1000 et plus" in page


@pytest.mark.parametrize("role", ["partner", "researcher"])
def test_others_see_shared_words_alone_without_figures(add, person_in, role):
    add("vol paye")
    add("rose", state="hidden")
    add("tournage", state="shared", shown="tournage", fresh=False)
    browser = person_in(role)
    (one,) = browser.api("GET", "/words").json()["items"]
    assert one["term"] == "tournage"
    assert set(one) == {"list", "term", "fresh", "since"}
    page = browser.page("/words")
    told = words_of(page.text)
    assert "tournage — plus fréquent qu'avant" in told.replace("&#39;", "'")
    assert say("fr", "words.caution") in told.replace("&#39;", "'")
    assert "vol paye" not in told
    assert "/share" not in page.text
    assert not re.search(r"\d+ à \d+", told)


def test_sharing_and_hiding_are_entries_that_seal_the_word(add, person_in, store):
    identity = add("vol paye")
    analyst, partner = person_in("analyst"), person_in("partner")
    shared = analyst.api("POST", f"/words/{identity}/share")
    assert shared.status_code == 200, shared.text
    assert shared.json()["state"] == "shared"
    assert terms_in(partner) == ["vol paye"]
    assert analyst.api("POST", f"/words/{identity}/hide").json()["state"] == "hidden"
    assert terms_in(partner) == []
    told = entries(store)
    assert [json.loads(entry.public)["verdict"] for entry in told] == ["share", "hide"]
    assert all(json.loads(entry.public)["word"] == identity for entry in told)
    assert not any("vol paye" in entry.public for entry in told)
    assert [store.keys.opened(entry.sealed, f"word:{identity}") for entry in told] == ["vol paye"] * 2
    with store.database.reading() as session:
        pseudonym = session.scalar(select(User.pseudonym).where(User.name == "analyst"))
    assert {entry.actor for entry in told} == {pseudonym}


def test_the_same_decision_again_changes_nothing_and_leaves_no_entry(add, person_in, store):
    identity = add("vol paye")
    person_in("analyst").api("POST", f"/words/{identity}/share")
    again = person_in("supervisor").api("POST", f"/words/{identity}/share")
    assert again.status_code == 200
    with store.database.reading() as session:
        assert again.json()["decided_by"] == session.scalar(select(User.pseudonym).where(User.name == "analyst"))
    assert len(entries(store)) == 1


@pytest.mark.parametrize("role", ["partner", "researcher", "auditor", "administrator", "investigator"])
def test_nobody_else_decides(add, person_in, store, role):
    identity = add("vol paye", state="shared")
    browser = person_in(role)
    for verdict in ("share", "hide"):
        assert browser.api("POST", f"/words/{identity}/{verdict}").status_code == 403
        assert browser.send(f"/words/{identity}/{verdict}").status_code == 403
    assert entries(store) == []


@pytest.mark.parametrize("role", ["auditor", "administrator", "investigator"])
def test_who_has_no_use_for_them_does_not_see_them(add, person_in, role):
    add("vol paye", state="shared")
    browser = person_in(role)
    assert browser.api("GET", "/words").status_code == 403
    assert "/words" not in browser.page("/account").text


def test_an_analyst_whose_training_lapsed_sees_what_is_shared(add, make_person, browser, clock):
    name = make_person("analyst").name
    clock.forward(days=400)
    identity = add("vol paye")
    add("tournage", state="shared")
    analyst = browser().log_in(name)
    assert terms_in(analyst) == ["tournage"]
    assert analyst.api("POST", f"/words/{identity}/share").json()["error"]["code"] == "training_needed"


def test_lists_that_were_not_found_anew_are_not_shown(add, person_in, clock):
    identity = add("vol paye", state="shared")
    clock.forward(days=14)
    assert terms_in(person_in("partner", name="un")) == ["vol paye"]
    clock.forward(days=2)
    assert terms_in(person_in("partner", name="deux")) == []
    assert person_in("analyst").api("POST", f"/words/{identity}/hide").status_code == 404


def test_nothing_is_decided_without_an_entry(add, person_in, no_register):
    identity = add("vol paye")
    analyst = person_in("analyst")
    no_register()
    assert analyst.api("POST", f"/words/{identity}/share").status_code == 503
    assert [one["state"] for one in analyst.api("GET", "/words").json()["items"]] == ["candidate"]


def test_the_page_shares_and_hides_and_speaks_both_languages(add, person_in):
    identity = add("vol paye", shown="vol payé <b>")
    analyst = person_in("analyst")
    page = analyst.page("/words").text
    assert "vol payé &lt;b&gt;" in page
    assert 'href="/words"' in page
    assert say("fr", "words.intro") in words_of(page).replace("&#39;", "'")
    assert analyst.send(f"/words/{identity}/share").headers["location"] == "/words"
    page = analyst.page("/words").text
    assert say("fr", "word_state.shared") in page
    assert f"/words/{identity}/share" not in page
    assert analyst.send(f"/words/{identity}/hide").status_code == 303
    analyst.send("/language", lang="en", next="/words")
    page = words_of(analyst.page("/words").text)
    assert say("en", "words.intro") in page
    assert say("en", "word_state.hidden") in page


def test_lists_without_words_say_so(person_in):
    page = words_of(person_in("partner").page("/words").text).replace("&#39;", "'")
    assert page.count(say("fr", "words.none")) == 3
    assert person_in("researcher").api("GET", "/words").json() == {"items": [], "found_at": None}
