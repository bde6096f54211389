"""Selects of what is public; each names its columns, so that nothing else can slip out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.rules import ModelType, Stage
from registry.centers.tables import Center
from registry.facts.queries import open_facts
from registry.facts.tables import Fact
from registry.memberships.rules import State
from registry.memberships.tables import Membership
from registry.organizations.tables import Organization
from registry.programme.tables import FieldEntry
from registry.public.rules import HIDDEN_STAGES
from shared.http import PageRequest, paginate
from shared.rules import found


@dataclass(frozen=True, slots=True)
class PublicMember:
    """An organization of a centre, by its public name."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class CenterFilter:
    """Which centres are asked for."""

    stage: Stage | None = None
    model_type: ModelType | None = None
    field_code: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How many of what there are."""

    centers: int
    members: int
    facts: int
    by_stage: Sequence[tuple[str, int]]
    by_model: Sequence[tuple[str, int]]
    by_field: Sequence[tuple[str, str, str, int]]
    by_region: Sequence[tuple[str, int]]


def _listed() -> ColumnElement[bool]:
    return and_(col(Center.code).is_not(None), col(Center.stage).not_in(HIDDEN_STAGES))


def listed_centers() -> SelectOfScalar[Center]:
    """Select the centres that everyone sees."""
    return select(Center).where(_listed())


def _members_on(day: date) -> ColumnElement[bool]:
    return and_(
        col(Membership.state).in_((State.ACTIVE, State.LEAVING, State.LEFT)),
        or_(col(Membership.joined_on).is_(None), col(Membership.joined_on) <= day),
        or_(col(Membership.left_on).is_(None), col(Membership.left_on) >= day),
    )


async def page_of_centers(
    session: AsyncSession, asked: CenterFilter, page: PageRequest
) -> tuple[list[Center], str | None]:
    """Give a page of listed centres in the order of their codes."""
    statement = narrowed(listed_centers(), asked)
    filters: dict[str, Any] = {
        "stage": asked.stage,
        "model_type": asked.model_type,
        "field_code": asked.field_code,
    }
    return await paginate(
        session, statement, page, keys=[col(Center.listed_on), col(Center.id)], filters=filters
    )


def narrowed(statement: Select[Any], asked: CenterFilter) -> Select[Any]:
    """Narrow a select of centres to those that are asked for."""
    if asked.stage is not None:
        statement = statement.where(col(Center.stage) == asked.stage)
    if asked.model_type is not None:
        statement = statement.where(col(Center.model_type) == asked.model_type)
    if asked.field_code is not None:
        statement = statement.where(col(Center.field_codes).contains(array([asked.field_code])))
    return statement


async def all_centers(session: AsyncSession) -> Sequence[Center]:
    """Give every listed centre in the order of listing; they are some dozens."""
    statement = listed_centers().order_by(col(Center.listed_on), col(Center.id))
    return (await session.scalars(statement)).all()


async def listed_center(session: AsyncSession, code: str) -> Center:
    """Give a listed centre by its code; NOT_FOUND otherwise."""
    statement = select(Center).where(col(Center.code) == code, _listed())
    return found(await session.scalar(statement))


def members_on(day: date) -> Select[Any]:
    """Select the members of centres on a day: the centre, the public name and the role."""
    members: Any = (
        sa_select(col(Membership.center_id), col(Organization.name), col(Membership.role))
        .join(Organization, col(Organization.id) == col(Membership.org_id))
        .where(_members_on(day))
    )
    selected: Select[Any] = members
    return selected


async def members_of(
    session: AsyncSession, center_ids: Sequence[UUID], day: date
) -> dict[UUID, list[PublicMember]]:
    """Give the members of centres on a day by name, in the order in which they came."""
    statement = (
        members_on(day)
        .where(col(Membership.center_id).in_(center_ids))
        .order_by(col(Membership.id))
    )
    members: dict[UUID, list[PublicMember]] = {center_id: [] for center_id in center_ids}
    for center_id, name, role in (await session.execute(statement)).all():
        members[center_id].append(PublicMember(name, role))
    return members


async def figures(session: AsyncSession, day: date) -> Figures:
    """Count listed centres, their members and what was recorded at them."""
    listed = select(col(Center.id)).where(_listed())
    members = select(func.count(func.distinct(col(Membership.org_id)))).where(
        col(Membership.center_id).in_(listed), _members_on(day)
    )
    facts = (
        select(func.count()).select_from(Fact).where(col(Fact.center_id).in_(listed), open_facts())
    )
    # What was corrected happened once. Corrections are few and have an index of their own, so that
    # they are taken off: the large count stays in its index.
    corrections = facts.where(col(Fact.supersedes_id).is_not(None))
    tellings = await session.scalar(facts) or 0
    by_stage = await _counts(session, col(Center.stage))
    return Figures(
        centers=sum(count for _, count in by_stage),
        members=await session.scalar(members) or 0,
        facts=tellings - (await session.scalar(corrections) or 0),
        by_stage=by_stage,
        by_model=await _counts(session, col(Center.model_type)),
        by_field=await _by_field(session),
        by_region=await _by_region(session, day),
    )


async def _counts(session: AsyncSession, column: Any) -> list[tuple[str, int]]:  # noqa: ANN401 - a column of any type
    statement = select(column, func.count()).where(_listed()).group_by(column).order_by(column)
    return [(word.value, count) for word, count in (await session.execute(statement)).all()]


async def _by_field(session: AsyncSession) -> list[tuple[str, str, str, int]]:
    statement = (
        select(
            col(FieldEntry.code),
            col(FieldEntry.name_zh),
            col(FieldEntry.name_en),
            func.count(col(Center.id)),
        )
        .outerjoin(
            Center, and_(col(FieldEntry.code) == func.any(col(Center.field_codes)), _listed())
        )
        .group_by(col(FieldEntry.code))
        .order_by(col(FieldEntry.code))
    )
    return [(row[0], row[1], row[2], row[3]) for row in (await session.execute(statement)).all()]


async def _by_region(session: AsyncSession, day: date) -> list[tuple[str, int]]:
    prefix = func.left(col(Organization.region_code), 2)
    statement = (
        select(prefix, func.count(func.distinct(col(Organization.id))))
        .join(Membership, col(Membership.org_id) == col(Organization.id))
        .join(Center, col(Center.id) == col(Membership.center_id))
        .where(_listed(), _members_on(day))
        .group_by(prefix)
        .order_by(prefix)
    )
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]
