"""E-mails to pivots through a real mail server: without content, each once, and its state says whether it left."""

from __future__ import annotations

import email
import quopri
from datetime import timedelta
from email import policy

import pytest
from letters import SITE, alerts, queue, rows, states
from sqlalchemy import update
from told_house import body, ground_of

from store.errors import BadInput
from store.leftovers import destroy_asked, destroy_leftovers
from store.tables import Meeting, MeetingPart, Notice, Pivot, Referral, Subject
from triage_api.notices.queueing import KINDS, notify
from triage_api.notices.sending import send_due, sending
from triage_api.referrals.making import make
from triage_api.referrals.models import ReferralIn
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request


def test_it_goes_to_the_pivot_once_and_says_only_that_something_waits(store, taken, pivot, asked):
    queue(store, pivot, asked, link=f"{SITE}/ack/abc.def")
    assert [send_due(store), send_due(store)] == [1, 0]
    assert states(store) == [("sent", "")]
    [(sender, to, raw)] = taken.messages
    assert (sender, to) == ("vigie@maison.example", ["camille@dpj.example"])
    read = email.message_from_bytes(raw, policy=policy.default)
    assert (read["Auto-Submitted"], read["From"].addresses[0].addr_spec) == ("auto-generated", "vigie@maison.example")
    words = read.get_content()
    for part in (SITE, f"{SITE}/ack/abc.def", "911", "988", "811", "Quelque chose", "Something"):
        assert part in words + str(read["Subject"])
    assert rows(store)[0].link is None


def test_asked_twice_while_it_waits_it_goes_once_with_the_newer_link(store, taken, pivot, asked):
    queue(store, pivot, asked, link="https://vigie.example/ack/old")
    queue(store, pivot, asked, link="https://vigie.example/ack/new")
    queue(store, pivot, asked)
    send_due(store)
    [(_, _, raw)] = taken.messages
    assert b"/ack/new" in raw
    assert b"/ack/old" not in raw
    queue(store, pivot, asked)
    send_due(store)
    assert len(taken.messages) == 2


def test_what_is_not_committed_is_not_sent(store, taken, pivot, asked):
    with pytest.raises(RuntimeError), store.database.writing() as session:
        notify(session, store, pivot, "answered", asked)
        raise RuntimeError
    assert (send_due(store), taken.messages) == (0, [])


def test_an_unknown_kind_is_refused(store, pivot):
    with pytest.raises(BadInput, match="kind"), store.database.writing() as session:
        notify(session, store, pivot, "surprise", "x")


HOSTILE = {
    "who": "École Secrète\r\nBcc: tous@ailleurs.example",
    "why": "Maëlle Fictive a fugué; rejoindre au 450-555-0142",
    "youth": "Maëlle Fictive\r\nSubject: Maëlle",
    "handles": ["@maelle.secrete"],
    "phones": ["450-555-0142"],
    "emails": ["maelle@fictive.example"],
    "places": ["Parc Fictif"],
}


def test_no_kind_of_notice_holds_anything_of_a_case(store, house, desk, make_person, taken):
    """Every kind, about cases whose texts try to get out: none of it is in the bytes, nor another address."""
    partner = make_person("partner", name="ecole")
    told = {name: text for name, text in HOSTILE.items() if name in RequestIn.model_fields}
    request = file_request(desk, partner, RequestIn.model_validate(told)).id
    organisation = house.organisation(name="DPJ Secrète\r\nBcc: tous@ailleurs.example")
    secret = {"title": "Titre\r\nX-Secret: oui", "phone": "450-555-0177"}
    pivot = house.pivot(organisation, email="camille@dpj.example", **secret)
    referral = refer(desk, make_person, request, pivot)
    meeting = propose(store, organisation, pivot, make_person("supervisor", name="hôte"), request)
    consent = house.consent(request, organisation, ["plain_summary"])
    house.withdraw(consent)
    abouts = {
        "referral": referral,
        "reminder": referral,
        "meeting": meeting,
        "taken_back": consent,
        "withdrawn": referral,
    }
    with store.database.writing() as session:
        session.query(Notice).delete()
        session.get_one(Referral, referral).taken_back_at = store.clock()
    for kind in KINDS:
        queue(store, pivot, abouts.get(kind, request), kind, f"{SITE}/ack/{kind}")
    assert send_due(store) == len(KINDS)
    assert len(taken.messages) == len(KINDS)
    needles = [
        "Maëlle",
        "secret",
        "Secrète",
        "555-0142",
        "555-0177",
        "Fictive",
        "fugu",
        "Bcc:",
        "X-Secret",
        "Pivot",
        "Titre",
    ]
    needles += [request, referral, meeting, consent, pivot, organisation, *(row.id for row in rows(store))]
    for _, to, raw in taken.messages:
        assert to == ["camille@dpj.example"]
        plain = (raw + quopri.decodestring(raw)).decode()
        plain += str(email.message_from_bytes(raw, policy=policy.default)["Subject"])
        assert [one for one in needles if one.casefold() in plain.casefold()] == []
    whole = [quopri.decodestring(raw.partition(b"\r\n\r\n")[2]) for _, _, raw in taken.messages]
    for kind in KINDS:
        whole = [one.replace(f"/ack/{kind}".encode(), b"/ack/") for one in whole]
    assert len(set(whole)) == 1, "but for its link, each says the same"


def refer(desk, make_person, request, pivot):
    given = ReferralIn.model_validate(body(request, pivot, ground_of("dpj", people=1, urgent=True), send=True))
    return make(desk.store, make_person("analyst", name="une"), given).id


def propose(store, organisation, pivot, host, request):
    now = store.clock()
    row = Meeting(id="m-secrete", requests=[request], ground="g", sealed=b"x", proposed_by=host.id, proposed_at=now)
    row.ends_at = now + timedelta(days=5)
    with store.database.writing() as session:
        session.add(row)
        session.flush()
        session.add(MeetingPart(meeting_id=row.id, organisation_id=organisation, pivot_id=pivot, answer=""))
    return "m-secrete"


NO_ADDRESSES = (
    "",
    "camille",
    "a@b",
    "a b@c.example",
    "a@c.example\r\nRCPT TO:<x@y.example>",
    "<a@c.example>",
    "a@c.example,b@c.example",
    "é@c.example",
    '"a b"@c.example',
)


@pytest.mark.parametrize("bad", NO_ADDRESSES)
def test_an_address_that_is_none_reaches_no_server(store, taken, house, asked, bad):
    queue(store, house.pivot(house.organisation(), email=bad), asked)
    send_due(store)
    assert (taken.recipients, taken.messages) == ([], [])
    assert states(store) == [("failed", "bad_address") if bad else ("dropped", "nobody")]


def test_it_goes_to_whoever_stands_in_once_the_pivot_has_lapsed(store, clock, taken, house, asked):
    organisation = house.organisation()
    backup = house.pivot(organisation, email="releve@dpj.example")
    pivot = house.pivot(organisation, backup=backup, days=1, email="camille@dpj.example")
    queue(store, pivot, asked)
    clock.forward(days=2)
    send_due(store)
    assert taken.recipients == ["releve@dpj.example"]


def test_without_anybody_to_tell_it_is_dropped_and_the_desk_hears(store, clock, taken, house, asked, make_person):
    make_person("analyst")
    queue(store, house.pivot(house.organisation(), days=1, email="camille@dpj.example"), asked)
    clock.forward(days=2)
    send_due(store)
    assert (taken.messages, states(store)) == ([], [("dropped", "nobody")])
    assert alerts(store) == [rows(store)[0].id]


@pytest.mark.parametrize("state", ["withdrawn", "acknowledged", "closed"])
def test_a_referral_that_is_no_more_to_be_read_is_not_told(store, desk, house, taken, asked, make_person, pivot, state):
    made = refer(desk, make_person, asked, pivot)
    with store.database.writing() as session:
        session.execute(update(Referral).where(Referral.id == made).values(state=state))
    send_due(store)
    assert (taken.messages, states(store)) == ([], [("dropped", "past")])
    assert destroy_asked(store) == 1, "its link goes"


def test_a_request_that_was_erased_is_not_told(store, clock, taken, pivot, asked):
    queue(store, pivot, asked)
    with store.database.writing() as session:
        session.execute(update(Subject).values(erased_at=clock.now))
    send_due(store)
    assert (taken.messages, states(store)) == ([], [("dropped", "past")])


def test_who_is_not_of_the_desk_sees_no_notice(store, person_in, asked, pivot):
    queue(store, pivot, asked)
    for role in ("partner", "researcher", "auditor", "administrator"):
        assert person_in(role, name=f"un-{role}").api("GET", "/notices").status_code == 403


def test_a_key_without_its_notice_goes_and_one_that_waits_stays(store, clock, pivot, asked):
    queue(store, pivot, asked, link=f"{SITE}/ack/x")
    store.keys.new("notice:n-nobody")
    clock.forward(days=2)
    destroy_leftovers(store)
    kept = {one for some in store.keys.names("notice", made_before=clock.now) for one in some}
    assert kept == {f"notice:{rows(store)[0].id}"}


def test_the_step_looks_now_and_then(store, taken, asked, pivot):
    step = sending(store)
    queue(store, pivot, asked)
    assert [step(), step()] == [1, 0]


def test_a_pivot_who_ended_is_told_nothing(store, clock, taken, asked, pivot):
    queue(store, pivot, asked)
    with store.database.writing() as session:
        session.execute(update(Pivot).values(ended_at=clock.now))
    send_due(store)
    assert taken.recipients == []
