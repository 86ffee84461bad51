"""Pure: the Merkle tree of RFC 9162, which grows at its right edge, and proofs that a leaf is in it.

Only the roots of the complete subtrees along the right edge are needed to grow, so adding a leaf to a log of
millions costs a few hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# Complete subtrees of at least 2**8 leaves are handed out to be kept: 1 row for 128 leaves makes proofs short to find.
KEPT_LEVEL = 8
KEPT_WIDTH = 2**KEPT_LEVEL
EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Complete:
    """A complete subtree of 2**level leaves, the first of which is leaf position * 2**level."""

    level: int
    position: int
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree of `size` leaves, known by its peaks: the roots of its complete subtrees, the largest first."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(self.peaks)}")

    def add(self, leaf: bytes) -> list[Complete]:
        """Add the hash of a leaf. Returns the subtrees worth keeping that it has completed."""
        self.size += 1
        node, level, completed = leaf, 0, []
        while not self.size >> level & 1:
            node = node_hash(self.peaks.pop(), node)
            level += 1
            if level >= KEPT_LEVEL:
                completed.append(Complete(level, (self.size >> level) - 1, node))
        self.peaks.append(node)
        return completed

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def split(size: int) -> int:
    """The largest power of two below a size of at least two: where RFC 9162 divides a tree."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_path(index: int, size: int, root_of: Callable[[int, int], bytes]) -> list[bytes]:
    """The audit path of a leaf (RFC 9162, 2.1.3.1). `root_of(first, end)`: the root over a range of leaves."""
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + split(end - first)
        if index < middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(first, middle))
            first = middle
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Iterable[bytes], root: bytes) -> bool:
    """Whether a leaf's hash is at `index` in the tree of that size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root
