"""Families of rights over HTTP."""

from typing import Final
from uuid import UUID

from ip_ledger.assets import family_actions
from ip_ledger.assets.family_rules import ACTS
from ip_ledger.assets.family_schemas import (
    FamilyOut,
    KinshipIn,
    KinshipOut,
    KinshipWithdrawalIn,
    RelativeOut,
)
from ip_ledger.assets.tables import AssetKinship
from shared.http import (
    CurrentActor,
    Now,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    problems,
)

router = Router(prefix="/v1/ip-ledger/assets/{asset_id}", tags=["assets"])
ROUTERS: Final = (router,)

WRITERS: Final = "organizations that take part in the centre"


@router.post(
    "/kinships",
    operation_id="ip_ledger_join_family",
    status_code=201,
    openapi_extra=access("member", tenant=WRITERS, rules=("A026",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "FAMILY_CYCLE", "ALREADY_EXISTS", "KINSHIP_INVALID",
        "DAYS_OUT_OF_ORDER", "KINSHIP_TERM_OVER",
    ),
)  # fmt: skip
async def join(
    asset_id: UUID,
    body: KinshipIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> KinshipOut:
    """Say from which right of the centre this one comes, and by which act."""
    row = await family_actions.join(
        session, actor, asset_id, body.parent_id, body.kind, now=now, today=today
    )
    return _shown(row)


@router.post(
    "/kinships/{kinship_id}/withdrawal",
    operation_id="ip_ledger_withdraw_kinship",
    openapi_extra=access("member", tenant=WRITERS, rules=("A026", "X07")),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw(
    asset_id: UUID,
    kinship_id: UUID,
    body: KinshipWithdrawalIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> KinshipOut:
    """Take back a kinship that was recorded wrongly; it stays to be read, with the reason."""
    row = await family_actions.withdraw(
        session, actor, asset_id, kinship_id, body.reason, now=now, today=today
    )
    return _shown(row)


@router.get(
    "/family",
    operation_id="ip_ledger_get_family",
    openapi_extra=access(
        "member", "official", "service", tenant="who may see the right", rules=("A026",)
    ),
    responses=problems("NOT_FOUND"),
)
async def get(asset_id: UUID, actor: CurrentActor, today: Today, session: Reading) -> FamilyOut:
    """Show everything that kinships join with a right: priorities, divisions, national phases."""
    asset, members, kinships = await family_actions.family_of(session, actor, asset_id, today)
    days = [one.filed_on for one in members if one.filed_on is not None]
    return FamilyOut(
        family_id=asset.family_id,
        earliest_on=min(days, default=None),
        jurisdictions=sorted({one.jurisdiction for one in members}),
        members=[
            RelativeOut.model_validate({**one.model_dump(), "asset_id": one.id}) for one in members
        ],
        kinships=[_shown(one) for one in kinships],
    )


def _shown(row: AssetKinship) -> KinshipOut:
    return KinshipOut.model_validate({**row.model_dump(), "law": ACTS[row.kind].law})
