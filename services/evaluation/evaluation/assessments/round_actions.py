"""Opening a round of triennial assessments, saying why a centre stays out, and closing it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.assessments import round_queries as queries
from evaluation.assessments import round_rules as rules
from evaluation.assessments.tables import AssessmentRound, RoundExplanation
from shared.auth import Actor
from shared.events import record
from shared.http import version_checks
from shared.rules import require


async def open_round(
    session: AsyncSession, actor: Actor, last_year: int, due_on: date, now: datetime, today: date
) -> AssessmentRound:
    """Open the round of three years (A124).

    Raises `Refused`: FIELD_INVALID; a second round of the years is refused by the table as
    ALREADY_EXISTS.
    """
    require(rules.opening_checks(last_year, due_on, today))
    row = AssessmentRound(last_year=last_year, due_on=due_on, opened_at=now)
    session.add(row)
    record(
        session, actor, "assessment_round.opened", row.id, year=last_year, due_on=due_on,
    )  # fmt: skip
    await session.flush()
    return row


async def explain(
    session: AsyncSession, actor: Actor, round_id: UUID, center_id: UUID, reason: str, now: datetime
) -> AssessmentRound:
    """Say why a centre of a round is not assessed in it; once, and for all to read.

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    row = await queries.round_for_update(session, round_id)
    center = (await queries.centers_of(session, row, [center_id])).get(center_id)
    require(
        rules.explaining_checks(
            row.state,
            None if center is None else center.progress(row.last_year),
            explained=center is not None and center.explanation is not None,
        )
    )
    row.state = rules.MOVES[row.state, rules.RoundEvent.EXPLAIN]
    session.add(
        RoundExplanation(
            round_id=row.id, center_id=center_id, reason=reason, person_id=actor.person_id,
            explained_at=now,
        )
    )  # fmt: skip
    # No centre in it: a centre learns its assessment when it is published.
    record(
        session, actor, "assessment_round.explained", row.id, explained_center_id=center_id,
        reason=reason,
    )  # fmt: skip
    await session.flush()
    return row


async def close(
    session: AsyncSession, actor: Actor, round_id: UUID, version: int, now: datetime
) -> AssessmentRound:
    """Close a round in which nothing waits.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, STATE_CONFLICT or ROUND_UNDECIDED.
    """
    row = await queries.round_for_update(session, round_id)
    told = await queries.centers_of(session, row)
    progress = {one.center_id: one.progress(row.last_year) for one in told.values()}
    explained = {one.center_id for one in told.values() if one.explanation is not None}
    require(
        [
            *version_checks(row.version, version),
            *rules.closing_checks(row.state, progress, explained),
        ]
    )
    row.state = rules.MOVES[row.state, rules.RoundEvent.CLOSE]
    row.closed_at = now
    row.version += 1
    counted = [how_far for how_far in rules.RoundProgress if how_far in progress.values()]
    record(
        session, actor, "assessment_round.closed", row.id, year=row.last_year,
        counts={one.value: list(progress.values()).count(one) for one in counted},
        explained=len(explained),
    )  # fmt: skip
    await session.flush()
    return row
