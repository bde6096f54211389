"""Organizations by name: parts of a name, and names with a wrong letter.

Where half of the register shares a part, ranking all that fit costs seconds. Two indexes give
names in the order of their closeness: those that contain what was written by length, those that
are like it by distance. So only the closest are ever read, and ranked.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from registry.organizations import rules
from registry.organizations.rules import Known
from registry.organizations.tables import Organization, OrganizationName

# Above any likeness, however long the name.
CONTAINED: Final = 2_000_000
PPM: Final = 1_000_000
MOST_CANDIDATES: Final = 40
MOST_FOUND: Final = 500

KEY: Final = col(OrganizationName.search_key)


def _closest(name: str, statement: Select[Any], most: int) -> Select[Any] | None:
    """Give the names of a select that fit a written one, the `most` closest, with `closeness`.

    Those that contain what was written come before those that are only like it; of the former
    the shortest is closest: what is equal comes first. None where no letter was written.
    """
    pattern, fuzzy, key = rules.search_pattern(name), rules.fuzzy_key(name), rules.search_key(name)
    if pattern is None:
        return None
    length = func.char_length(KEY)
    alike = cast(func.similarity(KEY, key) * PPM, Integer)
    closeness = case((KEY.like(pattern), literal(CONTAINED) - length), else_=alike)
    named = statement.add_columns(closeness.label("closeness"))
    name_id = col(OrganizationName.id)
    containing = named.where(KEY.like(pattern)).order_by(length, name_id).limit(most).cte()
    parts: list[Any] = [containing.select()]
    if fuzzy is not None:
        # `%>` is the operator that the trigram index knows; its threshold is the extension's own.
        # Where enough contain it, none of those that are like it is looked for.
        enough = select(func.count()).select_from(containing).scalar_subquery() >= most
        fitting = named.where(KEY.op("%>", is_comparison=True)(fuzzy), ~enough)
        nearest = fitting.order_by(KEY.op("<->")(key), name_id).limit(most)
        parts.append(nearest.subquery().select())
    # Some of the second part contain it too, and are in the first.
    found: Any = union(*parts).subquery("found")
    closest: Select[Any] = found.select().order_by(found.c.closeness.desc(), found.c.name_id)
    return closest.limit(most)


def found_by_name(name: str, statement: Select[Any]) -> tuple[Select[Any], Sequence[Any]]:
    """Narrow a select of organizations to a written name, and give its order, closest first.

    A name of one that was followed finds who stands there today. The closest MOST_FOUND names are
    found, of those whose bearers the select admits.
    """
    own = aliased(Organization)
    bearer: ColumnElement[Any] = func.coalesce(col(own.successor_id), col(own.id))
    names: Any = (
        statement.with_only_columns(
            col(Organization.id).label("org_id"), col(OrganizationName.id).label("name_id")
        )
        .join(own, bearer == col(Organization.id))
        .join(OrganizationName, col(OrganizationName.org_id) == col(own.id))
    )
    closest = _closest(name, names, MOST_FOUND)
    if closest is None:
        return statement.where(literal(value=False)), [col(Organization.id)]
    found = closest.subquery("closest")
    near = (
        select(found.c.org_id, func.max(found.c.closeness).label("closeness"))
        .group_by(found.c.org_id)
        .subquery("near")
    )
    narrowed = statement.join(near, near.c.org_id == col(Organization.id))
    return narrowed, [near.c.closeness.desc(), col(Organization.id)]


async def names_like(session: AsyncSession, name: str, code: str | None) -> list[Known]:
    """Give the names that may be meant by a written one, or that belong to a written code."""
    rows: list[Any] = []
    names: Any = select(col(OrganizationName.id).label("name_id"))
    closest = _closest(name, names, MOST_CANDIDATES)
    borne = select(OrganizationName, Organization).join(
        Organization, col(Organization.id) == col(OrganizationName.org_id)
    )
    if closest is not None:
        found = closest.subquery("closest")
        meant = borne.join(found, found.c.name_id == col(OrganizationName.id))
        ordered = meant.order_by(found.c.closeness.desc(), found.c.name_id)
        rows += (await session.execute(ordered)).all()
    if code is not None:
        by_code = borne.where(col(Organization.uscc) == code).order_by(col(OrganizationName.id))
        rows += (await session.execute(by_code.limit(MOST_CANDIDATES))).all()
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
