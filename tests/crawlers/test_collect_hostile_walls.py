"""Walls and hosts under load: the collection ends, the supervisor is told, the server's log shows no further step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from crawler_helpers import leave
from hostile_server import HostileServer, Reply, Wire, a_post, answer, declared, in_turn, next_link, posts

from crawlers.run import collect
from store.alerts import AlertKind, open_alerts
from store.store import Store

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("wall", "said", "kind"),
    [
        (answer(b"<form><input name=u><input type=password name=p></form>"), "a log-in wall", AlertKind.WALL),
        (answer(b'{"title":"Unauthorized"}', PROBLEM, 401), "a log-in wall", AlertKind.WALL),
        (answer(b"<title>Just a moment...</title>", status=403), "a CAPTCHA", AlertKind.CAPTCHA),
        (answer(b"<title>Access Denied</title><p>Reference 18.2"), "a block page", AlertKind.BLOCK),
        (answer(b"\x89PNG\r\n", "image/png", 403), "a refusal (403)", AlertKind.BLOCK),
    ],
    ids=["log-in form", "401 as a problem", "CAPTCHA", "block page", "403 as an image"],
)
def test_a_wall_ends_the_collection_and_is_told(wall, said, kind, hostile: HostileServer, live_store: Store):
    base = hostile.site("wall", {"/un": answer(posts("un", more=next_link("/mur"))), "/mur": wall, "*": a_post("a")})
    others = [f"{base}/{number}" for number in range(8)]
    source = leave(live_store, declared("wall", [f"{base}/un", *others], delay=0.3))
    report = collect(live_store, source)
    assert report.status == "stopped", report
    assert said in report.message
    asked = hostile.paths("wall")
    assert asked[0] == "/robots.txt"
    assert asked[-1] == "/mur"
    assert len(asked) < len(others)
    with live_store.database.reading() as session:
        (alert,) = open_alerts(session, source)
        assert (alert.kind, alert.seen_at) == (kind, None)
        assert f"{base}/mur" in alert.message


def test_a_page_with_posts_is_no_wall_for_its_log_in_box(hostile: HostileServer, live_store: Store):
    page = answer(posts("a", more="<form><input type=password></form><h1>Accès refusé"))
    base = hostile.site("boxed", {"*": page})
    report = collect(live_store, leave(live_store, declared("boxed", [f"{base}/un"])))
    assert (report.status, report.new) == ("done", 1)


def until(seconds: float, status: int) -> Reply:
    """Say, as a date, in how many seconds to come again."""

    def reply(wire: Wire) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        answer(status=status, headers=[f"Retry-After: {date}"])(wire)

    return reply


@pytest.mark.slow
def test_a_host_under_load_is_left_alone_for_as_long_as_it_says(hostile: HostileServer, live_store: Store):
    slow_down = {
        "seconds": answer(b"", status=429, headers=["Retry-After: 1"]),
        "typed": answer(b"{}", PROBLEM, status=429, headers=["Retry-After: 1"]),
        "503": answer(b"<p>repos", status=503, headers=["Retry-After: 1"]),
        "date": until(3, 429),
        "no word": answer(b"", "", status=503),
        "nonsense": answer(b"", status=429, headers=["Retry-After: Mon, 99999999999999999999 Mar 2026 09:00:00 GMT"]),
    }
    replies = {f"/{name.replace(' ', '-')}": in_turn(reply, a_post(name)) for name, reply in slow_down.items()}
    base = hostile.site("busy", {"/robots.txt": answer(status=404), **replies})
    report = collect(live_store, leave(live_store, declared("busy", [base + path for path in replies])))
    assert (report.status, report.new, report.errors) == ("done", len(replies), {})
    for path in replies:
        asked = hostile.times("busy", path)
        assert len(asked) == 2
        meanwhile = [one for one in hostile.times("busy") if asked[0] < one < asked[1]]
        assert meanwhile == [], path
        assert asked[1] - asked[0] > (1.8 if path == "/date" else 0.95), path


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"", status=429, headers=["Retry-After: 3600"]),
        pytest.param(until(7200, 503), marks=pytest.mark.slow),
    ],
    ids=["seconds", "date"],
)
def test_a_host_that_asks_for_hours_is_not_asked_again(reply, hostile: HostileServer, live_store: Store):
    base = hostile.site("tired", {"/robots.txt": answer(status=404), "*": reply})
    report = collect(live_store, leave(live_store, declared("tired", [f"{base}/1", f"{base}/2"])))
    assert report.status == "stopped"
    assert "asks to be left alone" in report.message
    assert len(hostile.paths("tired")) == 2
