"""Rights that the office restored, over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Depends

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.fees import restoring
from ip_ledger.fees.restoration_rules import Restoration
from ip_ledger.fees.rules import Payment
from ip_ledger.fees.schemas import RestorationIn, RestorationOut
from shared.evidence import evidence_of
from shared.http import CurrentActor, Router, Today, Transaction, access, problems
from shared.http.schemas import fen
from shared.rules import found

router = Router(prefix="/v1/ip-ledger", tags=["assets"])
ROUTERS: Final = (router,)


@router.post(
    "/assets/{asset_id}/restorations",
    operation_id="ip_ledger_restore_right",
    status_code=201,
    openapi_extra=access(
        "member", tenant="an owner, the centre's operator or lead sponsor", rules=("A043",)
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "PARTY_UNKNOWN", "FIELD_INVALID", "STATE_CONFLICT",
        "RIGHT_EXPIRED", "RESTORATION_TOO_LATE", "DAYS_OUT_OF_ORDER", "DAY_IN_FUTURE",
        "FEE_NOT_OWED", "FEE_MISMATCH", "ALREADY_EXISTS", "COST_EXCEEDED", "SOURCE_UNKNOWN",
        "SOURCE_SPENT", "SPENT_BEFORE_RECEIVED", "PARTY_REPEATED", "PERIOD_CLOSED",
        "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE", "CONSORTIUM_NOT_REGISTERED", "CURRENCY_NOT_CNY",
        "EXTERNAL_ID_MISMATCH", "BEFORE_OPENING", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(RestorationIn))],
)  # fmt: skip
async def restore(
    asset_id: UUID,
    body: RestorationIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> RestorationOut:
    """Enter that the office restored a right that had ended; what was missed is paid with it."""
    payer_id = body.payer_org_id or tenancy.own_organization(actor)
    one = Restoration(
        ground=body.ground,
        counted_from=body.counted_from,
        requested_on=body.requested_on,
        decided_on=body.decided_on,
        decision_no=body.decision_no,
        request_fee_fen=body.request_fee.amount,
        payer_id=payer_id,
        payments=tuple(
            Payment(paid.number, paid.paid_on, paid.amount.amount, paid.relief, payer_id)
            for paid in body.payments
        ),
        evidence=tuple(body.evidence),
        sources=tuple((source.source_id, source.amount.amount) for source in body.sources),
    )
    row = await restoring.restore(session, actor, asset_id, one, today)
    asset = found(await assets.asset(session, asset_id))
    return RestorationOut.model_validate(
        {
            **row.model_dump(),
            "request_fee": fen(row.request_fee_fen),
            "evidence": row.evidence_ids,
            "state": asset.state,
            "term_until": asset.term_until,
        }
    )
