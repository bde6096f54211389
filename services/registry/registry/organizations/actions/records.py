"""Records of serious dishonesty: they bar, they end, and they stay readable (X17)."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries, rules
from registry.organizations.actions.commands import NewRecord
from registry.organizations.actions.keeping import now_of
from registry.organizations.rules import Bar
from registry.organizations.tables import DishonestyRecord, Organization
from shared.auth import Actor
from shared.events import record
from shared.rules import require

BY_CORRECTION = "correction of the entry"


async def enter_record(
    session: AsyncSession, actor: Actor, org_id: UUID, new: NewRecord, today: date
) -> DishonestyRecord:
    """Put an organization on record; it is barred from the first to the last day.

    Raises `Refused`: NOT_FOUND, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER.
    """
    organization = await queries.organization_for_update(session, org_id)
    require(rules.bar_checks(new.from_on, new.until_on, today))
    return await _enter(session, actor, organization, new, today)


async def put_on_record(
    session: AsyncSession, actor: Actor, organization: Organization, until_on: date, today: date
) -> DishonestyRecord:
    """Put a locked organization on record from today on; raises `Refused`: DAYS_OUT_OF_ORDER."""
    require(rules.bar_checks(today, until_on, today))
    new = NewRecord(today, until_on, BY_CORRECTION, BY_CORRECTION)
    return await _enter(session, actor, organization, new, today)


async def _enter(
    session: AsyncSession, actor: Actor, organization: Organization, new: NewRecord, today: date
) -> DishonestyRecord:
    row = DishonestyRecord(
        org_id=organization.id,
        from_on=new.from_on,
        until_on=new.until_on,
        authority=new.authority,
        basis=new.basis,
        source_id=new.source_id,
        recorded_at=now_of(session),
    )
    session.add(row)
    await session.flush()
    before = organization.model_dump()
    await refresh_bar(session, organization, today)
    record(
        session,
        actor,
        "organization.barred",
        organization.id,
        before=before,
        after=organization.model_dump(),
        record_id=row.id,
        from_on=row.from_on,
        until_on=row.until_on,
    )
    return row


async def lift_record(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    record_id: UUID,
    lifted_on: date,
    reason: str,
    today: date,
) -> DishonestyRecord:
    """End a record before its last day: from that day on it bars no more.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER.
    """
    organization = await queries.organization_for_update(session, org_id)
    row = await queries.record_for_update(session, org_id, record_id)
    require(rules.lifting_checks(Bar(row.from_on, row.until_on, row.lifted_on), lifted_on, today))
    before = row.model_dump()
    row.lifted_on, row.lift_reason = lifted_on, reason
    await session.flush()
    await refresh_bar(session, organization, today)
    record(
        session,
        actor,
        "organization.bar_lifted",
        organization.id,
        reason=reason,
        before=before,
        after=row.model_dump(),
        record_id=row.id,
        lifted_on=lifted_on,
    )
    return row


async def lift_lasting(
    session: AsyncSession, actor: Actor, organization: Organization, today: date
) -> None:
    """Lift everything that bars a locked organization, from today on."""
    before = organization.model_dump()
    rows = await queries.lasting_records(session, organization.id, today)
    for row in rows:
        row.lifted_on, row.lift_reason = today, BY_CORRECTION
    await session.flush()
    await refresh_bar(session, organization, today)
    record(
        session,
        actor,
        "organization.bar_lifted",
        organization.id,
        before=before,
        after=organization.model_dump(),
        record_ids=[str(row.id) for row in rows],
        lifted_on=today,
    )


async def refresh_bar(session: AsyncSession, organization: Organization, today: date) -> None:
    """Keep beside the entry how long its records bar it, those that it took over included."""
    bars = await queries.bars_of(session, organization.id)
    organization.dishonesty_until = rules.barred_until(bars, today)
