"""The ledger: who was told what about whom, on what ground; read by supervisors and auditors, changed by nobody."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from told_house import ASKED, House, body, code, events, ground_of

from store.errors import DatabaseUnavailable
from store.register import Event
from triage_api.ledger.writing import write_line


@pytest.fixture
def house(store) -> House:
    return House(store)


@pytest.fixture
def told(house, person_in):
    """Tell two organisations of one youth and one of another; return requests, organisations, referrals."""
    school = person_in("partner", name="ecole")
    requests = [school.api("POST", "/requests", json=ASKED).json()["id"] for _ in range(2)]
    organisations = [house.organisation(name="=DPJ de l'Estrie"), house.organisation("police")]
    pivots = [house.pivot(one) for one in organisations]
    analyst, made = person_in("analyst"), []
    for request, pivot in ((requests[0], pivots[0]), (requests[0], pivots[1]), (requests[1], pivots[0])):
        given = body(request, pivot, ground_of("dpj", people=1, urgent=True), send=True)
        made.append(analyst.api("POST", "/referrals", json=given).json()["id"])
    return requests, organisations, made


@pytest.fixture
def auditor(person_in):
    return person_in("auditor")


def abouts(browser, **params: str) -> list[str]:
    answer = browser.api("GET", "/ledger", params=params)
    assert answer.status_code == 200, answer.text
    return [one["about"] for one in answer.json()["items"]]


def test_who_was_told_what_of_a_youth_by_whom_and_on_what_ground(store, told, auditor):
    requests, organisations, made = told
    assert abouts(auditor, request=requests[0]) == [made[1], made[0]]
    assert abouts(auditor, organisation=organisations[0]) == [made[2], made[0]]
    assert abouts(auditor, since="2026-03-03T00:00") == []
    assert abouts(auditor, since="2026-03-02", until="2026-03-02") == made[::-1]
    page = auditor.api("GET", "/ledger", params={"request": requests[1]}).json()
    line = page["items"][0]
    assert (line["request"], line["fields"], line["kind"]) == (requests[1], ["plain_summary"], "call")
    assert page["total"] == 1
    counts = {one["ground"]: one["count"] for one in page["grounds"]}
    assert counts.pop(line["ground"]) == 1
    assert "lpj_38_d2" in counts
    assert set(counts.values()) == {0}
    assert len(events(store, "ledger.read")) == 5
    assert events(store, "ledger.read")[0] == {"event": "ledger.read", "request": requests[0], "count": 2}


def test_each_line_has_the_entry_that_says_the_same(store, told, auditor):
    for line in auditor.api("GET", "/ledger").json()["items"]:
        entry = next(one for one in events(store, "referral.sent") if one["about"] == line["about"])
        assert (entry["fields"], entry["ground"]) == (line["fields"], line["ground"])


def test_pages_of_it(told, auditor):
    first = auditor.api("GET", "/ledger", params={"limit": 2}).json()
    assert [one["about"] for one in first["items"]] == told[2][:0:-1]
    rest = auditor.api("GET", "/ledger", params={"limit": 2, "cursor": first["next"]}).json()
    assert ([one["about"] for one in rest["items"]], rest["next"]) == (told[2][:1], None)


@pytest.mark.parametrize("field", ["request", "post", "organisation"])
def test_a_mistyped_number_never_reads_as_nobody_was_told(told, auditor, field):
    assert code(auditor.api("GET", "/ledger", params={field: "x-rien"})) == (422, f"unknown_{field}", field)
    page = auditor.page(f"/ledger?{field}=x-rien")
    assert page.status_code == 422
    assert "x-rien" in page.text


def test_the_page_shows_it_and_the_file_runs_no_formula(store, told, auditor):
    page = auditor.page(f"/ledger?request={told[0][0]}")
    assert page.status_code == 200
    assert told[2][0] in page.text
    assert f"/ledger/file.csv?request={told[0][0]}" in page.text
    rows = list(csv.DictReader(io.StringIO(auditor.page(f"/ledger/file.csv?request={told[0][0]}").text)))
    assert [row["about"] for row in rows] == [told[2][1], told[2][0]]
    assert rows[1]["organisation"] == "'=DPJ de l'Estrie"
    assert rows[1]["request"] == told[0][0]
    assert events(store, "ledger.read")[-1]["file"] is True


@pytest.mark.parametrize("role", ["analyst", "partner", "administrator", "researcher"])
def test_nobody_else_reads_it(told, browser, person_in, role):
    reader = person_in(role, name="curieux")
    for path in ("/api/ledger", "/api/ledger/file", "/ledger", "/ledger/file.csv"):
        assert reader.client.get(path).status_code == 403, path


def test_a_line_is_never_changed_nor_taken_out(store, told):
    statements = ["UPDATE disclosures SET ground = 'other'", "DELETE FROM disclosures"]
    if store.database.is_sqlite:
        columns = "id, kind, about, ground, fields, by, at, entry"
        same = "1, 'call', 'x', 'x', '[]', 'x', '2026-01-01', 1"
        statements.append(f"INSERT OR REPLACE INTO disclosures ({columns}) VALUES ({same})")
    else:
        statements.append("TRUNCATE disclosures")
    for statement in statements:
        with pytest.raises((DBAPIError, DatabaseUnavailable)) as caught, store.database.writing() as session:
            session.execute(text(statement))
        told_of = caught.value.__cause__ if isinstance(caught.value, DatabaseUnavailable) else caught.value
        assert "append-only" in str(told_of), statement


def test_no_entry_no_line(store, make_person, no_register, person_in):
    person, auditor = make_person("supervisor", name="cheffe"), person_in("auditor")
    no_register()
    with pytest.raises(Exception, match="register"), store.database.writing() as session:
        write_line(
            session,
            store,
            person,
            kind="answer",
            about="r-1",
            subject=None,
            organisation=None,
            pivot=None,
            ground="other",
            consent=None,
            fields=["region"],
            event=Event.REQUEST_ANSWERED,
            public={},
        )
    with store.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM disclosures")).scalar_one() == 0
    assert auditor.api("GET", "/ledger").status_code == 503
