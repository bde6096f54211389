"""Paid runs that rest on what is believed no longer, and the runs that take their place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.distributions import affected_queries, plan_rules, queries, rules
from ip_ledger.distributions.actions.common import leading_checks, note, rules_of, terms_of
from ip_ledger.distributions.actions.drafting import RunDraft, keep, owner_checks
from ip_ledger.distributions.plan_rules import Correction, Plan, RewardRule
from ip_ledger.distributions.rules import Cause, Difference
from ip_ledger.distributions.tables import (
    DistributionLine,
    DistributionReward,
    DistributionRun,
)
from shared.auth import Actor
from shared.rules import require


@dataclass(frozen=True, slots=True)
class CorrectionDraft:
    """When a correcting run takes the place of another, and why; rules as before if none."""

    effective_on: date
    reason: str
    reward_rules: tuple[RewardRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """A paid run, what each party would have got as known now, and whether it is being corrected.

    `event_ids` are those of its income whose owners, or whose agreement, are others now.
    """

    run: DistributionRun
    causes: tuple[Cause, ...]
    event_ids: tuple[UUID, ...]
    differences: tuple[Difference, ...]
    reward_differences: tuple[Difference, ...]
    is_corrected: bool


async def affected(session: AsyncSession, actor: Actor, asset_id: UUID) -> list[Affected]:
    """List the paid runs that a later belief about owners, terms or inventors touches (A086, X07).

    Nothing is written: the same code computes what a correcting run would pay. An agreement that
    was signed late, or inventors that were corrected, count where it would have shared or rewarded
    otherwise.
    """
    owners = await affected_queries.moved_events(session, actor, asset_id)
    agreed = await affected_queries.late_agreement_events(session, actor, asset_id)
    made = await affected_queries.late_inventor_events(session, actor, asset_id)
    moved = {
        run_id: sorted({*owners.get(run_id, ()), *agreed.get(run_id, ()), *made.get(run_id, ())})
        for run_id in owners | agreed | made
    }
    runs = await queries.runs_by_id(session, moved)
    lines = await queries.lines_of(session, moved)
    rewards = await queries.rewards_of(session, moved)
    corrected = await queries.corrected_ids(session, moved)
    events = await queries.events_of_runs(session, moved)
    if not runs:
        return []
    shared = {event.id: event for _, event in events}
    inputs = await queries.inputs(session, list(shared.values()), locked=False)
    found: list[Affected] = []
    for run in runs:
        own = [line for line in lines if line.run_id == run.id]
        wanted = {event.id for run_id, event in events if run_id == run.id}
        incomes = plan_rules.without_run(
            [one for one in inputs.incomes if one.event_id in wanted], queries.carry_changes(own)
        )
        terms = terms_of(inputs, rules_of(run))
        plan = plan_rules.plan(incomes, terms, closing=run.closing)
        rewarded = [reward for reward in rewards if reward.run_id == run.id]
        causes = tuple(
            cause
            for cause, named in (
                (Cause.OWNERSHIP, owners),
                (Cause.AGREEMENT, agreed),
                (Cause.INVENTORS, made),
            )
            if run.id in named
        )
        one = Affected(
            run, causes, tuple(moved[run.id]), _differences(own, plan),
            _reward_differences(rewarded, plan), run.id in corrected,
        )  # fmt: skip
        if run.id in owners or _moved(own, rewarded, plan):
            found.append(one)
    return found


def _differences(lines: Iterable[DistributionLine], plan: Plan) -> tuple[Difference, ...]:
    return tuple(
        rules.differences(
            [(line.payee_id, line.amount_fen) for line in lines],
            [(line.part.party, line.part.amount_fen) for line in plan.lines],
        )
    )


def _reward_differences(
    rewards: Iterable[DistributionReward], plan: Plan
) -> tuple[Difference, ...]:
    return tuple(
        rules.differences(
            [(reward.owner_id, reward.amount_fen) for reward in rewards],
            [(reward.owner_id, reward.amount_fen) for reward in plan.rewards],
        )
    )


async def draft_correction(
    session: AsyncSession, actor: Actor, run_id: UUID, draft: CorrectionDraft, today: date
) -> DistributionRun:
    """Plan a paid run anew from what is known now, for the owners to confirm (A086, X07).

    When it is paid, on the day it names, it undoes the former run and takes its place. Raises
    `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, CORRECTION_PENDING,
    CORRECTION_NOT_NEEDED, REVERSAL_BEFORE_ORIGINAL, DAY_IN_FUTURE, OWNERSHIP_MISSING,
    REWARD_BELOW_FLOOR, REWARD_OWNER_UNKNOWN, PARTY_REPEATED or CONSORTIUM_NOT_REGISTERED.
    """
    run = await queries.run_for_update(session, actor, run_id)
    await tenancy.lock_center(session, run.center_id)
    require(await leading_checks(session, actor, run.center_id))
    events = await queries.events_of_run(session, run.id)
    lines = await queries.lines_of(session, [run.id])
    inputs = await queries.inputs(session, events)
    incomes = plan_rules.without_run(inputs.incomes, queries.carry_changes(lines))
    owners = {owner for income in incomes for owner, ppm in income.shares if ppm}
    given = draft.reward_rules
    if given is None:
        given = tuple(rule for rule in rules_of(run) if rule.owner_id in owners)
    terms = terms_of(inputs, given)
    corrects = Correction(run.id, draft.effective_on)
    plan = plan_rules.plan(incomes, terms, closing=run.closing, corrects=corrects)
    require(
        [
            *rules.correction_checks(
                run.kind,
                run.state,
                is_corrected=await queries.is_corrected(session, run.id),
                moved=_moved(lines, await queries.rewards_of(session, [run.id]), plan),
            ),
            *rules.reversal_date_checks(
                run.paid_on or draft.effective_on, draft.effective_on, today
            ),
            *owner_checks(inputs),
        ]
    )
    payees = {line.part.party for line in plan.lines if line.part.share_ppm}
    require(
        [
            *plan_rules.reward_checks(incomes, terms, plan),
            *rules.payee_checks(payees, inputs.legal_persons),
        ]
    )
    whole = RunDraft(tuple(event.id for event in events), given, run.closing, draft.reason)
    made = await keep(session, actor, run.center_id, whole, plan, corrects)
    note(
        session, actor, made, "drafted", "drafter",
        corrects_id=run.id, effective_on=draft.effective_on,
    )  # fmt: skip
    return made


def _moved(
    lines: Sequence[DistributionLine], rewards: Sequence[DistributionReward], plan: Plan
) -> bool:
    """Tell whether the plan shares or rewards anything otherwise than the run did."""
    owed = {
        (one.event_id, one.owner_id): (
            one.amount_fen,
            {(UUID(part["person_id"]), part["amount_fen"]) for part in one.inventors},
        )
        for one in rewards
        if one.amount_fen
    }
    planned = {
        (one.event_id, one.owner_id): (one.amount_fen, set(one.inventors))
        for one in plan.rewards
        if one.amount_fen
    }
    if owed != planned:
        return True
    before = {(one.event_id, one.payee_id, one.ppm, one.amount_fen) for one in lines if one.ppm}
    after = {
        (one.income.event_id, one.part.party, one.part.share_ppm, one.part.amount_fen)
        for one in plan.lines
        if one.part.share_ppm
    }
    return before != after
