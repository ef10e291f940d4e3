"""Claims that pass from hand to hand, items that change desks, and what is never offered twice."""

from __future__ import annotations

import json

import pytest
from desk_words import FAREWELL, FUGUE, words_of
from sqlalchemy import select

from nlp.cities import regions
from store.errors import Conflict
from store.tables import DeskAlert, QueueItem, RegisterEntry, User
from triage_api.queue.claims import claim, release, renew, skip
from triage_api.queue.handing import hand_over, others, refuse, transfer
from triage_api.queue.ordering import next_item
from triage_api.queue.working_models import HandIn, TransferIn


@pytest.fixture
def people(make_person):
    return [make_person("analyst", name=f"analyste-{number}") for number in range(3)]


@pytest.fixture
def item(town, store):
    town.post(FUGUE, city="Montréal")
    with store.database.reading() as session:
        return session.scalars(select(QueueItem.id)).one()


def row(store, identity) -> QueueItem:
    with store.database.reading() as session:
        return session.get_one(QueueItem, identity)


def told(store, event):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(each.public) for each in rows]


def alerts(store, person):
    with store.database.reading() as session:
        mine = select(DeskAlert).where(DeskAlert.user_id == person.id).order_by(DeskAlert.id)
        return [(one.kind, one.about, one.seen_at is None) for one in session.scalars(mine)]


def offered(desk, person):
    with desk.store.database.reading() as session:
        return next_item(desk, session, person)


def code(call):
    with pytest.raises(Conflict) as refused:
        call()
    return refused.value.code


def test_the_first_claim_is_remembered_and_a_later_one_is_not(desk, people, item, clock, store):
    assert row(store, item).taken_at is None
    first = clock()
    claim(desk, people[0], item)
    clock.forward(minutes=5)
    claim(desk, people[0], item)
    release(desk, people[0], item)
    clock.forward(minutes=5)
    claim(desk, people[1], item)
    assert row(store, item).taken_at == first


def test_a_claim_is_renewed_by_whoever_held_it_last_and_nobody_else(desk, people, item, clock):
    assert code(lambda: renew(desk, people[0], item)) == "not_held"
    claim(desk, people[0], item)
    clock.forward(minutes=20)
    held = renew(desk, people[0], item)
    assert (held.claimed_until - clock()).total_seconds() == 30 * 60
    clock.forward(minutes=40)
    assert renew(desk, people[0], item).mine, "it lapsed, and nobody took it"
    clock.forward(minutes=40)
    claim(desk, people[1], item)
    assert code(lambda: renew(desk, people[0], item)) == "not_held"


def test_what_is_handed_over_is_the_colleagues_who_is_told(desk, people, item, clock, store):
    giver, taker, third = people
    claim(desk, giver, item)
    skip(desk, taker, item)
    shown = hand_over(desk, giver, item, HandIn(to=taker.pseudonym))
    assert (shown.claimed_by, shown.handed_to, shown.mine) == (taker.pseudonym, taker.pseudonym, False)
    assert alerts(store, taker) == [("handed", item, True)]
    assert told(store, "item.handed") == [{"item": item, "to": taker.pseudonym, "via": "command line"}]
    assert offered(desk, taker) == item, "asked by name: that they passed it over once does not count"
    assert code(lambda: claim(desk, third, item)) == "claimed"
    assert code(lambda: hand_over(desk, giver, item, HandIn(to=third.pseudonym))) == "claimed"
    clock.forward(minutes=1)
    claim(desk, taker, item)
    assert alerts(store, taker) == [("handed", item, False)], "whoever took it has seen it"


def test_an_item_that_nobody_claimed_is_not_taken_by_being_handed_over(desk, people, item, store):
    hand_over(desk, people[0], item, HandIn(to=people[1].pseudonym))
    assert row(store, item).taken_at is None, "nobody has acknowledged it: whoever is on duty is told still"
    claim(desk, people[1], item)
    assert row(store, item).taken_at is not None


def test_what_is_refused_goes_back_to_the_queue_and_not_to_whoever_refused(desk, people, item, store):
    giver, taker, _ = people
    assert code(lambda: refuse(desk, taker, item)) == "not_handed"
    hand_over(desk, giver, item, HandIn(to=taker.pseudonym))
    assert refuse(desk, taker, item).next is None
    assert (row(store, item).claimed_by, row(store, item).handed_to) == (None, None)
    assert offered(desk, taker) is None
    assert offered(desk, giver) == item
    assert alerts(store, taker) == [("handed", item, False)]
    assert told(store, "item.handed")[1]["refused"] is True


def test_a_hand_over_that_nobody_answers_is_anybodys_when_it_lapses(desk, people, item, clock, store):
    giver, taker, third = people
    hand_over(desk, giver, item, HandIn(to=taker.pseudonym))
    assert offered(desk, third) is None
    clock.forward(minutes=31)
    assert offered(desk, taker) == offered(desk, third) == item
    claim(desk, third, item)
    assert row(store, item).handed_to is None
    assert alerts(store, taker) == [("handed", item, False)]
    release(desk, third, item)
    hand_over(desk, third, item, HandIn(to=taker.pseudonym))
    assert alerts(store, taker) == [("handed", item, True)], "told anew, in the one row there may be"


def test_only_who_works_at_the_queue_now_is_a_colleague(desk, people, item, make_person, store):
    supervisor = make_person("supervisor")
    for role in ("partner", "researcher", "auditor"):
        make_person(role)
    gone, untrained = people[1:]
    with store.database.writing() as session:
        session.get_one(User, gone.id).active = False
        session.get_one(User, untrained.id).trained_on = None
    assert others(desk, people[0], item).colleagues == [supervisor.pseudonym]
    for name in (gone.pseudonym, untrained.pseudonym, people[0].pseudonym, "personne"):
        assert code(lambda n=name: hand_over(desk, people[0], item, HandIn(to=n))) == "unknown_colleague"


def test_a_transfer_changes_the_desk_and_not_the_region(analyst, town, store):
    town.post(FUGUE, city="Montréal")
    (item,) = analyst.api("GET", "/queue").json()["items"]
    assert (item["desk"], item["region"]) == ("Montréal", "Montréal")
    analyst.api("POST", f"/queue/{item['id']}/claim")
    moved = analyst.api("POST", f"/queue/{item['id']}/transfer", json={"desk": "Estrie"})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["desk"], moved.json()["region"], moved.json()["claimed_by"]) == ("Estrie", "Montréal", None)
    assert told(store, "item.transferred") == [{"item": item["id"], "from": "Montréal", "to": "Estrie"}]
    for wrong in ("Bretagne", "estrie", "x" * 301):
        refused = analyst.api("POST", f"/queue/{item['id']}/transfer", json={"desk": wrong})
        assert (refused.status_code, refused.json()["error"]["field"]) == (422, "desk")
    assert analyst.api("POST", f"/queue/{item['id']}/transfer", json={"desk": ""}).json()["desk"] == ""


def test_there_is_a_desk_for_every_region_of_quebec():
    assert len(regions()) == 18, "seventeen, and what lies outside"
    assert {"Montréal", "Estrie", "Nord-du-Québec", "Hors Québec"} <= set(regions())


def test_what_another_reads_is_neither_handed_over_nor_transferred(desk, people, item):
    claim(desk, people[0], item)
    assert code(lambda: hand_over(desk, people[1], item, HandIn(to=people[2].pseudonym))) == "claimed"
    assert code(lambda: transfer(desk, people[1], item, TransferIn(desk="Estrie"))) == "claimed"
    assert code(lambda: refuse(desk, people[1], item)) == "not_handed"


@pytest.mark.parametrize("call", ["handover", "transfer", "refuse"])
def test_what_cannot_be_entered_does_not_happen(analyst, person_in, town, store, no_register, call):
    person_in("analyst", name="autre")
    town.post(FUGUE)
    (item,) = analyst.api("GET", "/queue").json()["items"]
    others_ = analyst.api("GET", f"/queue/{item['id']}/handover").json()
    assert len(others_["colleagues"]) == 1
    before = row(store, item["id"]).claimed_by
    no_register()
    sent = {"to": others_["colleagues"][0], "desk": "Estrie"}
    answer = analyst.api("POST", f"/queue/{item['id']}/{call}", json=sent)
    assert answer.status_code == (409 if call == "refuse" else 503)
    after = row(store, item["id"])
    assert (after.claimed_by, after.handed_to, after.desk) == (before, None, item["desk"])


def test_the_pages_hand_over_and_transfer_without_a_script(analyst, person_in, town, store):
    town.post(FUGUE, city="Montréal")
    town.post(FAREWELL)
    other = person_in("analyst", name="autre")
    urgent, item = (one["id"] for one in analyst.api("GET", "/queue").json()["items"])
    assert f'href="/queue/{item}/handover"' in analyst.page(f"/queue/{item}").text
    form = analyst.page(f"/queue/{item}/handover").text
    (name,) = analyst.api("GET", f"/queue/{item}/handover").json()["colleagues"]
    assert f'<option value="{name}">' in form
    wrong = analyst.send(f"/queue/{item}/handover", to="personne-00")
    assert (wrong.status_code, "Personne à la file ne porte ce nom" in wrong.text) == (409, True)
    assert analyst.send(f"/queue/{item}/handover").status_code == 422
    assert analyst.send(f"/queue/{item}/handover", to=name).headers["location"] == "/queue"
    assert "Refuser et rendre" in words_of(other.page(f"/queue/{item}").text)
    assert other.send(f"/queue/{item}/refuse").headers["location"] == f"/queue/{urgent}"
    wrong = analyst.send(f"/queue/{item}/transfer", desk="Bretagne")
    assert (wrong.status_code, "pas une région" in words_of(wrong.text)) == (422, True)
    assert analyst.send(f"/queue/{item}/transfer", desk="Estrie").status_code == 303
    assert row(store, item).desk == "Estrie"
    assert analyst.send(f"/queue/{item}/renew").status_code == 409
    analyst.send(f"/queue/{item}/claim")
    assert analyst.send(f"/queue/{item}/renew").headers["location"] == f"/queue/{item}"
