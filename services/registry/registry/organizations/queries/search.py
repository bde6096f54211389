"""Organizations by name: parts of a name, and names with a wrong letter."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.organizations import rules
from registry.organizations.rules import Known
from registry.organizations.tables import Organization, OrganizationName

# Above any likeness, however long the name.
CONTAINED: Final = 2_000_000
PPM: Final = 1_000_000
MOST_CANDIDATES: Final = 40


def fits(name: str) -> ColumnElement[bool] | None:
    """Give the condition under which a kept name fits; None where no letter was written."""
    pattern = rules.search_pattern(name)
    if pattern is None:
        return None
    key = col(OrganizationName.search_key)
    fuzzy = rules.fuzzy_key(name)
    contained = key.like(pattern)
    # `%>` is the operator that the trigram index knows; its threshold is the extension's own.
    return contained if fuzzy is None else or_(contained, key.op("%>", is_comparison=True)(fuzzy))


def _closeness(name: str) -> ColumnElement[int]:
    """Rank names that contain what was written before those that are only like it.

    Of the former the shortest is closest: what is equal comes first. Likeness is costly, so that
    a part which half of the names contain is not weighed against each of them.
    """
    key = col(OrganizationName.search_key)
    contained = literal(CONTAINED) - func.char_length(key)
    alike = cast(func.similarity(key, rules.search_key(name)) * PPM, Integer)
    return case((key.like(rules.search_pattern(name) or ""), contained), else_=alike)


def found_by_name(name: str, statement: Select[Any]) -> tuple[Select[Any], Sequence[Any]]:
    """Narrow a select to a written name, and give the keys of its order, closest first.

    A name of one that was followed finds who stands there today.
    """
    condition = fits(name)
    bearer = func.coalesce(col(Organization.successor_id), col(Organization.id))
    near = (
        select(bearer.label("org_id"), func.max(_closeness(name)).label("closeness"))
        .join(Organization, col(Organization.id) == col(OrganizationName.org_id))
        .where(literal(value=False) if condition is None else condition)
        .group_by(bearer)
        .subquery("near")
    )
    narrowed = statement.join(near, near.c.org_id == col(Organization.id))
    return narrowed, [near.c.closeness.desc(), col(Organization.id)]


async def names_like(session: AsyncSession, name: str, code: str | None) -> list[Known]:
    """Give the names that may be meant by a written one, or that belong to a written code."""
    condition = fits(name)
    conditions = [] if condition is None else [condition]
    statement = (
        select(OrganizationName, Organization)
        .join(Organization, col(Organization.id) == col(OrganizationName.org_id))
        .order_by(_closeness(name).desc(), col(OrganizationName.id))
        .limit(MOST_CANDIDATES)
    )
    rows: list[Any] = []
    if conditions:
        rows += (await session.execute(statement.where(*conditions))).all()
    if code is not None:
        by_code = statement.where(col(Organization.uscc) == code)
        rows += (await session.execute(by_code)).all()
    return [
        Known(
            organization.successor_id or organization.id,
            organization.uscc,
            name.name,
            name.kind,
            organization.region_code,
        )
        for name, organization in rows
    ]
