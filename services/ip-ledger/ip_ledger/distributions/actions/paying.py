"""Paying a run and undoing it: entries, log records, and what rounding owes."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.distributions import booking, queries, rules
from ip_ledger.distributions.actions.common import (
    leading_checks,
    note,
    release,
    standing_of,
    step_checks,
    take_up,
)
from ip_ledger.distributions.rules import Event, RunKind, State
from ip_ledger.distributions.tables import (
    DistributionLine,
    DistributionReward,
    DistributionRun,
    DistributionRunEvent,
    ShareCarry,
)
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import CASH, trust_cash
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.log.commitments import hidden_parts
from ip_ledger.rewards import actions as rewards_of_inventors
from ip_ledger.rewards import queries as makers
from ip_ledger.rewards.rules import RewardKind
from ip_ledger.witnesses import queries as witnesses
from ip_ledger.witnesses import rules as witness_rules
from shared.auth import Actor
from shared.clock import Clock
from shared.rules import Check, Kind, found, require


async def pay(
    session: AsyncSession, actor: Actor, run_id: UUID, paid_on: date | None, today: date
) -> tuple[DistributionRun, list[UUID]]:
    """Post a run's entries, log its lines and keep what rounding owes; give the entries' ids.

    A correcting run undoes first the one that it corrects, on the same day: the one its plan names.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, STALE_INPUT,
    CONSORTIUM_NOT_REGISTERED, DAYS_OUT_OF_ORDER, DAY_IN_FUTURE, WITNESSES_MISSING, or as
    `journal.post_entries` and `journal.reverse_entries_of`.
    """
    run = await queries.run_for_update(session, actor, run_id)
    corrected = await queries.corrected_for_update(session, run)
    await tenancy.lock_center(session, run.center_id)
    paid_on = paid_on or run.effective_on or today
    require(
        [
            *await leading_checks(session, actor, run.center_id),
            *await step_checks(session, run, Event.PAY),
            *(
                rules.payment_date_checks(run.approved_at, paid_on, today)
                if run.effective_on is None
                else rules.correction_day_checks(run.effective_on, paid_on)
            ),
            *await _witness_checks(session, run, today),
        ]
    )
    if corrected is not None:
        await _undo(session, actor, corrected, paid_on, run.reason)
        await take_up(session, run)
    before = standing_of(run)
    run.state = rules.MOVES[run.state, Event.PAY]
    run.version += 1
    run.paid_by = actor.person_id
    run.paid_on = paid_on
    run.paid_at = found(session.info["clock"]).now()
    lines = await queries.lines_of(session, [run.id])
    rewards = await queries.rewards_of(session, [run.id])
    center = found(await tenancy.center_of(session, run.center_id))
    trustee = None if center.legal_entity_id else center.trustee_org_id
    cash = CASH if trustee is None else trust_cash(trustee)
    names = booking.accounts(lines, rewards, cash)
    ids = await journal.open_accounts(session, run.center_id, names, run.currency)
    drafts = booking.entries(run, lines, rewards, ids, cash)
    await journal.post_entries(session, actor, drafts)
    await _log_lines(session, run, lines)
    await _move_carry(session, run, lines)
    await _owe_inventors(session, actor, run, rewards)
    note(session, actor, run, "paid", "payer", before=before, paid_on=paid_on)
    return run, [draft.id for draft in drafts]


async def _witness_checks(session: AsyncSession, run: DistributionRun, today: date) -> list[Check]:
    """Check that as many witnesses as the policy asks have seen the ownership a run rests on."""
    policy = await witnesses.policy(session, today)
    if policy is None or not witness_rules.witnesses_needed(policy):
        return []
    lines = await queries.lines_of(session, [run.id])
    rests_on = sorted({line.ownership_version_id for line in lines})
    return witness_rules.payment_checks(policy, await witnesses.seen_by(session, rests_on))


async def reverse(
    session: AsyncSession,
    actor: Actor,
    run_id: UUID,
    effective_on: date,
    reason: str | None,
    today: date,
) -> tuple[DistributionRun, list[UUID]]:
    """Undo a paid run by another one: entries, lines and carry, each with the other sign (X07).

    The income can then be shared out again. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE,
    SOD_VIOLATION, STATE_CONFLICT, DAY_IN_FUTURE, or as `journal.reverse_entries_of`.
    """
    run = await queries.run_for_update(session, actor, run_id)
    await tenancy.lock_center(session, run.center_id)
    moves = rules.state_checks(run.state, Event.REVERSE)
    require(
        [
            *await leading_checks(session, actor, run.center_id),
            *rules.approval_checks(run.drafted_by, actor.person_id),
            *moves,
            *_undoable(run),
            *rules.reversal_date_checks(run.paid_on or effective_on, effective_on, today),
        ]
    )
    return await _undo(session, actor, run, effective_on, reason)


async def _undo(
    session: AsyncSession,
    actor: Actor,
    run: DistributionRun,
    effective_on: date,
    reason: str | None,
) -> tuple[DistributionRun, list[UUID]]:
    """Mirror a paid run; run and centre are locked, and all checks have passed."""
    before = standing_of(run)
    run.state = rules.MOVES[run.state, Event.REVERSE]
    run.version += 1
    undoing = await _undoing(session, actor, run, effective_on, reason)
    entries = await journal.reverse_entries_of(
        session, actor, run.id, effective_on, f"reversal of run {run.id}"
    )
    lines = await queries.lines_of(session, [undoing.id])
    await _log_lines(session, undoing, lines)
    await _move_carry(session, undoing, lines)
    await rewards_of_inventors.take_back(session, actor, run.id)
    note(session, actor, run, "reversed", "reverser", before=before, reversal_id=undoing.id)
    return undoing, [entry.id for entry in entries]


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
        paid_at=clock.now(),
        reverses_id=run.id,
        reason=reason,
    )
    await release(session, run)
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


async def _owe_inventors(
    session: AsyncSession,
    actor: Actor,
    run: DistributionRun,
    rewards: Sequence[DistributionReward],
) -> None:
    """Write down what each inventor is owed of the run, so that each one is paid by himself."""
    lines = await queries.lines_of(session, [run.id])
    asset_of = {line.event_id: line.asset_id for line in lines}
    events = await queries.events_of_run(session, run.id)
    known = await makers.makers_on(session, {(e.asset_id, e.received_on) for e in events})
    heads = {
        event.id: frozenset(
            one.person_id for one in known[event.asset_id, event.received_on] if one.is_head_of_unit
        )
        for event in events
    }
    await rewards_of_inventors.owe(
        session,
        actor,
        [
            rewards_of_inventors.Owed(
                center_id=run.center_id,
                asset_id=asset_of[reward.event_id],
                owner_id=reward.owner_id,
                kind=RewardKind.REMUNERATION,
                form=reward.form,
                floor_fen=reward.floor_fen,
                law=reward.rule,
                basis=reward.basis,
                source_id=run.id,
                due_on=None,
                parts=tuple(
                    (UUID(one["person_id"]), one["amount_fen"]) for one in reward.inventors
                ),
                heads=heads[reward.event_id],
            )
            for reward in rewards
        ],
    )


def _undoable(run: DistributionRun) -> list[Check]:
    """A reversal is not itself reversed: the income is shared out again instead."""
    forward = run.kind is RunKind.DISTRIBUTION
    return [rules.SHARING.check("STATE_CONFLICT", Kind.STATE, passed=forward, state=run.kind.value)]


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
                "carry_change": line.carry_change,
                "explanation": line.explanation,
            },
            readers=(line.payee_id,),
        )
        for line in lines
    ]
    await append_records(session, [*records, _total(run, lines)] if records else [])


def _total(run: DistributionRun, lines: Sequence[DistributionLine]) -> NewRecord:
    """Say of a run that its parts make its income, without saying what anyone's part is.

    Nobody may fetch its receipt but the centre and officials, whose openings tell all parts; a
    payee finds it in its bundle, with its own part and the sum opened.
    """
    parts: dict[UUID, int] = {}
    for line in lines:
        parts[line.payee_id] = parts.get(line.payee_id, 0) + line.amount_fen
    commitments, openings = hidden_parts(parts)
    return NewRecord(
        kind=rules.TOTAL_KIND,
        record_id=rules.total_record_id(run.id),
        center_id=run.center_id,
        document={
            "run_id": str(run.id),
            "plan_hash": run.plan_hash,
            "reverses_run_id": None if run.reverses_id is None else str(run.reverses_id),
            "currency": run.currency,
            "commitments": commitments,
        },
        openings=openings,
    )


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
