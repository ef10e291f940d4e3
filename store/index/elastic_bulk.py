"""Changes as Elasticsearch takes them: many at once, each with its post's version, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from store.index.base import Refusal
from store.index.elastic_client import refused, telling
from store.index.elastic_query import Json
from store.index.failures import swapped

CHUNK_DOCS, _CHUNK_BYTES = 1000, 8_000_000
_TIMEOUT, _TRIES = 30, 5
"""Seconds that one chunk of changes may take, and how often it is tried while the engine has no room for it."""
_BUSY = (429, 502, 503, 504)


def action(kind: str, alias: str, doc_id: str, version: int) -> Json:
    """Return a change of one document: ``index`` or ``delete``."""
    # greater *or equal*: what a crash made us say twice is written twice, never refused
    return {"_op_type": kind, "_index": alias, "_id": doc_id, "version": version, "version_type": "external_gte"}


def answers(client: Elasticsearch, actions: Iterable[Json]) -> Iterator[tuple[str, Refusal | None]]:
    """Send changes; yield for each the index that took it, or the alias, and why it can never be taken, if so.

    Raises `IndexUnavailable` where the engine would not take a change for a reason that may pass.
    """
    with telling():
        for done, answer in streaming_bulk(
            client.options(request_timeout=_TIMEOUT, retry_on_timeout=False),
            actions,
            chunk_size=CHUNK_DOCS,
            max_chunk_bytes=_CHUNK_BYTES,
            raise_on_error=False,
            require_alias=True,
            max_retries=_TRIES - 1,
            initial_backoff=0.5,
            retry_on_status=_BUSY,
            timeout=f"{_TIMEOUT // 2}s",
        ):
            each = next(iter(answer.values()))
            yield each["_index"], None if done else _refusal(each)


def _refusal(answer: Json) -> Refusal | None:
    """Return why a change can never be made; None where a newer version, or its absence, makes that no loss."""
    status, error = answer["status"], answer.get("error") or {}
    kind = str(error.get("type", "")) if isinstance(error, dict) else ""
    if status == 409 or (status == 404 and not kind):
        return None
    if status == 404:
        raise swapped()
    if status == 400:
        return Refusal(answer["_id"], kind or "refused")  # the type only: the engine's words may hold the text
    raise refused(status, kind)
