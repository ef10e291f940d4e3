"""Standing searches: repeated for an open request, entered each time, ended when they must, seen by whom they serve."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from desk_words import FUGUE, HARMLESS
from sqlalchemy import select, update

from store.errors import IndexUnavailable, RegisterUnavailable
from store.tables import RegisterEntry, Search, StandingSearch, Subject, User, Work
from triage_api.standing.running import run_due

WHY = {"purpose": "request", "ground": "LPJ 39"}
ASKED = {"who": "Mme T., école Test", "why": "Elle ne vient plus.", "handles": ["lea.b"]}


def entries(store, *events):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).order_by(RegisterEntry.n))
        return [(row.event, row.actor, json.loads(row.public)) for row in rows if not events or row.event in events]


def the_row(store, identity):
    with store.database.reading() as session:
        return session.get_one(StandingSearch, identity)


@pytest.fixture
def request_(person_in):
    partner = person_in("partner", name="ecole")
    return partner.api("POST", "/requests", json=ASKED).json()["id"]


def searched(browser, request, **asked):
    made = browser.api("POST", "/searches", json=WHY | {"query": "fugue", "request": request} | asked)
    assert made.status_code in (200, 201), made.text
    return made.json()["id"]


def stood(browser, search):
    made = browser.api("POST", "/standing", json={"search": search})
    assert made.status_code == 201, made.text
    return made.json()["id"]


@pytest.fixture
def standing(analyst, town, request_):
    """A standing search of the analyst's; one post was found when it was first made."""
    town.post(FUGUE, "before")
    return stood(analyst, searched(analyst, request_))


@pytest.fixture
def later(clock, desk):
    """Return a function that lets time pass and does what is due; it returns how much that was."""

    def go(**amount):
        clock.forward(**(amount or {"minutes": 10}))
        done = 0
        while run_due(desk):
            done += 1
        return done

    return go


def test_it_brings_what_was_ingested_since_and_nothing_twice(analyst, town, standing, later, store, clock):
    assert later(minutes=9) == 0
    assert later(minutes=1) == 1
    assert analyst.api("GET", f"/standing/{standing}").json()["items"] == []
    new = town.post(f"{FUGUE} encore", "new", posted_at="2026-01-01T00:00:00Z")
    town.post(HARMLESS, "other")
    assert later() == 1
    told = analyst.api("GET", f"/standing/{standing}").json()
    assert [hit["id"] for hit in told["items"]] == [new]
    assert (told["hits"], told["unseen"], told["items"][0]["seen_at"]) == (1, 1, None)
    assert told["items"][0]["found_at"] == clock.now.isoformat().replace("+00:00", "Z")
    assert "text" not in told["items"][0]
    assert later() == 1
    assert analyst.api("GET", f"/standing/{standing}").json()["hits"] == 1


def test_more_than_a_page_of_new_posts_is_kept(analyst, town, standing, later, store):
    later()
    store.settings.search_results = 2
    made = {town.post(f"{FUGUE} {number}", f"n{number}") for number in range(5)}
    later()
    assert analyst.api("GET", f"/standing/{standing}").json()["hits"] == 5
    later()
    store.settings.search_results = 200
    assert {hit["id"] for hit in analyst.api("GET", f"/standing/{standing}").json()["items"]} == made


def test_an_edit_that_now_matches_is_found_once(analyst, town, standing, later):
    town.post(HARMLESS, "e")
    later()
    edited = town.post(FUGUE, "e")
    later()
    later()
    told = analyst.api("GET", f"/standing/{standing}").json()
    assert [hit["id"] for hit in told["items"]] == [edited]


def test_a_repetition_is_entered_as_any_search_before_and_after(analyst, town, standing, later, store):
    before = len(entries(store))
    town.post(f"{FUGUE} encore", "new")
    later()
    (opened, owner, public), (closed, by, said) = entries(store)[before:]
    assert (opened, closed) == ("search.opened", "search.closed")
    assert owner == by == entries(store, "standing.opened")[0][1]
    assert public["via"] == said["via"] == "standing"
    assert public["standing"] == said["standing"] == standing
    assert public["search"] == said["search"]
    assert (public["purpose"], public["ground"], public["fingerprint"]) == ("request", "LPJ 39", None)
    assert said["count"] == 1
    assert len(said["ids"]) == 64


def test_its_repetitions_are_one_search_in_the_list_and_never_brought_back_for_another(
    analyst, town, standing, later, request_
):
    for number in range(3):
        town.post(f"{FUGUE} {number}", f"n{number}")
        later()
    assert len(analyst.api("GET", "/searches").json()["items"]) == 2
    again = analyst.api("POST", "/searches", json=WHY | {"query": "fugue", "request": request_}).json()
    assert len(again["items"]) == 1
    assert len(again["new_since"]) == 3


def test_nothing_is_searched_when_the_register_cannot_be_written(town, standing, desk, clock, no_register, monkeypatch):
    clock.forward(minutes=10)
    no_register()
    monkeypatch.setattr(type(desk.index), "search", lambda *_: pytest.fail("the index was asked"))
    with pytest.raises(RegisterUnavailable):
        run_due(desk)


def test_an_engine_that_is_away_is_entered_and_tried_again_when_it_is_next_due(
    analyst, town, standing, desk, clock, store, monkeypatch, later
):
    new = town.post(f"{FUGUE} encore", "new")
    clock.forward(minutes=10)

    def away(*_args):
        raise IndexUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(desk.index), "search", away)
        with pytest.raises(IndexUnavailable):
            run_due(desk)
    assert entries(store)[-1][2]["error"] == "index_unavailable"
    assert run_due(desk) == 0
    assert later() == 1
    assert [hit["id"] for hit in analyst.api("GET", f"/standing/{standing}").json()["items"]] == [new]


def test_another_model_makes_the_whole_search_anew(analyst, town, standing, later, store):
    """What an older model did not find may be there under a new one, however long ago it was ingested."""
    missed = town.post(f"{FUGUE} encore", "missed")
    later()
    with store.database.writing() as session:
        row = session.get_one(StandingSearch, standing)
        session.execute(update(Search).where(Search.id == row.last_id).values(model="older"))
    seen = analyst.api("GET", f"/standing/{standing}").json()
    later()
    told = analyst.api("GET", f"/standing/{standing}").json()
    assert [hit["id"] for hit in told["items"]] == [missed]
    assert told["ran_at"] > seen["ran_at"]
    with store.database.reading() as session:
        assert session.get_one(Search, the_row(store, standing).last_id).model != "older"


def test_two_workers_never_make_the_same_one(town, standing, desk, clock, store):
    clock.forward(minutes=10)
    with store.database.writing() as session:
        taken = update(Work).where(Work.kind == "standing")
        session.execute(taken.values(owner="another", due_at=clock() + timedelta(minutes=5)))
    assert run_due(desk) == 0
    clock.forward(minutes=5)  # the lease has passed: the other one is gone
    assert run_due(desk) == 1


def test_a_worker_that_lost_its_lease_keeps_nothing(analyst, town, standing, desk, clock, store, monkeypatch):
    town.post(f"{FUGUE} encore", "new")
    clock.forward(minutes=10)
    found = type(desk.index).search

    def slow(*args):
        with store.database.writing() as session:
            session.execute(update(Work).where(Work.kind == "standing").values(owner="another"))
        return found(*args)

    monkeypatch.setattr(type(desk.index), "search", slow)
    assert run_due(desk) == 1
    assert entries(store)[-1][2]["error"] == "lease_lost"
    assert analyst.api("GET", f"/standing/{standing}").json()["hits"] == 0


def answer(analyst, store, _clock, request, _standing):
    said = analyst.api("POST", f"/requests/{request}/answer", json={"kind": "call_us", "text": "Appelez-nous."})
    assert said.status_code == 201, said.text


def lapse(_analyst, _store, clock, _request, _standing):
    clock.forward(days=30)


def erase(_analyst, store, clock, _request, _standing):
    with store.database.writing() as session:
        session.execute(update(Subject).values(erased_at=clock()))


def end_account(_analyst, store, _clock, _request, _standing):
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "analyst").values(active=False))


def lapse_training(_analyst, store, _clock, _request, _standing):
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "analyst").values(trained_on=None))


def take_role(_analyst, store, _clock, _request, _standing):
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "analyst").values(roles=["researcher"]))


@pytest.mark.parametrize(
    ("happen", "why"),
    [
        (answer, "answered"),
        (lapse, "lapsed"),
        (erase, "erased"),
        (end_account, "owner"),
        (lapse_training, "owner"),
        (take_role, "owner"),
    ],
)
def test_it_ends_by_itself_and_searches_no_more(
    analyst, town, standing, request_, later, store, clock, happen, why, monkeypatch, desk
):
    happen(analyst, store, clock, request_, standing)
    before = len(entries(store))
    monkeypatch.setattr(type(desk.index), "search", lambda *_: pytest.fail("the index was asked"))
    assert later() == 1
    ((event, _, public),) = entries(store)[before:]
    assert (event, public["why"], public["via"]) == ("standing.ended", why, "standing")
    assert the_row(store, standing).ended_why == why
    assert later() == 0, "nothing waits any more"


def test_it_stands_for_thirty_days_more_from_when_it_is_renewed(analyst, town, standing, clock, later, store):
    first = the_row(store, standing).expires_at
    assert first == clock() + timedelta(days=30)
    clock.forward(days=29)
    assert analyst.log_in("analyst").api("POST", f"/standing/{standing}/renew", json={"why": " "}).status_code == 422
    renewed = analyst.api("POST", f"/standing/{standing}/renew", json={"why": "Toujours disparue"})
    assert renewed.status_code == 200, renewed.text
    assert (renewed.json()["renewals"], renewed.json()["state"]) == (1, "running")
    assert the_row(store, standing).expires_at == clock() + timedelta(days=30)
    public = entries(store, "standing.opened")[-1][2]
    assert (public["renewal"], public["standing"]) == (1, standing)
    assert "disparue" not in json.dumps(public)
    clock.forward(days=2)
    assert later() == 1
    assert the_row(store, standing).ended_at is None


def test_it_is_ended_by_hand_once(analyst, town, standing, later, store):
    ended = analyst.api("POST", f"/standing/{standing}/end")
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    assert entries(store)[-1][0] == "standing.ended"
    assert "via" not in entries(store)[-1][2]
    assert later() == 0
    for path, sent in (("end", {}), ("renew", {"why": "x"})):
        over = analyst.api("POST", f"/standing/{standing}/{path}", json=sent)
        assert (over.status_code, over.json()["error"]["code"]) == (409, "standing_over")


def test_it_is_not_renewed_once_the_request_is_answered(analyst, town, standing, request_, store, clock):
    answer(analyst, store, clock, request_, standing)
    refused = analyst.api("POST", f"/standing/{standing}/renew", json={"why": "x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "answered")
    assert analyst.api("GET", f"/standing/{standing}").json()["state"] == "answered"


def test_only_a_finished_search_for_an_open_request_may_stand_and_once(analyst, town, request_, store, clock, standing):
    free = analyst.api("POST", "/searches", json=WHY | {"purpose": "watch", "query": "vélo"}).json()["id"]
    unfinished, answered = searched(analyst, request_, query="vélo"), searched(analyst, request_, query="parc")
    with store.database.writing() as session:
        session.execute(update(Search).where(Search.id == unfinished).values(error="index_unavailable"))
    again = the_row(store, standing).search_id

    def told(search):
        made = analyst.api("POST", "/standing", json={"search": search})
        return made.status_code, made.json()["error"]["code"]

    assert told(free) == (422, "no_request")
    assert told(unfinished) == (409, "search_unfinished")
    assert told(again) == (409, "standing_already")
    answer(analyst, store, clock, request_, standing)
    assert told(answered) == (409, "answered")
    assert told("s-none") == (404, "not_found")
    assert len(entries(store, "standing.opened")) == 1


def test_what_its_repetitions_found_does_not_stand_by_itself(analyst, town, standing, later, store):
    later()
    made = analyst.api("POST", "/standing", json={"search": the_row(store, standing).last_id})
    assert (made.status_code, made.json()["error"]["code"]) == (409, "standing_already")


def test_anothers_is_not_there_and_a_supervisor_sees_any_with_an_entry(analyst, person_in, standing, store):
    other = person_in("analyst", name="autre")
    assert other.api("GET", "/standing").json() == {"items": [], "next": None}
    missing = other.api("GET", "/standing/v-none")
    for method, path in (("GET", ""), ("POST", "/renew"), ("POST", "/end")):
        answered = other.api(method, f"/standing/{standing}{path}", json={"why": "x"})
        assert (answered.status_code, answered.text) == (404, missing.text)
    own = the_row(store, standing).search_id
    assert other.api("POST", "/standing", json={"search": own}).text == missing.text
    supervisor = person_in("supervisor")
    before = len(entries(store))
    assert [one["id"] for one in supervisor.api("GET", "/standing").json()["items"]] == [standing]
    assert supervisor.api("GET", f"/standing/{standing}").json()["id"] == standing
    read = entries(store)[before:]
    assert [(event, public) for event, _, public in read] == [("register.read", {"standing": [standing]})] * 2


def test_the_list_is_paged(analyst, town, request_, clock):
    made = []
    for word in ("fugue", "parc", "velo"):
        clock.forward(minutes=1)
        made.append(stood(analyst, searched(analyst, request_, query=word)))
    first = analyst.api("GET", "/standing", params={"limit": 2}).json()
    rest = analyst.api("GET", "/standing", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next"] is None


def test_a_hit_is_seen_once_its_owner_opened_the_post(analyst, person_in, town, standing, later, request_, clock):
    new = town.post(f"{FUGUE} encore", "new")
    later()
    for path in ("/queue", f"/requests/{request_}", "/standing"):
        assert "Veilles <strong>(1" in analyst.page(path).text, path
    assert "pas encore" in analyst.page(f"/standing/{standing}").text
    person_in("analyst", name="autre").api("GET", f"/posts/{new}")
    assert analyst.api("GET", f"/standing/{standing}").json()["unseen"] == 1
    clock.forward(minutes=1)
    assert analyst.api("GET", f"/posts/{new}").status_code == 200
    told = analyst.api("GET", f"/standing/{standing}").json()
    assert told["unseen"] == 0
    assert datetime.fromisoformat(told["items"][0]["seen_at"]) == clock().astimezone(UTC)
    assert "Veilles <strong>(1" not in analyst.page("/queue").text


def test_the_pages_let_a_search_stand_renew_it_and_end_it(analyst, town, request_, later):
    town.post(FUGUE, "before")
    found = searched(analyst, request_)
    assert "Mettre en veille" in analyst.page(f"/searches/{found}").text
    made = analyst.send("/standing", search=found)
    assert made.status_code == 303
    where = made.headers["location"]
    assert "en cours" in analyst.page(where).text
    kept = analyst.send(f"{where}/renew", why="")
    assert kept.status_code == 422
    assert 'aria-invalid="true"' in kept.text
    assert analyst.send(f"{where}/renew", why="Toujours disparue").headers["location"] == where
    assert analyst.send(f"{where}/end").status_code == 303
    over = analyst.send(f"{where}/renew", why="encore")
    assert over.status_code == 409
    assert "Cette veille est terminée" in over.text
    assert analyst.send("/standing", search=found).status_code == 303, "an ended one may stand anew"
    again = analyst.send("/standing", search=found)
    assert again.status_code == 409
    assert "déjà en veille" in again.text


def test_what_an_answered_request_no_longer_opens_is_no_longer_shown(analyst, town, request_, later, store, clock):
    """A search for a contact that no open request names shows flagged posts alone."""
    standing = stood(analyst, searched(analyst, request_, query="", identifiers=["lea.b"]))
    plain = town.post("Vélo à vendre, écrivez à @lea.b", "plain")
    later()
    assert [hit["id"] for hit in analyst.api("GET", f"/standing/{standing}").json()["items"]] == [plain]
    answer(analyst, store, clock, request_, standing)
    assert analyst.api("GET", f"/standing/{standing}").json()["items"] == []
