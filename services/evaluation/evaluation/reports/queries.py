"""Reading reports: a centre its own, officials all."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Date, cast, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.reports import rules
from evaluation.reports.tables import AnnualReport, AnnualReportReturn
from shared.auth import Actor
from shared.calendar import day_of
from shared.rules import found


async def own_case_for_update(session: AsyncSession, actor: Actor, case_id: UUID) -> EvaluationCase:
    """Load and lock a case of a centre that the actor's organization runs, and of no other."""
    statement = select(EvaluationCase).where(
        col(EvaluationCase.id) == case_id, cycles.runs(actor, col(EvaluationCase.center_id))
    )
    return found(await session.scalar(statement.with_for_update()))


async def report_of(session: AsyncSession, case_id: UUID) -> AnnualReport | None:
    """Load a case's report; the caller has judged who may see the case."""
    return await session.scalar(select(AnnualReport).where(col(AnnualReport.case_id) == case_id))


async def report_for_update(session: AsyncSession, case_id: UUID) -> AnnualReport | None:
    """Load and lock a case's report; the caller has judged who may see the case."""
    statement = select(AnnualReport).where(col(AnnualReport.case_id) == case_id)
    return await session.scalar(statement.with_for_update())


async def returns_of(session: AsyncSession, report_id: UUID) -> Sequence[AnnualReportReturn]:
    """List the returns of a report, oldest first."""
    statement = (
        select(AnnualReportReturn)
        .where(col(AnnualReportReturn.report_id) == report_id)
        .order_by(col(AnnualReportReturn.id))
    )
    return (await session.scalars(statement)).all()


async def back_until(
    session: AsyncSession, cycle: EvaluationCycle, reports: Iterable[AnnualReport]
) -> dict[UUID, date]:
    """Give the days until which returned reports may come back: as many as a report may be late."""
    ids = [one.id for one in reports if one.state is rules.ReportState.RETURNED]
    if not ids:
        return {}
    last = func.max(col(AnnualReportReturn.returned_at))
    statement = (
        select(AnnualReportReturn.report_id, last)
        .where(col(AnnualReportReturn.report_id).in_(ids))
        .group_by(col(AnnualReportReturn.report_id))
    )
    days = timedelta(days=cycle.grace_days)
    rows = await session.execute(statement)
    return {report_id: day_of(returned_at) + days for report_id, returned_at in rows}


def due_of(cycle: EvaluationCycle, report: AnnualReport | None) -> rules.Due:
    """Give when a report is due: its own day after a reopening, else its cycle's."""
    if report is not None and report.due_on is not None:
        return rules.Due(report.due_on, 0)
    return rules.Due(cycle.due_on, cycle.grace_days)


async def overdue_cases(session: AsyncSession, today: date, limit: int) -> Sequence[EvaluationCase]:
    """Lock cases whose report nobody sent and whose last day lies before `today`.

    A report may be sent between this look and the lock: the caller reads reports again.
    """
    last_on = func.coalesce(
        col(AnnualReport.due_on),
        cast(col(EvaluationCycle.due_on) + col(EvaluationCycle.grace_days), Date),
    )
    statement = (
        select(EvaluationCase)
        .join(EvaluationCycle, col(EvaluationCycle.id) == col(EvaluationCase.cycle_id))
        .outerjoin(AnnualReport, col(AnnualReport.case_id) == col(EvaluationCase.id))
        .where(
            col(EvaluationCase.state) == cycle_rules.CaseState.COLLECTING,
            or_(
                col(AnnualReport.id).is_(None),
                col(AnnualReport.state) == rules.ReportState.DRAFT,
            ),
            last_on < today,
        )
        .order_by(col(EvaluationCase.id))
        .limit(limit)
        .with_for_update(of=EvaluationCase, skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def reports_for_update(
    session: AsyncSession, case_ids: Sequence[UUID]
) -> dict[UUID, AnnualReport]:
    """Load and lock the reports of locked cases, by case."""
    statement = (
        select(AnnualReport)
        .where(col(AnnualReport.case_id).in_(case_ids))
        .order_by(col(AnnualReport.id))
        .with_for_update()
    )
    return {report.case_id: report for report in await session.scalars(statement)}
