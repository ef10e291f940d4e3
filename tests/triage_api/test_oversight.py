"""The register, read: reading is an entry, pages go by number, filters narrow it."""

from __future__ import annotations

import pytest
from desk_words import FUGUE

from store.tables import RegisterEntry


@pytest.fixture
def told(analyst, town):
    identity = town.post(FUGUE)
    for _ in range(3):
        analyst.api("GET", f"/posts/{identity}")
    return identity


def opened_in(page):
    return [item for item in page["items"] if item["event"] == "post.opened"]


def test_reading_the_register_is_itself_an_entry(told, person_in):
    auditor = person_in("auditor")
    first = auditor.api("GET", "/register").json()
    assert len(opened_in(first)) == 3
    assert first["next"] is None
    assert all(len(item["leaf"]) == 64 for item in first["items"])
    assert opened_in(first)[0]["public"]["post"] == told
    last, count = first["items"][-1]["n"], len(first["items"])
    again = auditor.api("GET", "/register", params={"after": last}).json()
    assert [(item["event"], item["public"]) for item in again["items"]] == [
        ("register.read", {"after": 0, "count": count})
    ]


def test_the_register_is_paged_by_number(told, person_in):
    auditor = person_in("auditor")
    page = auditor.api("GET", "/register", params={"limit": 2}).json()
    assert [item["n"] for item in page["items"]] == [1, 2]
    assert page["next"] == "2"
    for bad in (-1, 2**62, "x"):
        assert auditor.api("GET", "/register", params={"after": bad}).status_code == 422


def test_the_register_is_narrowed(told, analyst, person_in, clock):
    asked = {"query": "fugue", "purpose": "watch", "ground": "LPJ 39"}
    made = analyst.api("POST", "/searches", json=asked).json()["id"]
    clock.forward(hours=2)
    auditor = person_in("auditor")
    auditor.api("GET", "/register")

    def events(**wanted):
        page = auditor.api("GET", "/register", params=wanted).json()
        return [item["event"] for item in page["items"]]

    assert events(search=made) == ["search.opened", "search.closed"]
    assert set(events(event="post.opened")) == {"post.opened"}
    actor = auditor.api("GET", "/register", params={"search": made}).json()["items"][0]["actor"]
    assert "post.opened" in events(actor=actor)
    assert "register.read" not in events(actor=actor)
    late = events(since="2026-03-02T06:00")  # in the time of Québec: 11:00 UTC
    assert "post.opened" not in late
    assert "register.read" in late
    assert "register.read" not in events(until="2026-03-02T11:00:00Z")
    read = auditor.api("GET", "/register", params={"event": "register.read", "limit": 200}).json()["items"]
    assert {"after": 0, "search": made, "count": 2} in [item["public"] for item in read]
    for bad in ({"event": "x"}, {"actor": "a b"}, {"search": '"'}, {"since": "hier"}, {"actor": "%" * 3}):
        assert auditor.api("GET", "/register", params=bad).status_code == 422, bad


def test_the_register_is_not_read_when_that_cannot_be_entered(told, person_in, no_register):
    auditor = person_in("auditor")
    no_register()
    answer = auditor.api("GET", "/register")
    assert answer.status_code == 503
    assert "post.opened" not in answer.text


def test_names_stay_out_of_the_register(told, person_in, store):
    auditor = person_in("auditor")
    actors = {item["actor"] for item in auditor.api("GET", "/register").json()["items"]}
    assert "analyst" not in actors
    with store.database.reading() as session:
        assert "analyst" not in session.get(RegisterEntry, 1).public


def test_the_page_shows_the_register(told, person_in):
    chief = person_in("supervisor")
    page = chief.page("/register").text
    assert "publication lue" in page
    assert "registre lu" in chief.page("/register").text
    for odd in ("x", "99999999999999999999", "-1", "0"):
        assert chief.page(f"/register?before={odd}").status_code == 200


def test_the_page_is_narrowed_and_goes_back_in_time(told, analyst, person_in):
    for _ in range(50):
        analyst.api("GET", f"/posts/{told}")
    chief = person_in("supervisor")
    page = chief.page("/register?event=post.opened&actor=").text
    assert page.count("publication lue</td>") == 50
    older = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "event=post.opened" in older
    assert chief.page(older).text.count("publication lue</td>") == 3
    wrong = chief.page("/register?since=hier&actor=merle-01")
    assert wrong.status_code == 422
    assert 'value="merle-01"' in wrong.text
    assert "publication lue</td>" not in wrong.text
