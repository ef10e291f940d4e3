"""Documents as an engine takes them, tokens included, made once and kept in a file for the peers."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.search.places import Place, say
from pipeline.documents import documents
from store.index.document import Document, milliseconds, search_words
from store.tables import Post

Json = dict[str, Any]
_PIECE = 20_000
"""Documents in one file."""


def make(place: Place) -> Json:
    """Write what is missing of the documents of a place's posts."""
    started = time.perf_counter()
    _folder(place).mkdir(parents=True, exist_ok=True)
    missing = [first for first in range(0, place.posts, _PIECE) if _file(place, first) is None]
    with ProcessPoolExecutor(2) as pool:
        for number, first in enumerate(pool.map(partial(_write, place), missing), 1):
            if number % 5 == 0:
                say(f"documents made ready up to {min(first + _PIECE, place.posts):,}")
    return {"seconds": round(time.perf_counter() - started, 1), "reused": not missing}


def ready(place: Place) -> Iterator[list[Json]]:
    """Yield the documents of a place's posts, in order, a few thousand at a time."""
    for first in range(0, place.posts, _PIECE):
        path = _file(place, first)
        if path is None:
            raise FileNotFoundError(f"The documents from {first} on are not made ready.")
        with path.open("rb") as stream:
            found = pickle.load(stream)
        yield found[: place.posts - first]


def _folder(place: Place) -> Path:
    return place.work / f"ready-{place.name.split('-')[-1]}"


def _file(place: Place, first: int) -> Path | None:
    """Return the file that holds all that is wanted of a piece; its name tells its first document and their number."""
    wanted = min(_PIECE, place.posts - first)
    found = _folder(place).glob(f"{first:08d}-?????")
    return next((path for path in found if int(path.name.split("-")[1]) >= wanted), None)


def _write(place: Place, first: int) -> int:
    found = []
    with place.opened() as store:
        for start in range(first, min(first + _PIECE, place.posts), 500):
            with store.database.reading() as session:
                within = Post.seq.between(start + 1, min(start + 500, first + _PIECE, place.posts))
                ids = session.scalars(select(Post.id).where(within)).all()
                found += [as_taken(document) for document in documents(session, ids)[0]]
    new = _folder(place) / f"{first:08d}-{len(found):05d}.new"
    with new.open("wb") as stream:
        pickle.dump(found, stream, pickle.HIGHEST_PROTOCOL)
    new.replace(new.with_suffix(""))
    return first


def as_taken(doc: Document) -> Json:
    """Return the fields that both engines index, and the document that they store."""
    words, stems = search_words(doc)
    numbers = {"version": doc.version, "seq": doc.seq, "at": milliseconds(doc.at), "day": doc.day}
    return {"id": doc.id, **doc.keywords, **numbers, "words": words, "stems": stems, "document": doc.canonical()}
