"""Several people at the same moment, on real connections: what one writer at a time hides, several show."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from desk_words import FAREWELL, FUGUE, HARMLESS
from sqlalchemy import event, func, select, update

from crawlers.sources.register import upsert_source
from store.errors import Conflict, NotLoggedIn, TooManyAttempts, VigieError
from store.tables import LoginFailure, Post, QueueItem, RegisterEntry, Request, Search, Source, User
from triage_api.access import attempts
from triage_api.access.accounts import create_user, disable_account
from triage_api.access.models import AccountIn
from triage_api.access.service import log_in
from triage_api.posts.models import PasteIn
from triage_api.posts.pasting import paste
from triage_api.queue.claims import claim, release, skip
from triage_api.queue.deciding import decide
from triage_api.queue.models import DecisionIn
from triage_api.requests.answering import answer
from triage_api.requests.messages import add_message
from triage_api.requests.models import AnswerIn, MessageIn, RequestIn
from triage_api.requests.service import file_request, read_request
from triage_api.searches import service
from triage_api.searches.earlier import watermark
from triage_api.searches.models import SearchIn

DECISION = DecisionIn(verdict="dismiss", reason="rien")
ANSWER = AnswerIn(kind="call_us", text="Appelez-nous.")
MESSAGE = MessageIn(text="Il y a du nouveau.")


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make calls that begin at the same moment, each in a thread; return what each gave or raised on purpose."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return call()
        except VigieError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def while_open(store, change: Callable[[Any], None], call: Callable[[], Any]) -> Any:
    """Begin a call while another transaction has made a change and not committed it; return what came of the call."""

    def run() -> Any:
        try:
            return call()
        except VigieError as error:
            return error

    with ThreadPoolExecutor(1) as pool:
        with store.database.writing() as session:
            change(session)
            session.flush()
            under_way = pool.submit(run)
            time.sleep(0.25)
        return under_way.result(30)


def codes(outcomes: Sequence[Any]) -> list[str]:
    return sorted(one.code if isinstance(one, VigieError) else "done" for one in outcomes)


def all_of(store, column, *where):
    with store.database.reading() as session:
        return list(session.scalars(select(column).where(*where)))


def events(store, kind):
    return [json.loads(row.public) for row in all_of(store, RegisterEntry, RegisterEntry.event == kind)]


@pytest.fixture
def analysts(make_person):
    return [make_person("analyst", name=f"analyste-{n}") for n in range(4)]


@pytest.fixture
def partner(make_person):
    return make_person("partner")


def requests_of(desk, partner, count):
    told = RequestIn(who="Ecole", why="Absente depuis lundi", handles=["@lea.b"])
    return [file_request(desk, partner, told).id for _ in range(count)]


def items_of(desk, town, count):
    for number in range(count):
        town.post(f"{FUGUE} no {number}", key=str(number), settle=False)
    town.settle()
    return all_of(desk.store, QueueItem.id)


def test_one_of_several_who_claim_an_item_holds_it(desk, town, analysts):
    for item in items_of(desk, town, 5):
        outcomes = at_once([lambda p=person, i=item: claim(desk, p, i) for person in analysts])
        assert codes(outcomes) == ["claimed"] * 3 + ["done"]
        held = [one for one in outcomes if not isinstance(one, VigieError)]
        assert all_of(desk.store, QueueItem.claimed_by, QueueItem.id == item) == [
            person.id for person in analysts if person.pseudonym == held[0].claimed_by
        ]


def test_one_of_several_who_decide_an_item_has_decided_it(desk, town, analysts):
    for item in items_of(desk, town, 5):
        outcomes = at_once([lambda p=person, i=item: decide(desk, p, i, DECISION) for person in analysts])
        assert codes(outcomes) == ["decided"] * 3 + ["done"]
    assert len(events(desk.store, "decision.made")) == 5


@pytest.mark.parametrize("verb", [claim, release, skip, decide])
def test_what_an_edit_withdraws_meanwhile_is_no_longer_in_the_queue(desk, town, analysts, verb):
    (item,) = items_of(desk, town, 1)

    def withdraw(session):
        session.execute(update(QueueItem).where(QueueItem.id == item).values(status="withdrawn"))

    more = (DECISION,) if verb is decide else ()
    outcome = while_open(desk.store, withdraw, lambda: verb(desk, analysts[0], item, *more))
    assert codes([outcome]) == ["decided"]
    assert all_of(desk.store, QueueItem.claimed_by) == [None]


def test_deciding_while_an_edit_comes_in_loses_neither(desk, town, analysts):
    for number in range(4):
        key = f"edited-{number}"
        post = town.post(f"{FUGUE} {number}", key=key)
        (item,) = all_of(desk.store, QueueItem.id, QueueItem.post_id == post)
        outcomes = at_once(
            [
                lambda i=item: decide(desk, analysts[0], i, DECISION),
                lambda k=key, n=number: town.post(f"{FAREWELL} {n}", key=k),
                lambda i=item: claim(desk, analysts[1], i),
            ]
        )
        refused = [one.code for one in outcomes if isinstance(one, VigieError)]
        assert set(refused) <= {"claimed", "decided"}, refused
        (read,) = all_of(desk.store, QueueItem.version, QueueItem.post_id == post)
        assert read == 2, "whatever came first, the edit was read"
        assert desk.index.get(post).text.startswith(FAREWELL[:20])


def test_a_request_is_answered_once(desk, partner, analysts):
    for request in requests_of(desk, partner, 5):
        outcomes = at_once([lambda p=person, r=request: answer(desk, p, r, ANSWER) for person in analysts])
        assert codes(outcomes) == ["answered"] * 3 + ["done"]
    assert len(events(desk.store, "request.answered")) == 5


def answered(request):
    def change(session):
        session.execute(update(Request).where(Request.id == request).values(status="answered"))
        session.execute(update(QueueItem).where(QueueItem.request_id == request).values(status="decided"))

    return change


def test_a_message_that_meets_the_answer_reopens_the_request(desk, partner):
    (request,) = requests_of(desk, partner, 1)
    while_open(desk.store, answered(request), lambda: add_message(desk, partner, request, MESSAGE))
    assert all_of(desk.store, Request.status) == ["in_progress"]
    assert all_of(desk.store, QueueItem.status) == ["open"]


def test_reading_a_request_that_is_being_answered_does_not_open_it_again(desk, partner, analysts):
    (request,) = requests_of(desk, partner, 1)
    shown = while_open(desk.store, answered(request), lambda: read_request(desk, analysts[0], request))
    assert shown.status == "answered"
    assert all_of(desk.store, Request.status) == ["answered"]


def test_messages_and_answers_at_once_leave_no_message_behind_an_answer(desk, partner, analysts):
    for request in requests_of(desk, partner, 5):
        at_once(
            [
                lambda r=request: answer(desk, analysts[0], r, ANSWER),
                *[lambda r=request: add_message(desk, partner, r, MESSAGE)] * 2,
            ]
        )
        read = read_request(desk, partner, request)
        late = [one for one in read.messages if read.answer and one.created_at >= read.answer.answered_at]
        (status,) = all_of(desk.store, QueueItem.status, QueueItem.request_id == request)
        assert (status == "open") == (read.status == "in_progress")
        assert read.status in ("in_progress", "answered")
        assert len(late) == 2


def test_a_text_that_several_paste_at_once_is_one_post_of_one_source(desk, analysts):
    for number in range(5):
        given = PasteIn(
            text=f"{FUGUE} {number}", platform=f"Réseau {number}", seen_at=desk.store.clock(), where="profil public"
        )
        outcomes = at_once([lambda p=person, g=given: paste(desk, p, g) for person in analysts])
        assert sorted(one.intake for one in outcomes) == ["new", "same", "same", "same"]
        (identity,) = {one.id for one in outcomes}
        (told,) = all_of(desk.store, Post.provenance, Post.id == identity)
        assert sum(name.startswith("pasted_by") for name in told) == 4, "each sighting is kept"
    assert len(all_of(desk.store, Source)) == 5
    assert len(events(desk.store, "post.pasted")) == 20


def test_a_paste_that_cannot_be_entered_leaves_no_post(desk, analysts, no_register):
    no_register()
    given = PasteIn(text=FUGUE, platform="Réseau", seen_at=desk.store.clock(), where="profil public")
    with pytest.raises(VigieError, match="register"):
        paste(desk, analysts[0], given)
    assert all_of(desk.store, Post.id) == []
    assert all_of(desk.store, Source.id) == []


def test_a_source_that_several_declare_at_once_is_declared(store):
    for number in range(8):
        calls = [
            lambda n=number, k=each: upsert_source(store, f"s{n}", f"t{k}", "import", {}, "d") for each in range(4)
        ]
        assert codes(at_once(calls)) == ["done"] * 4


def test_many_guesses_at_once_are_counted_each(store):
    for number in range(3):
        calls = [
            lambda n=number, k=each: attempts.count_attempt(store, f"nom-{n}", f"192.0.2.{k}") for each in range(16)
        ]
        outcomes = at_once(calls)
        assert sum(isinstance(one, TooManyAttempts) for one in outcomes) == 16 - attempts.PER_NAME


def test_many_right_log_ins_at_once_leave_nothing_counted(store, make_person):
    people = [make_person("analyst", name=f"nom-{n}") for n in range(6)]
    for _ in range(3):
        calls = [lambda p=person: log_in(store, p.name, "un-mot-de-passe-long", "192.0.2.1") for person in people]
        assert codes(at_once(calls)) == ["done"] * 6
        assert all_of(store, LoginFailure.id) == []


def test_one_of_several_accounts_of_the_same_name_is_made(store):
    for number in range(5):
        names = (f"lea{number}", f"Lea{number}", f"LEA{number}", f"lea{number}")
        calls = [lambda n=name: create_user(store, AccountIn(name=n, roles=["analyst"])) for name in names]
        assert codes(at_once(calls)) == ["done"] + ["name_taken"] * 3


def test_two_administrators_do_not_end_each_other(store, make_person):
    for number in range(5):
        one, other = (make_person("administrator", name=f"{name}-{number}") for name in ("un", "autre"))
        outcomes = at_once(
            [
                lambda a=one, b=other: disable_account(store, a, b.id),
                lambda a=one, b=other: disable_account(store, b, a.id),
            ]
        )
        assert sum(isinstance(each, NotLoggedIn) for each in outcomes) == 1
        assert len(all_of(store, User.id, User.active, User.id.in_([one.id, other.id]))) == 1


def test_a_post_that_comes_in_while_a_search_begins_is_new_to_its_repetition(desk, town):
    """Between two statements of PostgreSQL others commit: the watermark must not pass a post that no search found."""
    store = desk.store
    town.declare("forum")
    done = []

    def come_in(_connection, _cursor, statement, *_more):
        if "max(posts.seq)" in statement and not done:
            done.append(True)
            arrival = threading.Thread(target=lambda: town.post(HARMLESS, settle=False))
            arrival.start()
            arrival.join()

    event.listen(store.database.engine, "after_cursor_execute", come_in)
    with (store.database.reading if store.database.is_sqlite else store.database.writing)() as session:
        assert watermark(session) == 0
    assert all_of(store, func.max(Post.seq)) == [1]


WHY = {"purpose": "watch", "ground": "LPJ 39"}


def test_the_same_search_by_several_at_once_is_entered_and_closed_each_time(desk, town, analysts):
    identity = town.post(FUGUE)
    outcomes = at_once([lambda p=p: service.search(desk, p, SearchIn(query="fugue", **WHY)) for p in analysts])
    assert [[hit.id for hit in one.items] for one in outcomes] == [[identity]] * 4
    begun = {told["search"] for kind in ("search.opened", "search.reused") for told in events(desk.store, kind)}
    assert begun == {told["search"] for told in events(desk.store, "search.closed")} == {one.id for one in outcomes}
    assert service.search(desk, analysts[0], SearchIn(query="fugue", **WHY)).relation == "same"
    assert all_of(desk.store, Search.error, Search.closed_at.is_(None)) == []


def test_a_search_for_a_request_that_is_answered_meanwhile_does_not_run(desk, town, partner, analysts, monkeypatch):
    """A contact that an open request names may be found in any post; once it is answered, in flagged ones alone."""
    town.post("Vente de garage, demandez @lea.b au parc")
    (request,) = requests_of(desk, partner, 1)
    compare = service.compare_with_earlier

    def then_answered(*given):
        answer(desk, analysts[1], request, ANSWER)
        return compare(*given)

    monkeypatch.setattr(service, "compare_with_earlier", then_answered)
    with pytest.raises(Conflict) as refused:
        service.search(desk, analysts[0], SearchIn(identifiers=["@lea.b"], request=request, **WHY))
    assert refused.value.code == "answered"
    assert events(desk.store, "search.opened") == []


def held(session, table, identity):
    session.execute(select(table).where(table.id == identity).with_for_update())


def test_a_deadlock_is_told_as_a_moment_to_try_again(desk, town, analyst):
    if desk.store.database.is_sqlite:
        pytest.skip("SQLite has one writer: nobody waits crosswise")
    (item,) = items_of(desk, town, 1)
    post = f"p-{item[2:]}"
    sent = {"verdict": "dismiss", "reason": "rien"}
    with ThreadPoolExecutor(1) as pool, desk.store.database.writing() as session:
        held(session, QueueItem, item)
        under_way = pool.submit(analyst.api, "POST", f"/queue/{item}/decision", json=sent)
        time.sleep(0.3)
        held(session, Post, post)  # the decision holds it, and waits for the item: PostgreSQL ends the decision
    told = under_way.result(30)
    assert (told.status_code, told.json()["error"]["code"]) == (503, "store_unavailable")
    assert "deadlock" not in told.text
    assert analyst.api("POST", f"/queue/{item}/decision", json=sent).status_code == 201


@pytest.mark.parametrize(
    ("lang", "words"), [("fr", "La base de données ne répond pas"), ("en", "The database does not")]
)
def test_a_lock_that_is_not_had_in_time_is_a_clear_page(desk, town, analyst, lang, words):
    if desk.store.database.is_sqlite:
        pytest.skip("SQLite waits half a minute for its one writer")
    (item,) = items_of(desk, town, 1)
    event.listen(desk.store.database.engine, "begin", lambda c: c.exec_driver_sql("SET LOCAL lock_timeout = '200ms'"))
    analyst.send("/language", lang=lang, next="/")
    with desk.store.database.writing() as session:
        held(session, QueueItem, item)
        told = analyst.api("POST", f"/queue/{item}/claim")
        decided = analyst.send(f"/queue/{item}/decision", verdict="dismiss", reason="rien")
    assert (told.status_code, told.json()["error"]["code"]) == (503, "store_unavailable")
    assert decided.status_code == 503
    assert words in decided.text
    assert "lock" not in decided.text.lower().replace("block", "")
    assert analyst.api("POST", f"/queue/{item}/claim").status_code == 200


def test_a_decision_that_a_search_did_not_see_yet_is_new_to_its_repetition(desk, town, analysts, clock, monkeypatch):
    """A decision's moment lies before its commit: a search that begins between the two does not find it."""
    if desk.store.database.is_sqlite:
        pytest.skip("SQLite has one writer: no search begins while a decision is under way")
    from triage_api.queue import deciding as queue

    (item,) = items_of(desk, town, 1)
    asked = SearchIn(query="décision:écarter", **WHY)
    enter = queue.enter

    def after_a_search(*given):
        clock.forward(seconds=5)
        assert service.search(desk, analysts[1], asked).total == 0
        enter(*given)

    monkeypatch.setattr(queue, "enter", after_a_search)
    decide(desk, analysts[0], item, DECISION)
    town.settle()
    again = service.search(desk, analysts[1], asked)
    assert (again.relation, [hit.id for hit in again.new_since]) == ("same", [f"p-{item[2:]}"])
