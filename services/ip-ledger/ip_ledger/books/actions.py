"""Closing a period, and checking what was sealed."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.books import queries, rules
from ip_ledger.journal.tables import BookPeriod
from ip_ledger.log.actions import append_record
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.events.recording import content_sha256
from shared.rules import require


async def close(session: AsyncSession, actor: Actor, center_id: UUID, until_on: date) -> BookPeriod:
    """Close a centre's books up to a day: no entry of that day or before enters them any more.

    Raises `Refused`: NOT_FOUND, DAY_IN_FUTURE, PERIOD_CLOSED or UNBALANCED.
    """
    center = await queries.center_with_books(session, actor, center_id)
    # Whoever posts into these books waits for this commit, and is then refused by the guard.
    await queries.lock_books(session, center.id)
    clock: Clock = session.info["clock"]
    former = next(iter(await queries.periods(session, center.id)), None)
    closed_until = None if former is None else former.until_on
    totals = await queries.totals(session, center.id, until_on, None)
    require(rules.closing_checks(until_on, clock.today(), closed_until, totals))
    from_on = rules.first_day(closed_until)
    hashes = await queries.record_hashes(session, center.id, from_on, until_on)
    former_seal = None if former is None else former.seal_sha256
    content = rules.seal_content(center.id, until_on, former_seal, totals, hashes)
    period = BookPeriod(
        center_id=center.id,
        from_on=from_on,
        until_on=until_on,
        entries=len(hashes),
        seal_sha256=content_sha256(content),
        closed_at=clock.now(),
        closed_by=actor.person_id,
    )
    session.add(period)
    document = {"until_on": until_on.isoformat(), "seal_sha256": period.seal_sha256}
    balances = {"balances": content["balances"]}
    await session.flush()
    await append_record(session, "period_close", period.id, center.id, document, balances)
    record(session, actor, "period.closed", period.id, center_id=center.id, until_on=until_on)
    return period


async def seal_holds(session: AsyncSession, period: BookPeriod) -> bool:
    """Tell whether a period's entries and balances still make its seal."""
    closed = await queries.periods(session, period.center_id)
    former = next((one for one in closed if one.until_on < period.until_on), None)
    totals = await queries.totals(session, period.center_id, period.until_on, None)
    hashes = await queries.record_hashes(session, period.center_id, period.from_on, period.until_on)
    former_seal = None if former is None else former.seal_sha256
    content = rules.seal_content(period.center_id, period.until_on, former_seal, totals, hashes)
    return content_sha256(content) == period.seal_sha256
