"""Every single bit of a bundle, a receipt and an export, flipped: none of them passes.

All are made without a service and small, so that each bit can be asked; what a signature says of
the same text is remembered. `make prove` asks every bit; `make test` one of each byte, another one
from byte to byte, and one of each hash of an export's full tile.
"""

import functools
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ip_ledger.log import rules
from ip_ledger.log.commitments import hidden_parts
from ip_ledger.log.keys import LogKey
from shared import verifier
from tests.ip_ledger.log.test_verifying import receipt, written

ALL: bool = os.environ.get("ZHICHUANG_PROFILE") == "prove"
ORIGIN = "zhichuang.example/ip-ledger"
OWN, OTHER, RUN = (UUID(int=number) for number in (1, 2, 3))
NOW = datetime(2028, 3, 10, tzinfo=UTC)
AMOUNT = 37_872_641
HASH = 32


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> LogKey:
    return LogKey.kept_in(tmp_path_factory.mktemp("log") / "log.key", ORIGIN)


@pytest.fixture(autouse=True)
def _judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "signature_fits", functools.cache(verifier.signature_fits))


def flipped(raw: bytes, every: int) -> Iterator[tuple[int, bytes]]:
    """Flip all bits, or one of every so many bytes, each time another one of the eight."""
    for place in range(0, len(raw), 1 if ALL else every):
        for bit in range(8) if ALL else [place // every % 8]:
            bent = bytearray(raw)
            bent[place] ^= 1 << bit
            yield place, bytes(bent)


def passing(holds: Callable[[bytes], object], raw: bytes, every: int = 1) -> list[bytes]:
    """Give the surroundings of each bit whose change nobody noticed."""
    assert holds(raw)
    missed = []
    for place, bent in flipped(raw, every):
        try:
            holds(bent)
        except (verifier.ReceiptError, UnicodeDecodeError):
            continue
        missed.append(raw[max(0, place - 30) : place + 30])
    return missed


def proofs(index: int, leaves: list[bytes]) -> list[str]:
    tiles = {rules.TileKey(0, 0): leaves}
    parts = rules.inclusion_ranges(index, len(leaves))
    return [rules.base64_text(rules.range_root(part, tiles)) for part in parts]


def bundle(key: LogKey, *, with_run: bool) -> bytes:
    """Make a payee's bundle: its line, and the run whose parts add up to the income."""
    commitments, parts = hidden_parts({OWN: AMOUNT, OTHER: 70_334_906})
    parts = {name: part for name, part in parts.items() if part.get("payee_id") != str(OTHER)}
    drafts = {
        1: rules.RecordDraft(
            kind="distribution_line",
            id=UUID(int=11),
            center_id=None,
            document={"run_id": str(RUN), "received_on": "2028-03-01"},
            openings={"amount": {"amount": AMOUNT, "currency": "CNY"}, "payee_id": str(OWN)},
        )
    }
    if with_run:
        drafts[3] = rules.RecordDraft(
            kind="distribution_total",
            id=UUID(int=12),
            center_id=None,
            document={"run_id": str(RUN), "commitments": commitments},
            openings=parts,
        )
    sealed = {
        place: rules.sealed_record(
            one, NOW, [bytes([number]) * 16 for number in range(len(one.openings) + 1)]
        )
        for place, one in drafts.items()
    }
    leaves = [rules.leaf_hash(bytes([place])) for place in range(5)]
    for place, one in sealed.items():
        leaves[place] = rules.leaf_hash(one.body)
    root = rules.range_root((0, 5), {rules.TileKey(0, 0): leaves})
    records = [
        {
            "record": rules.base64_text(one.body),
            "leaf_index": place,
            "proof": proofs(place, leaves),
            "openings": [
                {"name": name, "salt": rules.base64_text(salt), "value": json.loads(value)}
                for name, salt, value in one.openings
            ],
        }
        for place, one in sealed.items()
    ]
    checkpoint = key.signed(rules.checkpoint_text(ORIGIN, 5, root))
    document = {"v": 1, "org_id": str(OWN), "checkpoint": checkpoint, "records": records}
    return verifier.canonical(document)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize("with_run", [True, False])
def test_no_bit_of_a_bundle_can_be_flipped(key: LogKey, with_run: bool) -> None:
    raw = bundle(key, with_run=with_run)
    sums = [run["sum_proven"] for run in verifier.bundle_holds(raw, key.verifier)["runs"]]
    assert sums == [True] * with_run
    assert passing(lambda bent: verifier.bundle_holds(bent, key.verifier), raw) == []


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_no_bit_of_a_receipt_can_be_flipped(key: LogKey) -> None:
    raw = written(receipt(key))
    assert passing(lambda bent: verifier.verified(bent, key.verifier), raw) == []


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_no_bit_of_an_export_can_be_flipped(key: LogKey) -> None:
    """A full tile, the rest beside it, and the level above."""
    leaves = [rules.leaf_hash(number.to_bytes(2)) for number in range(259)]
    full = rules.perfect_root(leaves[:256])
    tiles = {rules.TileKey(1, 0): [full], rules.TileKey(0, 1): leaves[256:]}
    root = rules.range_root((0, 259), tiles)
    files = {
        "checkpoint": key.signed(rules.checkpoint_text(ORIGIN, 259, root)).encode(),
        "tile/0/000": b"".join(leaves[:256]),
        "tile/0/001.p/3": b"".join(leaves[256:]),
        "tile/1/000.p/1": full,
    }

    def read_with(name: str, bent: bytes) -> tuple[int, str]:
        return verifier.whole_log({**files, name: bent}.__getitem__, key.verifier)

    for name, content in files.items():
        # Of the full tile one bit of each hash: every change asks for the whole tree anew.
        every = HASH + 1 if name == "tile/0/000" else 1
        assert passing(functools.partial(read_with, name), content, every) == [], name
