"""What a file may be: its media type, and a digest that fits its bytes."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from shared.rules import Check, Kind, Rule

EVIDENCE: Final = Rule("A117", "四(三)1")
DIGEST_FIELD: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{1,64}):", re.ASCII)
SHA256_BYTES: Final = 32


# The first bytes by which programs know a type; what has none of its own stands beside them.
HEAD_BYTES: Final = 1024
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
SIGNATURES: Final[Mapping[str, tuple[bytes, ...]]] = {
    "application/pdf": (b"%PDF-",),
    "application/msword": (OLE,),
    "application/vnd.ms-excel": (OLE,),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ARCHIVES,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ARCHIVES,
    "application/zip": ARCHIVES,
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
}
TEXTS: Final = frozenset(
    {"application/json", "application/x-ndjson", "text/csv", "text/plain", "text/markdown"}
)
WIDE_TEXT: Final = (b"\xff\xfe", b"\xfe\xff")
PROGRAMS: Final = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


class DigestUnreadableError(ValueError):
    """A Content-Digest came that holds no SHA-256 of the right length."""


def media_type_of(content_type: str | None) -> str:
    """Give the media type of a Content-Type field, without its parameters."""
    return (content_type or "application/octet-stream").partition(";")[0].strip().lower()


def announced_sha256(content_digest: str | None) -> str | None:
    """Read the SHA-256 of a Content-Digest field (RFC 9530), in hexadecimal.

    None where no digest came; `DigestUnreadableError` where one came that we cannot compare.
    """
    if content_digest is None:
        return None
    match = DIGEST_FIELD.search(content_digest)
    if match is None:
        raise DigestUnreadableError
    try:
        raw = base64.b64decode(match[1], validate=True)
    except binascii.Error as error:
        raise DigestUnreadableError from error
    if len(raw) != SHA256_BYTES:
        raise DigestUnreadableError
    return raw.hex()


def content_digest(sha256: str) -> str:
    """Write a SHA-256 as a Content-Digest field."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def type_checks(media_type: str, head: bytes) -> list[Check]:
    """Check that a file begins as its declared type does; `head` is its first HEAD_BYTES.

    A program is evidence of nothing, whatever it is declared as.
    """
    return [
        EVIDENCE.check(
            "MEDIA_TYPE_MISMATCH",
            Kind.CONTENT,
            passed=_begins_as(media_type, head),
            media_type=media_type,
        )
    ]


def _begins_as(media_type: str, head: bytes) -> bool:
    if media_type in TEXTS:
        plain = b"\x00" not in head or head.startswith(WIDE_TEXT)
        return plain and not any(head.startswith(known) for known in SIGNATURES.values())
    if media_type == "application/pdf":
        # Some scanners write a line of their own before it, as readers allow.
        return b"%PDF-" in head[:HEAD_BYTES]
    known = SIGNATURES.get(media_type)
    return not head.startswith(PROGRAMS) if known is None else head.startswith(known)


def existence_checks(
    named: Collection[object], existing: Collection[object], *, pointer: str = "/evidence"
) -> list[Check]:
    """Check that every file that is named as evidence is there and one's own."""
    missing = [str(file_id) for file_id in named if file_id not in existing]
    return [_all_there(pointer)] if not missing else [_existence(pointer, missing)]


def _existence(pointer: str, missing: list[str]) -> Check:
    return EVIDENCE.check(
        "FILE_UNKNOWN", Kind.CONTENT, passed=not missing, pointer=pointer, file_ids=missing
    )


@cache  # Asked for once per row of a batch, and mostly of no file at all.
def _all_there(pointer: str) -> Check:
    return _existence(pointer, [])
