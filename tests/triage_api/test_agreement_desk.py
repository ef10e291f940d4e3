from __future__ import annotations

import json
import re

import pytest
from desk_words import FUGUE, HARMLESS, words_of
from double_coding import GRID, claim, decide, item_of, judge, read_twice
from sqlalchemy import select

from nlp.grid import load_grid
from pipeline.assess import assess_batch
from store.criteria import suspended
from store.posts import current_assessments
from store.tables import CriterionState, QueueItem, RegisterEntry
from triage_api.agreement.checking import LEAST_MET, LEAST_POSTS, agreements, check_agreement
from triage_api.shell.languages import say

RUNAWAY = "Je suis en fugue"
"""Flagged by one criterion alone, M05."""
UNDONE = 61


@pytest.fixture
def people(make_person):
    return tuple(make_person("analyst", name=name).id for name in ("une", "deux"))


@pytest.fixture
def pairs(store, town, people):
    """Keep posts that two people judged for M05: so many that both saw it in, one alone, none."""
    numbers = iter(range(10_000))

    def keep(both=0, one=0, none=0, met="M05"):
        for sees, times in (((True, True), both), ((True, False), one), ((False, False), none)):
            for _ in range(times):
                read_twice(store, town, people, met, sees, next(numbers))

    return keep


@pytest.fixture
def supervisor(person_in):
    return person_in("supervisor")


def entries(store):
    with store.database.reading() as session:
        rows = select(RegisterEntry).where(RegisterEntry.event == "criterion.decided").order_by(RegisterEntry.n)
        return list(session.scalars(rows))


def line(browser, subject):
    answer = browser.api("GET", "/agreement")
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json()["lines"] if one["subject"] == subject)


def set_state(browser, state, criterion="M05", reason="Les lectures ne concordent pas."):
    given = {"criterion": criterion, "state": state, "reason": reason}
    return browser.api("POST", "/agreement/states", json=given)


def body_of(store, post):
    with store.database.reading() as session:
        return current_assessments(session, [post])[post].body


def in_force(store):
    with store.database.reading() as session:
        return suspended(session)


def test_the_verdict_stands_first_then_every_criterion_of_the_grid(supervisor, pairs):
    pairs(both=3, one=1, none=2)
    told = supervisor.api("GET", "/agreement").json()
    assert told["grid"] == GRID
    assert [one["subject"] for one in told["lines"]] == ["verdict", *(one.id for one in load_grid().criteria)]
    verdict = told["lines"][0]
    assert (verdict["posts"], verdict["met"], verdict["alpha"], verdict["standing"]) == (6, 6, None, "undefined")
    found = line(supervisor, "M05")
    assert (found["posts"], found["met"], found["standing"], found["state"]) == (6, 4, "few", "active")
    assert found["low"] <= found["alpha"] <= found["high"]
    assert (found["by"], found["at"]) == (None, None)
    untouched = line(supervisor, "D03")
    assert (untouched["posts"], untouched["met"], untouched["alpha"], untouched["standing"]) == (
        6,
        0,
        None,
        "undefined",
    )


@pytest.mark.parametrize(
    ("found", "standing", "suspends"),
    [
        ({"both": 10, "one": 15, "none": 24}, "few", False),
        ({"both": 10, "one": 15, "none": 25}, "weak", True),
        ({"both": 18, "one": 7, "none": 25}, "advisory", False),
        ({"both": 24, "one": 1, "none": 25}, "strong", False),
        ({"both": 0, "one": 0, "none": 60}, "undefined", False),
        ({"both": 60, "one": 0, "none": 0}, "undefined", False),
        ({"both": 0, "one": LEAST_MET - 1, "none": 60}, "rare", False),
        ({"both": 0, "one": LEAST_MET, "none": 60}, "weak", True),
    ],
)
def test_from_fifty_posts_on_a_criterion_that_readers_agree_too_little_on_is_suspended(
    desk, store, supervisor, pairs, found, standing, suspends
):
    pairs(**found)
    told = line(supervisor, "M05")
    assert (told["standing"], told["state"]) == (standing, "active")
    assert LEAST_POSTS == 50
    assert check_agreement(desk) == (["M05"] if suspends else [])
    assert in_force(store) == ({"M05"} if suspends else set())
    assert check_agreement(desk) == [], "only once"
    assert len(entries(store)) == suspends


def test_the_fiftieth_pair_suspends_when_its_second_judgement_is_recorded(
    store, town, pairs, person_in, supervisor, clock
):
    pairs(both=10, one=15, none=24)
    post = town.post(FUGUE)
    with store.database.writing() as session:
        session.get(QueueItem, item_of(store, post).id).double = True
    first, item = person_in("analyst", name="trois"), item_of(store, post).id
    claim(first, item)
    assert judge(first, item, "watch", ("M01",)).status_code == 201
    assert decide(first, item, "watch").status_code == 201
    assert in_force(store) == set()
    clock.forward(seconds=UNDONE)
    supervisor.api("POST", "/agreement/second")
    assert judge(supervisor, item, "watch", ("M01",)).status_code == 201
    assert in_force(store) == {"M05"}
    (entry,) = entries(store)
    assert (entry.actor, entry.sealed) == ("agreement", None)
    told = line(supervisor, "M05")
    said = {"criterion": "M05", "state": "suspended", "alpha": told["alpha"], "posts": 50}
    assert json.loads(entry.public) == said
    assert (told["state"], told["by"]) == ("suspended", "agreement")


def test_a_suspended_criterion_flags_nothing_and_a_restored_one_flags_again(town, store, supervisor, index):
    alone, beside, harmless = town.post(RUNAWAY), town.post(FUGUE), town.post(HARMLESS)
    before = body_of(store, alone)
    assert item_of(store, alone).status == "open"
    assert "suspended" not in before
    assert set_state(supervisor, "suspended").status_code == 200
    town.settle()
    assert item_of(store, alone).status == "withdrawn"
    told = body_of(store, alone)
    assert told["suspended"] == ["M05"]
    assert told["signals"]["minor"]["flag"] is False
    assert [span["text"] for span in told["set_aside"]] == [RUNAWAY]
    assert index.get(alone).signals == []
    other = body_of(store, beside)
    assert item_of(store, beside).status == "open"
    assert other["signals"]["minor"]["flag"] is True
    assert "M05" not in {span["criterion"] for span in other["signals"]["minor"]["evidence"]}
    assert "suspended" not in body_of(store, harmless), "what does not meet it is not read again"
    late = town.post("Mon amie est partie en fugue hier")
    with store.database.reading() as session:
        assert session.scalar(select(QueueItem).where(QueueItem.post_id == late)) is None
    assert set_state(supervisor, "active", reason="La définition est précisée.").status_code == 200
    town.settle()
    assert body_of(store, alone) == before
    assert item_of(store, alone).status == "open"
    assert item_of(store, late).status == "open", "what came in meanwhile is read again too"
    assert index.get(alone).signals == ["minor"]


def test_a_batch_that_was_being_read_while_a_criterion_was_suspended_is_read_again(
    town, desk, store, supervisor, reader
):
    post = town.post(RUNAWAY, settle=False)

    class Slow:
        def __init__(self):
            self.asked = []

        def assess(self, text, kind, without):
            if not self.asked:
                set_state(supervisor, "suspended")
            self.asked.append(without)
            return reader.assess(text, kind, without)

    slow = Slow()
    while assess_batch(store, slow, "test"):
        pass
    assert slow.asked == [frozenset(), frozenset({"M05"})]
    assert body_of(store, post)["suspended"] == ["M05"]


def test_people_keep_what_they_judged_or_opened_again_whatever_is_suspended(town, store, supervisor, person_in, clock):
    posts = [town.post(RUNAWAY), town.post(f"{RUNAWAY}, aidez-moi svp")]
    with store.database.writing() as session:
        for post in posts:
            session.get(QueueItem, item_of(store, post).id).double = True
    first = person_in("analyst")
    for post in posts:
        claim(first, item_of(store, post).id)
        judge(first, item_of(store, post).id)
    decide(first, item_of(store, posts[0]).id, "dismiss")
    clock.forward(seconds=UNDONE)
    supervisor.api("POST", "/agreement/second")
    assert judge(supervisor, item_of(store, posts[0]).id, "refer").json()["reopened"] is True
    set_state(supervisor, "suspended")
    town.settle()
    assert [item_of(store, post).status for post in posts] == ["open", "open"]
    assert body_of(store, posts[0])["suspended"] == ["M05"]


def test_by_hand_it_is_an_entry_with_its_reason_sealed(store, supervisor, make_person):
    reason = "Trop de désaccords depuis janvier."
    done = set_state(supervisor, "suspended", "D05", reason).json()
    assert (done["subject"], done["state"]) == ("D05", "suspended")
    (entry,) = entries(store)
    assert json.loads(entry.public) == {"criterion": "D05", "state": "suspended", "alpha": None, "posts": 0}
    assert store.keys.opened(entry.sealed, "criterion:D05") == reason
    assert entry.actor == done["by"]
    assert set_state(supervisor, "suspended", "D05").status_code == 200
    assert len(entries(store)) == 1, "the same state again is no decision"
    assert set_state(supervisor, "active", "D05").json()["state"] == "active"
    assert len(entries(store)) == 2
    with store.database.reading() as session:
        assert session.get(CriterionState, "D05").by == done["by"]


def test_a_restored_criterion_counts_what_is_judged_since(desk, store, supervisor, pairs, clock):
    pairs(both=10, one=15, none=30)
    assert check_agreement(desk) == ["M05"]
    assert set_state(supervisor, "active").json()["posts"] == 0
    assert check_agreement(desk) == []
    assert line(supervisor, "M05")["standing"] == "undefined"
    clock.forward(days=3)
    pairs(both=10, one=15, none=24)
    assert check_agreement(desk) == []
    pairs(none=1)
    assert check_agreement(desk) == ["M05"]


def test_judgements_by_another_version_of_the_grid_do_not_count(store, pairs, people):
    pairs(both=10, one=15, none=25)
    other = load_grid().model_copy(deep=True)
    other = other.model_copy(update={"grid": other.grid.model_copy(update={"version": "99.0.0"})})
    with store.database.reading() as session:
        assert {one.posts for one in agreements(session, other)} == {0}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"criterion": "Z99"}, "criterion"),
        ({"criterion": "verdict"}, "criterion"),
        ({"criterion": "N01"}, "criterion"),
        ({"state": "forgotten"}, "state"),
        ({"reason": " "}, "reason"),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(store, supervisor, given, field):
    sent = {"criterion": "M05", "state": "suspended", "reason": "Une raison assez précise."} | given
    answer = supervisor.api("POST", "/agreement/states", json=sent)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    page = supervisor.send("/agreement", **sent)
    assert page.status_code == 422
    assert "aria-invalid" in page.text or 'class="problem"' in page.text
    if field != "reason":
        assert "Une raison assez précise." in page.text
    if field != "criterion":
        assert re.search(r'value="M05" selected', page.text)
    assert entries(store) == []


@pytest.mark.parametrize("role", ["analyst", "partner", "researcher", "auditor", "administrator"])
def test_only_a_supervisor_sees_and_decides(store, person_in, role):
    browser = person_in(role)
    assert browser.api("GET", "/agreement").status_code == 403
    assert set_state(browser, "suspended").status_code == 403
    assert browser.page("/agreement").status_code == 403
    assert browser.send("/agreement", criterion="M05", state="suspended", reason="x").status_code == 403
    assert in_force(store) == set()


def test_nothing_is_suspended_without_an_entry(desk, store, supervisor, pairs, no_register):
    pairs(both=10, one=15, none=25)
    no_register()
    assert set_state(supervisor, "suspended").status_code == 503
    assert check_agreement(desk) == []
    assert in_force(store) == set()


def test_the_page_tells_the_figures_and_decides_in_both_languages(store, supervisor, pairs):
    pairs(both=18, one=7, none=25)
    page = words_of(supervisor.page("/agreement").text).replace("&#39;", "'")
    assert say("fr", "standing_of.advisory") in page
    assert say("fr", "standing_of.undefined") in page
    assert "M05 Fugue" in page
    done = supervisor.send("/agreement", criterion="M05", state="suspended", reason="À revoir.")
    assert done.headers["location"] == "/agreement?done=M05"
    page = words_of(supervisor.page("/agreement?done=M05").text).replace("&#39;", "'")
    assert "M05 est maintenant : suspendu" in page
    supervisor.send("/language", lang="en", next="/agreement")
    page = words_of(supervisor.page("/agreement").text)
    assert say("en", "standing_of.advisory") in page
    assert say("en", "criterion_state.suspended") in page


def test_the_post_shows_the_words_of_a_suspended_criterion_as_such(town, store, supervisor):
    post = town.post(FUGUE)
    set_state(supervisor, "suspended")
    town.settle()
    page = supervisor.page(f"/posts/{post}?open=1").text
    assert say("fr", "mark.suspended") in page
    titles = re.findall(r'<mark class="suspended" title="([^"]*)"[^>]*data-criterion="M05"', page)
    assert [title.split(" · ")[0] for title in titles] == [say("fr", "mark.suspended")]
    assert f"{say('fr', 'mark.minor')} · M05" not in page
