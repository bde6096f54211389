"""Undoing an income that was recorded wrongly, while no run shares it out."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.distributions import queries
from ip_ledger.distributions.actions.common import leading_checks
from ip_ledger.journal import actions as journal
from ip_ledger.revenue import queries as revenue
from ip_ledger.revenue import rules
from ip_ledger.revenue.tables import RevenueUndoing
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.rules import require


async def undo_income(
    session: AsyncSession,
    actor: Actor,
    event_id: UUID,
    reason: str,
    effective_on: date,
    today: date,
) -> RevenueUndoing:
    """Undo an income by reversing its entry; another person than who recorded it does so (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, REVENUE_DISTRIBUTED, DAY_IN_FUTURE,
    or as `journal.reverse_entries_of`.
    """
    event = await revenue.visible_event(session, actor, event_id)
    # The lock that runs are drafted under: an income is shared out or undone, and never both.
    await tenancy.lock_center(session, event.center_id)
    shared = await queries.standing_elsewhere(session, [event.id])
    undone = await revenue.undoings_of(session, [event.id])
    require(
        [
            *await leading_checks(session, actor, event.center_id),
            *rules.undoing_checks(
                recorded_by=event.recorded_by,
                undoing=actor.person_id,
                is_shared=bool(shared),
                is_undone=bool(undone),
                effective_on=effective_on,
                today=today,
            ),
        ]
    )
    await journal.reverse_entries_of(
        session, actor, event.id, effective_on, f"revenue {event.id} undone"
    )
    clock: Clock = session.info["clock"]
    row = RevenueUndoing(
        event_id=event.id,
        reason=reason,
        effective_on=effective_on,
        undone_by=actor.person_id,
        undone_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "revenue.undone", event.id, center_id=event.center_id, reason=reason,
        asset_id=event.asset_id, effective_on=effective_on,
    )  # fmt: skip
    return row
