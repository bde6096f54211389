"""The audit's arithmetic: one pass over all leaves gives every tile and every tree's root."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ip_ledger.log.rules import EMPTY_ROOT, TILE_BITS, TILE_WIDTH, TileKey, node_hash

CHANGED_TILE: Final = "it is not made of the hashes below it"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row of a table that is not what it must be, and why; no row when none can be."""

    table: str
    row: str | None
    reason: str


@dataclass(slots=True)
class Growing:
    """A tree that takes leaves one by one, tells its root, and hands over each tile that fills."""

    size: int = 0
    tiles: dict[TileKey, tuple[bytes, bytes]] = field(default_factory=dict)
    """Of each full tile, the SHA-256 of its hashes and its root."""
    _edge: list[bytes] = field(default_factory=list)
    _open: list[list[bytes]] = field(default_factory=lambda: [[]])

    def add(self, leaf: bytes) -> None:
        """Take the next leaf's hash."""
        self._open[0].append(leaf)
        node, height, count = leaf, 0, self.size
        while count & 1:
            node = node_hash(self._edge.pop(), node)
            height, count = height + 1, count >> 1
            if height % TILE_BITS == 0:
                self._fill(height // TILE_BITS - 1, node)
        self._edge.append(node)
        self.size += 1

    def _fill(self, level: int, root: bytes) -> None:
        hashes, self._open[level] = self._open[level], []
        index = ((self.size + 1) >> (TILE_BITS * (level + 1))) - 1
        key = TileKey(level, index)
        self.tiles[key] = (hashlib.sha256(b"".join(hashes)).digest(), root)
        if level + 1 == len(self._open):
            self._open.append([])
        self._open[level + 1].append(root)

    @property
    def root(self) -> bytes:
        """Give the root over what came so far."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for left in self._edge[-2::-1]:
            root = node_hash(left, root)
        return root


def differing_tile(
    computed: Mapping[TileKey, tuple[bytes, bytes]],
    stored: Mapping[TileKey, tuple[bytes, bytes]],
    signed_size: int,
) -> Difference | None:
    """Name the first tile that is wrong, or missing though a signed tree needs it."""
    for key in sorted({*computed, *stored}):
        row = f"{key.level} {key.index}"
        needed = (key.index + 1) * TILE_WIDTH << (TILE_BITS * key.level) <= signed_size
        if key not in stored and needed:
            return Difference("log_tile", row, "it is missing under a signed tree")
        if key in stored and stored[key] != computed.get(key):
            return Difference("log_tile", row, CHANGED_TILE)
    return None
