from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from desk_words import FUGUE, HARMLESS, words_of
from double_coding import claim, decide, first_reading, item_of, judge, second_reading
from sqlalchemy import func, select

from store.posts import get_post
from store.tables import Judgement, Quarantined, QueueItem, ReadingSpan, RegisterEntry, User
from triage_api.agreement.blind import differing, needs_judgement
from triage_api.shell.languages import say

RUNAWAY = "Je suis en fugue"
UNDONE = 61
"""Seconds after which a decision can be taken back no more."""


@pytest.fixture
def store(make_store):
    return make_store(double_coding_percent=100)


@pytest.fixture
def first(person_in):
    return person_in("analyst", name="première")


@pytest.fixture
def second(person_in):
    return person_in("supervisor", name="seconde")


@pytest.fixture
def waits(town, store):
    """A post that two people are to judge, and its item."""
    return item_of(store, town.post(FUGUE))


@pytest.fixture
def read_once(waits, first, clock):
    """The same, judged and decided by its first reader a while ago."""
    first_reading(first, waits.id)
    clock.forward(seconds=UNDONE)
    return waits


def entries(store, event):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(row.public) for row in rows]


def code(answer, status=409):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["code"]


def opened(browser, post):
    answer = browser.api("GET", f"/posts/{post}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def all_told(browser, item):
    """Return all that a person is told of an item and its post, by every way that leads to them."""
    post = item.post_id
    asked = {"query": "fugue", "purpose": "watch", "ground": "LPJ 39"}
    found = browser.api("POST", "/searches", json=asked)
    assert found.status_code in (200, 201), found.text
    again = browser.api("GET", f"/searches/{found.json()['id']}")
    sheet = browser.page(f"/posts/{post}/facts")
    ways = {
        "queue": browser.api("GET", "/queue"),
        "decided": browser.api("GET", "/queue", params={"status": "decided"}),
        "post": browser.api("GET", f"/posts/{post}"),
        "evidence": browser.api("GET", f"/posts/{post}/evidence"),
        "facts": browser.api("GET", f"/posts/{post}/facts"),
        "checklist": browser.api("GET", f"/posts/{post}/unknown"),
        "search": found,
        "search again": again,
        "sheet": sheet,
        "item page": browser.page(f"/queue/{item.id}"),
        "queue page": browser.page("/queue"),
        "second page": browser.page("/second"),
        "results page": browser.page(f"/searches/{found.json()['id']}"),
        "label page": browser.page(f"/posts/{post}"),
    }
    return {name: answer.text for name, answer in ways.items() if answer.status_code in (200, 201)}


def leaks(told):
    """Return which ways tell a criterion that was found, a score, or words that are evidence."""
    marks = ("M05", "M01", "M04", "D05", '"weight"', "<mark")
    return {(name, mark) for name, text in told.items() for mark in marks if mark in text}


def test_nothing_tells_what_the_reader_found_until_one_has_judged(waits, first, store):
    told = all_told(first, waits)
    assert {"queue", "post", "facts", "evidence", "search", "search again", "sheet"} <= set(told)
    assert leaks(told) == set()
    read = opened(first, waits.post_id)
    assert read["blind"] is True
    assert read["text"] == FUGUE
    assert read["assessment"]["signals"] == {}
    assert read["assessment"]["criteria"] == []
    assert "set_aside" not in read["assessment"]
    claim(first, waits.id)
    assert judge(first, waits.id, "watch", ("M05",)).status_code == 201
    told = all_told(first, waits)
    assert {"post", "facts", "search", "search again", "sheet"} <= {name for name, _ in leaks(told)}
    read = opened(first, waits.post_id)
    assert read["blind"] is False
    assert read["assessment"]["signals"]["minor"]["flag"] is True
    assert entries(store, "judgement.made") == [
        {"item": waits.id, "post": waits.post_id, "turn": "first", "reopened": False}
    ]


def test_the_second_reader_sees_nothing_of_the_first_and_the_first_sees_all(read_once, first, second):
    assert leaks(all_told(first, read_once))
    before = all_told(second, read_once)
    assert leaks(before) == set()
    read = opened(second, read_once.post_id)
    assert read["blind"] is True
    assert read["history"]["decisions"] == []
    assert read["expires_at"] is None, "until when it is kept would tell what was decided"
    page = second.page(f"/posts/{read_once.post_id}?open=1").text
    assert say("fr", "post.expires_at") not in page.split('<main id="main"')[1]
    assert leaks({"page": page.split("data-picker")[0]}) == set()
    assert second_reading(second).status_code == 201
    assert opened(second, read_once.post_id)["history"]["decisions"][0]["verdict"] == "watch"
    assert leaks(all_told(second, read_once))


def test_the_register_tells_a_second_reader_what_was_decided_only_once_they_have_judged(
    read_once, second, person_in, store
):
    asked = {"event": "decision.made"}
    (blind,) = second.api("GET", "/register", params=asked).json()["items"]
    assert blind["public"]["post"] == read_once.post_id
    assert {"verdict", "criteria"}.isdisjoint(blind["public"])
    page = second.page("/register?event=decision.made").text
    assert "M05" not in page
    auditor = person_in("auditor").api("GET", "/register", params=asked).json()["items"]
    assert auditor[0]["public"]["verdict"] == "watch"
    assert second_reading(second).status_code == 201
    assert second.api("GET", "/register", params=asked).json()["items"][0]["public"]["verdict"] == "watch"


def test_a_pages_marks_and_scores_are_hidden_and_its_form_is_the_judgements(waits, first, second):
    path = f"/posts/{waits.post_id}"
    page = first.page(f"{path}?open=1").text
    assert f'action="/queue/{waits.id}/claim"' in page
    assert 'name="verdict"' not in page
    assert first.send(f"/queue/{waits.id}/claim").status_code == 303
    page = first.page(f"{path}?open=1").text
    assert f'action="/agreement/{waits.id}/judgement"' in page
    assert "<mark" not in page
    assert say("fr", "judging.first") in words_of(page).replace("&#39;", "'")
    assert say("fr", "judging.held") in words_of(second.page(f"{path}?open=1").text).replace("&#39;", "'")
    again = first.send(f"/agreement/{waits.id}/judgement", criteria=["M05", "D05"])
    assert again.status_code == 422
    assert say("fr", "problem.needed") in again.text
    assert again.text.count("checked") == 2, "what was ticked is ticked still"
    done = first.send(f"/agreement/{waits.id}/judgement", verdict="refer", criteria=["M05"])
    assert (done.status_code, done.headers["location"].split("?")[0]) == (303, path)
    page = first.page(f"{path}?open=1").text
    assert f'action="/queue/{waits.id}/decision"' in page
    assert "<mark" in page


def test_a_double_item_is_decided_only_once_it_is_judged_but_for_quarantine(waits, first, town, store):
    claim(first, waits.id)
    assert code(decide(first, waits.id)) == "judge_first"
    assert judge(first, waits.id).status_code == 201
    assert decide(first, waits.id).status_code == 201
    other = item_of(store, town.post(f"{FUGUE} Encore une autre."))
    claim(first, other.id)
    assert decide(first, other.id, "quarantine").status_code == 201
    with store.database.reading() as session:
        assert session.get(Quarantined, other.post_id) is not None


def test_one_judges_once_and_only_what_one_holds(waits, first, second, town, store, make_store):
    assert code(judge(first, waits.id)) == "not_held"
    claim(second, waits.id)
    assert code(judge(first, waits.id)) == "not_held"
    assert judge(second, waits.id).status_code == 201
    assert code(judge(second, waits.id)) == "judged"
    assert code(judge(first, "q-none"), 404) == "not_found"
    unknown = judge(first, waits.id, "watch", ("Z99",))
    assert code(unknown, 422) == "unknown_criteria"
    assert judge(first, waits.id, "perhaps").status_code == 422
    with store.database.writing() as session:
        session.get(QueueItem, waits.id).double = False
    assert code(judge(first, waits.id)) == "not_double"


@pytest.mark.parametrize("role", ["partner", "researcher", "auditor", "administrator"])
def test_nobody_else_judges_or_takes(waits, person_in, role):
    browser = person_in(role)
    assert judge(browser, waits.id).status_code == 403
    assert browser.api("POST", "/agreement/second").status_code == 403
    assert browser.api("GET", "/agreement/second").status_code == 403
    assert browser.page("/second").status_code == 403


def test_two_people_may_judge_an_open_item_one_after_the_other(waits, first, second, person_in, store):
    claim(first, waits.id)
    judge(first, waits.id, "watch", ("M05",))
    first.api("POST", f"/queue/{waits.id}/release")
    assert opened(second, waits.post_id)["blind"] is True
    claim(second, waits.id)
    assert judge(second, waits.id, "refer").json()["turn"] == "first"
    with store.database.reading() as session:
        assert differing(session, [waits.id]) == {waits.id}, "nothing else tells whoever decides what the other saw"
    assert decide(second, waits.id, "refer").status_code == 201
    third = person_in("analyst", name="tierce")
    assert opened(third, waits.post_id)["blind"] is False
    assert third.api("GET", "/agreement/second").json() == {"waiting": 0, "since": None, "yours": 0}


def test_an_item_that_was_not_drawn_is_as_ever(make_store, waits, first, store):
    with store.database.writing() as session:
        session.get(QueueItem, waits.id).double = False
    assert opened(first, waits.post_id)["blind"] is False
    assert decide(first, waits.id).status_code == 201


def test_the_second_reading_is_for_somebody_else_once_it_can_no_longer_be_undone(waits, first, second, clock):
    first_reading(first, waits.id)
    decided_at = clock.now
    assert second.api("GET", "/agreement/second").json()["waiting"] == 0
    assert second.api("POST", "/agreement/second").json() == {"item": None, "post": None}
    clock.forward(seconds=UNDONE)
    told = second.api("GET", "/agreement/second").json()
    assert (told["waiting"], told["yours"]) == (1, 1)
    assert told["since"] == decided_at.isoformat().replace("+00:00", "Z")
    assert first.api("GET", "/agreement/second").json()["yours"] == 0
    assert first.api("POST", "/agreement/second").json()["item"] is None
    assert code(first.api("POST", f"/agreement/{waits.id}/take")) == "not_second"
    assert second.api("POST", "/agreement/second").json() == {"item": waits.id, "post": waits.post_id}


def test_one_analyst_alone_is_told_what_waits_and_nothing_blocks(town, store, first, clock):
    for number in range(3):
        first_reading(first, item_of(store, town.post(f"{FUGUE} Fois {number}.", key=f"{number}")).id)
    clock.forward(minutes=20)
    page = words_of(first.page("/second").text).replace("&#39;", "'")
    assert say("fr", "second.for_others") in page
    assert first.api("GET", "/agreement/second").json()["waiting"] == 3
    assert "En attente 3" in page
    assert 'action="/second"' not in first.page("/second").text
    newer = item_of(store, town.post(f"{FUGUE} Et encore.", key="n"))
    first_reading(first, newer.id)


def test_a_lease_keeps_others_off_and_lapses(read_once, second, person_in, clock, store):
    third = person_in("analyst", name="tierce")
    assert second.api("POST", "/agreement/second").json()["item"] == read_once.id
    assert third.api("POST", "/agreement/second").json()["item"] is None
    assert code(third.api("POST", f"/agreement/{read_once.id}/take")) == "claimed"
    assert code(judge(third, read_once.id)) == "not_held"
    assert second.api("POST", "/agreement/second").json()["item"] == read_once.id, "one's own comes back"
    clock.forward(minutes=store.settings.claim_minutes)
    assert code(judge(second, read_once.id)) == "not_held"
    assert third.api("POST", f"/agreement/{read_once.id}/take").json()["item"] == read_once.id
    assert judge(third, read_once.id).status_code == 201
    assert code(second.api("POST", f"/agreement/{read_once.id}/take")) == "not_second"
    assert opened(second, read_once.post_id)["blind"] is False, "nobody waits for theirs any more"


def test_people_who_ask_at_once_get_each_another_one(town, store, first, person_in, clock):
    for number in range(6):
        first_reading(first, item_of(store, town.post(f"{FUGUE} Fois {number}.", key=f"{number}")).id)
    clock.forward(seconds=UNDONE)
    people = [person_in("analyst", name=f"p{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: one.api("POST", "/agreement/second"), people))
    taken = [answer.json()["item"] for answer in answers]
    assert None not in taken
    assert len(set(taken)) == 4


def test_of_two_who_judge_at_once_what_one_holds_one_is_recorded(read_once, second, person_in, store):
    third = person_in("analyst", name="tierce")
    second.api("POST", "/agreement/second")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: judge(one, read_once.id), [second, third]))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Judgement)) == 2


@pytest.mark.parametrize(
    ("decided", "found", "reopens", "urgency"),
    [
        ("dismiss", "dismiss", False, ""),
        ("dismiss", "watch", True, "soon"),
        ("watch", "dismiss", False, ""),
        ("watch", "refer", True, "soon"),
        ("watch", "escalate", True, "immediate"),
        ("escalate", "refer", False, ""),
        ("refer", "quarantine", True, "immediate"),
    ],
)
def test_a_graver_second_reading_opens_the_item_again(
    waits, first, second, person_in, clock, store, decided, found, reopens, urgency
):
    first_reading(first, waits.id, decided)
    clock.forward(minutes=20)
    answer = second_reading(second, found)
    assert answer.json() == {"item": waits.id, "post": waits.post_id, "turn": "second", "reopened": reopens}
    row = item_of(store, waits.post_id)
    assert row.status == ("open" if reopens else "decided")
    assert entries(store, "judgement.made")[-1]["reopened"] is reopens
    with store.database.reading() as session:
        assert differing(session, [row.id]) == ({row.id} if reopens else set())
        ends = get_post(session, waits.post_id).expires_at
    if not reopens:
        assert (row.claimed_by, row.claimed_until) == (item_of(store, waits.post_id).claimed_by, None)
        return
    assert row.urgency == urgency
    assert row.created_at == clock.now
    assert row.taken_at is None or found == "quarantine"
    assert ends is None or ends >= clock.now + timedelta(days=30)
    third = person_in("analyst", name="tierce")
    assert opened(third, waits.post_id)["blind"] is False
    listed = third.api("GET", "/queue").json()["items"]
    assert [(one["id"], one["differs"]) for one in listed] == [(waits.id, True)]
    assert say("fr", "second.differ") in third.page("/queue").text


def test_what_was_opened_again_is_decided_anew_and_differs_no_more(read_once, second, person_in, clock, store):
    second_reading(second, "refer")
    clock.forward(minutes=5)
    third = person_in("analyst", name="tierce")
    claim(third, read_once.id)
    assert decide(third, read_once.id, "refer").status_code == 201
    with store.database.reading() as session:
        assert differing(session, [read_once.id]) == set()
    assert second.api("GET", "/agreement/second").json()["waiting"] == 0


def test_the_second_reader_seals_at_once(read_once, second, store):
    second.api("POST", "/agreement/second")
    page = second.page(f"/posts/{read_once.post_id}?open=1").text
    assert f'action="/agreement/{read_once.id}/quarantine"' in page
    missing = second.send(f"/agreement/{read_once.id}/quarantine", verdict="quarantine")
    assert missing.status_code == 422
    done = second.send(f"/agreement/{read_once.id}/quarantine", verdict="quarantine", reason="Un abus y est décrit.")
    assert done.status_code == 303, done.text
    with store.database.reading() as session:
        assert session.get(Quarantined, read_once.post_id) is not None
        assert get_post(session, read_once.post_id).status == "quarantined"
    assert entries(store, "judgement.made")[-1]["reopened"] is True
    assert [one["verdict"] for one in entries(store, "decision.made")] == ["watch", "quarantine"]


def test_the_second_readers_page_goes_on_to_the_list(read_once, second):
    assert second.send("/second").headers["location"] == f"/posts/{read_once.post_id}"
    done = second.send(f"/agreement/{read_once.id}/judgement", verdict="escalate")
    assert done.headers["location"] == "/second?judged=reopened"
    assert say("fr", "second.reopened") in words_of(second.page("/second?judged=reopened").text).replace("&#39;", "'")
    assert second.send("/second").headers["location"] == "/second"


def test_who_has_read_for_too_long_takes_no_second_reading(read_once, second, store, clock):
    with store.database.writing() as session:
        boss = session.scalars(select(User).where(User.name == "seconde")).one()
        since = clock.now - timedelta(minutes=250)
        session.add(ReadingSpan(user_id=boss.id, began_at=since, last_at=clock.now, posts=1))
    assert code(second.api("POST", "/agreement/second")) == "exposure_limit"
    assert code(second.api("POST", f"/agreement/{read_once.id}/take")) == "exposure_limit"
    assert second.api("POST", "/exposure/on").status_code == 204
    assert second.api("POST", "/agreement/second").json()["item"] == read_once.id


def test_words_edited_while_one_reads_are_not_judged_unseen(waits, first, town):
    claim(first, waits.id)
    town.post(f"{RUNAWAY}, aidez-moi", FUGUE[:30])
    sent = {"verdict": "watch", "version": 1}
    assert code(first.api("POST", f"/agreement/{waits.id}/judgement", json=sent), 422) == "edited"
    again = first.send(f"/agreement/{waits.id}/judgement", verdict="watch", version=1)
    assert again.status_code == 422
    assert 'name="version" value="2"' in again.text
    assert first.send(f"/agreement/{waits.id}/judgement", verdict="watch", version=2).status_code == 303


def test_a_text_that_goes_or_changes_waits_for_no_second_reading(read_once, second, town, clock):
    assert second.api("GET", "/agreement/second").json()["waiting"] == 1
    town.post(f"{RUNAWAY}, aidez-moi", FUGUE[:30])
    assert second.api("GET", "/agreement/second").json()["waiting"] == 0


def test_words_edited_after_one_judgement_are_judged_anew(waits, first, second, town, store):
    claim(first, waits.id)
    judge(first, waits.id)
    assert opened(first, waits.post_id)["blind"] is False
    town.post(f"{RUNAWAY}, aidez-moi", FUGUE[:30])
    row = item_of(store, waits.post_id)
    assert (row.status, row.version) == ("open", 2)
    assert opened(first, waits.post_id)["blind"] is True
    claim(first, waits.id)
    assert judge(first, waits.id).status_code == 201


def test_a_post_without_an_item_is_read_as_ever(town, first, store, make_person):
    post = town.post(HARMLESS)
    assert opened(first, post)["blind"] is False
    with store.database.reading() as session:
        assert needs_judgement(session, make_person("analyst"), post) is False


def test_nothing_is_judged_without_an_entry(waits, first, store, no_register):
    claim(first, waits.id)
    no_register()
    assert judge(first, waits.id).status_code == 503
    with store.database.reading() as session:
        assert session.scalars(select(Judgement)).all() == []
