"""What a post is linked by: its contacts, its masked stems, and the band keys under which its like are looked up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rensa import RMinHash

from nlp.contacts import Contact, ContactKind, normal_contact
from nlp.entities import entities
from nlp.lexicon import word_lists
from nlp.likeness import Features, masked_stems, weigh
from nlp.tokens import tokens
from nlp.types import Entities, Entity, EntityKind

_WIDE, _NARROW = (2, 24), (3, 40)
"""Two meshes of bands, as (values in a key, keys): the wide one catches paraphrase, the narrow one holds few strangers.

Two posts with a share J of their rare stems in common meet under one of n keys of r values with 1 - (1 - J**r)**n:
0.97 for J = 0.3 with both meshes. Strangers of the shipped corpora meet under one narrow key in 1 of 100,000 pairs, so
that among a million posts a narrow key still leads to few posts. See Leskovec, Rajaraman and Ullman, *Mining of Massive
Datasets*, 3.4.
"""
BANDS = _WIDE[1] + _NARROW[1]
"""Band keys of a post that has any."""
_PERMUTATIONS = _WIDE[0] * _WIDE[1] + _NARROW[0] * _NARROW[1]
_SEED = 20_20
_COPIES = 6
"""A stem stands in the sketch up to so many times, by how rare it is: MinHash of a weighted set."""
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_SERVICE_WORDS = frozenset(word_lists("link")["services"])
"""Words beside a contact that make it a service's, which strangers pass on to one another."""
_AROUND = 50
"""Characters on each side of a contact that are looked at for them."""
_PLURALS: dict[EntityKind, ContactKind] = {"phones": "phone", "emails": "email", "handles": "handle"}


@dataclass(frozen=True)
class Signature:
    """A post as links see it: its key, its stems without contacts, cities, prices and ages, its joining contacts."""

    key: str
    stems: tuple[str, ...]
    contacts: frozenset[Contact]

    @cached_property
    def rank(self) -> int:
        """A number under 2**60 that hangs on the key alone: the order in which posts speak for others."""
        return int(hashlib.sha256(self.key.encode("utf-8", "replace")).hexdigest()[:15], 16)

    @cached_property
    def features(self) -> Features:
        """What the post is compared by."""
        return weigh(self.stems)

    @cached_property
    def bands(self) -> tuple[int, ...]:
        """The keys under which posts like this one meet, signed 64-bit integers; none for a post of common words."""
        rare = sorted(self.features.rare)
        if not rare:
            return ()
        minhash = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        minhash.update(list(_repeated(self.features, rare)))
        return tuple(_keys(minhash.digest()))


def signature(key: str, text: str, city: str = "", found: Entities | None = None) -> Signature:
    """Return what a post is linked by; `city` is the one its source gives, `found` its entities if they are known."""
    found = entities(text) if found is None else found
    stems = masked_stems(text, found, [token.folded for token in tokens(city)])
    return Signature(key, stems, frozenset(_joining_contacts(text, found)))


def _repeated(features: Features, rare: Iterable[str]) -> Iterator[str]:
    for stem in rare:
        for copy in range(1 + int(features.weights[stem] * _COPIES)):
            yield f"{stem}#{copy}"


def _keys(digest: list[int]) -> Iterator[int]:
    start = 0
    for values, count in (_WIDE, _NARROW):
        for _ in range(count):
            band = f"{start}:{digest[start : start + values]}".encode()
            yield int.from_bytes(hashlib.blake2b(band, digest_size=8).digest(), signed=True)
            start += values


def _joining_contacts(text: str, found: Entities) -> Iterator[Contact]:
    """Yield the contacts of a post that may tie it to others: not toll-free, not presented as a service's."""
    for plural, kind in _PLURALS.items():
        for entity in found[plural]:
            contact = normal_contact(kind, str(entity.value))
            if not (_is_toll_free(contact) or _is_service(text, entity)):
                yield contact


def _is_toll_free(contact: Contact) -> bool:
    return contact.kind == "phone" and contact.value.startswith("+1") and contact.value[2:5] in _TOLL_FREE


def _is_service(text: str, entity: Entity) -> bool:
    around = text[max(0, entity.start - _AROUND) : entity.start] + " " + text[entity.end : entity.end + _AROUND]
    return any(token.folded in _SERVICE_WORDS for token in tokens(around))
