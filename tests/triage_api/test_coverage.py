"""What is covered and what is not: one account of it for searches, standing searches, answers and the page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_words import FUGUE, LURE

from crawlers.sources.approvals import approve, suspend
from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.alerts import AlertKind, open_alerts, see, tell
from store.intake import take_in
from store.records import PostIn
from store.tables import Run
from triage_api.shell.languages import catalogue
from triage_api.sources.coverage import WALLED, sources_now
from triage_api.sources.covering import WHYS

SECRET = "Le nom gardé"


def declaration(name: str, **changes: object) -> SourceDeclaration:
    told = {"id": name, "title": f"{SECRET} {name}", "kind": "feed", "start_urls": [f"https://{name}.example/feed"]}
    told |= {"allowed_hosts": [f"{name}.example"], "legal_note": "Fil public.", **changes}
    return SourceDeclaration.model_validate(told)


def leave(store, name, days=30.0):
    facts = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ", "approvers": ["A. B.", "C. D."]}
    approve(store, name, **facts, expires_at=store.clock() + timedelta(days=days))


def ran(store, name, status="done", kind=None, **counts):
    now = store.clock()
    with store.database.writing() as session:
        times = {"started_at": now - timedelta(minutes=1), "finished_at": now}
        session.add(Run(source_id=name, status=status, counts=counts, **times))
        if kind is not None:
            tell(session, name, kind, "why", now)


def why(store, name):
    with store.database.reading() as session:
        return next((one.why, one.read_at) for one in sources_now(session, store.clock()) if one.id == name)


class TestWhy:
    """Each state of a source has its reason, and none is taken for reading."""

    def test_from_declaration_to_expiry(self, store, clock):
        name = "journal"
        declare(store, declaration(name))
        assert why(store, name) == ("none", None)
        leave(store, name, days=1)
        assert why(store, name) == ("unvisited", None)
        ran(store, name, pages=1)
        read = clock()
        assert why(store, name) == (None, read)
        clock.forward(hours=2)
        declare(store, declaration(name, max_pages=7))
        assert why(store, name) == ("redeclared", read)
        declare(store, declaration(name))
        clock.forward(days=1)
        assert why(store, name) == ("expired", read)

    def test_suspended(self, store, clock):
        declare(store, declaration("journal"))
        leave(store, "journal")
        with store.database.writing() as session:
            suspend(session, "journal", by="lea", why="Plainte.", now=clock())
        assert why(store, "journal") == ("suspended", None)

    @pytest.mark.parametrize("kind", ["wall", "captcha", "block", "terms", "robots"])
    def test_stopped_before_the_first_page_and_read_again(self, store, clock, kind):
        declare(store, declaration("journal"))
        leave(store, "journal")
        ran(store, "journal", "stopped", AlertKind(kind), pages=0)
        assert why(store, "journal") == (kind, None), "a wall is no reading"
        with store.database.writing() as session:
            for alert in open_alerts(session):
                see(session, alert.id, by="merle-01", now=clock())
        assert why(store, "journal")[0] == kind, "what a supervisor has seen still stands"
        clock.forward(hours=1)
        ran(store, "journal", pages=2)
        assert why(store, "journal") == (None, clock())

    def test_a_collection_that_failed(self, store, clock):
        declare(store, declaration("journal"))
        leave(store, "journal")
        ran(store, "journal", pages=2)
        read = clock()
        clock.forward(hours=1)
        ran(store, "journal", "failed", errors={"timeout": 1})
        assert why(store, "journal") == ("failed", read)

    def test_every_reason_has_words(self):
        for lang in ("fr", "en"):
            assert {f"why.{one}" for one in WHYS} <= set(catalogue(lang))


@pytest.fixture
def house(store, town, clock):
    """A source that is read, one that a CAPTCHA stopped since, one that was never visited, one import."""
    town.post(LURE)
    for name in ("lu", "ferme", "jamais"):
        declare(store, declaration(name))
        leave(store, name)
    ran(store, "lu", pages=1)
    post = PostIn(text=f"{FUGUE} ici", external_id="1", posted_at=clock() - timedelta(hours=3))
    take_in(store, "lu", "collect", [(post, None)])
    ran(store, "ferme", pages=1)
    clock.forward(minutes=5)
    ran(store, "ferme", "stopped", AlertKind.CAPTCHA, pages=0)
    town.settle()


def search(analyst, status=201, **more):
    answer = analyst.api("POST", "/searches", json={"query": "introuvable", "purpose": "watch", "ground": "m", **more})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_search_tells_what_is_read_no_more_and_why_the_rest_is_left_out(house, analyst):
    told = search(analyst)["coverage"]
    assert {one["id"]: one["why"] for one in told["sources"]} == {"forum": None, "lu": None, "ferme": "captcha"}
    assert [(one["title"], one["why"]) for one in told["left_out"]] == [(f"{SECRET} jamais", "unvisited")]
    assert told["not_covered"] == [f"{SECRET} jamais", *WALLED]
    narrow = search(analyst, sources=["lu"], again_reason="x")["coverage"]
    assert {one["title"]: one["why"] for one in narrow["left_out"]} == {
        "Le forum": "not_asked", f"{SECRET} ferme": "not_asked", f"{SECRET} jamais": "unvisited"
    }  # fmt: skip


def test_a_standing_search_says_it_too(house, analyst, person_in):
    asked = {"who": "École", "why": "Inquiétude", "handles": ["@elle"]}
    request = person_in("partner").api("POST", "/requests", json=asked).json()["id"]
    made = search(analyst, request=request, purpose="request")["id"]
    told = analyst.api("POST", "/standing", json={"search": made}).json()
    assert {one["id"] for one in told["coverage"]["sources"]} == {"forum", "lu", "ferme"}
    assert set(WALLED) <= set(told["coverage"]["not_covered"])
    page = analyst.page(f"/standing/{told['id']}").text
    assert "Instagram" in page
    assert f"{SECRET} jamais" in page


def test_the_page_for_those_who_see_the_sources(house, analyst, clock):
    told = analyst.api("GET", "/coverage").json()
    assert told["walled"] == list(WALLED)
    named = {one["id"]: one for one in told["sources"]}
    assert {one: named[one]["why"] for one in named} == {
        "forum": None, "lu": None, "ferme": "captcha", "jamais": "unvisited"
    }  # fmt: skip
    fresh = (clock() - timedelta(hours=3, minutes=5)).isoformat().replace("+00:00", "Z")
    assert (named["lu"]["newest_post"], named["jamais"]["read_at"]) == (fresh, None)
    feeds = next(one for one in told["kinds"] if one["kind"] == "feed")
    assert (feeds["read"], feeds["not_read"], feeds["newest_post"]) == (1, 2, fresh)
    page = analyst.page("/coverage").text
    for words in (f"{SECRET} jamais", "jamais visitée", "CAPTCHA", "Snapchat", "Fil RSS ou Atom"):
        assert words in page


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_partner_sees_plainly_what_is_not_looked_at_and_no_name(house, person_in, lang):
    partner = person_in("partner")
    partner.send("/language", lang=lang, next="/")
    told = partner.api("GET", "/coverage")
    assert told.json()["sources"] == []
    assert {one["kind"]: (one["read"], one["not_read"]) for one in told.json()["kinds"]} == {
        "feed": (1, 2), "import": (1, 0)
    }  # fmt: skip
    page = partner.page("/coverage").text
    for shown in (told.text, page):
        assert SECRET not in shown
        assert "Le forum" not in shown
        assert "captcha" not in shown.lower()
        assert all(name in shown for name in ("Instagram", "Snapchat"))
    assert 'href="/coverage"' in page


def test_an_answer_of_nothing_found_names_no_source_to_its_partner(house, analyst, person_in):
    partner = person_in("partner")
    asked = {"who": "École", "why": "Inquiétude", "handles": ["@elle"]}
    request = partner.api("POST", "/requests", json=asked).json()["id"]
    search(analyst, request=request, purpose="request")
    said = {"kind": "nothing_found", "text": "Rien."}
    given = analyst.api("POST", f"/requests/{request}/answer", json=said).json()["coverage"]
    assert {one["id"] for one in given["sources"]} == {"forum", "lu", "ferme"}
    told = partner.api("GET", f"/requests/{request}")
    kinds = {one["kind"]: (one["read"], one["not_read"]) for one in told.json()["answer"]["coverage"]["kinds"]}
    assert kinds == {"feed": (2, 1), "import": (1, 0)}
    for shown in (told.text, partner.page(f"/requests/{request}").text):
        assert SECRET not in shown
        assert "Instagram" in shown
    assert SECRET in analyst.page(f"/requests/{request}").text


@pytest.mark.parametrize(
    ("role", "status"),
    [("supervisor", 200), ("auditor", 200), ("researcher", 200), ("administrator", 403), ("quarantine_officer", 403)],
)
def test_who_sees_the_coverage(person_in, role, status):
    someone = person_in(role)
    assert someone.page("/coverage").status_code == someone.api("GET", "/coverage").status_code == status


@pytest.mark.parametrize(
    ("lang", "said", "other"), [("fr", "groupes fermés", "closed groups"), ("en", "closed groups", "groupes fermés")]
)
def test_what_has_a_name_in_both_languages_is_told_in_the_readers(house, analyst, lang, said, other):
    analyst.send("/language", lang=lang, next="/")
    page = analyst.page("/coverage").text
    assert said in page
    assert other not in page
