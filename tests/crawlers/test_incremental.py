"""Collecting again: what did not change is not asked for anew, what is known ends a walk, nothing is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from types import SimpleNamespace

import pytest
from changing_site import Site, serving
from crawler_helpers import leave
from forked import collected, killed
from sqlalchemy import delete, select, update

from crawlers.run import collect
from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.store import Store
from store.tables import Approval, PageMark, Post, SourceMark

pytestmark = pytest.mark.thorough

Again = Callable[..., SimpleNamespace]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site({number: f"annonce {number}" for number in range(1, 41)})) as one:
        yield one


@pytest.fixture
def again(live_store: Store, site: Site) -> Again:
    """Declare the site and return a function that collects it; its log is cleared before."""

    def one(start: str = "/board", **changes: object) -> SimpleNamespace:
        declaration = SourceDeclaration.model_validate(site.declaration(start, **changes))
        declare(live_store, declaration)
        site.forget()
        return collected(live_store.settings, declaration)

    return one


def texts(store: Store) -> list[str]:
    with store.database.reading() as session:
        return sorted(session.scalars(select(Post.text)))


def all_texts(site: Site) -> list[str]:
    return sorted(site.texts.values())


def age(store: Store, **by: float) -> None:
    """Make everything that is remembered, and all posts, older."""
    with store.database.writing() as session:
        for mark in (*session.scalars(select(SourceMark)), *session.scalars(select(PageMark))):
            mark.seen_at -= timedelta(**by)
        for post in session.scalars(select(Post)):
            post.ingested_at -= timedelta(**by)
            post.seen_at -= timedelta(**by)


class TestPagesThatDidNotChange:
    def test_are_asked_for_by_their_etag_and_lead_no_further(self, site: Site, live_store: Store, again: Again):
        first = again(max_pages=12)
        assert (first.new, first.pages, first.unchanged) == (40, 8, 0)
        assert not any("If-None-Match" in headers for _, headers in site.hits)
        second = again(max_pages=12)
        assert (second.stopped, second.new, second.unchanged) == ("", 0, 1)
        assert site.paths[0] == "/board"
        assert not [path for path in site.paths if path.startswith("/board?")]
        assert "If-None-Match" in site.asked("/board")[0]
        assert not any("Cookie" in headers for _, headers in site.hits)

    def test_of_which_one_changed_is_read(self, site: Site, live_store: Store, again: Again):
        again()
        site.texts[40] = "annonce 40, prix baissé"
        report = again()
        assert (report.new, report.edited, report.unchanged) == (0, 1, 1)  # the second page
        assert "annonce 40, prix baissé" in texts(live_store)

    def test_behind_which_something_changed_are_read_where_the_oldest_stands_first(
        self, site: Site, live_store: Store, again: Again
    ):
        again("/thread")
        site.texts[41] = "une réponse de plus"
        report = again("/thread")
        assert report.new == 1
        assert "/thread?page=9" in site.paths
        assert texts(live_store) == all_texts(site)

    def test_are_all_read_once_a_day(self, site: Site, live_store: Store, again: Again):
        again()
        site.texts[3] = "annonce 3, vendue"
        assert again(max_pages=100).edited == 0
        age(live_store, hours=25)
        report = again(max_pages=100)
        assert (report.edited, report.unchanged) == (1, 0)
        assert "/board?page=8" in site.paths

    @pytest.mark.parametrize("changed", ["declaration", "version"])
    def test_are_read_when_we_changed(self, changed, site: Site, live_store: Store, again: Again):
        again()
        if changed == "version":
            with live_store.database.writing() as session:
                under = update(SourceMark).where(SourceMark.name == "marks-under")
                session.execute(under.values(value="an earlier version"))
        report = again(**({"title": "Autre titre"} if changed == "declaration" else {}))
        assert (report.unchanged, report.same) == (0, 40)
        assert not any("If-None-Match" in headers for _, headers in site.hits)

    def test_marks_of_terms_and_robots_outlive_that(self, site: Site, live_store: Store, again: Again):
        again()
        with live_store.database.writing() as session:
            now = live_store.clock()
            session.add(SourceMark(source_id="changing", name="terms:x", value="digest", seen_at=now))
        again(title="Autre titre")
        with live_store.database.reading() as session:
            assert session.get(SourceMark, ("changing", "terms:x")) is not None

    def test_an_unasked_not_modified_is_an_error(self, site: Site, again: Again):
        site.answers["/board?page=2"] = 304
        report = again()
        assert report.errors == {"http 304": 1}
        assert (report.unchanged, report.new) == (0, 5)

    def test_what_one_address_says_is_not_told_to_another(self, site: Site, live_store: Store, again: Again):
        again()
        site.redirects["/board"] = "/elsewhere"
        again()
        assert "If-None-Match" in site.asked("/board")[0]
        assert not any("If-None-Match" in headers for headers in site.asked("/elsewhere"))


class TestKnownPages:
    def test_two_of_them_end_a_listing(self, site: Site, live_store: Store, again: Again):
        again()
        site.texts |= {number: f"annonce {number}" for number in range(41, 48)}
        report = again()
        assert report.new == 7
        assert [path for path in site.paths if "board" in path] == ["/board"] + [f"/board?page={n}" for n in (2, 3, 4)]
        assert texts(live_store) == all_texts(site)

    def test_do_not_end_it_where_the_order_is_not_known(self, site: Site, live_store: Store, again: Again):
        site.etags = False
        again("/thread")
        assert again("/thread").pages >= 8
        assert "/thread?page=8" in site.paths

    def test_of_a_killed_collection_do_not_end_the_next(self, site: Site, live_store: Store, again: Again):
        """The first pages are known then, and marked; what stands behind them was never read."""
        site.answers["/board?page=5"] = "hang"
        again_killed(live_store, site, "/board?page=5")
        assert len(texts(live_store)) == 20
        del site.answers["/board?page=5"]
        report = again()
        assert (report.new, report.same, report.unchanged) == (20, 20, 0)
        assert texts(live_store) == all_texts(site)

    def test_of_a_later_killed_collection_do_not_end_the_next_either(self, site: Site, live_store: Store, again: Again):
        again()
        site.texts |= {number: f"annonce {number}" for number in range(41, 71)}
        site.answers["/board?page=5"] = "hang"
        again_killed(live_store, site, "/board?page=5")
        assert len(texts(live_store)) == 60
        del site.answers["/board?page=5"]
        assert again().new == 10
        assert texts(live_store) == all_texts(site)

    @pytest.mark.parametrize("answer", [500, pytest.param(403, marks=pytest.mark.slow)])
    def test_of_a_collection_that_met_an_error_do_not_end_the_next(
        self, answer, site: Site, live_store: Store, again: Again
    ):
        again()
        site.texts |= {number: f"annonce {number}" for number in range(41, 71)}
        site.answers["/board?page=4"] = answer
        assert again().new == 15
        del site.answers["/board?page=4"]
        assert again().new == 15
        assert texts(live_store) == all_texts(site)


def again_killed(store: Store, site: Site, path: str) -> None:
    """Collect and kill it all once a page is asked for."""
    declaration = SourceDeclaration.model_validate(site.declaration())
    declare(store, declaration)
    site.forget()
    assert killed(store.settings, declaration, lambda: path in site.paths)
    assert path in site.paths


class TestPostsThatAreNotListed:
    def gone(self, store: Store) -> dict[str, bool]:
        with store.database.reading() as session:
            return {post.external_id: post.gone_at is not None for post in session.scalars(select(Post))}

    def test_that_are_deleted_are_marked_the_second_time_and_go_early(
        self, site: Site, live_store: Store, again: Again
    ):
        again()
        del site.texts[38]
        first = again()
        assert (first.gone, self.gone(live_store)["38"]) == (0, False)
        assert "/p/38?utm_source=liste" in site.paths
        second = again()
        assert (second.gone, self.gone(live_store)["38"]) == (1, True)
        assert [name for name, gone in self.gone(live_store).items() if gone] == ["38"]
        with live_store.database.reading() as session:
            post = session.scalars(select(Post).where(Post.external_id == "38")).one()
            assert post.expires_at - post.gone_at == timedelta(days=2)
        again()
        assert "/p/38?utm_source=liste" not in site.paths

    @pytest.mark.slow
    def test_that_are_shown_again_are_kept_as_before(self, site: Site, live_store: Store, again: Again):
        again()
        text = site.texts.pop(38)
        again()
        again()
        assert self.gone(live_store)["38"]
        site.texts[38] = text
        age(live_store, hours=25)
        again()
        with live_store.database.reading() as session:
            post = session.scalars(select(Post).where(Post.external_id == "38")).one()
            assert post.gone_at is None
            assert post.expires_at > live_store.clock() + timedelta(days=6.9)

    @pytest.mark.parametrize("answer", [403, *(pytest.param(one, marks=pytest.mark.slow) for one in (401, 500, 429))])
    def test_that_are_refused_are_not_deleted(self, answer, site: Site, live_store: Store, again: Again):
        again()
        del site.texts[38]
        site.answers["/p/38?utm_source=liste"] = answer
        for _ in range(3):
            report = again()
            assert report.gone == 0
            age(live_store, hours=1)
        assert not any(self.gone(live_store).values())

    @pytest.mark.slow
    def test_that_came_back_in_between_were_not_missed_twice(self, site: Site, live_store: Store, again: Again):
        again()
        text = site.texts.pop(38)
        again()
        site.texts[38] = text
        age(live_store, hours=25)
        again()
        del site.texts[38]
        assert again().gone == 0
        assert again().gone == 1

    @pytest.mark.slow
    def test_are_asked_for_within_a_budget_in_turn(self, site: Site, live_store: Store, again: Again):
        again(max_pages=50)
        asked = []
        for _ in range(3):
            again(max_pages=50)
            asked += [path for path in site.paths if path.startswith("/p/")]
            assert len(site.paths) <= 1 + 5
        assert len(asked) == len(set(asked)) == 15

    def test_are_not_asked_for_where_robots_forbids(self, site: Site, live_store: Store, again: Again):
        site.robots = "User-agent: *\nDisallow: /p/\n"
        again()
        report = again()
        assert report.robots == 10
        assert not [path for path in site.paths if path.startswith("/p/")]

    def test_are_not_asked_for_when_only_a_persons_interest_keeps_them(
        self, site: Site, live_store: Store, again: Again
    ):
        again()
        age(live_store, days=7.1)
        with live_store.database.writing() as session:
            session.execute(update(Post).values(expires_at=None))  # as a referral does
            session.execute(delete(SourceMark).where(SourceMark.name == "walked-in-full"))
        site.texts.clear()
        site.texts[99] = "la seule annonce"
        again()
        assert [path for path in site.paths if path.startswith("/p/")] == []

    def test_are_not_asked_for_once_a_longer_leave_followed_a_shorter_one(
        self, site: Site, live_store: Store, again: Again
    ):
        """What the shorter one let go is gone; of the rest, people were interested in it."""
        again()
        granted(live_store, "d", retention_days=2)
        granted(live_store, "d")
        age(live_store, days=3)
        site.texts.clear()
        site.texts[99] = "la seule annonce"
        again()
        assert [path for path in site.paths if path.startswith("/p/")] == []

    def test_are_not_asked_for_where_only_an_earlier_declaration_showed_them(
        self, site: Site, live_store: Store, again: Again
    ):
        declare(live_store, SourceDeclaration.model_validate(site.declaration()))
        granted(live_store, "earlier")
        again()
        del site.texts[3]
        granted(live_store, "narrower")
        again(title="Autrement")
        assert [path for path in site.paths if path.startswith("/p/")] == []
        del site.texts[4]  # shown under both
        with live_store.database.writing() as session:
            session.execute(delete(SourceMark).where(SourceMark.name == "walked-in-full"))
        again(title="Autrement")
        assert [path for path in site.paths if path.startswith("/p/")] == ["/p/4?utm_source=liste"]


def granted(store: Store, digest: str, retention_days: int | None = None) -> None:
    with store.database.writing() as session:
        told = {"assessment": "E", "mandate": "M", "ground": "G", "approvers": ["A", "B"], "digest": digest}
        times = {"created_at": store.clock(), "granted_at": store.clock()}
        end = store.clock() + timedelta(days=90)
        session.add(Approval(source_id="changing", **told, **times, expires_at=end, retention_days=retention_days))


@pytest.mark.slow
def test_two_collections_at_once_remember_no_less(site: Site, live_store: Store, again: Again):
    leave(live_store, SourceDeclaration.model_validate(site.declaration()))
    threads = [Thread(target=collect, args=(live_store, "changing")) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert texts(live_store) == all_texts(site)
    assert collect(live_store, "changing").unchanged == 1
