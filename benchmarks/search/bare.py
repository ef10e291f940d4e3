"""The peer of indexing: the engine alone, handed ready values by its own client."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from inspect import signature
from typing import Any

import tantivy
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from benchmarks.search.places import ELASTICSEARCH, Place, say
from benchmarks.search.ready import ready
from pipeline.index import drain_batch
from store.index.tantivy_documents import SCHEMA, make_or_open

Json = dict[str, Any]

_BATCH: int = signature(drain_batch).parameters["limit"].default
"""What the outbox brings in at once, and commits."""
_HEAP = 64_000_000
"""What Vigie's own writer has, in bytes."""
_ALIKE = 300_000
"""Documents that are put in once more with a commit after each batch, at most."""


def bare(place: Place) -> Json:
    """Hand ready values to the engine's own client; what reads them from disk is not counted."""
    return _bare_tantivy(place) if place.engine == "tantivy" else _bare_elasticsearch(place)


def _bare_tantivy(place: Place) -> Json:
    once = rate(place.posts, _tantivy_seconds(place, 0))
    some = replace(place, posts=min(place.posts, _ALIKE))
    often = rate(some.posts, _tantivy_seconds(some, _BATCH))
    return {**once, "per_second_committing_alike": often["per_second"]}


def _tantivy_seconds(place: Place, commit_every: int) -> float:
    folder = place.work / "bare"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make_or_open(folder)
    writer = tantivy.Index.open(str(folder)).writer(heap_size=_HEAP, num_threads=1)
    seconds, done = 0.0, 0
    for piece in ready(place):
        values = [_split(doc) for doc in piece]
        started = time.perf_counter()
        for fields, stored in values:
            document = tantivy.Document()
            document.extend(fields, SCHEMA)
            document.add_bytes("document", stored)
            writer.add_document(document)
            done += 1
            if commit_every and done % commit_every == 0:
                writer.commit()
        seconds += time.perf_counter() - started
    started = time.perf_counter()
    writer.commit()
    seconds += time.perf_counter() - started
    writer.wait_merging_threads()
    shutil.rmtree(folder)
    return seconds


def _split(doc: Json) -> tuple[Json, bytes]:
    """Return the fields that are indexed, without the empty ones, and what is stored."""
    fields = {name: value for name, value in doc.items() if value not in ("", [])}
    return fields, fields.pop("document").encode()


def _bare_elasticsearch(place: Place) -> Json:
    """Fill the place's own index, so that it can be searched after."""
    place.drop_index()
    with place.index(writer=True):
        pass
    client = Elasticsearch(ELASTICSEARCH, request_timeout=60)
    alias = f"{place.settings.index_name}-write"
    seconds, done = 0.0, 0
    for piece in ready(place):
        actions = [{"_index": alias, "_id": doc["id"], "_source": doc} for doc in piece]
        started = time.perf_counter()
        bulk(client, actions, chunk_size=1000)
        seconds += time.perf_counter() - started
        done += len(piece)
        if done % 100_000 == 0:
            say(f"{place.name}: {done:,} documents in the bare engine")
    started = time.perf_counter()
    client.indices.refresh(index=alias)
    client.close()
    return rate(place.posts, seconds + time.perf_counter() - started)


def rate(posts: int, seconds: float) -> Json:
    return {"posts_done": posts, "seconds": round(seconds, 1), "per_second": round(posts / seconds, 1)}
