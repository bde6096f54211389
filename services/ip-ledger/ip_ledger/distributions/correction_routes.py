"""What a late-signed change of ownership does to paid runs, over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query

from ip_ledger.assets import queries as assets
from ip_ledger.distributions import actions, rules
from ip_ledger.distributions.correction_schemas import (
    AffectedRunOut,
    AffectedRunsOut,
    CorrectionIn,
    PartyDifferenceOut,
)
from ip_ledger.distributions.plan_rules import RewardRule
from ip_ledger.distributions.routes import LEADING, shown
from ip_ledger.distributions.schemas import DistributionRunOut
from ip_ledger.revenue import queries as revenue
from ip_ledger.revenue.routes import all_shown
from ip_ledger.revenue.schemas import RevenueEventOut, RevenueUndoingIn
from shared.directory import DirectoryOrganization, organizations_of
from shared.http import (
    CurrentActor,
    Language,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    problems,
)
from shared.http.constraints import meaning
from shared.http.schemas import fen
from shared.rules import Kind

router = Router(prefix="/v1/ip-ledger", tags=["distributions"])
ROUTERS: Final = (router,)

meaning("uq_distribution_run_corrects_id", rules.SHARING, "CORRECTION_PENDING", Kind.STATE)


@router.get(
    "/assets/{asset_id}/affected-runs",
    operation_id="ip_ledger_list_affected_runs",
    openapi_extra=access(
        "member", "official", tenant="owners past and present; the centre; officials",
        rules=("A086", "X07"),
    ),
    responses=problems("NOT_FOUND"),
)  # fmt: skip
async def list_affected(
    asset_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> AffectedRunsOut:
    """List the paid runs whose income had other owners or terms, with each party's part."""
    asset = await assets.visible_asset(session, actor, asset_id, today)
    found = await actions.affected(session, actor, asset.id)
    parties = {one.party_id for run in found for one in (*run.differences, *run.reward_differences)}
    names = await organizations_of(session, parties)
    return AffectedRunsOut(
        asset_id=asset.id,
        runs=[
            AffectedRunOut(
                run_id=one.run.id,
                paid_on=one.run.paid_on,
                net=fen(one.run.net_fen),
                revenue_event_ids=list(one.event_ids),
                causes=list(one.causes),
                differences=[_difference(part, names) for part in one.differences],
                reward_differences=[_difference(part, names) for part in one.reward_differences],
                is_corrected=one.is_corrected,
            )
            for one in found
        ],
    )


def _difference(
    part: rules.Difference, names: Mapping[UUID, DirectoryOrganization]
) -> PartyDifferenceOut:
    return PartyDifferenceOut(
        party_id=part.party_id,
        party_name=names[part.party_id].name if part.party_id in names else None,
        before=fen(part.before_fen),
        after=fen(part.after_fen),
        difference=fen(part.after_fen - part.before_fen),
    )


@router.post(
    "/distribution-runs/{run_id}/corrections",
    operation_id="ip_ledger_correct_distribution",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A086", "X07"), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT", "CORRECTION_PENDING",
        "CORRECTION_NOT_NEEDED", "REVERSAL_BEFORE_ORIGINAL", "DAY_IN_FUTURE", "OWNERSHIP_MISSING",
        "REWARD_BELOW_FLOOR", "REWARD_OWNER_UNKNOWN", "PARTY_REPEATED",
        "CONSORTIUM_NOT_REGISTERED", "IDEMPOTENCY_KEY_REQUIRED",
    ),
)  # fmt: skip
async def correct_run(
    run_id: UUID,
    body: CorrectionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    preview: Annotated[bool, Query(description="Compute and show, but write nothing.")] = False,  # noqa: FBT002 - a query flag
) -> DistributionRunOut:
    """Plan a paid run anew from what is known now; owners confirm it, and paying it replaces it."""
    session.info["preview"] = preview
    given = body.reward_rules
    draft = actions.CorrectionDraft(
        body.effective_on,
        body.reason,
        None
        if given is None
        else tuple(RewardRule(one.owner_id, one.rate_ppm, one.basis, one.form) for one in given),
    )
    run = await actions.draft_correction(session, actor, run_id, draft, today)
    return (await shown(session, [run]))[0]


@router.post(
    "/revenue-events/{event_id}/undoing",
    operation_id="ip_ledger_undo_revenue",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A033", "X03", "X07")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "REVENUE_DISTRIBUTED", "ALREADY_REVERSED",
        "REVERSAL_BEFORE_ORIGINAL", "DAY_IN_FUTURE", "PERIOD_CLOSED", "ACCOUNT_OVERDRAWN",
        "AMOUNT_TOO_LARGE", "REVERSAL_OF_REVERSAL", "BEFORE_OPENING"),
)  # fmt: skip
async def undo_revenue(
    event_id: UUID,
    body: RevenueUndoingIn,
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Transaction,
) -> RevenueEventOut:
    """Undo an income that was recorded wrongly, by another person; no run may share it out."""
    await actions.undo_income(
        session, actor, event_id, body.reason, body.effective_on or today, today
    )
    event = await revenue.visible_event(session, actor, event_id)
    return (await all_shown(session, [event], language))[0]
