"""Asking for an exception from the age of the legal person, and deciding on it (A051)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions.drafting import editable
from registry.applications.actions.steps import duty_checks, enter_person, tell
from registry.applications.rules import CaseCapacity, ExceptionState
from registry.applications.tables import EligibilityException
from registry.centers.queries import center_for_update
from registry.files.queries import file_for
from registry.programme.queries import call_of, policy_on
from shared.auth import Actor
from shared.calendar import day_of
from shared.rules import found, require


async def request_exception(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    *,
    rule: str,
    reason: str,
    file_id: UUID | None,
    now: datetime,
) -> EligibilityException:
    """Ask for an exception, with a reason and a file; a strict call knows none (A051).

    What was asked for a legal person that is no longer named gives way to it. Raises `Refused`:
    REASON_TOO_SHORT, MATERIAL_MISSING, EXCEPTION_NOT_ALLOWED, STATE_CONFLICT while one waits for
    the same legal person, and those of `editable`.
    """
    application, center = await editable(session, actor, application_id)
    policy = await policy_on(session, day_of(now))
    call = await call_of(session, application.call_id)
    earlier = await queries.pending_exception(session, application.id)
    require(
        rules.exception_request_checks(
            policy,
            rule,
            reason,
            file_id,
            strict=call.strict_entity_age,
            has_entity=center.legal_entity_id is not None,
            waiting=earlier is not None and earlier.legal_entity_id == center.legal_entity_id,
        )
    )
    if earlier is not None:
        earlier.state = ExceptionState.WITHDRAWN
        await session.flush()  # One waits at a time, which the database sees to.
    evidence = await file_for(session, actor, found(file_id))
    exception = EligibilityException(
        application_id=application.id,
        rule=rule,
        reason=reason,
        legal_entity_id=center.legal_entity_id,
        file_id=evidence.id,
        requested_at=now,
    )
    session.add(exception)
    tell(session, actor, application, "exception_requested", exception_id=exception.id)
    return exception


async def decide_exception(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    exception_id: UUID,
    *,
    decision: ExceptionState,
    reason: str,
    now: datetime,
) -> EligibilityException:
    """Grant or deny an exception as the reviewer of the case (A051, X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    application = await queries.application_for_update(session, actor, application_id)
    exception = await queries.exception_of(session, application.id, exception_id)
    center = await center_for_update(session, application.center_id)
    require(
        [
            *await duty_checks(session, actor, application, center, CaseCapacity.REVIEWER),
            *rules.exception_decision_checks(exception.state, application.state),
        ]
    )
    exception.state = decision
    exception.decision_reason = reason
    exception.decided_by = actor.person_id
    exception.decided_at = now
    await enter_person(session, application.id, actor.person_id, CaseCapacity.REVIEWER)
    tell(
        session,
        actor,
        application,
        "exception_decided",
        CaseCapacity.REVIEWER,
        reason=reason,
        exception_id=exception.id,
        decision=decision,
    )
    return exception
