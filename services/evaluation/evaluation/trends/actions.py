"""Writing down what an official finds after five or ten years."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.results import rules as result_rules
from evaluation.results.queries import center_orgs
from evaluation.trends import queries, rules
from evaluation.trends.tables import OperatingReview
from shared.auth import Actor
from shared.events import record
from shared.rules import found, require


async def review(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    years: int,
    conclusion: rules.Conclusion,
    words: str,
    now: datetime,
    today: date,
) -> OperatingReview:
    """Look at a centre's public service after its fifth or tenth year, once (A093).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, PUBLIC_SERVICE_NOT_SHOWN, OPERATING_YEAR_AHEAD or
    STATE_CONFLICT.
    """
    center = await queries.center(session, actor, center_id)
    known = [row.years for row in await queries.reviews_of(session, center_id)]
    shown = await queries.years_of(session, center_id)
    require(
        [
            *result_rules.tenancy_checks(actor.org_ids, await center_orgs(session, center_id)),
            *rules.conclusion_checks(conclusion, shown),
            *rules.review_checks(center.listed_on, years, known, today),
        ]
    )
    row = OperatingReview(
        center_id=center_id,
        years=years,
        reached_on=rules.reached_on(found(center.listed_on), years),
        conclusion=conclusion,
        words=words,
        figures=[_told(one) for one in shown],
        person_id=actor.person_id,
        reviewed_at=now,
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "operating_review.recorded", row.id, center_id=center_id, years=years,
        conclusion=conclusion, reached_on=row.reached_on, figures=row.figures,
    )  # fmt: skip
    return row


def _told(one: rules.YearFigures) -> dict[str, Any]:
    return {
        "year": one.year,
        "snapshot_hash": one.snapshot_hash,
        "records": one.service.records,
        "public_records": one.service.public_records,
        "public_ppm": one.service.public_ppm,
        "public_income_ppm": one.service.public_income_ppm,
    }
