"""Computing a run and keeping its plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.distributions import plan_rules, queries, rules
from ip_ledger.distributions.actions.common import (
    leading_checks,
    note,
    terms_of,
)
from ip_ledger.distributions.plan_rules import Correction, Plan, RewardRule
from ip_ledger.distributions.queries import Inputs
from ip_ledger.distributions.rules import Event, RunKind, State
from ip_ledger.distributions.tables import (
    DistributionRun,
    DistributionRunEvent,
)
from ip_ledger.journal.rules import balance_checks
from ip_ledger.revenue import queries as revenue
from ip_ledger.revenue.tables import RevenueEvent
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events.recording import canonical
from shared.rules import Check, Kind, found, require

LINES: Final = (
    "id", "run_id", "place", "event_id", "asset_id", "payee_id", "ppm", "amount_fen",
    "ownership_version_id", "carry_change", "explanation",
)  # fmt: skip
REWARDS: Final = (
    "id", "run_id", "place", "event_id", "owner_id", "rate_ppm", "amount_fen", "floor_fen", "rule",
    "basis", "form", "inventors",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunDraft:
    """What a run is asked to share, and under which rules."""

    event_ids: tuple[UUID, ...]
    reward_rules: tuple[RewardRule, ...] = ()
    closing: bool = False
    reason: str | None = None


async def draft_run(session: AsyncSession, actor: Actor, draft: RunDraft) -> DistributionRun:
    """Compute a run and keep its plan for the owners to confirm (A033, A086).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, REVENUE_OF_TWO_CENTERS, REVENUE_DISTRIBUTED,
    REVENUE_UNDONE, OWNERSHIP_MISSING, REWARD_BELOW_FLOOR, REWARD_OWNER_UNKNOWN, PARTY_REPEATED,
    AMOUNT_TOO_LARGE or CONSORTIUM_NOT_REGISTERED.
    """
    events = await revenue.events_of(session, actor, draft.event_ids)
    found(events if {event.id for event in events} == set(draft.event_ids) else None)
    center_id = events[0].center_id
    # A centre's runs are drafted and paid one after another: each starts from the last one's carry.
    await tenancy.lock_center(session, center_id)
    require(await leading_checks(session, actor, center_id))
    taken = await queries.standing_elsewhere(session, draft.event_ids)
    undone = set(await revenue.undoings_of(session, draft.event_ids))
    inputs = await queries.inputs(session, events)
    terms = terms_of(inputs, draft.reward_rules)
    plan = plan_rules.plan(inputs.incomes, terms, closing=draft.closing)
    payees = {line.part.party for line in plan.lines if line.part.share_ppm}
    # All that is wrong is told at once; of income without owners there is nothing to plan.
    require(
        [
            *_event_checks(events, draft, taken, undone),
            *owner_checks(inputs),
            *(
                []
                if inputs.without_owners
                else plan_rules.reward_checks(inputs.incomes, terms, plan)
            ),
            *rules.payee_checks(payees, inputs.legal_persons),
        ]
    )
    run = await keep(session, actor, center_id, draft, plan)
    note(session, actor, run, "drafted", "drafter")
    return run


def _event_checks(
    events: Sequence[RevenueEvent], draft: RunDraft, taken: set[UUID], undone: set[UUID]
) -> list[Check]:
    repeated = {i for i in draft.event_ids if draft.event_ids.count(i) > 1}
    return [
        rules.one_center_check(passed=len({event.center_id for event in events}) == 1),
        rules.SHARING.check(
            "REVENUE_DISTRIBUTED",
            Kind.STATE,
            passed=not taken and not repeated,
            pointer="/revenue_event_ids",
            event_ids=sorted(str(event_id) for event_id in taken | repeated),
        ),
        rules.SHARING.check(
            "REVENUE_UNDONE",
            Kind.STATE,
            passed=not undone,
            pointer="/revenue_event_ids",
            event_ids=sorted(str(event_id) for event_id in undone),
        ),
        *balance_checks(sum(event.net_fen for event in events), "/revenue_event_ids"),
    ]


def owner_checks(inputs: Inputs) -> list[Check]:
    """Check that somebody owned each asset on the day its income came in."""
    return [
        rules.SHARING.check(
            "OWNERSHIP_MISSING",
            Kind.STATE,
            passed=not inputs.without_owners,
            event_ids=[str(event_id) for event_id in inputs.without_owners],
        )
    ]


async def keep(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    draft: RunDraft,
    plan: Plan,
    corrects: Correction | None = None,
) -> DistributionRun:
    """Keep a plan as a run; one that corrects another shares its income once it is paid."""
    clock: Clock = session.info["clock"]
    run = DistributionRun(
        center_id=center_id,
        kind=RunKind.DISTRIBUTION,
        state=rules.MOVES[State.DRAFT, Event.CALCULATE],
        plan_hash=plan.plan_hash,
        net_fen=plan.net_fen,
        reward_rules=[
            {
                "owner_id": str(rule.owner_id),
                "rate_ppm": rule.rate_ppm,
                "basis": rule.basis,
                "form": rule.form.value,
            }
            for rule in draft.reward_rules
        ],
        closing=draft.closing,
        drafted_by=actor.person_id,
        drafted_at=clock.now(),
        corrects_id=None if corrects is None else corrects.run_id,
        effective_on=None if corrects is None else corrects.effective_on,
        reason=draft.reason,
    )
    session.add(run)
    await session.flush()
    session.add_all(
        DistributionRunEvent(
            run_id=run.id, event_id=event_id, place=place, standing=corrects is None
        )
        for place, event_id in enumerate(draft.event_ids)
    )
    await session.flush()
    # By COPY on the session's own connection: there may be a hundred thousand payees.
    raw = await (await session.connection()).get_raw_connection()
    driver: Any = raw.driver_connection
    await _copied(driver, "distribution_line", LINES, _lines(run.id, plan))
    await _copied(driver, "distribution_reward", REWARDS, _rewards(run.id, plan))
    return run


async def _copied(
    driver: Any,  # noqa: ANN401 - asyncpg's
    table: str,
    columns: Sequence[str],
    rows: Iterator[tuple[Any, ...]],
) -> None:
    await driver.copy_records_to_table(table, columns=columns, records=rows)


def _lines(run_id: UUID, plan: Plan) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a plan's lines, in their order."""
    for place, line in enumerate(plan.lines):
        income, part = line.income, line.part
        yield (
            new_id(), run_id, place, income.event_id, income.asset_id, part.party, part.share_ppm,
            part.amount_fen, income.version_id, line.carry_change, line.explained,
        )  # fmt: skip


def _rewards(run_id: UUID, plan: Plan) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a plan's rewards, in their order."""
    for place, reward in enumerate(plan.rewards):
        inventors = [
            {"person_id": str(person_id), "amount_fen": amount_fen}
            for person_id, amount_fen in reward.inventors
        ]
        yield (
            new_id(), run_id, place, reward.event_id, reward.owner_id, reward.rate_ppm,
            reward.amount_fen, reward.floor_fen, reward.rule, reward.basis, reward.form.value,
            canonical(inventors),
        )  # fmt: skip
