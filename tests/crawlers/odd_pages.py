"""Broken and odd pages, made from saved ones by a seed: the same seed gives the same page."""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

PIECES = [
    *(b"<", b">", b"</div>", b"<div>", b"<![CDATA[", b"]]>", b"&#0;", b"&#xD800;", b"\0", b"\xff\xfe", b"\xc3", b'"'),
    *(b"{", b"[", b"null", b"1e999", b"<a rel=next href='http://[::1'>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>&a;"),
    *(b"<time datetime='", b"9999-99-99T99:99", b"<base href='http://[x'>", b"\xe2\x80\xae", b"<p" * 300, b"<item>"),
    *(b"<entry>", b'"id":-1,', b"<svg><style>", b"<plaintext>", b"<?xml encoding='utf-7'?>", b"xml:base='http://['"),
    *(b"<meta charset='x-unknown'>", b"<img class=emoji alt=", b"<blockquote cite=", b"\\ud800", b"\x1f\x8b\x08"),
    *(b"<loc>http://[::1", b"<lastmod>0000-00-00", b'<script type="application/ld+json">{"@type":', b"<frameset>"),
]
CHARSETS = [
    b"utf-7",
    b"utf-16",
    b"utf-32-be",
    b"cp037",
    b"x-none",
    b"big5",
    b"iso-2022-jp",
    b"idna",
    b"base64",
    b"undefined",
    b"punycode",
    b"\xe9",
]
ODD_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 10**40, 1.5, float("nan"), float("inf"), "", "x", "\ud800", "\0", "9" * 5000),
    *([], {}, [[]], [None], {"": {}}, [{"name": []}], "<p>" * 3000, "http://[::1", "javascript:alert(1)", "2026-13-45"),
]
_TAG = re.compile(rb"</?[a-zA-Z][^<>]{0,400}>")
_WORD = re.compile(rb"[a-zA-Z]{2,12}")
Change = Callable[[random.Random, bytes], bytes]


def cut_short(rng: random.Random, body: bytes) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def flip_bytes(rng: random.Random, body: bytes) -> bytes:
    page = bytearray(body)
    for _ in range(rng.choice((1, 10, 200))):
        if page:
            page[rng.randrange(len(page))] = rng.randrange(256)
    return bytes(page)


def flip_words(rng: random.Random, body: bytes) -> bytes:
    words = _WORD.findall(body) or [b"x"]
    return _WORD.sub(lambda word: rng.choice(words) if rng.random() < 0.02 else word.group(), body)


def swap_tags(rng: random.Random, body: bytes) -> bytes:
    tags = _TAG.findall(body) or [b"<p>"]
    return _TAG.sub(lambda tag: rng.choice(tags) if rng.random() < 0.05 else tag.group(), body)


def drop_tags(rng: random.Random, body: bytes) -> bytes:
    return _TAG.sub(lambda tag: b"" if rng.random() < 0.1 else tag.group(), body)


def nest_deep(rng: random.Random, body: bytes) -> bytes:
    at = rng.randrange(len(body) + 1)
    opened = rng.choice(
        (b"<div>", b"<b>", b"<blockquote>", b"<table><tr><td>", b"[", b'{"a":', b"<ul><li>", b"<entry>")
    )
    return body[:at] + opened * rng.choice((30, 300, 3000)) + body[at:]


def declare_a_charset(rng: random.Random, body: bytes) -> bytes:
    charset = rng.choice(CHARSETS)
    declared = re.sub(rb"(?i)((?:charset|encoding)=[\"']?)[\w-]+", rb"\g<1>" + charset, body)
    return declared if declared != body else b'<?xml version="1.0" encoding="' + charset + b'"?>' + body


def write_otherwise(rng: random.Random, body: bytes) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(rng.choice(("utf-16", "utf-32", "latin-1", "cp1252", "utf-7", "utf-8-sig")), "replace")


def put_nulls(rng: random.Random, body: bytes) -> bytes:
    for _ in range(rng.randint(1, 20)):
        at = rng.randrange(len(body) + 1)
        body = body[:at] + b"\0" * rng.choice((1, 1, 100)) + body[at:]
    return body


def grow_attributes(rng: random.Random, body: bytes) -> bytes:
    value = rng.choice((b"x", b"&amp;", "é".encode(), b"' ", b"http://")) * rng.choice((500, 20_000))
    return re.sub(rb"=\"[^\"]*\"", lambda a: b'="' + value + b'"' if rng.random() < 0.03 else a.group(), body)


def double_ids(rng: random.Random, body: bytes) -> bytes:
    ids = re.findall(rb'"?id"?\s*[=:]\s*"?[\w-]+"?', body) or [b'id="1"']
    same = rng.choice(ids)
    return re.sub(rb'"?id"?\s*[=:]\s*"?[\w-]+"?', lambda one: same if rng.random() < 0.6 else one.group(), body)


def put_pieces(rng: random.Random, body: bytes) -> bytes:
    for _ in range(rng.randint(1, 8)):
        at, to = sorted(rng.randrange(len(body) + 1) for _ in range(2))
        to = min(to, at + rng.choice((1, 10, 500)))
        body = body[:at] + rng.choice((b"", rng.choice(PIECES), body[at:to] * 2, rng.randbytes(5))) + body[to:]
    return body


def pack_and_cut(rng: random.Random, body: bytes) -> bytes:
    packed = gzip.compress(body, 1)
    return packed[: rng.randrange(len(packed) + 1)] if rng.random() < 0.7 else flip_bytes(rng, packed)


CHANGES: tuple[Change, ...] = (
    *(cut_short, flip_bytes, flip_words, swap_tags, drop_tags, nest_deep, declare_a_charset, write_otherwise),
    *(put_nulls, grow_attributes, double_ids, put_pieces, pack_and_cut),
)


def changed(body: bytes, seed: int) -> bytes:
    """Return a page with one to three changes; each kind of change comes in turn."""
    rng = random.Random(seed)
    body = CHANGES[seed % len(CHANGES)](rng, body)
    for change in rng.choices(CHANGES, k=rng.choice((0, 0, 1, 2))):
        body = change(rng, body)
    return body[:400_000]


def wrong_types(body: bytes) -> Iterator[bytes]:
    """Yield a JSON answer with each odd value at each of its paths, the whole and the keys of mappings among them."""
    whole = json.loads(body)
    for path in list(_paths(whole)):
        for value in ODD_VALUES:
            yield json.dumps(_put(whole, path, value)).encode()
        if path and isinstance(path[-1], str):
            yield json.dumps(_without(whole, path)).encode()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _paths(one, (*path, name))


def _put(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    made = copy.deepcopy(whole)
    _holder(made, path)[path[-1]] = value
    return made


def _without(whole: Any, path: tuple[Any, ...]) -> Any:
    made = copy.deepcopy(whole)
    del _holder(made, path)[path[-1]]
    return made


def _holder(made: Any, path: tuple[Any, ...]) -> Any:
    for name in path[:-1]:
        made = made[name]
    return made
