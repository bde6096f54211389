"""The HTTP face of the door's trail."""

from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime
from sqlmodel import col

from gateway.trail import queries, rules
from gateway.trail.rules import BEGINNING, Happened, Kind
from gateway.trail.schemas import ChainOut, DoorRecordOut
from gateway.trail.tables import DoorRecord
from shared.http import Page, PageQuery, Reading, Router, access, paginate, problems

router = Router(prefix="/v1/identity/door-records", tags=["events"])
AUDITORS: Final = access("auditor", tenant="everything at the door", rules=("X07",))
STRETCH: Final = 5_000


@router.get(
    "",
    operation_id="identity_list_door_records",
    openapi_extra=AUDITORS,
    responses=problems("CURSOR_MISMATCH"),
)
async def list_records(
    session: Reading,
    page: PageQuery,
    kind: Annotated[Kind | None, Query(description="Only of this kind.")] = None,
    person_id: Annotated[UUID | None, Query(description="Only by this person.")] = None,
    client_id: Annotated[
        str | None, Query(max_length=255, description="Only by this program.")
    ] = None,
    path: Annotated[
        str | None,
        Query(max_length=2_000, pattern="^/[!-~]*$", description="Only of this, and under it."),
    ] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Only from this instant of real time on.")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Only before this instant.")] = None,
) -> Page[DoorRecordOut]:
    """List sign-ins, tokens, refusals and officials' reads, the latest first."""
    person = None if person_id is None else str(person_id)
    wanted = queries.Wanted(kind, person, client_id, path, since, until)
    rows, next_cursor = await paginate(
        session,
        queries.records(wanted),
        page,
        keys=[col(DoorRecord.position).desc()],
        filters={name: told and str(told) for name, told in asdict(wanted).items()},
    )
    return Page(items=[DoorRecordOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/chain",
    operation_id="identity_verify_door_records",
    openapi_extra=AUDITORS,
    responses=problems(),
)
async def verify_chain(
    session: Reading,
    first: Annotated[int, Query(ge=1, le=2**53 - 1, description="Where to begin.")] = 1,
) -> ChainOut:
    """Hash a stretch of the chain again: whether anything was changed, left out or moved."""
    before = await queries.records_from(session, first - 1, 1) if first > 1 else []
    previous = before[0].sha256 if before and before[0].position == first - 1 else BEGINNING
    last, broken = first - 1, None
    for row in await queries.records_from(session, first, STRETCH):
        whole = row.position == last + 1 and row.previous_sha256 == previous
        if not whole or row.sha256 != rules.digest_of(previous, row.position, _happened(row)):
            broken = last + 1
            break
        last, previous = row.position, row.sha256
    return ChainOut(
        first=first, last=last, intact=broken is None, broken_at=broken, head_sha256=previous
    )


def _happened(row: DoorRecord) -> Happened:
    return Happened(
        at=row.at,
        kind=row.kind,
        method=row.method,
        path=row.path,
        status=row.status,
        address=row.address,
        request_id=row.request_id,
        client_id=row.client_id,
        person_id=row.person_id,
        count=row.count,
    )
