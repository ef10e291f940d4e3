"""Trends as they are told: whole months that are over, published once, to those whom the policy lets read them."""

from __future__ import annotations

import csv
import io
from datetime import date
from html import unescape

import pytest
from desk_words import words_of
from month_figures import drawn, keep
from told_house import code, events

from store.counts import count_all, trend_name
from store.tables import PublishedView
from triage_api.access.models import Role
from triage_api.sources.coverage import WALLED
from triage_api.trends.charts import CHARTED
from triage_api.trends.dictionary import VERSION
from triage_api.trends.publishing import STANDARD, closing, publish_over
from triage_api.trends.service import CHOICES


def text_of(page) -> str:
    return unescape(words_of(page.text))


MONTH = date(2026, 1, 1)
READS = {Role.ANALYST, Role.PARTNER, Role.SUPERVISOR, Role.RESEARCHER, Role.AUDITOR}


@pytest.fixture
def january(store, clock):
    """Publish a month of 4,000 texts, of which one in ten is flagged."""
    assert clock().month == 3, "January is over"
    keep(store, MONTH, drawn(1, 4000))
    assert publish_over(store) == 1
    return store


def asked(browser, **params):
    answer = browser.api("GET", "/trends", params={"since": "2026-01", "until": "2026-01"} | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_figures_of_a_month_come_with_rates_coverage_and_the_dictionary(january, analyst):
    told = asked(analyst, by="signal")
    assert (told["least"], told["nearest"], told["dictionary"]) == (10, 5, VERSION)
    assert set(WALLED) <= set(told["coverage"]["not_covered"])
    assert told["coverage"]["sources"] == []
    (month,) = told["months"]
    cells = {(cell["figure"], cell["value"]): cell for cell in month["cells"]}
    read = cells["read", ""]["count"]
    assert abs(read - 4000) < 5
    for name in ("minor", "distress", "recruitment"):
        cell = cells["signal", name]
        assert (cell["of"], cell["per"]) == ("read", 1000)
        assert cell["rate"] == round(1000 * cell["count"] / read, 1)


def test_a_rate_is_told_only_where_both_figures_are(january, analyst):
    whole = {cell["region"]: cell["count"] for cell in asked(analyst, by="region")["months"][0]["cells"]}
    cells = asked(analyst, by="signal,region")["months"][0]["cells"]
    assert any(cell["count"] is None for cell in cells)
    assert any(cell["rate"] is not None for cell in cells if cell["region"] != "*")
    for cell in cells:
        assert (cell["rate"] is None) is (cell["count"] is None or whole[cell["region"]] is None)


def test_nothing_that_is_told_is_small_or_not_rounded(january, analyst):
    told = 0
    for by in CHOICES:
        answer = analyst.api("GET", "/trends", params={"by": by, "since": "2026-01", "until": "2026-01"})
        if answer.status_code == 409:
            assert code(answer) == (409, "differencing", "by")
            continue
        cells = answer.json()["months"][0]["cells"]
        assert cells
        told += sum(cell["count"] is not None for cell in cells)
        for cell in cells:
            assert cell["count"] is None or (cell["count"] >= 10 and cell["count"] % 5 == 0)
    assert told > 50


@pytest.mark.parametrize(
    "period",
    [
        {"since": "2026-01-15"},
        {"until": "2026-01-31"},
        {"since": "2026-Q1"},
        {"since": "2026"},
        {"until": "2026-03"},  # it runs
        {"until": "2027-01"},
        {"since": "2026-1"},
        {"until": "hier"},
    ],
)
def test_anything_but_whole_months_that_are_over_is_refused(analyst, period):
    whole = {"since": "2026-01", "until": "2026-01"}
    answer = analyst.api("GET", "/trends", params=whole | period)
    assert code(answer) == (422, "differencing", next(iter(period)))
    page = analyst.page(f"/trends?{next(iter(period))}={next(iter(period.values()))}")
    assert page.status_code == 422
    assert next(iter(period.values())) in page.text, "nothing typed is lost"


def test_a_month_is_over_on_the_third_day_of_the_next(store, clock, person_in):
    keep(store, date(2026, 2, 1), drawn(1, 300))
    assert publish_over(store) == 0
    wanted = {"since": "2026-02", "until": "2026-02"}
    assert code(person_in("analyst").api("GET", "/trends", params=wanted)) == (422, "differencing", "until")
    clock.forward(days=1)
    assert publish_over(store) == 1
    assert person_in("partner").api("GET", "/trends", params=wanted).status_code == 200


def test_bad_questions_are_told_by_field(analyst):
    for params, wanted in (
        ({"by": "kind,language"}, ("not_counted", "by")),
        ({"by": "source,region"}, ("not_counted", "by")),
        ({"by": "author"}, ("not_counted", "by")),
        ({"since": "2026-01", "until": "2025-12"}, ("months_reversed", "since")),
        ({"since": "2023-01", "until": "2026-01"}, ("too_many_months", "since")),
    ):
        answer = analyst.api("GET", "/trends", params=params)
        assert code(answer) == (422, *wanted)


def test_a_month_is_published_once_with_its_entry_and_never_rewritten(january, analyst):
    before = [asked(analyst, by=by) for by in STANDARD]
    (entry,) = events(january, "view.published")
    assert (entry["month"], entry["views"]) == ("2026-01", list(STANDARD))
    assert 0 < entry["withheld"] < entry["figures"]
    with january.database.writing() as session:  # a late figure, as no code writes one
        count_all(session, MONTH, {trend_name("flagged", "", "Laval"): 500})
    assert publish_over(january) == 0
    assert [asked(analyst, by=by) for by in STANDARD] == before
    assert len(events(january, "view.published")) == 1


def test_the_step_looks_once_an_hour_and_closes_every_month_that_is_left(store, clock):
    for month in (date(2025, 11, 1), date(2026, 1, 1)):
        keep(store, month, drawn(month.month, 200))
    run = closing(store)
    assert run() == 3, "December, of which nothing was counted, lies between"
    keep(store, date(2026, 2, 1), drawn(2, 200))
    clock.forward(days=1)
    assert run() == 1
    assert run() == 0


def test_a_month_before_anything_was_counted_has_no_figures(january, analyst):
    told = asked(analyst, since="2025-12")
    assert [(one["month"], bool(one["cells"])) for one in told["months"]] == [("2025-12", False), ("2026-01", True)]
    empty = analyst.page("/trends?since=2025-11&until=2025-12")
    assert "pas publiée" in text_of(empty)
    assert WALLED[0] in text_of(empty)


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_them(person_in, role):
    browser, status = person_in(role.value), 200 if role in READS else 403
    for path in ("/trends", "/trends/dictionary", "/trends/form"):
        assert browser.api("GET", path).status_code == status


def test_the_page_shows_figures_in_both_languages_and_explains_what_is_withheld(january, person_in):
    researcher = person_in("researcher")
    page = text_of(researcher.page("/trends?by=signal,region&since=2026-01&until=2026-01"))
    assert "‹ 10" in page
    assert "ce n'est pas zéro" in page
    researcher.send("/language", lang="en", next="/trends")
    page = text_of(researcher.page("/trends?by=region&since=2026-01&until=2026-01"))
    assert "it is not zero" in page
    assert "Laval" in page


def test_each_chart_is_drawn_and_stands_beside_its_table(january, analyst):
    for by in sorted(CHARTED):
        page = analyst.page(f"/trends?by={by}&since=2026-01&until=2026-01").text
        address = f"/trends/chart.svg?by={by}&since=2026-01&until=2026-01"
        assert address.replace("&", "&amp;") in page
        drawn_chart = analyst.page(f"{address}&colours=dark")
        assert drawn_chart.headers["content-type"] == "image/svg+xml"
        assert "<svg" in drawn_chart.text


def test_the_form_has_each_figure_and_runs_nothing(analyst):
    answer = analyst.page("/trends/form.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows == analyst.api("GET", "/trends/form").json()["rows"]
    assert {"flagged", "signal:minor", "criterion:M05", "kind:ad", "language:fr"} <= {row["figure"] for row in rows}
    assert {row["month"] for row in rows} == {"2026-01"}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_the_dictionary_says_what_each_value_means(analyst):
    told = analyst.api("GET", "/trends/dictionary").json()
    figures = {one["name"]: one for one in told["figures"]}
    assert figures["side"]["values"]["demand"] == {"fr": "Demande", "en": "Demand"}
    assert "M05" in figures["criterion"]["values"]
    page = text_of(analyst.page("/trends/dictionary"))
    assert all(one["meaning"]["fr"] in page for one in told["figures"])


def test_no_view_is_kept_with_an_exact_figure(january):
    with january.database.reading() as session:
        rows = session.query(PublishedView).all()
    counts = [count for row in rows for *_, count in row.body["cells"] if count is not None]
    assert counts
    assert all(count % 5 == 0 for count in counts)
