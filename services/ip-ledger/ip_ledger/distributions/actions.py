"""What happens to a run: drafted, confirmed by every owner, approved by another, paid, undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.distributions import booking, queries, rules
from ip_ledger.distributions.queries import Inputs
from ip_ledger.distributions.rules import Event, Plan, RewardRule, RunKind, State, Terms
from ip_ledger.distributions.tables import (
    DistributionConfirmation,
    DistributionLine,
    DistributionReward,
    DistributionRun,
    DistributionRunEvent,
    ShareCarry,
)
from ip_ledger.journal import actions as journal
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.revenue import queries as revenue
from ip_ledger.revenue.tables import RevenueEvent
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.rules import Check, Kind, Rule, found, require

TENANCY: Final = Rule("X04", "architecture 8")


@dataclass(frozen=True, slots=True)
class RunDraft:
    """What a run is asked to share, and under which rules."""

    event_ids: tuple[UUID, ...]
    reward_rules: tuple[RewardRule, ...] = ()
    closing: bool = False


async def draft_run(session: AsyncSession, actor: Actor, draft: RunDraft) -> DistributionRun:
    """Compute a run and keep its plan for the owners to confirm (A033, A086).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, REVENUE_OF_TWO_CENTERS, REVENUE_DISTRIBUTED,
    OWNERSHIP_MISSING, REWARD_BELOW_FLOOR, REWARD_OWNER_UNKNOWN or CONSORTIUM_NOT_REGISTERED.
    """
    events = await revenue.events_of(session, actor, draft.event_ids)
    found(events if {event.id for event in events} == set(draft.event_ids) else None)
    center_id = events[0].center_id
    # A centre's runs are drafted and paid one after another: each starts from the last one's carry.
    await tenancy.lock_center(session, center_id)
    taken = await queries.standing_elsewhere(session, draft.event_ids)
    require([*await _leading(session, actor, center_id), *_event_checks(events, draft, taken)])
    inputs = await queries.inputs(session, events)
    require(_owner_checks(inputs))
    terms = _terms(inputs, draft.reward_rules)
    plan = rules.plan(inputs.incomes, terms, closing=draft.closing)
    payees = {line.part.party for line in plan.lines if line.part.share_ppm}
    require(
        [
            *rules.reward_checks(inputs.incomes, terms, plan),
            *rules.payee_checks(payees, inputs.legal_persons),
        ]
    )
    run = await _keep(session, actor, center_id, draft, plan)
    _record(session, actor, run, "drafted", "drafter")
    return run


async def confirm(
    session: AsyncSession, actor: Actor, run_id: UUID, plan_hash: str, owner_id: UUID | None
) -> DistributionRun:
    """Agree to a plan for the actor's own organization; the last owner moves the run on (A086).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, ALREADY_EXISTS or STALE_INPUT.
    """
    run = await queries.run_for_update(session, actor, run_id)
    owners = await _owners(session, run)
    confirmed = {row.owner_id for row in await queries.confirmations_of(session, [run.id])}
    own = actor.org_id if owner_id in {None, actor.org_id} else None
    require(
        [
            *rules.confirmation_checks(own, owners),
            *rules.state_checks(run.state, Event.CONFIRM),
            rules.SHARING.check(
                "ALREADY_EXISTS", Kind.STATE, passed=own not in confirmed, key=str(own)
            ),
            *rules.input_checks(plan_hash, run.plan_hash),
            *await _input_checks(session, run),
        ]
    )
    own = found(own)
    clock: Clock = session.info["clock"]
    session.add(
        DistributionConfirmation(
            run_id=run.id,
            owner_id=own,
            plan_hash=plan_hash,
            confirmed_by=actor.person_id,
            confirmed_at=clock.now(),
        )
    )
    if owners <= {*confirmed, own}:
        run.state = rules.MOVES[run.state, Event.CONFIRM]
    run.version += 1
    _record(session, actor, run, "confirmed", "owner", owner_id=own)
    return run


async def approve(session: AsyncSession, actor: Actor, run_id: UUID) -> DistributionRun:
    """Approve a run that all owners confirmed and somebody else drafted (X03).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, STATE_CONFLICT or STALE_INPUT.
    """
    run = await queries.run_for_update(session, actor, run_id)
    require(
        [
            *await _leading(session, actor, run.center_id),
            *rules.approval_checks(run.drafted_by, actor.person_id),
            *rules.state_checks(run.state, Event.APPROVE),
            *await _input_checks(session, run),
        ]
    )
    clock: Clock = session.info["clock"]
    run.state = rules.MOVES[run.state, Event.APPROVE]
    run.version += 1
    run.approved_by = actor.person_id
    run.approved_at = clock.now()
    _record(session, actor, run, "approved", "approver")
    return run


async def pay(
    session: AsyncSession, actor: Actor, run_id: UUID, paid_on: date
) -> tuple[DistributionRun, list[UUID]]:
    """Post a run's entries, log its lines and keep what rounding owes; give the entries' ids.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT or STALE_INPUT.
    """
    run = await queries.run_for_update(session, actor, run_id)
    await tenancy.lock_center(session, run.center_id)
    require(
        [
            *await _leading(session, actor, run.center_id),
            *rules.state_checks(run.state, Event.PAY),
            *await _input_checks(session, run),
        ]
    )
    run.state = rules.MOVES[run.state, Event.PAY]
    run.version += 1
    run.paid_by = actor.person_id
    run.paid_on = paid_on
    lines = await queries.lines_of(session, [run.id])
    rewards = await queries.rewards_of(session, [run.id])
    names = booking.accounts(lines, rewards)
    ids = await journal.open_accounts(session, run.center_id, names, run.currency)
    drafts = booking.entries(run, lines, rewards, ids)
    await journal.post_entries(session, actor, drafts)
    await _log_lines(session, run, lines)
    await _move_carry(session, run, lines)
    _record(session, actor, run, "paid", "payer", paid_on=paid_on)
    return run, [draft.id for draft in drafts]


async def reverse(
    session: AsyncSession, actor: Actor, run_id: UUID, effective_on: date, reason: str | None
) -> tuple[DistributionRun, list[UUID]]:
    """Undo a paid run by another one: entries, lines and carry, each with the other sign (X07).

    The income can then be shared out again. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE,
    SOD_VIOLATION, STATE_CONFLICT or REVERSAL_BEFORE_ORIGINAL.
    """
    run = await queries.run_for_update(session, actor, run_id)
    await tenancy.lock_center(session, run.center_id)
    moves = rules.state_checks(run.state, Event.REVERSE)
    require(
        [
            *await _leading(session, actor, run.center_id),
            *rules.approval_checks(run.drafted_by, actor.person_id),
            *moves,
            *_undoable(run),
            *rules.reversal_date_checks(run.paid_on or effective_on, effective_on),
        ]
    )
    run.state = rules.MOVES[run.state, Event.REVERSE]
    run.version += 1
    undoing = await _undoing(session, actor, run, effective_on, reason)
    entries = await journal.reverse_entries_of(
        session, actor, run.id, effective_on, f"reversal of run {run.id}"
    )
    lines = await queries.lines_of(session, [undoing.id])
    await _log_lines(session, undoing, lines)
    await _move_carry(session, undoing, lines)
    _record(session, actor, run, "reversed", "reverser", reversal_id=undoing.id)
    return undoing, [entry.id for entry in entries]


async def cancel(session: AsyncSession, actor: Actor, run_id: UUID) -> DistributionRun:
    """Give up a run that is not paid, so that its income can be shared out by another one.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    run = await queries.run_for_update(session, actor, run_id)
    require(
        [
            *await _leading(session, actor, run.center_id),
            *rules.state_checks(run.state, Event.CANCEL),
        ]
    )
    run.state = rules.MOVES[run.state, Event.CANCEL]
    run.version += 1
    await _release(session, run)
    _record(session, actor, run, "cancelled", "drafter")
    return run


async def _leading(session: AsyncSession, actor: Actor, center_id: UUID) -> list[Check]:
    center = found(await tenancy.center_of(session, center_id))
    leads = tenancy.leads(center, actor)
    return [TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads)]


def _event_checks(events: Sequence[RevenueEvent], draft: RunDraft, taken: set[UUID]) -> list[Check]:
    repeated = {i for i in draft.event_ids if draft.event_ids.count(i) > 1}
    return [
        rules.SHARING.check(
            "REVENUE_OF_TWO_CENTERS",
            Kind.CONTENT,
            passed=len({event.center_id for event in events}) == 1,
            pointer="/revenue_event_ids",
        ),
        rules.SHARING.check(
            "REVENUE_DISTRIBUTED",
            Kind.STATE,
            passed=not taken and not repeated,
            pointer="/revenue_event_ids",
            event_ids=sorted(str(event_id) for event_id in taken | repeated),
        ),
    ]


def _owner_checks(inputs: Inputs) -> list[Check]:
    return [
        rules.SHARING.check(
            "OWNERSHIP_MISSING",
            Kind.STATE,
            passed=not inputs.without_owners,
            event_ids=[str(event_id) for event_id in inputs.without_owners],
        )
    ]


def _terms(inputs: Inputs, reward_rules: Sequence[RewardRule]) -> Terms:
    return Terms(inputs.owner_types, reward_rules, inputs.agreed_ppm)


async def _input_checks(session: AsyncSession, run: DistributionRun) -> list[Check]:
    """Compute the plan again from what is known now; another hash means that something moved."""
    inputs = await queries.inputs(session, await queries.events_of_run(session, run.id))
    kept = [
        RewardRule(UUID(rule["owner_id"]), rule["rate_ppm"], rule["basis"])
        for rule in run.reward_rules
    ]
    plan = rules.plan(inputs.incomes, _terms(inputs, kept), closing=run.closing)
    moved = bool(inputs.without_owners)
    return rules.input_checks(run.plan_hash, "" if moved else plan.plan_hash)


async def _owners(session: AsyncSession, run: DistributionRun) -> set[UUID]:
    return {line.payee_id for line in await queries.lines_of(session, [run.id]) if line.ppm}


async def _keep(
    session: AsyncSession, actor: Actor, center_id: UUID, draft: RunDraft, plan: Plan
) -> DistributionRun:
    clock: Clock = session.info["clock"]
    run = DistributionRun(
        center_id=center_id,
        kind=RunKind.DISTRIBUTION,
        state=rules.MOVES[State.DRAFT, Event.CALCULATE],
        plan_hash=plan.plan_hash,
        net_fen=plan.net_fen,
        reward_rules=[
            {"owner_id": str(rule.owner_id), "rate_ppm": rule.rate_ppm, "basis": rule.basis}
            for rule in draft.reward_rules
        ],
        closing=draft.closing,
        drafted_by=actor.person_id,
        drafted_at=clock.now(),
    )
    session.add(run)
    await session.flush()
    session.add_all(
        DistributionRunEvent(run_id=run.id, event_id=event_id, place=place)
        for place, event_id in enumerate(draft.event_ids)
    )
    session.add_all(_lines(run, plan))
    session.add_all(_rewards(run, plan))
    await session.flush()
    return run


def _lines(run: DistributionRun, plan: Plan) -> list[DistributionLine]:
    return [
        DistributionLine(
            run_id=run.id,
            place=place,
            event_id=line.income.event_id,
            asset_id=line.income.asset_id,
            payee_id=line.part.party,
            ppm=line.part.share_ppm,
            amount_fen=line.part.amount_fen,
            ownership_version_id=line.income.version_id,
            carry_change=line.carry_change,
            explanation=[step.as_json() for step in line.steps],
        )
        for place, line in enumerate(plan.lines)
    ]


def _rewards(run: DistributionRun, plan: Plan) -> list[DistributionReward]:
    return [
        DistributionReward(
            run_id=run.id,
            place=place,
            event_id=reward.event_id,
            owner_id=reward.owner_id,
            rate_ppm=reward.rate_ppm,
            amount_fen=reward.amount_fen,
            floor_fen=reward.floor_fen,
            rule=reward.rule,
            basis=reward.basis,
            inventors=[
                {"person_id": str(person_id), "amount_fen": amount_fen}
                for person_id, amount_fen in reward.inventors
            ],
        )
        for place, reward in enumerate(plan.rewards)
    ]


async def _undoing(
    session: AsyncSession,
    actor: Actor,
    run: DistributionRun,
    effective_on: date,
    reason: str | None,
) -> DistributionRun:
    """Make the run that mirrors another one, and let go of the income."""
    clock: Clock = session.info["clock"]
    undoing = DistributionRun(
        center_id=run.center_id,
        kind=RunKind.REVERSAL,
        state=State.PAID,
        plan_hash=run.plan_hash,
        net_fen=-run.net_fen,
        reward_rules=run.reward_rules,
        closing=run.closing,
        drafted_by=actor.person_id,
        drafted_at=clock.now(),
        paid_by=actor.person_id,
        paid_on=effective_on,
        reverses_id=run.id,
        reason=reason,
    )
    await _release(session, run)
    lines = await queries.lines_of(session, [run.id])
    rewards = await queries.rewards_of(session, [run.id])
    events = await queries.run_events(session, run.id)
    session.add(undoing)
    await session.flush()
    session.add_all(
        DistributionRunEvent(
            run_id=undoing.id, event_id=event.event_id, place=event.place, standing=False
        )
        for event in events
    )
    session.add_all(booking.mirrored_line(line, undoing.id) for line in lines)
    session.add_all(booking.mirrored_reward(reward, undoing.id) for reward in rewards)
    await session.flush()
    return undoing


def _undoable(run: DistributionRun) -> list[Check]:
    """A reversal is not itself reversed: the income is shared out again instead."""
    forward = run.kind is RunKind.DISTRIBUTION
    return [rules.SHARING.check("STATE_CONFLICT", Kind.STATE, passed=forward, state=run.kind.value)]


async def _release(session: AsyncSession, run: DistributionRun) -> None:
    for event in await queries.run_events(session, run.id):
        event.standing = False


async def _log_lines(
    session: AsyncSession, run: DistributionRun, lines: Sequence[DistributionLine]
) -> None:
    records = [
        NewRecord(
            kind="distribution_line",
            record_id=line.id,
            center_id=run.center_id,
            document={
                "run_id": str(run.id),
                "plan_hash": run.plan_hash,
                "revenue_event_id": str(line.event_id),
                "asset_id": str(line.asset_id),
                "ownership_version_id": str(line.ownership_version_id),
                "reverses_run_id": None if run.reverses_id is None else str(run.reverses_id),
            },
            openings={
                "payee_id": str(line.payee_id),
                "ppm": line.ppm,
                "amount": {"amount": line.amount_fen, "currency": run.currency},
                "explanation": line.explanation,
            },
            readers=(line.payee_id,),
        )
        for line in lines
    ]
    await append_records(session, records)


async def _move_carry(
    session: AsyncSession, run: DistributionRun, lines: Sequence[DistributionLine]
) -> None:
    """Add the lines' changes to what rounding owes each party; the centre's lock is held."""
    changes: dict[tuple[UUID, UUID], int] = {}
    for line in lines:
        place = (line.asset_id, line.payee_id)
        changes[place] = changes.get(place, 0) + line.carry_change
    if not changes:
        return
    statement = insert(ShareCarry).values(
        [
            {
                "scope_id": asset_id,
                "party_id": party_id,
                "currency": run.currency,
                "millionths": change,
            }
            for (asset_id, party_id), change in sorted(changes.items())
        ]
    )
    added = col(ShareCarry.millionths) + statement.excluded.millionths
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["scope_id", "party_id", "currency"], set_={"millionths": added}
        )
    )


def _record(
    session: AsyncSession,
    actor: Actor,
    run: DistributionRun,
    what: str,
    capacity: str,
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> None:
    record(
        session,
        actor,
        f"distribution.{what}",
        run.id,
        center_id=run.center_id,
        case_id=run.id,
        capacity=capacity,
        plan_hash=run.plan_hash,
        **data,
    )
