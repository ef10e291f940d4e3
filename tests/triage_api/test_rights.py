"""Rights without an account: asking, the code, the desk that checks who asks and answers, and what goes after."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from desk_words import words_of
from sqlalchemy import func, select
from told_house import ASKED, events

from pipeline.retain import purge
from store.tables import DeskAlert, RightsCase, User
from triage_api.rights.receiving import MOST_A_DAY
from triage_api.rights.routes import MOST
from triage_api.rights.running import keeping, tell_due

GIVEN = {
    "kind": "access",
    "who": "self",
    "name": "Maëlle Fictive",
    "reach": "450-555-0142, le soir",
    "about": "Un texte à mon sujet sur le forum fictif.",
    "identifiers": "@merle.secret\n450-555-0142",
}
CODE = re.compile(r"<code>((?:[B-Z]{4}-){3}[B-Z]{4})</code>")


@pytest.fixture
def visitor(browser):
    return browser()


@pytest.fixture
def chief(person_in):
    return person_in("supervisor")


def ask(visitor, **change) -> str:
    """Ask something and return the code."""
    answer = visitor.send("/rights", **GIVEN | change)
    assert answer.status_code == 200, answer.text
    return CODE.search(answer.text)[1]


def case_of(chief) -> str:
    return chief.api("GET", "/rights").json()["items"][0]["id"]


def answered(chief, case, **change):
    given = {"outcome": "granted", "text": "Voici ce que Vigie garde.", "vetted": True} | change
    return chief.api("POST", f"/rights/{case}/answer", json=given)


def count(store) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(RightsCase)) or 0


def test_from_the_question_to_the_answer_by_a_code_that_is_shown_once(store, visitor, chief):
    code = ask(visitor)
    waits = visitor.send("/rights/answer", code=code)
    assert (waits.status_code, "Maëlle" in waits.text) == (200, False)
    case = case_of(chief)
    read = chief.api("GET", f"/rights/{case}").json()
    assert (read["told"]["name"], read["told"]["identifiers"]) == ("Maëlle Fictive", ["@merle.secret", "450-555-0142"])
    assert chief.api("POST", f"/rights/{case}/identity", json={"how": "call_back"}).status_code == 200
    assert answered(chief, case).status_code == 200
    shown = visitor.send("/rights/answer", code=code.lower().replace("-", " "))
    assert "Voici ce que Vigie garde." in shown.text
    assert "Commission d'accès" in unescape(shown.text)
    assert [one["event"] for one in events(store, "rights.received", "rights.read", "rights.answered")] == [
        "rights.received",
        "rights.read",
        "rights.read",
        "rights.answered",
    ]
    assert "Maëlle" not in str(events(store, "rights.received", "rights.read", "rights.answered"))


def test_nothing_that_was_written_stands_readable_in_the_database(store, visitor, chief):
    code = ask(visitor)
    with store.database.reading() as session:
        row = session.scalars(select(RightsCase)).one()
        kept = " ".join(str(getattr(row, column.name)) for column in RightsCase.__table__.columns)
    for word in ("Maëlle", "merle", "0142", "forum", code, code.replace("-", "")):
        assert word not in kept


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "autre"}, "kind"),
        ({"who": "voisin"}, "who"),
        ({"about": " "}, "about"),
        ({"about": "x" * 2001}, "about"),
        ({"name": ""}, "name"),
        ({"reach": ""}, "reach"),
        ({"name": "x" * 301}, "name"),
        ({"identifiers": "x\n" * 11}, "identifiers"),
        ({"identifiers": "x" * 301}, "identifiers"),
    ],
)
def test_a_form_that_cannot_be_used_says_where_and_loses_nothing(store, visitor, change, field):
    given = GIVEN | change
    answer = visitor.send("/rights", **given)
    assert answer.status_code == 422
    assert f'id="p-{field}"' in answer.text
    page = unescape(answer.text)
    assert all(text.strip() in page for name, text in given.items() if name not in ("kind", "who"))
    assert count(store) == 0


def test_a_complaint_needs_no_name_and_no_check(visitor, chief):
    ask(visitor, kind="complaint", name="", reach="")
    case = case_of(chief)
    assert answered(chief, case, outcome="partly").status_code == 200


def test_nobody_is_told_about_themselves_before_it_was_checked_who_asks(visitor, chief):
    code = ask(visitor)
    case = case_of(chief)
    for outcome in ("granted", "partly", "nothing_kept"):
        refused = answered(chief, case, outcome=outcome)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "identity_first")
    looked = chief.send(f"/rights/cases/{case}/search")
    assert looked.status_code == 409
    assert chief.api("POST", f"/rights/{case}/identity", json={"how": "not_needed"}).status_code == 422
    assert answered(chief, case, outcome="refused", text="On n'a pu vérifier qui vous êtes.").status_code == 200
    assert "vérifier" in visitor.send("/rights/answer", code=code).text


def test_nothing_is_said_to_be_kept_before_somebody_looked(visitor, chief):
    ask(visitor)
    case = case_of(chief)
    chief.api("POST", f"/rights/{case}/identity", json={"how": "document_seen"})
    refused = answered(chief, case, outcome="nothing_kept")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "look_first")
    assert chief.send(f"/rights/cases/{case}/search").status_code == 303
    assert answered(chief, case, outcome="nothing_kept").status_code == 200


def test_an_answer_is_read_again_first_and_given_once(visitor, chief):
    ask(visitor)
    case = case_of(chief)
    chief.api("POST", f"/rights/{case}/identity", json={"how": "document_seen"})
    unread = answered(chief, case, vetted=False)
    assert (unread.status_code, unread.json()["error"]["code"]) == (422, "not_vetted")
    page = chief.send(f"/rights/cases/{case}/answer", outcome="granted", text="Tout ce que j'ai tapé.")
    assert page.status_code == 422
    assert "Tout ce que j'ai tapé." in unescape(page.text)
    assert answered(chief, case).status_code == 200
    assert answered(chief, case).json()["error"]["code"] == "rights_answered"


def test_looking_up_is_a_search_in_the_register_and_finds_requests_that_name_it(store, visitor, chief, person_in):
    request = person_in("partner").api("POST", "/requests", json=ASKED).json()["id"]
    ask(visitor)
    case = case_of(chief)
    assert chief.api("GET", f"/rights/{case}").json()["requests"] == []
    chief.api("POST", f"/rights/{case}/identity", json={"how": "document_seen"})
    assert chief.api("GET", f"/rights/{case}").json()["requests"] == [request]
    went = chief.send(f"/rights/cases/{case}/search")
    assert went.status_code == 303
    assert went.headers["location"].startswith("/searches/")
    assert [one["purpose"] for one in events(store, "search.opened")] == ["rights"]
    assert chief.page(went.headers["location"]).status_code == 200


def test_without_anything_that_can_be_read_there_is_no_search(store, visitor, chief):
    ask(visitor, identifiers="")
    case = case_of(chief)
    chief.api("POST", f"/rights/{case}/identity", json={"how": "document_seen"})
    assert chief.send(f"/rights/cases/{case}/search").status_code == 422
    assert events(store, "search.opened") == []


def test_wrong_old_and_missing_codes_give_one_and_the_same_page(store, clock, visitor, chief):
    ended = ask(visitor, kind="complaint")
    answered(chief, case_of(chief))
    clock.forward(days=91)
    assert purge(store).kinds["rights_case"] == 1
    pages = []
    for code in (ended, "BCDF-GHJK-MNPR-STVW", "x", "0000-0000-0000-0000"):
        answer = visitor.send("/rights/answer", code=code)
        pages.append((answer.status_code, answer.text.replace(f'value="{code}"', "")))
    assert len(set(pages)) == 1
    assert pages[0][0] == 422


def test_guessing_codes_is_slowed_down_and_keeps_nobody_from_logging_in(visitor, browser, make_person):
    found = {visitor.send("/rights/answer", code="BCDF-GHJK-MNPR-STVW").status_code for _ in range(35)}
    assert found == {422, 429}
    make_person("analyst", name="une")
    browser().log_in("une")


def test_an_address_that_floods_is_stopped_with_nothing_lost(store, clock, visitor):
    answers = [visitor.send("/rights", **GIVEN) for _ in range(11)]
    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert GIVEN["about"] in unescape(answers[-1].text)
    clock.forward(minutes=16)
    assert visitor.send("/rights", **GIVEN).status_code == 200
    assert count(store) == 11


def test_a_day_that_is_full_says_to_come_back_or_call(make_store, store, clock, visitor):
    for _ in range(MOST_A_DAY):
        ask(visitor)
        clock.forward(minutes=2)
    full = visitor.send("/rights", **GIVEN)
    assert full.status_code == 429
    assert "appelez" in words_of(full.text)
    clock.forward(days=1)
    assert visitor.send("/rights", **GIVEN).status_code == 200


def test_a_body_that_is_too_large_is_not_read(store, visitor):
    assert visitor.send("/rights", **GIVEN, more="x" * MOST).status_code == 413
    chunks = (b"about=x&" for _ in range(3))
    sent = visitor.client.post("/rights", content=chunks, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (sent.status_code, count(store)) == (413, 0)


def test_another_site_cannot_send_it_and_only_supervisors_read_it(visitor, chief, person_in, store):
    foreign = visitor.client.post("/rights", data=GIVEN, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, count(store)) == (403, 0)
    ask(visitor)
    case = case_of(chief)
    for role in ("analyst", "partner", "auditor", "researcher", "administrator"):
        other = person_in(role)
        for path in ("/rights/cases", f"/rights/cases/{case}"):
            assert other.page(path).status_code == 403
        assert other.api("GET", f"/rights/{case}").status_code == 403


def test_supervisors_are_told_a_week_before_it_is_due_and_again_once_it_is_late(store, clock, visitor, chief):
    ask(visitor)
    clock.forward(days=22)
    assert tell_due(store) == 0
    clock.forward(days=1)
    assert [tell_due(store), tell_due(store)] == [1, 0]
    assert "répondre bientôt ou en retard" in browser_of(chief).page("/queue").text
    seen = chief_alerts(store)
    with store.database.writing() as session:
        for row in session.scalars(select(DeskAlert)):
            row.seen_at = clock.now
    clock.forward(days=7)
    assert [tell_due(store), tell_due(store)] == [1, 0]
    assert chief_alerts(store) == seen == 1


def browser_of(chief):
    """Return a supervisor's browser, logged in again: the session lapsed meanwhile."""
    return chief.log_in("supervisor")


def chief_alerts(store) -> int:
    with store.database.reading() as session:
        query = select(func.count()).select_from(DeskAlert).join(User, User.id == DeskAlert.user_id)
        return session.scalar(query.where(DeskAlert.kind == "rights_due", DeskAlert.seen_at.is_(None))) or 0


def test_long_after_its_answer_all_that_was_written_is_gone(store, clock, visitor, chief):
    code = ask(visitor, kind="complaint")
    case = case_of(chief)
    answered(chief, case)
    clock.forward(days=89)
    assert "rights_case" not in purge(store).kinds
    clock.forward(days=1)
    assert [purge(store).kinds.get("rights_case", 0) for _ in range(2)] == [1, 0]
    assert store.keys.keys([f"rights:{case}"]) == {}
    assert visitor.send("/rights/answer", code=code).status_code == 422
    left = browser_of(chief).api("GET", f"/rights/{case}").json()
    assert (left["told"], left["answer"]) == (None, "")


def test_the_step_looks_now_and_then(store, clock, visitor, chief):
    step = keeping(store)
    ask(visitor)
    assert step() == 0
    clock.forward(days=25)
    assert [step(), step()] == [1, 0]


def test_the_page_is_led_to_from_every_page_and_from_the_one_before_searching(visitor):
    for path in ("/login", "/before", "/rights"):
        assert 'href="/rights"' in visitor.page(path).text


def test_the_pages_of_the_desk_show_what_was_written_inert(visitor, chief):
    ask(visitor, about="<script>alert(1)</script> voir https://ailleurs.example/x")
    case = case_of(chief)
    page = chief.page(f"/rights/cases/{case}").text
    assert "<script>alert" not in page
    assert 'href="https://ailleurs' not in page
    assert case in chief.page("/rights/cases").text


def test_it_is_due_in_the_days_that_the_house_gives(make_store, clock, visitor, chief):
    ask(visitor)
    [line] = chief.api("GET", "/rights").json()["items"]
    assert line["due_at"].startswith((clock.now + timedelta(days=30)).date().isoformat())
