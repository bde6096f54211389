"""What is read of the programme; all of it is public but calls that are still drafts."""

from collections.abc import Collection, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.programme import calendar_rules, policy_rules
from registry.programme.calendar_rules import ChangeState
from registry.programme.rules import CallState, PolicyState, policy_of
from registry.programme.tables import (
    Call,
    CodeEntry,
    FieldEntry,
    PolicyVersion,
    WorkingDayChange,
    WorkingDayOverride,
)
from shared.auth import Actor
from shared.calendar import WorkingDays
from shared.events.tables import Audit
from shared.rules import Policy, found
from shared.tasks import MOST_TASKS, Task


async def policy_on(session: AsyncSession, day: date) -> Policy:
    """Give the policy by which a day's acts are judged (A001)."""
    version = await policy_version_on(session, day)
    return policy_of(version.version, version.clauses, version.parameters)


async def policy_version_on(session: AsyncSession, day: date) -> PolicyVersion:
    """Give the version in force that day; the database keeps it to one."""
    statement = select(PolicyVersion).where(
        col(PolicyVersion.state) == PolicyState.IN_FORCE,
        col(PolicyVersion.effective_from) <= day,
        or_(
            col(PolicyVersion.effective_until).is_(None),
            col(PolicyVersion.effective_until) >= day,
        ),
    )
    return found(await session.scalar(statement))


async def policies_on(session: AsyncSession, days: Collection[date]) -> dict[date, Policy]:
    """Give the policies by which acts of several days are judged, all at once (A001)."""
    in_force = (await session.scalars(policy_versions(PolicyState.IN_FORCE))).all()
    return {
        day: policy_of(version.version, version.clauses, version.parameters)
        for day in days
        for version in in_force
        if version.effective_from <= day
        and (version.effective_until is None or day <= version.effective_until)
    }


async def policies_of_acts(
    session: AsyncSession, days: Collection[date], today: date
) -> dict[date, Policy]:
    """Give the policy of each day on which something was done that is judged today (A001).

    A day without one is judged by today's: that it lies before every policy, or ahead, is for the
    rules of days to refuse.
    """
    then = await policies_on(session, days)
    if then.keys() >= set(days):
        return then
    now = await policy_on(session, today)
    return {day: then.get(day, now) for day in days}


def policy_versions(state: PolicyState) -> SelectOfScalar[PolicyVersion]:
    """Select the versions in a state; those whose text is missing judge nothing."""
    return select(PolicyVersion).where(col(PolicyVersion.state) == state)


async def policy_version(session: AsyncSession, version: str) -> PolicyVersion:
    """Give a version by its name, or by its id as text."""
    named = or_(col(PolicyVersion.version) == version, cast(col(PolicyVersion.id), Text) == version)
    statement = select(PolicyVersion).where(named)
    return found(await session.scalar(statement))


async def code_table(session: AsyncSession, scheme: str) -> Sequence[CodeEntry]:
    """Give a code table in its own order; an unknown one is NOT_FOUND."""
    statement = (
        select(CodeEntry).where(col(CodeEntry.scheme) == scheme).order_by(col(CodeEntry.place))
    )
    rows = (await session.scalars(statement)).all()
    found(rows or None)
    return rows


async def code_schemes(session: AsyncSession) -> Sequence[str]:
    """Name every code table."""
    statement = select(CodeEntry.scheme).distinct().order_by(col(CodeEntry.scheme))
    return (await session.scalars(statement)).all()


async def codes_of(session: AsyncSession, scheme: str) -> frozenset[str]:
    """Give the codes of a table; an unknown table has none."""
    statement = select(CodeEntry.code).where(col(CodeEntry.scheme) == scheme)
    return frozenset((await session.scalars(statement)).all())


def _active(day: date) -> Any:  # noqa: ANN401 - an SQL condition
    return (col(FieldEntry.active_from) <= day) & (
        col(FieldEntry.active_until).is_(None) | (col(FieldEntry.active_until) >= day)
    )


async def active_fields(session: AsyncSession, day: date) -> set[str]:
    """Give the codes of the fields that are active on a day (A047)."""
    return set((await session.scalars(select(FieldEntry.code).where(_active(day)))).all())


async def known_fields(session: AsyncSession) -> frozenset[str]:
    """Give every code of the field catalogue, active or not."""
    return frozenset((await session.scalars(select(FieldEntry.code))).all())


def fields(on: date | None) -> SelectOfScalar[FieldEntry]:
    """Select the fields, all of them or those active on a day."""
    statement = select(FieldEntry)
    return statement if on is None else statement.where(_active(on))


async def field_for_update(session: AsyncSession, code: str) -> FieldEntry:
    """Load and lock a field."""
    statement = select(FieldEntry).where(col(FieldEntry.code) == code)
    return found(await session.scalar(statement.with_for_update()))


async def field_exists(session: AsyncSession, code: str) -> bool:
    """Tell whether a field's code is taken."""
    return await session.get(FieldEntry, code) is not None


def calls(actor: Actor | None) -> SelectOfScalar[Call]:
    """Select the calls that the caller may see: drafts are the officials' own."""
    statement = select(Call)
    if actor is not None and actor.is_official:
        return statement
    return statement.where(col(Call.state) != CallState.DRAFT)


async def visible_call(session: AsyncSession, actor: Actor | None, call_id: UUID) -> Call:
    """Give a call that the caller may see."""
    return found(await session.scalar(calls(actor).where(col(Call.id) == call_id)))


async def call_for_update(session: AsyncSession, call_id: UUID) -> Call:
    """Load and lock a call."""
    statement = select(Call).where(col(Call.id) == call_id)
    return found(await session.scalar(statement.with_for_update()))


async def call_for(session: AsyncSession, call_id: UUID | None) -> Call:
    """Give the published call that an application names, or the rolling one (A115, A159)."""
    statement = select(Call).where(col(Call.state) == CallState.PUBLISHED)
    if call_id is None:
        return found(await session.scalar(statement.where(col(Call.is_default))))
    return found(await session.scalar(statement.where(col(Call.id) == call_id)))


async def call_of(session: AsyncSession, call_id: UUID) -> Call:
    """Give a call in any state: a later closing changes nothing for what was applied before."""
    return found(await session.get(Call, call_id))


async def working_days(session: AsyncSession) -> WorkingDays:
    """Give the calendar with the days that the table says otherwise (X10)."""
    rows = (await session.scalars(select(WorkingDayOverride))).all()
    return WorkingDays(MappingProxyType({row.day: row.is_working for row in rows}))


def overrides(year: int | None) -> SelectOfScalar[WorkingDayOverride]:
    """Select the days that differ from the published calendar, of a year or all of them."""
    statement = select(WorkingDayOverride)
    if year is None:
        return statement
    return statement.where(
        col(WorkingDayOverride.day) >= date(year, 1, 1),
        col(WorkingDayOverride.day) <= date(year, 12, 31),
    )


def day_changes(state: ChangeState | None) -> SelectOfScalar[WorkingDayChange]:
    """Select the proposed changes of the calendar."""
    statement = select(WorkingDayChange)
    return statement if state is None else statement.where(col(WorkingDayChange.state) == state)


async def day_change_for_update(session: AsyncSession, change_id: UUID) -> WorkingDayChange:
    """Load and lock a change of the calendar."""
    statement = select(WorkingDayChange).where(col(WorkingDayChange.id) == change_id)
    return found(await session.scalar(statement.with_for_update()))


async def policy_for_update(session: AsyncSession, policy_id: UUID) -> PolicyVersion:
    """Load and lock a version of the policy."""
    statement = select(PolicyVersion).where(col(PolicyVersion.id) == policy_id)
    return found(await session.scalar(statement.with_for_update()))


async def last_in_force(session: AsyncSession) -> PolicyVersion | None:
    """Load and lock the version that is in force last, so that two successors wait in line."""
    statement = (
        select(PolicyVersion)
        .where(col(PolicyVersion.state) == PolicyState.IN_FORCE)
        .order_by(col(PolicyVersion.effective_from).desc())
        .limit(1)
    )
    return await session.scalar(statement.with_for_update())


async def policy_exists(session: AsyncSession, version: str) -> bool:
    """Tell whether a version's name is taken."""
    statement = select(PolicyVersion.id).where(col(PolicyVersion.version) == version)
    return await session.scalar(statement) is not None


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the versions and days that wait for this official's approval."""
    del today  # They have no last day.
    if not actor.has("approver"):
        return []
    policies = await session.scalars(
        select(PolicyVersion.id)
        .where(
            col(PolicyVersion.state) == PolicyState.PROPOSED,
            col(PolicyVersion.drafted_by) != actor.person_id,
            col(PolicyVersion.proposed_by) != actor.person_id,
        )
        .limit(MOST_TASKS)
    )
    days = await session.scalars(
        select(WorkingDayChange.id)
        .where(
            col(WorkingDayChange.state) == ChangeState.PROPOSED,
            col(WorkingDayChange.proposed_by) != actor.person_id,
        )
        .limit(MOST_TASKS)
    )
    return [
        *(Task(policy_rules.APPROVE, policy_id) for policy_id in policies),
        *(Task(calendar_rules.APPROVE, change_id) for change_id in days),
    ]


async def names_of(session: AsyncSession, schemes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Give the Chinese and the English name of every code of some tables, as `scheme/code`."""
    statement = select(CodeEntry).where(col(CodeEntry.scheme).in_(schemes))
    rows = (await session.scalars(statement)).all()
    return {f"{row.scheme}/{row.code}": (row.name_zh, row.name_en) for row in rows}


async def people_who(
    session: AsyncSession, subject_id: UUID, actions: Collection[str]
) -> set[UUID]:
    """Give everyone who has done one of these with a thing, by the trail: none is written over."""
    statement = select(Audit.person_id).where(
        col(Audit.subject_id) == subject_id, col(Audit.action).in_(actions)
    )
    return set((await session.scalars(statement)).all())
