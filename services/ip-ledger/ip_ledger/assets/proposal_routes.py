"""Changes of ownership on their way over HTTP: consents, first refusal, registration, filing."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.assets import abandoning, queries
from ip_ledger.assets import proposal_actions as actions
from ip_ledger.assets.ownership_actions import Change
from ip_ledger.assets.proposal_rules import Registration
from ip_ledger.assets.proposal_schemas import (
    AbandonmentConsentIn,
    FilingPositionIn,
    FilingPositionOut,
    FilingPositionsOut,
    OwnershipAnswerIn,
    OwnershipConsentIn,
    OwnershipConsentOut,
    OwnershipProposalOut,
    OwnershipRegistrationIn,
)
from ip_ledger.assets.tables import AssetFilingPosition, OwnershipProposal
from shared.http import (
    CurrentActor,
    IfMatch,
    Now,
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

assets = Router(prefix="/v1/ip-ledger/assets", tags=["assets"])
router = Router(prefix="/v1/ip-ledger/ownership-proposals", tags=["assets"])

READERS: Final = ("member", "official", "service")
SEERS: Final = "organizations of the centre, owners past and present, and officials"
CONCERNED: Final = "owners, each by its own account"


@assets.post(
    "/{asset_id}/ownership-consents",
    operation_id="ip_ledger_consent_to_ownership",
    status_code=201,
    openapi_extra=access("member", tenant=CONCERNED, rules=("A084",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "ALREADY_SIGNED", "SHARES_PRECISION", "STATE_CONFLICT"
    ),
)
async def consent_ahead(
    asset_id: UUID,
    body: OwnershipConsentIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> OwnershipConsentOut:
    """Consent to one change, before it is recorded; its `consents[]` may then name one."""
    change = Change(
        body.valid_from, body.cause, tuple((one.owner_id, one.ppm) for one in body.shares)
    )
    row = await actions.consent_ahead(session, actor, asset_id, change, now=now, today=today)
    return OwnershipConsentOut.model_validate(row)


@assets.post(
    "/{asset_id}/abandonment-consents",
    operation_id="ip_ledger_consent_to_abandonment",
    status_code=201,
    openapi_extra=access("member", tenant=CONCERNED, rules=("A084",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "ALREADY_SIGNED", "STATE_CONFLICT"),
)
async def consent_to_abandonment(
    asset_id: UUID,
    body: AbandonmentConsentIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> OwnershipConsentOut:
    """Consent to giving a right up on a day, before it is reported."""
    row = await abandoning.consent(session, actor, asset_id, body.occurred_on, now=now, today=today)
    return OwnershipConsentOut.model_validate(row)


@router.get(
    "",
    operation_id="ip_ledger_list_ownership_proposals",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_proposals(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    asset_id: Annotated[UUID | None, Query(description="Of one asset.")] = None,
) -> Page[OwnershipProposalOut]:
    """List changes of ownership that wait or waited, the newest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_proposals(actor, today, asset_id),
        page,
        keys=[col(OwnershipProposal.id).desc()],
        filters={"asset_id": asset_id},
    )
    return Page(items=await _shown(session, rows), next_cursor=cursor)


@router.get(
    "/{proposal_id}",
    operation_id="ip_ledger_get_ownership_proposal",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get(
    proposal_id: UUID, actor: CurrentActor, today: Today, session: Reading, response: Response
) -> OwnershipProposalOut:
    """Show a change of ownership with what the owners said."""
    row = await queries.visible_proposal(session, actor, proposal_id, today)
    return await _answer(session, response, row)


@router.post(
    "/{proposal_id}/answers",
    operation_id="ip_ledger_answer_ownership_proposal",
    status_code=201,
    openapi_extra=access("member", tenant=CONCERNED, rules=("A084",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT", "ALREADY_SIGNED"),
)
async def answer(
    proposal_id: UUID,
    body: OwnershipAnswerIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
    response: Response,
) -> OwnershipProposalOut:
    """Say for one's own organization what one thinks of it; the last consent makes it."""
    row = await actions.answer(session, actor, proposal_id, body.answer, now=now, today=today)
    return await _answer(session, response, row)


@router.post(
    "/{proposal_id}/registration",
    operation_id="ip_ledger_register_ownership_proposal",
    status_code=201,
    openapi_extra=access(
        "member", tenant="owners, and those who act for the centre", rules=("A084",)
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT", "DAY_IN_FUTURE",
        "FIRST_REFUSAL_OPEN", "CONSENT_MISSING",
    ),
)  # fmt: skip
async def register(
    proposal_id: UUID,
    body: OwnershipRegistrationIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> OwnershipProposalOut:
    """Enter the office's registration of a transfer: from that day on it holds."""
    registration = Registration(body.registered_on, body.registration_no)
    row = await actions.register(
        session, actor, proposal_id, registration, version=version, now=now, today=today
    )
    return await _answer(session, response, row)


@router.post(
    "/{proposal_id}/withdraw",
    operation_id="ip_ledger_withdraw_ownership_proposal",
    openapi_extra=access("member", tenant="who proposed it"),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def withdraw(
    proposal_id: UUID,
    actor: CurrentActor,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> OwnershipProposalOut:
    """Take back a change that waits."""
    row = await actions.withdraw(session, actor, proposal_id, version=version, today=today)
    return await _answer(session, response, row)


@assets.post(
    "/{asset_id}/filing-positions",
    operation_id="ip_ledger_state_filing_position",
    status_code=201,
    openapi_extra=access(
        "member", tenant="joint developers, each by its own account", rules=("A084",)
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT", "SHARES_NOT_100"),
)
async def state_position(
    asset_id: UUID,
    body: FilingPositionIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> FilingPositionOut:
    """Agree to filing, oppose it, or renounce one's part of it and use the result freely."""
    row = await actions.state_position(
        session, actor, asset_id, body.position, now=now, today=today
    )
    return _position(row)


@assets.get(
    "/{asset_id}/filing-positions",
    operation_id="ip_ledger_list_filing_positions",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def list_positions(
    asset_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> FilingPositionsOut:
    """Show what the joint developers said about filing."""
    await queries.visible_asset(session, actor, asset_id, today)
    rows = (await queries.filing_positions(session, [asset_id])).get(asset_id, [])
    return FilingPositionsOut(items=[_position(row) for row in rows])


def _position(row: AssetFilingPosition) -> FilingPositionOut:
    return FilingPositionOut.model_validate({**row.model_dump(), "free_use": row.has_free_use})


async def _answer(
    session: AsyncSession, response: Response, row: OwnershipProposal
) -> OwnershipProposalOut:
    await session.flush()
    tagged(response, row.version)
    return (await _shown(session, [row]))[0]


async def _shown(
    session: AsyncSession, rows: Sequence[OwnershipProposal]
) -> list[OwnershipProposalOut]:
    answers = await queries.answers_of(session, rows)
    return [
        OwnershipProposalOut.model_validate(
            {
                **row.model_dump(),
                "answers": [
                    OwnershipConsentOut.model_validate(one)
                    for one in answers.get(row.change_sha256, [])
                ],
            }
        )
        for row in rows
    ]


ROUTERS: Final = (assets, router)
