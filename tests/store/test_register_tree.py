"""The tree of RFC 6962: the published vectors, and properties of any tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.register.tree import (
    EMPTY,
    Node,
    Range,
    Span,
    consistency_spans,
    fold,
    inclusion_spans,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
    whole_nodes,
)

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
L01, L00 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", ROOTS[0]
N23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
N4567 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
L6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
INCLUSION = [
    (0, 8, [L01, N23, N4567]),
    (5, 8, [L4, N67, ROOTS[3]]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [L00, N23, L4]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [L01, N23, N4567]),
    (6, 8, [N45, N67, ROOTS[3]]),
    (2, 5, [N23, L4]),
    (6, 7, [N45, L6, ROOTS[3]]),
]


class Tree:
    """A tree in memory, with all its whole nodes, as the register stores them."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.nodes = {Node(0, place): leaf for place, leaf in enumerate(leaves)}
        self.range = Range()
        self.roots = [EMPTY]
        for leaf in leaves:
            self.nodes.update(self.range.append(leaf))
            self.roots.append(self.range.root())

    def hashes(self, spans: list[Span]) -> list[bytes]:
        return [fold([self.nodes[node] for node in whole_nodes(span)]) for span in spans]


def published() -> Tree:
    return Tree([leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES])


def read(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in hashes]


def test_the_published_roots():
    assert [root.hex() for root in published().roots] == [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        *ROOTS,
    ]


@pytest.mark.parametrize(("position", "size", "path"), INCLUSION)
def test_the_published_inclusion_proofs(position, size, path):
    tree = published()
    assert tree.hashes(inclusion_spans(position, size)) == read(path)
    assert verify_inclusion(tree.leaves[position], position, size, read(path), tree.roots[size])


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_the_published_consistency_proofs(old, new, path):
    tree = published()
    assert tree.hashes(consistency_spans(old, new)) == read(path)
    assert verify_consistency(old, tree.roots[old], new, tree.roots[new], read(path))


def trees(least: int = 1) -> st.SearchStrategy[Tree]:
    return st.integers(least, 70).map(lambda size: Tree([leaf_hash(bytes([n])) for n in range(size)]))


def plain_root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(plain_root(leaves[:middle]), plain_root(leaves[middle:]))


@given(trees())
def test_a_growing_tree_has_the_root_of_the_definition(tree):
    assert tree.range.root() == plain_root(tree.leaves)
    again = Range(len(tree.leaves), tree.range.peaks)
    assert again.root() == tree.range.root()
    with pytest.raises(ValueError, match="set bit"):
        Range(len(tree.leaves), [*tree.range.peaks, EMPTY])


def spoilt(draw, path: list[bytes]) -> list[bytes]:
    """Return a path that differs: a bit, a step more or less, two that change places."""
    ways = ["longer", "before"] + (["bit", "shorter"] if path else []) + (["swapped"] if len(path) > 1 else [])
    way, place = draw(st.sampled_from(ways)), draw(st.integers(0, max(len(path) - 1, 0)))
    if way == "longer":
        return [*path, draw(st.sampled_from([EMPTY, *path]))]
    if way == "before":
        return [draw(st.sampled_from([EMPTY, *path])), *path]
    if way == "shorter":
        return path[:place] + path[place + 1 :]
    if way == "swapped":
        return path[::-1]
    flipped = bytearray(path[place])
    flipped[draw(st.integers(0, 31))] ^= 1 << draw(st.integers(0, 7))
    return [*path[:place], bytes(flipped), *path[place + 1 :]]


@given(st.data(), trees())
def test_every_inclusion_proof_verifies_and_every_other_fails(data, tree):
    size = data.draw(st.integers(1, len(tree.leaves)))
    position = data.draw(st.integers(0, size - 1))
    leaf, root = tree.leaves[position], tree.roots[size]
    path = tree.hashes(inclusion_spans(position, size))
    assert verify_inclusion(leaf, position, size, path, root)
    other = data.draw(st.integers(-1, 70).filter(lambda n: n != position))
    assert not verify_inclusion(leaf, other, size, path, root)
    assert not verify_inclusion(leaf_hash(b"other"), position, size, path, root)
    assert not verify_inclusion(leaf, position, size, path, EMPTY)
    assert not verify_inclusion(leaf, position, size, spoilt(data.draw, path), root)
    assert not verify_inclusion(leaf, position, size * 2, path, root)


@given(st.data(), trees(2))
def test_every_consistency_proof_verifies_and_every_other_fails(data, tree):
    new = data.draw(st.integers(2, len(tree.leaves)))
    old = data.draw(st.integers(1, new - 1))
    was, now = tree.roots[old], tree.roots[new]
    path = tree.hashes(consistency_spans(old, new))
    assert verify_consistency(old, was, new, now, path)
    assert not verify_consistency(old, EMPTY, new, now, path)
    assert not verify_consistency(old, was, new, EMPTY, path)
    assert not verify_consistency(old, now, new, was, path)
    assert not verify_consistency(old, was, new, now, spoilt(data.draw, path))
    assert not verify_consistency(new, now, old, was, path)


@given(trees())
def test_what_stands_at_the_edges(tree):
    size, root = len(tree.leaves), tree.range.root()
    assert verify_consistency(0, EMPTY, size, root, [])
    assert not verify_consistency(0, root, size, root, [])
    assert verify_consistency(size, root, size, root, [])
    assert not verify_consistency(size, root, size, root, [root])
    assert not verify_consistency(size, root, size, EMPTY, [])
    for spans, given_ in ((inclusion_spans, (size, size)), (consistency_spans, (size + 1, size))):
        with pytest.raises(ValueError, match="tree"):
            spans(*given_)
