"""What was submitted: snapshots, how they differ, and the dossier for those who judge it."""

import asyncio
import json
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import clients, queries, rules
from registry.applications.dossiers import (
    Evidence,
    Submission,
    dossier_pdf,
    dossier_zip,
    names_asked,
)
from registry.applications.routes.common import PREFIX, TAGS
from registry.applications.schemas.dossiers import (
    FieldChangeOut,
    SnapshotComparisonOut,
    SnapshotEntryOut,
    SnapshotListOut,
    SnapshotOut,
)
from registry.applications.tables import Application
from registry.files.routes import Store
from registry.files.rules import content_digest
from registry.organizations.queries import organizations_of
from shared.http import CurrentActor, CurrentWork, Reading, Router, Services, access, problems
from shared.rules import found

router = Router(prefix=f"{PREFIX}/{{application_id}}", tags=TAGS)
READERS: Final = ("member", "expert", "official", "service")
SEEN: Final = "the applicant and its members, officials once submitted, experts of its panel"
RoundPath = Annotated[int, Path(ge=1, le=1000, description="The round of submission.")]
RoundQuery = Annotated[
    int | None, Query(ge=1, le=1000, description="The round of submission; the last without it.")
]


async def application_read(
    application_id: UUID, actor: CurrentActor, services: Services, work: CurrentWork
) -> Application:
    """Give an application to its own people, to officials, and to experts on its panel now.

    Evaluation is asked who sits there, so that who was recused or replaced reads no more.
    """
    async with work.sessions.reading() as session:
        seen = await queries.application_or_none(session, actor, application_id)
        asked = seen or await queries.submitted_application(session, application_id)
    if seen is not None or actor.expert_id is None or not actor.has("expert"):
        return found(seen)
    panel = await clients.panel_experts(services, found(asked).id)
    return found(asked if (actor.expert_id, actor.person_id) in panel else None)


Read = Annotated[Application, Depends(application_read)]


@router.get(
    "/snapshots",
    operation_id="registry_list_application_snapshots",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A117", "X08")),
    responses=problems("NOT_FOUND"),
)
async def list_snapshots(application: Read, session: Reading) -> SnapshotListOut:
    """List what was submitted, round by round."""
    rows = await queries.snapshots(session, application.id)
    return SnapshotListOut(items=[SnapshotEntryOut.model_validate(row) for row in rows])


@router.get(
    "/snapshots/{round_no}",
    operation_id="registry_read_application_snapshot",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A117", "X08")),
    responses=problems("NOT_FOUND"),
)
async def read_snapshot(
    round_no: RoundPath, application: Read, session: Reading, response: Response
) -> SnapshotOut:
    """Read what was submitted in a round; it never changes."""
    row = await queries.snapshot_of(session, application.id, round_no)
    response.headers["ETag"] = f'"{row.sha256}"'
    return SnapshotOut.model_validate(row)


@router.get(
    "/snapshots/{round_no}/changes",
    operation_id="registry_compare_application_snapshots",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A117",)),
    responses=problems("NOT_FOUND"),
)
async def compare_snapshots(
    round_no: RoundPath,
    application: Read,
    session: Reading,
    since: Annotated[
        int | None,
        Query(ge=1, le=1000, description="The round to compare with; the one before without it."),
    ] = None,
) -> SnapshotComparisonOut:
    """Tell field by field how a submission differs from an earlier one."""
    after = await queries.snapshot_of(session, application.id, round_no)
    before = await queries.snapshot_of(session, application.id, since or round_no - 1)
    changes = rules.changes(json.loads(before.content), json.loads(after.content))
    return SnapshotComparisonOut(
        before_round=before.round,
        after_round=after.round,
        before_sha256=before.sha256,
        after_sha256=after.sha256,
        changes=[FieldChangeOut.model_validate(change) for change in changes],
    )


async def _submitted(
    session: AsyncSession, application: Application, round_no: int | None
) -> tuple[Submission, list[Evidence]]:
    """Give a submission and its evidence as values: the bytes go out when the session is gone."""
    row = await queries.snapshot_of(session, application.id, round_no or application.round)
    files = await queries.evidence_of(session, application, row)
    return (
        Submission(row.round, row.content, row.sha256, row.taken_at),
        [Evidence(file.id, file.sha256, file.size, file.media_type) for file in files],
    )


async def _dossier(
    session: AsyncSession, application: Application, round_no: int | None
) -> tuple[Submission, list[Evidence], bytes]:
    snapshot, files = await _submitted(session, application, round_no)
    organizations = await organizations_of(session, names_asked(snapshot))
    names = {str(org_id): row.name for org_id, row in organizations.items()}
    # Setting a document takes a while; other requests go on.
    return snapshot, files, await asyncio.to_thread(dossier_pdf, snapshot, names, files)


def _binary(media_type: str, what: str) -> dict[int | str, dict[str, Any]]:
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {
        **problems("NOT_FOUND"),
        200: {"description": what, "content": {media_type: schema}},
    }


def _headers(snapshot: Submission, extension: str) -> dict[str, str]:
    name = f"dossier-{snapshot.sha256[:16]}.{extension}"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        "ETag": f'"{snapshot.sha256}-{extension}"',
    }


@router.get(
    "/dossier.pdf",
    operation_id="registry_read_application_dossier",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A117", "X08")),
    responses=_binary("application/pdf", "The submission, set for reading."),
    response_class=Response,
)
async def read_dossier(
    application: Read, session: Reading, round_no: RoundQuery = None
) -> Response:
    """Fetch a submission as a document."""
    snapshot, _, written = await _dossier(session, application, round_no)
    return Response(written, media_type="application/pdf", headers=_headers(snapshot, "pdf"))


@router.get(
    "/dossier.zip",
    operation_id="registry_read_application_archive",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A117", "X08")),
    responses=_binary("application/zip", "The submission with its evidence."),
    response_class=StreamingResponse,
)
async def read_archive(
    application: Read, session: Reading, store: Store, round_no: RoundQuery = None
) -> StreamingResponse:
    """Fetch a submission as an archive: the document, the JSON, a manifest, the evidence."""
    snapshot, files, written = await _dossier(session, application, round_no)
    return StreamingResponse(
        dossier_zip(snapshot, written, files, store),
        media_type="application/zip",
        headers=_headers(snapshot, "zip"),
    )


@router.get(
    "/evidence/{file_id}",
    operation_id="registry_read_application_evidence",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A117", "X08")),
    responses=_binary("application/octet-stream", "The file's bytes."),
    response_class=StreamingResponse,
)
async def read_evidence(
    file_id: UUID, application: Read, session: Reading, store: Store, round_no: RoundQuery = None
) -> StreamingResponse:
    """Fetch a file of evidence that the submission names."""
    _, files = await _submitted(session, application, round_no)
    row = found(next((row for row in files if row.id == file_id), None))
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
