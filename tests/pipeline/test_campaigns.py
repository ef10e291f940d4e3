"""Campaigns as they are kept: only of posts that may be linked, as at once, on both scales, whatever comes and goes."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select, update

from nlp.link import LinkRow, link, signature
from pipeline import link as linking
from pipeline.assess import assess_batch
from pipeline.link import link_batch, linkable
from pipeline.retain import purge
from store.erasure import erase
from store.links import LINK, Linkable, campaign_of, forget_links, relink
from store.posts import ASSESS
from store.quarantine import quarantine
from store.tables import AssessmentRow, LinkBand, LinkContact, LinkedPost, Post
from store.work import add_work, bury_work, count_work, dead_letters, finish_work

YACHT = "Départ lundi pour le yacht de Steeve, passeport gardé, dette remboursée après la saison"
TEXTS = [
    f"{YACHT}, texte 514-555-0101",
    "Steeve part lundi pour le yacht!! passeport gardé, dette remboursée après la saison 438 555 0102",
    "chambre libre pour fugueuse, 438-555-0102",
    "chambre libre pour fugueuse, écris-moi",
    "rien à voir avec les autres, un vélo rouge",
]


@pytest.fixture
def said(store, take):
    """Take a post in, say what the reader flagged, and ask for it to be linked."""

    def one(text, key, flagged=("recruitment",), **more):
        identity = take(text, key, **more)
        flag(store, identity, flagged)
        return identity

    return one


def flag(store, identity, flagged, cities=()):
    with store.database.writing() as session:
        post = session.scalar(select(Post).where(Post.id == identity))
        body = {"entities": {"cities": [{"value": city} for city in cities]}}
        said = {"grid": "g", "lang": "fr", "urgency": "soon", "score": 1.0, "criteria": [], "body": body}
        row = AssessmentRow(post_id=identity, version=post.version, flagged=list(flagged), created_at=store.clock())
        for name, value in {**said, "model": f"m{random.getrandbits(64)}"}.items():
            setattr(row, name, value)
        session.add(row)
        add_work(session, LINK, [identity], store.clock())


def link_all(store, limit=3):
    while link_batch(store, "one", limit):
        pass


def kept(store):
    with store.database.reading() as session:
        return {row.post_id: (row.campaign, tuple(row.because)) for row in session.scalars(select(LinkedPost))}


def grouped(outcome):
    groups = defaultdict(set)
    for identity, (campaign, _) in outcome.items():
        groups[campaign or identity].add(identity)
    return {frozenset(group) for group in groups.values()}


def at_once(store, texts):
    """Return what `link` says of posts by id, its rows having their ids."""
    results = link(LinkRow(identity, text) for identity, text in texts.items())
    return grouped({str(one.id): (one.campaign, ()) for one in results}), {str(one.id): one.because for one in results}


def test_posts_are_linked_as_at_once_and_say_why(store, said):
    texts = {said(text, str(number)): text for number, text in enumerate(TEXTS)}
    link_all(store)
    got = kept(store)
    groups, because = at_once(store, texts)
    assert grouped(got) == groups
    assert {identity: why for identity, (_, why) in got.items()} == because
    assert [got[identity][1] for identity in texts] == [("text",), ("phone", "text"), ("phone",), (), ()]


@pytest.mark.parametrize("flagged", [(), ("third_party",)])
def test_what_is_no_sign_of_danger_is_never_linked(store, said, flagged):
    for number, text in enumerate(TEXTS[:3]):
        said(text, str(number), flagged)
    link_all(store)
    assert kept(store) == {}
    for table in (LinkBand, LinkContact):
        assert rows(store, table) == 0


def test_third_party_beside_a_sign_of_danger_is_linked(store, said):
    for number, text in enumerate(TEXTS[:2]):
        said(text, str(number), ("minor", "third_party"))
    link_all(store)
    assert len(grouped(kept(store))) == 1


def rows(store, table):
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def gone_by_erasure(store, identity):
    erase(store, identity)


def gone_by_quarantine(store, identity):
    with store.database.writing() as session:
        quarantine(store, session, identity, "officer")


def gone_by_retention(store, identity):
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == identity).values(expires_at=store.clock()))
        session.execute(update(Post).where(Post.id != identity).values(expires_at=None))
    assert purge(store).posts == 1


def gone_by_reassessment(store, identity):
    flag(store, identity, ())


GONE = [gone_by_erasure, gone_by_quarantine, gone_by_retention, gone_by_reassessment]


@pytest.mark.parametrize("goes", GONE)
def test_a_post_that_goes_leaves_nothing_and_its_campaign_is_derived_anew(store, said, goes):
    first, bridge, room, *_ = ids = [said(text, str(number)) for number, text in enumerate(TEXTS)]
    link_all(store)
    assert len({kept(store)[one][0] for one in (first, bridge, room)}) == 1
    goes(store, bridge)
    if goes is not gone_by_reassessment:  # at once, not when the linker comes round
        assert emptied(store, bridge)
    link_all(store)
    got = kept(store)
    assert bridge not in got
    assert set(got) == {*ids} - {bridge}
    assert {campaign for campaign, _ in got.values()} == {None}
    assert {why for _, why in got.values()} == {()}


def emptied(store, identity):
    with store.database.reading() as session:
        row = session.get(LinkedPost, identity)
        held = [
            session.scalar(select(func.count()).select_from(table).where(table.post_id == identity))
            for table in (LinkBand, LinkContact)
        ]
    return (row.stems, row.city, row.campaign, row.version) == ("", "", None, 0) and held == [0, 0]


def test_what_the_reader_flags_no_more_is_unlinked_at_once(store, said, reader):
    first, second = (said(f"À vendre: 4 pneus d'hiver, 438-555-0144, {color}", color) for color in ("noirs", "gris"))
    link_all(store)
    assert kept(store)[first][0] is not None
    with store.database.writing() as session:
        finish_work(session, ASSESS, [first])  # of the two, only the second is read
    assess_batch(store, reader, "one")
    assert emptied(store, second)
    with store.database.reading() as session:  # and the other is not told to be tied to what is no more
        assert campaign_of(session, first, 1) is None
    link_all(store)
    assert kept(store) == {first: (None, ())}


def test_a_dead_letter_goes_with_its_post(store, said):
    identity = said(TEXTS[0], "0")
    with store.database.writing() as session:
        bury_work(session, LINK, identity, "RuntimeError")
    erase(store, identity)
    link_all(store)
    with store.database.reading() as session:
        assert dead_letters(session, LINK) == {}


@pytest.mark.parametrize("twin", ["team"], scope="session")  # on SQLite one transaction writes at a time
def test_who_erases_several_posts_never_waits_for_a_linker_that_waits_for_them(store, said):
    first, second = said(TEXTS[4], "0"), said(f"{YACHT} 1", "1")
    link_all(store)
    third = said(f"{YACHT} encore", "2")
    with store.database.writing() as session:
        forget_links(session, second, store.clock())
        assert link_batch(store, "one") == 1
        forget_links(session, first, store.clock())
    link_all(store)
    assert set(kept(store)) == {first, second, third}  # they are live still


def test_an_edited_post_is_unlinked_at_once_and_linked_anew_once_read(store, said, take):
    said(TEXTS[0], "0")
    second = said(TEXTS[1], "1")
    link_all(store)
    assert take("un autre texte: chambre pour fugueuse 418-555-0160", "1") == second
    with store.database.reading() as session:
        assert campaign_of(session, second, 1) is campaign_of(session, second, 2) is None
    assert emptied(store, second)
    flag(store, second, ["minor"])
    link_all(store)
    assert {campaign for campaign, _ in kept(store).values()} == {None}
    with store.database.reading() as session:
        assert session.get(LinkedPost, second).version == 2


def test_a_contact_that_ceases_to_be_everybodys_joins_those_who_are_left(store, said):
    things = [
        "vélo rouge",
        "chalet loué",
        "piano droit",
        "serre chaude",
        "canot bleu",
        "forge",
        "tapis turc",
        "miel",
        "orgue",
    ]
    ids = [said(f"{thing} 514-555-0177", thing) for thing in things]
    link_all(store)
    assert {campaign for campaign, _ in kept(store).values()} == {None}
    erase(store, ids[0])
    link_all(store)
    assert len({campaign for campaign, _ in kept(store).values()}) == 1
    assert {why for _, why in kept(store).values()} == {("phone",)}


def test_any_coming_and_going_ends_as_at_once(store, said):
    lines = (linking_gold()[:90]).copy()
    texts = {said(text, str(number)): text for number, text in enumerate(lines)}
    link_all(store, 16)
    for identity in sorted(texts)[::3]:
        erase(store, identity)
        del texts[identity]
    link_all(store, 16)
    assert grouped(kept(store)) == at_once(store, texts)[0]


def linking_gold():
    from pathlib import Path

    path = Path(__file__).parents[1] / "nlp" / "link_gold2.jsonl"
    return [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]


def test_linking_again_changes_nothing(store, said):
    ids = [said(text, str(number)) for number, text in enumerate(TEXTS)]
    link_all(store)
    before, bands = kept(store), rows(store, LinkBand)
    with store.database.writing() as session:
        add_work(session, LINK, ids, store.clock())
    link_all(store)
    assert (kept(store), rows(store, LinkBand)) == (before, bands)


def test_a_post_that_breaks_the_linker_is_put_aside_and_stops_nobody(store, said, monkeypatch):
    ids = [said(text, str(number)) for number, text in enumerate(TEXTS[:3])]

    def broken(session, identity, now):
        relink(session, identity, now)
        if identity == ids[0]:
            raise RuntimeError("a post that breaks the linker")

    monkeypatch.setattr(linking, "relink", broken)
    link_all(store)
    assert set(kept(store)) == set(ids[1:])
    for _ in range(5):
        store.clock.forward(minutes=11)
        link_all(store)
    with store.database.reading() as session:
        assert dead_letters(session, LINK) == {ids[0]: "RuntimeError"}


def test_a_post_that_changes_under_the_linker_stays_due(store, said, monkeypatch):
    identity = said(TEXTS[0], "0")
    real = linking._relink

    def meanwhile(store, ids):
        done = real(store, ids)
        erase(store, identity)
        return done

    monkeypatch.setattr(linking, "_relink", meanwhile)
    link_batch(store, "one")
    monkeypatch.undo()
    assert emptied(store, identity)
    link_all(store)
    assert kept(store) == {}


def test_two_linkers_and_an_eraser_at_once_end_as_at_once(store, said):
    texts = {said(text, str(number)): text for number, text in enumerate(linking_gold()[:60])}
    gone = sorted(texts)[::4]
    failures = []

    def run(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    def linker(name):
        return lambda: [link_batch(store, name, 4) for _ in range(12)]

    def eraser():
        for identity in gone:
            erase(store, identity)

    threads = [Thread(target=run, args=(work,)) for work in (linker("a"), linker("b"), eraser)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    link_all(store)
    left = {identity: text for identity, text in texts.items() if identity not in gone}
    assert grouped(kept(store)) == at_once(store, left)[0]


def test_the_reader_asks_for_what_it_flags_to_be_linked(store, take, reader):
    fugue = "chu en fugue depuis 2 jours, j'ai 15 ans, jsais pu ou dormir, texte au 438-555-0144"
    take(fugue, "1", city="Laval")
    take("qqn peut m'héberger? fugue du foyer, j'ai 15 ans, 438-555-0144", "2", city="Longueuil")
    take("À vendre: 4 pneus d'hiver, presque neufs, 200$, 438-555-0144", "3")
    assess_batch(store, reader, "one")
    with store.database.reading() as session:
        assert count_work(session, LINK) == 2
    link_all(store)
    assert len(kept(store)) == 2
    assert {why for _, why in kept(store).values()} == {("phone",)}


def test_a_campaign_tells_its_posts_and_where_they_were(store, clock, said):
    cities = ["Laval", "Montreal", "", "Laval"]
    ids = []
    for number, city in enumerate(cities):
        at = (clock() - timedelta(days=9 - number)).isoformat()
        ids.append(said(f"{YACHT} {number}", str(number), city=city, posted_at=at))
    flag(store, ids[2], ["minor"], cities=["Gatineau"])
    link_all(store)
    with store.database.reading() as session:
        told = campaign_of(session, ids[0], 1)
        seen = sorted(told.seen, key=lambda one: one.at)
    assert (told.posts, told.because) == (4, ["text"])
    assert [one.city for one in seen] == ["Laval", "Montréal", "Gatineau", "Laval"]
    assert seen[0].at == clock() - timedelta(days=9)


def test_only_a_live_post_that_was_read_as_it_is_may_be_linked(store, said, take):
    read, edited, erased, unread = said("a", "1"), said("b", "2"), said("c", "3"), take("d", "4")
    take("b2", "2")
    erase(store, erased)
    with store.database.reading() as session:
        found = linkable(session, [read, edited, erased, unread])
    assert set(found) == {read}
    assert isinstance(found[read], Linkable)
    assert found[read].signature == signature(read, "a")
