"""The report of outcomes: whole quarters that are over, nothing from which a small figure can be worked out."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from told_house import House, code

from disclosure.figures import LEAST
from store.tables import QueueItem, Referral, Request, Subject, User
from triage_api.outcomes.counting import NEAREST, rounded, told_of
from triage_api.outcomes.quarters import Quarter, named, offered
from triage_api.shell.spreadsheets import as_csv

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LAST = datetime(2025, 11, 10, 15, tzinfo=UTC)
NUMBERS = count(1)


@pytest.fixture
def asked(store, analyst):
    """Keep a request of the last quarter, as it is kept once it was erased: without a word of what was told."""

    def one(at: datetime = LAST, answer: str | None = "act", hours: float = 3, **more: object) -> str:
        identity = f"r-{next(NUMBERS):020}"
        with store.database.writing() as session:
            user = session.scalars(select(User.id)).first()
            session.add(Subject(id=f"j-{identity}", created_at=at))
            session.flush()
            row = Request(id=identity, partner_id=user, subject_id=f"j-{identity}", sealed=b"", created_at=at, **more)
            if answer:
                row.status, row.answer_kind, row.answered_at = "answered", answer, at + timedelta(hours=hours)
            session.add(row)
            session.flush()
            item = QueueItem(id=f"q-{identity}", request_id=identity, lane="requests", urgency="soon", rank=2)
            item.signals, item.created_at, item.taken_at = [], at, at + timedelta(minutes=32)
            session.add(item)
        return identity

    return one


@pytest.fixture
def sent(store, asked):
    """Keep a referral that was sent in the last quarter."""
    house = House(store)

    def one(request: str, organisation: str, pivot: str, **more: object) -> None:
        with store.database.writing() as session:
            kept = session.get_one(Request, request)
            row = Referral(id=f"f-{next(NUMBERS):020}", request_id=request, subject_id=kept.subject_id, **more)
            row.organisation_id, row.pivot_id = organisation, pivot
            row.stage, row.fields, row.posts, row.sealed = "plain", [], [], b""
            row.state, row.created_by, row.created_at, row.sent_at = "sent", kept.partner_id, LAST, LAST
            row.due_at = LAST + timedelta(days=5)
            session.add(row)

    return house, one


def table(told: dict, name: str) -> dict:
    return next(one for one in told["tables"] if one["name"] == name)


def cells(told: dict, name: str) -> dict[str, int | None]:
    return {one["name"]: one["count"] for one in table(told, name)["cells"]}


def test_only_whole_quarters_that_are_over_are_offered(analyst):
    names = [str(one) for one in offered(NOW)]
    assert names[:2] == ["2025-Q4", "2025-Q3"]
    assert len(names) == 8
    assert (Quarter(2025, 4).first.isoformat(), Quarter(2025, 4).last.isoformat()) == ("2025-10-01", "2025-12-31")
    assert Quarter(2025, 4).until == Quarter(2026, 1).since == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert str(named(None, NOW)) == "2025-Q4"
    assert code(analyst.api("GET", "/outcomes", params={"quarter": "2026-Q1"})) == (422, "no_such_quarter", "quarter")
    assert analyst.api("GET", "/outcomes", params={"quarter": "2025-Q3"}).json()["quarter"] == "2025-Q3"
    for other in ("2025-11", "2025-10-01/2025-10-02", "*"):
        assert analyst.api("GET", "/outcomes", params={"quarter": other}).status_code == 422


def test_a_quarter_without_anything_tells_nothing_not_even_that(analyst):
    told = analyst.api("GET", "/outcomes").json()
    assert {cell["count"] for one in told["tables"] for cell in one["cells"]} == {None}
    assert {one["total"] for one in told["tables"]} == {None}
    assert {cell["count"] for cell in told["alone"]} == {None}
    assert told["outcome_reached"] is None
    assert {one["median_s"] for one in told["times"]} == {None}


def test_figures_are_rounded_and_small_ones_withheld_with_others(asked, analyst):
    for number in range(32):
        asked(runaway=number < 28, region="Laval" if number < 17 else "Estrie", channel="portal")
    asked(at=datetime(2026, 1, 10, tzinfo=UTC), region="Laval")
    told = analyst.api("GET", "/outcomes").json()
    assert table(told, "runaway") == {
        "name": "runaway",
        "cells": [{"name": "runaway", "count": None}, {"name": "other", "count": None}],
        "total": 30,
    }, "4 are withheld, and 28 with them, or the total would tell them"
    regions = cells(told, "region")
    assert (regions["Laval"], regions["Estrie"]) == (15, None), "15 more cells of nothing hide nothing"
    assert {one["total"] for one in told["tables"][:4]} == {30}
    assert told["times"][0] == {"name": "first_reading", "median_s": 30 * 60, "p90_s": 30 * 60}
    assert told["times"][1] == {"name": "answer", "median_s": 3 * 3600, "p90_s": 3 * 3600}


def test_referrals_by_organisation_ground_and_outcome(sent, asked, analyst):
    house, send = sent
    request = asked()
    of = house.organisation("dpj")
    pivot = house.pivot(of)
    for number in range(40):
        outcome = {"outcome": "safe"} if number < 33 else {}
        ground = "lpj_38_d1" if number < 20 else "lpj_38_d2"
        taken = {"acknowledged_at": LAST + timedelta(days=1 if number < 20 else 9)}
        send(request, of, pivot, ground=ground, **taken, **outcome)
    told = analyst.api("GET", "/outcomes").json()
    assert (cells(told, "ground")["lpj_38_d1"], cells(told, "ground")["lpj_38_d2"]) in ((20, None), (None, 20))
    assert table(told, "organisation")["total"] == 40
    assert told["outcome_reached"] is True
    with house.store.database.writing() as session:
        for row in session.scalars(select(Referral).where(Referral.outcome != "").limit(5)):
            row.outcome = ""
    assert analyst.api("GET", "/outcomes").json()["outcome_reached"] is False


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 60), min_size=2, max_size=8))
def test_what_is_withheld_cannot_be_worked_out(counts):
    told, total = told_of(counts)
    hidden = [name for name, count in told.items() if count is None]
    assert all(counts[name] >= LEAST for name, count in told.items() if count is not None)
    assert all(count % NEAREST == 0 for count in told.values() if count is not None)
    assert (total is None) is (sum(counts.values()) < LEAST), "told in all tables of the same rows, or in none"
    if hidden and total is not None:
        assert len(hidden) >= 2
        assert sum(counts[name] for name in hidden) >= LEAST


def test_rounding_is_to_the_nearest():
    assert [rounded(number) for number in (10, 12, 13, 17, 18)] == [10, 10, 15, 15, 20]


def test_the_file_runs_nothing_and_leaves_withheld_figures_empty(asked, analyst):
    for _ in range(12):
        asked(region="Laval")
    answer = analyst.page("/outcomes/file.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {"quarter": "2025-Q4", "table": "region", "name": "*", "count": "10"} in rows
    assert {"quarter": "2025-Q4", "table": "alone", "name": "meetings", "count": ""} in rows
    assert (
        as_csv(["a"], [["=1+1"], ["+1"], ["-1"], ["@x"], [["ab", "c"]], [None]])
        == b"a\n'=1+1\n'+1\n'-1\n'@x\nab c\n\"\"\n"
    )


def test_the_page_has_a_table_and_a_chart_of_each(asked, analyst):
    for _ in range(12):
        asked(region="Laval")
    page = analyst.page("/outcomes").text
    told = analyst.api("GET", "/outcomes").json()
    for one in told["tables"]:
        address = f"/outcomes/chart.svg?name={one['name']}&quarter={told['quarter']}"
        assert address.replace("&", "&amp;") in page
        drawn = analyst.page(address)
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert "<svg" in drawn.text
    assert "r-0000" not in page + json.dumps(told)


@pytest.mark.parametrize(
    ("role", "status"), [("supervisor", 200), ("auditor", 200), ("partner", 403), ("researcher", 403)]
)
def test_who_reads_it(person_in, role, status):
    assert person_in(role).api("GET", "/outcomes").status_code == status
