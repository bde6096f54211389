"""The tree against the vectors of the reference implementation of RFC 6962, and a plain oracle."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.log import rules
from ip_ledger.log.rules import Node, RecordDraft, TileKey

INPUTS = [
    b"",
    b"\x00",
    b"\x10",
    bytes.fromhex("2021"),
    bytes.fromhex("3031"),
    bytes.fromhex("40414243"),
    bytes.fromhex("5051525354555657"),
    bytes.fromhex("606162636465666768696a6b6c6d6e6f"),
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def oracle(leaves: list[bytes]) -> bytes:
    """Follow the definition of MTH word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return rules.node_hash(oracle(leaves[:split]), oracle(leaves[split:]))


def tiles_over(leaves: list[bytes]) -> dict[TileKey, list[bytes]]:
    """Build every tile of a tree, full and partial."""
    tiles: dict[TileKey, list[bytes]] = {}
    level, hashes = 0, leaves
    while hashes:
        cut = [hashes[i : i + 256] for i in range(0, len(hashes), 256)]
        tiles |= {TileKey(level, i): tile for i, tile in enumerate(cut)}
        hashes = [rules.perfect_root(tile) for tile in cut if len(tile) == 256]
        level += 1
    return tiles


def climbed(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Lead from leaf to root by the recursion of RFC 6962 2.1.1, unlike the verifier's loop."""
    if size == 1:
        return leaf
    split = 1
    while split * 2 < size:
        split *= 2
    if index < split:
        return rules.node_hash(climbed(leaf, index, split, proof[:-1]), proof[-1])
    return rules.node_hash(proof[-1], climbed(leaf, index - split, size - split, proof[:-1]))


@pytest.mark.parametrize("size", ROOTS)
def test_roots_are_those_of_the_reference_implementation(size: int) -> None:
    leaves = [rules.leaf_hash(record) for record in INPUTS[:size]]
    assert rules.range_root((0, size), tiles_over(leaves)).hex() == ROOTS[size]


sizes = st.one_of(st.integers(1, 40), st.integers(250, 530), st.just(65_536 + 257))


@given(sizes, st.data())
def test_every_proof_from_tiles_leads_to_the_root_of_the_definition(
    size: int, data: st.DataObject
) -> None:
    leaves = [hashlib.sha256(str(i).encode()).digest() for i in range(size)]
    tiles = tiles_over(leaves)
    index = data.draw(st.integers(0, size - 1))
    ranges = rules.inclusion_ranges(index, size)
    needed = {key: tiles[key] for key in rules.tiles_of([*ranges, (0, size)])}
    proof = [rules.range_root(bounds, needed) for bounds in ranges]
    root = oracle(leaves)
    assert rules.range_root((0, size), needed) == root
    assert climbed(leaves[index], index, size, proof) == root


def test_the_tiles_of_a_tree_of_seventy_thousand_are_those_of_the_specification() -> None:
    widths = [rules.width_of(TileKey(*key), 70_000) for key in [(0, 272), (0, 273), (1, 0), (1, 1)]]
    assert widths == [256, 112, 256, 17]
    assert rules.width_of(TileKey(2, 0), 70_000) == 1
    assert rules.full_tiles(0, 0, 70_000) == range(273)


@pytest.mark.parametrize(
    ("tile", "width", "path"),
    [
        (TileKey(0, 1_234_067), 256, "0/x001/x234/067"),
        (TileKey(1, 0), 12, "1/000.p/12"),
        (TileKey(0, 999), 256, "0/999"),
        (TileKey(0, 1_000), 256, "0/x001/000"),
    ],
)
def test_tile_paths_are_read_as_they_are_written(tile: TileKey, width: int, path: str) -> None:
    assert rules.tile_path(tile, width) == path
    level, rest = path.split("/", 1)
    assert rules.tile_named(int(level), rest) == (tile, width)


@pytest.mark.parametrize(
    "path",
    [
        "0",
        "0000",
        "x000/000",
        "001/000",
        "000.p/0",
        "000.p/257",
        "000.p/256",
        "000.p/01",
        "a",
        "",
        "x001/00",
        "000.p/",
        "٠٠٠",
        "-01",
        "9" * 40,
    ],
)
def test_any_other_spelling_of_a_tile_names_nothing(path: str) -> None:
    assert rules.tile_named(0, path) is None


def test_a_node_lies_in_the_tile_of_its_own_eight_levels() -> None:
    assert rules.tile_of(Node(0, 257)) == (TileKey(0, 1), 1, 2)
    assert rules.tile_of(Node(9, 3)) == (TileKey(1, 0), 6, 8)


@pytest.mark.parametrize(
    ("size", "partial"),
    [
        (0, []),
        (255, [TileKey(0, 0)]),
        (256, [TileKey(1, 0)]),
        (257, [TileKey(0, 1), TileKey(1, 0)]),
        (65_536, [TileKey(2, 0)]),
        (65_536 + 512 + 3, [TileKey(0, 258), TileKey(1, 1), TileKey(2, 0)]),
        (256**7, [TileKey(7, 0)]),
        (256**7 + 1, [TileKey(0, 256**6), TileKey(7, 0)]),
    ],
)
def test_each_level_has_one_tile_at_most_that_is_not_full(
    size: int, partial: list[TileKey]
) -> None:
    assert rules.partial_tiles(size) == partial
    assert all(0 < rules.width_of(key, size) < 256 for key in partial)


@pytest.mark.parametrize(
    ("level", "old", "new", "full"),
    [(0, 255, 256, [0]), (0, 256, 511, []), (0, 255, 512, [0, 1]), (1, 65_535, 65_536, [0]),
     (1, 0, 65_535, []), (1, 65_536, 131_072, [1]), (2, 0, 256**3, [0])],
)  # fmt: skip
def test_a_tile_becomes_full_with_its_last_hash(
    level: int, old: int, new: int, full: list[int]
) -> None:
    assert list(rules.full_tiles(level, old, new)) == full


def test_a_tile_that_a_tree_does_not_reach_is_empty_and_no_wider_than_256() -> None:
    widths = [rules.width_of(TileKey(0, 1), size) for size in (0, 256, 257, 512, 9_999)]
    assert widths == [0, 0, 1, 256, 256]


def test_a_stored_tile_is_cut_into_hashes_of_32_bytes() -> None:
    hashes = [bytes([place]) * 32 for place in range(3)]
    assert rules.cut(b"".join(hashes)) == hashes
    assert rules.cut(b"") == []


@pytest.mark.parametrize("index", [0, 1, 255, 10**18 - 1])
@pytest.mark.parametrize("width", [1, 99, 100, 255, 256])
def test_every_tile_is_found_under_its_path(index: int, width: int) -> None:
    level, path = rules.tile_path(TileKey(3, index), width).split("/", 1)
    assert rules.tile_named(int(level), path) == (TileKey(3, index), width)


def test_a_tile_beyond_what_a_log_can_have_is_named_by_nothing() -> None:
    _, path = rules.tile_path(TileKey(0, 10**18)).split("/", 1)
    assert rules.tile_named(0, path) is None
    assert rules.tile_named(0, "000.p/1000") is None


@pytest.mark.parametrize("center", [None, UUID(int=2)])
def test_a_record_says_what_it_is_and_seals_its_fields_each_with_a_salt_of_its_own(
    center: UUID | None,
) -> None:
    salts = [bytes([place]) * 16 for place in range(3)]
    draft = RecordDraft("revenue", UUID(int=1), center, {"ppm": 5}, {"b": "付款", "a": 7})
    at = datetime(2026, 6, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    sealed = rules.sealed_record(draft, at, salts)
    assert sealed.openings == (("a", salts[1], b"7"), ("b", salts[2], '"付款"'.encode()))
    assert json.loads(sealed.body) == {
        "v": 1, "kind": "revenue", "id": str(UUID(int=1)),
        "center_id": None if center is None else str(center),
        "recorded_at": "2026-06-01T00:00:00Z", "salt": base64.b64encode(salts[0]).decode(),
        "document": {"ppm": 5},
        "sealed": {
            name: base64.b64encode(
                hashlib.sha256(b"zhichuang opening v1\n" + name.encode() + b"\n" + salt + value)
                .digest()
            ).decode()
            for name, salt, value in sealed.openings
        },
    }  # fmt: skip
    assert at.astimezone(UTC).hour == 0
