"""Declaring days worked or free, by two officials (X10)."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.programme import calendar_rules, queries
from registry.programme.calendar_rules import ChangeState
from registry.programme.tables import WorkingDayChange, WorkingDayOverride
from shared.auth import Actor
from shared.events import record
from shared.rules import require


async def propose_days(
    session: AsyncSession, actor: Actor, days: Sequence[dict[str, Any]], source: str, today: date
) -> WorkingDayChange:
    """Propose that days are worked or free; nothing counts by it yet.

    `days` are `{day, is_working, provisional}`. Raises `Refused`: FIELD_INVALID or DAYS_PASSED.
    """
    require(calendar_rules.proposal_checks([day["day"] for day in days], today))
    change = WorkingDayChange(
        days=[{**day, "day": day["day"].isoformat()} for day in days],
        source=source,
        proposed_by=actor.person_id,
        proposed_on=today,
    )
    session.add(change)
    record(session, actor, "calendar.proposed", change.id, after=change.days, source=source)
    return change


async def approve_days(
    session: AsyncSession, actor: Actor, change_id: UUID, today: date
) -> WorkingDayChange:
    """Let a proposal count: from here on every service judges by it.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT or DAYS_PASSED.
    """
    change = await _decided(session, actor, change_id, ChangeState.APPROVED, today)
    # Days may have passed since they were proposed.
    require(
        calendar_rules.proposal_checks([date.fromisoformat(d["day"]) for d in change.days], today)
    )
    statement = insert(WorkingDayOverride).values(
        [
            {**day, "day": date.fromisoformat(day["day"]), "source": change.source}
            for day in change.days
        ]
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["day"],
            set_={
                name: statement.excluded[name] for name in ("is_working", "provisional", "source")
            },
        )
    )
    record(
        session,
        actor,
        "calendar.changed",
        change.id,
        capacity="approver",
        before={"state": ChangeState.PROPOSED},
        after={"state": change.state, "days": change.days},
        days=change.days,
    )
    return change


async def reject_days(
    session: AsyncSession, actor: Actor, change_id: UUID, reason: str, today: date
) -> WorkingDayChange:
    """Turn a proposal down; raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT."""
    change = await _decided(session, actor, change_id, ChangeState.REJECTED, today)
    change.reason = reason
    record(
        session,
        actor,
        "calendar.rejected",
        change.id,
        reason=reason,
        before={"state": ChangeState.PROPOSED},
        after={"state": change.state},
    )
    return change


async def _decided(
    session: AsyncSession, actor: Actor, change_id: UUID, state: ChangeState, today: date
) -> WorkingDayChange:
    change = await queries.day_change_for_update(session, change_id)
    require(calendar_rules.decision_checks(change.state, change.proposed_by, actor.person_id))
    change.state = state
    change.decided_by = actor.person_id
    change.decided_on = today
    return change
