"""What a file may be: its media type, and a digest that fits its bytes."""

import base64
import binascii
import re
from collections.abc import Collection
from typing import Final

from shared.rules import Check, Kind, Rule

EVIDENCE: Final = Rule("A117", "四(三)1")
DIGEST_FIELD: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{1,64}):", re.ASCII)
SHA256_BYTES: Final = 32


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


def existence_checks(
    named: Collection[object], existing: Collection[object], *, pointer: str = "/evidence"
) -> list[Check]:
    """Check that every file that is named as evidence is there and one's own."""
    missing = [str(file_id) for file_id in named if file_id not in existing]
    return [
        EVIDENCE.check(
            "FILE_UNKNOWN",
            Kind.CONTENT,
            passed=not missing,
            pointer=pointer,
            file_ids=missing,
        )
    ]
