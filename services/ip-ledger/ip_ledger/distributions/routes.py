"""Runs over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.distributions import actions, queries, rules
from ip_ledger.distributions.plan_rules import RewardRule
from ip_ledger.distributions.rules import State
from ip_ledger.distributions.schemas import (
    ConfirmationOut,
    DistributionLineOut,
    DistributionRunIn,
    DistributionRunOut,
    InventorRewardOut,
    PaymentIn,
    RewardOut,
    RunConfirmationIn,
    RunReversalIn,
    StepOut,
)
from ip_ledger.distributions.tables import DistributionLine, DistributionReward, DistributionRun
from ip_ledger.times import AsOf
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
)
from shared.http.constraints import meaning
from shared.http.schemas import Day, fen
from shared.rules import Kind

router = Router(prefix="/v1/ip-ledger/distribution-runs", tags=["distributions"])

meaning(
    "uq_distribution_run_event_standing",
    rules.SHARING,
    "REVENUE_DISTRIBUTED",
    Kind.STATE,
)
meaning("ck_distribution_run_present", rules.SHARING, "STALE_INPUT", Kind.STATE)
meaning("pk_distribution_confirmation", rules.SHARING, "ALREADY_EXISTS", Kind.STATE)

READERS: Final = "the centre, payees, officials"
LEADING: Final = "the centre's operator or lead sponsor"


def step_out(step: dict[str, Any]) -> StepOut:
    """Show a step of an explanation."""
    amount_fen = step["amount_fen"]
    return StepOut(
        step=step["step"],
        clause=step["clause"],
        amount=None if amount_fen is None else fen(amount_fen),
        exact=step["exact"],
        ppm=step["ppm"],
        rank=step["rank"],
        ref_id=step["ref_id"],
    )


def _line(line: DistributionLine) -> DistributionLineOut:
    return DistributionLineOut(
        id=line.id,
        payee_id=line.payee_id,
        revenue_event_id=line.event_id,
        asset_id=line.asset_id,
        ppm=line.ppm,
        amount=fen(line.amount_fen),
        ownership_version_id=line.ownership_version_id,
        explanation=[step_out(step) for step in line.explanation],
    )


def _reward(reward: DistributionReward) -> RewardOut:
    return RewardOut(
        id=reward.id,
        owner_id=reward.owner_id,
        revenue_event_id=reward.event_id,
        amount=fen(reward.amount_fen),
        floor=fen(reward.floor_fen),
        rate_ppm=reward.rate_ppm,
        rule=reward.rule,
        basis=reward.basis,
        form=reward.form,
        inventors=[
            InventorRewardOut(person_id=part["person_id"], amount=fen(part["amount_fen"]))
            for part in reward.inventors
        ],
    )


async def shown(
    session: AsyncSession,
    runs: Sequence[DistributionRun],
    entry_ids: Sequence[UUID] = (),
    *,
    as_paid: bool = False,
) -> list[DistributionRunOut]:
    """Show runs with all their parts: four queries, however many they are."""
    ids = [run.id for run in runs]
    await session.flush()
    lines = await queries.lines_of(session, ids)
    rewards = await queries.rewards_of(session, ids)
    confirmations = await queries.confirmations_of(session, ids)
    events = await queries.event_ids_of(session, ids)
    return [
        DistributionRunOut(
            id=run.id,
            center_id=run.center_id,
            kind=run.kind,
            state=State.PAID if as_paid else run.state,
            version=run.version,
            plan_hash=run.plan_hash,
            net=fen(run.net_fen),
            revenue_event_ids=events.get(run.id, []),
            lines=[_line(line) for line in lines if line.run_id == run.id],
            rewards=[_reward(reward) for reward in rewards if reward.run_id == run.id],
            confirmations=[
                ConfirmationOut(owner_id=row.owner_id, confirmed_at=row.confirmed_at)
                for row in confirmations
                if row.run_id == run.id
            ],
            closing=run.closing,
            drafted_at=run.drafted_at,
            approved_at=run.approved_at,
            paid_on=run.paid_on,
            reverses_id=run.reverses_id,
            corrects_id=run.corrects_id,
            effective_on=run.effective_on,
            entry_ids=list(entry_ids),
        )
        for run in runs
    ]


@router.post(
    "",
    operation_id="ip_ledger_draft_distribution",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A033", "A086"), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "REVENUE_OF_TWO_CENTERS", "REVENUE_DISTRIBUTED",
        "REVENUE_UNDONE", "OWNERSHIP_MISSING", "REWARD_BELOW_FLOOR", "REWARD_OWNER_UNKNOWN",
        "PARTY_REPEATED", "AMOUNT_TOO_LARGE", "CONSORTIUM_NOT_REGISTERED",
        "IDEMPOTENCY_KEY_REQUIRED",
    ),
)  # fmt: skip
async def draft_run(
    body: DistributionRunIn,
    actor: CurrentActor,
    session: Transaction,
    preview: Annotated[bool, Query(description="Compute and show, but write nothing.")] = False,  # noqa: FBT002 - a query flag
) -> DistributionRunOut:
    """Share income out among the owners of the day it came in; owners then confirm the plan."""
    session.info["preview"] = preview
    draft = actions.RunDraft(
        event_ids=tuple(body.revenue_event_ids),
        reward_rules=tuple(
            RewardRule(rule.owner_id, rule.rate_ppm, rule.basis, rule.form)
            for rule in body.reward_rules
        ),
        closing=body.closing,
    )
    run = await actions.draft_run(session, actor, draft)
    return (await shown(session, [run]))[0]


@router.get(
    "",
    operation_id="ip_ledger_list_distributions",
    openapi_extra=access("member", "official", tenant=READERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_runs(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Only of this centre.")] = None,
    state: Annotated[State | None, Query(description="Only in this state.")] = None,
    on: Annotated[
        Day | None, Query(description="Only runs that were paid and not undone on this day.")
    ] = None,
    as_of: AsOf = None,
) -> Page[DistributionRunOut]:
    """List runs, the latest first; with `on` or `as_of` those that stood then, as paid ones."""
    filters = {"center_id": center_id, "state": state}
    dated = on is not None or as_of is not None
    keys: list[ColumnElement[Any]] = [
        col(DistributionRun.drafted_at).desc(),
        col(DistributionRun.id).desc(),
    ]
    statement = queries.visible_runs(actor, **filters)
    if dated:
        statement = statement.where(queries.stood(on, as_of))
    told = {**filters, "on": on, "as_of": as_of}
    rows, cursor = await paginate(session, statement, page, keys, told)
    return Page(items=await shown(session, rows, as_paid=dated), next_cursor=cursor)


@router.get(
    "/{run_id}",
    operation_id="ip_ledger_get_distribution",
    openapi_extra=access("member", "official", tenant=READERS),
    responses=problems("NOT_FOUND"),
)
async def get_run(run_id: UUID, actor: CurrentActor, session: Reading) -> DistributionRunOut:
    """Give a run with its lines, rewards and confirmations."""
    run = await queries.visible_run(session, actor, run_id)
    return (await shown(session, [run]))[0]


@router.post(
    "/{run_id}/confirmations",
    operation_id="ip_ledger_confirm_distribution",
    status_code=201,
    openapi_extra=access("member", tenant="an owner's own account", rules=("A086",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT", "ALREADY_EXISTS", "STALE_INPUT",
        "CONSORTIUM_NOT_REGISTERED",
    ),
)  # fmt: skip
async def confirm_run(
    run_id: UUID, body: RunConfirmationIn, actor: CurrentActor, session: Transaction
) -> DistributionRunOut:
    """Agree to the plan for one's own organization; with the last owner it is confirmed."""
    run = await actions.confirm(session, actor, run_id, body.plan_hash, body.owner_id)
    return (await shown(session, [run]))[0]


@router.post(
    "/{run_id}/approve",
    operation_id="ip_ledger_approve_distribution",
    openapi_extra=access("member", tenant=LEADING, rules=("X03",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "STATE_CONFLICT", "STALE_INPUT",
        "CONSORTIUM_NOT_REGISTERED",
    ),
)  # fmt: skip
async def approve_run(
    run_id: UUID, actor: CurrentActor, session: Transaction
) -> DistributionRunOut:
    """Approve a confirmed run; whoever drafted it may not."""
    run = await actions.approve(session, actor, run_id)
    return (await shown(session, [run]))[0]


@router.post(
    "/{run_id}/pay",
    operation_id="ip_ledger_pay_distribution",
    openapi_extra=access("member", tenant=LEADING, rules=("X07",), key_required=True),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "STATE_CONFLICT",
        "STALE_INPUT",
        "CONSORTIUM_NOT_REGISTERED",
        "DAYS_OUT_OF_ORDER",
        "DAY_IN_FUTURE",
        "WITNESSES_MISSING",
        "IDEMPOTENCY_KEY_REQUIRED",
        "AMOUNT_TOO_LARGE",
        "ACCOUNT_OVERDRAWN",
        "ALREADY_REVERSED",
        "PERIOD_CLOSED",
        "REVERSAL_BEFORE_ORIGINAL",
        "REVERSAL_OF_REVERSAL",
        "BEFORE_OPENING",
    ),
)
async def pay_run(
    run_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    body: PaymentIn | None = None,
) -> DistributionRunOut:
    """Pay an approved run: its entries are posted and each line becomes a leaf of the log."""
    paid_on = None if body is None else body.paid_on
    run, entry_ids = await actions.pay(session, actor, run_id, paid_on, today)
    return (await shown(session, [run], entry_ids))[0]


@router.post(
    "/{run_id}/reverse",
    operation_id="ip_ledger_reverse_distribution",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("X07",), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "STATE_CONFLICT",
        "REVERSAL_BEFORE_ORIGINAL", "DAY_IN_FUTURE", "IDEMPOTENCY_KEY_REQUIRED",
        "ACCOUNT_OVERDRAWN", "ALREADY_REVERSED", "AMOUNT_TOO_LARGE", "PERIOD_CLOSED",
        "REVERSAL_OF_REVERSAL", "BEFORE_OPENING"),
)  # fmt: skip
async def reverse_run(
    run_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    body: RunReversalIn | None = None,
) -> DistributionRunOut:
    """Undo a paid run by a new one, which is the answer; its income can be shared out again."""
    given = body or RunReversalIn()
    effective_on = given.effective_on or today
    run, entry_ids = await actions.reverse(
        session, actor, run_id, effective_on, given.reason, today
    )
    return (await shown(session, [run], entry_ids))[0]


@router.post(
    "/{run_id}/cancel",
    operation_id="ip_ledger_cancel_distribution",
    openapi_extra=access("member", tenant=LEADING, rules=("A086",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def cancel_run(run_id: UUID, actor: CurrentActor, session: Transaction) -> DistributionRunOut:
    """Give up a run that is not paid yet, so that its income can be shared out anew."""
    return (await shown(session, [await actions.cancel(session, actor, run_id)]))[0]
