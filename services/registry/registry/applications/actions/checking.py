"""The handler's formal check: accept, or return with points, for so many rounds (A117)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions.steps import decide, duty_checks, enter_person, move, tell
from registry.applications.rules import CaseCapacity, CheckResult, DecisionKind, Event
from registry.applications.tables import Application, CaseDecision, FormalCheck
from registry.centers.queries import center_for_update
from registry.centers.tables import Center
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.calendar import day_of
from shared.rules import Check, require


async def acceptance_checks(
    session: AsyncSession, application: Application, center: Center, today: date
) -> list[Check]:
    """Give every check of an acceptance; the age is judged on the day of submission (A051)."""
    submitted_on = _submitted_on(application, today)
    then = await policy_on(session, submitted_on)
    state = await queries.latest_exception_state(session, application.id, center.legal_entity_id)
    parties, entity = await queries.parties(session, center)
    return [
        *rules.acceptance_checks(
            then,
            application.state,
            state,
            needs_exception=rules.needs_exception(
                then, center.applicant_form, entity, submitted_on
            ),
            submitted_on=submitted_on,
        ),
        *rules.members_checks(
            await policy_on(session, today), application.state, center.model_type, parties
        ),
    ]


def _submitted_on(application: Application, today: date) -> date:
    return day_of(application.submitted_at) if application.submitted_at else today


async def check_formally(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    *,
    result: CheckResult,
    items: Sequence[dict[str, Any]],
    now: datetime,
) -> tuple[Application, FormalCheck]:
    """Accept a submission, or return it with the points to mend.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, ENTITY_EXCEPTION_PENDING, ENTITY_AGE_EXCEEDED,
    MODEL_COMPOSITION, MEMBER_NOT_CONFIRMED, ROUNDS_EXHAUSTED, MATERIAL_MISSING or STATE_CONFLICT.
    """
    application = await queries.application_for_update(session, actor, application_id)
    center = await center_for_update(session, application.center_id)
    today = day_of(now)
    duty = await duty_checks(session, actor, application, center, CaseCapacity.HANDLER)
    if result is CheckResult.ACCEPT:
        require([*duty, *await acceptance_checks(session, application, center, today)])
        move(application, Event.ACCEPT, now)
    else:
        require([*duty, *await _return_checks(session, application, len(items), today)])
        move(application, Event.RETURN, now)
        application.returns += 1
        application.due_at = rules.returned_until(await policy_on(session, today), now)
    check = FormalCheck(
        application_id=application.id,
        round=application.round,
        result=result,
        items=list(items),
        person_id=actor.person_id,
        at=now,
    )
    session.add(check)
    await enter_person(session, application.id, actor.person_id, CaseCapacity.HANDLER)
    name = "accepted" if result is CheckResult.ACCEPT else "returned"
    codes = [item["code"] for item in items]
    tell(session, actor, application, name, CaseCapacity.HANDLER, items=codes)
    return application, check


async def _return_checks(
    session: AsyncSession, application: Application, items: int, today: date
) -> list[Check]:
    policy = await policy_on(session, today)
    overrides = await queries.further_rounds(session, application.id)
    return rules.return_checks(policy, application.state, application.returns, overrides, items)


async def grant_round(
    session: AsyncSession, actor: Actor, application_id: UUID, reason: str, now: datetime
) -> CaseDecision:
    """Grant one more round of correction, as the reviewer, with a reason (A117)."""
    application = await queries.application_for_update(session, actor, application_id)
    center = await center_for_update(session, application.center_id)
    require(
        [
            *await duty_checks(session, actor, application, center, CaseCapacity.REVIEWER),
            rules.move_check(application.state, Event.RETURN),
        ]
    )
    decision = await decide(session, actor, application, DecisionKind.FURTHER_ROUND, reason, now)
    await enter_person(session, application.id, actor.person_id, CaseCapacity.REVIEWER)
    tell(session, actor, application, "round_granted", CaseCapacity.REVIEWER, reason=reason)
    return decision
