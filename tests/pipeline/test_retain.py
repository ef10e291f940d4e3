import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from pipeline.retain import purge
from store.alerts import AlertKind, open_alerts, see, tell
from store.erasure import THOROUGH
from store.intake import take_in
from store.outbox import INDEX
from store.posts import get_post
from store.quarantine import quarantine
from store.records import PostIn
from store.tables import Capture, Post, Run, SourceAlert, Work

SECRET = "une phrase plantee que personne d autre n ecrit"


def files(store):
    return [path for path in store.settings.captures.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("days", "gone"), [(6.99, 0), (7.01, 1)])
def test_unflagged_text_is_erased_after_seven_days_and_not_before(store, clock, take, days, gone):
    identity = take(SECRET, author="quelqu.un", url="https://forum.example/t/1", city="Laval", region="Laval")
    assert len(files(store)) == 1
    clock.forward(days=days)
    assert purge(store).posts == gone
    assert len(files(store)) == 1 - gone
    with store.database.reading() as session:
        post = get_post(session, identity)
        assert (post.text == "") is bool(gone)
        assert post.region == "Laval"


def test_a_dry_run_erases_nothing(store, clock, take):
    take(SECRET)
    clock.forward(days=8)
    assert purge(store, dry_run=True).posts == 1
    assert purge(store).posts == 1
    assert purge(store).posts == 0


def test_the_index_is_told_of_an_erasure_and_the_files_wait_for_theirs(store, clock, take):
    identity = take(SECRET)
    clock.forward(days=8)
    purge(store)
    with store.database.reading() as session:
        assert session.scalars(select(Work.key).where(Work.kind == INDEX)).all() == [identity]
        due = store.clock() + timedelta(hours=store.settings.erase_hours - 2)
        assert session.scalars(select(Work.due_at).where(Work.kind == THOROUGH)).all() == [due]
        assert session.scalars(select(Capture)).all() == []


def test_an_erased_post_is_not_taken_in_again(store, clock, take):
    identity = take(SECRET)
    clock.forward(days=8)
    purge(store)
    again = take_in(store, "forum", "collect", [(PostIn(text=SECRET, external_id="1"), None)])
    assert again == [(identity, "same")]
    with store.database.reading() as session:
        assert session.scalars(select(Post.text)).all() == [""]


def test_capture_files_that_belong_to_nothing_go_once_they_are_old(store, take):
    take("un texte")
    orphan = store.settings.captures / "ab" / "orphan.warc.gz"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"x")
    assert purge(store).orphan_captures == 0
    old = time.time() - 7200
    import os

    for path in files(store):
        os.utime(path, (old, old))
    assert purge(store).orphan_captures == 1
    assert len(files(store)) == 1


def test_an_edit_is_noticed_kept_as_a_version_and_assessed_again(store, take):
    from store.posts import ASSESS
    from store.work import count_work, finish_work

    identity = take("premier texte")
    with store.database.writing() as session:
        finish_work(session, ASSESS, [identity])
    take("premier texte")
    with store.database.reading() as session:
        assert get_post(session, identity).version == 1
        assert count_work(session, ASSESS) == 0
    take("texte changé")
    with store.database.reading() as session:
        post = get_post(session, identity)
        assert (post.version, post.text) == (2, "texte changé")
        assert count_work(session, ASSESS) == 1
        assert sorted(session.scalars(select(Capture.version))) == [1, 2]


@pytest.mark.parametrize("meanwhile", ["referred", "quarantined"])
def test_what_was_decided_after_the_list_was_made_is_not_erased(store, clock, take, meanwhile):
    early, late = take("premier", "1"), take(SECRET, "2")
    clock.forward(days=8)

    def decide_late(_done: int) -> None:
        with store.database.writing() as session:
            if meanwhile == "referred":
                get_post(session, late).expires_at = None
            else:
                quarantine(store, session, late, "officer")

    assert purge(store, progress=decide_late).posts == 1
    with store.database.reading() as session:
        assert get_post(session, early).status == "erased"
        assert get_post(session, late).status == {"referred": "live", "quarantined": "quarantined"}[meanwhile]


def test_what_old_collections_and_alerts_said_goes_and_that_they_were_stays(store, clock, take):
    take(SECRET)
    with store.database.writing() as session:
        for number, said in enumerate(("https://forum.example/t/lea", "")):
            session.add(Run(source_id="forum", started_at=clock(), finished_at=clock(), status="stopped", counts={}))
            session.flush()
            session.scalars(select(Run).order_by(Run.id.desc())).first().message = said
            tell(session, "forum", list(AlertKind)[number], f"a wall at {said}", clock())
        see(session, open_alerts(session)[0].id, by="U-1", now=clock())
    clock.forward(days=29)
    purge(store)
    assert told(store) == (["https://forum.example/t/lea", ""], 2)
    clock.forward(days=2)
    purge(store)
    assert told(store) == (["", ""], 1)  # what nobody has seen is told still


def told(store):
    with store.database.reading() as session:
        messages = list(session.scalars(select(Run.message).order_by(Run.id)))
        return messages, len([one for one in session.scalars(select(SourceAlert.message)) if one])
