"""The offline verifier, which shares no code with the log that it judges."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.log import rules
from ip_ledger.log.keys import LogKey
from zhichuang import verify

ORIGIN = "zhichuang.example/ip-ledger"
PAYEE = UUID("01980000-0000-7000-8000-000000000001")


def receipt(key: LogKey, index: int = 2, size: int = 5) -> dict[str, Any]:
    draft = rules.RecordDraft(
        kind="distribution_line",
        id=PAYEE,
        center_id=None,
        document={"received_on": "2028-03-01"},
        openings={"amount": {"amount": 43_283_019, "currency": "CNY"}, "payee_id": str(PAYEE)},
    )
    salts = [bytes([i]) * 16 for i in range(3)]
    sealed = rules.sealed_record(draft, datetime(2028, 3, 1, tzinfo=UTC), salts)
    return receipt_of(key, sealed, index, size)


def receipt_of(key: LogKey, sealed: rules.Sealed, index: int = 2, size: int = 5) -> dict[str, Any]:
    """Prove a record that stands at a place of a small tree."""
    leaves = [rules.leaf_hash(bytes([i])) for i in range(size)]
    leaves[index] = rules.leaf_hash(sealed.body)
    tiles = {rules.TileKey(0, 0): leaves}
    proof = [rules.range_root(part, tiles) for part in rules.inclusion_ranges(index, size)]
    root = rules.range_root((0, size), tiles)
    note = key.signed(rules.checkpoint_text(ORIGIN, size, root))
    return {
        "record": rules.base64_text(sealed.body),
        "leaf_index": index,
        "proof": [rules.base64_text(sibling) for sibling in proof],
        "checkpoint": note,
        "tlog_proof": rules.proof_text(index, proof, note),
        "openings": [
            {"name": name, "salt": rules.base64_text(salt), "value": json.loads(value)}
            for name, salt, value in sealed.openings
        ],
    }


def written(document: dict[str, Any]) -> bytes:
    """Write a receipt as the service answers it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> LogKey:
    return LogKey.kept_in(tmp_path_factory.mktemp("log") / "log.key", ORIGIN)


@pytest.fixture(scope="module")
def good(key: LogKey) -> bytes:
    return written(receipt(key))


def holds(receipt_bytes: bytes, key_text: str) -> bool:
    try:
        verify.verified(receipt_bytes, key_text)
    except verify.ReceiptError:
        return False
    return True


@pytest.mark.requirement("X07")
def test_a_receipt_proves_its_record_and_opens_its_fields(good: bytes, key: LogKey) -> None:
    result = verify.verified(good, key.verifier + "\n")
    assert (result.leaf_index, result.tree_size, result.origin) == (2, 5, ORIGIN)
    assert result.opened["amount"] == {"amount": 43_283_019, "currency": "CNY"}
    assert result.record["document"] == {"received_on": "2028-03-01"}


def test_every_place_in_every_small_tree_can_be_proved(key: LogKey) -> None:
    for size in range(1, 18):
        for index in range(size):
            text = written(receipt(key, index, size))
            assert verify.verified(text, key.verifier).leaf_index == index


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_one_flipped_bit_anywhere_in_the_receipt_is_refused(good: bytes, key: LogKey) -> None:
    for place in range(len(good)):
        bent = bytearray(good)
        bent[place] ^= 1 << (place % 8)
        assert not holds(bytes(bent), key.verifier), (place, good[max(0, place - 20) : place + 20])


@given(data=st.data())
def test_any_other_byte_anywhere_is_refused(good: bytes, key: LogKey, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != good[place]))
    assert not holds(good[:place] + bytes([byte]) + good[place + 1 :], key.verifier)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_one_flipped_bit_in_the_key_is_refused(good: bytes, key: LogKey) -> None:
    text = key.verifier.encode()
    for place in range(len(text)):
        bent = bytearray(text)
        bent[place] ^= 1
        assert not holds(good, bytes(bent).decode("latin-1"))


def test_an_erased_opening_leaves_the_receipt_good(key: LogKey) -> None:
    erased = receipt(key) | {"openings": []}
    assert verify.verified(written(erased), key.verifier).opened == {}


@pytest.mark.refusing
@pytest.mark.parametrize(
    "change",
    [
        {"leaf_index": True},
        {"leaf_index": 5},
        {"leaf_index": -1},
        {"leaf_index": 10**30},
        {"proof": []},
        {"proof": None},
        {"proof": ["AA=="]},
        {"checkpoint": ""},
        {"checkpoint": "\n\n"},
        {"openings": {}},
        {"openings": [1]},
        {"openings": [{"name": "payee", "salt": "", "value": 1}]},
        {"openings": [{"name": [], "salt": "", "value": 1}]},
        {"record": None},
        {"more": 1},
    ],
)
def test_a_broken_receipt_is_refused_and_never_crashes(key: LogKey, change: dict[str, Any]) -> None:
    assert not holds(written(receipt(key) | change), key.verifier)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_receipt_written_in_another_way_is_refused(good: bytes, key: LogKey) -> None:
    document = json.loads(good)
    assert holds(good, key.verifier)
    backwards = dict(reversed(document.items()))
    for other in (
        json.dumps(document).encode(),
        json.dumps(document, indent=1, ensure_ascii=False).encode(),
        good + b"\n",
        b" " + good,
        good.replace("—".encode(), b"\\u2014"),
        written(backwards),
    ):
        assert not holds(other, key.verifier)


@pytest.mark.refusing
@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b"1.5", b"[" * 100_000, b'"\\ud800"'])
def test_what_is_no_receipt_is_refused(key: LogKey, text: bytes) -> None:
    assert not holds(text, key.verifier)


def test_the_command_says_how_it_went(
    good: bytes, key: LogKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "receipt.json").write_bytes(good)
    (tmp_path / "log.pub").write_text(key.verifier + "\n")
    (tmp_path / "bent.json").write_bytes(good.replace(b'"leaf_index":2', b'"leaf_index":3'))
    arguments = ["--key", str(tmp_path / "log.pub")]
    assert verify.main([str(tmp_path / "receipt.json"), *arguments]) == 0
    assert "VERIFIED  leaf 2 of 5" in capsys.readouterr().out
    assert verify.main([str(tmp_path / "bent.json"), *arguments]) == 1
    assert "REFUSED" in capsys.readouterr().err
    assert verify.main([str(tmp_path / "none.json"), *arguments]) == 2


def test_notes_are_those_of_the_reference_implementation() -> None:
    """The published example of Go's `sumdb/note`: its seed, its key, its note."""
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    reference = LogKey("PeterNeumann", Ed25519PrivateKey.from_private_bytes(seed))
    assert reference.verifier == (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    )
    first = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    rest = "KvqfqdngotpRZb6KE6RyyBwJnAM="
    note = f"{text}\n— PeterNeumann {first}{rest}\n"
    assert reference.signed(text) == note
    assert verify.signed_text(note, verify.read_key(reference.verifier)) == text


def test_the_key_is_kept_from_others_and_stays_the_same(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "log.key"
    first = LogKey.kept_in(file, ORIGIN)
    assert file.stat().st_mode & 0o777 == 0o600
    assert LogKey.kept_in(file, ORIGIN).verifier == first.verifier
    assert [path.name for path in file.parent.iterdir()] == ["log.key"]
