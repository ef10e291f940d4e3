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


def test_reading_the_register_is_itself_an_entry(told, person_in, store):
    auditor = person_in("auditor")
    first = auditor.api("GET", "/register").json()
    assert [item["event"] for item in first["items"]] == ["post.opened"] * 3
    assert first["next"] is None
    assert all(len(item["leaf"]) == 64 for item in first["items"])
    assert first["items"][0]["public"]["post"] == told
    again = auditor.api("GET", "/register", params={"after": 3}).json()
    assert [(item["event"], item["public"]) for item in again["items"]] == [("register.read", {"after": 0, "count": 3})]


def test_the_register_is_paged_by_number(told, person_in):
    auditor = person_in("auditor")
    page = auditor.api("GET", "/register", params={"limit": 2}).json()
    assert [item["n"] for item in page["items"]] == [1, 2]
    assert page["next"] == "2"
    for bad in (-1, 2**62, "x"):
        assert auditor.api("GET", "/register", params={"after": bad}).status_code == 422


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


def test_the_pages_show_register_and_sources(told, person_in):
    chief = person_in("supervisor")
    page = chief.page("/register").text
    assert "publication lue" in page
    assert "registre lu" in chief.page("/register").text
    for odd in ("x", "99999999999999999999", "-1", "0"):
        assert chief.page(f"/register?after={odd}").status_code == 200
    sources = chief.page("/sources").text
    assert "Le forum" in sources
    assert chief.api("GET", "/sources").json()["items"][0]["posts"] == 1
    assert person_in("auditor", name="seul").page("/sources").status_code == 403
