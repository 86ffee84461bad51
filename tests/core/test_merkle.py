"""The tree of RFC 9162: known roots, and proofs that hold for one leaf, place and root only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import merkle
from core.merkle import Tree

# The leaves and roots that the Certificate Transparency projects test with.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
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
SIZES = st.integers(min_value=1, max_value=600)


def leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(size)]


def root_of(hashes: list[bytes]) -> bytes:
    """The recursive definition of RFC 9162, 2.1.1."""
    if len(hashes) == 1:
        return hashes[0]
    middle = merkle.split(len(hashes))
    return merkle.node_hash(root_of(hashes[:middle]), root_of(hashes[middle:]))


def path_of(index: int, size: int) -> list[bytes]:
    hashes = leaves(size)
    return merkle.inclusion_path(index, size, lambda first, end: root_of(hashes[first:end]))


def test_the_roots_are_the_known_ones() -> None:
    tree = Tree()
    roots = []
    for leaf in LEAVES:
        tree.add(merkle.leaf_hash(leaf))
        roots.append(tree.root().hex())
    assert roots == ROOTS


def test_an_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert Tree().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(SIZES)
def test_a_tree_that_grew_has_the_root_of_the_definition(size: int) -> None:
    tree = Tree()
    for leaf in leaves(size):
        tree.add(leaf)
    assert tree.root() == root_of(leaves(size))


@given(SIZES, SIZES)
def test_a_tree_grows_on_from_its_peaks(before: int, more: int) -> None:
    hashes = leaves(before + more)
    first = Tree()
    for leaf in hashes[:before]:
        first.add(leaf)
    second = Tree(first.size, first.peaks)
    for leaf in hashes[before:]:
        second.add(leaf)
    assert second.root() == root_of(hashes)


def test_peaks_that_do_not_fit_the_size_are_refused() -> None:
    with pytest.raises(ValueError, match="3 leaves"):
        Tree(3, [b"one peak"])


def test_every_complete_subtree_of_256_leaves_and_more_is_handed_out_once() -> None:
    tree = Tree()
    hashes = leaves(1024)
    done = [complete for leaf in hashes for complete in tree.add(leaf)]
    assert [(each.level, each.position) for each in done] == [(8, 0), (8, 1), (9, 0), (8, 2), (8, 3), (9, 1), (10, 0)]
    assert done[5].hash == root_of(hashes[512:1024])


@given(SIZES, st.data())
def test_a_proof_holds_for_its_leaf(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = root_of(leaves(size))
    assert merkle.verify_inclusion(leaves(size)[index], index, size, path_of(index, size), root)


@given(SIZES, st.data())
def test_a_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    """Every byte of the proof, the leaf, the place and the root matters."""
    index = data.draw(st.integers(0, size - 1))
    hashes, path = leaves(size), path_of(index, size)
    root = root_of(hashes)
    other = merkle.leaf_hash(b"other")
    assert not merkle.verify_inclusion(other, index, size, path, root)
    assert not merkle.verify_inclusion(hashes[index], index, size, path, other)
    assert not merkle.verify_inclusion(hashes[index], index, size, [*path, other], root)
    assert not merkle.verify_inclusion(hashes[index], size, size, path, root)
    assert not merkle.verify_inclusion(hashes[index], -1, size, path, root)
    for place in range(len(path)):
        cut, changed = path[:place] + path[place + 1 :], [*path[:place], other, *path[place + 1 :]]
        assert not merkle.verify_inclusion(hashes[index], index, size, cut, root)
        assert not merkle.verify_inclusion(hashes[index], index, size, changed, root)
    wrong = data.draw(st.integers(0, size - 1))
    assert wrong == index or not merkle.verify_inclusion(hashes[index], wrong, size, path, root)
