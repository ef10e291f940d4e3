"""Collectors over broken and odd pages: saved pages cut, swapped, doubled and filled with noise. No exception."""

from __future__ import annotations

import random
from typing import Any

import pytest
from crawler_helpers import collector, saved_page
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse
from test_collectors import PAGES

from crawlers.collector import Follow

PIECES = [
    *(b"<", b">", b"</div>", b"<div>", b"<![CDATA[", b"]]>", b"&#0;", b"&#xD800;", b"\0", b"\xff\xfe", b"\xc3", b'"'),
    *(b"{", b"[", b"null", b"1e999", b"<a rel=next href='http://[::1'>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>&a;"),
    *(b"<time datetime='", b"9999-99-99T99:99", b"<base href='http://[x'>", b"\xe2\x80\xae", b"<p" * 300, b"<item>"),
    *(b"<entry>", b'"id":-1,', b"<svg><style>", b"<plaintext>", b"<?xml encoding='utf-7'?>", b"xml:base='http://['"),
    b"<meta charset='x-unknown'>",
]
STEPS = sorted({(site, step) for site, _, step in PAGES} | {("forum", "parse")})
KINDS: list[type[TextResponse]] = [HtmlResponse, XmlResponse, TextResponse]


def mutated(body: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 8)):
        at, to = sorted(rng.randrange(len(body) + 1) for _ in range(2))
        to = min(to, at + rng.choice((1, 10, 500)))
        body = body[:at] + rng.choice((b"", rng.choice(PIECES), body[at:to] * 2, rng.randbytes(5))) + body[to:]
    return body[: rng.randrange(len(body) + 1)] if rng.random() < 0.2 else body


def swallow(site: str, step: str, response: Response) -> list[Any]:
    found = list(getattr(collector(site), step)(response))
    for one in found:
        if not isinstance(one, Follow):
            post, capture = one
            assert post.text.strip()
            assert isinstance(capture.content, bytes)
    return found


@pytest.mark.parametrize(("site", "name", "step"), PAGES)
def test_mutated_pages(site, name, step):
    body = saved_page(name)[:6000]
    for seed in range(60):
        kind = KINDS[seed % 3]
        swallow(site, step, kind("http://bourg.example/a?b=c", body=mutated(body, seed)))


@pytest.mark.parametrize(("site", "step"), STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)))
def test_noise(site, step, body):
    for kind in KINDS:
        swallow(site, step, kind("http://bourg.example/", body=body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "content", "created_at", "account", "acct", "tags", "name", "url", "reblog", "visibility"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(value=JSON)
def test_any_json(value):
    import json

    swallow(
        "timeline", "parse", TextResponse("http://bourg.example/", body=json.dumps(value).encode("utf-8", "replace"))
    )
    swallow("timeline", "parse", TextResponse("http://bourg.example/", body=json.dumps([value]).encode()))


def test_deep_nesting():
    swallow("timeline", "parse", TextResponse("http://bourg.example/", body=b"[" * 100_000))
    deep = b"<article class=annonce data-id=1><p class=corps>" + b"<b>" * 20_000 + b"x"
    swallow("board", "parse", HtmlResponse("http://bourg.example/", body=deep))
