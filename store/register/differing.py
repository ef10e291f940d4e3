"""How a register's leaves differ from those that a witness kept: which entries were changed, deleted, put in, moved.

An entry's hash does not cover its number, so entries are known again by their hashes even when all numbers were
shifted. Both lists are held in memory: this runs only once something is wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from store.register.findings import Findings, Kind
from store.register.witness_state import Seen


def compare(kept: Sequence[Seen], now: Sequence[Seen], found: Findings) -> None:
    """Name every difference; leaves of `now` that follow all that was kept are growth and no difference."""
    places = _places(now)
    gone = [leaf for leaf in kept if not _take(places, leaf.hash)]
    known = {leaf.hash for leaf in kept}
    new = [place for place, leaf in enumerate(now) if leaf.hash not in known]
    replaced = _replaced(gone, [now[place] for place in new], found)
    _tell_gone([leaf for leaf in gone if leaf.n not in replaced], kept, now, found)
    last_known = max((place for place, leaf in enumerate(now) if leaf.hash in known), default=-1)
    for place in new:
        if now[place].n not in replaced and (place < last_known or (kept and now[place].n <= kept[-1].n)):
            found.add(Kind.INSERTED, "the witness had not seen it where it stands now", now[place].n)
    _tell_moved(kept, now, found)
    if not found:
        for old, leaf in zip(kept, now, strict=False):
            if old != leaf:
                found.add(Kind.CHANGED, f"it has another number or moment than entry {old.n} had", leaf.n)


def _places(leaves: Iterable[Seen]) -> dict[bytes, list[int]]:
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, leaf in enumerate(leaves):
        places[leaf.hash].append(place)
    return places


def _take(places: dict[bytes, list[int]], hash_: bytes) -> bool:
    """Use one occurrence of a hash up: entries may be the same to the microsecond."""
    if not places.get(hash_):
        return False
    places[hash_].pop(0)
    return True


def _replaced(gone: Iterable[Seen], new: Iterable[Seen], found: Findings) -> set[int]:
    """Name entries whose number has other words, or an earlier moment, now; return the numbers."""
    by_number = {leaf.n: leaf for leaf in gone}
    replaced = set()
    for leaf in new:
        old = by_number.get(leaf.n)
        if old is None:
            continue
        replaced.add(leaf.n)
        if leaf.at < old.at:
            found.add(Kind.BACK_DATED, f"its moment was {old.at:%Y-%m-%d %H:%M:%S}", leaf.n)
        else:
            found.add(Kind.CHANGED, "it is not what the witness saw", leaf.n)
    return replaced


def _tell_gone(gone: Iterable[Seen], kept: Sequence[Seen], now: Sequence[Seen], found: Findings) -> None:
    still = {leaf.hash for leaf in now}
    last = max((place for place, leaf in enumerate(kept) if leaf.hash in still), default=-1)
    tail = {leaf.n for leaf in kept[last + 1 :]}
    for leaf in gone:
        if leaf.n in tail:
            found.add(Kind.TRUNCATED, "the witness saw it at the end, and the register ends before", leaf.n)
        else:
            found.add(Kind.DELETED, "the witness saw it and it is gone", leaf.n)


def _tell_moved(kept: Sequence[Seen], now: Sequence[Seen], found: Findings) -> None:
    """Name the fewest entries that must have moved: all but the longest run that still stands in the old order."""
    order = _places(kept)
    known = [(order[leaf.hash].pop(0), leaf) for leaf in now if order.get(leaf.hash)]
    in_order = _longest_rising([place for place, _ in known])
    for index, (_, leaf) in enumerate(known):
        if index not in in_order:
            found.add(Kind.REORDERED, "it does not stand where the witness saw it", leaf.n)


def _longest_rising(places: Sequence[int]) -> set[int]:
    """Return the indices of a longest rising subsequence (Fredman's way: piles, and what lies under each card)."""
    tops: list[int] = []
    piles: list[int] = []
    under: list[int] = []
    for index, place in enumerate(places):
        pile = bisect_left(tops, place)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [index]
        under.append(piles[pile - 1] if pile else -1)
    rising, index = set(), piles[-1] if piles else -1
    while index >= 0:
        rising.add(index)
        index = under[index]
    return rising
