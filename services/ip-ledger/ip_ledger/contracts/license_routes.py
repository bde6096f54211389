"""Licenses over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.contracts import queries, rules
from ip_ledger.contracts.actions import licensing
from ip_ledger.contracts.rules import Grant
from ip_ledger.contracts.schemas import (
    ContractStateIn,
    LicenseIn,
    LicenseOut,
    LicenseRecordIn,
)
from ip_ledger.contracts.tables import License
from shared.auth import Actor
from shared.directory import ensure_organizations, ensure_policy, policy_on
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Language,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
    warnings_of,
)

router = Router(prefix="/v1/ip-ledger/licenses", tags=["contracts"])

READERS: Final = ("member", "official", "service")
SEERS: Final = "organizations of the centre, licensor, licensee, and officials"
OWNERS: Final = "owners of the asset"


async def licensee_known(
    body: LicenseIn, work: CurrentWork, services: Services, today: Today
) -> bool:
    """Fetch licensee and policy where the copies have not got them; tell whether there is one."""
    await work.replay()
    await ensure_policy(services, work.sessions, today)
    if body.licensee_org_id is None:
        return False
    return bool(await ensure_organizations(services, work.sessions, [body.licensee_org_id]))


@router.post(
    "",
    operation_id="ip_ledger_grant_license",
    status_code=201,
    openapi_extra=access("member", tenant=OWNERS, rules=("A084",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "CONSENT_MISSING",
        "OWNERSHIP_MISSING",
        "USCC_FORMAT",
        "USCC_CHECK_DIGIT",
        "DAYS_OUT_OF_ORDER",
        "LICENSE_CONFLICT",
        "LICENSOR_NOT_OWNER",
        "PARTY_UNKNOWN",
        "RIGHT_EXPIRED",
        "RIGHT_LAPSED",
        "STATE_CONFLICT",
    ),
)
async def grant(
    body: LicenseIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    language: Language,
    is_known: Annotated[bool, Depends(licensee_known)],
    session: Transaction,
    response: Response,
) -> LicenseOut:
    """Grant a license; an ordinary one needs no consent by law, any other that of all owners."""
    row = await licensing.grant(
        session,
        actor,
        _grant_of(body, actor),
        is_licensee_known=is_known,
        policy=await policy_on(session, today),
        now=now,
        today=today,
    )
    return await _answer(session, response, row, today, language)


@router.post(
    "/{license_id}/consents",
    operation_id="ip_ledger_consent_to_license",
    status_code=201,
    openapi_extra=access("member", tenant=OWNERS, rules=("A084",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "ALREADY_SIGNED", "STATE_CONFLICT", "LICENSE_CONFLICT"
    ),
)
async def consent(
    license_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    language: Language,
    session: Transaction,
    response: Response,
) -> LicenseOut:
    """Consent for one's own organization; the consent that suffices makes the license."""
    row = await licensing.consent(session, actor, license_id, now=now, today=today)
    return await _answer(session, response, row, today, language)


@router.post(
    "/{license_id}/record",
    operation_id="ip_ledger_record_license",
    openapi_extra=access("member", tenant="the licensor", rules=("A084",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def record_license(
    license_id: UUID,
    body: LicenseRecordIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    language: Language,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> LicenseOut:
    """Enter the number under which CNIPA recorded the license."""
    row = await licensing.record_with_cnipa(
        session,
        actor,
        license_id,
        body.cnipa_record_no,
        body.recorded_on,
        version=version,
        now=now,
        today=today,
    )
    return await _answer(session, response, row, today, language)


@router.post(
    "/{license_id}/state-changes",
    operation_id="ip_ledger_change_license_state",
    openapi_extra=access("member", tenant="the licensor"),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def change_state(
    license_id: UUID,
    body: ContractStateIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    language: Language,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> LicenseOut:
    """Record that a license is performed, completed or terminated."""
    row = await licensing.change_state(
        session,
        actor,
        license_id,
        body.event,
        body.reason,
        version=version,
        now=now,
        today=today,
    )
    return await _answer(session, response, row, today, language)


@router.get(
    "",
    operation_id="ip_ledger_list_licenses",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems(),
)
async def list_licenses(
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    asset_id: Annotated[UUID | None, Query(description="Of one asset.")] = None,
) -> Page[LicenseOut]:
    """List the licenses that one may see, the newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.visible_licenses(actor, today, center_id, asset_id),
        page,
        keys=[col(License.id).desc()],
        filters={"center_id": center_id, "asset_id": asset_id},
    )
    items = [
        LicenseOut.model_validate(one) for one in await _documents(session, rows, today, language)
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{license_id}",
    operation_id="ip_ledger_get_license",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get(
    license_id: UUID,
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Reading,
    response: Response,
) -> LicenseOut:
    """Show a license with its consents; late recording is a warning."""
    row = await queries.visible_license(session, actor, license_id, today)
    return await _answer(session, response, row, today, language)


def _grant_of(body: LicenseIn, actor: Actor) -> Grant:
    return Grant(
        asset_id=body.asset_id,
        licensor_id=body.licensor_id or tenancy.own_organization(actor),
        licensee_org_id=body.licensee_org_id,
        licensee_uscc=body.licensee_uscc,
        type=body.type,
        territory=body.territory,
        effective_on=body.effective_on,
        term_until=body.term_until,
        may_sublicense=body.may_sublicense,
        consents=tuple(body.consents),
        awaits_consents=body.awaits_consents,
    )


async def _answer(
    session: AsyncSession, response: Response, row: License, today: date, language: str
) -> LicenseOut:
    await session.flush()
    tagged(response, row.version)
    return LicenseOut.model_validate((await _documents(session, [row], today, language))[0])


async def _documents(
    session: AsyncSession, rows: Sequence[License], today: date, language: str
) -> list[dict[str, Any]]:
    consents = await queries.consents_of(session, [row.id for row in rows])
    return [
        {
            **row.model_dump(),
            "consents": [one.model_dump() for one in consents[row.id]],
            "warnings": warnings_of(
                [rules.overdue_check(row.record_due_on, row.cnipa_recorded_on, today)], language
            ),
        }
        for row in rows
    ]
