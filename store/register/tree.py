"""The Merkle tree of RFC 6962 and RFC 9162, over SHA-256: its hashing, its proofs, and how they are verified.

Nothing here reads or writes. A tree is told by its size; a node by its level (0: the leaves) and its position on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

EMPTY = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


class Node(NamedTuple):
    """A whole subtree: it covers 2**level leaves, from position * 2**level."""

    level: int
    position: int


class Span(NamedTuple):
    """The leaves from `start` up to, not including, `end`: what one element of a proof is the hash of."""

    start: int
    end: int


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 over a zero byte and the content."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 over a one byte and the hashes below it."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Range:
    """A tree that grows: it holds the hashes of its whole subtrees only, one for each set bit of its size."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError("a tree has one whole subtree for each set bit of its size")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """Add the hash of a leaf; return the inner nodes that it made whole, the lowest first."""
        whole, level = [], 0
        while self.size >> level & 1:
            leaf, level = node_hash(self.peaks.pop(), leaf), level + 1
            whole.append((Node(level, self.size >> level), leaf))
        self.peaks.append(leaf)
        self.size += 1
        return whole

    def root(self) -> bytes:
        """Return the hash of the whole tree."""
        return fold(self.peaks) if self.peaks else EMPTY


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the hash of neighbouring whole subtrees, the largest first."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def whole_nodes(span: Span) -> list[Node]:
    """Return the whole subtrees that a span of a proof is made of, the largest first."""
    nodes, start = [], span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def inclusion_spans(position: int, size: int) -> list[Span]:
    """Return what the inclusion proof of a leaf is made of, from the leaf up; `ValueError` if there is no such leaf."""
    if not 0 <= position < size:
        raise ValueError("no such leaf in a tree of this size")
    spans, start, end = [], 0, size
    while end - start > 1:
        middle = _middle(start, end)
        if position < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Return what the proof is made of that a tree only grew; `ValueError` unless 0 ≤ old ≤ new."""
    if not 0 <= old <= new:
        raise ValueError("a tree grows from the smaller size to the larger")
    if old in (0, new):
        return []
    spans, start, end = [], 0, new
    while end != old:
        middle = _middle(start, end)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return ([Span(start, end)] if start else []) + spans[::-1]


def verify_inclusion(leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a proof shows that a leaf stands at a position of the tree of this size (RFC 9162 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    index, last, found = position, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            found = node_hash(step, found)
            index, last = _past_the_edge(index, last)
        else:
            found = node_hash(found, step)
        index, last = index >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that the new tree begins with all of the old one (RFC 9162 2.1.4.2).

    Every tree begins with the empty one, and with itself: then the path is empty.
    """
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and (old_root == new_root if old == new else old_root == EMPTY)
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            was, now = node_hash(step, was), node_hash(step, now)
            index, last = _past_the_edge(index, last)
        else:
            now = node_hash(now, step)
        index, last = index >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _past_the_edge(index: int, last: int) -> tuple[int, int]:
    """Go up the right edge of the tree to where the way is a right turn again."""
    while index and not index & 1:
        index, last = index >> 1, last >> 1
    return index, last


def _middle(start: int, end: int) -> int:
    """Return where a tree of these leaves parts: at the largest power of two below their number."""
    return start + (1 << (end - start - 1).bit_length() - 1)
