"""What goes, by kind: counted before, counted after, and what a legal hold keeps counted apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from pipeline.going import HOLD_KEPT, NOTICE_KEPT, RIGHTS_KEPT
from pipeline.retain import purge
from store.clock import house_day
from store.counts import GONE, beginning_with
from store.errors import NotFound
from store.gone import found_gone
from store.posts import get_post
from store.tables import Decision, LegalHold, Notice, Organisation, Pivot, QueueItem, RightsCase, User


@pytest.fixture
def decide(store):
    """Decide on a post as the desk does, without its register."""

    def one(post: str, verdict: str) -> None:
        now = store.clock()
        with store.database.writing() as session:
            if session.get(User, "u-1") is None:
                user = User(id="u-1", name="une", pseudonym="merle-01", roles=["analyst"], password="x", created_at=now)
                session.add(user)
            item = QueueItem(
                id=f"q-{post}", post_id=post, lane="ads", urgency="none", rank=0, signals=[], status="decided"
            )
            item.created_at = now
            session.add(item)
            session.flush()
            made = Decision(item_id=item.id, post_id=post, user_id="u-1", verdict=verdict, criteria=[], sealed=b"")
            made.grid, made.created_at = "1", now
            session.add(made)

    return one


def hold(store, about: str, kind: str = "post", days: int = 400) -> str:
    now = store.clock()
    row = LegalHold(id=f"h-{about}", kind=kind, about=about, asked_by="u-1", asked_at=now, granted_at=now)
    row.sealed, row.ends_at = store.keys.sealed("Ordonnance.", f"hold:h-{about}"), now + timedelta(days=days)
    with store.database.writing() as session:
        session.add(row)
    return row.id


def figures(store) -> dict[str, int]:
    today = house_day(store.clock())
    with store.database.reading() as session:
        return beginning_with(session, GONE, today - timedelta(days=400), today)


def test_each_post_goes_for_a_reason_and_what_is_held_stays(store, clock, take, decide):
    plain, dismissed, watched, gone, kept = (take(f"texte {number}", f"{number}") for number in range(5))
    decide(dismissed, "dismiss")
    decide(watched, "watch")
    with store.database.writing() as session:
        found_gone(session, store.settings, [gone], store.clock())
    hold(store, kept)
    clock.forward(days=31)
    looked = purge(store, dry_run=True)
    assert looked.kinds == {"post_dismissed": 1, "post_gone": 1, "post_waiting": 1, "post_watched": 1}
    assert looked.held == {"post_waiting": 1}
    done = purge(store)
    assert (done.kinds, done.held, done.posts) == (looked.kinds, looked.held, 4)
    assert figures(store) == looked.kinds, "the figures outlive the posts"
    with store.database.reading() as session:
        assert [get_post(session, one).status for one in (plain, kept)] == ["erased", "live"]
    clock.forward(days=400)
    assert purge(store).kinds.get("post_waiting") == 1, "once the hold has ended, it goes"
    assert purge(store).posts == 0


def test_notices_go_ninety_days_after_they_ended_or_were_asked_for_in_vain(store, clock):
    now = store.clock()
    with store.database.writing() as session:
        of = Organisation(id="o-1", name="École", kind="school", regions=[], confirmed_at=now, confirmed_by="merle-01")
        session.add(of)
        session.flush()
        pivot = Pivot(id="v-1", organisation_id="o-1", name="P", valid_until=now, confirmed_at=now, confirmed_by="m")
        session.add(pivot)
        session.flush()
        for number, (state, ended) in enumerate([("sent", now), ("sending", None), ("queued", None)]):
            row = Notice(id=f"n-{number}", pivot_id="v-1", kind="referral", about="f-1", queued_at=now, due_at=now)
            row.state, row.ended_at = state, ended
            session.add(row)
    clock.forward(days=NOTICE_KEPT.days - 1)
    assert "notice" not in purge(store).kinds
    clock.forward(days=1)
    assert purge(store, dry_run=True).kinds["notice"] == 2, "one that could never be sent is no news any more"
    assert purge(store).kinds["notice"] == 2
    with store.database.reading() as session:
        assert session.scalars(select(Notice.id)).all() == ["n-1"], "one that is being sent has no end"


def test_what_somebody_wrote_for_their_rights_goes_and_that_they_asked_stays(store, clock):
    now = store.clock()
    row = RightsCase(id="d-1", kind="access", code_hash="x", received_at=now, due_at=now, answered_at=now)
    row.sealed = store.keys.sealed("Je suis Léa.", "rights:d-1")
    row.answer_sealed, row.outcome = row.sealed, "granted"
    with store.database.writing() as session:
        session.add(row)
    clock.forward(days=RIGHTS_KEPT.days)
    assert purge(store).kinds["rights_case"] == 1
    with store.database.reading() as session:
        kept = session.get_one(RightsCase, "d-1")
        assert (kept.sealed, kept.answer_sealed, kept.outcome) == (b"", None, "granted")
        assert kept.ended_at == store.clock()
    with pytest.raises(NotFound):
        store.keys.key("rights:d-1")
    assert "rights_case" not in purge(store).kinds


def test_why_something_was_held_goes_after_the_hold(store, clock):
    held = hold(store, "p-1", days=10)
    clock.forward(days=10 + HOLD_KEPT.days - 1)
    assert "hold_reason" not in purge(store).kinds
    clock.forward(days=1)
    assert purge(store).kinds["hold_reason"] == 1
    with store.database.reading() as session:
        assert session.get_one(LegalHold, held).sealed == b""
    with pytest.raises(NotFound):
        store.keys.key(f"hold:{held}")
