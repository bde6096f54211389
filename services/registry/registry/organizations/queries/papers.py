"""What was entered of organizations over time: entries, names, papers, figures, records."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, literal_column, or_, text, true
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.organizations.rules import (
    HISTORY,
    HOLDING,
    TESTING,
    NameKind,
    NameLanguage,
    QualificationState,
)
from registry.organizations.rules.history import Entry
from registry.organizations.rules.standing import Bar
from registry.organizations.tables import (
    DishonestyRecord,
    Organization,
    OrganizationEntry,
    OrganizationName,
    Qualification,
    Succession,
    YearlyProfile,
)
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind

VERIFY_STATEMENT: Final = TaskKind(
    "verify_organization_statement",
    "核实单位自行申报的信息",
    "Verify what an organization states of itself",
    HISTORY,
    "GET",
    "/v1/registry/organization-statements?only_open=true&organization_id={id}",
)
VERIFY_QUALIFICATION: Final = TaskKind(
    "verify_qualification",
    "核实单位资质",
    "Verify an organization's qualification",
    TESTING,
    "GET",
    "/v1/registry/organizations/{id}/qualifications",
)
VERIFY_AGAIN: Final = TaskKind(
    "verify_organization_again",
    "复核到期的单位信息",
    "Verify again what an organization was verified for",
    HISTORY,
    "GET",
    "/v1/registry/organizations/{id}/history",
)


async def entries_of(session: AsyncSession, org_id: UUID) -> list[Entry]:
    """Give all that was ever entered of an organization and counts."""
    statement = select(OrganizationEntry).where(col(OrganizationEntry.org_id) == org_id)
    return [_entry(row) for row in (await session.scalars(statement)).all()]


def _entry(row: OrganizationEntry) -> Entry:
    return Entry(
        row.id, row.version, row.field_values, row.valid_from, row.valid_until, row.recorded_at
    )


async def entries_saying(
    session: AsyncSession, org_ids: Collection[UUID], fields: Collection[str]
) -> dict[UUID, list[Entry]]:
    """Give the entries of organizations that say something of these fields, by organization."""
    if not org_ids:
        return {}
    statement = select(OrganizationEntry).where(
        col(OrganizationEntry.org_id).in_(org_ids),
        col(OrganizationEntry.field_values).op("?|")(array(list(fields))),
    )
    said: dict[UUID, list[Entry]] = defaultdict(list)
    for row in await session.scalars(statement):
        said[row.org_id].append(_entry(row))
    return said


def entries(org_id: UUID) -> SelectOfScalar[OrganizationEntry]:
    """Select what was entered of an organization."""
    return select(OrganizationEntry).where(col(OrganizationEntry.org_id) == org_id)


async def entry_rows(session: AsyncSession, org_id: UUID) -> dict[UUID, OrganizationEntry]:
    """Give the entries of an organization with where they come from, by id."""
    statement = select(OrganizationEntry).where(col(OrganizationEntry.org_id) == org_id)
    return {row.id: row for row in (await session.scalars(statement)).all()}


async def entry_found(session: AsyncSession, org_id: UUID, entry_id: UUID) -> OrganizationEntry:
    """Give an entry of an organization; NOT_FOUND otherwise."""
    statement = select(OrganizationEntry).where(
        col(OrganizationEntry.id) == entry_id, col(OrganizationEntry.org_id) == org_id
    )
    return found(await session.scalar(statement))


async def decided(session: AsyncSession, entry_id: UUID) -> bool:
    """Tell whether a statement has been decided."""
    statement = select(OrganizationEntry.id).where(col(OrganizationEntry.decides_id) == entry_id)
    return await session.scalar(statement) is not None


def statements_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Give the condition under which the actor may see what was stated (X04)."""
    if actor.has("official"):
        return true()
    return col(OrganizationEntry.org_id).in_(actor.org_ids)


def statements(org_id: UUID | None = None, *, only_open: bool = False) -> Select[Any]:
    """Select statements, each with the entry that decided it, or None."""
    decision = aliased(OrganizationEntry)
    statement: Any = (
        select(OrganizationEntry, decision)
        .outerjoin(decision, col(decision.decides_id) == col(OrganizationEntry.id))
        # As the partial index says it, so that the planner sees that it serves.
        .where(text("organization_entry.stated <> '{}'::jsonb"))
    )
    if org_id is not None:
        statement = statement.where(col(OrganizationEntry.org_id) == org_id)
    if only_open:
        statement = statement.where(col(decision.id).is_(None))
    selected: Select[Any] = statement
    return selected


async def open_statements_of(
    session: AsyncSession, org_ids: Collection[UUID]
) -> dict[UUID, list[str]]:
    """Name what organizations have stated and nobody has decided yet, by organization."""
    rows = await session.execute(
        statements(only_open=True).where(col(OrganizationEntry.org_id).in_(org_ids))
    )
    stated: dict[UUID, set[str]] = {}
    for entry, _ in rows.all():
        stated.setdefault(entry.org_id, set()).update(entry.stated)
    return {org_id: sorted(names) for org_id, names in stated.items()}


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Tell a handler what to verify: statements, papers, and what is due to be looked at again.

    What he has stated himself is somebody else's to verify (X03).
    """
    if not actor.has("handler"):
        return []
    stated = (
        statements(only_open=True)
        .with_only_columns(col(OrganizationEntry.org_id))
        .where(col(OrganizationEntry.stated_by) != actor.person_id)
    )
    papers = select(Qualification.org_id).where(
        col(Qualification.state) == QualificationState.STATED,
        col(Qualification.stated_by) != actor.person_id,
    )
    due = due_again(today).with_only_columns(
        col(OrganizationEntry.org_id), col(OrganizationEntry.due_again_on)
    )
    tasks = [
        Task(kind, org_id)
        for kind, statement in ((VERIFY_STATEMENT, stated), (VERIFY_QUALIFICATION, papers))
        for org_id in (await session.scalars(statement.distinct().limit(MOST_TASKS))).all()
    ]
    again = (
        await session.execute(due.order_by(col(OrganizationEntry.due_again_on)).limit(MOST_TASKS))
    ).all()
    return [*tasks, *(Task(VERIFY_AGAIN, row[0], due_on=row[1]) for row in again)]


def due_again(until: date) -> SelectOfScalar[OrganizationEntry]:
    """Select entries that are to be verified again by a day, and that nothing later renews."""
    later = aliased(OrganizationEntry)
    keys: Any = literal_column("ARRAY(SELECT jsonb_object_keys(organization_entry.field_values))")
    renewed = exists().where(
        col(later.org_id) == col(OrganizationEntry.org_id),
        col(later.version) > col(OrganizationEntry.version),
        col(later.field_values).op("?|", is_comparison=True)(keys),
    )
    return select(OrganizationEntry).where(
        col(OrganizationEntry.due_again_on).is_not(None),
        col(OrganizationEntry.due_again_on) <= until,
        ~renewed,
    )


async def names_of(session: AsyncSession, org_id: UUID) -> Sequence[OrganizationName]:
    """Give the names of an organization, those of the organizations that it followed included."""
    bearers = select(Organization.id).where(
        or_(col(Organization.id) == org_id, col(Organization.successor_id) == org_id)
    )
    statement = (
        select(OrganizationName)
        .where(col(OrganizationName.org_id).in_(bearers))
        .order_by(col(OrganizationName.id))
    )
    return (await session.scalars(statement)).all()


async def name_for_update(session: AsyncSession, org_id: UUID, name_id: UUID) -> OrganizationName:
    """Load and lock a name of an organization."""
    statement = select(OrganizationName).where(
        col(OrganizationName.id) == name_id, col(OrganizationName.org_id) == org_id
    )
    return found(await session.scalar(statement.with_for_update()))


async def full_name_of(session: AsyncSession, org_id: UUID) -> OrganizationName | None:
    """Give the row of the registered name that an organization bears."""
    statement = select(OrganizationName).where(
        col(OrganizationName.org_id) == org_id,
        col(OrganizationName.kind) == NameKind.FULL,
        col(OrganizationName.language) == NameLanguage.ZH,
        col(OrganizationName.until_on).is_(None),
    )
    name: OrganizationName | None = await session.scalar(
        statement.order_by(col(OrganizationName.id).desc()).limit(1)
    )
    return name


async def successions_of(session: AsyncSession, org_id: UUID) -> Sequence[Succession]:
    """Give every succession in which an organization takes part."""
    statement = select(Succession).where(
        or_(col(Succession.predecessor_id) == org_id, col(Succession.successor_id) == org_id)
    )
    return (await session.scalars(statement.order_by(col(Succession.id)))).all()


async def followed_by(session: AsyncSession, org_id: UUID) -> Sequence[Organization]:
    """Load and lock the organizations in whose place this one stands."""
    statement = select(Organization).where(col(Organization.successor_id) == org_id)
    return (await session.scalars(statement.order_by(col(Organization.id)).with_for_update())).all()


async def successor_ids(session: AsyncSession, org_ids: Collection[UUID]) -> frozenset[UUID]:
    """Name the organizations that stand in the place of these."""
    statement = select(Organization.successor_id).where(
        col(Organization.id).in_(org_ids), col(Organization.successor_id).is_not(None)
    )
    return frozenset(one for one in await session.scalars(statement) if one is not None)


async def predecessor_ids(session: AsyncSession, org_id: UUID) -> frozenset[UUID]:
    """Name the organizations for which one acts beside itself: it stands in their place.

    The last of a chain acts for all before it, and nobody in between. A divided organization
    stands and acts for itself.
    """
    statement = select(Organization.id).where(col(Organization.successor_id) == org_id)
    return frozenset((await session.scalars(statement)).all())


def dishonesty_records(org_id: UUID) -> SelectOfScalar[DishonestyRecord]:
    """Select the records of an organization and of those that it followed (X17)."""
    bearers = select(Organization.id).where(
        or_(col(Organization.id) == org_id, col(Organization.successor_id) == org_id)
    )
    return select(DishonestyRecord).where(col(DishonestyRecord.org_id).in_(bearers))


async def bars_of(session: AsyncSession, org_id: UUID) -> list[Bar]:
    """Give when an organization is barred, by its own records and those that it took over."""
    rows = (await session.scalars(dishonesty_records(org_id))).all()
    return [Bar(row.from_on, row.until_on, row.lifted_on) for row in rows]


async def barred_on(session: AsyncSession, org_id: UUID, day: date) -> bool:
    """Tell whether a record of serious dishonesty barred an organization on a day (X17)."""
    return any(bar.bars(day) for bar in await bars_of(session, org_id))


async def record_for_update(
    session: AsyncSession, org_id: UUID, record_id: UUID
) -> DishonestyRecord:
    """Load and lock a record of an organization."""
    statement = select(DishonestyRecord).where(
        col(DishonestyRecord.id) == record_id, col(DishonestyRecord.org_id) == org_id
    )
    return found(await session.scalar(statement.with_for_update()))


async def lasting_records(
    session: AsyncSession, org_id: UUID, today: date
) -> Sequence[DishonestyRecord]:
    """Load and lock the records that bar an organization on a day."""
    statement = select(DishonestyRecord).where(
        col(DishonestyRecord.org_id) == org_id,
        col(DishonestyRecord.lifted_on).is_(None),
        col(DishonestyRecord.until_on) >= today,
    )
    return (
        await session.scalars(statement.order_by(col(DishonestyRecord.id)).with_for_update())
    ).all()


def qualifications(org_id: UUID, valid_on: date | None = None) -> SelectOfScalar[Qualification]:
    """Select the papers of an organization, all of them or those that hold on a day."""
    statement = select(Qualification).where(col(Qualification.org_id) == org_id)
    return statement if valid_on is None else statement.where(_holds(valid_on))


def _holds(day: date) -> ColumnElement[bool]:
    """Say `rules.holds_on` in SQL: the last day counts; a paper held until it was taken back."""
    return and_(
        col(Qualification.state) != QualificationState.REFUSED,
        col(Qualification.valid_from) <= day,
        or_(col(Qualification.valid_to).is_(None), col(Qualification.valid_to) >= day),
        or_(col(Qualification.state).in_(HOLDING), col(Qualification.revoked_on) > day),
    )


def valid_qualification_ids(day: date) -> SelectOfScalar[UUID]:
    """Select the ids of the papers that hold on a day, for a condition of another select (A070)."""
    return select(Qualification.id).where(_holds(day))


async def qualifications_valid_on(
    session: AsyncSession, qualification_ids: Collection[UUID], day: date
) -> set[UUID]:
    """Give those of the papers that hold on a day; the last day counts (A070)."""
    statement = valid_qualification_ids(day).where(col(Qualification.id).in_(qualification_ids))
    return set((await session.scalars(statement)).all())


async def qualification_valid_on(session: AsyncSession, qualification_id: UUID, day: date) -> bool:
    """Tell whether a paper holds on a day; an unknown one does not (A070)."""
    return bool(await qualifications_valid_on(session, [qualification_id], day))


async def qualifications_of(session: AsyncSession, org_id: UUID) -> set[UUID]:
    """Give the ids of an organization's papers, whatever became of them."""
    statement = select(Qualification.id).where(col(Qualification.org_id) == org_id)
    return set((await session.scalars(statement)).all())


async def qualification_for_update(
    session: AsyncSession, org_id: UUID, qualification_id: UUID
) -> Qualification:
    """Load and lock a paper of an organization."""
    statement = select(Qualification).where(
        col(Qualification.id) == qualification_id, col(Qualification.org_id) == org_id
    )
    return found(await session.scalar(statement.with_for_update()))


def figures_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Give the condition under which the actor may see an organization's figures (X04)."""
    if actor.has("official", "service"):
        return true()
    return col(YearlyProfile.org_id).in_(actor.org_ids)


def profiles(
    actor: Actor, org_id: UUID, as_of: datetime | None = None
) -> SelectOfScalar[YearlyProfile]:
    """Select the newest figures of each year, as known at an instant."""
    later = aliased(YearlyProfile)
    superseded = [
        col(later.org_id) == col(YearlyProfile.org_id),
        col(later.year) == col(YearlyProfile.year),
        col(later.version) > col(YearlyProfile.version),
    ]
    conditions: list[Any] = [col(YearlyProfile.org_id) == org_id, figures_seen_by(actor)]
    if as_of is not None:
        superseded.append(col(later.recorded_at) <= as_of)
        conditions.append(col(YearlyProfile.recorded_at) <= as_of)
    return select(YearlyProfile).where(*conditions, ~exists().where(*superseded))


async def profile_versions(
    session: AsyncSession, actor: Actor, org_id: UUID, year: int
) -> Sequence[YearlyProfile]:
    """Give every version of a year's figures, oldest first; NOT_FOUND where there is none."""
    statement = select(YearlyProfile).where(
        col(YearlyProfile.org_id) == org_id,
        col(YearlyProfile.year) == year,
        figures_seen_by(actor),
    )
    rows = (await session.scalars(statement.order_by(col(YearlyProfile.version)))).all()
    found(rows or None)
    return rows


async def newest_profile(session: AsyncSession, org_id: UUID, year: int) -> YearlyProfile | None:
    """Give the newest version of a year's figures, whoever asks."""
    statement = select(YearlyProfile).where(
        col(YearlyProfile.org_id) == org_id, col(YearlyProfile.year) == year
    )
    profile: YearlyProfile | None = await session.scalar(
        statement.order_by(col(YearlyProfile.version).desc()).limit(1)
    )
    return profile
