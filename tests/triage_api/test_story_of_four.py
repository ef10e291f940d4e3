"""One story, four people: a school asks, the desk reads and refers, the DPJ's pivot helps, a supervisor sees it whole.

The school is told what helps and cannot tell what else there is.
"""

from __future__ import annotations

import re

import pytest
from asked_requests import ACT, file, search
from desk_words import LURE
from told_house import House, body, events, ground_of

from store.register.sequencing import sequence
from store.register.verifying import verify

CONTACT = {"phones": ["514-555-0142"], "handles": [], "emails": [], "region": "Laval"}
SUMMARY = "Une jeune de 15 ans de Laval : quelqu'un lui propose de l'argent par téléphone."
HIDDEN = re.compile(r"r-[0-9a-f]{20}|[a-z]+-\d\d|[0-9a-f]{20,}|\d\d:\d\d(:\d\d)?")


@pytest.fixture
def people(person_in, store):
    """Four people and the pivot of a health centre, who asked before anybody else."""
    house, names = House(store), {"ecole": "school", "dpj": "dpj", "cisss": "cisss"}
    for name in names:
        person_in("partner", name=name)
    pivots = {name: house.pivot(house.organisation(kind, f"Le {name}"), name) for name, kind in names.items()}
    browsers = {name: person_in("analyst", name=name) for name in ("analyste", "seconde")}
    return browsers | {"chef": person_in("supervisor", name="chef")}, pivots


@pytest.fixture
def enter(browser):
    return lambda name: browser().log_in(name)


def told(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def decide(analyst, post):
    """Claim the post's item, and decide that it is referred."""
    items = told(analyst.api("GET", "/queue", params={"limit": 200}))["items"]
    item = next(one["id"] for one in items if one["post"] == post)
    told(analyst.api("POST", f"/queue/{item}/claim"))
    given = {"verdict": "refer", "criteria": [], "reason": "Offre d'argent à une mineure."}
    told(analyst.api("POST", f"/queue/{item}/decision", json=given), 201)


def seen_by(browser, request):
    """Return all that somebody is shown of their request, and of everything else that they may open."""
    pages = [browser.page(path).text for path in (f"/requests/{request}", "/requests", "/referrals", "/invitations")]
    calls = [browser.api("GET", path).text for path in (f"/requests/{request}", "/requests", "/referrals")]
    return pages + calls


def test_one_story_four_people(people, enter, town, store):
    (who, pivots), school = people, enter("ecole")
    analyst = who["analyste"]
    # Another partner asked about the same contact before, and it was looked for.
    earlier = file(enter("cisss"), **CONTACT)["id"]
    post = town.post(f"{LURE} 514-555-0142", "offre")
    before = search(analyst, earlier, query="", identifiers=["514-555-0142"])
    # The school's pivot asks: the acknowledgement says whom to call and nothing else.
    filed = file(school, **CONTACT)
    mine = filed["id"]
    assert set(filed) == {"id", "status", "created_at", "emergency", "helplines"}
    # The analyst opens it, and sees the other request and the search that was made for it.
    opened = told(analyst.api("GET", f"/requests/{mine}"))
    assert opened["beside"] == [earlier]
    again = search(analyst, mine, query="", identifiers=["514-555-0142"])
    assert (again["relation"], again["reused_from"]) == ("same", before["id"])
    assert [hit["id"] for hit in again["items"]] == [post]
    # She decides on the post, and refers the case to the DPJ's pivot; a second person lets it go.
    decide(analyst, post)
    given = body(mine, pivots["dpj"], ground_of("dpj", people=2), told={"plain_summary": SUMMARY})
    referral = told(analyst.api("POST", "/referrals", json=given), 201)["id"]
    assert analyst.api("POST", f"/referrals/{referral}/approve", json={"send": True}).status_code == 403
    told(who["seconde"].api("POST", f"/referrals/{referral}/approve", json={"send": True}))
    # The school is answered, and reads how to approach her.
    told(analyst.api("POST", f"/requests/{mine}/answer", json=ACT), 201)
    answer = told(school.api("GET", f"/requests/{mine}"))["answer"]
    assert answer["kind"] == "act"
    assert answer["guidance"]
    assert answer["basis"] is None
    # The DPJ's pivot reads it, acknowledges, and tells what came of it.
    pivot = enter("dpj")
    (line,) = told(pivot.api("GET", "/referrals"))["items"]
    read = told(pivot.api("GET", f"/referrals/{line['id']}"))
    assert (read["told"], read["facts"], read["desk"], read["request"]) == ({"plain_summary": SUMMARY}, {}, None, None)
    told(pivot.api("POST", f"/referrals/{referral}/acknowledge"))
    told(pivot.api("POST", f"/referrals/{referral}/outcome", json={"outcome": "in_followup", "text": "Rencontrée."}))
    # The ledger says who was told what of her, on what ground.
    chief = who["chef"]
    lines = told(chief.api("GET", "/ledger", params={"request": mine}))["items"]
    assert [(one["kind"], one["about"], one["fields"]) for one in lines[::-1]] == [
        ("referral", referral, ["plain_summary"]),
        ("answer", mine, ["plain_summary"]),
    ]
    assert {one["ground"] for one in lines} == {given["ground"], ACT["ground"]}
    assert told(chief.api("GET", "/ledger", params={"request": earlier}))["items"] == []
    # The register tells it from the beginning to the end, and nobody can have changed it.
    story = ["search.opened", "request.opened", "search.reused", "decision.made", "referral.made", "referral.approved"]
    story += ["referral.sent", "request.answered", "referral.opened", "referral.acknowledged", "referral.ended"]
    entered = [one["event"] for one in events(store, *story)]
    assert list(dict.fromkeys(entered)) == story
    sequence(store)
    assert verify(store).findings == []
    # The desk has the outcome; the pivot's words are sealed.
    at_desk = told(analyst.api("GET", f"/referrals/{referral}"))
    assert (at_desk["state"], at_desk["outcome"], at_desk["outcome_text"]) == ("closed", "in_followup", "Rencontrée.")
    # The school cannot tell.
    shown = seen_by(school, mine)
    for secret in (
        earlier,
        referral,
        post,
        before["id"],
        again["id"],
        "Le cisss",
        "Le dpj",
        "in_followup",
        "Rencontrée",
    ):
        assert not [one for one in shown if secret in one], secret


def test_the_school_reads_the_same_where_nobody_else_ever_asked_and_nothing_was_referred(people, enter, town):
    """Two requests of one school, the second about a contact that nothing is known of: the same words on each page."""
    pivots, analyst = people[1], people[0]["analyste"]
    file(enter("cisss"), **CONTACT)
    town.post(f"{LURE} 514-555-0142", "offre")
    school, shown = enter("ecole"), []
    for number, known in (("514-555-0142", True), ("514-555-0177", False)):
        mine = file(school, **CONTACT | {"phones": [number]})["id"]
        search(analyst, mine, query="", identifiers=[number])
        if known:
            given = body(mine, pivots["dpj"], ground_of("dpj", people=1, urgent=True), send=True)
            told(analyst.api("POST", "/referrals", json=given), 201)
        told(analyst.api("POST", f"/requests/{mine}/answer", json={"kind": "call_us", "text": "Appelez-nous."}), 201)
        page, read = school.page(f"/requests/{mine}").text, school.api("GET", f"/requests/{mine}").text
        shown.append([HIDDEN.sub("…", one.replace(number, "…")) for one in (page, read)])
    assert shown[0] == shown[1]
