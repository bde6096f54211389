"""Qualifications and yearly figures of an organization, and parks of industry."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlmodel import col

from registry.organizations import actions, queries
from registry.organizations.actions import (
    NewPark,
    NewProfile,
    NewQualification,
    Verdict,
)
from registry.organizations.routes.common import (
    EVERYONE,
    OFFICIALS,
    OPEN,
    OWN,
    organizations,
    qualification_shown,
)
from registry.organizations.rules import ParkLevel
from registry.organizations.schemas import (
    ParkIn,
    ParkOut,
    ParkPatch,
    ProfileFigures,
    ProfileIn,
    ProfileOut,
    ProfileVersionsOut,
    QualificationIn,
    QualificationOut,
    RegionPrefix,
    RevocationIn,
    VerificationIn,
)
from registry.organizations.tables import Park, Qualification, YearlyProfile
from shared.http import (
    CurrentActor,
    IfMatch,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import Day
from shared.http.times import AsOf

YearPath = Annotated[int, Path(ge=1949, le=2200, description="The calendar year.")]

parks = Router(prefix="/v1/registry/parks", tags=["organizations"])


def _verdict(body: VerificationIn) -> Verdict:
    return Verdict(body.decision, body.basis, body.reason, body.due_again_on)


@organizations.post(
    "/{organization_id}/qualifications",
    status_code=201,
    operation_id="registry_enter_qualification",
    openapi_extra=access("member", "handler", tenant=OWN, rules=("A061", "A070")),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "FIELD_MISSING",
        "DAYS_OUT_OF_ORDER",
        "STATE_CONFLICT",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
    ),
)
async def enter_qualification(
    organization_id: UUID,
    body: QualificationIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> QualificationOut:
    """Enter a paper that says what an organization is recognized for, and until when."""
    new = NewQualification(**body.model_dump())
    row = await actions.enter_qualification(session, actor, organization_id, new, today)
    return qualification_shown(row, today)


@organizations.get(
    "/{organization_id}/qualifications",
    operation_id="registry_list_qualifications",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A061", "A070")),
    responses=problems("NOT_FOUND"),
)
async def list_qualifications(
    organization_id: UUID,
    page: PageQuery,
    today: Today,
    session: Reading,
    valid_on: Annotated[Day | None, Query(description="Only those that hold on a day.")] = None,
) -> Page[QualificationOut]:
    """List an organization's papers, expired and revoked ones included."""
    await queries.organization_found(session, organization_id)
    rows, cursor = await paginate(
        session,
        queries.qualifications(organization_id, valid_on),
        page,
        keys=[col(Qualification.id)],
        filters={"organization_id": organization_id, "valid_on": valid_on},
    )
    return Page(items=[qualification_shown(row, today) for row in rows], next_cursor=cursor)


@organizations.post(
    "/{organization_id}/qualifications/{qualification_id}/verification",
    operation_id="registry_verify_qualification",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A061", "A070", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def verify_qualification(
    organization_id: UUID,
    qualification_id: UUID,
    body: VerificationIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> QualificationOut:
    """Find a paper right, again where its day has come, or find it wrong."""
    row = await actions.verify_qualification(
        session, actor, organization_id, qualification_id, _verdict(body), today
    )
    return qualification_shown(row, today)


@organizations.post(
    "/{organization_id}/qualifications/{qualification_id}/revocation",
    operation_id="registry_revoke_qualification",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A070",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "DAY_IN_FUTURE"),
)
async def revoke_qualification(
    organization_id: UUID,
    qualification_id: UUID,
    body: RevocationIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> QualificationOut:
    """Take a paper back: it held up to the day before."""
    row = await actions.revoke_qualification(
        session, actor, organization_id, qualification_id, body.revoked_on, body.reason, today
    )
    return qualification_shown(row, today)


@organizations.post(
    "/{organization_id}/profiles",
    status_code=201,
    operation_id="registry_enter_profile",
    openapi_extra=access("member", "handler", tenant=OWN, rules=("A106",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "ALREADY_EXISTS",
        "DAY_IN_FUTURE",
        "CURRENCY_NOT_CNY",
        "FILE_UNKNOWN",
    ),
)
async def enter_profile(
    organization_id: UUID,
    body: ProfileIn,
    actor: CurrentActor,
    today: Today,
    response: Response,
    session: Transaction,
) -> ProfileOut:
    """Enter an organization's figures of a year for the first time."""
    new = NewProfile(body.year, body.columns(), body.basis, body.file_id)
    row = await actions.enter_profile(session, actor, organization_id, new, today)
    tagged(response, row.version)
    return ProfileOut.of(row)


@organizations.get(
    "/{organization_id}/profiles",
    operation_id="registry_list_profiles",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A106", "X04")),
    responses=problems("NOT_FOUND"),
)
async def list_profiles(
    organization_id: UUID, page: PageQuery, actor: CurrentActor, as_of: AsOf, session: Reading
) -> Page[ProfileOut]:
    """List the figures of each year as known, newest year first; another's are nobody's."""
    await queries.organization_found(session, organization_id)
    rows, cursor = await paginate(
        session,
        queries.profiles(actor, organization_id, as_of),
        page,
        keys=[col(YearlyProfile.year).desc()],
        filters={"organization_id": organization_id, "as_of": as_of},
    )
    return Page(items=[ProfileOut.of(row) for row in rows], next_cursor=cursor)


@organizations.get(
    "/{organization_id}/profiles/{year}",
    operation_id="registry_read_profile",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A106", "X04")),
    responses=problems("NOT_FOUND"),
)
async def read_profile(
    organization_id: UUID, year: YearPath, actor: CurrentActor, response: Response, session: Reading
) -> ProfileVersionsOut:
    """Read every version of a year's figures, oldest first."""
    rows = await queries.profile_versions(session, actor, organization_id, year)
    tagged(response, rows[-1].version)
    return ProfileVersionsOut(items=[ProfileOut.of(row) for row in rows])


@organizations.put(
    "/{organization_id}/profiles/{year}",
    operation_id="registry_supersede_profile",
    openapi_extra=access("member", "handler", tenant=OWN, rules=("A106", "X06", "X07")),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "DAY_IN_FUTURE",
        "CURRENCY_NOT_CNY",
        "FILE_UNKNOWN",
    ),
)
async def supersede_profile(
    organization_id: UUID,
    year: YearPath,
    body: ProfileFigures,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    response: Response,
    session: Transaction,
) -> ProfileOut:
    """Correct a year's figures by a version that supersedes the one that was read."""
    new = NewProfile(year, body.columns(), body.basis, body.file_id)
    row = await actions.enter_profile(session, actor, organization_id, new, today, version)
    tagged(response, row.version)
    return ProfileOut.of(row)


@organizations.post(
    "/{organization_id}/profiles/{year}/verification",
    operation_id="registry_verify_profile",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A106", "X03", "X06")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "VERSION_CONFLICT"),
)
async def verify_profile(
    organization_id: UUID,
    year: YearPath,
    body: VerificationIn,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    response: Response,
    session: Transaction,
) -> ProfileOut:
    """Find the figures of a year right; figures that are wrong are superseded instead."""
    row = await actions.verify_profile(
        session, actor, organization_id, year, version, _verdict(body), today
    )
    tagged(response, row.version)
    return ProfileOut.of(row)


@parks.post(
    "",
    status_code=201,
    operation_id="registry_enter_park",
    openapi_extra=access("member", "handler", tenant="own park, or any", rules=("A068",)),
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "PARK_DEVELOPER_REQUIRED",
        "CODE_UNKNOWN",
        "CURRENCY_NOT_CNY",
    ),
)
async def enter_park(
    body: ParkIn, actor: CurrentActor, response: Response, session: Transaction
) -> ParkOut:
    """Enter a park of industry with its cluster and what it offers."""
    park = await actions.enter_park(session, actor, NewPark(body.developer_org_id, body.columns()))
    tagged(response, park.version)
    return ParkOut.of(park)


@parks.get(
    "",
    operation_id="registry_list_parks",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A068",)),
    responses=problems(),
)
async def list_parks(
    page: PageQuery,
    session: Reading,
    developer_org_id: Annotated[UUID | None, Query(description="Of this developer.")] = None,
    level: Annotated[ParkLevel | None, Query(description="On this list.")] = None,
    region_code: Annotated[
        RegionPrefix | None, Query(description="Lying there: a region or its beginning.")
    ] = None,
) -> Page[ParkOut]:
    """List parks."""
    rows, cursor = await paginate(
        session,
        queries.parks(developer_org_id, level, region_code),
        page,
        keys=[col(Park.id)],
        filters={
            "developer_org_id": developer_org_id,
            "level": level,
            "region_code": region_code,
        },
    )
    return Page(items=[ParkOut.of(row) for row in rows], next_cursor=cursor)


@parks.get(
    "/{park_id}",
    operation_id="registry_read_park",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A068",)),
    responses=problems("NOT_FOUND"),
)
async def read_park(park_id: UUID, response: Response, session: Reading) -> ParkOut:
    """Read a park."""
    park = await queries.park_found(session, park_id)
    tagged(response, park.version)
    return ParkOut.of(park)


@parks.patch(
    "/{park_id}",
    operation_id="registry_change_park",
    openapi_extra=access("member", "handler", tenant="own park, or any", rules=("A068", "X06")),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "ALREADY_EXISTS",
        "CODE_UNKNOWN",
        "CURRENCY_NOT_CNY",
    ),
)
async def change_park(
    park_id: UUID,
    body: ParkPatch,
    actor: CurrentActor,
    version: IfMatch,
    response: Response,
    session: Transaction,
) -> ParkOut:
    """Say what is otherwise now about a park (JSON Merge Patch)."""
    park = await actions.change_park(session, actor, park_id, body.columns(), version)
    tagged(response, park.version)
    return ParkOut.of(park)
