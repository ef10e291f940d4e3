from __future__ import annotations

import re

import pytest
from desk_words import FUGUE
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from store.errors import VigieError
from triage_api.app import guarded_routes
from triage_api.shell.cursors import wrap
from triage_api.shell.security import HEADERS, MAX_BODY


def guarded(answer):
    return all(answer.headers.get(name) == value for name, value in HEADERS.items())


PATHS = [
    "/",
    "/login",
    "/queue",
    "/nulle-part",
    "/api/queue",
    "/api/nulle-part",
    "/static/vigie.css",
    "/static/../app.py",
    "/docs",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/queue?limit=9999",
    "/posts/p-none",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_every_header(path, browser, analyst):
    for visitor in (browser(), analyst):
        assert guarded(visitor.client.get(path, follow_redirects=False)), path


def test_no_answer_of_any_route_may_be_kept_or_tells_where_one_came_from(browser, analyst):
    for visitor in (browser(), analyst):
        for method, path, _ in guarded_routes():
            if path in ("/logout", "/api/session"):  # it would end the session that looks
                continue
            url = re.sub(r"{\w+}", "x-none", path)
            answer = visitor.client.request(method, url, follow_redirects=False)
            assert guarded(answer), (method, path)
            assert not {"etag", "last-modified", "expires"} & set(answer.headers), (method, path)


def test_the_policy_lets_nothing_in_from_elsewhere():
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8420", 200), ("localhost", 200), ("[::1]:8420", 200), ("vigie.example", 400), ("", 400), ("a b", 400)],
)
def test_unknown_hosts_are_refused(browser, host, status):
    answer = browser().client.get("/healthz", headers={"Host": host})
    assert answer.status_code == status
    assert guarded(answer)


def test_a_named_host_is_known(make_store, index, reader):
    from fastapi.testclient import TestClient

    from triage_api.app import create_app

    store = make_store(hosts="vigie.example, autre.example")
    client = TestClient(create_app(store, reader, index), base_url="http://vigie.example")
    assert client.get("/healthz").status_code == 200


def test_a_body_that_is_too_large_is_refused_told_or_not(analyst):
    large = b"x" * (MAX_BODY + 1)
    told = analyst.api("POST", "/posts", content=large)
    assert told.status_code == 413
    assert told.json()["error"]["code"] == "too_large"
    assert guarded(told)
    untold = analyst.api("POST", "/posts", content=(large[at : at + 60_000] for at in range(0, len(large), 60_000)))
    assert untold.status_code == 413
    page = analyst.client.post("/posts/new", content=large)
    assert page.status_code == 413
    assert "trop volumineux" in page.text


def test_a_failure_tells_nothing_of_itself(analyst, monkeypatch):
    def fail(*_args, **_more):
        raise RuntimeError("secret 514-555-0142")

    monkeypatch.setattr("triage_api.queue.listing.listing", fail)
    for path, kind in (("/api/queue", "json"), ("/queue", "html")):
        answer = analyst.client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert kind in answer.headers["content-type"]
        assert guarded(answer)


def test_every_error_has_a_status_and_a_stable_code(analyst, monkeypatch):
    def kinds(root):
        return [root, *(one for child in root.__subclasses__() for one in kinds(child))]

    for kind in kinds(VigieError):

        def fail(*_args, kind=kind, **_more):
            raise kind("Un message.")

        monkeypatch.setattr("triage_api.queue.listing.listing", fail)
        answer = analyst.client.get("/api/queue")
        assert answer.status_code == kind.status
        assert answer.json()["error"]["code"] == kind.code
        page = analyst.client.get("/queue", follow_redirects=False)
        assert page.status_code == (303 if kind.status == 401 else kind.status)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NoFreeConnection("QueuePool limit reached"), 503, "store_unavailable"),
        (IntegrityError("INSERT", {}, Exception("duplicate key")), 503, "store_unavailable"),
        (DataError("SELECT", {}, Exception("invalid byte sequence")), 422, "bad_input"),
    ],
)
def test_what_the_database_refuses_is_told_without_its_words(analyst, monkeypatch, error, status, code):
    def fail(*_args, **_more):
        raise error

    monkeypatch.setattr("triage_api.queue.listing.listing", fail)
    for path in ("/api/queue", "/queue"):
        answer = analyst.client.get(path)
        assert answer.status_code == status
        assert code in answer.text
        assert "limit" not in answer.text
        assert "INSERT" not in answer.text
        assert "invalid byte" not in answer.text


def test_missing_forbidden_and_unknown_answer_alike(analyst):
    bodies = {analyst.client.get(path).text for path in ("/api/posts/p-none", "/api/searches/s-none", "/api/rien")}
    assert len(bodies) == 1
    assert analyst.client.get("/api/rien").json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"verdict": "dismiss"}', "reason"),
        (b'{"verdict": "x", "reason": "r"}', "verdict"),
        (b'{"verdict": "dismiss", "reason": "  "}', "reason"),
        (b'{"verdict": "dismiss", "reason": "\\ud800"}', "reason"),
        (b'{"verdict": "dismiss", "reason": "r", "criteria": [5]}', "criteria.0"),
    ],
)
def test_a_bad_field_is_named_and_not_repeated(analyst, body, field):
    headers = {"X-CSRF-Token": analyst.csrf, "Content-Type": "application/json"}
    answer = analyst.client.post("/api/queue/q-none/decision", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize("path", ["/api/queue", "/api/searches", "/api/requests"])
@pytest.mark.parametrize("cursor", ["x", "e30", "bnVsbA", "WzEsMiwzXQ", "W10", "é", "WyIyMDI2IiwgInMiXQ", "a" * 400])
def test_a_made_up_cursor_is_a_bad_field(analyst, path, cursor):
    answer = analyst.client.get(path, params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "cursor"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/api/queue", (10**30, "2026-03-02T00:00:00+00:00", 0.5, "q-1")),
        ("/api/queue", (-(10**30), "2026-03-02T00:00:00+00:00", 0.5, "q-1")),
        ("/api/queue", (1, "0001-01-01T00:00:00+14:00", 0.5, "q-1")),
        ("/api/searches", ("0001-01-01T00:00:00+14:00", "s-1")),
        ("/api/searches", ("9999-12-31T23:59:00-14:00", "s-1")),
        ("/api/searches", ("2026-03-02T00:00:00+00:00", "\ud800")),
    ],
)
def test_a_cursor_beyond_what_the_database_holds_is_a_bad_field(analyst, path, place):
    answer = analyst.client.get(path, params={"cursor": wrap(*place)})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "cursor")


def test_the_manual_is_ours_and_names_every_call(browser):
    page = browser().client.get("/docs").text
    document = browser().client.get("/openapi.json").json()
    assert "/api/searches" in document["paths"]
    for path in document["paths"]:
        assert path in page
    assert "cdn" not in page
    assert browser().client.get("/redoc").status_code == 404


def test_machines_learn_whether_it_is_ready_and_how_much_waits(browser, town, desk, monkeypatch):
    town.post(FUGUE, settle=False)
    client = browser().client
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    assert "vigie_posts_to_assess 1\n" in client.get("/metrics").text
    town.settle()
    assert 'vigie_queue_items{lane="at_risk"} 1\n' in client.get("/metrics").text
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403
    desk.store.database.engine.dispose()

    def gone() -> None:
        raise VigieError("x", code="index_gone")

    monkeypatch.setattr(desk.index, "require", gone)
    assert client.get("/readyz").json() == {"status": "not ready", "code": "index_gone"}
