"""The sources as those who keep them see them: health, alerts, times from publication to the queue."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from desk_words import FUGUE
from sqlalchemy import update

from crawlers.health import warnings
from crawlers.policy.remembered import MARK
from crawlers.sources.approvals import approve
from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.alerts import AlertKind, tell
from store.intake import take_in
from store.records import PostIn
from store.tables import Post, Run, SourceMark
from store.work import COLLECT, add_work, take_work
from triage_api.sources.arrival import spread

KINDS = [
    ("done", {"pages": 3, "new": 2, "edited": 1, "same": 4, "unchanged": 1, "gone": 1, "robots": 0}, ""),
    ("stopped", {"pages": 1, "robots": 2, "errors": {"timeout": 3}, "dropped": {"too large": 1}}, "a CAPTCHA <b>"),
]


@pytest.fixture
def add_source(store):
    """Declare a feed and approve it for some days; 0: not at all."""

    def add(name: str = "journal", days: float = 90, **changes: object) -> str:
        told = {"id": name, "title": f"Le {name} <i>", "kind": "feed", "start_urls": [f"https://{name}.example/feed"]}
        told |= {"allowed_hosts": [f"{name}.example"], "legal_note": "Fil public.", **changes}
        declare(store, SourceDeclaration.model_validate(told))
        if days:
            facts = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ", "approvers": ["A. B.", "C. D."]}
            approve(store, name, **facts, expires_at=store.clock() + timedelta(days=days))
        return name

    return add


@pytest.fixture
def ran(store):
    """Write a collection of a source that took a minute and ends now."""

    def add(source: str, status: str = "done", counts: dict[str, object] | None = None, message: str = "") -> None:
        now = store.clock()
        times = {"started_at": now - timedelta(minutes=1), "finished_at": now}
        with store.database.writing() as session:
            session.add(Run(source_id=source, status=status, counts=counts or {}, message=message, **times))

    return add


def alert(store, source, kind=AlertKind.CAPTCHA, message="a CAPTCHA at https://x.example/ <b>"):
    with store.database.writing() as session:
        tell(session, source, kind, message, store.clock())


@pytest.fixture
def full(store, add_source, ran):
    """A source of which everything can be told."""
    name = add_source(delay=5)
    for status, counts, message in KINDS:
        ran(name, status, counts, message)
    alert(store, name)
    told = {"state": "rules", "problem": "", "delay": 7.5}
    with store.database.writing() as session:
        session.add(SourceMark(source_id=name, name=f"{MARK}x.example", value=json.dumps(told), seen_at=store.clock()))
        add_work(session, COLLECT, [name], store.clock() + timedelta(minutes=40))
    return name


class TestOne:
    def test_what_is_told(self, full, analyst, clock):
        told = analyst.api("GET", f"/sources/{full}").json()
        assert (told["state"], told["every_minutes"], told["pace_s"], told["hosts"]) == (
            "approved", 60, 7.5, ["journal.example"]
        )  # fmt: skip
        stopped, done = told["runs"]
        assert {name: done[name] for name in ("new", "edited", "same", "unchanged", "gone", "seconds")} == {
            "new": 2, "edited": 1, "same": 4, "unchanged": 1, "gone": 1, "seconds": 60.0
        }  # fmt: skip
        assert (stopped["errors"], stopped["dropped"], stopped["robots"]) == ({"timeout": 3}, {"too large": 1}, 2)
        (host,) = told["robots"]
        assert (host["host"], host["state"], host["delay_s"]) == ("x.example", "rules", 7.5)
        assert told["next_at"] == (clock() + timedelta(minutes=40)).isoformat().replace("+00:00", "Z")
        assert (told["collecting"], told["why"], told["open_alerts"]) == (False, "captcha", 1)
        assert told["approval"]["leave"]["assessment"] == "EFVP-1"

    def test_one_that_a_worker_is_at(self, store, full, person_in, clock):
        clock.forward(hours=1)
        with store.database.writing() as session:
            take_work(session, COLLECT, "worker", now=clock(), lease=timedelta(minutes=15), limit=1)
        told = person_in("analyst").api("GET", f"/sources/{full}").json()
        assert (told["collecting"], told["next_at"]) == (True, None)

    @pytest.mark.parametrize("lang", ["fr", "en"])
    def test_the_page(self, full, person_in, lang):
        chief = person_in("supervisor")
        chief.send("/language", lang=lang, next="/")
        page = chief.page(f"/sources/{full}").text
        words = {"fr": ("Collectes", "CAPTCHA", "Je l&#39;ai vue", "EFVP-1"), "en": ("Collections", "Field")}
        assert all(word in page for word in words[lang])
        assert "<b>" not in page.replace("<bdi", "")
        assert "&lt;b&gt;" in page
        listed = chief.page("/sources").text
        assert f'href="/sources/{full}"' in listed
        assert "<i>" not in listed

    def test_what_is_not_collected_has_no_collections(self, town, analyst):
        town.post(FUGUE)
        told = analyst.api("GET", "/sources/forum").json()
        assert (told["state"], told["every_minutes"], told["pace_s"], told["why"]) == (
            "not_collected",
            None,
            None,
            None,
        )
        assert "robots" not in analyst.page("/sources/forum").text
        assert analyst.api("GET", "/sources/nulle-part").status_code == 404

    def test_fields_are_counted_and_what_is_gone_is_shown(self, store, add_source, person_in, clock):
        name = add_source()
        for author in ("lea", "lea", "lea", "lea", ""):
            clock.forward(hours=1)
            with store.database.writing() as session:
                session.add(Run(source_id=name, started_at=clock(), finished_at=clock(), status="done", counts={}))
            keys = [f"{clock()}-{number}" for number in range(10)]
            posts = [PostIn(text=f"Mot {key}", external_id=key, author=author, city="Laval") for key in keys]
            take_in(store, name, "collect", [(post, None) for post in posts])
        analyst = person_in("analyst")
        told = analyst.api("GET", f"/sources/{name}").json()["fields"]
        assert (told["recent_posts"], told["before_posts"]) == (10, 40)
        shares = {one["name"]: (one["recent"], one["before"], one["missing"]) for one in told["items"]}
        assert shares["author"] == (0.0, 1.0, True)
        assert shares["city"] == (1.0, 1.0, False)
        assert shares["posted_at"] == (0.0, 0.0, False)
        assert "Ne vient plus" in analyst.page(f"/sources/{name}").text


class TestAlerts:
    def test_a_supervisor_has_seen_one_and_the_menu_counts_the_rest(self, store, full, person_in, clock):
        alert(store, full, AlertKind.TERMS, "terms")
        chief = person_in("supervisor")
        assert "Sources <strong>(2)</strong>" in chief.page("/sources").text
        captcha = next(one for one in chief.api("GET", f"/sources/{full}").json()["alerts"] if one["kind"] == "captcha")
        assert chief.send(f"/sources/{full}/alerts/seen", alert=captcha["id"]).status_code == 303
        assert "Sources <strong>(1)</strong>" in chief.page("/sources").text
        seen = {one["kind"]: one for one in chief.api("GET", f"/sources/{full}").json()["alerts"]}
        assert seen["captcha"]["seen_by"]
        assert seen["captcha"]["seen_at"]
        assert seen["terms"]["seen_at"] is None
        clock.forward(minutes=5)
        assert chief.api("POST", f"/sources/{full}/alerts/seen", json={}).json()["open_alerts"] == 0
        again = {one["kind"]: one for one in chief.api("GET", f"/sources/{full}").json()["alerts"]}
        assert again["captcha"]["seen_at"] == seen["captcha"]["seen_at"], "the first who saw it stays"
        assert "Sources <strong>" not in chief.page("/sources").text

    def test_an_alert_of_another_source_is_none_of_this_one(self, store, full, add_source, person_in):
        other = add_source("gazette")
        alert(store, other)
        chief = person_in("supervisor")
        theirs = chief.api("GET", f"/sources/{other}").json()["alerts"][0]["id"]
        assert chief.api("POST", f"/sources/{full}/alerts/seen", json={"alert": theirs}).status_code == 404
        assert chief.api("GET", f"/sources/{other}").json()["open_alerts"] == 1

    @pytest.mark.parametrize("role", ["analyst", "auditor"])
    def test_others_see_alerts_and_no_button(self, full, person_in, role):
        someone = person_in(role)
        page = someone.page(f"/sources/{full}").text
        assert "CAPTCHA" in page
        assert "alerts/seen" not in page
        assert "Sources <strong>" not in page
        assert someone.api("POST", f"/sources/{full}/alerts/seen", json={}).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"),
    [("analyst", 200), ("supervisor", 200), ("auditor", 200), ("partner", 403), ("administrator", 403)],
)
def test_who_sees_the_sources(full, person_in, role, status):
    someone = person_in(role)
    for path in ("/sources", f"/sources/{full}"):
        assert someone.page(path).status_code == someone.api("GET", path).status_code == status


def test_doctor_and_list_tell_what_is_late_and_what_ends_soon(store, add_source, person_in, clock, ran):
    late, ending, fine = add_source("tard", 90), add_source("fin", 29), add_source("bien", 90)
    clock.forward(hours=4)
    for name in (ending, fine):
        ran(name)
    alert(store, late)
    analyst = person_in("analyst")
    listed = {one["id"]: (one["stale"], one["ends_soon"]) for one in analyst.api("GET", "/sources").json()["items"]}
    assert listed == {late: (True, False), ending: (False, True), fine: (False, False)}
    page = analyst.page("/sources").text
    assert "En retard" in page
    assert "se termine bientôt" in page
    with store.database.reading() as session:
        lines = list(warnings(session, clock()))
    assert lines == [
        "sources: 1 alerts that no supervisor has seen (/sources)",
        "source fin: its approval ends on 2026-03-31",
        "source tard: no collection was done for 3 schedules; none was ever done",
    ]


def test_metrics_count_alerts_and_what_is_late_or_ends_and_name_no_source(store, add_source, browser, clock):
    late, ending = add_source("tard", 90), add_source("fin", 29)
    clock.forward(hours=4)
    alert(store, late)
    told = browser().client.get("/metrics").text
    for line in ("vigie_source_alerts 1", "vigie_sources_stale 2", "vigie_sources_ending 1"):
        assert f"\n{line}\n" in told
    assert late not in told
    assert ending not in told


class TestArrival:
    @pytest.fixture
    def queued(self, store, town, add_source, ran, clock):
        """Have a post be published, collected and queued so many minutes after each other, and return its id."""
        name = add_source()
        ran(name)
        clock.forward(minutes=10)
        numbers = iter(range(1000))

        def add(wait: float, read: float, *, dated: bool = True, ago: float = 0, **changes: object) -> str:
            posted = clock() - timedelta(minutes=ago)
            clock.forward(minutes=wait)
            key = f"{next(numbers)}"
            post = PostIn(text=f"{FUGUE} Mot{key}.", external_id=key, posted_at=posted if dated else None)
            identity = take_in(store, name, "collect", [(post, None)])[0][0]
            clock.forward(minutes=read)
            town.settle()
            if changes:
                with store.database.writing() as session:
                    session.execute(update(Post).where(Post.id == identity).values(**changes))
            return identity

        return add

    def test_median_and_ninth_tenth_of_what_can_be_measured(self, queued, town, person_in):
        for wait in (10, 20, 30, 40, 50):
            queued(wait, 1)
        queued(5, 5, dated=False)
        queued(5, 5, ago=600)  # from before the first collection
        queued(5, 5, version=2)
        town.post(FUGUE + " collé ailleurs")
        analyst = person_in("analyst")
        told = analyst.api("GET", "/sources").json()
        week, month = told["arrivals"]
        assert (week["days"], month["days"]) == (7, 30)
        assert week["queued"] == {"posts": 5, "median_s": 31 * 60, "p90_s": 51 * 60}
        assert week["ingested"] == {"posts": 5, "median_s": 30 * 60, "p90_s": 50 * 60}
        assert week["assessed"] == {"posts": 5, "median_s": 60, "p90_s": 60}
        assert week["placed"]["p90_s"] == 0
        assert (week["without_moment"], week["backlog"], week["edited"], week["brought"]["posts"]) == (1, 1, 1, 1)
        own = {one["id"]: one["arrivals"][0] for one in told["items"]}
        assert own["journal"]["queued"] == week["queued"]
        assert (own["forum"]["queued"], own["forum"]["brought"]["posts"]) == (None, 1)
        page = analyst.page("/sources").text
        assert "31 min" in page
        assert "sans moment de publication, 1;" in page

    def test_what_was_queued_longer_ago_counts_for_the_month_alone(self, queued, person_in, clock):
        queued(10, 1)
        clock.forward(days=8)
        week, month = person_in("auditor", name="un").api("GET", "/sources").json()["arrivals"]
        assert (week["queued"], month["queued"]["posts"]) == (None, 1)
        clock.forward(days=23)
        assert person_in("auditor", name="deux").api("GET", "/sources").json()["arrivals"][1]["queued"] is None

    def test_a_moment_that_is_still_to_come_is_none(self, queued, person_in):
        queued(5, 5, ago=-600)
        told = person_in("analyst").api("GET", "/sources").json()
        assert told["arrivals"][0]["without_moment"] == 1

    @pytest.mark.parametrize(
        ("minutes", "median", "ninth"), [([1], 1, 1), (range(1, 11), 5.5, 9), (range(1, 12), 6, 10), ([3, 1], 2, 3)]
    )
    def test_the_percentile_is_the_nearest_rank(self, minutes, median, ninth):
        told = spread(timedelta(minutes=one) for one in minutes)
        assert (told.median_s, told.p90_s) == (median * 60, ninth * 60)
        assert spread([]) is None
