"""Undoing a division of profit or of membership benefits, while nothing of it was paid out."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.benefits import queries as benefits
from ip_ledger.benefits.tables import BenefitDivision
from ip_ledger.contributions import queries as contributions
from ip_ledger.contributions.tables import ProfitDivision
from ip_ledger.journal import actions as journal
from ip_ledger.journal import queries as books
from ip_ledger.undoings import rules
from ip_ledger.undoings.actions import Undoing
from ip_ledger.undoings.rules import Divided
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.rules import found, require


async def undo_profit(
    session: AsyncSession, actor: Actor, division_id: UUID, undoing: Undoing, today: date
) -> ProfitDivision:
    """Undo a division of profit: nobody is due it any more, and the year can be divided anew (X07).

    Years whose reserve counted this one's are named; a resolution of another year stays what it
    was. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, DIVISION_PAID_OUT,
    DAY_IN_FUTURE, or as `journal.reverse_entries_of`.
    """
    row = await contributions.visible_division(session, actor, division_id)
    # The lock that profit is divided under: a division beside this undoing counts it or does not.
    await tenancy.lock_center(session, row.center_id)
    await session.refresh(row)
    standing = list(await contributions.standing_divisions(session, row.center_id))
    await _undo(session, actor, row, undoing, today)
    divided = [_divided(one) for one in standing]
    row.reserve_years = rules.reserves_moved(divided, standing.index(row))
    await session.flush()
    record(
        session, actor, "profit.division_undone", row.id, center_id=row.center_id,
        reason=undoing.reason, year=row.year, effective_on=undoing.effective_on,
        reserve_years=row.reserve_years,
    )  # fmt: skip
    return row


async def undo_benefits(
    session: AsyncSession, actor: Actor, division_id: UUID, undoing: Undoing, today: date
) -> BenefitDivision:
    """Undo a division of membership benefits; a pool of its name can be divided anew (X07).

    Raises `Refused` as `undo_profit` does.
    """
    row = await benefits.visible_division(session, actor, division_id)
    await tenancy.lock_center(session, row.center_id)
    await session.refresh(row)
    await _undo(session, actor, row, undoing, today)
    await session.flush()
    record(
        session, actor, "benefits.division_undone", row.id, center_id=row.center_id,
        reason=undoing.reason, year=row.year, effective_on=undoing.effective_on,
    )  # fmt: skip
    return row


async def _undo(
    session: AsyncSession,
    actor: Actor,
    row: ProfitDivision | BenefitDivision,
    undoing: Undoing,
    today: date,
) -> None:
    """Take a division out of the books, and say so on its row."""
    center = found(await tenancy.center_of(session, row.center_id))
    is_undone = row.undone_at is not None
    require(
        rules.division_checks(
            recorded_by=row.recorded_by,
            undoing=actor.person_id,
            resolved_on=row.resolved_on,
            effective_on=undoing.effective_on,
            today=today,
            leads=tenancy.leads(center, actor),
            is_undone=is_undone,
            paid_out=[] if is_undone else await _paid_out(session, row.entry_id),
        )
    )
    [draft] = await journal.reverse_entries_of(
        session, actor, row.id, undoing.effective_on, f"division {row.id} undone"
    )
    clock: Clock = session.info["clock"]
    row.undone_reason, row.undone_on = undoing.reason, undoing.effective_on
    row.undone_by, row.undone_at = actor.person_id, clock.now()
    row.undoing_entry_id = draft.id


async def _paid_out(session: AsyncSession, entry_id: UUID) -> list[UUID]:
    """Name the accounts that a division was put on and that hold less than it by now.

    They stay locked until the commit, so that nothing is paid out meanwhile.
    """
    entry = await books.entry(session, entry_id)
    put = {line.account_id: -line.amount_fen for line in entry.lines if line.amount_fen < 0}
    rows = await books.balance_rows_for_update(session, put)
    left = {row.account_id: -row.balance_fen - row.held_debits_fen for row in rows}
    return rules.paid_out(put, left)


def _divided(row: ProfitDivision) -> Divided:
    capital_fen = sum(line["subscribed_fen"] for line in row.lines)
    return Divided(row.year, row.profit_fen, row.reserve_fen, capital_fen)
