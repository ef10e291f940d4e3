"""The worker makes a corpus: measured before it is approved, proved before anybody can fetch it."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas
import pytest
from many_posts import approve, ask, files_of, fill, row_of
from sqlalchemy import select, update

from disclosure.study import StudyKey
from pipeline.exports.ending import let_go
from pipeline.exports.package.proving import prove
from pipeline.exports.running import export_batch
from store.errors import NotFound
from store.exports import export_folder, stage_file, study_key
from store.tables import Export, LegalHold, Post, RegisterEntry, Study

pytestmark = pytest.mark.thorough


@pytest.fixture
def filled(store):
    fill(store, 2_000, days=150)
    return store


def worked(store) -> None:
    while export_batch(store, "w"):
        pass


def made(store, tier: str = "open", **scope: object) -> Export:
    identity = ask(store, tier, **scope)
    worked(store)
    assert row_of(store, identity).status == "previewed", row_of(store, identity).error
    approve(store, identity)
    worked(store)
    return row_of(store, identity)


def frame(store, row: Export, name: str = "posts") -> pandas.DataFrame:
    return pandas.read_parquet(export_folder(store.settings, row.id) / f"{name}.parquet")


def test_who_works_is_told_each_step_and_how_far_it_is(filled):
    told: list[tuple[str, int, int]] = []
    identity = ask(filled)
    export_batch(filled, "w", lambda *step: told.append(step))
    approve(filled, identity)
    export_batch(filled, "w", lambda *step: told.append(step))
    assert list(dict.fromkeys(step for step, _, _ in told)) == ["gather", "generalise", "recheck", "write"]
    assert all(0 <= done <= of for _, done, of in told)
    assert ("gather", 2_000, 2_000) in told


def test_a_preview_has_sizes_and_risks_and_no_row(filled):
    identity = ask(filled)
    worked(filled)
    row = row_of(filled, identity)
    assert (row.status, row.progress, files_of(filled, identity)) == ("previewed", {}, {})
    assert row.preview["k"] >= 20
    assert row.preview["l"] >= 3
    assert row.preview["rows"] + row.preview["suppressed"] <= row.preview["population"]
    assert 0 < row.preview["loss"] < 1
    assert "p-0" not in json.dumps(row.preview)
    assert stage_file(filled.settings, identity).stat().st_mode & 0o077 == 0


def test_an_approved_corpus_is_there_with_its_proof_and_its_entry(filled):
    row = made(filled)
    assert (row.status, row.error) == ("ready", "")
    assert row.expires_at == filled.clock() + timedelta(days=filled.settings.export_days)
    assert not stage_file(filled.settings, row.id).exists()
    folder = export_folder(filled.settings, row.id)
    assert prove(folder).passed
    told = frame(filled, row)
    assert list(told.columns) == [
        "month", "region", "kind", "language", "source", "copies", "signals", "criteria", "weight"
    ]  # fmt: skip
    assert len(told) == row.preview["rows"]
    assert not told["signals"].str.fullmatch("third_party").any(), "an adult's ad alone is in no corpus"
    with filled.database.reading() as session:
        entry = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "export.closed")).one()
    assert set(json.loads(entry.public)["sha256"]) == set(files_of(filled, row.id)) - {"proof.json"}


def test_counts_are_withheld_or_rounded_and_beside_their_total(filled):
    counts = frame(filled, made(filled), "counts")
    told = counts["count"].dropna()
    assert len(told) > 0
    assert (told >= 10).all()
    assert (told % 5 == 0).all()
    assert counts["count"].isna().any()


def test_persons_under_agreement_have_a_token_and_moved_dates(store):
    fill(store, 6_000, days=800, authors=2_500)
    row = made(store, "tabular")
    assert row.status == "ready", row.report
    told = frame(store, row)
    assert told.groupby("person").size().max() <= 3
    assert told["person"].str.fullmatch("[a-z2-7]{26}").all()
    assert not files_of(store, row.id).get("counts.csv")


def test_the_same_person_has_one_token_in_a_study_and_another_in_the_next(store):
    fill(store, 4_000, days=800, authors=1_500)
    tokens = []
    for number, study in enumerate(("st-1", "st-1", "st-2")):
        identity = ask(store, "tabular", f"x-{number}", study)
        worked(store)
        approve(store, identity)
        worked(store)
        assert row_of(store, identity).status == "ready"
        tokens.append(set(frame(store, row_of(store, identity))["person"]))
    assert tokens[0] == tokens[1]
    assert tokens[0].isdisjoint(tokens[2])


def test_too_few_to_hide_anybody_is_refused_in_words(store):
    fill(store, 15)
    identity = ask(store)
    worked(store)
    row = row_of(store, identity)
    assert row.status == "refused"
    assert "k 20" in row.error
    assert row.report == {"why": "too_alike"}
    assert files_of(store, identity) == {}


def test_twenty_posts_of_one_person_hide_nobody(store):
    fill(store, 3_000, authors=12)
    identity = ask(store)
    worked(store)
    assert row_of(store, identity).status == "refused"


def test_a_scope_and_a_sample_are_kept_to(filled):
    since = (filled.clock() - timedelta(days=100)).date()
    row = made(filled, since=since.isoformat(), kinds=["ad"], sample=400)
    assert row.status == "ready", row.error
    told = frame(filled, row)
    assert set(told["kind"]) <= {"ad", "*"}
    assert 300 < len(told) < 500, "of 400 texts, some stand in two months or regions"
    (weight,) = set(told["weight"])
    assert 1 < weight < row.preview["population"] / 400 + 1e-6, "copies of one text are drawn together"


def bar(session, why: str, post: str, now) -> None:
    if why == "held":
        hold = LegalHold(id=f"h-{post}", kind="post", about=post, sealed=b"", asked_by="u", asked_at=now)
        hold.granted_at, hold.ends_at = now, now + timedelta(days=9)
        session.add(hold)
    else:
        change = {"status": "quarantined"} if why == "quarantined" else {"gone_at": now}
        session.execute(update(Post).where(Post.id == post).values(change))


@pytest.mark.parametrize("why", ["quarantined", "held", "taken away by its source"])
def test_what_may_leave_no_more_when_it_is_written_does_not(filled, why):
    """A hundred posts are barred between preview and approval; of six, one was an adult's ad that never was staged."""
    identity = ask(filled)
    worked(filled)
    before = row_of(filled, identity).preview["population"]
    with filled.database.writing() as session:
        for number in range(100):
            bar(session, why, f"p-{number:07}", filled.clock())
    approve(filled, identity)
    worked(filled)
    after = json.loads(files_of(filled, identity)["data-dictionary.json"])["about"]["population"]
    assert 60 < before - after <= 100


def test_a_key_that_is_gone_makes_nothing(filled):
    identity = ask(filled)
    filled.keys.destroy([study_key("st-1")])
    worked(filled)
    row = row_of(filled, identity)
    assert (row.status, files_of(filled, identity)) == ("asked", {})
    assert "erased" in row.error


def test_what_has_expired_or_was_recalled_is_deleted_here(filled, clock):
    row = made(filled)
    with filled.database.writing() as session:
        session.get_one(Export, row.id).status = "recalled"
    let_go(filled)
    assert files_of(filled, row.id) == {}
    other = ask(filled, identity="x-2")
    worked(filled)
    approve(filled, other)
    worked(filled)
    clock.forward(days=90)
    assert let_go(filled) == 1
    assert (row_of(filled, other).status, files_of(filled, other)) == ("expired", {})


def test_a_study_that_ended_loses_its_key(filled, clock):
    ask(filled)
    clock.forward(days=396)
    let_go(filled)
    with filled.database.reading() as session:
        assert session.get_one(Study, "st-1").closed_at == filled.clock()
    with pytest.raises(NotFound):
        StudyKey("st-1", filled.keys.key(study_key("st-1")))
