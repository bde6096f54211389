"""The HTTP face of files: bytes in, bytes out."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from registry.files import actions, queries
from registry.files.rules import (
    HEAD_BYTES,
    DigestUnreadableError,
    announced_sha256,
    content_digest,
    media_type_of,
    type_checks,
)
from registry.files.schemas import EvidenceOut, EvidenceQuestionIn, FileOut
from registry.settings import EVIDENCE_MEDIA_TYPES
from shared.auth import Actor
from shared.files import DigestMismatchError, FileStore, FileTooLargeError, StoredFile, store_of
from shared.http import (
    CurrentActor,
    CurrentWork,
    Failure,
    Now,
    Reading,
    Router,
    Transaction,
    access,
    problems,
)
from shared.http.route import completed
from shared.rules import require

EVERYONE = ("member", "expert", "official", "agency", "service")
OWN = "own files and those of one's organization; officials see all"

router = Router(prefix="/v1/registry/files", tags=["files"])


@dataclass(frozen=True, slots=True)
class Received:
    """A file whose bytes are in the store, and what it was called on the way."""

    stored: StoredFile
    media_type: str


async def file_store(request: Request) -> FileStore:
    """Give the process's file store."""
    return store_of(request.app.state.settings)


Store = Annotated[FileStore, Depends(file_store)]


async def as_declared(chunks: AsyncIterable[bytes], media_type: str) -> AsyncIterator[bytes]:
    """Pass bytes on once the first of them are those of the declared type; refuse them otherwise.

    Nothing is kept of what is refused: the store forgets what did not come to its end.
    """
    head = b""
    judged = False
    async for chunk in chunks:
        if judged:
            yield chunk
            continue
        head += chunk
        if len(head) >= HEAD_BYTES:
            require(type_checks(media_type, head[:HEAD_BYTES]))
            judged = True
            yield head
    if not judged:
        require(type_checks(media_type, head))
        yield head


async def received(request: Request, store: Store, work: CurrentWork) -> Received:
    """Take the bytes to the store before any transaction opens; no connection waits for them."""
    media_type = media_type_of(request.headers.get("content-type"))
    if media_type not in EVIDENCE_MEDIA_TYPES:
        raise Failure("UNSUPPORTED_MEDIA_TYPE", accepted=", ".join(sorted(EVIDENCE_MEDIA_TYPES)))
    limit: int = request.app.state.settings.max_upload_bytes
    try:
        expected = announced_sha256(request.headers.get("content-digest"))
        chunks = as_declared(request.stream(), media_type)
        stored = await store.put(chunks, limit_bytes=limit, expected_sha256=expected)
    except (DigestUnreadableError, DigestMismatchError) as error:
        raise Failure("CONTENT_DIGEST_MISMATCH") from error
    except FileTooLargeError as error:
        raise Failure("BODY_TOO_LARGE", {"Connection": "close"}, max_bytes=limit) from error
    except ClientDisconnect as error:
        raise Failure("REQUEST_UNREADABLE") from error
    # Now the content is known: a repeated key is answered again, or refused with other bytes.
    work.body_sha256 = bytes.fromhex(stored.sha256)
    await work.replay()
    return Received(stored, media_type)


@router.post(
    "",
    status_code=201,
    operation_id="registry_store_file",
    openapi_extra={
        **access(*EVERYONE, tenant="own files", rules=("A117",), streamed=True),
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        },
        "parameters": [
            {
                "name": "Content-Digest",
                "in": "header",
                "required": False,
                "description": "SHA-256 of the body (RFC 9530); compared when it is there.",
                "schema": {"type": "string"},
                "example": "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            }
        ],
    },
    responses=problems(
        "CONTENT_DIGEST_MISMATCH",
        "BODY_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
        "MEDIA_TYPE_MISMATCH",
    ),
)
async def store_file(
    actor: CurrentActor,
    now: Now,
    content: Annotated[Received, Depends(received)],
    session: Transaction,
) -> FileOut:
    """Hand in a file: the body is the file itself."""
    row = await actions.hand_in(session, actor, content.stored, content.media_type, now)
    return FileOut.model_validate(row)


@router.post(
    "/evidence",
    operation_id="registry_find_evidence",
    openapi_extra=access(
        "service",
        tenant="what the one in whose name it asks may see",
        rules=("X04",),
        internal=True,
    ),
    responses=problems(),
)
async def find_evidence(
    body: EvidenceQuestionIn, request: Request, session: Transaction
) -> EvidenceOut:
    """Tell which files somebody may name as evidence; nothing is changed by it.

    A service may read every file, so that it is judged by who asked the service. It is read where
    it is written: who hands a file in names it at once, which a replica may not know yet.
    """
    asking = Actor(
        person_id=body.person_id,
        client_id="",
        capacities=frozenset({"official"} if body.is_official else ()),
        org_id=body.org_id,
    )
    asking = await completed(request, asking)
    seen = await queries.files_seen(session, asking, body.file_ids)
    return EvidenceOut.model_validate({"files": list(seen.values())})


@router.get(
    "/{file_id}",
    operation_id="registry_read_file",
    openapi_extra=access(*EVERYONE, tenant=OWN, rules=("X04",)),
    responses=problems("NOT_FOUND"),
)
async def read_file(file_id: UUID, actor: CurrentActor, session: Reading) -> FileOut:
    """Tell what is known of a file."""
    return FileOut.model_validate(await queries.file_for(session, actor, file_id))


@router.get(
    "/{file_id}/content",
    operation_id="registry_read_file_content",
    openapi_extra=access(*EVERYONE, tenant=OWN, rules=("X04",)),
    responses={
        **problems("NOT_FOUND"),
        200: {
            "description": "The file's bytes.",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        },
    },
    response_class=StreamingResponse,
)
async def read_file_content(
    file_id: UUID, actor: CurrentActor, store: Store, session: Reading
) -> StreamingResponse:
    """Fetch the bytes of a file; browsers are told to save them, never to show them."""
    row = await queries.file_for(session, actor, file_id)
    return StreamingResponse(
        store.chunks(row.sha256),
        media_type=row.media_type,
        headers={
            "Content-Length": str(row.size),
            "Content-Digest": content_digest(row.sha256),
            "Content-Disposition": f'attachment; filename="{row.sha256[:16]}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-cache",
        },
    )
