"""The count form: every bad row is told by file and line; sums never tell what one organisation withheld."""

from __future__ import annotations

from datetime import date

import pytest
from month_figures import drawn, keep

from store.errors import BadInput
from triage_api.trends.adding import add_up, read_all
from triage_api.trends.form import COLUMNS, blank_csv
from triage_api.trends.publishing import publish_over, published

HEAD = ",".join(COLUMNS) + "\n"


@pytest.fixture
def filled(tmp_path):
    def one(name: str, *rows: str):
        path = tmp_path / name
        path.write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
        return path

    return one


def test_the_blank_form_is_read_back_as_no_count(tmp_path, clock):
    path = tmp_path / "form.csv"
    path.write_bytes(blank_csv(clock()))
    assert read_all([path]) == ([], [])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("Maison,2026-13,flagged,*,12", "month"),
        ("Maison,2026-01-05,flagged,*,12", "month"),
        ("Maison,2026-01,authors,*,12", "figure"),
        ("Maison,2026-01,flagged,Atlantide,12", "region"),
        ("Maison,2026-01,flagged,*,9", "count"),
        ("Maison,2026-01,flagged,*,0", "count"),
        ("Maison,2026-01,flagged,*,-3", "count"),
        ("Maison,2026-01,flagged,*,=1+1", "count"),
        ("Maison,2026-01,flagged,*,<5", "count"),
        (",2026-01,flagged,*,12", "organisation"),
        ("Maison,2026-01,flagged,*,12,encore", "more"),
    ],
)
def test_a_bad_row_is_told_by_file_line_and_field(filled, row, field):
    path = filled("a.csv", "Maison,2026-01,flagged,Laval,12", row)
    rows, wrong = read_all([path])
    assert len(rows) == 1
    (line,) = wrong
    assert line.startswith(f"{path}:3: {field}: ")


def test_the_same_month_of_an_organisation_is_counted_once(filled):
    first = filled("a.csv", "Maison,2026-01,flagged,*,12", "Maison,2026-01,flagged,Laval,12")
    assert read_all([first])[1] == []
    again = filled("b.csv", "maison,2026-01,signal:minor,*,15")
    assert "already" in read_all([first, again])[1][0]
    twice = filled("c.csv", "Maison,2026-01,flagged,*,12", "Maison,2026-01,flagged,*,14")
    assert "twice" in read_all([twice])[1][0]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe", b""])
def test_what_is_no_form_is_told(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        read_all([path])


def test_what_anybody_withheld_stays_withheld(store, make_person, filled):
    keep(store, date(2026, 1, 1), drawn(3, 900))
    publish_over(store)
    person = make_person("partner")
    rows, wrong = read_all(
        [
            filled("a.csv", "Maison,2026-01,flagged,*,12", "Maison,2026-01,signal:minor,*,<10"),
            filled("b.csv", "Clinique,2026-01,flagged,*,30", "Clinique,2026-01,signal:minor,*,40"),
            filled("c.csv", "Clinique,2025-06,flagged,*,30", "Clinique,2026-01,flagged,Nord-du-Québec,11"),
        ][:2]
    )
    assert not wrong
    table = {(row.month, row.figure, row.region): row for row in add_up(store, person, rows)}
    with store.database.reading() as session:
        ours = published(session, [date(2026, 1, 1)])["2026-01", "region"]
    own = {cell: count for cell, count in ours.items() if cell.figure == "flagged"}
    (flagged,) = own.values()
    assert flagged is not None
    assert (table["2026-01", "flagged", "*"].count, table["2026-01", "flagged", "*"].organisations) == (flagged + 42, 3)
    assert table["2026-01", "signal:minor", "*"].count is None
    for cell, count in ours.items():
        name = f"{cell.figure}:{cell.value}" if cell.value else cell.figure
        if count is None:
            assert table["2026-01", name, cell.region].count is None, "ours is never told by adding"
