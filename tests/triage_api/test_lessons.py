"""Lessons: an attempt from its first case to its end, the gate of the training, and that nothing of it leaks."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from test_pages import check

from pipeline.retain import purge
from store.register import Event
from store.tables import AssessmentRow, Base, DayCount, Lesson, Post, QueueItem, RegisterEntry, User
from triage_api.shell.languages import catalogue
from triage_api.teaching.cases import load_cases
from triage_api.teaching.guide import ANALYST, PARTNER, guide

CASES = load_cases()
OTHER = {"dismiss": "escalate", "watch": "dismiss", "refer": "dismiss", "escalate": "watch"}


def changed(store, name, **values):
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == name).values(**values))


def trained_on(store, name):
    with store.database.reading() as session:
        return session.scalars(select(User.trained_on).where(User.name == name)).one()


def passed_entries(store):
    with store.database.reading() as session:
        chosen = RegisterEntry.event == Event.TRAINING_PASSED
        return [(row.actor, json.loads(row.public)) for row in session.scalars(select(RegisterEntry).where(chosen))]


def rows(store):
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Lesson))


def answer(browser, *, right=True):
    """Answer the case that one is at, rightly or not, and return what came back with the case."""
    case = CASES.by_id[browser.api("GET", "/lessons/case").json()["case"]["id"]]
    given = {"case": case.id, "verdict": case.verdicts[0], "criteria": list(case.expected)}
    if not right:
        given["verdict"] = OTHER[case.verdicts[0]]
    told = browser.api("POST", "/lessons/answers", json=given)
    assert told.status_code == 201, told.text
    return case, told.json()


def attempt(browser, wrong=0, *, miss=False):
    """Do a whole attempt with so many wrong answers, none of them to something immediate unless asked for."""
    missed = False
    for _ in range(12):
        at = CASES.by_id[browser.api("GET", "/lessons/case").json()["case"]["id"]]
        if at.urgency == "immediate":
            amiss = miss and not missed
            missed = missed or amiss
        else:
            amiss = wrong > 0
            wrong -= amiss
        last = answer(browser, right=not amiss)[1]
    assert not wrong
    assert missed is miss
    return last["done"]


@pytest.fixture
def lapsed(person_in, store, clock):
    """An analyst whose training lapsed."""
    browser = person_in("analyst", name="lea")
    changed(store, "lea", trained_on=clock().date() - timedelta(days=800))
    return browser


@pytest.fixture
def newcomer(person_in, store):
    browser = person_in("analyst", name="nour")
    changed(store, "nour", trained_on=None)
    return browser


def test_whose_training_lapsed_passes_and_searches_again(lapsed, store, clock):
    asked = {"query": "fugue", "purpose": "watch", "ground": "LPJ 39"}
    assert lapsed.api("POST", "/searches", json=asked).json()["error"]["code"] == "training_needed"
    refused = lapsed.page("/queue")
    assert refused.status_code == 403
    assert 'href="/lessons"' in refused.text
    assert "la renouvelle aussitôt" in lapsed.page("/lessons").text
    done = attempt(lapsed)
    assert (done["passed"], done["right"], done["missed"]) == (True, 12, 0)
    assert trained_on(store, "lea") == clock().date()
    assert [public for _, public in passed_entries(store)] == [{"renewed": True}]
    assert lapsed.api("POST", "/searches", json=asked).status_code == 201
    assert lapsed.page("/queue").status_code == 200


def test_a_newcomer_passes_and_waits_for_whoever_keeps_the_accounts(newcomer, person_in, store, clock):
    assert "la personne qui tient les comptes" in newcomer.page("/lessons").text
    assert attempt(newcomer)["passed"]
    assert trained_on(store, "nour") is None
    assert newcomer.api("GET", "/queue").json()["error"]["code"] == "training_needed"
    assert [public for _, public in passed_entries(store)] == [{"renewed": False}]
    told = person_in("administrator").page("/accounts").text
    assert f"Cas fictifs réussis le {clock().date()}" in told
    assert told.count("Cas fictifs réussis le") == 1
    check(told)


def test_the_house_may_keep_renewing_to_itself(lapsed, store):
    store.settings.lessons_renew_training = False
    before = trained_on(store, "lea")
    assert "est elle qui l&#39;inscrit" in lapsed.page("/lessons").text
    assert attempt(lapsed)["passed"]
    assert trained_on(store, "lea") == before
    assert [public for _, public in passed_entries(store)] == [{"renewed": False}]


@pytest.mark.parametrize(
    ("wrong", "miss", "passed"), [(2, False, True), (3, False, False), (0, True, False), (2, True, False)]
)
def test_ten_right_and_nothing_immediate_missed(lapsed, store, wrong, miss, passed):
    before = trained_on(store, "lea")
    assert attempt(lapsed, wrong, miss=miss)["passed"] is passed
    assert (trained_on(store, "lea") != before) is passed
    assert len(passed_entries(store)) == passed
    own = lapsed.api("GET", "/lessons").json()
    assert (own["attempts"][0]["passed"], own["passed_on"] is not None) == (passed, passed)
    assert own["answered"] == 0, "a new attempt waits"


def test_a_case_is_answered_once_and_only_the_one_that_one_is_at(lapsed, store):
    case, told = answer(lapsed, right=False)
    again = {"case": case.id, "verdict": case.verdicts[0], "criteria": list(case.expected)}
    assert lapsed.api("POST", "/lessons/answers", json=again).json()["error"]["code"] == "other_case"
    assert lapsed.api("GET", f"/lessons/answers/{told['id']}").json()["right"] is False
    assert lapsed.api("POST", "/lessons/answers", json=again | {"case": "p01"}).status_code == 409
    assert lapsed.api("POST", "/lessons/answers", json=again | {"case": "zz"}).status_code == 409
    unknown = lapsed.api("POST", "/lessons/answers", json=again | {"criteria": ["Z99"]})
    assert unknown.json()["error"]["field"] == "criteria"
    assert rows(store) == 1


def test_an_attempt_is_gone_on_with_for_thirty_days_and_of_the_same_cases(lapsed, store, clock):
    answer(lapsed)
    shown = lapsed.api("GET", "/lessons/case").json()
    assert (shown["attempt"], shown["answered"]) == (1, 1)
    assert lapsed.api("GET", "/lessons/case").json() == shown, "asking again draws no other"
    clock.forward(days=29)
    lapsed.log_in("lea")
    assert lapsed.api("GET", "/lessons/case").json() == shown
    clock.forward(days=2)
    lapsed.log_in("lea")
    assert lapsed.api("GET", "/lessons/case").json()["attempt"] == 2
    answer(lapsed)
    with store.database.writing() as session:  # as if the cases had been others then
        session.execute(update(Lesson).where(Lesson.course.startswith("2-")).values(course="2-00000000"))
    assert lapsed.api("GET", "/lessons/case").json()["attempt"] == 3


def test_a_wrong_answer_to_a_case_that_is_gone_counts_as_something_missed(lapsed, store):
    assert attempt(lapsed, 1)["passed"]
    with store.database.writing() as session:
        session.execute(update(Lesson).where(~Lesson.right).values(case="c99"))
    own = lapsed.api("GET", "/lessons").json()
    assert own["attempts"][0]["passed"] is False
    gone = next(one for one in lapsed.api("GET", "/lessons/answers").json()["items"] if one["case"] == "c99")
    assert lapsed.api("GET", f"/lessons/answers/{gone['id']}").json()["solution"] is None
    assert "est plus dans la série" in lapsed.page(f"/lessons/answers/{gone['id']}").text


def test_if_the_register_cannot_be_written_the_last_answer_is_not_kept(lapsed, store, no_register):
    for _ in range(11):
        answer(lapsed)
    before = trained_on(store, "lea")
    no_register()
    case = CASES.by_id[lapsed.api("GET", "/lessons/case").json()["case"]["id"]]
    given = {"case": case.id, "verdict": case.verdicts[0], "criteria": list(case.expected)}
    assert lapsed.api("POST", "/lessons/answers", json=given).status_code == 503
    assert (rows(store), trained_on(store, "lea")) == (11, before)


def test_others_see_that_it_was_passed_and_when_and_nothing_of_the_answers(lapsed, person_in, browser, store, clock):
    assert not attempt(lapsed, 3)["passed"]
    clock.forward(minutes=30)
    assert attempt(lapsed, 1)["passed"]
    clock.forward(minutes=10)
    answer(lapsed)
    supervisor, colleague = person_in("supervisor"), person_in("analyst", name="autre")
    told = supervisor.api("GET", "/lessons").json()
    with store.database.reading() as session:
        pseudonym = session.scalars(select(User.pseudonym).where(User.name == "lea")).one()
    day = str(clock().date())
    assert told["results"] == [
        {"who": pseudonym, "on": day, "passed": True},
        {"who": pseudonym, "on": day, "passed": False},
    ]
    assert (told["attempts"], supervisor.api("GET", "/lessons/answers").json()["items"]) == ([], [])
    theirs = lapsed.api("GET", "/lessons/answers").json()["items"][0]["id"]
    for one in (supervisor, colleague):
        assert one.api("GET", f"/lessons/answers/{theirs}").status_code == 404
        assert one.page(f"/lessons/answers/{theirs}").status_code == 404
    assert pseudonym in supervisor.page("/lessons").text
    assert pseudonym not in colleague.page("/lessons").text
    assert colleague.api("GET", "/lessons").json()["results"] == []


@pytest.mark.parametrize("role", ["partner", "researcher", "auditor", "administrator", "investigator"])
def test_who_reads_no_posts_has_no_lessons(person_in, role):
    assert person_in(role).api("GET", "/lessons/case").status_code == 403


def test_nothing_but_the_answers_and_the_entry_is_kept(desk, lapsed, store):
    with store.database.reading() as session:
        before = counted(session)
    attempt(lapsed)
    for case in CASES.of("practice"):
        given = {"case": case.id, "verdict": "dismiss", "criteria": []}
        assert lapsed.api("POST", "/lessons/practice", json=given).status_code == 200
    with store.database.reading() as session:
        after = counted(session)
        for table in (Post, QueueItem, AssessmentRow, DayCount):
            assert not session.scalar(select(func.count()).select_from(table))
    different = {name for name in after if after[name] != before[name]}
    assert different == {"lessons", "register"}
    assert (after["lessons"] - before["lessons"], after["register"] - before["register"]) == (12, 1)
    told = lapsed.api("GET", "/queue/counts").json()
    assert not sum(lane["waiting"] for lane in told["lanes"])
    asked = {"query": "valise", "purpose": "watch", "ground": "LPJ 39"}
    assert lapsed.api("POST", "/searches", json=asked).json()["total"] == 0


def counted(session):
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
    }


def test_practice_shows_the_solution_and_keeps_nothing(newcomer, store):
    items = newcomer.api("GET", "/lessons/practice").json()["items"]
    assert [one["id"] for one in items] == [case.id for case in CASES.of("practice")]
    assert all(set(one) == {"id", "kind", "lang", "text"} for one in items)
    case = CASES.by_id["p03"]
    told = newcomer.api("POST", "/lessons/practice", json={"case": "p03", "verdict": "watch", "criteria": ["M01"]})
    told = told.json()
    assert (told["right"], told["missed"], told["missing"], told["beyond"]) == (False, True, ["V06"], ["M01"])
    assert told["why_fr"] == case.why.fr
    assert told["assessment"]["grid"], "the real reader read it"
    drawn = {"case": "c12", "verdict": "escalate"}
    assert newcomer.api("POST", "/lessons/practice", json=drawn).status_code == 404, "no solution before the answer"
    assert rows(store) == 0


def test_the_pages_lead_through_an_attempt_without_scripts(newcomer, store):
    first = newcomer.page("/lessons/case")
    check(first.text)
    assert CASES.by_id[hidden(first.text)].why.fr not in first.text
    wrong = newcomer.send("/lessons/case", case=hidden(first.text), criteria="M05")
    assert wrong.status_code == 422
    assert re.search(r'value="M05" checked', wrong.text)
    check(wrong.text)
    for number in range(1, 13):
        case = CASES.by_id[hidden(newcomer.page("/lessons/case").text)]
        sent = newcomer.send("/lessons/case", case=case.id, verdict=case.verdicts[0], criteria=list(case.expected))
        assert sent.status_code == 303
        shown = newcomer.page(sent.headers["location"])
        check(shown.text)
        assert f"Solution du cas {number} sur 12" in shown.text
        assert "C&#39;est juste." in shown.text
        assert "<mark" in shown.text or not case.signals
    assert "Réussi." in shown.text
    late = newcomer.send("/lessons/case", case=case.id, verdict="dismiss")
    assert late.status_code == 409
    assert "Vous êtes à un autre cas" in late.text
    overview = newcomer.page("/lessons").text
    check(overview)
    assert "Réussi." in overview


def hidden(page):
    return re.search(r'name="case" value="(\w+)"', page)[1]


def test_the_pages_of_practice_go_round(newcomer, store):
    page, seen = newcomer.page("/lessons/practice").text, []
    for _ in CASES.of("practice"):
        check(page)
        seen.append(hidden(page))
        solved = newcomer.send("/lessons/practice", case=seen[-1], verdict="dismiss").text
        check(solved)
        page = newcomer.page(re.search(r'href="(/lessons/practice\?case=\w+)"', solved)[1]).text
    assert seen == [case.id for case in CASES.of("practice")]
    assert hidden(page) == seen[0]
    assert newcomer.send("/lessons/practice", case=seen[2]).status_code == 422
    assert newcomer.send("/lessons/practice", case="c12", verdict="escalate").status_code == 404
    assert newcomer.page("/lessons/practice?case=c12").status_code == 200
    assert rows(store) == 0


def test_whole_attempts_go_after_two_years(lapsed, store, clock):
    answer(lapsed)
    clock.forward(days=20)
    lapsed.log_in("lea")
    answer(lapsed)
    clock.forward(days=729)
    purge(store)
    assert rows(store) == 2, "the first answer goes with the last"
    clock.forward(days=1)
    purge(store)
    assert rows(store) == 0


def test_the_guide_is_a_page_and_names_buttons_by_their_names(newcomer):
    page = newcomer.page("/guide")
    check(page.text)
    words = {said.format_map(Anything()).strip(" :") for said in catalogue("fr").values()}
    named = re.findall(r"<strong>« (.+?) »</strong>", guide(ANALYST).replace("\u00a0", " "))
    assert len(named) > 40
    assert sorted({name for name in named if name.replace("&#39;", "'").replace("&quot;", '"') not in words}) == []


@pytest.mark.parametrize(("lang", "marks"), [("fr", "« (.+?) »"), ("en", "&quot;(.+?)&quot;")])
def test_a_partner_reads_their_own_guide_in_their_language(person_in, lang, marks):
    partner = person_in("partner", name="ecole")
    partner.send("/language", lang=lang, next="/")
    page = partner.page("/guide").text
    check(page)
    assert guide(PARTNER[lang]) in page
    assert catalogue(lang)["guide.partner_title"] in partner.page("/account").text
    words = {said.format_map(Anything()).strip(" :") for said in catalogue(lang).values()}
    named = re.findall(rf"<strong>{marks}</strong>", guide(PARTNER[lang]).replace("\u00a0", " "))
    assert len(named) > 10
    assert [name for name in named if name.replace("&#39;", "'") not in words] == []


class Anything(dict):
    """Whatever a template's place is filled with, as the guide writes it."""

    def __missing__(self, key):
        return "…"
