"""The audit's tree at the sizes around full tiles, and which differing tile it names."""

import hashlib

import pytest

from ip_ledger.audit import rules
from ip_ledger.audit.rules import CHANGED_TILE, Growing
from ip_ledger.log.rules import EMPTY_ROOT, TileKey, leaf_hash, node_hash, perfect_root

LEAVES = [leaf_hash(str(place).encode()) for place in range(600)]
FIRST, SECOND, ABOVE = TileKey(0, 0), TileKey(0, 1), TileKey(1, 0)
MISSING = "it is missing under a signed tree"


def grown(leaves: list[bytes]) -> Growing:
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    return tree


def mth(leaves: list[bytes]) -> bytes:
    """Follow the definition of a tree's hash (RFC 9162 2.1.1) word by word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(mth(leaves[:split]), mth(leaves[split:]))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 7, 255, 256, 257, 511, 512, 513, 600])
def test_a_tree_has_the_root_of_the_definition_after_each_leaf(size: int) -> None:
    tree = grown(LEAVES[:size])
    assert tree.size == size
    assert tree.root == mth(LEAVES[:size])
    # To ask for it changes nothing.
    assert tree.root == mth(LEAVES[:size])


@pytest.mark.parametrize(
    ("size", "full"),
    [(255, []), (256, [FIRST]), (257, [FIRST]), (511, [FIRST]), (512, [FIRST, SECOND])],
)
def test_a_tile_is_handed_over_when_its_256th_hash_comes(size: int, full: list[TileKey]) -> None:
    tiles = grown(LEAVES[:size]).tiles
    assert [*tiles] == full
    for key in full:
        hashes = LEAVES[256 * key.index : 256 * key.index + 256]
        assert tiles[key] == (hashlib.sha256(b"".join(hashes)).digest(), perfect_root(hashes))


def test_256_full_tiles_make_one_of_the_level_above() -> None:
    leaves = [leaf_hash(bytes([place % 251])) for place in range(256 * 256)]
    before, after = grown(leaves[:-1]), grown(leaves)
    assert ABOVE not in before.tiles
    assert sorted(after.tiles) == [*(TileKey(0, index) for index in range(256)), ABOVE]
    roots = [after.tiles[TileKey(0, index)][1] for index in range(256)]
    assert after.tiles[ABOVE] == (hashlib.sha256(b"".join(roots)).digest(), after.root)
    # What comes after it begins tiles of its own.
    for leaf in LEAVES[:256]:
        after.add(leaf)
    following = TileKey(0, 256)
    assert after.tiles.keys() - {*(TileKey(0, index) for index in range(256))} == {ABOVE, following}
    assert after.tiles[following][1] == perfect_root(LEAVES[:256])
    assert after.tiles[following][0] == hashlib.sha256(b"".join(LEAVES[:256])).digest()


COMPUTED = {key: (bytes([place]), b"root") for place, key in enumerate((FIRST, SECOND, ABOVE))}


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("gone", "signed", "row"),
    [
        (FIRST, 255, None), (FIRST, 256, "0 0"), (SECOND, 511, None), (SECOND, 512, "0 1"),
        (ABOVE, 65_535, None), (ABOVE, 65_536, "1 0"),
    ],
)  # fmt: skip
def test_a_missing_tile_is_named_once_a_signed_tree_fills_it(
    gone: TileKey, signed: int, row: str | None
) -> None:
    stored = {key: tile for key, tile in COMPUTED.items() if key != gone}
    found = rules.differing_tile(COMPUTED, stored, signed)
    assert found == (row and rules.Difference("log_tile", row, MISSING))


@pytest.mark.requirement("X07")
def test_a_tile_that_is_not_made_of_its_hashes_is_named_whatever_is_signed() -> None:
    assert rules.differing_tile(COMPUTED, COMPUTED, 70_000) is None
    changed = {**COMPUTED, SECOND: (b"", b"root"), ABOVE: (b"", b"root")}
    assert rules.differing_tile(COMPUTED, changed, 0) == rules.Difference(
        "log_tile", "0 1", CHANGED_TILE
    )
    # One that no leaf stands behind is made up.
    more = {**COMPUTED, TileKey(0, 2): (b"", b"root")}
    assert rules.differing_tile(COMPUTED, more, 0) == rules.Difference(
        "log_tile", "0 2", CHANGED_TILE
    )
