"""Views: filters under a name, one's own only, thirty at most."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from desk_words import words_of
from queue_rows import put, row

from triage_api.queue.views import MOST

LATE = {"lane": "at_risk", "desk": "Île-du-Sud & alentours", "late": True}


def save(browser, name="Mes retards", **filters):
    return browser.api("POST", "/queue/views", json={"name": name, "filters": filters})


def names(browser):
    return [view["name"] for view in browser.api("GET", "/queue/views").json()["items"]]


def test_a_view_is_saved_opened_renamed_and_deleted(analyst, store, clock):
    came = clock() - timedelta(days=2)
    inside, _ = put(store, row("at_risk", came, desk=LATE["desk"]), row("ads", came))
    made = save(analyst, **LATE)
    assert made.status_code == 201, made.text
    view = made.json()
    assert view["filters"] == {**LATE, "signal": None, "status": "open"}
    opened = analyst.page(f"/queue?{view['query']}").text
    assert re.findall(r'<tr id="(.+?)"', opened) == [inside]
    assert analyst.api("GET", f"/queue/views/{view['id']}").json() == view
    renamed = analyst.api("PATCH", f"/queue/views/{view['id']}", json={"name": "  Autre  "})
    assert renamed.json() == view | {"name": "Autre"}
    assert analyst.api("PATCH", f"/queue/views/{view['id']}", json={"name": "Autre"}).status_code == 200
    assert analyst.api("DELETE", f"/queue/views/{view['id']}").status_code == 204
    assert names(analyst) == []
    assert analyst.api("GET", f"/queue/views/{view['id']}").status_code == 404


def test_a_view_is_nobody_elses(analyst, person_in):
    identity = save(analyst).json()["id"]
    other = person_in("supervisor", name="chef")
    assert save(other).status_code == 201, "a name is taken for oneself only"
    for method, sent in (("GET", {}), ("PATCH", {"json": {"name": "x"}}), ("DELETE", {})):
        assert other.api(method, f"/queue/views/{identity}", **sent).status_code == 404
    assert other.send(f"/queue/views/{identity}", name="x").status_code == 404
    assert other.send(f"/queue/views/{identity}/delete").status_code == 404
    assert names(analyst) == ["Mes retards"]
    assert person_in("partner").api("GET", "/queue/views").status_code == 403


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({}, "name"),
        ({"name": "a", "filters": {"lane": "nulle"}}, "filters.lane"),
        ({"name": "a", "filters": {"voie": "ads"}}, "filters.voie"),
        ({"name": "a", "filters": {"desk": "x" * 101}}, "filters.desk"),
    ],
)
def test_a_view_that_cannot_be_is_refused_by_the_field(analyst, sent, field):
    answer = analyst.api("POST", "/queue/views", json=sent)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert names(analyst) == []


def test_names_are_unique_and_thirty_is_the_most(analyst):
    for number in range(MOST):
        assert save(analyst, f"Vue {number:02}").status_code == 201
    taken = save(analyst, " Vue 03 ")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "view_named")
    full = save(analyst, "Une de trop")
    assert (full.status_code, full.json()["error"]["code"]) == (409, "views_full")
    last = analyst.api("GET", "/queue/views").json()["items"][-1]["id"]
    renamed = analyst.api("PATCH", f"/queue/views/{last}", json={"name": "Vue 03"})
    assert (renamed.status_code, renamed.json()["error"]["field"]) == (409, "name")
    assert len(names(analyst)) == MOST


def test_of_two_that_save_one_name_at_once_one_succeeds(analyst, desk, make_person):
    from concurrent.futures import ThreadPoolExecutor

    from store.errors import Conflict
    from triage_api.queue.views import ViewIn
    from triage_api.queue.views import save as keep

    person = make_person("analyst", name="pressée")

    def attempt(_):
        try:
            keep(desk, person, ViewIn(name="La même"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


def test_views_work_from_the_page(analyst):
    listed = analyst.page("/queue?lane=ads&late=1").text
    assert 'name="lane" value="ads"' in listed
    assert 'name="late" value="1"' in listed
    assert "Garder ces filtres" not in analyst.page("/queue").text, "nothing to keep"
    made = analyst.send("/queue/views", name="Annonces <b>tardives", lane="ads", late="1")
    assert made.headers["location"] == "/queue?lane=ads&late=1"
    after = analyst.page("/queue?lane=ads&late=1").text
    assert "Annonces &lt;b&gt;tardives" in after
    assert re.search(r'href="/queue\?lane=ads&amp;late=1" aria-current="true"', after)
    again = analyst.send("/queue/views", name="Annonces <b>tardives", lane="recruitment", signal="minor")
    assert again.status_code == 409
    assert 'name="signal" value="minor"' in again.text, "nothing typed is lost"
    assert "porte déjà ce nom" in words_of(again.text)
    wrong = analyst.send("/queue/views", name="  ", lane="ads")
    assert wrong.status_code == 422
    assert "Ce champ est requis" in wrong.text
    analyst.send("/queue/views", name="Deuxième", signal="minor")
    identity = re.findall(r'action="/queue/views/(w-\w+)"', analyst.page("/queue/views").text)[1]
    assert analyst.send(f"/queue/views/{identity}", name="Annonces <b>tardives").status_code == 409
    assert analyst.send(f"/queue/views/{identity}", name="Troisième").headers["location"] == "/queue/views"
    assert names(analyst) == ["Annonces <b>tardives", "Troisième"]
    assert analyst.send(f"/queue/views/{identity}/delete").status_code == 303
    assert names(analyst) == ["Annonces <b>tardives"]


def test_a_view_of_a_lane_that_is_no_more_opens_the_whole_queue(analyst, store):
    from store.tables import SavedView

    identity = save(analyst, lane="ads").json()["id"]
    with store.database.writing() as session:
        session.get_one(SavedView, identity).filters = {"lane": "abolie"}
    assert analyst.api("GET", f"/queue/views/{identity}").json()["query"] == ""
