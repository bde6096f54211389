"""Recording when an expert is away, ending it earlier, and withdrawing it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.absences.schemas import ExpertAbsenceIn
from evaluation.experts import absence_queries as queries
from evaluation.experts import absence_rules as rules
from evaluation.experts import queries as experts
from evaluation.experts.tables import Expert, ExpertAbsence
from evaluation.visits import queries as visits
from shared.auth import Actor
from shared.events import record
from shared.rules import require


async def away(
    session: AsyncSession, actor: Actor, expert_id: UUID, body: ExpertAbsenceIn, now: datetime,
    today: date,
) -> ExpertAbsence:  # fmt: skip
    """Record that an expert is away, by himself or by a handler (A119).

    Raises `Refused`: NOT_FOUND, DAYS_REVERSED, FIELD_INVALID or ABSENCES_OVERLAP.
    """
    expert = await _held(session, actor, expert_id)
    days = rules.Days(body.from_on, body.until_on)
    standing = await queries.own_days(session, expert_id)
    same = await experts.accounts_of(session, {expert.person_id})
    people = same.get(expert.person_id, (expert.person_id,))
    visited = await visits.days_signed(session, people)
    require(rules.recording_checks(days, standing, visited, today))
    absence = ExpertAbsence(
        expert_id=expert_id,
        kind=body.kind,
        from_on=days.from_on,
        until_on=days.until_on,
        recorded_by=actor.person_id,
        recorded_at=now,
    )
    session.add(absence)
    _record(session, actor, absence, "expert.absence_recorded")
    await session.flush()
    return absence


async def end(
    session: AsyncSession,
    actor: Actor,
    expert_id: UUID,
    absence_id: UUID,
    until_on: date,
    today: date,
) -> ExpertAbsence:
    """Let an absence end on an earlier day of its own.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT, ABSENCE_OVER or FIELD_INVALID.
    """
    await _held(session, actor, expert_id)
    absence = await queries.absence_for_update(session, expert_id, absence_id)
    days = rules.Days(absence.from_on, absence.until_on)
    require(rules.ending_checks(absence.state, days, until_on, today))
    absence.state = rules.MOVES[absence.state, rules.AbsenceEvent.END]
    absence.until_on = until_on
    _record(session, actor, absence, "expert.absence_ended", before={"until_on": days.until_on})
    await session.flush()
    return absence


async def withdraw(
    session: AsyncSession,
    actor: Actor,
    expert_id: UUID,
    absence_id: UUID,
    now: datetime,
    today: date,
) -> ExpertAbsence:
    """Take back an absence that has not begun before today: the expert is there after all.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT or ABSENCE_BEGUN.
    """
    await _held(session, actor, expert_id)
    absence = await queries.absence_for_update(session, expert_id, absence_id)
    days = rules.Days(absence.from_on, absence.until_on)
    require(rules.withdrawal_checks(absence.state, days, today))
    absence.state = rules.MOVES[absence.state, rules.AbsenceEvent.WITHDRAW]
    absence.withdrawn_at = now
    _record(session, actor, absence, "expert.absence_withdrawn")
    await session.flush()
    return absence


async def _held(session: AsyncSession, actor: Actor, expert_id: UUID) -> Expert:
    """Lock the expert: a panel that is being formed with him waits, and so does this."""
    await experts.expert(session, actor, expert_id)
    return await experts.expert_for_update(session, expert_id)


def _record(
    session: AsyncSession,
    actor: Actor,
    absence: ExpertAbsence,
    event: str,
    before: dict[str, date] | None = None,
) -> None:
    # The kind stays in the row: nobody who reads the feed needs it.
    record(
        session, actor, event, absence.expert_id, before=before, absence_id=absence.id,
        from_on=absence.from_on, until_on=absence.until_on,
    )  # fmt: skip
