"""A small log of its own, written by the words of the specifications and not by the ledger's code.

Tests of the offline verifier bend what it makes, one thing at a time.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.verifier import ReceiptError, bundle_holds

ORIGIN: Final = "zhichuang.example/ip-ledger"
NOTE, WITNESS = 1, 4


def refused(message: str) -> Any:
    return pytest.raises(ReceiptError, match=f"^{re.escape(message)}$")


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Signer:
    """Signs notes; a witness says when it looked."""

    def __init__(self, seed: int, name: str = ORIGIN, kind: int = NOTE) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.name, self.kind = name, kind
        self.public = self.private.public_key().public_bytes_raw()
        self.raw = bytes([kind]) + self.public
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self.raw).digest()[:4]
        self.line = f"{name}+{self.key_id.hex()}+{b64(self.raw)}"

    def bytes_over(self, text: str, at: int = 1_830_000_000) -> bytes:
        if self.kind == NOTE:
            return self.key_id + self.private.sign(text.encode())
        message = f"cosignature/v1\ntime {at}\n{text}".encode()
        return self.key_id + at.to_bytes(8, "big") + self.private.sign(message)

    def under(self, text: str) -> str:
        return f"— {self.name} {b64(self.bytes_over(text))}\n"


def noted(text: str, *signers: Signer) -> str:
    return "\n".join([text, "".join(one.under(text) for one in signers)])


def leaf(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split_of(size: int) -> int:
    """The largest power of two below a size (RFC 9162, section 2.1.1)."""
    split = 1
    while split * 2 < size:
        split *= 2
    return split


def root_of(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = split_of(len(leaves))
    return node(root_of(leaves[:split]), root_of(leaves[split:]))


def path_of(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """What leads from a leaf to the root, from its sibling up (RFC 9162, section 2.1.3.1)."""
    if len(leaves) == 1:
        return []
    split = split_of(len(leaves))
    if index < split:
        return [*path_of(index, leaves[:split]), root_of(leaves[split:])]
    return [*path_of(index - split, leaves[split:]), root_of(leaves[:split])]


def tiles_of(leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Every tile of a tree, full or not, as C2SP tlog-tiles cuts it."""
    found: dict[tuple[int, int], bytes] = {}
    level, hashes = 0, list(leaves)
    while hashes:
        cut = [hashes[i : i + 256] for i in range(0, len(hashes), 256)]
        found |= {(level, place): b"".join(tile) for place, tile in enumerate(cut)}
        hashes = [root_of(tile) for tile in cut if len(tile) == 256]
        level += 1
    return found


def canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sealed(name: str, value: object, salt: bytes) -> str:
    label = b"zhichuang opening v1\n" + name.encode() + b"\n"
    return b64(hashlib.sha256(label + salt + canonical(value)).digest())


class Sealed:
    """A record's bytes with what opens its fields; salts are as good as any."""

    def __init__(self, kind: str, document: dict[str, Any], /, **fields: Any) -> None:
        salts = {name: bytes([place]) * 16 for place, name in enumerate(sorted(fields))}
        self.openings = [
            {"name": name, "salt": b64(salts[name]), "value": value}
            for name, value in sorted(fields.items())
        ]
        self.content: dict[str, Any] = {
            "v": 1, "kind": kind, "id": f"{kind}-1", "document": document,
            "sealed": {name: sealed(name, value, salts[name]) for name, value in fields.items()},
        }  # fmt: skip

    @property
    def body(self) -> bytes:
        return canonical(self.content)


class Log:
    """Some records, and others of which nobody speaks, in one tree."""

    def __init__(self, size: int, records: dict[int, Sealed], signer: Signer) -> None:
        self.records, self.size, self.signer = records, size, signer
        self.leaves = [leaf(bytes([place])) for place in range(size)]
        for place, record in records.items():
            self.leaves[place] = leaf(record.body)
        self.root = root_of(self.leaves)
        self.note = noted(f"{ORIGIN}\n{size}\n{b64(self.root)}\n", signer)

    def line(self, place: int) -> dict[str, Any]:
        """A record with its proof, as a bundle has it."""
        return {
            "record": b64(self.records[place].body),
            "leaf_index": place,
            "proof": [b64(one) for one in path_of(place, self.leaves)],
            "openings": self.records[place].openings,
        }

    def receipt(self, place: int) -> dict[str, Any]:
        line = self.line(place)
        head = ["c2sp.org/tlog-proof@v1", f"index {place}", *line["proof"], "", self.note]
        return {
            "record": line["record"], "leaf_index": place, "proof": line["proof"],
            "checkpoint": self.note, "tlog_proof": "\n".join(head), "openings": line["openings"],
        }  # fmt: skip

    def bundle(self, org_id: str) -> dict[str, Any]:
        lines = [self.line(place) for place in sorted(self.records)]
        return {"v": 1, "org_id": org_id, "checkpoint": self.note, "records": lines}


def written(document: object) -> bytes:
    """Write a receipt as the service answers it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def judged_bundle(signer: Signer, org_id: str, *records: Sealed) -> dict[str, Any]:
    """What the verifier says of an organization's records, which stand from the second leaf on."""
    log = Log(7, dict(enumerate(records, start=1)), signer)
    return bundle_holds(canonical(log.bundle(org_id)), signer.line)
