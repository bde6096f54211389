"""Freezing facts, computing, reading again, reviewing and publishing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.conflicts import queries as seat_conflicts
from evaluation.conflicts import rules as conflict_rules
from evaluation.cycles import actions as cycle_actions
from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.results import queries, rules
from evaluation.results import standing_queries as standing
from evaluation.results.tables import (
    EvaluationResult,
    ResultPublication,
    ResultReview,
    SecondReading,
)
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.rules import Check, found, require

# --- second reading, review, publication ----------------------------------------------------


async def read_again(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    conclusion: rules.ReadingConclusion,
    reason: str,
    now: datetime,
) -> SecondReading:
    """Record a second look at a computed result, by an official with no other part in it (A126).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, PANEL_CONFLICT, SNAPSHOT_CHANGED, STALE_INPUT or
    STATE_CONFLICT.
    """
    case, result = await _decided(
        session, actor, case_id, Capacity.SECOND_READER, cycle_rules.CaseEvent.READ_AGAIN, []
    )
    reading = SecondReading(
        result_id=result.id,
        person_id=actor.person_id,
        conclusion=conclusion,
        reason=reason,
        read_at=now,
    )
    session.add(reading)
    record(
        session, actor, "result.read_again", result.id, case_id=case.id,
        capacity=Capacity.SECOND_READER.value, conclusion=conclusion.value, reason=reason,
    )  # fmt: skip
    await session.flush()
    return reading


async def review(
    session: AsyncSession, actor: Actor, case_id: UUID, text: str | None, now: datetime
) -> tuple[EvaluationCase, EvaluationResult]:
    """Let a computed result go to publication (A126, X03); `text` goes into the audit.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, PANEL_CONFLICT,
    SECOND_READING_MISSING, SNAPSHOT_CHANGED or STALE_INPUT.
    """
    event = cycle_rules.CaseEvent.REVIEW
    # The lock comes first: what was read again is what is reviewed.
    case = await cycles.visible_case_for_update(session, actor, case_id)
    case, result = await _decided(
        session, actor, case_id, Capacity.REVIEWER, event,
        await standing.read_enough(session, case),
    )  # fmt: skip
    session.add(ResultReview(result_id=result.id, person_id=actor.person_id, reviewed_at=now))
    cycle_actions.move(case, event)
    record(
        session, actor, "result.reviewed", result.id, case_id=case.id,
        capacity=Capacity.REVIEWER.value, reason=text, version=result.version,
    )  # fmt: skip
    await session.flush()
    return case, result


async def publish(
    session: AsyncSession, actor: Actor, case_id: UUID, now: datetime
) -> tuple[EvaluationCase, EvaluationResult]:
    """Publish a reviewed result: by nobody who prepared, scored or reviewed it (A124, X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, PANEL_CONFLICT,
    SECOND_READING_MISSING, SNAPSHOT_CHANGED or STALE_INPUT.
    """
    event = cycle_rules.CaseEvent.PUBLISH
    case = await cycles.visible_case_for_update(session, actor, case_id)
    # Sheets of other cases have come in since the review: one of this case may stand apart now.
    case, result = await _decided(
        session, actor, case_id, Capacity.APPROVER, event, await standing.read_enough(session, case)
    )
    session.add(
        ResultPublication(
            result_id=result.id,
            case_id=case.id,
            center_id=case.center_id,
            year=case.year,
            version=result.version,
            person_id=actor.person_id,
            published_at=now,
        )
    )
    cycle_actions.move(case, event)
    record(
        session, actor, "evaluation.published", result.id, center_id=case.center_id,
        case_id=case.id, capacity=Capacity.APPROVER.value, year=case.year,
        total=str(result.total), rating=result.rating.value, version=result.version,
        result_hash=result.result_hash,
    )  # fmt: skip
    await session.flush()
    return case, result


async def _decided(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    capacity: Capacity,
    event: cycle_rules.CaseEvent,
    checks: Sequence[Check],
) -> tuple[EvaluationCase, EvaluationResult]:
    """Lock a case and its newest result for a decision, and enter who decides."""
    case = await cycles.visible_case_for_update(session, actor, case_id)
    result = await queries.latest_result(session, case.id)
    owners = await queries.center_orgs(session, case.center_id)
    sheets_now = await standing.standing_hash(session, case)
    clock: Clock = session.info["clock"]
    today = clock.today()
    conflicts = await seat_conflicts.panel_conflicts(session, SubjectType.CASE, case.id, today)
    used = sheets_now if result is None else result.sheets_hash
    require(
        [
            *await _separation(session, case, actor, capacity),
            *rules.tenancy_checks(actor.org_ids, owners),
            *conflict_rules.panel_checks(conflicts),
            *cycle_rules.case_checks(case.state, event),
            *checks,
            *rules.freshness_checks(used, sheets_now),
        ]
    )
    await duties.enter(session, actor, SubjectType.CASE, case.id, capacity)
    return case, found(result)


async def _separation(
    session: AsyncSession, case: EvaluationCase, actor: Actor, capacity: Capacity
) -> list[Check]:
    people = await duty_queries.people_of(session, SubjectType.CASE, case.id)
    return separation_checks(people, actor.person_id, capacity)
