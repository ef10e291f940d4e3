"""The worker opens a reading room, without a file, and writes what was coded and reviewed in it."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas
import pytest
from many_posts import approve, ask, files_of, fill, row_of
from sqlalchemy import select, update

from pipeline.exports.ending import let_go
from pipeline.exports.package.proving import prove
from pipeline.exports.running import export_batch
from store.exports import MOST_IN_ROOM, export_folder, stage_file
from store.rooms import seal_words
from store.store import Store
from store.tables import Export, Paraphrase, Post, RegisterEntry, RoomCode, RoomText, Study

pytestmark = pytest.mark.thorough

CODES = ("aide", "lieu", "argent", "école")
SAID = ("Une jeune raconte un départ.", "Quelqu'un cherche un abri.")


def worked(store: Store) -> None:
    while export_batch(store, "w"):
        pass


def made(store: Store, tier: str, identity: str, **scope: object) -> Export:
    ask(store, tier, identity, **scope)
    worked(store)
    assert row_of(store, identity).status == "previewed", row_of(store, identity).error
    approve(store, identity)
    worked(store)
    return row_of(store, identity)


@pytest.fixture
def room(store):
    """A store whose study reads 600 texts of 1,200 in its room."""
    fill(store, 2_400, days=800, authors=700)
    row = made(store, "room", "x-room", sample=600)
    assert row.status == "ready", row.error
    return store


def texts(store: Store) -> list[RoomText]:
    with store.database.reading() as session:
        return list(session.scalars(select(RoomText).order_by(RoomText.token)))


def code_all(store: Store) -> None:
    """Give every text of the room a code; some have two."""
    with store.database.writing() as session:
        for number, row in enumerate(session.scalars(select(RoomText).order_by(RoomText.token)).all()):
            given = {CODES[number % 4], CODES[number % 3]}
            for code in given:
                own = {"token": row.token, "study_id": row.study_id, "user_id": "u-r", "code": code}
                session.add(RoomCode(**own, at=store.clock()))


def write(store: Store, token: str, words: str, status: str = "released") -> None:
    identity = f"pp-{token[:6]}"
    row = Paraphrase(id=identity, study_id="st-1", token=token, user_id="u-r", risk={}, status=status)
    row.sealed, row.created_at = seal_words(store, "st-1", identity, words), store.clock()
    with store.database.writing() as session:
        session.add(row)


def test_a_room_is_measured_and_opened_for_as_long_as_its_study_and_has_no_file(room):
    row = row_of(room, "x-room")
    assert row.preview == {"population": row.preview["population"], "rows": 600}
    assert row.counts == {"texts": 600}
    with room.database.reading() as session:
        assert row.expires_at == session.get_one(Study, "st-1").ends_at
        entry = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "export.closed")).one()
    assert json.loads(entry.public)["rows"] == {"texts": 600}
    assert files_of(room, "x-room") == {}
    assert not stage_file(room.settings, "x-room").exists()
    rows = texts(room)
    assert len(rows) == len({one.post_id for one in rows}) == 600
    assert [one.post_id for one in rows] != sorted(one.post_id for one in rows), "their order tells nothing"


def test_no_room_has_more_than_a_person_can_hold_a_paraphrase_against(store):
    fill(store, 3_000, days=300)
    row = made(store, "room", "x-1")
    assert row.counts == {"texts": MOST_IN_ROOM}


def test_what_may_leave_no_more_is_not_in_a_room(store):
    fill(store, 200, days=300)
    ask(store, "room", "x-1")
    worked(store)
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id <= "p-0000099").values(gone_at=store.clock()))
    approve(store, "x-1")
    worked(store)
    assert {one.post_id for one in texts(store)}.isdisjoint(f"p-{number:07}" for number in range(100))


def test_codes_and_reviewed_words_leave_and_nothing_of_the_texts(room):
    code_all(room)
    tokens = [one.token for one in texts(room)]
    write(room, tokens[0], SAID[0])
    write(room, tokens[1], SAID[1])
    write(room, tokens[2], "Ceci attend encore.", status="asked")
    write(room, tokens[3], "Ceci est refusé.", status="refused")
    row = made(room, "codes", "x-codes")
    assert row.status == "ready", row.report
    folder = export_folder(room.settings, "x-codes")
    told = pandas.read_parquet(folder / "posts.parquet")
    assert list(told.columns) == ["person", "month", "region", "kind", "language", "source", "codes", "weight"]
    assert {code for cell in told["codes"] for code in cell.split("|")} == set(CODES)
    assert set(pandas.read_parquet(folder / "paraphrases.parquet")["paraphrase"]) == set(SAID)
    whole = b"".join(files_of(room, "x-codes").values())
    for secret in (b"Texte fictif", b"attend encore", b"auteur1", *(token.encode() for token in tokens[:20])):
        assert secret not in whole, secret
    report = json.loads((folder / "proof.json").read_text("utf-8"))
    assert report["phrases"] == {"paraphrases": 2, "phrases": 4, "repeated": 0, "led_back": 0}
    assert prove(folder).passed


def test_words_that_repeat_their_text_are_refused_by_row(room):
    code_all(room)
    first = texts(room)[0]
    with room.database.writing() as session:
        session.execute(update(Post).where(Post.id == first.post_id).values(text="Elle dort chez un ami du quartier."))
    write(room, first.token, "On sait qu'elle dort chez un ami.")
    row = made(room, "codes", "x-codes")
    assert row.status == "refused"
    assert [(one["check"], one["file"], one["row"]) for one in row.report["faults"]] == [
        ("phrases", "paraphrases.jsonl", 1)
    ]
    assert files_of(room, "x-codes") == {}


def test_words_of_a_text_that_may_leave_no_more_stay(room):
    code_all(room)
    rows = texts(room)
    write(room, rows[0].token, SAID[0])
    write(room, rows[1].token, SAID[1])
    with room.database.writing() as session:
        session.execute(update(Post).where(Post.id == rows[0].post_id).values(status="quarantined"))
    made(room, "codes", "x-codes")
    told = pandas.read_parquet(export_folder(room.settings, "x-codes") / "paraphrases.parquet")
    assert list(told["paraphrase"]) == [SAID[1]]


def test_codes_without_a_room_are_refused_in_words(store):
    fill(store, 300, days=300)
    ask(store, "codes", "x-codes")
    worked(store)
    row = row_of(store, "x-codes")
    assert (row.status, row.error) == ("refused", "There is no post that may leave.")


def test_a_recalled_room_forgets_its_texts_and_a_closed_study_all_that_was_said(room):
    code_all(room)
    write(room, texts(room)[0].token, SAID[0])
    with room.database.writing() as session:
        session.get_one(Export, "x-room").status = "recalled"
    let_go(room)
    assert texts(room) == []
    with room.database.reading() as session:
        assert session.scalars(select(RoomCode.code)).first()
    room.clock.now += timedelta(days=365 + 31)
    let_go(room)
    with room.database.reading() as session:
        assert session.scalars(select(RoomCode.code)).all() == session.scalars(select(Paraphrase.id)).all() == []
