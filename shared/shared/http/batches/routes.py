"""The HTTP face of large batches, the same in every service that takes some."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from shared.http.batches.kinds import BatchOut, RowOut
from shared.http.batches.reading import (
    LINES,
    ResultFilter,
    batch_job,
    batch_lines,
    batch_results,
    cancel_batch_job,
)
from shared.http.dependencies import CurrentActor, Language, PageQuery
from shared.http.problem import problems
from shared.http.route import Router, access
from shared.http.schemas import Page
from shared.http.work import Reading, Transaction

TENANT = "the person who posted it"


def jobs_router(service: str, tag: str, *roles: str, read: str = "read_job") -> APIRouter:
    """Make the routes of a service's large batches; `read` is the first one's operation."""
    name = service.replace("-", "_")
    path = f"/v1/{service}/jobs"
    router = Router(prefix=path, tags=[tag])

    @router.get(
        "/{job_id}",
        operation_id=f"{name}_{read}",
        openapi_extra=access(*roles, tenant=TENANT, rules=("X05",)),
        responses=problems("NOT_FOUND"),
    )
    async def read_job(
        job_id: UUID, actor: CurrentActor, session: Reading, language: Language
    ) -> BatchOut:
        """Read how far a large batch has come, and the results of up to 10,000 rows at its end."""
        return await batch_job(session, actor, job_id, path, language)

    @router.delete(
        "/{job_id}",
        operation_id=f"{name}_cancel_job",
        openapi_extra=access(*roles, tenant=TENANT, rules=("X05",)),
        responses=problems("NOT_FOUND"),
    )
    async def cancel_job(job_id: UUID, actor: CurrentActor, session: Transaction) -> BatchOut:
        """Stop a large batch after the rows in hand; what is recorded stays."""
        return await cancel_batch_job(session, actor, job_id, path)

    @router.get(
        "/{job_id}/results",
        operation_id=f"{name}_list_job_results",
        openapi_extra=access(*roles, tenant=TENANT, rules=("X05",)),
        responses=problems("NOT_FOUND", "CURSOR_MISMATCH"),
    )
    async def list_results(
        job_id: UUID,
        page: PageQuery,
        asked: Annotated[ResultFilter, Depends()],
        actor: CurrentActor,
        session: Reading,
        language: Language,
    ) -> Page[RowOut]:
        """List what became of a large batch's rows, as far as they are judged, in their order."""
        return await batch_results(session, actor, job_id, page, asked, language)

    @router.get(
        "/{job_id}/results/export",
        operation_id=f"{name}_export_job_results",
        openapi_extra=access(*roles, tenant=TENANT, rules=("X05",)),
        responses={**LINES, **problems("NOT_FOUND")},
        response_class=StreamingResponse,
    )
    async def export_results(
        job_id: UUID,
        asked: Annotated[ResultFilter, Depends()],
        actor: CurrentActor,
        request: Request,
        language: Language,
    ) -> StreamingResponse:
        """Fetch what became of a large batch's rows, one a line, however many they are."""
        sessions = request.app.state.database.sessions
        return await batch_lines(sessions, actor, job_id, asked, language)

    return router
