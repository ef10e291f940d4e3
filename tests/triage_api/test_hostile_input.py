"""Nothing that a person or a program sends makes the house answer with a failure, or with an engine's own words.

These are odd values for which a test knows where they come far; what the schema knows is asked in test_openapi.py.
"""

from __future__ import annotations

import json
import re
from functools import cache
from urllib.parse import quote

import pytest
from desk_words import FUGUE
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from triage_api.shell.cursors import wrap

pytestmark = [pytest.mark.team_slow, pytest.mark.thorough]

ENGINES = re.compile(r"psycopg|sqlalchemy|postgres|sqlite|elastic|tantivy|lucene|traceback|overflow|exception", re.I)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ODD = (
    "\x00",
    "a\x00b",
    "\ud800",
    "x\udfff",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "é" * 299,
    "x" * 5001,
    "9" * 400,
    "-" * 50,
    "' OR 1=1 --",
    '"',
    '"a',
    "(" * 40,
    "a" * 3 + "*",
    "fugue~2",
    "*",
    "~",
    "ville:",
    "après:0001-01-01",
    "avant:9999-12-31",
    "après:9999-12-31 avant:0001-01-01",
    "ville:\x00",
    "source:\ud800",
    "tel:514-555-0142",
    "%",
    "\\",
    "[1 TO *]",
    "{!func}",
    "_id:1",
)
text = st.one_of(st.sampled_from(ODD), st.text(st.characters(), max_size=40))
day = st.one_of(
    st.sampled_from(["0001-01-01", "9999-12-31", "2026-02-30", "0000-00-00", "", "2026-03-01T25:00", "10000-01-01"]),
    st.dates().map(str),
    st.integers(),
    text,
)
moment = st.one_of(
    st.sampled_from(
        [
            "0001-01-01T00:00:00+14:00",
            "0001-01-01T00:00:00",
            "0001-01-01T00:00:00-14:00",
            "9999-12-31T23:59:59-14:00",
            "9999-12-31T23:59:59",
            "2026-03-02T09:00:00+23:59",
            10**30,
            -(10**30),
            1e308,
            -62135596800,
        ]
    ),
    st.datetimes().map(str),
    text,
)
number = st.one_of(st.integers(), st.sampled_from([2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**40]))
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), number, st.floats(), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=5,
)
lines = st.one_of(st.lists(text, max_size=4), text, anything)


def sometimes(good, bad=anything):
    """Mostly what fits the field, so that what is sent comes far; sometimes not."""
    return st.one_of(good, good, good, bad)


def answered(answer):
    assert answer.status_code < 500, (answer.status_code, answer.text[:300])
    if answer.status_code >= 400:
        assert not ENGINES.search(answer.text), answer.text[:300]
    return answer


def post(browser, path, body):
    # As programs send it: what JSON can say and UTF-8 cannot stands as an escape.
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
    return answered(browser.client.post(f"/api{path}", content=json.dumps(body).encode(), headers=headers))


def get(browser, path, **asked):
    query = "&".join(f"{name}={percent(value)}" for name, value in asked.items())
    return answered(browser.client.get(f"{path}?{query}", follow_redirects=False))


def percent(value: object) -> str:
    return quote(str(value).encode("utf-8", "surrogatepass"), safe="")


@pytest.fixture
def people(person_in):
    """Return who has a role, logged in once for all examples of a test."""
    return cache(person_in)


SEARCH = st.fixed_dictionaries(
    {"purpose": sometimes(st.just("watch"), text), "ground": sometimes(st.just("LPJ 39"), text)},
    optional={
        "query": sometimes(text),
        "identifiers": sometimes(st.lists(text, max_size=3), lines),
        "cities": sometimes(st.lists(text, max_size=3), lines),
        "languages": sometimes(st.just(["fr"]), lines),
        "since": day,
        "until": day,
        "sources": sometimes(st.just([]), lines),
        "request": text,
        "again": sometimes(st.booleans()),
        "again_reason": text,
    },
)


@MANY
@given(SEARCH)
@example({"purpose": "watch", "ground": "LPJ 39", "query": "fugue", "since": "0001-01-01", "until": "9999-12-31"})
@example({"purpose": "watch", "ground": "LPJ 39", "query": "fugue après:0001-01-01 avant:9999-12-31"})
@example({"purpose": "\x00", "ground": "\ud800", "query": "\x00\ud800 fugue", "again_reason": "\x00"})
@example({"purpose": "watch", "ground": "LPJ 39", "query": "a" * 6000})
@example({"purpose": "watch", "ground": "LPJ 39", "cities": ["\x00"], "identifiers": ["\ud800"]})
def test_no_search_fails(analyst, town, body):
    if not town.known:
        town.post(FUGUE)
    made = post(analyst, "/searches", body)
    if made.status_code in (200, 201):
        again = analyst.client.get(f"/searches/{made.json()['id']}")
        assert again.status_code == 200


PASTE = st.fixed_dictionaries(
    {
        "text": sometimes(text.map(lambda words: f"{words} fugue")),
        "platform": sometimes(st.just("Réseau"), text),
        "seen_at": sometimes(st.just("2026-03-02T09:00:00+00:00"), moment),
        "where": sometimes(st.just("profil"), text),
    },
    optional={"seen_by": text, "request": text, "kind": sometimes(st.sampled_from(["post", "ad"]))},
)


@MANY
@given(PASTE)
@example({"text": "fugue", "platform": "Réseau", "where": "x", "seen_at": "0001-01-01T00:00:00+14:00"})
@example({"text": "fugue", "platform": "Réseau", "where": "x", "seen_at": "9999-12-31T23:59:59-14:00"})
@example({"text": "a\x00b", "platform": "x\x00y", "where": "\ud800", "seen_at": "0001-01-01T00:00:00"})
@example({"text": "fugue", "platform": "\ud800\ud800", "where": "x", "seen_at": "2026-03-01T00:00:00"})
def test_no_paste_fails(analyst, body):
    made = post(analyst, "/posts", body)
    if made.status_code == 201:
        assert answered(analyst.client.get(f"/posts/{made.json()['id']}?open=1")).status_code == 200


REQUEST = st.fixed_dictionaries(
    {"who": sometimes(st.just("École"), text), "why": sometimes(text)},
    optional={
        "youth": text,
        "handles": lines,
        "phones": lines,
        "emails": lines,
        "places": lines,
        "runaway": sometimes(st.booleans()),
    },
)


@MANY
@given(REQUEST, text, anything)
@example({"who": "\x00", "why": "\ud800", "youth": "\x00", "handles": ["\x00", "\ud800"]}, "\x00", None)
def test_no_request_message_or_answer_fails(people, body, words, odd):
    partner, analyst = people("partner"), people("analyst")
    filed = post(partner, "/requests", body)
    identity = filed.json()["id"] if filed.status_code == 201 else "r-none"
    post(partner, f"/requests/{identity}/messages", {"text": words})
    post(analyst, f"/requests/{identity}/messages", odd)
    post(analyst, f"/requests/{identity}/answer", {"kind": "call_us", "text": words})
    post(analyst, f"/requests/{identity}/answer", {"kind": odd, "text": odd})
    answered(partner.client.get(f"/requests/{identity}"))
    answered(analyst.client.get(f"/requests/{identity}"))


def places():
    """Yield cursors that no list gave."""
    kinds = st.one_of(number, st.floats(allow_nan=False, allow_infinity=False), text, moment)
    return st.one_of(text, st.lists(kinds, max_size=5).map(lambda place: wrap(*place)))


odd_id = st.one_of(text.filter(bool), number.map(str))


@MANY
@given(places(), st.one_of(number, text), odd_id)
@example(wrap(3, "0001-01-01T00:00:00+14:00", 0.5, "q"), 1, "\x00")
@example(wrap(3, "9999-12-31T23:59:59-14:00", 0.5, "q"), 200, "%00")
@example(wrap(2**62, "2026-03-02T00:00:00+00:00", 1e308, "q"), 200, "x" * 3000)
@example(wrap(2**31, "2026-03-02T00:00:00+00:00", 1e308, "q\x00"), 200, "\ud800")
@example(wrap(-(2**31) - 1, "0001-01-01T00:00:00+00:00", -1e308, ""), 200, "..")
@example(wrap("0001-01-01T00:00:00+00:00", "s"), 200, "\udfff")
def test_no_address_fails(people, cursor, limit, identity):
    browser, administrator, researcher = map(people, ("supervisor", "administrator", "researcher"))
    for path in ("/api/queue", "/api/searches", "/api/requests"):
        get(browser, path, cursor=cursor, limit=5)
        get(browser, path, limit=limit)
    get(browser, "/api/register", after=limit)
    get(browser, "/api/register", limit=limit)
    named = percent(identity)
    for path in ("/api/posts/", "/api/searches/", "/api/requests/", "/posts/", "/searches/", "/requests/", "/queue/"):
        get(browser, f"{path}{named}", part=limit, filed=limit)
    for verb in ("claim", "release", "skip"):
        post(browser, f"/queue/{named}/{verb}", None)
    post(administrator, f"/users/{named}/disable", None)
    get(researcher, f"/api/corpora/{named}/status")
    get(researcher, f"/api/corpora/{named}/files/{named}")
    for path in ("/queue", "/searches", "/requests", "/register", "/sources", "/posts/new", "/login", "/", "/docs"):
        get(browser, path, cursor=cursor, after=limit, lane=identity, status=identity, request=identity, next=identity)


@pytest.mark.parametrize("field", ["query", "identifiers", "cities", "purpose", "again_reason", "narrow", "since"])
@pytest.mark.parametrize(
    "value", ["\x00", "fugue\x00", "x" * 6000, "0001-01-01", '"', "ville:\x00", "après:0001-01-01"]
)
def test_no_form_fails(analyst, field, value):
    sent = {"query": "fugue", "purpose": "watch", "ground": "LPJ 39", field: value}
    answered(analyst.send("/searches", **sent))


@pytest.mark.parametrize("seen_at", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00:00+23:59", "\x00", "1"])
def test_no_pasted_form_fails(analyst, seen_at):
    sent = {"text": "fugue\x00", "platform": "Ré\x00seau", "where": "\x00x", "seen_at": seen_at}
    answered(analyst.send("/posts/new", **sent))
