"""Numbered indices of Elasticsearch (``NAME-000001``) and the aliases that tell which of them is live.

``NAME`` is read and ``NAME-write`` written, both are the live one; ``NAME-build`` is the one being built beside it.
"""

from __future__ import annotations

import logging
import re

from elasticsearch import BadRequestError, Elasticsearch

from store.errors import NotSetUp, VigieError
from store.index.base import MAX_WINDOW, SCHEMA_VERSION
from store.index.document import KEYWORDS
from store.index.elastic_client import telling
from store.index.elastic_query import Json
from store.index.failures import no_index, old_index, swapped

log = logging.getLogger(__name__)

_KEYWORD = {"type": "keyword"}
_OWN_TOKENS = {"type": "text", "analyzer": "whitespace"}

MAPPING: Json = {
    "dynamic": "strict",
    "_meta": {"schema": SCHEMA_VERSION},
    "_source": {"excludes": ["words", "stems"]},
    "properties": {
        "id": _KEYWORD,
        **dict.fromkeys(KEYWORDS, _KEYWORD),
        "words": _OWN_TOKENS,
        "stems": _OWN_TOKENS,
        "version": {"type": "long"},
        "seq": {"type": "long"},
        "day": {"type": "long"},
        "at": {"type": "date", "format": "epoch_millis"},
        "document": {"type": "keyword", "index": False, "doc_values": False},
    },
}
SETTINGS: Json = {
    "number_of_shards": 1,  # one ranking and exact counts; millions of posts fit
    "auto_expand_replicas": "0-1",  # a copy on another node as soon as there is one
    "refresh_interval": -1,  # what is put is seen after `commit`, not before
    "gc_deletes": "1h",  # a removal's version outlives slow writers of older ones
    "max_result_window": MAX_WINDOW,
}


class Generations:
    """The generations of one name in one cluster."""

    def __init__(self, client: Elasticsearch, name: str) -> None:
        self.client = client
        self.read, self.write, self.build = name, f"{name}-write", f"{name}-build"
        self._numbered = re.compile(rf"{re.escape(name)}-(\d{{6}})")

    def live(self) -> str:
        """Return the name of the live generation."""
        found = self._behind(self.read)
        if not found:
            raise no_index()
        return found

    def written(self) -> str:
        """Return the name of the generation that is written."""
        found = self._behind(self.write)
        if not found:
            raise no_index()
        return found

    def require(self, name: str) -> None:
        """Raise `NotSetUp` if what stands under a name is not one generation with our fields."""
        with telling():
            found = self.client.indices.get_mapping(index=name)
        if len(found) != 1 or not all(self._is_ours(index, each["mappings"]) for index, each in found.items()):
            raise old_index()

    def make_first(self) -> None:
        """Make the first generation and its aliases if there are none, drop what a crash left of older ones."""
        number = self._next()  # before looking: whoever makes one at this moment makes the same
        if self._behind(self.read):
            self._sweep()
        else:
            self._create(number, {self.read: {}, self.write: {"is_write_index": True}})

    def start(self) -> str:
        """Return the generation that is being built, made empty where there is none that can be gone on with."""
        number = self._next()
        if found := self._behind(self.build):
            try:
                self.require(found)
            except NotSetUp:
                self._delete([found])
            else:
                return found
        self._create(number, {self.build: {}})
        return self._behind(self.build)

    def go_live(self, name: str) -> None:
        """Make a generation the live one in one atomic step, then drop all others; safe to repeat."""
        built = self._behind(self.build)
        if built == name:
            actions: list[Json] = [{"remove": {"index": name, "alias": self.build, "must_exist": True}}]
            for old, aliases in self._all().items():
                mine = aliases & {self.read, self.write} if old != name else ()
                actions += [{"remove": {"index": old, "alias": alias}} for alias in mine]
            actions += [{"add": {"index": name, "alias": self.read}}]
            actions += [{"add": {"index": name, "alias": self.write, "is_write_index": True}}]
            with telling():
                self.client.indices.update_aliases(actions=actions)
        elif self._behind(self.read) != name:
            raise swapped()
        self._delete([other for other in self._all() if other != name])

    def abandon(self, name: str) -> None:
        """Drop a generation that is being built; the live one stays."""
        if name and self._behind(self.build) == name:
            self._delete([name])

    def _is_ours(self, index: str, mappings: Json) -> bool:
        held = {name: mappings.get(name) for name in ("dynamic", "_meta", "properties")}
        return bool(self._numbered.fullmatch(index)) and held == {name: MAPPING[name] for name in held}

    def _all(self) -> dict[str, set[str]]:
        """Return every generation with its aliases."""
        with telling():
            found = self.client.indices.get_alias(index=f"{self.read}-*", expand_wildcards="all")
        return {name: set(each["aliases"]) for name, each in found.items() if self._numbered.fullmatch(name)}

    def _behind(self, alias: str) -> str:
        """Return the index behind an alias; empty if there is none."""
        try:
            with telling():
                return next(iter(self.client.indices.get_alias(name=alias)), "")
        except NotSetUp:
            return ""

    def _next(self) -> str:
        taken = (self._numbered.fullmatch(name) for name in self._all())
        return f"{self.read}-{max((int(each[1]) for each in taken if each), default=0) + 1:06d}"

    def _create(self, name: str, aliases: Json) -> None:
        with telling():
            try:
                self.client.indices.create(index=name, mappings=MAPPING, settings=SETTINGS, aliases=aliases)
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":  # another process was quicker
                    raise

    def _sweep(self) -> None:
        """Drop generations that no alias names: a crash came between putting another in their place and dropping."""
        if left := [name for name, aliases in self._all().items() if not aliases]:
            try:
                self._delete(left)
            except VigieError as error:
                log.warning("an old generation of the search index is left: %s", error.message)

    def _delete(self, names: list[str]) -> None:
        if names:
            with telling():
                self.client.indices.delete(index=names, ignore_unavailable=True)
