"""What the next step of a case needs, by the same checks that guard it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions.checking import acceptance_checks
from registry.applications.actions.deciding import gate_of
from registry.applications.actions.submitting import submission_checks
from registry.applications.clients import CaseTold, PartTold
from registry.applications.rules import NextStep, Source, State, Told
from registry.applications.tables import Application
from registry.centers.queries import center_by_id
from registry.centers.tables import Center
from registry.notices.queries import notice_of
from registry.notices.rules import NoticeSubject
from registry.programme.queries import policy_on, working_days
from shared.calendar import day_of
from shared.rules import Check, Policy, found

# What officials decide upon all that stands on the day; before it, evaluation's events move a case.
DECIDED: Final = (State.COMMISSION_REVIEW, State.PUBLIC_NOTICE)


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
    heard = await _with_kept(session, application, told)
    waiting = (await queries.waiting_for(session, [application], today))[application.id]
    step = rules.next_step(application.state, waiting)
    if step is None:
        return ReadinessView(None, None, None, [])
    recommended = waiting.recommended
    checks = await _checks(session, application, center, heard, today, recommended=recommended)
    due_on = await _due_on(session, application, step, today)
    return ReadinessView(step.step, step.who, due_on, checks)


async def _checks(
    session: AsyncSession,
    application: Application,
    center: Center,
    heard: CaseTold,
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
    if state not in DECIDED:
        parties, _ = await queries.parties(session, center)
        return [
            *_evaluation_checks(policy, heard.told, state),
            *rules.members_checks(policy, state, center.model_type, parties),
        ]
    gate = await gate_of(session, application, center, heard)
    if state is State.PUBLIC_NOTICE:
        return rules.approval_checks(policy, gate, today)
    if recommended:
        return rules.notice_checks(policy, gate, recommended=True)
    return rules.recommendation_checks(policy, gate)


def _evaluation_checks(policy: Policy, told: Told, state: State) -> list[Check]:
    """Give the checks of a step that evaluation's events take."""
    if state is State.ACCEPTED:
        return rules.panel_checks(told, state)
    if state is State.EXPERT_REVIEW:
        return rules.review_checks(told, state)
    return rules.visit_checks(policy, told, state)


async def _with_kept(session: AsyncSession, application: Application, told: CaseTold) -> CaseTold:
    """Fill what was not asked for now with what was told last."""
    kept: dict[Source, PartTold] = {
        source: PartTold(source, row.digest, row.content, row.source_id, row.source_version)
        for source, row in (await queries.standing(session, application.id)).items()
        if source is not Source.AGREEMENT
    }
    return CaseTold({**kept, **told.parts}, told.people)


async def _due_on(
    session: AsyncSession, application: Application, step: NextStep, today: date
) -> date | None:
    """Give the last working day for the next step; an approval waits for its notice to end."""
    if application.state is State.RETURNED and application.due_at is not None:
        return day_of(application.due_at)
    since = day_of(application.state_since)
    if application.state is State.PUBLIC_NOTICE:
        notice = found(await notice_of(session, NoticeSubject.APPLICATION, application.id))
        since = notice.closes_on
    policy = await policy_on(session, today)
    return rules.step_due_on(policy, await working_days(session), step, since)
