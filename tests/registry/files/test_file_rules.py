"""What a file begins with, and what its headers say; no server."""

import pytest

from registry.files.rules import (
    OLE,
    DigestUnreadableError,
    announced_sha256,
    content_digest,
    existence_checks,
    media_type_of,
    type_checks,
)
from shared.rules import failed_codes

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("field", "media_type"),
    [
        ("text/csv", "text/csv"),
        ("Text/CSV; charset=utf-8", "text/csv"),
        (" application/pdf ;x=1", "application/pdf"),
        (None, "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_media_type_is_read_without_its_parameters(field: str | None, media_type: str) -> None:
    assert media_type_of(field) == media_type


@pytest.mark.requirement("A117")
@pytest.mark.parametrize(
    ("media_type", "head", "fits"),
    [
        ("application/pdf", b"%PDF-1.7", True),
        ("application/pdf", b"scanned\r\n%PDF-1.4", True),
        ("application/pdf", b" " * 1019 + b"%PDF-1.4", True),
        ("application/pdf", b" " * 1020 + b"%PDF-1.4", False),
        ("application/pdf", b"PK\x03\x04", False),
        ("application/msword", OLE, True),
        ("application/msword", b"%PDF-1.7", False),
        (WORD, b"PK\x03\x04", True),
        (WORD, OLE, False),
        ("image/tiff", b"MM\x00*", True),
        ("image/png", b"\xff\xd8\xff", False),
        ("text/csv", "名称,金额".encode(), True),
        ("text/csv", b"", True),
        ("text/csv", b"a\x00b", False),
        # Spreadsheets write UTF-16 with its mark, of which every second byte is null.
        ("text/csv", b"\xff\xfea\x00", True),
        ("text/plain", b"\xfe\xff\x00a", True),
        ("text/plain", b"%PDF-1.7", False),
        ("application/json", b"PK\x03\x04", False),
        ("video/mp4", b"\x00\x00\x00 ftyp", True),
        ("video/mp4", b"MZ\x90", False),
        ("application/octet-stream", b"\x7fELF", False),
    ],
)
def test_a_file_begins_as_its_type_does_and_is_no_program(
    media_type: str, head: bytes, *, fits: bool
) -> None:
    codes = failed_codes(type_checks(media_type, head))
    assert codes == ([] if fits else ["MEDIA_TYPE_MISMATCH"])


@pytest.mark.requirement("A117")
def test_a_refusal_names_the_files_that_are_not_there() -> None:
    for named, missing in (((), []), ((1, 2), []), ((1, 3), ["3"])):
        (check,) = existence_checks(named, {1, 2}, pointer="/files")
        assert (check.passed, check.pointer) == (not missing, "/files")
        assert check.params["file_ids"] == missing


@pytest.mark.refusing
def test_a_digest_is_written_in_the_one_form_of_base64() -> None:
    field = content_digest("9f" * 32)
    assert announced_sha256(field) == "9f" * 32
    with pytest.raises(DigestUnreadableError):
        announced_sha256(field.replace("=:", "==:").replace("sha-256==:", "sha-256=:"))
