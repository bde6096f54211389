"""Signed notes as others write them (C2SP signed-note, tlog-cosignature): read and judged.

One spelling only: canonical base64, no control characters, one line for a signature. A key is
named by a verifier line; the byte before the key says whether it signs as a log (1) or as a
witness (4), whose signatures cover the time at which it looked.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG_KEY: Final = 1
WITNESS_KEY: Final = 4
SIGNATURE_BYTES: Final = 64
# A point of small order signs anything for anyone: these are all its spellings of 32 bytes that
# are reduced, with either sign; those that are not reduced are refused by their size.
P: Final = 2**255 - 19
_ORDER_EIGHT: Final = 2707385501144840649318225287225658788936804267575313519463743609750303021423
SMALL_ORDER: Final = frozenset({0, 1, P - 1, _ORDER_EIGHT, P - _ORDER_EIGHT})


class NoteError(ValueError):
    """The text is no note, or not in the one spelling; the message says where."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with the name under which it signs."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Give the four bytes that lead each of its signatures."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:4]

    @property
    def line(self) -> str:
        """Write the key as verifiers of signed notes read it."""
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def read(cls, line: str) -> Self:
        """Read a verifier line; raise `NoteError` for any other spelling, and for weak keys."""
        name, _, rest = line.partition("+")
        id_text, _, encoded = rest.partition("+")
        raw = unbase64(encoded)
        if not is_key_name(name) or len(raw) != 33 or raw[0] not in {LOG_KEY, WITNESS_KEY}:
            raise NoteError("no verifier line of an Ed25519 key")
        found = cls(name, raw[0], raw[1:])
        if found.key_id.hex() != id_text:
            raise NoteError("the key's id is another key's")
        if is_weak(found.public):
            raise NoteError("a point that signs for anyone")
        return found

    def signed_at(self, text: str, signatures: list[tuple[str, bytes]]) -> int | None:
        """Tell when this key signed the text, 0 where its kind says no time; `None`: it did not.

        Raises `NoteError` where a signature bears the key's name and id and does not fit.
        """
        latest: int | None = None
        for name, raw in signatures:
            if name != self.name or raw[:4] != self.key_id:
                continue
            at = self._judged(text, raw[4:])
            latest = at if latest is None else max(latest, at)
        return latest

    def _judged(self, text: str, signature: bytes) -> int:
        at, message = 0, text.encode()
        if self.kind == WITNESS_KEY:
            at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = cosigned_message(text, at)
        if len(signature) != SIGNATURE_BYTES:
            raise NoteError("a signature of another size")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise NoteError("the signature does not fit") from error
        return at


def is_key_name(name: str) -> bool:
    """Tell whether a key may have this name: no spaces, no plus sign, printable."""
    return bool(name) and len(name) <= 200 and name.isprintable() and not set(name) & {" ", "+"}


def is_weak(public: bytes) -> bool:
    """Tell whether a key is a point of small order, or not spelled as the field has it."""
    y = int.from_bytes(public, "little") & (2**255 - 1)
    return len(public) != 32 or y >= P or y in SMALL_ORDER


def unbase64(text: str) -> bytes:
    """Decode base64 in its one spelling."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise NoteError("no base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError("base64 in another spelling")
    return raw


def cosigned_message(text: str, at: int) -> bytes:
    """Give what a witness signs: the time in seconds, and the checkpoint's text."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def parts_of(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Cut a note into its text and its signatures, each a name and bytes that lead with the id."""
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or any(c < " " and c != "\n" for c in note):
        raise NoteError("no signed note")
    return text + "\n", [signature_line(line) for line in lines.removesuffix("\n").split("\n")]


def signature_line(line: str) -> tuple[str, bytes]:
    """Read a line such as `— name base64`."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = unbase64(encoded)
    if dash != "—" or not is_key_name(name) or len(raw) < 5:
        raise NoteError("a broken signature line")
    return name, raw


@dataclass(frozen=True, slots=True)
class TreeText:
    """What a checkpoint says: which log, how many leaves, and their root."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a checkpoint's text of exactly three lines."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise NoteError("not the three lines of a checkpoint")
        origin, size, root = lines[0], lines[1], unbase64(lines[2])
        if not (size.isascii() and size.isdigit() and len(size) <= 18 and str(int(size)) == size):
            raise NoteError("no tree size")
        if len(root) != 32:
            raise NoteError("no root")
        return cls(origin, int(size), root)
