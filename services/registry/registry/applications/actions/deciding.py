"""Recommendation, notice, approval with listing, and rejection (A084, A118, A122)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions import candidates
from registry.applications.actions.evaluating import hear, keep
from registry.applications.actions.steps import decide, duty_checks, enter_person, move, tell
from registry.applications.clients import CaseTold
from registry.applications.rules import CaseCapacity, DecisionKind, Event, Gate, Source
from registry.applications.tables import Application, CaseDecision, CaseHold
from registry.centers.queries import center_for_update
from registry.centers.tables import Center
from registry.governance import actions as governance
from registry.notices import actions as notices
from registry.notices.actions import NoticeText
from registry.notices.queries import notice_of, objection_states, open_notice_of
from registry.notices.rules import NoticeSubject
from registry.notices.rules import State as NoticeState
from registry.notices.tables import PublicNotice
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.calendar import day_of
from shared.rules import require

LISTING = Actor.system("listing")
# What a recommendation rests on; a panel may change its seats without moving a finished review.
DECIDED_UPON = (Source.REVIEW, Source.SITE_VISIT, Source.AGREEMENT)


async def case_for_decision(
    session: AsyncSession, actor: Actor, application_id: UUID
) -> tuple[Application, Center]:
    """Load and lock a case with its centre."""
    application = await queries.application_for_update(session, actor, application_id)
    return application, await center_for_update(session, application.center_id)


async def gate_of(
    session: AsyncSession, application: Application, center: Center, told: CaseTold
) -> Gate:
    """Gather what stands as a case is decided: what was told just now, and what is kept here."""
    notice = await notice_of(session, NoticeSubject.APPLICATION, application.id)
    states = [] if notice is None else await objection_states(session, notice.id)
    held = [row for row in await queries.holds(session, application.id) if row.lifted_at is None]
    parties, entity = await queries.parties(session, center)
    return Gate(
        state=application.state,
        told=told.told,
        agreement=told.agreement,
        form=center.applicant_form,
        entity_due_on=center.entity_due_on,
        holds=len(held),
        told_hash_moved=await _has_moved(session, application.id, told),
        closes_on=None if notice is None else notice.closes_on,
        objections=tuple(states),
        parties=parties,
        entity=entity,
        model=center.model_type,
    )


async def _has_moved(session: AsyncSession, application_id: UUID, told: CaseTold) -> bool:
    recommendation = await queries.latest_recommendation(session, application_id)
    if recommendation is None:
        return False
    then = await queries.digests_of(session, recommendation.id)
    now = {source: part.digest for source, part in told.parts.items()}
    return any(then.get(source) != now.get(source) for source in DECIDED_UPON)


async def recommend(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    *,
    text: str,
    told: CaseTold,
    now: datetime,
) -> tuple[Application, CaseDecision]:
    """Recommend a case as its reviewer, upon what was told at this moment (A084, A118).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, IP_AGREEMENT_MISSING, SITE_VISIT_MISSING,
    REVIEW_MISSING, REVIEW_BELOW_PASS, MODEL_COMPOSITION, MEMBER_NOT_CONFIRMED, CASE_ON_HOLD,
    CONSORTIUM_NOT_REGISTERED or STATE_CONFLICT.
    """
    application, center = await case_for_decision(session, actor, application_id)
    await hear(session, LISTING, application, told, now)
    policy = await policy_on(session, day_of(now))
    gate = await gate_of(session, application, center, told)
    require(
        [
            *await duty_checks(session, actor, application, center, CaseCapacity.REVIEWER),
            *rules.recommendation_checks(policy, gate),
        ]
    )
    decision = await decide(session, actor, application, DecisionKind.RECOMMENDATION, text, now)
    await keep(session, application.id, told.parts.values(), now, decision.id)
    await enter_person(session, application.id, actor.person_id, CaseCapacity.REVIEWER)
    move(application, Event.RECOMMEND, now)
    tell(session, actor, application, "recommended", CaseCapacity.REVIEWER)
    return application, decision


async def open_notice(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    *,
    told: CaseTold,
    today: date,
    now: datetime,
) -> tuple[Application, PublicNotice]:
    """Open the public notice of a recommended case, as its handler (X09).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, MODEL_COMPOSITION, MEMBER_NOT_CONFIRMED,
    STALE_INPUT, CASE_ON_HOLD or STATE_CONFLICT.
    """
    application, center = await case_for_decision(session, actor, application_id)
    policy = await policy_on(session, today)
    gate = await gate_of(session, application, center, told)
    recommended = await queries.latest_recommendation(session, application.id) is not None
    require(
        [
            *await duty_checks(session, actor, application, center, CaseCapacity.HANDLER),
            *rules.notice_checks(policy, gate, recommended=recommended),
        ]
    )
    text = NoticeText(
        subject_id=application.id,
        center_id=center.id,
        title=f"{center.name}拟列入试点计划公示",
        content=f"现就{center.name}拟列入上海市制造业创新中心试点计划予以公示。异议须实名提出。",
        handled_by=frozenset(
            person
            for person, capacity in await queries.people(session, application.id)
            if capacity in rules.NO_DECIDERS
        ),
    )
    notice = await notices.open_notice(session, actor, text, today, now)
    await enter_person(session, application.id, actor.person_id, CaseCapacity.HANDLER)
    move(application, Event.OPEN_NOTICE, now)
    tell(
        session,
        actor,
        application,
        "noticed",
        CaseCapacity.HANDLER,
        notice_id=notice.id,
        closes_on=notice.closes_on,
    )
    return application, notice


async def approve(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    *,
    doc_no: str,
    told: CaseTold,
    today: date,
    now: datetime,
) -> tuple[Application, Center]:
    """Approve a case after its notice; its listing follows in the same transaction (A122).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, DISHONEST_ORG, MODEL_COMPOSITION,
    MEMBER_NOT_CONFIRMED, SITE_VISIT_MISSING, REVIEW_MISSING, REVIEW_BELOW_PASS, NOTICE_MISSING,
    NOTICE_OPEN, OBJECTION_PENDING, IP_AGREEMENT_MISSING, STALE_INPUT, CASE_ON_HOLD or
    STATE_CONFLICT.
    """
    application, center = await case_for_decision(session, actor, application_id)
    await hear(session, LISTING, application, told, now)
    # The lock of the notice keeps an objection from coming between the check and the approval.
    notice = await open_notice_of(session, NoticeSubject.APPLICATION, application.id)
    policy = await policy_on(session, today)
    gate = await gate_of(session, application, center, told)
    require(
        [
            *await duty_checks(session, actor, application, center, CaseCapacity.APPROVER),
            *rules.approval_checks(policy, gate, today),
        ]
    )
    decision = await decide(session, actor, application, DecisionKind.APPROVAL, doc_no, now, doc_no)
    await keep(session, application.id, told.parts.values(), now, decision.id)
    await enter_person(session, application.id, actor.person_id, CaseCapacity.APPROVER)
    if notice is not None:
        await notices.close(session, actor, notice, NoticeState.CLOSED)
    move(application, Event.APPROVE, now)
    tell(session, actor, application, "approved", CaseCapacity.APPROVER, doc_no=doc_no)
    await _list(session, application, center, doc_no, today, now)
    return application, center


async def _list(
    session: AsyncSession,
    application: Application,
    center: Center,
    doc_no: str,
    today: date,
    now: datetime,
) -> None:
    move(application, Event.LIST, now)
    await candidates.list_center(session, LISTING, center, doc_no, today, now)
    await governance.file_at_listing(session, LISTING, center.id, now)
    tell(session, LISTING, application, "listed", code=center.code, listed_on=today, doc_no=doc_no)


async def reject(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    *,
    reason: str,
    told: CaseTold,
    now: datetime,
) -> tuple[Application, Center]:
    """Reject an open case with a reason; its applicant may apply anew on any day (A159).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    application, center = await case_for_decision(session, actor, application_id)
    # Who has scored so far is known there alone until the review is complete (X03).
    await hear(session, LISTING, application, told, now)
    require(
        [
            *await duty_checks(session, actor, application, center, CaseCapacity.APPROVER),
            *rules.rejection_checks(application.state),
        ]
    )
    await decide(session, actor, application, DecisionKind.REJECTION, reason, now)
    await enter_person(session, application.id, actor.person_id, CaseCapacity.APPROVER)
    notice = await open_notice_of(session, NoticeSubject.APPLICATION, application.id)
    if notice is not None:
        await notices.close(session, actor, notice, NoticeState.WITHDRAWN)
    move(application, Event.REJECT, now)
    tell(session, actor, application, "rejected", CaseCapacity.APPROVER, reason=reason)
    await candidates.end_candidate(session, actor, center, "application rejected", now)
    return application, center


async def lift_hold(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    hold_id: UUID,
    reason: str,
    now: datetime,
) -> CaseHold:
    """Lift a hold as the reviewer, with a reason; what has changed is asked for again later.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    application, center = await case_for_decision(session, actor, application_id)
    row = await queries.hold_for_update(session, application.id, hold_id)
    require(
        [
            *await duty_checks(session, actor, application, center, CaseCapacity.REVIEWER),
            *rules.lifting_checks(is_open=row.lifted_at is None),
        ]
    )
    row.lifted_at = now
    row.lifted_by = actor.person_id
    row.reason = reason
    await enter_person(session, application.id, actor.person_id, CaseCapacity.REVIEWER)
    tell(
        session,
        actor,
        application,
        "hold_lifted",
        CaseCapacity.REVIEWER,
        reason=reason,
        hold_id=row.id,
    )
    return row
