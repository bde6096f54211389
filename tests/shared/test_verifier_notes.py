"""The offline verifier on both sides of each bound: keys, notes, checkpoints, proofs and tiles."""

import hashlib
from collections.abc import Callable

import pytest

from shared import verifier
from shared.verifier import ReceiptError, read_checkpoint, read_key, signed_text
from tests.shared.verifying import (
    ORIGIN,
    WITNESS,
    Signer,
    b64,
    leaf,
    node,
    noted,
    path_of,
    refused,
    root_of,
    tiles_of,
)

LOG = Signer(1)
SEER = Signer(2, "witness.example", WITNESS)
ROOT = bytes(range(32))
# Of order one, two, four and eight.
EIGHTH = 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL_POINTS = [one.to_bytes(32, "little") for one in (1, verifier.P - 1, 0, EIGHTH)]
TEXT = f"{ORIGIN}\n5\n{b64(ROOT)}\n"


@pytest.mark.requirement("X07")
@pytest.mark.parametrize("signer", [LOG, SEER])
def test_a_key_is_read_from_its_line(signer: Signer) -> None:
    key = read_key(signer.line + "\n")
    assert (key.name, key.kind) == (signer.name, signer.kind)
    assert (key.key_id, key.public) == (signer.key_id, signer.public)


def line_with(raw: bytes, name: str = ORIGIN) -> str:
    """A line whose id is right, whatever it names."""
    digest = hashlib.sha256(name.encode() + b"\n" + raw).digest()
    return f"{name}+{digest[:4].hex()}+{b64(raw)}"


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (line_with(LOG.raw, ""), "key: no name"),
        (line_with(LOG.raw, "a b"), "key: no name"),
        (line_with(LOG.raw[:-1]), "key: no Ed25519 key"),
        (line_with(LOG.raw + b"\x00"), "key: no Ed25519 key"),
        (ORIGIN, "key: no Ed25519 key"),
        *((line_with(bytes([kind]) + LOG.public), "key: no Ed25519 key") for kind in (0, 2, 3, 5)),
        (f"{ORIGIN}+{SEER.key_id.hex()}+{b64(LOG.raw)}", "key: its id is another key's"),
        # What is no point, and a point of small order.
        (line_with(b"\x01" + (2).to_bytes(32, "little")), "key: no point that signs"),
        *((line_with(b"\x01" + raw), "key: no point that signs") for raw in SMALL_POINTS),
        (LOG.line + "\n\n", "key: no base64"),
    ],
)
def test_a_line_that_is_no_key_is_refused(line: str, message: str) -> None:
    with refused(message):
        read_key(line)


@pytest.mark.requirement("X07")
def test_a_note_is_signed_by_every_key_that_is_asked_for() -> None:
    log, seer = read_key(LOG.line), read_key(SEER.line)
    assert signed_text(noted("a b\n", LOG), log) == "a b\n"
    assert signed_text(noted("a\n\nb\n", LOG), log) == "a\n\nb\n"
    # A witness that is not asked for may have signed, too, and nobody judges what it said.
    wrong = SEER.under("something else\n")
    assert signed_text(noted(TEXT, LOG) + wrong, log) == TEXT
    for both in (noted(TEXT, LOG, SEER), noted(TEXT, SEER, LOG)):
        assert signed_text(both, log, seer) == TEXT


GOOD = noted(TEXT, LOG)
OTHER = Signer(3)
NAMESAKE = LOG.under(TEXT).replace(f"— {ORIGIN}", "— another.example")


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("note", "message"),
    [
        (noted("a\tb\n", LOG), "checkpoint: a control character"),
        (noted("a\x1fb\n", LOG), "checkpoint: a control character"),
        (TEXT, "checkpoint: no signed note"),
        (GOOD.removesuffix("\n"), "checkpoint: no signed note"),
        (TEXT + "\n", "checkpoint: no signed note"),
        (GOOD.replace("—", "-"), "checkpoint: a broken signature line"),
        (GOOD.replace(f"— {ORIGIN}", "— "), "checkpoint: a broken signature line"),
        (GOOD + f"— {ORIGIN}\n", "checkpoint: a broken signature line"),
        (GOOD + f"— {ORIGIN} ====\n", "checkpoint signature: no base64"),
        # The last part of a text with an empty line is no signature.
        (GOOD + "\n", "checkpoint: no signed note"),
        (noted(TEXT, OTHER), "checkpoint: not signed by this key"),
        (TEXT + "\n" + NAMESAKE, "checkpoint: not signed by this key"),
        (TEXT + "\n" + LOG.under("another\n"), "checkpoint: the signature does not fit"),
        (noted(TEXT, LOG, LOG), "checkpoint: signed twice by one key"),
    ],
)
def test_a_note_that_is_not_signed_so_is_refused(note: str, message: str) -> None:
    with refused(message):
        signed_text(note, read_key(LOG.line))


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_witness_has_to_have_signed_this_very_text_at_the_time_it_says() -> None:
    log, seer = read_key(LOG.line), read_key(SEER.line)
    with refused("checkpoint: not signed by this key"):
        signed_text(noted(TEXT, LOG), log, seer)
    with refused("checkpoint: not signed by this key"):
        signed_text(noted(TEXT, SEER), log, seer)
    good = SEER.bytes_over(TEXT)
    later = good[:4] + (1_830_000_001).to_bytes(8, "big") + good[12:]
    for bent in (later, SEER.bytes_over("another\n"), good[:-1], good + b"\x00", good[:4]):
        with refused("checkpoint: the signature does not fit"):
            signed_text(f"{GOOD}— {SEER.name} {b64(bent)}\n", log, seer)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize("size", [0, 5, 10**17, 10**18 - 1])
def test_a_checkpoint_tells_size_and_root(size: int) -> None:
    note = noted(f"{ORIGIN}\n{size}\n{b64(ROOT)}\n", LOG)
    assert read_checkpoint(note, read_key(LOG.line)) == (ORIGIN, size, ROOT)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{ORIGIN}\n5\n", "checkpoint: not three lines"),
        (f"{TEXT}more\n", "checkpoint: not three lines"),
        (f"{TEXT}\n", "checkpoint: not three lines"),
        (TEXT.replace(ORIGIN, "another.example"), "checkpoint: of another log"),
        *(
            (f"{ORIGIN}\n{size}\n{b64(ROOT)}\n", "checkpoint: no tree size")
            for size in ("", "05", "-5", "5a", "٥", "²", str(10**18), "0" * 18 + "5")
        ),
        (f"{ORIGIN}\n5\n{b64(ROOT[:-1])}\n", "checkpoint: no root"),
        (f"{ORIGIN}\n5\n{b64(ROOT + ROOT[:1])}\n", "checkpoint: no root"),
        (f"{ORIGIN}\n5\n{b64(ROOT).lower()}!\n", "checkpoint root: no base64"),
    ],
)
def test_a_checkpoint_of_another_form_is_refused(text: str, message: str) -> None:
    with refused(message):
        read_checkpoint(noted(text, LOG), read_key(LOG.line))


@pytest.mark.parametrize("text", ["AB==", "AA==\n", "AA=", "ＡＡ==", 1, None])
@pytest.mark.refusing
def test_base64_has_one_spelling(text: object) -> None:
    assert verifier.unbase64("AA==", "it") == b"\x00"
    with pytest.raises(ReceiptError, match=r"^it: (no base64|no text|base64 in another spelling)$"):
        verifier.unbase64(text, "it")


# --- the tree -------------------------------------------------------------------------------


def leaves(size: int) -> list[bytes]:
    return [leaf(place.to_bytes(3, "big")) for place in range(size)]


@pytest.mark.requirement("X07")
def test_every_leaf_of_every_small_tree_leads_to_the_root() -> None:
    for size in range(1, 20):
        every = leaves(size)
        for index, one in enumerate(every):
            assert verifier.root_from(one, index, size, path_of(index, every)) == root_of(every)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_a_path_has_the_length_that_its_place_asks_for(size: int) -> None:
    every = leaves(size)
    for index, one in enumerate(every):
        path = path_of(index, every)
        with refused("proof: too long"):
            verifier.root_from(one, index, size, [*path, ROOT])
        if path:
            with refused("proof: too short"):
                verifier.root_from(one, index, size, path[:-1])


def test_a_proof_is_written_as_its_specification_says() -> None:
    told = verifier.proof_file(7, [b"\x00", b"\x01"], "note\n")
    assert told == "c2sp.org/tlog-proof@v1\nindex 7\nAA==\nAQ==\n\nnote\n"


def reading(tiles: dict[tuple[int, int], bytes]) -> Callable[[int, int], bytes]:
    return lambda level, index: tiles[level, index]


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    "size", [0, 1, 2, 3, 5, 255, 256, 257, 300, 511, 512, 769, 65_536, 65_536 + 256 + 3]
)
def test_a_trees_root_is_that_of_its_leaves(size: int) -> None:
    every = leaves(size)
    assert verifier.tree_root(reading(tiles_of(every)), size) == root_of(every)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_tiles_have_the_size_of_the_tree_and_each_level_is_the_one_below_hashed() -> None:
    every = leaves(515)
    good = tiles_of(every)
    for place in good:
        for bent in (good[place][:-32], good[place] + bytes(32), good[place][:-1], b""):
            with refused("tiles: one of another size"):
                verifier.tree_root(reading({**good, place: bent}), 515)
    with refused("tiles: level 1 is another"):
        verifier.tree_root(reading({**good, (1, 0): good[1, 0][32:] + good[1, 0][:32]}), 515)
    with refused("tiles: level 1 is another"):
        verifier.tree_root(reading({**good, (0, 0): good[0, 1]}), 515)


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"), (1, 7, 255, "tile/1/007.p/255"), (0, 999, 256, "tile/0/999"),
        (0, 1_000, 1, "tile/0/x001/000.p/1"), (2, 1_234_067, 256, "tile/2/x001/x234/067"),
    ],
)  # fmt: skip
def test_a_tile_is_named_as_its_specification_says(
    level: int, index: int, width: int, path: str
) -> None:
    assert verifier.tile_path(level, index, width) == path


def test_a_whole_export_comes_to_what_its_checkpoint_signs() -> None:
    every = leaves(256 + 3)
    root = root_of(every)
    files = {
        "checkpoint": noted(f"{ORIGIN}\n259\n{b64(root)}\n", LOG).encode(),
        "tile/0/000": b"".join(every[:256]),
        "tile/0/001.p/3": b"".join(every[256:]),
        "tile/1/000.p/1": root_of(every[:256]),
    }
    assert verifier.whole_log(files.__getitem__, LOG.line) == (259, root.hex())
    with refused("checkpoint: not signed by this key"):
        verifier.whole_log(files.__getitem__, LOG.line, SEER.line)
    seen = noted(f"{ORIGIN}\n259\n{b64(root)}\n", LOG, SEER).encode()
    witnessed = {**files, "checkpoint": seen}.__getitem__
    assert verifier.whole_log(witnessed, LOG.line, SEER.line) == (259, root.hex())
    note = noted(f"{ORIGIN}\n259\n{b64(ROOT)}\n", LOG).encode()
    with refused("tiles: their leaves make another root"):
        verifier.whole_log({**files, "checkpoint": note}.__getitem__, LOG.line)
    with refused("checkpoint: no text"):
        verifier.whole_log({**files, "checkpoint": b"\xff"}.__getitem__, LOG.line)
    assert node(root_of(every[:256]), root_of(every[256:])) == root


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "number",
    [verifier.P, verifier.P + 1, 1 | 1 << 255, verifier.P - 1 | 1 << 255, 2],
)
def test_a_point_has_one_spelling(number: int) -> None:
    # The field's order is zero once more, and zero has no sign.
    assert verifier.unpacked(number.to_bytes(32, "little")) is None


def test_points_of_either_sign_are_read_back() -> None:
    for count in range(1, 9):
        point = verifier.times(count, verifier.BASE)
        opposite = (verifier.P - point[0], point[1], point[2], verifier.P - point[3])
        for one in (point, opposite):
            back = verifier.unpacked(verifier.packed(one))
            assert back is not None
            assert verifier.same(back, one)
