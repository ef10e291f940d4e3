"""Whoever copies the database and tries out every phone number of Québec learns nothing; with the key, they would."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator

import pytest
from sqlalchemy import LargeBinary, select

from nlp.search_terms import terms_of
from nlp.searches import SearchScope, fingerprint, normalise
from store.keys import load_key
from store.store import Store
from store.tables import Base

pytestmark = pytest.mark.thorough

AREAS = ("418", "438", "450", "514", "579", "581", "819", "873", "367", "263", "354", "468")
PLANTED = "5145550133"
_KEPT = 8
"""Bytes of a digest that are compared: one that was cut short is found too."""
_HEX = re.compile(r"[0-9a-f]{16,}")

EMBEDDED = pytest.mark.parametrize("twin", ["embedded"], scope="session")
"""What is kept is the same on both scales, as the test with the key shows."""

Digest = Callable[[bytes], bytes]
PLAIN: dict[str, Digest] = {
    "sha256": lambda said: hashlib.sha256(said).digest(),
    "sha1": lambda said: hashlib.sha1(said).digest(),
    "md5": lambda said: hashlib.md5(said).digest(),
    "hmac": lambda said: hmac.digest(b"", said, "sha256"),
}


def messages() -> list[str]:
    """Return in what words a number may have been hashed: as it is written, and as this code labels contacts."""
    terms = terms_of(normalise(SearchScope(query="", identifiers=[PLANTED])))
    labels = {label for clause in terms.clauses for label in clause} | set(terms.held) | set(terms.contacts)
    kinds = ("phone", "search", "search-held", "search-anchor", "search-words")
    written = ["{0}", "+1{0}", "1{0}", "{1}-{2}-{3}", "phone:+1{0}"]
    said = [f"{kind}\0+1{{0}}" for kind in kinds]
    said += [f"{kind}\0{label.replace(PLANTED, '{0}')}" for kind in kinds for label in labels if PLANTED in label]
    return list(dict.fromkeys(written + said))


@pytest.fixture
def kept(person_in, town, store) -> set[bytes]:
    """The beginnings of all that may be a digest in a database where the planted number was told and searched."""
    partner, analyst = person_in("partner"), person_in("analyst")
    asked = {"who": "Mme T.", "why": "inquiète", "phones": ["514-555-0133"]}
    request = partner.api("POST", "/requests", json=asked).json()["id"]
    for serves in (request, None):
        scope = {"query": "", "identifiers": ["514-555-0133"], "request": serves}
        made = analyst.api(
            "POST", "/searches", json=scope | {"purpose": "request" if serves else "watch", "ground": "x"}
        )
        assert made.status_code in (200, 201), made.text
    return set(beginnings(store))


def beginnings(store: Store) -> Iterator[bytes]:
    with store.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            blobs = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
            for row in session.execute(select(table)).mappings():
                yield from (bytes(row[name][:_KEPT]) for name in blobs if row[name])
                said = " ".join(str(value) for name, value in row.items() if name not in blobs)
                assert PLANTED not in said
                yield from (bytes.fromhex(found[: 2 * _KEPT]) for found in _HEX.findall(said))


def numbers(area: str, exchanges: Iterable[int]) -> Iterator[str]:
    return (f"{area}{exchange}{line:04}" for exchange in exchanges for line in range(10_000))


def found(kept: set[bytes], digest: Digest, message: str, which: Iterable[str]) -> list[str]:
    """Return the numbers whose digest begins like something that is kept."""
    if message == "{0}" or message.endswith("{0}"):  # the common case, without the cost of formatting
        head = message[:-3].encode()
        return [number for number in which if digest(head + number.encode())[:_KEPT] in kept]
    form = message.format
    return [n for n in which if digest(form(n, n[:3], n[3:6], n[6:]).encode())[:_KEPT] in kept]


def test_with_the_hashing_key_the_number_is_found(kept, store):
    """Without this, that nothing is found without it would show nothing."""
    key = load_key(store.settings.keys, "hashing")
    keyed = {
        message: found(kept, lambda said: hmac.digest(key, said, "sha256"), message, numbers("514", [555]))
        for message in messages()
    }
    assert keyed["phone\0+1{0}"] == [PLANTED], "a request's contact"
    assert sum(hits == [PLANTED] for hits in keyed.values()) >= 3, "and what searches are found by"
    assert all(hits in ([], [PLANTED]) for hits in keyed.values())
    scope = SearchScope(query="", identifiers=[PLANTED])
    assert hmac.digest(key, f"search\0{fingerprint(scope)}".encode(), "sha256")[:_KEPT] in kept


@EMBEDDED
@pytest.mark.parametrize("algorithm", PLAIN)
def test_without_it_no_number_of_one_exchange_in_any_area_is(kept, algorithm):
    for area in AREAS:
        for message in messages():
            assert found(kept, PLAIN[algorithm], message, numbers(area, [555])) == []


@EMBEDDED
@pytest.mark.parametrize("algorithm", PLAIN)
def test_nor_is_a_search_for_a_number(kept, algorithm):
    for number in numbers("514", [555]):
        if number[6:8] != "01":
            continue
        said = fingerprint(SearchScope(query="", identifiers=[number]))
        for message in (said, f"search\0{said}"):
            assert PLAIN[algorithm](message.encode())[:_KEPT] not in kept
        assert said.encode()[:_KEPT] not in kept
        assert not re.fullmatch(_HEX, said) or bytes.fromhex(said[: 2 * _KEPT]) not in kept


@pytest.mark.slow
@EMBEDDED
@pytest.mark.parametrize("area", AREAS)
def test_nor_is_any_number_of_quebec(kept, area):
    """Eight million numbers an area: in the likeliest way, and in one area in others too."""
    likely = [("sha256", "+1{0}")]
    if area == "514":
        likely += [("sha256", "{0}"), ("md5", "{0}"), ("md5", "+1{0}"), ("hmac", "phone\0+1{0}")]
    for algorithm, message in likely:
        assert found(kept, PLAIN[algorithm], message, numbers(area, range(200, 1000))) == []
