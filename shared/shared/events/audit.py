"""The audit trail of a service: who changed what, when, from what to what, and why."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import ColumnElement
from sqlmodel import col, select

from shared.events.tables import Audit
from shared.http.dependencies import PageQuery, paginate
from shared.http.problem import problems
from shared.http.route import Router, access
from shared.http.schemas import Out, Page
from shared.http.work import Reading


class AuditOut(Out):
    """A change: who made it, when, the hashes of the row before and after it, and the reason."""

    id: UUID = Field(description="The audit row.")
    event_id: UUID = Field(description="The event that was written with it.")
    action: str = Field(description="The event's type, such as `entry.posted`.")
    subject_id: UUID = Field(description="What was changed.")
    person_id: UUID = Field(description="Who did it.")
    client_id: str = Field(description="By which program.")
    at: datetime = Field(description="When, by the programme's clock.")
    before_sha256: str | None = Field(description="Hash of what stood before, if anything did.")
    after_sha256: str | None = Field(description="Hash of what stands since.")
    reason: str | None = Field(description="Why, where a reason is asked for.")


@cache
def audit_router(service: str, trail: type[Audit] = Audit) -> APIRouter:
    """Make the audit trail's route for a service; `trail` is what it is read from."""
    router = Router(prefix=f"/v1/{service}/audit", tags=["events"])

    @router.get(
        "",
        operation_id=f"{service.replace('-', '_')}_list_audit",
        openapi_extra=access("auditor", tenant="everything of this service", rules=("X07",)),
        responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
    )
    async def list_audit(
        session: Reading,
        page: PageQuery,
        subject_id: Annotated[UUID | None, Query(description="Only of this thing.")] = None,
        person_id: Annotated[UUID | None, Query(description="Only by this person.")] = None,
        action: Annotated[str | None, Query(max_length=100, description="Only this one.")] = None,
    ) -> Page[AuditOut]:
        """List changes, the latest first; nothing here is ever changed or taken away."""
        filters = {"subject_id": subject_id, "person_id": person_id, "action": action}
        statement = select(trail)
        for name, value in filters.items():
            if value is not None:
                statement = statement.where(getattr(trail, name) == value)
        keys: list[ColumnElement[Any]] = [col(trail.at).desc(), col(trail.id).desc()]
        rows, cursor = await paginate(session, statement, page, keys, filters)
        return Page(items=[_out(row) for row in rows], next_cursor=cursor)

    return router


def _out(row: Audit) -> AuditOut:
    return AuditOut(
        id=row.id,
        event_id=row.event_id,
        action=row.action,
        subject_id=row.subject_id,
        person_id=row.person_id,
        client_id=row.client_id,
        at=row.at.astimezone(UTC),
        before_sha256=row.before_sha256,
        after_sha256=row.after_sha256,
        reason=row.reason,
    )
