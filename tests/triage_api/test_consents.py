from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from consenting import FIELDS, file, house
from desk_words import words_of
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from store.register import Event
from store.tables import Consent, DeskAlert, RegisterEntry, Request, User
from triage_api.access.attempts import PER_ADDRESS
from triage_api.consents.ages import Known, shifted
from triage_api.consents.codes import LETTERS, new_code
from triage_api.consents.covering import consent_for, still_given
from triage_api.consents.held import age_known
from triage_api.ledger.writing import write_line
from triage_api.requests.models import Details
from triage_api.shell.languages import say
from triage_api.subjects.rotation import rotate_hashing


@pytest.fixture
def yes(desk, make_person, person_in):
    return house(desk, make_person("supervisor", name="annuaire"), person_in)


def subject_of(yes) -> str:
    with yes.store.database.reading() as session:
        return session.get_one(Request, yes.request).subject_id


def covers(yes, fields=FIELDS, kind="community") -> str | None:
    with yes.store.database.reading() as session:
        found = consent_for(session, yes.store, subject_of(yes), yes.organisations[kind], fields)
        return found and found.id


def given_still(yes, identity) -> bool:
    with yes.store.database.reading() as session:
        return still_given(session, yes.store, identity)


def entries(yes, event):
    with yes.store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [(row.actor, json.loads(row.public)) for row in rows]


def take_back(browser, code):
    return browser.client.post("/withdraw", data={"code": code}, follow_redirects=False)


def test_a_yes_covers_its_fields_for_its_organisation_and_nothing_else(yes):
    told = yes.give()
    assert (told["state"], told["fields"], told["given_by"]) == ("given", FIELDS, "youth")
    assert covers(yes) == told["id"]
    assert covers(yes, ["first_name"]) == told["id"]
    assert covers(yes, [*FIELDS, "age"]) is None
    assert covers(yes, []) is None
    assert covers(yes, kind="school") is None
    assert given_still(yes, told["id"])
    assert not given_still(yes, "k-none")


def test_recording_is_an_entry_that_holds_nothing_personal(yes):
    told = yes.give(present="Sa tante Marie")
    (entry,) = entries(yes, Event.CONSENT_GIVEN)
    assert entry[1] == {
        "consent": told["id"],
        "request": yes.request,
        "organisation": yes.organisations["community"],
        "fields": FIELDS,
        "given_by": "youth",
        "adult": False,
        "until": "2027-03-01",
    }


def test_the_longest_is_what_the_house_lets_it_or_the_18th_birthday(yes):
    assert yes.give()["last_day"] == "2027-03-01", "365 days from the second of March"
    assert yes.give(ends_on="2026-04-01")["ends_at"].startswith("2026-04-02T04:00"), "the whole day, in Québec"
    assert yes.give(age=None, born="2008-06-10")["last_day"] == "2026-06-09"
    assert yes.give(age=17)["last_day"] == "2026-03-02", "tomorrow may be the birthday"
    assert yes.give(age=16)["last_day"] == "2027-03-01"


def test_an_adult_says_yes_for_the_time_after_until_the_25th_birthday(yes):
    told = yes.give(age=None, born="2008-03-02", adult=True)
    assert told["adult"]
    assert told["last_day"] == "2027-03-01"
    assert yes.give(age=None, born="2001-05-05", adult=True)["last_day"] == "2026-05-04"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"organisation": "o-none"}, "organisation", "unknown_organisation"),
        ({"fields": ["plain_summary", "handles"]}, "fields", "field_not_theirs"),
        ({"fields": ["score"]}, "fields", "unknown_field"),
        ({"age": None}, "age", "age_needed"),
        ({"age": 13}, "given_by", "under_14"),
        ({"given_by": "parent"}, "given_by", "over_14"),
        ({"given_by": "tutor", "age": 14}, "given_by", "over_14"),
        ({"age": 18}, "adult", "adult_needed"),
        ({"adult": True}, "adult", "not_18"),
        ({"adult": True, "age": None, "born": "2008-03-03"}, "adult", "not_18"),
        ({"adult": True, "age": None, "born": "2001-03-02"}, "adult", "over_24"),
        ({"born": "2026-03-03"}, "born", "in_future"),
        ({"ends_on": "2026-03-01"}, "ends_on", "past"),
        ({"ends_on": "2027-03-02"}, "ends_on", "consent_too_long"),
        ({"born": "2008-06-10", "ends_on": "2026-06-10"}, "ends_on", "consent_too_long"),
        ({"understood": False}, "understood", "needed"),
    ],
)
def test_what_no_consent_can_be_is_refused_at_its_field(yes, change, field, code):
    answer = yes.partner.api("POST", "/consents", json=yes.body(**change))
    assert answer.status_code == 422
    assert field in answer.json()["error"]["message"]
    assert entries(yes, Event.CONSENT_GIVEN) == []
    sent = {name: value for name, value in yes.body(**change).items() if value not in (None, False)}
    page = yes.partner.send("/consents", **sent).text
    assert f'id="p-{field}"' in page
    assert say("fr", f"problem.{code}") in unescape(page)


@pytest.mark.parametrize("giver", ["parent", "tutor"])
def test_under_14_a_parent_or_tutor_says_yes(yes, giver):
    assert yes.give(age=13, given_by=giver)["given_by"] == giver


def test_what_the_request_tells_of_the_age_counts_where_the_form_tells_nothing(yes):
    if "age" not in Details.model_fields:
        pytest.skip("requests tell no age yet")
    filed = yes.partner.api("POST", "/requests", json={"who": "TS", "why": "x", "age": 13})
    assert filed.status_code == 201, filed.text
    request = filed.json()["id"]
    refused = yes.partner.api("POST", "/consents", json=yes.body(request=request, age=None))
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "given_by")
    assert yes.give(request=request, age=14)
    with yes.store.database.reading() as session:
        row = session.get_one(Request, request)
        assert age_known(session, yes.store, row) == Known(age=13, told_on=date(2026, 3, 2))


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.integers(0, 24), st.integers(0, 12_000))
def test_an_age_alone_never_lets_a_consent_last_longer_than_the_birth_date_would(born, years, days):
    told_on = born + timedelta(days=days)
    by_date = Known(born=born)
    by_age = Known(age=by_date.at(told_on), told_on=told_on)
    assert by_age.turns(by_age.age + 1 + years) <= by_date.turns(by_age.age + 1 + years)
    later = told_on + timedelta(days=years * 31)
    assert by_age.at(later) <= by_date.at(later)
    birthday = by_date.turns(years)
    assert by_date.at(birthday) == years
    assert years == 0 or by_date.at(birthday - timedelta(days=1)) == years - 1


def test_the_29th_of_february():
    assert shifted(date(2008, 2, 29), 18) == date(2026, 2, 28)
    assert Known(born=date(2008, 2, 29)).at(date(2026, 2, 28)) == 18


def test_it_lapses_by_itself(yes, clock):
    told = yes.give(ends_on="2026-03-10")
    clock.now = datetime(2026, 3, 11, 3, 59, 59, tzinfo=UTC)
    assert given_still(yes, told["id"])
    clock.forward(seconds=1)
    assert not given_still(yes, told["id"])
    assert covers(yes) is None
    yes.partner.log_in("ecole")
    assert yes.partner.api("GET", f"/consents/{told['id']}").json()["state"] == "lapsed"
    assert take_back(yes.partner, told["code"]).status_code == 422, "there is nothing to take back"


def test_the_code_takes_it_back_without_an_account_once(yes, browser):
    told, other = yes.give(), yes.give(organisation=yes.organisations["school"], fields=["plain_summary"])
    stranger = browser()
    page = stranger.client.get("/withdraw")
    assert page.status_code == 200
    assert "911" in page.text
    done = take_back(stranger, f"  {told['code'].lower().replace('-', ' ')} ")
    assert done.status_code == 200
    assert "retiré" in words_of(done.text)
    assert not given_still(yes, told["id"])
    assert given_still(yes, other["id"]), "a code is for one organisation"
    assert yes.row(told["id"]).withdrawn_via == "code"
    ((actor, said),) = entries(yes, Event.CONSENT_WITHDRAWN)
    assert actor == "code"
    assert said["consent"] == told["id"]
    again, wrong = take_back(stranger, told["code"]), take_back(stranger, new_code())
    assert again.status_code == wrong.status_code == 422
    assert again.text.replace(told["code"], "") == re.sub(r'value="[A-Z-]{19}"', 'value=""', wrong.text)
    assert len(entries(yes, Event.CONSENT_WITHDRAWN)) == 1


@pytest.mark.parametrize(
    "typed", ["", "  ", "x", "ABCD", "é" * 16, "B" * 16, "B" * 101, "B" * 5000, "\x00", "' OR 1=1"]
)
def test_what_is_no_code_is_refused_and_stays_in_the_form(yes, browser, typed):
    answer = take_back(browser(), typed)
    assert answer.status_code == 422
    assert 'id="p-code"' in answer.text


def test_guessing_is_slowed_down_and_a_right_code_is_not(yes, browser):
    told, stranger = yes.give(), browser()
    for _ in range(PER_ADDRESS - 1):
        assert take_back(stranger, new_code()).status_code == 422
    other = yes.give(organisation=yes.organisations["school"], fields=["plain_summary"])
    assert take_back(stranger, told["code"]).status_code == 200, "and counts for nothing"
    assert take_back(stranger, new_code()).status_code == 422
    slowed = take_back(stranger, other["code"])
    assert slowed.status_code == 429
    assert given_still(yes, other["id"])


def test_taking_one_back_takes_back_all_for_the_same_organisation(yes, browser):
    first, second = yes.give(), yes.give(fields=["plain_summary"], ends_on="2026-05-01")
    assert take_back(browser(), first["code"]).status_code == 200
    assert not given_still(yes, second["id"]), "a paper that was made twice is taken back by either"
    assert covers(yes, ["plain_summary"]) is None
    assert yes.give()["state"] == "given", "a new yes may be said"


def test_the_partner_and_the_desk_take_it_back_at_once(yes, analyst):
    for browser, via in ((yes.partner, "partner"), (analyst, "desk")):
        told = yes.give()
        answer = browser.api("POST", f"/consents/{told['id']}/withdraw")
        assert (answer.status_code, answer.json()["state"], answer.json()["withdrawn_via"]) == (200, "withdrawn", via)
        assert not given_still(yes, told["id"])
        before = len(entries(yes, Event.CONSENT_WITHDRAWN))
        again = browser.api("POST", f"/consents/{told['id']}/withdraw")
        assert again.json() == answer.json()
        assert len(entries(yes, Event.CONSENT_WITHDRAWN)) == before


def test_what_is_not_sent_is_withdrawn_with_it(yes):
    told, other = yes.give(), yes.give(organisation=yes.organisations["school"], fields=["plain_summary"])
    made = {
        state: yes.referral(told["id"], state) for state in ("draft", "approved", "sent", "acknowledged", "refused")
    }
    kept = yes.referral(other["id"], "draft", kind="school")
    yes.partner.api("POST", f"/consents/{told['id']}/withdraw")
    states = yes.states()
    assert {state: states[identity] for state, identity in made.items()} == {
        "draft": "withdrawn",
        "approved": "withdrawn",
        "sent": "sent",
        "acknowledged": "acknowledged",
        "refused": "refused",
    }
    assert states[kept] == "draft"
    told_of = [said["referral"] for _, said in entries(yes, Event.REFERRAL_WITHDRAWN)]
    assert sorted(told_of) == sorted([made["draft"], made["approved"]])


def test_the_desk_is_told_and_sees_whom_to_call(yes, analyst, make_person, clock):
    told, untold = yes.give(), yes.give(organisation=yes.organisations["school"], fields=["plain_summary"])
    teller = make_person("analyst", name="quelquun")
    with yes.store.database.writing() as session:
        line = {"kind": "referral", "about": "o-1", "subject": subject_of(yes), "ground": "consent"}
        line |= {"organisation": yes.organisations["community"], "pivot": yes.pivots["community"]}
        line |= {"consent": told["id"], "fields": FIELDS, "event": Event.REFERRAL_SENT, "public": {}}
        write_line(session, yes.store, teller, **line)
    assert analyst.api("GET", "/consents/withdrawn").json()["items"] == []
    for one in (told, untold):
        yes.partner.api("POST", f"/consents/{one['id']}/withdraw")
    (call,) = analyst.api("GET", "/consents/withdrawn").json()["items"]
    assert (call["consent"], call["organisation"], call["pivot"]) == (told["id"], "Le Refuge Fictif", "Camille Fictive")
    assert "Le Refuge Fictif" in analyst.page("/consents/withdrawn").text
    with yes.store.database.reading() as session:
        query = select(User.name, DeskAlert.about).join(User, User.id == DeskAlert.user_id)
        alerts = set(session.execute(query.where(DeskAlert.kind == "consent_withdrawn")).all())
    desk = ("analyst", "annuaire", "quelquun")
    assert alerts == {(name, one["id"]) for name in desk for one in (told, untold)}
    clock.forward(days=31)
    assert analyst.api("GET", "/consents/withdrawn").status_code == 401, "the session is over"
    analyst.log_in("analyst")
    assert analyst.api("GET", "/consents/withdrawn").json()["items"] == []


def test_a_partner_sees_those_of_their_own_requests_and_nothing_of_others(yes, person_in, analyst):
    mine = yes.give()
    other = person_in("partner", name="autre")
    theirs = yes.give(other, request=file(other))
    listed = yes.partner.api("GET", "/consents").json()["items"]
    assert [one["id"] for one in listed] == [mine["id"]]
    assert {one["id"] for one in analyst.api("GET", "/consents").json()["items"]} == {mine["id"], theirs["id"]}
    for method, path in (("GET", ""), ("POST", "/withdraw")):
        hidden = yes.partner.api(method, f"/consents/{theirs['id']}{path}")
        missing = yes.partner.api(method, f"/consents/k-none{path}")
        assert (hidden.status_code, hidden.text) == (404, missing.text)
    hidden = yes.partner.api("GET", "/consents", params={"request": theirs["request"]})
    assert (hidden.status_code, hidden.text) == (
        404,
        yes.partner.api("GET", "/consents", params={"request": "r-none"}).text,
    )
    for request in (theirs["request"], "r-none"):
        assert yes.partner.api("POST", "/consents", json=yes.body(request=request)).status_code == 404
        assert yes.partner.page(f"/requests/{request}/consents").status_code == 404
        assert yes.partner.send("/consents", **yes.body(request=request)).status_code == 404
    assert given_still(yes, theirs["id"])
    assert yes.partner.page("/consents/withdrawn").status_code == 403
    assert yes.partner.api("GET", "/consents/withdrawn").status_code == 403


def test_a_list_is_read_page_by_page(yes):
    ids = [yes.give()["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = yes.partner.api("GET", "/consents", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [one["id"] for one in page["items"]]
        if not (cursor := page["next"]):
            break
    assert sorted(seen) == sorted(ids)
    assert len(set(seen)) == 5


def test_how_it_was_explained_is_sealed_and_read_by_the_desk_on_an_entry(yes, analyst):
    told = yes.give(explained_by="Mme Tremblay", present="Une interprète", how="by_phone")
    assert b"Tremblay" not in yes.row(told["id"]).sealed
    assert yes.partner.api("GET", f"/consents/{told['id']}").json()["explained"]["present"] == "Une interprète"
    assert entries(yes, Event.REQUEST_OPENED) == []
    assert analyst.api("GET", f"/consents/{told['id']}").json()["explained"]["how"] == "by_phone"
    ((_, said),) = entries(yes, Event.REQUEST_OPENED)
    assert said == {"request": yes.request, "consent": told["id"]}


def test_nothing_is_recorded_taken_back_or_read_without_the_register(yes, analyst, browser, no_register):
    told = yes.give()
    no_register()
    assert yes.partner.api("POST", "/consents", json=yes.body()).status_code == 503
    assert analyst.api("GET", f"/consents/{told['id']}").status_code == 503
    assert take_back(browser(), told["code"]).status_code == 503
    assert given_still(yes, told["id"])
    with yes.store.database.reading() as session:
        assert len(session.scalars(select(Consent)).all()) == 1


def test_the_code_is_shown_once_and_kept_nowhere(yes, analyst):
    told = yes.give()
    code = told["code"]
    assert re.fullmatch(rf"([{LETTERS}]{{4}}-){{3}}[{LETTERS}]{{4}}", code)
    assert len(LETTERS) ** 16 > 2**60
    for browser in (yes.partner, analyst):
        for path in (f"/consents/{told['id']}", "/consents"):
            assert code not in browser.api("GET", path).text
        assert code not in browser.page(f"/requests/{yes.request}/consents").text
    yes.store.database.engine.dispose()
    for path in yes.store.settings.data_dir.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for form in (code, code.replace("-", ""), code.lower(), "Mme Tremblay"):
                assert form.encode() not in data, path.name


def test_codes_outlive_a_change_of_the_hashing_key(yes, browser, make_person):
    told = yes.give()
    rotate_hashing(yes.store, make_person("administrator", name="clés"))
    assert take_back(browser(), told["code"]).status_code == 200


def test_an_erased_subject_has_no_consent(yes, person_in, browser):
    told = yes.give()
    eraser = person_in("supervisor", name="efface")
    erased = eraser.api("POST", f"/requests/{yes.request}/erase", json={"reason": "Demande de la famille."})
    assert erased.status_code in (200, 201), erased.text
    assert not given_still(yes, told["id"])
    assert yes.row(told["id"]).sealed == b""
    assert yes.partner.api("GET", f"/consents/{told['id']}").status_code == 404
    assert take_back(browser(), told["code"]).status_code == 422
