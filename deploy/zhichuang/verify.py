"""Check a receipt of the log offline: `zhichuang verify receipt.json --key log.pub`.

It trusts nothing but the public key that the log's operator published, shares no code with the
services, and needs no network: the standard library, and `cryptography` for Ed25519. A receipt
is good when its record hashes to the leaf, the proof leads from the leaf to the checkpoint's root,
the checkpoint is signed by the key, and every opening fits the hash that stands in the record.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS: Final = {"record", "leaf_index", "proof", "checkpoint", "tlog_proof", "openings"}
OPENING_FIELDS: Final = {"name", "salt", "value"}
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
MAX_PROOF: Final = 64
SALT_BYTES: Final = 16
ED25519: Final = 1


class ReceiptError(Exception):
    """The receipt or the key does not hold; the message says where."""


@dataclass(frozen=True, slots=True)
class Key:
    """A log's public key, as its verifier line names it."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good receipt proves."""

    record: dict[str, Any]
    opened: dict[str, Any]
    leaf_index: int
    tree_size: int
    origin: str


def need(condition: object, message: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise ReceiptError(message)


def unbase64(text: object, where: str) -> bytes:
    """Decode base64, accepting only the one spelling that encodes these bytes."""
    if not isinstance(text, str):
        msg = f"{where}: no text"
        raise ReceiptError(msg)
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        msg = f"{where}: no base64"
        raise ReceiptError(msg) from error
    need(base64.b64encode(value).decode() == text, f"{where}: base64 in another spelling")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose names occur once; a second one could hide the first."""
    value = dict(pairs)
    need(len(value) == len(pairs), "a name occurs twice")
    return value


def _no_float(text: str) -> Any:  # noqa: ANN401 - never returns
    msg = f"a number that is no integer: {text}"
    raise ReceiptError(msg)


def read_json(raw: bytes, where: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON strictly: UTF-8, names once, integers only."""
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        msg = f"{where}: not readable as JSON"
        raise ReceiptError(msg) from error


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Write a JSON value in the one form that the log hashes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        msg = "text that is no Unicode"
        raise ReceiptError(msg) from error


def read_key(text: str) -> Key:
    """Read a verifier line, `name+keyid+base64`, and check that the id is the key's own."""
    line = text.removesuffix("\n")
    name, _, rest = line.partition("+")
    key_id_text, _, encoded = rest.partition("+")
    need(name and not any(c.isspace() for c in name), "key: no name")
    raw = unbase64(encoded, "key")
    need(len(raw) == 33 and raw[0] == ED25519, "key: no Ed25519 key")
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    need(key_id.hex() == key_id_text, "key: its id is another key's")
    return Key(name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:]))


def signed_text(note: str, key: Key) -> str:
    """Give the text of a signed note, if the key signed it (C2SP signed-note)."""
    need(all(c >= " " or c == "\n" for c in note), "checkpoint: a control character")
    text, gap, signatures = note.rpartition("\n\n")
    need(gap and signatures.endswith("\n"), "checkpoint: no signed note")
    text += "\n"
    mine = 0
    for line in signatures.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        need(dash == "—" and name and encoded, "checkpoint: a broken signature line")
        raw = unbase64(encoded, "checkpoint signature")
        if name != key.name or raw[:4] != key.key_id:
            continue  # Another party's signature, such as a witness's: not ours to judge.
        try:
            key.public.verify(raw[4:], text.encode())
        except InvalidSignature as error:
            msg = "checkpoint: the signature does not fit"
            raise ReceiptError(msg) from error
        mine += 1
    need(mine, "checkpoint: not signed by this key")
    return text


def read_checkpoint(note: str, key: Key) -> tuple[str, int, bytes]:
    """Give origin, tree size and root of a checkpoint signed by the key."""
    lines = signed_text(note, key).split("\n")
    need(len(lines) == 4 and lines[3] == "", "checkpoint: not three lines")
    origin, size_text, root_text = lines[:3]
    need(origin == key.name, "checkpoint: of another log")
    need(size_text.isascii() and size_text.isdigit(), "checkpoint: no tree size")
    need(len(size_text) <= 18 and str(int(size_text)) == size_text, "checkpoint: no tree size")
    root = unbase64(root_text, "checkpoint root")
    need(len(root) == hashlib.sha256().digest_size, "checkpoint: no root")
    return origin, int(size_text), root


def root_from(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Lead from a leaf to the root (RFC 9162, section 2.1.3.2)."""
    place, last, current = index, size - 1, leaf
    for sibling in proof:
        need(last > 0, "proof: too long")
        if place & 1 or place == last:
            current = hashlib.sha256(b"\x01" + sibling + current).digest()
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            current = hashlib.sha256(b"\x01" + current + sibling).digest()
        place, last = place >> 1, last >> 1
    need(last == 0, "proof: too short")
    return current


def proof_file(index: int, proof: Sequence[bytes], checkpoint: str) -> str:
    """Write the proof as C2SP tlog-proof does, to compare with what the receipt carries."""
    hashes = [base64.b64encode(sibling).decode() for sibling in proof]
    return "\n".join(["c2sp.org/tlog-proof@v1", f"index {index}", *hashes, "", checkpoint])


def opened_fields(record: dict[str, Any], openings: list[Any]) -> dict[str, Any]:
    """Check every opening against the hash in the record; give the values by name."""
    sealed: Any = record.get("sealed")
    need(isinstance(sealed, dict), "record: it says nothing of sealed fields")
    opened: dict[str, Any] = {}
    for opening in openings:
        need(isinstance(opening, dict) and set(opening) == OPENING_FIELDS, "openings: a broken one")
        name = opening["name"]
        need(isinstance(name, str) and name.isascii(), "openings: no name")
        need(name in sealed and name not in opened, f"openings: {name} is no field, or named twice")
        salt = unbase64(opening["salt"], "opening")
        need(len(salt) == SALT_BYTES, "openings: a broken salt")
        label = b"zhichuang opening v1\n" + name.encode("ascii") + b"\n"
        digest = hashlib.sha256(label + salt + canonical(opening["value"])).digest()
        need(base64.b64encode(digest).decode() == sealed[name], f"openings: {name} does not fit")
        opened[name] = opening["value"]
    return opened


def verified(receipt_bytes: bytes, key_text: str) -> Verified:
    """Check a whole receipt; raise `ReceiptError` with the first thing that does not hold."""
    key = read_key(key_text)
    receipt = read_json(receipt_bytes, "receipt")
    need(
        isinstance(receipt, dict) and set(receipt) == FIELDS, "receipt: other fields than expected"
    )
    index, proof_texts, note = receipt["leaf_index"], receipt["proof"], receipt["checkpoint"]
    need(type(index) is int and index >= 0, "receipt: no leaf index")
    need(isinstance(proof_texts, list) and len(proof_texts) <= MAX_PROOF, "proof: no list")
    need(isinstance(note, str), "checkpoint: no text")
    need(isinstance(receipt["openings"], list), "openings: no list")
    proof = [unbase64(text, "proof") for text in proof_texts]
    need(all(len(sibling) == hashlib.sha256().digest_size for sibling in proof), "proof: a hash")
    origin, size, root = read_checkpoint(note, key)
    need(index < size, "checkpoint: it does not cover the record yet")
    body = unbase64(receipt["record"], "record")
    leaf = hashlib.sha256(b"\x00" + body).digest()
    need(root_from(leaf, index, size, proof) == root, "proof: it leads to another root")
    need(receipt["tlog_proof"] == proof_file(index, proof, note), "tlog_proof: says something else")
    record = read_json(body, "record")
    need(isinstance(record, dict), "record: no object")
    return Verified(record, opened_fields(record, receipt["openings"]), index, size, origin)


def _read(path: Path) -> bytes:
    """Read a file of a bounded size."""
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    need(len(raw) <= MAX_FILE_BYTES, f"{path.name}: too large for a receipt")
    return raw


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command: 0 when the receipt holds, 1 when it does not, 2 when it cannot be read."""
    parser = argparse.ArgumentParser(
        prog="zhichuang verify", description="Check a receipt of the log offline."
    )
    parser.add_argument("receipt", type=Path, help="the receipt, as the service gave it")
    parser.add_argument("--key", type=Path, required=True, help="the log's public key")
    arguments = parser.parse_args(argv)
    try:
        result = verified(_read(arguments.receipt), _read(arguments.key).decode("utf-8"))
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    except UnicodeDecodeError:
        print("REFUSED  key: no text", file=sys.stderr)
        return 1
    except ReceiptError as error:
        print(f"REFUSED  {error}", file=sys.stderr)
        return 1
    print(f"VERIFIED  leaf {result.leaf_index} of {result.tree_size} in {result.origin}")
    shown = {"record": result.record, "opened": result.opened}
    print(json.dumps(shown, ensure_ascii=False, indent=2, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
