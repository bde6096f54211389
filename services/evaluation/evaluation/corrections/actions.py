"""Filing, sending back and accepting the correction of a locked report."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.corrections import queries, rules
from evaluation.corrections.rules import CorrectionEvent, CorrectionState
from evaluation.corrections.schemas import ReportCorrectionIn
from evaluation.corrections.tables import ReportCorrection
from evaluation.cycles import queries as cycles
from evaluation.cycles.rules import Way, waiting
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.reports.queries import own_case_for_update
from evaluation.reports.rules import accounts_checks
from shared.auth import Actor
from shared.events import record
from shared.rules import Check, found, require


async def file(
    session: AsyncSession, actor: Actor, case_id: UUID, body: ReportCorrectionIn, now: datetime
) -> ReportCorrection:
    """File the accounts of a reopened report once more, with a reason (A128).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, FIELD_INVALID, REPORT_LOCKED or STATE_CONFLICT.
    """
    case = await own_case_for_update(session, actor, case_id)
    row = await queries.correction_for_update(session, case.id)
    before = None if row is None else row.state
    require(
        [
            *await _separation(session, case, actor, Capacity.SUBMITTER),
            *accounts_checks(body.accounts.figures()),
            *_asked(case),
            *rules.filing_checks(before),
        ]
    )
    columns: dict[str, Any] = body.accounts.columns()
    if row is None:
        row = ReportCorrection(
            case_id=case.id, center_id=case.center_id, reason=body.reason,
            filed_by=actor.person_id, filed_at=now, **columns,
        )  # fmt: skip
        session.add(row)
    else:
        for name, value in columns.items():
            setattr(row, name, value)
        row.state = rules.MOVES[row.state, CorrectionEvent.FILE]
        row.reason, row.filed_by, row.filed_at = body.reason, actor.person_id, now
        row.decided_by = row.decided_at = row.decision_reason = None
        row.version += 1
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.SUBMITTER)
    record(
        session, actor, "report.correction_filed", row.id, center_id=case.center_id,
        case_id=case.id, capacity=Capacity.SUBMITTER.value, reason=body.reason, before=before,
        after=row.state, **columns,
    )  # fmt: skip
    return row


async def accept(
    session: AsyncSession, actor: Actor, case_id: UUID, now: datetime
) -> ReportCorrection:
    """Accept a correction: it counts for the reopened leaves alone (A128, X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, REPORT_LOCKED or STATE_CONFLICT.
    """
    return await _judge(session, actor, case_id, CorrectionEvent.ACCEPT, None, now)


async def send_back(
    session: AsyncSession, actor: Actor, case_id: UUID, reason: str, now: datetime
) -> ReportCorrection:
    """Send a correction back with a reason; it may be filed again (A128, X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, REPORT_LOCKED or STATE_CONFLICT.
    """
    return await _judge(session, actor, case_id, CorrectionEvent.SEND_BACK, reason, now)


async def _judge(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    event: CorrectionEvent,
    reason: str | None,
    now: datetime,
) -> ReportCorrection:
    case = await cycles.visible_case_for_update(session, actor, case_id)
    row = found(await queries.correction_for_update(session, case.id))
    require(
        [
            *await _separation(session, case, actor, Capacity.HANDLER),
            *_asked(case),
            *rules.move_checks(row.state, event),
        ]
    )
    before = row.state
    row.state = rules.MOVES[before, event]
    row.decided_by, row.decided_at, row.decision_reason = actor.person_id, now, reason
    row.version += 1
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.HANDLER)
    name = "accepted" if row.state is CorrectionState.ACCEPTED else "returned"
    record(
        session, actor, f"report.correction_{name}", row.id, center_id=case.center_id,
        case_id=case.id, capacity=Capacity.HANDLER.value, reason=reason, before=before,
        after=row.state,
    )  # fmt: skip
    return row


def _asked(case: EvaluationCase) -> list[Check]:
    return rules.asked_checks(waiting(case.state, case.reopenings, Way.REPORTED))


async def _separation(
    session: AsyncSession, case: EvaluationCase, actor: Actor, capacity: Capacity
) -> list[Check]:
    people = await duty_queries.people_of(session, SubjectType.CASE, case.id)
    return separation_checks(people, actor.person_id, capacity)
