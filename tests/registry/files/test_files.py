"""Evidence: bytes in, the same bytes out, to those who may see them."""

import base64
import hashlib
import os
import time
from typing import Any

import pytest
from sqlmodel import select

from registry import app as registry_app
from registry.files import jobs
from registry.files.rules import DigestUnreadableError, announced_sha256, content_digest
from registry.files.tables import StoredFile
from shared.database import new_id
from tests.fixtures.service import RunningService
from tests.registry.facts.conftest import organization

PDF = b"%PDF-1.7 evidence"
OWNER, STRANGER = new_id(), new_id()


def digest_of(content: bytes) -> str:
    return content_digest(hashlib.sha256(content).hexdigest())


async def sent(
    registry: RunningService, headers: dict[str, str] | None = None, content: bytes = PDF
) -> Any:
    async with registry.client("member", org_id=OWNER, sub=OWNER) as member:
        return await member.post(
            "/v1/registry/files",
            content=content,
            headers={"Content-Type": "application/pdf", **(headers or {})},
        )


def test_a_digest_field_is_read_back_as_it_was_written() -> None:
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert announced_sha256(content_digest(sha256)) == sha256
    assert announced_sha256(f"sha-512=:AAAA:, {content_digest(sha256)}") == sha256
    assert announced_sha256(None) is None


@pytest.mark.refusing
@pytest.mark.parametrize(
    "field", ["", "sha-512=:AAAA:", "sha-256=AAAA", "sha-256=:AAAA:", "sha-256=:A:", "x"]
)
def test_a_digest_that_cannot_be_compared_is_refused(field: str) -> None:
    with pytest.raises(DigestUnreadableError):
        announced_sha256(field)


pytestmark = pytest.mark.anyio


async def test_a_file_comes_back_to_its_owner_and_to_officials(registry: RunningService) -> None:
    stored = await sent(registry, {"Content-Digest": digest_of(PDF)})
    path = f"/v1/registry/files/{stored.json()['id']}"
    assert stored.status_code == 201, stored.text
    assert stored.json()["sha256"] == hashlib.sha256(PDF).hexdigest()
    for caller in (
        registry.client("member", org_id=OWNER),
        registry.client("handler"),
        registry.client("service"),
    ):
        async with caller:
            content = await caller.get(f"{path}/content")
            assert (content.content, content.headers["Content-Digest"]) == (PDF, digest_of(PDF))
            assert (await caller.get(path)).json() == stored.json()


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_strangers_file_does_not_exist(registry: RunningService) -> None:
    path = f"/v1/registry/files/{(await sent(registry)).json()['id']}"
    async with registry.client("member", org_id=STRANGER) as stranger:
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get(f"{path}/content")).status_code == 404


@pytest.mark.requirement("X04", "A117")
@pytest.mark.refusing
async def test_a_neighbour_is_told_what_its_own_caller_may_name(registry: RunningService) -> None:
    """The service itself may read every file: that says nothing of whoever asked it."""
    stored = (await sent(registry)).json()
    heir, later = new_id(), new_id()
    async with registry.sessions.begin() as session:
        session.add(organization("91310113FAKE0011X5").sqlmodel_update({"id": later}))
        await session.flush()
        followed = {"id": OWNER, "successor_id": later}
        session.add(organization("12310000FAKE0003XN").sqlmodel_update(followed))
    path = "/v1/registry/files/evidence"

    async def told(person: object, org: object = None, *, official: bool = False) -> list[Any]:
        body = {
            "file_ids": [stored["id"], str(new_id()), stored["id"]],
            "person_id": str(person), "org_id": org and str(org), "is_official": official,
        }  # fmt: skip
        async with registry.client("service") as service:
            answer = await service.post(path, json=body)
        assert answer.status_code == 200, answer.text
        files: list[Any] = answer.json()["files"]
        return files

    known = [{"id": stored["id"], "sha256": stored["sha256"]}]
    for person, org, official in (
        (heir, OWNER, False),  # A colleague.
        (OWNER, None, False),  # Who handed it in, whatever he is now.
        (heir, later, False),  # Whoever stands in its place.
        (heir, None, True),
    ):
        assert await told(person, org, official=official) == known
    for person, org in ((heir, STRANGER), (heir, None), (STRANGER, STRANGER)):
        assert await told(person, org) == []
    for capacity in ("member", "handler", "agency", "expert"):
        async with registry.client(capacity, org_id=OWNER) as caller:
            answer = await caller.post(path, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_SCOPE")


@pytest.mark.refusing
async def test_bytes_that_do_not_fit_their_digest_are_refused(registry: RunningService) -> None:
    answer = await sent(registry, {"Content-Digest": digest_of(b"other")})
    assert (answer.status_code, answer.json()["code"]) == (400, "CONTENT_DIGEST_MISMATCH")


@pytest.mark.refusing
async def test_a_program_is_no_evidence(registry: RunningService) -> None:
    answer = await sent(registry, {"Content-Type": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def kept_files(registry: RunningService) -> list[str]:
    folder = registry.app.state.settings.files
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


@pytest.mark.requirement("A117")
@pytest.mark.refusing
async def test_a_file_beyond_the_limit_is_refused(registry: RunningService) -> None:
    registry.app.state.settings.max_upload_bytes = 10
    answer = await sent(registry)
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert kept_files(registry) == []


@pytest.mark.requirement("A117")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/pdf", b"MZ\x90\x00 a program"),
        ("application/pdf", b"<html>" + b" " * 4096),
        ("application/pdf", b""),
        ("image/png", b"\xff\xd8\xff\xe0 a photograph"),
        ("application/zip", b"%PDF-1.7"),
        ("text/csv", b"PK\x03\x04 a workbook"),
        ("text/plain", b"a,b\x00c"),
        ("application/octet-stream", b"\x7fELF" + b"\x00" * 60),
    ],
)
async def test_a_file_that_lies_about_its_type_is_refused_and_not_kept(
    registry: RunningService, media_type: str, content: bytes
) -> None:
    answer = await sent(registry, {"Content-Type": media_type}, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "MEDIA_TYPE_MISMATCH")
    assert kept_files(registry) == []


@pytest.mark.requirement("A117")
@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/pdf", b"scanned by x\n%PDF-1.4"),
        ("text/plain", "MZ-5 型仪器清单".encode()),
        ("text/plain", "清单".encode("utf-16")),
        ("application/zip", b"PK\x05\x06" + b"\x00" * 18),
        ("application/octet-stream", b"anything else"),
        ("image/tiff", b"II*\x00"),
    ],
)
async def test_a_file_that_begins_as_its_type_is_kept(
    registry: RunningService, media_type: str, content: bytes
) -> None:
    answer = await sent(registry, {"Content-Type": media_type}, content)
    assert (answer.status_code, answer.json()["size"]) == (201, len(content))


@pytest.mark.refusing
async def test_an_upload_that_breaks_off_leaves_nothing_behind(registry: RunningService) -> None:
    token = registry.signer.token("member", org_id=OWNER, sub=OWNER)
    messages = [
        {"type": "http.request", "body": PDF + b" " * 5_000_000, "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[Any] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/v1/registry/files", "raw_path": b"/v1/registry/files",
        "query_string": b"", "root_path": "", "server": ("service", 80), "client": ("me", 1),
        "headers": [
            (b"host", b"service"), (b"content-type", b"application/pdf"),
            (b"content-length", b"2147483648"), (b"authorization", f"Bearer {token}".encode()),
        ],
    }  # fmt: skip

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answered.append(message)

    await registry.asgi(scope, receive, send)
    assert [one.get("status") for one in answered if "status" in one] in ([], [400], [413])
    assert kept_files(registry) == []
    async with registry.sessions.reading() as session:
        assert (await session.scalars(select(StoredFile))).all() == []


@pytest.mark.requirement("X05")
async def test_a_repeated_key_gives_the_first_file_or_is_refused(registry: RunningService) -> None:
    first = await sent(registry, {"Idempotency-Key": "k"})
    again = await sent(registry, {"Idempotency-Key": "k"})
    other = await sent(registry, {"Idempotency-Key": "k"}, b"%PDF-1.7 other")
    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_MISMATCH")


def test_the_digest_field_is_base64() -> None:
    raw = hashlib.sha256(PDF).digest()
    assert digest_of(PDF) == f"sha-256=:{base64.b64encode(raw).decode()}:"


async def test_what_a_killed_upload_left_is_taken_away_after_a_day(
    registry: RunningService,
) -> None:
    await sent(registry)
    kept = kept_files(registry)
    folder = registry.app.state.settings.files / "incoming"
    folder.mkdir(exist_ok=True)
    for name, age in (("old", 86_500), ("new", 10)):
        (folder / name).write_bytes(b"%PDF-")
        then = time.time() - age
        os.utime(folder / name, (then, then))
    assert await jobs.sweep(registry.app) == 1
    # A process of the registry does it by itself.
    assert set(jobs.BACKGROUND) <= set(registry_app.BACKGROUND)
    assert sorted(kept_files(registry)) == sorted([*kept, "incoming/new"])
