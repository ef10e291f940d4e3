from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from nlp.types import Assessment, Entity, SignalResult
from pipeline.queueing import drawn_double, lane_of, must_be_read, place, territory
from store.erasure import erase
from store.posts import ASSESS, get_post
from store.quarantine import quarantine
from store.tables import Decision, Judgement, QueueItem, Skip, User
from store.work import finish_work, take_work


def assessment(*flagged: str, urgency: str = "soon", cities: tuple[str, ...] = ()) -> Assessment:
    signals = {
        name: SignalResult(0.9 if name in flagged else 0.1, name in flagged)
        for name in ("recruitment", "minor", "distress", "third_party")
    }
    entities = dict.fromkeys(("phones", "emails", "handles", "ages", "prices"), ())
    found = tuple(Entity(city, 0, 1) for city in cities)
    return Assessment("fr", urgency, signals, (), {**entities, "cities": found}, "0.2.0", "test")


@pytest.mark.parametrize(
    ("flagged", "urgency", "read"),
    [
        ((), "none", False),
        (("third_party",), "routine", False),
        (("third_party",), "soon", False),
        (("minor",), "none", False),
        (("minor",), "routine", True),
        (("third_party", "distress"), "soon", True),
        (("recruitment",), "routine", True),
    ],
)
def test_third_party_alone_and_a_plain_age_never_queue(flagged, urgency, read):
    assert must_be_read(assessment(*flagged, urgency=urgency)) is read


@pytest.mark.parametrize(
    ("flagged", "urgency", "kind", "lane"),
    [
        (("distress",), "immediate", "ad", "immediate"),
        (("third_party", "minor"), "soon", "ad", "ads"),
        (("recruitment", "minor"), "soon", "post", "recruitment"),
        (("distress",), "soon", "post", "at_risk"),
    ],
)
def test_lanes(flagged, urgency, kind, lane):
    assert lane_of(assessment(*flagged, urgency=urgency), kind) == lane


def put(store, identity, what):
    with store.database.writing() as session:
        place(session, store, get_post(session, identity), what)


def items(store):
    with store.database.reading() as session:
        return list(session.scalars(select(QueueItem).order_by(QueueItem.id)))


def test_a_flagged_post_waits_in_the_queue_and_is_kept_longer(store, take):
    identity = take("chu en fugue depuis hier")
    put(store, identity, assessment("minor"))
    (item,) = items(store)
    assert (item.post_id, item.lane, item.rank, item.status) == (identity, "at_risk", 2, "open")
    with store.database.reading() as session:
        assert get_post(session, identity).expires_at == store.clock() + timedelta(days=30)


def test_an_unflagged_post_never_queues_and_goes_after_seven_days(store, take):
    identity = take("vends pneus d'hiver")
    put(store, identity, assessment(urgency="none"))
    assert items(store) == []
    with store.database.reading() as session:
        assert get_post(session, identity).expires_at == store.clock() + timedelta(days=7)


def test_placing_twice_changes_nothing_and_an_innocent_edit_withdraws_the_item(store, take):
    identity = take("chu en fugue")
    put(store, identity, assessment("minor"))
    put(store, identity, assessment("minor"))
    assert len(items(store)) == 1
    put(store, identity, assessment(urgency="none"))
    assert [item.status for item in items(store)] == ["withdrawn"]


def test_a_decided_item_opens_again_for_an_edit_but_not_for_a_new_model(store, take):
    identity = take("chu en fugue")
    put(store, identity, assessment("minor"))
    with store.database.writing() as session:
        session.scalars(select(QueueItem)).one().status = "decided"
    put(store, identity, assessment("minor", urgency="immediate"))
    assert [item.status for item in items(store)] == ["decided"]
    take("chu en fugue, aidez-moi")
    put(store, identity, assessment("minor"))
    assert [item.status for item in items(store)] == ["open"]
    put(store, identity, assessment(urgency="none"))
    assert [item.status for item in items(store)] == ["withdrawn"]


def test_a_copy_of_a_waiting_text_adds_no_item_but_another_text_does(store, take):
    first, copy = take("Chu en fugue!", "1"), take("chu en fugue", "2")
    other = take("chu pas en fugue", "3")
    for identity in (first, copy, other):
        put(store, identity, assessment("minor"))
    assert {item.post_id for item in items(store)} == {first, other}


def test_the_territory_comes_from_the_source_then_from_the_city_then_from_the_text(store, take):
    identity = take("allô", city="Gatineau")
    with store.database.reading() as session:
        post = get_post(session, identity)
        assert post.region == "Outaouais", "known from the city as it comes in: searches by region find it"
        post.region = ""
        assert territory(post, assessment("minor", cities=("Montréal",))) == "Outaouais"
        post.city = ""
        assert territory(post, assessment("minor", cities=("Montréal",))) == "Montréal"
        assert territory(post, assessment("minor")) == ""
        post.region = "Estrie"
        assert territory(post, assessment("minor", cities=("Montréal",))) == "Estrie"
        session.expire_all()


def decide(store, identity, verdict):
    with store.database.writing() as session:
        item = session.scalars(select(QueueItem).where(QueueItem.post_id == identity)).one()
        item.status = "decided"
        session.add(User(id="u", name="u", password="x", roles=["analyst"], pseudonym="u", created_at=store.clock()))
        session.flush()
        session.add(
            Decision(
                item_id=item.id,
                post_id=identity,
                user_id="u",
                verdict=verdict,
                criteria=[],
                sealed=b"",
                grid="0.2.0",
                created_at=store.clock(),
            )
        )
        days = {"dismiss": 30, "watch": 30}.get(verdict)
        get_post(session, identity).expires_at = store.clock() + timedelta(days=days) if days else None


def test_a_decision_on_other_words_keeps_no_new_reading_from_what_an_edit_brought_back(store, take, clock):
    identity = take("chu en fugue")
    put(store, identity, assessment("minor"))
    decide(store, identity, "dismiss")
    clock.forward(minutes=1)
    take("chu en fugue, aidez-moi")
    put(store, identity, assessment("minor"))
    put(store, identity, assessment("minor", "distress", urgency="immediate"))
    assert [(item.status, item.lane, item.rank) for item in items(store)] == [("open", "immediate", 3)]
    put(store, identity, assessment(urgency="none"))
    assert [item.status for item in items(store)] == ["withdrawn"]


def test_a_new_reading_hastens_what_somebody_judged_and_neither_slows_nor_withdraws_it(store, take):
    identity = take("chu en fugue")
    put(store, identity, assessment("minor"))
    with store.database.writing() as session:
        item = session.scalars(select(QueueItem)).one()
        session.add(User(id="u", name="u", password="x", roles=["analyst"], pseudonym="u", created_at=store.clock()))
        session.flush()
        found = Judgement(item_id=item.id, user_id="u", verdict="watch", criteria=[], grid="0.2.0", at=store.clock())
        session.add(found)
    for later in (assessment("minor", urgency="immediate"), assessment("minor"), assessment(urgency="none")):
        put(store, identity, later)
        assert [(item.status, item.lane, item.rank) for item in items(store)] == [("open", "immediate", 3)]


@pytest.mark.parametrize(
    ("verdict", "days"), [("refer", None), ("escalate", None), ("watch", 30), ("dismiss", 30)], ids=str
)
@pytest.mark.parametrize("edit", [(), ("minor",)], ids=["harmless", "flagged"])
def test_an_edit_by_its_author_never_shortens_what_a_decision_keeps(store, take, verdict, days, edit):
    identity = take("chu en fugue")
    put(store, identity, assessment("minor"))
    decide(store, identity, verdict)
    end = None if days is None else store.clock() + timedelta(days=days)
    take("vends pneus d'hiver")
    with store.database.reading() as session:
        assert get_post(session, identity).expires_at == end
    put(store, identity, assessment(*edit, urgency="soon" if edit else "none"))
    with store.database.reading() as session:
        assert get_post(session, identity).expires_at == end


def place_waiting(store, flagged):
    """Place what waits to be assessed, as the reader would: copies of a text are flagged alike."""
    with store.database.writing() as session:
        for identity in take_work(session, ASSESS, "t", now=store.clock(), lease=timedelta(minutes=1), limit=9):
            post = get_post(session, identity)
            what = assessment("minor") if flagged in post.text else assessment(urgency="none")
            place(session, store, post, what)
            finish_work(session, ASSESS, [identity])


@pytest.mark.parametrize("change", ["edited", "rewritten", "erased", "quarantined"])
def test_a_copy_takes_the_place_of_a_waiting_post_that_left_its_text(store, take, change):
    first, copy = take("chu en fugue", "1"), take("Chu en fugue!", "2")
    place_waiting(store, "fugue")
    assert [item.post_id for item in items(store)] == [first]
    if change == "erased":
        erase(store, first)
    elif change == "quarantined":
        with store.database.writing() as session:
            quarantine(store, session, first, "officer")
    else:
        take({"edited": "vends pneus", "rewritten": "une autre fugue"}[change], "1")
    for _ in range(2):
        place_waiting(store, "fugue")
    waiting = {item.post_id for item in items(store) if item.status == "open"}
    assert waiting == ({first, copy} if change == "rewritten" else {copy})


LONG = "chu en fugue depuis hier soir, quelqu'un peut m'héberger deux nuits à Laval?"
SHORT = "chu en fugue, aidez-moi"


def place_one(store, take, text, key, **how):
    identity = take(text, key)
    put(store, identity, assessment("minor", **how))
    return identity


def end_of(store, identity):
    with store.database.reading() as session:
        return get_post(session, identity).expires_at


@pytest.mark.parametrize(
    ("verdict", "text", "urgency", "comes_back"),
    [
        ("dismiss", LONG, "soon", False),
        ("dismiss", LONG, "immediate", True),
        ("dismiss", SHORT, "soon", True),
        ("watch", LONG, "soon", True),
        ("refer", LONG, "soon", True),
        ("escalate", LONG, "soon", True),
    ],
)
def test_a_copy_that_comes_after_a_decision_is_new_work_but_for_what_was_dismissed(
    store, take, clock, verdict, text, urgency, comes_back
):
    first = place_one(store, take, text, "1")
    decide(store, first, verdict)
    clock.forward(days=2)
    copy = place_one(store, take, text.upper(), "2", urgency=urgency)
    assert {item.post_id for item in items(store) if item.status == "open"} == ({copy} if comes_back else set())
    if not comes_back:
        assert end_of(store, copy) == end_of(store, first)


@pytest.mark.parametrize("verdict", ["dismiss", "watch", "refer", "escalate"])
def test_a_copy_that_was_there_when_its_text_was_decided_never_comes_back(store, take, clock, verdict):
    first = place_one(store, take, SHORT, "1")
    copy = place_one(store, take, SHORT.upper(), "2")
    clock.forward(hours=1)
    decide(store, first, verdict)
    clock.forward(days=3)
    put(store, copy, assessment("minor", urgency="immediate"))  # read again, by a new model
    assert [item.post_id for item in items(store)] == [first]
    assert end_of(store, copy) == end_of(store, first)


def test_a_dismissal_answers_for_copies_only_while_it_lasts_and_stands(store, take, clock):
    first = place_one(store, take, LONG, "1")
    decide(store, first, "dismiss")
    clock.forward(days=29)
    assert place_one(store, take, LONG, "2")
    assert len(items(store)) == 1
    clock.forward(days=1)
    late = place_one(store, take, LONG, "3")
    assert {item.post_id for item in items(store) if item.status == "open"} == {late}


def test_a_dismissal_that_was_undone_answers_for_nothing(store, take, clock):
    first = place_one(store, take, LONG, "1")
    decide(store, first, "dismiss")
    clock.forward(hours=1)
    with store.database.writing() as session:
        session.scalars(select(Decision)).one().undone_at = store.clock()
    copy = place_one(store, take, LONG, "2")
    assert {item.post_id for item in items(store) if item.status == "open"} == {copy}


def test_an_edit_into_words_that_wait_already_waits_with_them(store, take):
    first, other = place_one(store, take, LONG, "1"), place_one(store, take, SHORT, "2")
    take(LONG.upper(), "2")
    put(store, other, assessment("minor"))
    assert {item.post_id: item.status for item in items(store)} == {first: "open", other: "withdrawn"}


def test_what_comes_back_has_waited_since_then_and_nobody_has_taken_or_passed_it_over(store, take, clock):
    post = place_one(store, take, LONG, "1")
    decide(store, post, "watch")
    with store.database.writing() as session:
        item = session.scalars(select(QueueItem)).one()
        item.taken_at = item.created_at
        session.add(Skip(item_id=item.id, user_id="u", at=store.clock()))
    clock.forward(days=2)
    take(LONG + " svp", "1")
    put(store, post, assessment("minor"))
    (item,) = items(store)
    assert (item.status, item.created_at, item.taken_at, item.claimed_by) == ("open", clock(), None, None)
    assert item.hour == int(clock().timestamp()) // 3600
    with store.database.reading() as session:
        assert session.scalars(select(Skip)).all() == []
    came = clock()
    clock.forward(hours=3)
    take(LONG + " svp vite", "1")
    put(store, post, assessment("minor"))
    assert [item.created_at for item in items(store)] == [came], "an edit of what waits does not make it wait anew"


def test_items_to_be_judged_twice_are_drawn_by_a_key_and_stay_drawn(make_store):
    store = make_store(double_coding_percent=10)
    ids = [f"q-{number:024x}" for number in range(4000)]
    drawn = {one for one in ids if drawn_double(store, one)}
    assert 330 < len(drawn) < 470, "ten in a hundred"
    assert drawn == {one for one in ids if drawn_double(store, one)}
    other = store.keys.hashing_with(b"k" * 32)
    assert drawn != {one for one in ids if drawn_double(replace(store, keys=other), one)}
    none, every = make_store(double_coding_percent=0), make_store(double_coding_percent=100)
    assert not any(drawn_double(none, one) for one in ids[:200])
    assert all(drawn_double(every, one) for one in ids[:200])


def test_an_item_is_drawn_when_it_comes_in(make_store, take, store):
    every = make_store(double_coding_percent=100)
    identity = take(LONG, "1")
    with every.database.writing() as session:
        place(session, every, get_post(session, identity), assessment("minor"))
    assert [item.double for item in items(store)] == [True]
