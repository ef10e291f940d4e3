"""The review through the API and the pages: drawn, opened, found; what one may not review is not there."""

from __future__ import annotations

import json

import pytest
from desk_words import FUGUE
from sqlalchemy import update

from store.errors import NotSetUp
from store.keyring import Keyring
from store.tables import Review, Search, User
from triage_api.oversight.house import house_of

PERIOD = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-04T00:00:00Z"}


@pytest.fixture
def named(store):
    def name(login: str, **values: object) -> str:
        with store.database.writing() as session:
            if values:
                session.execute(update(User).where(User.name == login).values(**values))
            return session.query(User.pseudonym).filter(User.name == login).scalar()

    return name


@pytest.fixture
def curious(analyst, named):
    """An analyst who looked for herself, and searched as one should; returns the ids of both searches."""
    named("analyst", full_name="Léa Tremblay", shift="mon-fri 04:00-12:00")  # the clock stands at 04:30 in Québec
    asked = {"purpose": "request", "ground": "LPJ 39"}
    own = analyst.api("POST", "/searches", json={"query": "tremblay léa", **asked}).json()["id"]
    plain = analyst.api("POST", "/searches", json={"query": "motel laval", **asked, "purpose": "watch"}).json()["id"]
    return own, plain


def drawn(reader, **changes):
    return reader.api("POST", "/reviews/draw", json={**PERIOD, **changes})


def listed(reader, **params):
    return reader.api("GET", "/reviews", params=params).json()["items"]


def entries(reader, event):
    return [
        item["public"] for item in reader.api("GET", "/register", params={"event": event, "limit": 200}).json()["items"]
    ]


def test_a_look_up_of_oneself_is_drawn_opened_and_found(curious, person_in, store):
    auditor, (own, plain) = person_in("auditor"), curious
    told = drawn(auditor)
    assert told.status_code == 201
    assert told.json() | {"seed": ""} == {
        "searches": 2, "openings": 0, "targeted": 1, "random": 1, "seed": "", "well_known": False,
    }  # fmt: skip
    first, second = listed(auditor)
    assert (first["search"], first["sample"], second["search"], second["sample"]) == (own, "targeted", plain, "random")
    assert [why["reason"] for why in first["reasons"]] == ["own_name", "no_request"]
    assert first["reasons"][1]["fr"] == "Aucune demande en cours derrière."
    assert "Léa" not in json.dumps(first, ensure_ascii=False)
    opened = auditor.api("GET", f"/reviews/{first['id']}").json()
    assert opened["scope"]["query"] == "tremblay léa"
    assert (opened["purpose_told"], opened["alike"], opened["erased"]) == ("request", 1, False)
    assert {"review": first["id"], "searches": [own]} in entries(auditor, "register.read")
    found = auditor.api("POST", f"/reviews/{first['id']}/finding", json={"finding": "improper", "note": "Elle-même."})
    assert found.status_code == 201
    assert (found.json()["finding"], found.json()["note"]) == ("improper", "Elle-même.")
    assert entries(auditor, "review.recorded") == [{"review": first["id"], "search": own, "finding": "improper"}]
    assert [one["id"] for one in listed(auditor, status="improper")] == [first["id"]]
    assert [one["id"] for one in listed(auditor, status="waiting")] == [second["id"]]
    with store.database.reading() as session:
        assert b"Elle" not in session.get(Review, first["id"]).note


def test_a_request_that_names_the_surname_explains_it(analyst, person_in, named):
    named("analyst", full_name="Léa Tremblay", shift="24/7")
    youth = {"who": "Intervenante", "why": "Fugue", "youth": "Jade Tremblay", "handles": ["jade.t07"]}
    request = person_in("partner").api("POST", "/requests", json=youth).json()["id"]
    asked = {"purpose": "request", "ground": "LPJ 39"}

    def search(**more):
        return analyst.api("POST", "/searches", json={**asked, **more}).json()["id"]

    named_by_it = search(query="jade tremblay", request=request)
    without, herself = search(query="jade tremblay laval"), search(query="lea tremblay", request=request)
    known, unknown = search(identifiers=["@jade.t07"], request=request), search(identifiers=["@personne_x9"])
    auditor = person_in("auditor")
    drawn(auditor)
    why = {one["search"]: [reason["reason"] for reason in one["reasons"]] for one in listed(auditor)}
    assert why == {
        named_by_it: [],
        without: ["same_surname", "no_request"],
        herself: ["own_name"],
        known: [],
        unknown: ["no_request", "unknown_contact"],
    }


def test_citing_somebody_elses_request_hides_nothing(analyst, person_in):
    youth = {"who": "Intervenante", "why": "Fugue", "youth": "Jade Fortin", "handles": ["jade.t07"]}
    cited = {"request": person_in("partner").api("POST", "/requests", json=youth).json()["id"]}
    cited |= {"purpose": "request", "ground": "LPJ 39"}

    def search(**more):
        return analyst.api("POST", "/searches", json={**cited, **more}).json()["id"]

    another = [
        search(query="mélanie gauthier"),
        search(query="mélanie gauthier laval"),
        search(query="gauthier mélanie"),
    ]
    contact = search(identifiers=["819-555-0177"])
    typed = [search(query=f"819-555-0188 {word}") for word in ("laval", "motel", "cash")]
    for_the_youth = [search(query="jade"), search(query="fortin motel"), search(identifiers=["@jadefortin_"])]
    nobody = search(query="motel laval")
    auditor = person_in("auditor")
    drawn(auditor)
    why = {one["search"]: [reason["reason"] for reason in one["reasons"]] for one in listed(auditor)}
    assert [why[one] for one in another] == [["repeated", "no_request"]] * 3
    assert all(why[one][:2] == ["repeated", "no_request"] for one in typed), "a contact among the words is one too"
    assert why[contact] == ["no_request", "unknown_contact"]
    assert not any("no_request" in why[one] for one in (*for_the_youth, nobody))


def test_searches_for_erased_people_are_not_one_thing(analyst, person_in, store, named):
    person = {"purpose": "watch", "ground": "LPJ 39"}
    for city in ("laval", "gatineau", "sherbrooke"):
        analyst.api("POST", "/searches", json={"query": f"motel {city}", **person})
    with store.database.writing() as session:
        session.execute(update(Search).values(fingerprint=""))
    auditor = person_in("auditor")
    drawn(auditor)
    assert not any(one["reasons"] for one in listed(auditor))
    assert auditor.api("GET", f"/reviews/{listed(auditor)[0]['id']}").json()["alike"] == 1


def test_hours_of_the_house_that_cannot_be_read_are_told(make_store):
    store = make_store(house_shift="le jour")
    with store.database.reading() as session, pytest.raises(NotSetUp, match="VIGIE_HOUSE_SHIFT"):
        house_of(store, session)


def test_a_finding_stays(curious, person_in):
    auditor = person_in("auditor")
    drawn(auditor)
    path = f"/reviews/{listed(auditor)[0]['id']}/finding"
    assert auditor.api("POST", path, json={"finding": "wrong", "note": "x"}).status_code == 422
    assert auditor.api("POST", path, json={"finding": "proper", "note": " "}).status_code == 422
    assert auditor.api("POST", path, json={"finding": "proper", "note": "Vérifié."}).status_code == 201
    again = person_in("supervisor").api("POST", path, json={"finding": "improper", "note": "Non."})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "reviewed")


def test_the_draw_is_entered_with_its_seed_and_draws_nothing_twice(curious, person_in):
    auditor = person_in("auditor")
    told = drawn(auditor).json()
    assert drawn(auditor).json()["targeted"] == drawn(auditor).json()["random"] == 0
    first = entries(auditor, "review.drawn")[0]
    assert first["seed"] == told["seed"]
    assert (first["searches"], first["targeted"], first["random"]) == (2, 1, 1)
    assert first["since"].startswith("2026-03-01")


def test_nobody_reviews_themself_and_supervisors_are_reviewed_by_an_auditor(curious, person_in, named):
    chief = person_in("supervisor")
    named("supervisor", full_name="Anne Côté")
    mine = chief.api("POST", "/searches", json={"query": "anne cote", "purpose": "request", "ground": "LPJ 39"}).json()[
        "id"
    ]
    other, auditor = person_in("supervisor", name="autre"), person_in("auditor")
    drawn(chief)
    assert mine not in [one["search"] for one in listed(chief)]
    drawn(other)
    assert mine not in [one["search"] for one in listed(other)]
    drawn(auditor)
    item = next(one for one in listed(auditor) if one["search"] == mine)
    for reader in (chief, other):
        assert mine not in [one["search"] for one in listed(reader)]
        missing = reader.api("GET", "/reviews/v-none")
        hidden = reader.api("GET", f"/reviews/{item['id']}")
        assert (hidden.status_code, hidden.json()) == (404, missing.json())
        given = {"finding": "proper", "note": "Tout va bien."}
        assert reader.api("POST", f"/reviews/{item['id']}/finding", json=given).status_code == 404
    assert auditor.api("GET", f"/reviews/{item['id']}").status_code == 200


def test_posts_that_are_opened_again_and_again_are_drawn(analyst, person_in, town):
    post = town.post(FUGUE)
    for _ in range(6):
        analyst.api("GET", f"/posts/{post}")
    auditor = person_in("auditor")
    assert drawn(auditor).json()["openings"] == 1
    (item,) = listed(auditor)
    assert (item["search"], item["event"]) == (None, "post.opened")
    assert item["reasons"][0] | {"en": "", "fr": ""} == {"reason": "repeated", "times": 6, "fr": "", "en": ""}
    assert "6 times" in item["reasons"][0]["en"]
    opened = auditor.api("GET", f"/reviews/{item['id']}").json()
    assert (opened["item"], opened["views"], opened["scope"]) == (post, 6, None)
    assert drawn(auditor).json()["targeted"] == 0
    analyst.api("GET", f"/posts/{post}")
    assert drawn(auditor).json()["targeted"] == 1


def test_the_list_goes_on_and_what_waits_too_long_is_late(curious, person_in, clock):
    auditor = person_in("auditor")
    drawn(auditor)
    page = auditor.api("GET", "/reviews", params={"limit": 1}).json()
    rest = auditor.api("GET", "/reviews", params={"limit": 1, "cursor": page["next"]}).json()
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [one["id"] for one in listed(auditor)]
    assert rest["next"] is None
    assert listed(auditor, status="late") == []
    clock.forward(days=31)
    auditor = auditor.log_in("auditor")
    assert len(listed(auditor, status="late")) == 2
    for bad in ({"status": "x"}, {"cursor": "x"}, {"limit": 0}):
        assert auditor.api("GET", "/reviews", params=bad).status_code == 422


def test_what_was_sought_of_somebody_erased_is_gone(curious, person_in, store):
    auditor = person_in("auditor")
    drawn(auditor)
    keyring: Keyring = store.keys
    keyring.destroy([f"search:{curious[0]}"])
    opened = auditor.api("GET", f"/reviews/{listed(auditor)[0]['id']}").json()
    assert (opened["erased"], opened["scope"], opened["purpose_told"]) == (True, None, None)
    assert "a été effacée" in auditor.page(f"/reviews/{opened['id']}").text


def test_the_draw_wants_a_period_and_a_register(curious, person_in, no_register):
    auditor = person_in("auditor")
    assert drawn(auditor, since="2026-03-02", until="2026-03-02").status_code == 201, "a bare day is all of it"
    wrong = drawn(auditor, until=PERIOD["since"])
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "until")
    for bad in ({"size": 0}, {"size": 201}, {"since": "hier"}):
        assert drawn(auditor, **bad).status_code == 422
    no_register()
    assert drawn(auditor).status_code == 503


def test_a_list_of_known_names_that_cannot_be_read_is_said(curious, person_in, store, tmp_path):
    store.settings.well_known_names_file = tmp_path / "none.txt"
    answer = drawn(person_in("auditor"))
    assert answer.status_code == 503
    assert "VIGIE_WELL_KNOWN_NAMES_FILE" in answer.json()["error"]["message"]


def test_a_name_is_told_once_it_is_entered(curious, person_in, named):
    pseudonym, auditor = named("analyst"), person_in("auditor")
    given = {"pseudonym": pseudonym, "why": "Elle s'est cherchée."}
    assert auditor.api("POST", "/oversight/names", json=given).json() == {
        "pseudonym": pseudonym,
        "name": "analyst",
        "full_name": "Léa Tremblay",
        "organisation": "Maison Test",
        "active": True,
    }
    assert entries(auditor, "name.revealed") == [{"pseudonym": pseudonym}]
    assert auditor.api("POST", "/oversight/names", json={**given, "pseudonym": "merle-x"}).status_code == 404
    assert auditor.api("POST", "/oversight/names", json={**given, "why": ""}).status_code == 422


def test_the_pages_lead_from_the_list_to_a_finding(curious, person_in, named):
    auditor = person_in("auditor")
    assert "Rien à revoir" in auditor.page("/reviews").text
    done = auditor.send("/reviews", since="2026-03-01T00:00", until="2026-03-04T00:00", size="60")
    assert "Noms connus du public : aucune liste" in done.text
    wrong = auditor.send("/reviews", since="2026-03-04T00:00", until="2026-03-01T00:00", size="60")
    assert (wrong.status_code, 'value="2026-03-01T00:00"' in wrong.text) == (422, True)
    item = listed(auditor)[0]["id"]
    page = auditor.page(f"/reviews/{item}").text
    assert "tremblay léa" in page
    assert "Aucune demande en cours derrière" in page
    wrong = auditor.send(f"/reviews/{item}", finding="", note="Gardé ici")
    assert (wrong.status_code, "Gardé ici" in wrong.text) == (422, True)
    assert auditor.send(f"/reviews/{item}", finding="improper", note="Elle-même.").status_code == 303
    assert auditor.send(f"/reviews/{item}", finding="proper", note="Non.").status_code == 409
    assert "fautive" in auditor.page("/reviews?status=improper").text
    named_page = auditor.send("/oversight/names", pseudonym=named("analyst"), why="Suite.")
    assert "Léa Tremblay" in named_page.text
    assert auditor.send("/oversight/names", pseudonym="personne", why="Suite.").status_code == 404


def test_the_figures_tell_what_was_not_searched_twice(analyst, person_in, town, clock):
    town.post("Un motel à Laval, chu en fugue", "un")
    first = {"query": "motel laval", "purpose": "watch", "ground": "LPJ 39"}
    made = analyst.api("POST", "/searches", json=first).json()["id"]
    analyst.api("POST", "/searches", json={**first, "query": "loin", "purpose": "request"})
    town.post("Le motel à Laval, chu encore en fugue", "deux")
    assert analyst.api("POST", "/searches", json={**first, "query": "Motel LAVAL"}).json()["reused_from"] == made
    clock.forward(minutes=1)
    auditor = person_in("auditor")
    drawn(auditor)
    clock.forward(minutes=1)
    told = auditor.api("GET", "/oversight").json()
    assert told["searches"] == {
        "run": 2, "reused": 1, "reuse_rate": 1 / 3, "overlaps": 0, "delta": 1, "failed": 0,
        "by_purpose": {"watch": 2, "request": 1},
    }  # fmt: skip
    assert told["reviews"] == {
        "drawn": 3, "findings": {}, "waiting": 3, "late": 0, "oldest_s": 60.0, "glass_waiting": 0,
    }  # fmt: skip
    assert told["register_now"]["entries"] > 6
    assert any(said.get("figures") for said in entries(auditor, "register.read"))
    assert told["accounts"] == {"made": 0, "changed": 0, "tokens": 0}
    admin = person_in("administrator")
    made = admin.api("POST", "/users", json={"name": "moi.bis", "roles": ["analyst"]}).json()
    admin.api("PATCH", f"/users/{made['id']}", json={"shift": "24/7"})
    auditor.api("POST", "/tokens", json={"label": "x", "scopes": ["register.read"]})
    clock.forward(minutes=1)
    assert auditor.api("GET", "/oversight").json()["accounts"] == {"made": 1, "changed": 1, "tokens": 1}
    page = auditor.page("/oversight").text
    assert 'href="/register?event=account.made"' in page
    assert "33 %" in page
    assert auditor.page("/oversight?since=2026-03-04T00:00&until=2026-03-01T00:00").status_code == 422
    assert auditor.api("GET", "/oversight", params={"since": "x"}).status_code == 422
    assert auditor.client.get("/", follow_redirects=False).headers["location"] == "/oversight"


def test_others_do_not_enter(analyst, person_in):
    for reader in (analyst, person_in("partner"), person_in("administrator")):
        for path in ("/reviews", "/reviews/v-1", "/oversight"):
            assert reader.api("GET", path).status_code == 403
        assert drawn(reader).status_code == 403


@pytest.mark.parametrize("edge", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_the_ends_of_the_calendar_are_refused(person_in, edge):
    auditor = person_in("auditor")
    for path in ("/oversight", "/register"):
        for bound in ("since", "until"):
            assert auditor.api("GET", path, params={bound: edge}).status_code == 422
            assert auditor.page(f"{path}?{bound}={edge.replace('+', '%2B')}").status_code < 500
    assert drawn(auditor, since=edge).status_code == drawn(auditor, until=edge).status_code == 422
