"""Proposing and deciding that a published result is void."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.assessments import actions as assessments
from evaluation.assessments.rules import ReopeningCause
from evaluation.cycles import actions as cycle_actions
from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.results import queries as results
from evaluation.results import rules as result_rules
from evaluation.results.tables import EvaluationResult, ResultPublication
from evaluation.schemes.rules import Rating, canonical
from evaluation.voidings import queries, rules
from evaluation.voidings.tables import ResultVoiding
from shared.auth import Actor
from shared.events import record
from shared.rules import Check, found, require


async def propose(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    ground: rules.Ground,
    reason: str,
    evidence: Sequence[UUID],
    now: datetime,
) -> ResultVoiding:
    """Propose that the published result of a case is void (X14).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    case = await cycles.visible_case_for_update(session, actor, case_id)
    _, result = found(await results.published(session, case.id))
    require(
        [
            *await _uninvolved(session, actor, case, Capacity.HANDLER),
            *cycle_rules.case_checks(case.state, cycle_rules.CaseEvent.VOID),
        ]
    )
    voiding = ResultVoiding(
        case_id=case.id,
        result_id=result.id,
        center_id=case.center_id,
        ground=ground,
        reason=reason,
        evidence=[str(file_id) for file_id in evidence],
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(voiding)
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.HANDLER)
    # No centre in it: what is only suspected is told to nobody.
    record(
        session, actor, "voiding.proposed", voiding.id, case_id=case.id,
        capacity=Capacity.HANDLER.value, ground=ground.value, reason=reason,
        result_hash=result.result_hash,
    )  # fmt: skip
    return voiding


async def decide(
    session: AsyncSession,
    actor: Actor,
    voiding_id: UUID,
    event: rules.Event,
    reason: str,
    now: datetime,
) -> ResultVoiding:
    """Confirm or drop a proposal, by another person who had no part in the case before (X14).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STALE_INPUT or STATE_CONFLICT.
    """
    voiding = await queries.voiding(session, voiding_id)
    case = await cycles.visible_case_for_update(session, actor, voiding.case_id)
    await queries.reread(session, voiding)
    _, result = found(await results.published(session, case.id))
    # A proposal that a later version overtook can be dropped still: it is in the way of another.
    confirming = [
        *cycle_rules.case_checks(case.state, cycle_rules.CaseEvent.VOID),
        *rules.ground_checks(voiding.result_id, result.id),
    ]
    require(
        [
            *rules.two_people_checks(voiding.proposed_by, actor.person_id),
            *rules.own_act_checks(await results.publishers_of(session, case.id), actor.person_id),
            *await _uninvolved(session, actor, case, Capacity.APPROVER),
            *rules.decision_checks(voiding.state, event),
            *(confirming if event is rules.Event.CONFIRM else ()),
        ]
    )
    voiding.state = rules.MOVES[voiding.state, event]
    voiding.decided_by = actor.person_id
    voiding.decided_at = now
    voiding.decision_reason = reason
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.APPROVER)
    if event is rules.Event.CONFIRM:
        await _void(session, actor, case, result, voiding, now)
    else:
        record(
            session, actor, "voiding.dropped", voiding.id, case_id=case.id,
            capacity=Capacity.APPROVER.value, reason=reason,
        )  # fmt: skip
    return voiding


async def _void(
    session: AsyncSession,
    actor: Actor,
    case: EvaluationCase,
    result: EvaluationResult,
    voiding: ResultVoiding,
    now: datetime,
) -> None:
    """Publish the void version, tell the registry, and reopen what was built on the old one."""
    document = rules.voided(json.loads(result.document), result.result_hash, voiding.ground)
    newest = found(await results.latest_result(session, case.id))
    void = EvaluationResult(
        case_id=case.id,
        center_id=case.center_id,
        year=case.year,
        version=newest.version + 1,
        snapshot_id=result.snapshot_id,
        document=canonical(document),
        result_hash=rules.hash_of(document),
        sheets_hash=result.sheets_hash,
        total=Decimal("0.00"),
        rating=Rating.UNQUALIFIED,
        near_boundary=False,
        computed_at=now,
    )
    session.add(void)
    await session.flush()
    session.add(
        ResultPublication(
            result_id=void.id,
            case_id=case.id,
            center_id=case.center_id,
            year=case.year,
            version=void.version,
            person_id=actor.person_id,
            published_at=now,
        )
    )
    cycle_actions.move(case, cycle_rules.CaseEvent.VOID)
    await session.flush()
    record(
        session, actor, "evaluation.published", void.id, center_id=case.center_id,
        case_id=case.id, capacity=Capacity.APPROVER.value, year=case.year, total="0.00",
        rating=void.rating.value, version=void.version, result_hash=void.result_hash,
    )  # fmt: skip
    record(
        session, actor, "result.voided", voiding.id, center_id=case.center_id, case_id=case.id,
        capacity=Capacity.APPROVER.value, year=case.year, ground=voiding.ground.value,
        reason=voiding.decision_reason, voids=result.result_hash, result_hash=void.result_hash,
        result_id=void.id, version=void.version, evidence=voiding.evidence,
    )  # fmt: skip
    await assessments.reopen_built_on(
        session, actor, case.center_id, case.year, ReopeningCause.VOIDED
    )


async def _uninvolved(
    session: AsyncSession, actor: Actor, case: EvaluationCase, capacity: Capacity
) -> list[Check]:
    people = await duty_queries.people_of(session, SubjectType.CASE, case.id)
    owners = await results.center_orgs(session, case.center_id)
    return [
        *separation_checks(people, actor.person_id, capacity),
        *result_rules.tenancy_checks(actor.org_ids, owners),
    ]
