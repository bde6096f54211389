"""Check the log's proofs offline: a receipt, a co-owner's bundle, or the whole log.

    python verify.py PROOF --key log.pub     (PROOF: a receipt, a bundle, or an export of the log)

One file, the standard library only, no network; it trusts nothing but the public key that the
log's operator published, and witnesses' keys where they are given. Everything has one spelling:
what is written in another way is refused, so that no flipped bit passes.
"""

import argparse
import base64
import binascii
import functools
import hashlib
import json
import struct
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

FIELDS: Final = ["record", "leaf_index", "proof", "checkpoint", "tlog_proof", "openings"]
OPENING_FIELDS: Final = ["name", "salt", "value"]
# Whose a line is: the payee of a run, the party that bears a loss.
OWNERS = ("payee_id", "party_id")
LINE_FIELDS: Final = {"record", "leaf_index", "proof", "openings"}
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
MAX_PROOF: Final = 64
SALT_BYTES: Final = 16
# The small form of an entry's record: form, kind of record, kind of entry, parts it has, instant in
# microseconds, day since 1970, its id and its centre's; then ids, seals and accounts.
SMALL: Final = b"\x02"
SMALL_HEAD: Final = struct.Struct(">BBBBqi16s16s")
SMALL_SEALS: Final = ("lines", "reference", "recorded_by")
ENTRY_KINDS: Final = ("ordinary", "opening", "exchange")
ED25519: Final = 1
COSIGNER: Final = 4
# The curve of RFC 8032: its field, the order of its base point, its constant.
P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, P - 2, P) % P
# The curve P-256 of FIPS 186-5: its field, the order of its base point, its constant, that point.
P256: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
N256: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B256: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G256: Final = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int, int, int]
ZERO: Final[Point] = (0, 1, 1, 0)


class ReceiptError(Exception):
    """The receipt or the key does not hold; the message says where."""


@dataclass(frozen=True, slots=True)
class Key:
    """A log's public key, as its verifier line names it."""

    name: str
    kind: int
    key_id: bytes
    public: bytes


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


def add(a: Point, b: Point) -> Point:
    """Add two points in extended coordinates (RFC 8032, section 5.1.4)."""
    left, right = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = right - left, z - t, z + t, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """Multiply a point."""
    total = ZERO
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def same(a: Point, b: Point) -> bool:
    """Tell whether two points are one."""
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 == (a[1] * b[2] - b[1] * a[2]) % P


def packed(point: Point) -> bytes:
    """Write a point in its one spelling of 32 bytes."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def unpacked(raw: bytes) -> Point | None:
    """Read a point; `None` for what is none, or is spelled otherwise (RFC 8032, 5.1.3)."""
    value = int.from_bytes(raw, "little")
    y, sign = value & (1 << 255) - 1, value >> 255
    if len(raw) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _based(point: Point | None) -> Point:
    if point is None:
        raise AssertionError
    return point


BASE: Final = _based(unpacked((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")))


@functools.cache
def second_base() -> Point:
    """Give the base of blinding, which nobody chose: the first hash that is a point, times eight.

    With it `amount * BASE + blinding * second_base()` hides an amount, and such commitments add up.
    """
    for count in range(256):
        raw = hashlib.sha256(b"zhichuang commitment base v1" + bytes([count])).digest()
        point = unpacked(raw)
        if point is not None and not same(times(8, point), ZERO):
            return times(8, point)
    raise AssertionError


def signature_fits(public: bytes, message: bytes, signature: bytes) -> bool:
    """Verify an Ed25519 signature strictly: one spelling, no second one, no key that fits all."""
    key, first = unpacked(public), unpacked(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or first is None or len(signature) != 64 or scalar >= L:
        return False
    if same(times(8, key), ZERO):
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % L
    return same(times(scalar, BASE), add(first, times(challenge, key)))


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
    need(len(raw) == 33 and raw[0] in {ED25519, COSIGNER}, "key: no Ed25519 key")
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    need(key_id.hex() == key_id_text, "key: its id is another key's")
    point = unpacked(raw[1:])
    need(point is not None and not same(times(8, point), ZERO), "key: no point that signs")
    return Key(name, raw[0], key_id, raw[1:])


def _fits(key: Key, raw: bytes, text: str) -> bool:
    """Judge the bytes after a signature's key id; a witness's bear the time at which it looked."""
    if key.kind == ED25519:
        return signature_fits(key.public, text.encode(), raw)
    at = int.from_bytes(raw[:8], "big")
    message = f"cosignature/v1\ntime {at}\n{text}".encode()
    return len(raw) == 72 and signature_fits(key.public, message, raw[8:])


def signed_text(note: str, *keys: Key) -> str:
    """Give the text of a signed note, if every one of the keys signed it (C2SP signed-note)."""
    need(all(c >= " " or c == "\n" for c in note), "checkpoint: a control character")
    text, gap, signatures = note.rpartition("\n\n")
    need(gap and signatures.endswith("\n"), "checkpoint: no signed note")
    text += "\n"
    missing = list(keys)
    for line in signatures.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        need(dash == "—" and name and encoded, "checkpoint: a broken signature line")
        raw = unbase64(encoded, "checkpoint signature")
        # Another party's signature, such as a witness's whose key is not given, is not judged.
        for key in [key for key in keys if (key.name, key.key_id) == (name, raw[:4])]:
            need(_fits(key, raw[4:], text), "checkpoint: the signature does not fit")
            need(key in missing, "checkpoint: signed twice by one key")
            missing.remove(key)
    need(not missing, "checkpoint: not signed by this key")
    return text


def read_checkpoint(note: str, key: Key, *witnesses: Key) -> tuple[str, int, bytes]:
    """Give origin, tree size and root of a checkpoint signed by the key, and by the witnesses."""
    lines = signed_text(note, key, *witnesses).split("\n")
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
        need(
            isinstance(opening, dict) and list(opening) == OPENING_FIELDS, "openings: a broken one"
        )
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


def proven(line: dict[str, Any], size: int, root: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check that a record is in the tree of a size and root; give it, and what was opened of it."""
    index, proof_texts = line["leaf_index"], line["proof"]
    need(type(index) is int and index >= 0, "receipt: no leaf index")
    need(isinstance(proof_texts, list) and len(proof_texts) <= MAX_PROOF, "proof: no list")
    need(isinstance(line["openings"], list), "openings: no list")
    proof = [unbase64(text, "proof") for text in proof_texts]
    need(all(len(sibling) == 32 for sibling in proof), "proof: a hash")
    need(index < size, "checkpoint: it does not cover the record yet")
    body = unbase64(line["record"], "record")
    leaf = hashlib.sha256(b"\x00" + body).digest()
    need(root_from(leaf, index, size, proof) == root, "proof: it leads to another root")
    record = read_record(body)
    opened = opened_fields(record, line["openings"])
    if record["kind"] == "agreement":
        judge_parties(record["document"], opened)
    return record, opened


def read_record(body: bytes) -> dict[str, Any]:
    """Read a record's bytes: JSON, or the small form of an entry."""
    record = small_entry(body) if body[:1] == SMALL else read_json(body, "record")
    need(isinstance(record, dict), "record: no object")
    told: dict[str, Any] = record
    return told


def small_entry(body: bytes) -> dict[str, Any]:
    """Read an entry's record in its small form: bytes in fixed places, each with one meaning."""
    need(len(body) >= SMALL_HEAD.size, "record: too short")
    head = SMALL_HEAD.unpack_from(body)
    _, form, kind, parts, micros, days, record_id, center_id = head
    need(form == 1 and kind < len(ENTRY_KINDS) and parts < 8, "record: of an unknown form")
    ids, names = parts.bit_count() - (parts >> 2), [*SMALL_SEALS, "exchange_rate"]
    names = names[: 3 + (parts >> 2)]
    rest = [body[at : at + 16] for at in range(SMALL_HEAD.size, len(body), 16)]
    accounts = rest[ids + 2 * len(names) :]
    need(accounts and len(rest[-1]) == 16, "record: cut off")
    need(sorted(set(accounts)) == accounts, "record: accounts in another order")
    seals = rest[ids:]
    named = [str(uuid.UUID(bytes=one)) for one in [record_id, center_id, *rest[:ids]]]
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
        day = date(1970, 1, 1) + timedelta(days=days)
    except OverflowError as error:
        raise ReceiptError("record: a time beyond all") from error
    return {
        "v": 2,
        "kind": "journal_entry",
        "id": named[0],
        "center_id": named[1],
        "recorded_at": at.isoformat().replace("+00:00", "Z"),
        "document": {
            "kind": ENTRY_KINDS[kind],
            "effective_on": day.isoformat(),
            "accounts": [str(uuid.UUID(bytes=one)) for one in accounts],
            "reverses_id": named[2] if parts & 1 else None,
            "source_id": named[-1] if parts & 2 else None,
        },
        "sealed": {
            name: base64.b64encode(seals[2 * place] + seals[2 * place + 1]).decode()
            for place, name in enumerate(names)
        },
    }


def judge_parties(document: dict[str, Any], opened: dict[str, Any]) -> None:
    """Check what parties signed of an agreement with keys of their own, and say so beside it."""
    told = [document[name] for name in ("agreement_id", "text_sha256", "terms_sha256")]
    message = "\n".join(["zhichuang agreement v1", *told, ""]).encode()
    for one in opened.get("signatures", []):
        key = one.get("key")
        if key is None:
            continue
        public, signature = unbase64(key["public_key"], "key"), unbase64(key["signature"], "key")
        judge = {"ed25519": signature_fits, "es256": ecdsa_fits}.get(key["algorithm"])
        need(
            judge and judge(public, message, signature),
            "agreement: a signature is not its party's key's",
        )
        key["verified"] = True
        # Records of an earlier version do not say when a party signed.
        if "signed_on" in one:
            held = days_hold(one["signed_on"], key["valid_from"], key["revoked_from"])
            need(held, "agreement: a key signed on a day on which it did not hold")
            key["held_that_day"] = True


def days_hold(day: str, first: str, end: str | None) -> bool:
    """Tell whether a key held on a day: from its first one to the one before its end."""
    try:
        days = [date.fromisoformat(one).isoformat() for one in (day, first, end or day)]
    except ValueError as error:
        raise ReceiptError("key: a day spelled otherwise") from error
    need(days == [day, first, end or day], "key: a day spelled otherwise")
    return first <= day and (end is None or day < end)


def judge_keys(agreements: list[dict[str, Any]], records: list[dict[str, Any]]) -> None:
    """Hold the keys of a bundle's agreements against the log's own records of them.

    A key has a record of its registration; one of its end counts from the day that it names. That
    there is no such record is not proven by a bundle: whoever asks for a new one is told.
    """
    begun = {one["id"]: one for one in records if one["kind"] == "party_key"}
    ended: dict[str, str] = {}
    for one in records:
        if one["kind"] == "party_key_revocation":
            name, day = one["key_id"], one["revoked_from"]
            ended[name] = min(day, ended.get(name, day))
    for signature in [s for one in agreements for s in one["opened"].get("signatures", [])]:
        if "signed_on" not in signature:
            continue
        key = signature["key"]
        need(key["key_id"] in begun, "bundle: a key without the record of its registration")
        told = begun[key["key_id"]]
        names = ("public_key", "algorithm", "valid_from")
        same_key = all(told[name] == key[name] for name in names)
        need(same_key and told["org_id"] == signature["org_id"], "bundle: a key is not its party's")
        held = days_hold(signature["signed_on"], key["valid_from"], ended.get(key["key_id"]))
        need(held, "bundle: a key had ended when it signed")
        key["registered"] = True


def ecdsa_fits(public: bytes, message: bytes, signature: bytes) -> bool:
    """Check an ES256 signature: ECDSA over P-256 with SHA-256, as r and s (FIPS 186-5)."""
    if len(public) != 65 or public[0] != 4 or len(signature) != 64:
        return False
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    on_curve = max(x, y) < P256 and (y * y - x * x * x + 3 * x - B256) % P256 == 0
    if not (on_curve and 0 < r < N256 and 0 < s < N256):
        return False
    digest, inverse = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, N256)
    found = plane_sum(
        plane_times(digest * inverse % N256, G256), plane_times(r * inverse % N256, (x, y))
    )
    return found is not None and found[0] % N256 == r


def plane_sum(a: tuple[int, int] | None, b: tuple[int, int] | None) -> tuple[int, int] | None:
    """Add two points of P-256; `None` is the point at infinity."""
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0] and (a[1] + b[1]) % P256 == 0:
        return None
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P256)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P256)
    x = (slope * slope - a[0] - b[0]) % P256
    return x, (slope * (a[0] - x) - a[1]) % P256


def plane_times(scalar: int, point: tuple[int, int]) -> tuple[int, int] | None:
    """Multiply a point of P-256."""
    total: tuple[int, int] | None = None
    power: tuple[int, int] | None = point
    while scalar:
        if scalar & 1:
            total = plane_sum(total, power)
        power, scalar = plane_sum(power, power), scalar >> 1
    return total


def verified(receipt_bytes: bytes, key_text: str, *witness_texts: str) -> Verified:
    """Check a whole receipt; raise `ReceiptError` with the first thing that does not hold."""
    key, witnesses = read_key(key_text), [read_key(text) for text in witness_texts]
    receipt = read_json(receipt_bytes, "receipt")
    need(
        isinstance(receipt, dict) and list(receipt) == FIELDS, "receipt: other fields than expected"
    )
    need(written(receipt) == receipt_bytes, "receipt: written in another way")
    need(isinstance(receipt["checkpoint"], str), "checkpoint: no text")
    origin, size, root = read_checkpoint(receipt["checkpoint"], key, *witnesses)
    record, opened = proven(receipt, size, root)
    proof = [unbase64(text, "proof") for text in receipt["proof"]]
    file = proof_file(receipt["leaf_index"], proof, receipt["checkpoint"])
    need(receipt["tlog_proof"] == file, "tlog_proof: says something else")
    return Verified(record, opened, receipt["leaf_index"], size, origin)


def written(value: object) -> bytes:
    """Write JSON as the service answers it: no spaces, names in the order in which they came."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return b""


def tree_root(tiles: Callable[[int, int], bytes], size: int) -> bytes:
    """Compute a tree's root from its lowest tiles; each next level must be the one below hashed.

    `tiles` gives the bytes of the n-th tile of a level, of which there must be as many as the tree
    has (C2SP tlog-tiles: 256 hashes, the last tile fewer).
    """
    level, sha, edge = 0, hashlib.sha256, []
    hashes = b"".join(_level(tiles, 0, size))
    while size:
        whole, roots = size >> 8, []
        for place in range(0, size * 32, 8192):
            cut = hashes[place : place + 8192]
            if len(cut) < 8192:
                edge.append([cut[i : i + 32] for i in range(0, len(cut), 32)])
                continue
            while len(cut) > 32:
                pairs = range(0, len(cut), 64)
                cut = b"".join([sha(b"\x01" + cut[i : i + 64]).digest() for i in pairs])
            roots.append(cut)
        hashes, size, level = b"".join(roots), whole, level + 1
        need(hashes == b"".join(_level(tiles, level, size)), f"tiles: level {level} is another")
    return _folded(edge)


def _level(tiles: Callable[[int, int], bytes], level: int, count: int) -> Iterator[bytes]:
    for index in range((count + 255) >> 8):
        tile = tiles(level, index)
        need(len(tile) == 32 * min(256, count - 256 * index), "tiles: one of another size")
        yield tile


def _folded(edge: list[list[bytes]]) -> bytes:
    """Fold what no full tile holds, from the lowest level up, into the root."""
    root = None
    for nodes in edge:
        # What is folded below stands last.
        root = _range(nodes if root is None else [*nodes, root])
    return root or hashlib.sha256(b"").digest()


def _range(nodes: list[bytes]) -> bytes:
    if len(nodes) == 1:
        return nodes[0]
    split = 1 << (len(nodes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _range(nodes[:split]) + _range(nodes[split:])).digest()


def tile_path(level: int, index: int, width: int) -> str:
    """Name a tile's file as C2SP tlog-tiles does."""
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{path}" + ("" if width == 256 else f".p/{width}")


def whole_log(read: Callable[[str], bytes], key_text: str, *witness_texts: str) -> tuple[int, str]:
    """Check that all leaves of an export make the root that its checkpoint signs; give both."""
    keys = [read_key(text) for text in (key_text, *witness_texts)]
    note = _text(read("checkpoint"), "checkpoint")
    _, size, root = read_checkpoint(note, keys[0], *keys[1:])

    def tile(level: int, index: int) -> bytes:
        return read(tile_path(level, index, min(256, (size >> 8 * level) - 256 * index)))

    need(tree_root(tile, size) == root, "tiles: their leaves make another root")
    return size, root.hex()


def bundle_holds(raw: bytes, key_text: str, *witness_texts: str) -> dict[str, Any]:
    """Check a co-owner's bundle: its lines are in the log, and each run's lines sum to its income.

    Other parties' amounts stay commitments. Gives what it proves: lines and runs with their sums.
    """
    keys = [read_key(text) for text in (key_text, *witness_texts)]
    bundle = read_json(raw, "bundle")
    named = isinstance(bundle, dict) and set(bundle) == {"v", "org_id", "checkpoint", "records"}
    need(named and bundle["v"] == 1, "bundle: other fields than expected")
    need(canonical(bundle) == raw, "bundle: written in another way")
    need(isinstance(bundle["checkpoint"], str), "checkpoint: no text")
    _, size, root = read_checkpoint(bundle["checkpoint"], keys[0], *keys[1:])
    need(isinstance(bundle["records"], list), "bundle: no records")
    lines: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    agreements: list[dict[str, Any]] = []
    keys_told: list[dict[str, Any]] = []
    kinds = {
        "distribution_total": runs,
        "agreement": agreements,
        "party_key": keys_told,
        "party_key_revocation": keys_told,
    }
    place = -1
    for line in bundle["records"]:
        need(isinstance(line, dict) and set(line) == LINE_FIELDS, "bundle: a broken record")
        record, opened = proven(line, size, root)
        need(line["leaf_index"] > place, "bundle: records out of order")
        place = line["leaf_index"]
        for name in OWNERS:
            mine = opened.get(name, bundle["org_id"]) == bundle["org_id"]
            need(mine, "bundle: a line of somebody else")
        one = {**record["document"], "opened": opened, "leaf_index": place}
        if kinds.get(record["kind"]) is keys_told:
            one |= {"id": record["id"], "kind": record["kind"]}
        kinds.get(record["kind"], lines).append(one)
    judge_keys(agreements, keys_told)
    for run in runs:
        run["sum_proven"] = _sum_holds(run, lines, bundle["org_id"])
    return {
        "tree_size": size,
        "lines": lines,
        "runs": runs,
        "agreements": agreements,
        "keys": keys_told,
    }


def _sum_holds(run: dict[str, Any], lines: list[dict[str, Any]], org_id: str) -> bool:
    """Check that a run's commitments add up to its income, and one's own opens to one's lines.

    A commitment hides its sign: that no other part is below zero is for their own owners' bundles
    and for the audit to show (decision 0448).
    Where an opening was erased nothing can be added up: that is told, and refuses nothing.
    """
    opened, own = run["opened"], [one for one in lines if one.get("run_id") == run["run_id"]]
    parts = {name: part for name, part in opened.items() if name != "net"}
    for name, part in parts.items():
        need(part["payee_id"] == org_id, "run: a part of somebody else")
        mine = commitment(part["amount_fen"], part["blinding"])
        place = int(name.removeprefix("payee_"))
        need(packed(mine).hex() == run["commitments"][place], "run: the part does not open")
    if "net" not in opened or not parts or any("amount" not in one["opened"] for one in own):
        return False
    points = [unpacked(bytes.fromhex(text)) for text in run["commitments"]]
    need(points and all(points), "run: a commitment that is none")
    total = functools.reduce(add, map(_based, points), ZERO)
    net = commitment(opened["net"]["net_fen"], opened["net"]["blinding"])
    need(same(total, net), "run: its parts do not add up to its income")
    # A run shares income or undoes one: a part of the other sign would let somebody have too much.
    signs = [_sign(part["amount_fen"]) for part in parts.values()]
    need(set(signs) <= {0, _sign(opened["net"]["net_fen"])}, "run: a part of another sign")
    told = sum(one["opened"]["amount"]["amount"] for one in own)
    need(told == sum(part["amount_fen"] for part in parts.values()), "run: lines of another sum")
    return True


def _sign(amount: int) -> int:
    return (amount > 0) - (amount < 0)


def commitment(amount: object, blinding: object) -> Point:
    """Hide an amount: `amount * BASE + blinding * second_base()` (Pedersen)."""
    if type(amount) is not int or not isinstance(blinding, str) or len(blinding) != 64:
        msg = "run: what opens a commitment is missing"
        raise ReceiptError(msg)
    scalar = int.from_bytes(bytes.fromhex(blinding), "little")
    return add(times(amount % L, BASE), times(scalar, second_base()))


def _text(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"{where}: no text"
        raise ReceiptError(msg) from error


def _read(path: Path) -> bytes:
    """Read a file of a bounded size."""
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    need(len(raw) <= MAX_FILE_BYTES, f"{path.name}: too large")
    return raw


def _judged(path: Path, keys: list[str]) -> str:
    """Check whatever it is: an export's folder, a ZIP of an export or a bundle, or a receipt."""
    if path.is_dir():
        size, root = whole_log(lambda name: _read(path / name), *keys)
        return f"VERIFIED  {size} leaves, root {root}"
    if not zipfile.is_zipfile(path):
        raw = _read(path)
        if raw.startswith(b'{"checkpoint"'):
            return _told(bundle_holds(raw, *keys))
        one = verified(raw, *keys)
        shown = {"record": one.record, "opened": one.opened}
        text = json.dumps(shown, ensure_ascii=False, indent=2, sort_keys=True)
        return f"VERIFIED  leaf {one.leaf_index} of {one.tree_size} in {one.origin}\n{text}"
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        need(len(names) == len(archive.infolist()), "ZIP: a name occurs twice")

        def read(name: str) -> bytes:
            need(name in names, f"ZIP: {name} is missing")
            need(archive.getinfo(name).file_size <= MAX_FILE_BYTES, f"ZIP: {name} is too large")
            return archive.read(name)

        if "bundle.json" in names:
            return _told(bundle_holds(read("bundle.json"), *keys))
        size, root = whole_log(read, *keys)
        return f"VERIFIED  {size} leaves, root {root}"


def _told(proof: dict[str, Any]) -> str:
    sums = sum(run["sum_proven"] for run in proof["runs"])
    counts = f"{len(proof['lines'])} lines, {sums} runs that add up"
    text = json.dumps(proof, ensure_ascii=False, indent=2, sort_keys=True)
    return f"VERIFIED  {counts}, in a tree of {proof['tree_size']}\n{text}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command: 0 when all holds, 1 when it does not, 2 when it cannot be read."""
    parser = argparse.ArgumentParser(prog="zhichuang verify", description="Check proofs offline.")
    parser.add_argument("proof", type=Path, help="a receipt, a bundle, or an export of the log")
    parser.add_argument("--key", type=Path, required=True, help="the log's public key")
    parser.add_argument(
        "--witness", type=Path, action="append", default=[], help="must have signed"
    )
    arguments = parser.parse_args(argv)
    try:
        keys = [_text(_read(path), "key") for path in (arguments.key, *arguments.witness)]
        print(_judged(arguments.proof, keys))
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    except ReceiptError as error:
        print(f"REFUSED  {error}", file=sys.stderr)
        return 1
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        zipfile.BadZipFile,
    ) as error:
        print(f"REFUSED  not what a proof looks like: {type(error).__name__}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
