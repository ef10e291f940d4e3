"""Evidence is verified against its file, its row, the words in the database and the signed register."""

from __future__ import annotations

import hashlib
import json
import tracemalloc

import pytest
from breaking import fill_register, free_register
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from tampering import tamper, unguard, write

from store.captures import read_record, write_capture
from store.erasure import erase
from store.errors import NotFound
from store.evidence.checking import FAULTS, faults_of
from store.evidence.verifying import Checked, check_all, check_post
from store.intake import take_in
from store.quarantine import quarantine
from store.records import CaptureIn, PostIn
from store.register import Event, append
from store.register.sequencing import sequence
from store.tables import Capture, Post, Quarantined, RegisterEntry, Source

PAGE = hashlib.sha256(b"the whole page").hexdigest()


def one(store, number: int, text: str) -> tuple[PostIn, CaptureIn]:
    capture = CaptureIn(
        url="https://forum.example/fil/1",
        fetched_at=store.clock(),
        content=f'<div class="p"><b>n°{number}</b> {text}</div>'.encode(),
        content_type="text/html; charset=utf-8",
        response_sha256=PAGE,
        collector="vigie/0.1.0 forum policy/3",
    )
    return PostIn(text=text, external_id=str(number), url=capture.url), capture


def take_page(store, count: int = 5, text: str = "Où es-tu passé, {} ? J&apos;attends.") -> list[str]:
    with store.database.writing() as session:
        if session.get(Source, "forum") is None:
            session.add(
                Source(id="forum", title="F", kind="forum", declaration={}, digest="d", created_at=store.clock())
            )
    page = [one(store, number, text.format(number).replace("&apos;", "'")) for number in range(count)]
    return [identity for identity, _ in take_in(store, "forum", "collect", page)]


@pytest.fixture
def page(store) -> list[str]:
    made = take_page(store)
    sequence(store)
    return made


def row_of(store, identity: str) -> Capture:
    with store.database.reading() as session:
        return session.scalars(select(Capture).where(Capture.post_id == identity)).one()


def post_of(store, identity: str) -> Post:
    with store.database.reading() as session:
        return session.scalars(select(Post).where(Post.id == identity)).one()


def file_of(store, identity: str):
    return store.settings.captures / row_of(store, identity).path


def change(store, table, identity: str, **values: object) -> None:
    column = Capture.post_id if table is Capture else Post.id
    with store.database.writing() as session:
        session.execute(update(table).where(column == identity).values(**values))


def everything(store) -> tuple[Checked, list[str]]:
    lines: list[str] = []
    return check_all(store, lines.append), lines


def replace(store, identity: str, **changes: object) -> None:
    """Change a capture and its row together, as somebody with the disk and the database can."""
    row = row_of(store, identity)
    record = read_record((store.settings.captures / row.path).read_bytes())
    false = CaptureIn(
        url=row.url,
        fetched_at=row.fetched_at,
        content=record.content,
        content_type=record.content_type,
        response_sha256=row.response_sha256,
        collector=row.collector,
    ).model_copy(update=changes)
    path, digest = write_capture(store.settings.captures, false, record.words_sha256)
    (store.settings.captures / row.path).unlink()
    change(store, Capture, identity, path=path, sha256=digest)


def test_what_was_kept_stands_and_its_digests_are_one_signed_entry(store):
    page = take_page(store)
    (before,) = check_post(store, page[0]).captures
    assert (before.standing, before.faults) == ("waiting", [])
    sequence(store)
    for identity in page:
        checked = check_post(store, identity)
        assert checked.faults == []
        assert [capture.standing for capture in checked.captures] == ["signed"]
    assert everything(store) == (Checked(captures=5), [])
    with store.database.reading() as session:
        (entry,) = session.scalars(select(RegisterEntry).where(RegisterEntry.event == Event.CAPTURES_KEPT))
    assert entry.actor == "collector"
    assert json.loads(entry.public)["captures"] == {f"{each}/1": row_of(store, each).sha256 for each in page}


def test_a_page_without_anything_new_makes_no_entry(store, page):
    take_page(store)
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RegisterEntry)) == 1


def test_an_edit_is_a_capture_and_an_entry_of_its_own(store, page):
    store.clock.forward(hours=1)
    take_in(store, "forum", "collect", [one(store, 0, "Tout autre chose.")])
    sequence(store)
    checked = check_post(store, page[0])
    assert [(capture.version, capture.standing) for capture in checked.captures] == [(1, "signed"), (2, "signed")]
    assert checked.faults == []
    assert len({capture.entry for capture in checked.captures}) == 2
    assert everything(store) == (Checked(captures=6), [])


def test_a_changed_byte_is_found_wherever_it_is(store, page):
    row, post = row_of(store, page[0]), post_of(store, page[0])
    path = store.settings.captures / row.path
    whole = path.read_bytes()
    assert whole[:3] == b"\x1f\x8b\x08"  # the header of gzip is among the positions
    assert faults_of(store.settings.captures, row, post) == []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        (fault,) = faults_of(store.settings.captures, row, post)
        assert str(fault).startswith("its file was changed"), place


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_change_of_a_file_is_found(store, data):
    page = [post_of(store, identity).id for identity in take_page(store, 1)]
    row, post = row_of(store, page[0]), post_of(store, page[0])
    path = store.settings.captures / row.path
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole)))
    piece, instead = data.draw(st.integers(0, 4)), data.draw(st.binary(max_size=4))
    false = whole[:place] + instead + whole[place + piece :]
    path.write_bytes(false)
    assert (faults_of(store.settings.captures, row, post) == []) == (false == whole)
    path.write_bytes(whole)


def test_the_verifier_names_a_changed_byte_a_missing_file_and_one_it_may_not_be_led_to(store, page):
    changed, gone, led = page[0], page[1], page[2]
    path = file_of(store, changed)
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    file_of(store, gone).unlink()
    change(store, Capture, led, path="../../../etc/hostname")
    said, lines = everything(store)
    assert (said.captures, said.faults) == (5, 3)
    assert sorted(line.split(":")[0] for line in lines) == sorted([changed, gone, led])
    assert "was changed" in check_post(store, changed).faults[0]
    assert check_post(store, gone).faults == ["version 1: its file is gone"]
    assert "its path is not" in check_post(store, led).faults[0]


def test_erasing_one_post_leaves_the_others_of_its_page_verifiable(store, page):
    before = {identity: check_post(store, identity) for identity in page[1:]}
    erase(store, page[0])
    assert {identity: check_post(store, identity) for identity in page[1:]} == before
    assert all(capture.standing == "signed" for one in before.values() for capture in one.captures)
    assert check_post(store, page[0]).captures == []
    assert check_post(store, page[0]).faults == []
    assert everything(store) == (Checked(captures=4), [])


def test_a_row_that_was_changed_is_held_against_the_record(store, page):
    changes = {
        "address": {"url": "https://ailleurs.example/"},
        "time": {"fetched_at": row_of(store, page[1]).fetched_at.replace(year=2020)},
        "digest of the response": {"response_sha256": "0" * 64},
        "collector": {"collector": "vigie/0.1.0 forum policy/9"},
    }
    for identity, (what, values) in zip(page, changes.items(), strict=False):
        change(store, Capture, identity, **values)
        assert check_post(store, identity).faults == [f"version 1: its {what} is not the one in the database"]


@pytest.mark.parametrize("changes", [{"text": "Où es-tu, 0 ?"}, {"text": "Je te paierai cher."}, {"title": "Ajouté"}])
def test_words_that_were_changed_in_the_database_are_found(store, page, changes):
    change(store, Post, page[0], **changes)
    faults = check_post(store, page[0]).faults
    assert "version 1: the words in the database are not those that were read from it" in faults
    assert len(faults) == (2 if changes.get("text", "").startswith("Je") else 1)
    assert everything(store)[0].faults == len(faults)


def test_a_capture_changed_with_its_row_is_found_by_the_register(store, page):
    replace(store, page[0], collector="vigie/0.1.0 forum policy/3 ")
    assert "entry 1 of the register names another digest" in check_post(store, page[0]).faults[0]
    said, lines = everything(store)
    assert f"{page[0]}: version 1: entry 1 of the register names another digest" in lines
    assert said.faults == 2  # and its own digest stands nowhere


def test_a_false_entry_beside_does_not_help_whoever_changed_both(store, page):
    replace(store, page[0])
    named = {f"{page[0]}/1": row_of(store, page[0]).sha256}
    with store.database.writing() as session:
        append(session, event=Event.CAPTURES_KEPT, actor="collector", at=store.clock(), public={"captures": named})
    sequence(store)
    assert check_post(store, page[0]).faults == ["version 1: entry 1 of the register names another digest"]
    assert everything(store)[1] == [f"{page[0]}: version 1: entry 1 of the register names another digest"]


def test_an_entry_that_was_changed_too_stands_in_no_signed_register(store, page):
    before = row_of(store, page[0]).sha256
    replace(store, page[0])
    unguard(store)
    after = row_of(store, page[0]).sha256
    tamper(store, "UPDATE register SET public = replace(public, :before, :after)", before=before, after=after)
    (fault,) = check_post(store, page[0]).faults
    assert "does not stand in the signed register" in fault
    assert any(line.startswith("register: ") and "entry 1" in line for line in everything(store)[1])


def test_a_capture_that_was_put_in_stands_in_no_entry(store, page):
    kept = row_of(store, page[0])
    with store.database.writing() as session:
        session.add(
            Capture(
                **{
                    name: getattr(kept, name)
                    for name in ("post_id", "path", "sha256", "url", "fetched_at", "collector", "response_sha256")
                },
                version=7,
            )
        )
    assert check_post(store, page[0]).faults == [f"version 7: {FAULTS['unentered']}"]
    assert everything(store)[1] == [f"{page[0]}: version 7: {FAULTS['unentered']}"]


def test_a_row_that_is_gone_is_missed(store, page):
    with store.database.writing() as session:
        session.execute(delete(Capture).where(Capture.post_id == page[0]))
    assert check_post(store, page[0]).faults == ["version 1: its capture is gone"]
    lines = everything(store)[1]
    assert f"{page[0]}: version 1: its capture is gone, entry 1 of the register names it" in lines
    assert f"{page[0]}: there is no capture of the version that the database holds" in lines


def test_captures_older_than_such_entries_are_counted_and_are_no_fault(store):
    take_page(store, 2)
    unguard(store)
    tamper(store, "DELETE FROM register")
    (checked,) = check_post(store, take_page(store, 1)[0]).captures
    assert (checked.standing, checked.entry, checked.faults) == ("none", None, [])
    lines: list[str] = []
    assert check_all(store, lines.append).unentered == 2


def test_where_the_register_cannot_be_written_posts_are_kept_and_their_captures_entered_later(store):
    take_page(store, 1, "Avant.")
    fill_register(store)
    kept = take_page(store, 5, "Pendant, {}.")[1:]
    assert [check_post(store, identity).faults for identity in kept] == [[f"version 1: {FAULTS['unentered']}"]] * 4
    free_register(store)
    more = [one(store, 9, "Encore une.")]
    ((later, _),) = take_in(store, "forum", "collect", more)
    sequence(store)
    assert everything(store) == (Checked(captures=7), [])
    numbers = {check_post(store, identity).captures[0].entry for identity in (*kept, later)}
    assert len(numbers) == 1


def test_what_the_quarantine_officer_gave_back_misses_no_capture(store, page):
    with store.database.writing() as session:
        paths = quarantine(store, session, page[0], "merle-01")
    for path in paths:
        (store.settings.captures / path).unlink()
    assert everything(store) == (Checked(captures=4), [])
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == page[0]).values(status="live"))
    assert check_post(store, page[0]).faults == ["version 1: its capture is gone"]
    with store.database.writing() as session:
        session.execute(update(Quarantined).values(outcome="released"))
    assert check_post(store, page[0]).faults == []
    assert everything(store) == (Checked(captures=4), [])


def test_a_post_that_never_was_is_not_found(store):
    with pytest.raises(NotFound):
        check_post(store, "p-nulle-part")


@pytest.mark.unmeasured
@pytest.mark.slow
def test_verifying_everything_takes_no_more_memory_for_more(store):
    write(store)

    def peak() -> int:
        sequence(store)
        tracemalloc.start()
        try:
            assert everything(store)[0].faults == 0
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    take_page(store, 100, "Mot {} " + "encore " * 200)
    everything(store)
    few = peak()
    for start in range(1, 5):
        with store.database.writing() as session:
            session.execute(update(Post).values(external_id=Post.external_id + f"-{start}"))
        page = [one(store, 1000 * start + number, f"Mot {number} " + "encore " * 200) for number in range(100)]
        take_in(store, "forum", "collect", page)
    assert peak() < few * 1.5
