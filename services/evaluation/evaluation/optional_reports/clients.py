"""What an optional report is prefilled from: a centre's facts of the cycle's year, as of now."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles.clients import Gathered, Window, gather
from evaluation.cycles.tables import EvaluationCycle
from evaluation.optional_reports import queries
from evaluation.optional_reports.tables import OptionalReport
from shared.http import CurrentActor, Now, Services


async def counted(
    report_id: UUID, request: Request, actor: CurrentActor, services: Services, now: Now
) -> Gathered | None:
    """Ask the neighbours for a report that may still change; what was sent keeps its figures."""
    async with request.app.state.database.sessions.reading() as session:
        report = await queries.report(session, actor, report_id)
        if report.target_vs_actual is not None:
            return None
        window = await _window(session, report, now)
    return await gather(services, window)


async def _window(session: AsyncSession, report: OptionalReport, now: Now) -> Window:
    cycle: EvaluationCycle = await queries.cycle_of(session, report)
    return Window(
        center_id=report.center_id,
        year=report.year,
        period_from=cycle.period_from,
        period_until=cycle.period_until,
        as_of=now,
        plan_at=cycle.opened_at or now,
    )


CountedNow = Annotated[Gathered | None, Depends(counted)]
