"""What every step of a run asks and leaves behind."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.distributions import plan_rules, queries, rules
from ip_ledger.distributions.plan_rules import Correction, RewardRule, Terms
from ip_ledger.distributions.queries import Inputs
from ip_ledger.distributions.rules import Event, State
from ip_ledger.distributions.tables import DistributionRun
from ip_ledger.rewards.rules import Incentive
from shared.auth import Actor
from shared.events import record
from shared.rules import Check, Kind, Rule, found

TENANCY: Final = Rule("X04", "delivery")


async def leading_checks(session: AsyncSession, actor: Actor, center_id: UUID) -> list[Check]:
    """Check that the actor acts for the centre: its operator or its lead sponsor."""
    center = found(await tenancy.center_of(session, center_id))
    leads = tenancy.leads(center, actor)
    return [TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads)]


async def step_checks(session: AsyncSession, run: DistributionRun, event: Event) -> list[Check]:
    """Check that a run may take a step and that what it rests on stands.

    A run that is past the step rests on nothing any more: paying it has moved its own carry.
    """
    checks = rules.state_checks(run.state, event)
    if any(check.refuses for check in checks):
        return checks
    return [*checks, *await _input_checks(session, run)]


async def _input_checks(session: AsyncSession, run: DistributionRun) -> list[Check]:
    """Compute the plan again from what is known now; another hash means that something moved."""
    inputs = await queries.inputs(session, await queries.events_of_run(session, run.id))
    incomes, stands = inputs.incomes, True
    if run.corrects_id is not None:
        corrected = found(await session.get(DistributionRun, run.corrects_id))
        stands = corrected.state is State.PAID
        incomes = plan_rules.without_run(incomes, await queries.carried_by(session, corrected.id))
    terms = terms_of(inputs, rules_of(run))
    plan = plan_rules.plan(incomes, terms, closing=run.closing, corrects=correction_of(run))
    # A rate that was given hides what an agreement asks since then: the plan stays as it was.
    low = any(check.refuses for check in plan_rules.reward_checks(incomes, terms, plan))
    moved = bool(inputs.without_owners) or not stands or low
    payees = {line.part.party for line in plan.lines if line.part.share_ppm}
    return [
        *rules.input_checks(run.plan_hash, "" if moved else plan.plan_hash),
        # The plan's hash says nothing of who may be paid, and that may move, too.
        *rules.payee_checks(payees, inputs.legal_persons),
    ]


def rules_of(run: DistributionRun) -> list[RewardRule]:
    """Give the rules that a run was drafted with."""
    return [
        RewardRule(
            UUID(rule["owner_id"]),
            rule["rate_ppm"],
            rule["basis"],
            Incentive(rule.get("form", Incentive.CASH)),
        )
        for rule in run.reward_rules
    ]


def correction_of(run: DistributionRun) -> Correction | None:
    """Tell which run a run takes the place of, and when."""
    if run.corrects_id is None or run.effective_on is None:
        return None
    return Correction(run.corrects_id, run.effective_on)


def terms_of(inputs: Inputs, reward_rules: Sequence[RewardRule]) -> Terms:
    """Give what the rewards rest on."""
    return Terms(inputs.owner_types, reward_rules)


async def release(session: AsyncSession, run: DistributionRun) -> None:
    """Let go of a run's income, so that another run can share it out."""
    for event in await queries.run_events(session, run.id):
        event.standing = False


async def take_up(session: AsyncSession, run: DistributionRun) -> None:
    """Make a correcting run the one that shares its income; the corrected one has let go of it."""
    # The rows let go must be written first: the database allows one standing run per event.
    await session.flush()
    for event in await queries.run_events(session, run.id):
        event.standing = True
    await session.flush()


def standing_of(run: DistributionRun) -> dict[str, Any]:
    """Give what of a run can change, as audit rows compare it."""
    return {
        "state": run.state,
        "version": run.version,
        "approved_by": run.approved_by,
        "paid_by": run.paid_by,
        "paid_on": run.paid_on,
    }


def note(
    session: AsyncSession,
    actor: Actor,
    run: DistributionRun,
    what: str,
    capacity: str,
    *,
    before: Any = None,  # noqa: ANN401 - hashed, whatever it is
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> None:
    """Record a step of a run, and as what the actor took it (X03, X07)."""
    record(
        session,
        actor,
        f"distribution.{what}",
        run.id,
        center_id=run.center_id,
        case_id=run.id,
        capacity=capacity,
        before=before,
        after=standing_of(run),
        plan_hash=run.plan_hash,
        **data,
    )
