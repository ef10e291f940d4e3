"""What the pipeline counts of each day: new words once, whatever is read again, and nothing is lost by retention."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from nlp.types import SIGNALS
from pipeline.assess import assess_batch
from pipeline.retain import purge
from store.clock import house_day
from store.counts import TREND, score_name, totals
from store.posts import ASSESS
from store.tables import DayCount, Post
from store.work import add_work

FUGUE = "chu en fugue depuis 2 jours jsais pu ou dormir j'ai 15 ans"
PLAIN = ("À vendre: 4 pneus d'hiver, presque neufs, 200$", "Vente de garage samedi au parc, vélos et livres.")


def told(store, reader) -> dict[str, int]:
    """Return the figures of today but those of scores, of the model and for trends."""
    today = house_day(store.clock())
    with store.database.reading() as session:
        found = totals(session, today, today)
    return {name: number for name, number in found.items() if not name.startswith(("score:", "model:", TREND))}


def read_again(store, reader):
    with store.database.writing() as session:
        add_work(session, ASSESS, session.scalars(select(Post.id)).all(), store.clock())
    assess_batch(store, reader, "one")


def test_a_batch_adds_what_a_plain_count_finds(store, take, reader):
    texts = [FUGUE, *PLAIN]
    for number, text in enumerate(texts):
        take(text, str(number))
    assess_batch(store, reader, "one")
    found = [reader.assess(text) for text in texts]
    wanted = Counter({"seen": 3, "assessed": 3, "to_read": 1})
    wanted.update(f"flagged:{signal}" for one in found for signal in one.flagged)
    wanted.update(f"urgency:{one.urgency}" for one in found)
    assert told(store, reader) == wanted
    bins = Counter(score_name(signal, one.signals[signal].score, one.model) for one in found for signal in SIGNALS)
    today = house_day(store.clock())
    with store.database.reading() as session:
        every = totals(session, today, today)
    assert {name: every[name] for name in every if name.startswith("score:")} == bins
    assert every[f"model:{reader.model_version}"] == 3


def test_words_that_are_read_again_count_once_an_edit_counts_as_a_text_and_no_new_post(store, take, reader):
    take(PLAIN[0])
    assess_batch(store, reader, "one")
    before = told(store, reader)
    read_again(store, reader)
    assert told(store, reader) == before
    take(PLAIN[1])
    assess_batch(store, reader, "one")
    after = told(store, reader)
    assert (after["seen"], after["assessed"]) == (1, 2)


def test_a_copy_of_what_waits_is_spared(store, take, reader):
    take(FUGUE, "1")
    assess_batch(store, reader, "one")
    assert "spared" not in told(store, reader)
    take(FUGUE, "2")
    take(FUGUE, "3")
    assess_batch(store, reader, "one")
    found = told(store, reader)
    assert (found["to_read"], found["spared"]) == (3, 2)


def test_days_are_those_of_quebec(store, clock, take, reader):
    clock.now = clock.now.replace(hour=4, minute=59)  # before midnight in Québec
    take(PLAIN[0], "1")
    assess_batch(store, reader, "one")
    clock.forward(minutes=1)
    take(PLAIN[1], "2")
    assess_batch(store, reader, "one")
    with store.database.reading() as session:
        rows = session.execute(select(DayCount.day, DayCount.count).where(DayCount.name == "seen"))
        assert [(f"{day}", number) for day, number in rows] == [("2026-03-01", 1), ("2026-03-02", 1)]


def test_what_retention_drops_unflagged_is_counted_and_the_figures_stay(store, clock, take, reader):
    take(FUGUE, "1")
    for number, text in enumerate(PLAIN):
        take(text, f"p{number}")
    assess_batch(store, reader, "one")
    day, before = house_day(store.clock()), told(store, reader)
    clock.forward(days=store.settings.retain_watched_days + 1)
    assert purge(store).posts == 3
    assert told(store, reader) == {"dropped": 2, "gone:post_unflagged": 2, "gone:post_waiting": 1}
    with store.database.reading() as session:
        kept = totals(session, day, day)
    assert {name: kept[name] for name in before} == before
    assert purge(store).posts == 0
    assert told(store, reader) == {"dropped": 2, "gone:post_unflagged": 2, "gone:post_waiting": 1}


def test_the_figures_hold_nothing_of_a_post(store, take, reader):
    identity = take(FUGUE, "1")
    assess_batch(store, reader, "one")
    with store.database.reading() as session:
        names = " ".join(session.scalars(select(DayCount.name)))
    assert identity not in names
    assert not {"fugue", "dormir", "forum"} & set(names.replace(":", " ").split())
