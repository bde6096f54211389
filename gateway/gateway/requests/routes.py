"""Looking up one's own requests."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Query
from sqlmodel import col

from gateway.requests import queries
from gateway.requests.schemas import RequestOut
from gateway.requests.tables import RequestSeen
from shared.http import CurrentActor, Page, PageQuery, Reading, Router, access, paginate, problems

ANYONE: Final = ("member", "expert", "official", "agency", "service")

router = Router(prefix="/v1/me/requests", tags=["identity"])


@router.get(
    "",
    operation_id="identity_list_my_requests",
    openapi_extra=access(*ANYONE, tenant="the caller's own requests"),
    responses=problems(),
)
async def list_requests(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    request_id: Annotated[
        str | None, Query(max_length=64, description="The `X-Request-Id` of an answer.")
    ] = None,
    status: Annotated[
        int | None, Query(ge=100, le=599, description="Only those with this status.")
    ] = None,
) -> Page[RequestOut]:
    """List what the caller's program asked in the last thirty days, newest first.

    A request is here a second after its answer; what is refused without a valid token is nobody's.
    """
    statement = queries.requests_of(actor, datetime.now(UTC), request_id, status)
    asked = {"request_id": request_id, "status": status}
    rows, cursor = await paginate(
        session, statement, page, keys=[col(RequestSeen.id).desc()], filters=asked
    )
    return Page(items=[RequestOut.model_validate(row) for row in rows], next_cursor=cursor)
