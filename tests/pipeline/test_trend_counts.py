"""What is counted for trends: each different text once, by region and one more thing, and it survives its posts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from pipeline.assess import assess_batch
from pipeline.link import link_batch
from pipeline.retain import purge
from store.clock import house_day
from store.counts import TREND, beginning_with
from store.links import LINK
from store.posts import ASSESS
from store.tables import LegalHold, Post
from store.work import add_work

FUGUE = "chu en fugue depuis 2 jours jsais pu ou dormir j'ai 15 ans"
PLAIN = "À vendre: 4 pneus d'hiver, presque neufs, 200$"
ADULT = "Masseuse de 34 ans, reçoit chez elle sur rendez-vous, 450 555-0123"


def told(store) -> dict[str, int]:
    """Return all figures for trends, of any day."""
    today = house_day(store.clock())
    with store.database.reading() as session:
        return beginning_with(session, TREND, today - timedelta(days=400), today)


def read(store, reader) -> dict[str, int]:
    while assess_batch(store, reader, "one"):
        pass
    return told(store)


def test_a_text_counts_by_region_and_one_more_thing(store, take, reader):
    take(FUGUE, city="Laval", kind="post")
    take(PLAIN, "2", city="Québec")
    said = reader.assess(FUGUE)
    found = read(store, reader)
    assert found.pop("read:@Laval") == found.pop("read:@Capitale-Nationale") == 1
    wanted = {"flagged:@Laval", "kind:post@Laval", "source:forum@Laval", "place:large_city@Laval", "side:other@Laval"}
    wanted |= {f"signal:{name}@Laval" for name in said.flagged if name != "third_party"}
    wanted |= {f"criterion:{name}@Laval" for name in said.criteria} | {f"language:{said.lang}@Laval"}
    assert found == dict.fromkeys(wanted, 1)


def test_nothing_tells_more_than_a_region_and_one_thing(store, take, reader):
    take(FUGUE, city="Laval", author="quelqu.un")
    for name in read(store, reader):
        what, _, region = name.rpartition("@")
        assert (what.count(":"), region) == (1, "Laval"), name
        assert "quelqu" not in name


def test_what_nobody_must_read_is_only_read(store, take, reader):
    take(PLAIN, "1")
    take(ADULT, "2", kind="ad", city="Gatineau")
    assert set(read(store, reader)) == {"read:@?", "read:@Outaouais"}


def test_copies_edits_and_texts_that_are_read_again_add_nothing(store, take, reader):
    take(FUGUE, "1", city="Laval")
    take(FUGUE.upper(), "2", city="Laval")  # comes with it
    once = read(store, reader)
    assert once["flagged:@Laval"] == once["read:@Laval"] == 1
    take(FUGUE, "3", city="Montréal")  # comes later
    take(f"{FUGUE} aidez moi svp", "1", city="Laval")  # an edit
    assert read(store, reader) == once
    with store.database.writing() as session:
        add_work(session, ASSESS, session.scalars(select(Post.id)).all(), store.clock())
    assert read(store, reader) == once


def test_what_its_source_calls_its_region_counts_only_if_it_is_one(store, take, reader):
    take(f"{FUGUE} un", "1", region="laval")
    take(f"{FUGUE} deux", "2", region="Pays des merveilles", city="Laval")
    assert read(store, reader)["read:@Laval"] == 1


def test_the_figures_outlive_the_posts(store, clock, take, reader):
    take(FUGUE, "1", city="Laval")
    take(PLAIN, "2", city="Laval")
    before = read(store, reader)
    clock.forward(days=store.settings.retain_watched_days + 1)
    assert purge(store).posts == 2
    with store.database.reading() as session:
        assert not session.scalars(select(Post.id).where(Post.status == "live")).all()
    assert told(store) == before


def test_what_a_legal_hold_alone_keeps_counts_nowhere(store, take, reader):
    identity = take(FUGUE, "1", city="Laval")
    with store.database.writing() as session:
        now = store.clock()
        given = LegalHold(id="h-1", kind="post", about=identity, asked_by="u-1", asked_at=now, granted_at=now)
        given.sealed, given.ends_at = b"", now + timedelta(days=30)
        session.add(given)
    assert read(store, reader) == {}


@pytest.mark.parametrize("city", ["Laval", "Montréal"])
def test_a_campaign_that_is_seen_in_a_new_region_moved_there_once(store, clock, take, reader, city):
    texts = [f"{FUGUE} écris moi au 450 555-0123 {word}" for word in ("vite", "stp", "merci")]
    take(texts[0], "1", city="Laval")
    read(store, reader)
    link_batch(store, "one")
    clock.forward(hours=1)
    for number in (2, 3):
        take(texts[number - 1], str(number), city=city)
        read(store, reader)
        link_batch(store, "one")
        clock.forward(hours=1)
    wanted = {} if city == "Laval" else {"moved:Laval@Montréal": 1}
    assert {name: count for name, count in told(store).items() if name.startswith("moved")} == wanted
    with store.database.writing() as session:
        add_work(session, LINK, session.scalars(select(Post.id)).all(), store.clock())
    link_batch(store, "one")
    assert {name: count for name, count in told(store).items() if name.startswith("moved")} == wanted
