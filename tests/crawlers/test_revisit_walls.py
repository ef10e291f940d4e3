"""A wall at a post's own address: no further post is asked for, and the supervisors are told."""

from __future__ import annotations

import pytest
from crawler_helpers import leave
from hostile_server import HostileServer, Reply, answer, declared, redirect

from crawlers.run import collect
from store.alerts import AlertKind, open_alerts
from store.store import Store

pytestmark = pytest.mark.thorough

_LOGIN = "<form><input type=password></form>"
_ITEM = b"<article class=post data-no=%b><p class=texte>annonce %b</p><a href=/p/%b>lire</a></article>"
_NAMES = [b"1", b"2", b"3"]


def board(more: str = "") -> Reply:
    """Return a page that shows the first post; the second and the third are met no more."""
    return answer(b"<!doctype html>" + _ITEM % (b"1", b"1", b"1") + more.encode())


def revisited(server: HostileServer, store: Store, wall: Reply, shown: Reply, **more: Reply):
    """Collect three posts, then only one of them, with a wall at the addresses of the others."""
    first = answer(b"<!doctype html>" + b"".join(_ITEM % (name, name, name) for name in _NAMES))
    pages = {"/b": first, "/p/1": wall, "/p/2": wall, "/p/3": wall} | {f"/{name}": page for name, page in more.items()}
    base = server.site("wall", pages)
    selectors = {"item": "article.post", "id": "./@data-no", "text": ".texte", "link": "a::attr(href)"}
    source = leave(store, declared("wall", [f"{base}/b"], selectors=selectors, max_pages=100))
    assert collect(store, source).new == 3
    pages["/b"] = shown
    before = len(server.paths("wall"))
    report = collect(store, source)
    with store.database.reading() as session:
        told = [(one.kind, one.message) for one in open_alerts(session, source)]
    return report, [path for path in server.paths("wall")[before:] if path.startswith("/p/")], told


@pytest.mark.parametrize(
    ("wall", "kind"),
    [
        (answer(b"<title>Just a moment...</title>"), AlertKind.CAPTCHA),
        (answer(b"<div class=g-recaptcha></div>", status=403), AlertKind.CAPTCHA),
        (answer(_LOGIN.encode()), AlertKind.WALL),
        (answer(b"", status=401), AlertKind.WALL),
        (answer(b"<title>Access Denied</title>"), AlertKind.BLOCK),
    ],
    ids=["CAPTCHA", "CAPTCHA at 403", "log-in form", "401", "block page"],
)
def test_ends_the_asking_and_is_told_without_the_address(wall, kind, hostile: HostileServer, live_store: Store):
    report, asked, told = revisited(hostile, live_store, wall, board())
    assert asked == ["/p/2"]
    assert [one for one, _ in told] == [kind]
    assert "/p/" not in told[0][1] + report.message
    assert report.gone == 0


def test_a_refusal_of_one_post_ends_the_asking_and_wakes_nobody(hostile: HostileServer, live_store: Store):
    report, asked, told = revisited(hostile, live_store, answer(b"<p>Non.", status=403), board())
    assert (asked, told) == (["/p/2"], [])
    assert "no further post was asked for" in report.message


def test_a_form_that_good_pages_show_too_is_none(hostile: HostileServer, live_store: Store):
    wall = answer(f"<p>Une annonce.</p>{_LOGIN}".encode())
    _, asked, told = revisited(hostile, live_store, wall, board(_LOGIN))
    assert (asked, told) == (["/p/2", "/p/3"], [])


def test_but_where_it_stands_in_the_posts_place_it_is_one(hostile: HostileServer, live_store: Store):
    entry = answer(f"<p>Entrez.</p>{_LOGIN}".encode())
    _, asked, told = revisited(hostile, live_store, redirect("/entrer"), board(_LOGIN), entrer=entry)
    assert asked == ["/p/2"]
    assert [one for one, _ in told] == [AlertKind.WALL]
