"""The directory: kept by a supervisor, read by everybody who works with the house, each change an entry of ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from desk_words import words_of
from directory_entries import agreement, organisation, pivot
from sqlalchemy import select, update

from store.tables import Organisation, RegisterEntry
from triage_api.directory.checking import MISTAKES
from triage_api.directory.flags import warnings
from triage_api.directory.kinds import REGIONS
from triage_api.shell.languages import catalogue

SHELTER = {
    "name": "Refuge de la Nuit",
    "kind": "shelter",
    "regions": ["Laval"],
    "phone": "450 555-0161",
    "hours": "lun-dim 20:00-08:00",
    "ages_from": 14,
    "ages_to": 17,
    "services": "Un lit pour la nuit.",
}
PIVOT = {"name": "Camille Fictive", "email": "camille@refuge.example", "valid_until": "2026-12-31"}


@pytest.fixture
def keeper(person_in):
    return person_in("supervisor", name="superviseure")


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="pivot-ecole")


@pytest.fixture
def chief(make_person):
    return make_person("supervisor", name="cheffe")


def made(browser, path, body):
    answer = browser.api("POST", path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def entries(store, kind):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == f"{kind}.changed"))
        return [json.loads(row.public) for row in rows]


def problems(answer):
    error = answer.json()["error"]
    return answer.status_code, error["field"], error["message"]


def test_a_supervisor_writes_an_organisation_its_pivot_and_their_agreement(keeper, store, clock):
    one = made(keeper, "/organisations", SHELTER)
    assert one | SHELTER == one
    assert one["flags"] == ["no_pivot"]
    first = made(keeper, "/pivots", {**PIVOT, "organisation": one["id"]})
    assert first["valid"]
    assert datetime.fromisoformat(first["valid_until"]) == datetime(2027, 1, 1, 5, tzinfo=UTC), "all of the day"
    second = made(keeper, "/pivots", {**PIVOT, "name": "Dominique", "organisation": one["id"], "backup": first["id"]})
    agreed = {"title": "Entente", "signed_on": "2026-01-01", "ends_on": "2027-01-01", "fields": ["age", "region"]}
    made(keeper, "/agreements", {**agreed, "organisation": one["id"]})
    whole = keeper.api("GET", f"/organisations/{one['id']}").json()
    assert [row["backup_name"] for row in whole["pivots"]] == ["", "Camille Fictive"]
    assert whole["pivots"][0]["flags"] == ["no_backup"]
    assert whole["pivots"][1]["flags"] == []
    assert whole["agreements"][0]["in_force"]
    assert entries(store, "organisation") == [{"act": "made", "organisation": one["id"]}]
    assert entries(store, "pivot") == [
        {"act": "made", "organisation": one["id"], "pivot": row["id"]} for row in (first, second)
    ]
    assert "Refuge" not in json.dumps(entries(store, "agreement"))


def test_a_partner_sees_organisations_and_no_pivot_but_themselves(keeper, partner, person_in, store):
    one = made(keeper, "/organisations", SHELTER)
    made(keeper, "/pivots", {**PIVOT, "organisation": one["id"]})
    own = {"name": "Moi", "account": "pivot-ecole", "valid_until": "2026-06-30", "organisation": one["id"]}
    made(keeper, "/pivots", own)
    for browser, names in ((partner, ["Moi"]), (person_in("auditor"), []), (person_in("partner", name="autre"), [])):
        told = browser.api("GET", f"/organisations/{one['id']}")
        assert [row["name"] for row in told.json()["pivots"]] == names
        assert told.json()["agreements"] is None
        assert told.json()["flags"] == []
        shown = browser.page(f"/directory/{one['id']}").text
        for untold in ("camille@refuge.example", "Camille", "Entente"):
            assert untold not in told.text + shown + browser.page("/directory").text
        assert "450 555-0161" in shown
        assert 'href="tel:4505550161"' in shown
        assert "/edit" not in shown
    seen = person_in("analyst").page(f"/directory/{one['id']}").text
    assert "camille@refuge.example" in seen


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hours": "la nuit"}, "hours"),
        ({"hours": "mon-fri 25:00-26:00"}, "hours"),
        ({"regions": ["Laval", "Atlantide"]}, "regions"),
        ({"regions": ["Hors Québec"]}, "regions"),
        ({"phone": "appelez-nous"}, "phone"),
        ({"ages_from": 18, "ages_to": 12}, "ages_to"),
        ({"ages_from": -1}, "ages_from"),
        ({"kind": "platform"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "x" * 301}, "name"),
    ],
)
def test_each_mistake_in_an_organisation_stands_at_its_field_and_nothing_typed_is_lost(keeper, store, change, field):
    answer = keeper.api("POST", "/organisations", json=SHELTER | change)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text
    page = keeper.send("/directory", **(SHELTER | change))
    assert page.status_code == 422
    assert f'id="p-{field}"' in page.text
    assert "Un lit pour la nuit." in page.text
    assert entries(store, "organisation") == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "camille"}, "email"),
        ({"email": "a@b.example\r\nBcc: x@y.example"}, "email"),
        ({"email": "Camille <a@b.example>"}, "email"),
        ({"email": ""}, "email"),
        ({"phone": "x"}, "phone"),
        ({"account": "nobody"}, "account"),
        ({"account": "superviseure"}, "account"),
        ({"valid_until": "2026-03-01"}, "valid_until"),
        ({"valid_until": "2036-03-01"}, "valid_until"),
        ({"valid_until": "bientôt"}, "valid_until"),
        ({"backup": "p-0"}, "backup"),
    ],
)
def test_each_mistake_in_a_pivot_stands_at_its_field(keeper, store, change, field):
    one = made(keeper, "/organisations", SHELTER)
    answer = keeper.api("POST", "/pivots", json=PIVOT | {"organisation": one["id"]} | change)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text
    page = keeper.send(f"/directory/{one['id']}/pivots", **({**PIVOT, "title": "Directrice"} | change))
    assert page.status_code == 422
    assert f'id="p-{field}"' in page.text
    assert 'value="Directrice"' in page.text
    assert entries(store, "pivot") == []


def test_all_mistakes_of_a_form_are_told_at_once_in_both_languages(keeper):
    page = keeper.send("/directory", **(SHELTER | {"hours": "la nuit", "phone": "?", "ages_from": 18}))
    told = words_of(page.text)
    for words in ("Écrivez les heures comme", "Écrivez un numéro comme", "Le dernier âge est avant"):
        assert words in told
    keeper.client.cookies.set("vigie_lang", "en")
    told = words_of(keeper.send("/directory", **(SHELTER | {"hours": "la nuit"})).text)
    assert "Write hours like" in told


def test_every_mistake_has_words_for_people():
    missing = {code for code in MISTAKES if f"problem.{code}" not in catalogue("fr")}
    assert not missing


def test_nobody_stands_in_for_themselves_or_from_another_organisation(keeper):
    one, other = made(keeper, "/organisations", SHELTER), made(keeper, "/organisations", SHELTER | {"name": "Autre"})
    first = made(keeper, "/pivots", {**PIVOT, "organisation": one["id"]})
    stranger = made(keeper, "/pivots", {**PIVOT, "organisation": other["id"]})
    for backup in (first["id"], stranger["id"]):
        answer = keeper.api("PUT", f"/pivots/{first['id']}", json=PIVOT | {"backup": backup})
        assert problems(answer)[:2] == (422, "backup")


def test_an_account_is_the_pivot_of_one_organisation(keeper, partner):
    one, other = made(keeper, "/organisations", SHELTER), made(keeper, "/organisations", SHELTER | {"name": "Autre"})
    made(keeper, "/pivots", {**PIVOT, "account": "pivot-ecole", "organisation": one["id"]})
    again = keeper.api("POST", "/pivots", json={**PIVOT, "account": "pivot-ecole", "organisation": other["id"]})
    assert problems(again)[:2] == (422, "account")


def test_a_name_is_there_once_whatever_its_case(keeper):
    made(keeper, "/organisations", SHELTER)
    again = keeper.api("POST", "/organisations", json=SHELTER | {"name": "REFUGE DE LA NUIT"})
    assert problems(again)[:2] == (422, "name")


def test_a_field_that_a_kind_of_organisation_is_never_told_is_refused(keeper):
    one = made(keeper, "/organisations", SHELTER)
    agreed = {"title": "Entente", "signed_on": "2026-01-01", "ends_on": "2027-01-01", "organisation": one["id"]}
    for wrong in ({"fields": ["age", "everything"]}, {"fields": []}, {"fields": ["age"], "ends_on": "2026-01-31"}):
        assert keeper.api("POST", "/agreements", json=agreed | {"fields": ["age"]} | wrong).status_code == 422
    page = keeper.send(f"/directory/{one['id']}/agreements", title="Entente", signed_on="2027-01-01", fields=["age"])
    assert page.status_code == 422
    assert 'value="Entente"' in page.text
    assert 'value="age" checked' in page.text


def test_what_nobody_confirmed_for_long_is_flagged_and_a_button_takes_the_flag_away(keeper, store, clock):
    one = made(keeper, "/organisations", SHELTER)
    pair = [made(keeper, "/pivots", {**PIVOT, "name": name, "organisation": one["id"]}) for name in "AB"]
    for row, backup in (pair, pair[::-1]):
        keeper.api("PUT", f"/pivots/{row['id']}", json=PIVOT | {"name": row["name"], "backup": backup["id"]})
    clock.forward(days=180)
    keeper.log_in("superviseure")
    assert keeper.api("GET", f"/organisations/{one['id']}").json()["flags"] == []
    clock.forward(seconds=1)
    assert keeper.api("GET", f"/organisations/{one['id']}").json()["flags"] == ["stale", "pivot_stale"]
    with store.database.reading() as session:
        told = list(warnings(store, session))
    assert len(told) == 3
    assert told[0] == "directory: Refuge de la Nuit: nobody has asked for long whether it is still so"
    assert not any("camille" in line.casefold() for line in told)
    assert keeper.send(f"/directory/{one['id']}/confirm").status_code == 303
    for row in pair:
        assert keeper.send(f"/directory/pivots/{row['id']}/confirm").status_code == 303
    assert keeper.api("GET", f"/organisations/{one['id']}").json()["flags"] == []
    assert entries(store, "organisation")[-1] == {"act": "confirmed", "organisation": one["id"]}


def test_agreements_and_pivots_are_flagged_sixty_days_before_their_end(desk, chief, keeper, clock):
    one = organisation(desk, chief)
    end = clock.now + timedelta(days=60)
    row = pivot(desk, chief, one.id, valid_until=end + timedelta(seconds=1))
    agreement(desk, chief, one.id, ["first_name"], ends_on=end.date() + timedelta(days=1))
    flags = keeper.api("GET", f"/organisations/{one.id}").json()["flags"]
    assert flags == ["no_backup"]
    clock.forward(days=1)
    keeper.log_in("superviseure")
    flags = keeper.api("GET", f"/organisations/{one.id}").json()["flags"]
    assert flags == ["pivot_ends", "no_backup", "agreement_ends"]
    clock.forward(days=61)
    keeper.log_in("superviseure")
    whole = keeper.api("GET", f"/organisations/{one.id}").json()
    assert whole["flags"] == ["no_pivot", "pivot_over", "no_backup", "agreement_over"]
    assert not whole["pivots"][0]["valid"]
    assert not whole["agreements"][0]["in_force"]
    assert row.id in keeper.page(f"/directory/{one.id}").text


def test_ending_deletes_nothing_and_takes_pivots_and_agreements_along(desk, chief, keeper, partner, store):
    one = organisation(desk, chief)
    row = pivot(desk, chief, one.id)
    agreement(desk, chief, one.id, ["first_name"])
    assert keeper.send(f"/directory/{one.id}/end").status_code == 303
    whole = keeper.api("GET", f"/organisations/{one.id}").json()
    assert whole["ended_at"]
    assert whole["pivots"][0]["ended_at"]
    assert whole["agreements"][0]["ended_at"]
    assert [entries(store, kind)[-1]["act"] for kind in ("organisation", "pivot", "agreement")] == ["ended"] * 3
    assert one.id not in partner.page("/directory").text
    assert one.id in keeper.page("/directory?ended=true").text
    for path in (f"/organisations/{one.id}/end", f"/pivots/{row.id}/end", f"/pivots/{row.id}/confirm"):
        assert keeper.api("POST", path).status_code == 409
    assert keeper.api("PUT", f"/organisations/{one.id}", json=SHELTER).status_code == 409
    new = {**PIVOT, "organisation": one.id}
    assert keeper.api("POST", "/pivots", json=new).json()["error"]["code"] == "organisation_ended"
    assert keeper.send(f"/directory/{one.id}/pivots", **PIVOT).status_code == 409
    assert keeper.api("POST", f"/organisations/{one.id}/confirm").json()["ended_at"] is None
    assert keeper.api("POST", "/pivots", json=new).status_code == 201


@pytest.mark.parametrize(
    ("moment", "state", "changes"),
    [
        ("2026-03-02T14:30", False, "2026-03-03T01:00"),  # Monday, 09:30: opens at 20:00
        ("2026-03-03T01:00", True, "2026-03-03T13:00"),
        ("2026-03-03T12:59", True, "2026-03-03T13:00"),  # over midnight
        ("2026-03-03T13:00", False, "2026-03-04T01:00"),
        ("2026-03-08T06:30", True, "2026-03-08T12:00"),  # the night in which an hour is left out
        ("2026-11-01T05:30", True, "2026-11-01T13:00"),  # and the one in which an hour comes twice
    ],
)
def test_open_now_is_told_to_the_minute_in_the_time_of_quebec(keeper, clock, moment, state, changes):
    clock.now = datetime.fromisoformat(f"{moment}:00+00:00")
    keeper.log_in("superviseure")
    one = made(keeper, "/organisations", SHELTER)
    assert one["open_now"] is state
    assert one["changes_at"] == f"{changes}:00Z"


def test_shelters_open_now_for_somebody_of_sixteen_in_laval(keeper, partner, clock):
    clock.now = datetime(2026, 3, 3, 4, tzinfo=UTC)  # 23:00
    keeper.log_in("superviseure")
    partner.log_in("pivot-ecole")
    made(keeper, "/organisations", SHELTER)
    others = (
        {"name": "Trop vieux", "ages_from": 18, "ages_to": None},
        {"name": "Ailleurs", "regions": ["Estrie"]},
        {"name": "Le jour", "hours": "mon-fri 08:00-16:00"},
        {"name": "Heures inconnues", "hours": ""},
        {"name": "Toujours", "hours": "24/7", "regions": [], "ages_from": None, "ages_to": None},
        {"name": "Une école", "kind": "school"},
    )
    for other in others:
        made(keeper, "/organisations", SHELTER | other)
    asked = {"kind": "shelter", "region": "Laval", "age": 16, "open": "true"}
    told = partner.api("GET", "/organisations", params=asked).json()["items"]
    assert [one["name"] for one in told] == ["Heures inconnues", "Refuge de la Nuit", "Toujours"]
    assert [one["open_now"] for one in told] == [None, True, True]
    assert told[2]["changes_at"] is None
    page = words_of(partner.client.get("/directory", params=asked).text)
    assert "heures inconnues : appelez" in page
    assert "Trop vieux" not in page
    wrong = partner.client.get("/directory", params=asked | {"age": "seize"})
    assert (wrong.status_code, 'value="seize"' in wrong.text) == (422, True)
    assert partner.api("GET", "/organisations", params={"region": "Atlantide"}).status_code == 422


def test_a_long_list_goes_on_from_its_cursor_and_a_foreign_one_is_refused(keeper, partner):
    names = [f"{letter} maison" for letter in "éàbcd"]
    for name in names:
        made(keeper, "/organisations", SHELTER | {"name": name})
    found, params = [], {"limit": 2}
    while True:
        page = partner.api("GET", "/organisations", params=params).json()
        found += [one["name"] for one in page["items"]]
        if not page["next"]:
            break
        params["cursor"] = page["next"]
    assert found == ["à maison", "b maison", "c maison", "d maison", "é maison"]
    assert partner.api("GET", "/organisations", params={"cursor": "x"}).status_code == 422


def test_what_is_typed_stands_there_as_text(keeper, partner):
    hostile = '"><img src="http://suivi.example/pixel.gif">'
    one = made(keeper, "/organisations", SHELTER | {"name": hostile, "services": hostile})
    made(keeper, "/pivots", {**PIVOT, "name": hostile, "title": hostile, "organisation": one["id"]})
    for path in (
        "/directory",
        f"/directory/{one['id']}",
        f"/directory/{one['id']}/edit",
        f"/directory/{one['id']}/pivots",
    ):
        assert '<img src="http' not in keeper.page(path).text


def test_the_forms_show_what_is_there_and_change_it(keeper, store):
    one = made(keeper, "/organisations", SHELTER)
    page = keeper.page(f"/directory/{one['id']}/edit").text
    assert 'value="Laval" checked' in page
    assert 'value="450 555-0161"' in page
    changed = keeper.send(
        f"/directory/{one['id']}/edit", **(SHELTER | {"phone": "450 555-0162", "regions": REGIONS[:2]})
    )
    assert changed.status_code == 303
    assert entries(store, "organisation")[-1] == {
        "act": "changed",
        "changed": ["regions", "phone"],
        "organisation": one["id"],
    }
    row = made(keeper, "/pivots", {**PIVOT, "organisation": one["id"]})
    assert 'value="2026-12-31"' in keeper.page(f"/directory/pivots/{row['id']}").text
    assert keeper.send(f"/directory/pivots/{row['id']}", **(PIVOT | {"title": "Chef"})).status_code == 303
    assert entries(store, "pivot")[-1]["changed"] == ["title"]
    agreed = {"title": "Entente", "signed_on": "2026-01-01", "ends_on": "2027-01-01", "fields": ["age", "region"]}
    assert keeper.send(f"/directory/{one['id']}/agreements", **agreed).status_code == 303
    (kept,) = keeper.api("GET", f"/organisations/{one['id']}").json()["agreements"]
    assert 'value="age" checked' in keeper.page(f"/directory/agreements/{kept['id']}").text
    assert keeper.send(f"/directory/agreements/{kept['id']}", **(agreed | {"fields": "age"})).status_code == 303
    assert entries(store, "agreement")[-1]["changed"] == ["fields"]
    assert keeper.send(f"/directory/agreements/{kept['id']}/end").status_code == 303


def test_nothing_changes_while_the_register_cannot_be_written(keeper, no_register, store):
    one = made(keeper, "/organisations", SHELTER)
    no_register()
    assert keeper.api("POST", f"/organisations/{one['id']}/end").status_code == 503
    with store.database.reading() as session:
        assert session.get_one(Organisation, one["id"]).ended_at is None


def test_hours_written_past_the_form_are_not_known(keeper, store):
    one = made(keeper, "/organisations", SHELTER)
    with store.database.writing() as session:
        session.execute(update(Organisation).values(hours="la nuit"))
    told = keeper.api("GET", f"/organisations/{one['id']}").json()
    assert (told["open_now"], told["changes_at"]) == (None, None)
