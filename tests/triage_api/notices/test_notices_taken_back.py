"""E-mails around a consent that is taken back, through a real mail server: none that brings to it, one that says so."""

from __future__ import annotations

from letters import alerts, states
from told_house import ASKED, body, ground_of

from store.tables import Pivot
from triage_api.consents.withdrawing import withdraw
from triage_api.notices.queueing import notify
from triage_api.notices.sending import send_due
from triage_api.referrals.approving import approve
from triage_api.referrals.approving import withdraw as take_back
from triage_api.referrals.making import make
from triage_api.referrals.models import ApproveIn, ReferralIn, WhyIn

FIELDS = ["plain_summary"]


def refer(store, make_person, request, pivot) -> str:
    """Send a referral that rests on a consent."""
    given = ReferralIn.model_validate(body(request, pivot, ground_of("dpj", people=2, consent=True)))
    made = make(store, make_person("analyst", name="une"), given).id
    return approve(store, make_person("analyst", name="deux"), made, ApproveIn(send=True)).id


def test_what_waits_to_be_sent_is_dropped_and_the_pivot_hears_that_it_was_taken_back(
    store, house, taken, pivot, asked, make_person
):
    consent = house.consent(asked, organisation_of(store, pivot), FIELDS)
    referral = refer(store, make_person, asked, pivot)
    withdraw(store, make_person("analyst", name="trois"), consent)
    assert {(kind, about) for kind, _, about in house.told()} == {("referral", referral), ("taken_back", consent)}
    send_due(store)
    assert sorted(states(store)) == [("dropped", "past"), ("sent", "")]
    [(_, to, raw)] = taken.messages
    assert to == ["camille@dpj.example"]
    assert b"/ack/" not in raw, "no link that does nothing any more"
    for word in (ASKED["who"], referral, consent, asked):
        assert word.encode() not in raw
    assert "notice_uncertain" not in str(alerts(store))


def test_what_the_desk_takes_back_is_told_to_who_could_read_it(store, house, taken, pivot, asked, make_person):
    house.consent(asked, organisation_of(store, pivot), FIELDS)
    referral = refer(store, make_person, asked, pivot)
    send_due(store)
    taken.messages.clear()
    take_back(store, make_person("analyst", name="trois"), referral, WhyIn(reason="Mauvais organisme."))
    send_due(store)
    [(_, to, raw)] = taken.messages
    assert to == ["camille@dpj.example"]
    for word in ("Mauvais", referral, asked):
        assert word.encode() not in raw


def test_a_reminder_of_what_was_taken_back_is_not_sent(store, house, taken, pivot, asked, make_person):
    consent = house.consent(asked, organisation_of(store, pivot), FIELDS)
    referral = refer(store, make_person, asked, pivot)
    send_due(store)
    with store.database.writing() as session:
        notify(session, store, pivot, "reminder", referral)
    house.withdraw(consent)
    taken.messages.clear()
    send_due(store)
    assert taken.messages == []


def organisation_of(store, pivot) -> str:
    with store.database.reading() as session:
        return session.get_one(Pivot, pivot).organisation_id
