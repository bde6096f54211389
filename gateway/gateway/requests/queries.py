"""Which requests a caller may see: those of its own program and person (X04)."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from gateway.requests import rules
from gateway.requests.tables import RequestSeen
from shared.auth import Actor


def requests_of(
    actor: Actor, now: datetime, request_id: str | None, status: int | None
) -> SelectOfScalar[RequestSeen]:
    """List the caller's requests, by id or status where one is asked for."""
    statement = select(RequestSeen).where(
        col(RequestSeen.client_id) == actor.client_id,
        col(RequestSeen.person_id) == actor.person_id,
        col(RequestSeen.at) >= rules.oldest_kept(now),
    )
    if request_id is not None:
        statement = statement.where(col(RequestSeen.request_id) == request_id)
    if status is not None:
        statement = statement.where(col(RequestSeen.status) == status)
    return statement
