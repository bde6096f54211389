"""The log's arithmetic: tree hashes (RFC 9162), tiles, records with sealed fields.

A tree is addressed by its perfect subtrees: node (level, index) covers `2**level` leaves from
`index * 2**level` on. A tile holds 256 nodes that are 8 levels apart from the next tile's. Nothing
here reads a database or makes randomness.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

TILE_BITS: Final = 8
TILE_WIDTH: Final = 1 << TILE_BITS
HASH_BYTES: Final = 32
SALT_BYTES: Final = 16
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
OPENING_LABEL: Final = b"zhichuang opening v1\n"


def leaf_hash(record: bytes) -> bytes:
    """Hash a leaf over its stored bytes."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Give the root over a power of two of equally high subtrees."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A perfect subtree: `2**level` leaves, the `index`-th of its level."""

    level: int
    index: int


@dataclass(frozen=True, slots=True, order=True)
class TileKey:
    """A tile's place: its level of tiles and its index within that level."""

    level: int
    index: int


def perfect_nodes(start: int, end: int) -> list[Node]:
    """Cut a range of leaves into perfect subtrees, largest first.

    `start` is included and `end` is not. The range must begin where a tree of its size may begin:
    that holds for every range that a proof or a root asks for.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Give the ranges of leaves whose roots prove a leaf, from its sibling up (RFC 9162 2.1.3)."""
    ranges = []
    start, end = 0, size
    while end - start > 1:
        split = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((start, split))
            start = split
    return ranges[::-1]


def tile_of(node: Node) -> tuple[TileKey, int, int]:
    """Tell which tile holds a node, and from which to before which of its hashes."""
    tile_level, height = divmod(node.level, TILE_BITS)
    first = node.index << height
    place = first % TILE_WIDTH
    return TileKey(tile_level, first // TILE_WIDTH), place, place + (1 << height)


def tiles_of(ranges: Sequence[tuple[int, int]]) -> list[TileKey]:
    """Name every tile that the roots of these ranges are made from."""
    return sorted({tile_of(node)[0] for bounds in ranges for node in perfect_nodes(*bounds)})


def width_of(tile: TileKey, size: int) -> int:
    """Tell how many hashes of a tile exist in a tree of a size: 256 when it is full."""
    hashes = size >> (TILE_BITS * tile.level)
    return max(0, min(TILE_WIDTH, hashes - tile.index * TILE_WIDTH))


def range_root(bounds: tuple[int, int], tiles: Mapping[TileKey, Sequence[bytes]]) -> bytes:
    """Give the root over a range of leaves, from the tiles that `tiles_of` named."""
    hashes = []
    for node in perfect_nodes(*bounds):
        key, first, before = tile_of(node)
        hashes.append(perfect_root(tiles[key][first:before]))
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def full_tiles(level: int, old_size: int, new_size: int) -> range:
    """Name the tiles of a level that become full when the tree grows; sizes count leaves."""
    shift = TILE_BITS * (level + 1)
    return range(old_size >> shift, new_size >> shift)


def partial_tiles(size: int) -> list[TileKey]:
    """Name the tiles of a tree of a size that are not full, one of each level that has one."""
    counts = [(level, size >> (TILE_BITS * level)) for level in range(8)]
    return [TileKey(level, count // TILE_WIDTH) for level, count in counts if count % TILE_WIDTH]


def cut(hashes: bytes) -> list[bytes]:
    """Cut a stored tile into its hashes."""
    return [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]


def tile_path(tile: TileKey, width: int = TILE_WIDTH) -> str:
    """Write a tile's path as C2SP tlog-tiles does: `0/x001/067`, `0/000.p/12`."""
    digits = f"{tile.index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"{tile.level}/{path}{partial}"


def tile_named(level: int, path: str) -> tuple[TileKey, int] | None:
    """Read a tile's path back, with its width; `None` for any other spelling."""
    full, partial, width_text = path.partition(".p/")
    groups = full.split("/")
    digits = "".join(group.removeprefix("x") for group in groups)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        return None
    if partial and not (width_text.isascii() and width_text.isdigit() and len(width_text) <= 3):
        return None
    tile, width = TileKey(level, int(digits)), int(width_text) if partial else TILE_WIDTH
    known = 0 < width <= TILE_WIDTH and tile_path(tile, width) == f"{level}/{path}"
    return (tile, width) if known else None


# Made once: with options of one's own, `json.dumps` makes an encoder for each value.
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Write a JSON value in the one form that is hashed: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(value).encode()


def base64_text(value: bytes) -> str:
    """Write bytes as standard base64."""
    return base64.b64encode(value).decode()


def seal(name: str, salt: bytes, value: bytes) -> bytes:
    """Hash a field that must not stand in the open; `value` is its canonical JSON.

    The salt makes the hash say nothing of small values such as amounts; when the salt is erased,
    the record and its place in the tree stay valid.
    """
    return hashlib.sha256(OPENING_LABEL + name.encode() + b"\n" + salt + value).digest()


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """What is to be logged: what stands in the open, and the sealed fields by name."""

    kind: str
    id: UUID
    center_id: UUID | None
    document: Mapping[str, Any]
    openings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record's stored bytes, and what opens its sealed fields: name, salt, canonical value."""

    body: bytes
    openings: tuple[tuple[str, bytes, bytes], ...]


def sealed_record(draft: RecordDraft, recorded_at: datetime, salts: Sequence[bytes]) -> Sealed:
    """Write the bytes of a record; the first salt is its own, the others seal its fields."""
    own, *others = salts
    values = sorted((name, canonical(value)) for name, value in draft.openings.items())
    openings = tuple(
        (name, salt, value) for (name, value), salt in zip(values, others, strict=True)
    )
    body = canonical(
        {
            "v": 1,
            "kind": draft.kind,
            "id": str(draft.id),
            "center_id": None if draft.center_id is None else str(draft.center_id),
            "recorded_at": recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "salt": base64_text(own),
            "document": draft.document,
            "sealed": {
                name: base64_text(seal(name, salt, value)) for name, salt, value in openings
            },
        }
    )
    return Sealed(body, openings)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """Write what a checkpoint signs (C2SP tlog-checkpoint)."""
    return f"{origin}\n{size}\n{base64_text(root)}\n"


def proof_text(index: int, proof: Sequence[bytes], checkpoint: str) -> str:
    """Write an inclusion proof with its checkpoint as one file (C2SP tlog-proof)."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *map(base64_text, proof)]
    return "\n".join(lines) + "\n\n" + checkpoint
