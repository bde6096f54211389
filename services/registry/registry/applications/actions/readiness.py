"""What the next step of a case needs, by the same checks that guard it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions.checking import acceptance_checks
from registry.applications.actions.deciding import gate_of
from registry.applications.actions.submitting import submission_checks
from registry.applications.clients import CaseTold, PartTold
from registry.applications.rules import Source, State
from registry.applications.tables import Application
from registry.centers.queries import center_by_id
from registry.centers.tables import Center
from registry.programme.queries import policy_on
from shared.calendar import day_of
from shared.rules import Check, found


@dataclass(frozen=True, slots=True)
class ReadinessView:
    """The next step of a case, who takes it, by which day, and every rule of it."""

    next_step: str | None
    who_acts: str | None
    due_on: date | None
    checks: list[Check]

    @property
    def ready(self) -> bool:
        """Tell whether nothing refuses the next step."""
        return self.next_step is not None and not any(check.refuses for check in self.checks)


async def readiness(
    session: AsyncSession, application: Application, told: CaseTold, today: date
) -> ReadinessView:
    """Judge the next step of a case without taking it; `told` may be empty before a decision."""
    center = found(await center_by_id(session, application.center_id))
    recommended = await queries.latest_recommendation(session, application.id) is not None
    step = rules.next_step(application.state, recommended=recommended)
    if step is None:
        return ReadinessView(None, None, None, [])
    checks = await _checks(session, application, center, told, today, recommended=recommended)
    return ReadinessView(step.step, step.who, await _due_on(session, application, center), checks)


async def _checks(
    session: AsyncSession,
    application: Application,
    center: Center,
    told: CaseTold,
    today: date,
    *,
    recommended: bool,
) -> list[Check]:
    state = application.state
    if state in rules.EDITABLE:
        return await submission_checks(session, application, center, today)
    if state is State.SUBMITTED:
        return await acceptance_checks(session, application, center, today)
    policy = await policy_on(session, today)
    heard = await _with_kept(session, application, told)
    if state is State.ACCEPTED:
        return rules.panel_checks(heard.told, state)
    if state is State.EXPERT_REVIEW:
        return rules.review_checks(heard.told, state)
    if state is State.SITE_VISIT:
        return rules.visit_checks(policy, heard.told, state)
    gate = await gate_of(session, application, center, heard)
    if state is State.PUBLIC_NOTICE:
        return rules.approval_checks(policy, gate, today)
    if recommended:
        return rules.notice_checks(gate, recommended=True)
    return rules.recommendation_checks(policy, gate)


async def _with_kept(session: AsyncSession, application: Application, told: CaseTold) -> CaseTold:
    """Fill what was not asked for now with what was told last."""
    kept: dict[Source, PartTold] = {
        source: PartTold(source, row.digest, row.content, row.source_id, row.source_version)
        for source, row in (await queries.standing(session, application.id)).items()
        if source is not Source.AGREEMENT
    }
    return CaseTold({**kept, **told.parts}, told.people)


async def _due_on(session: AsyncSession, application: Application, center: Center) -> date | None:
    if application.state is State.RETURNED and application.due_at is not None:
        return day_of(application.due_at)
    if application.state is State.PUBLIC_NOTICE:
        told = CaseTold()
        return (await gate_of(session, application, center, told)).closes_on
    return None
