"""Organizations by name: parts of a name, and names with a wrong letter.

Where half of the register shares a part, ranking all that fit costs seconds. Two indexes give
names in the order of their closeness: those that contain what was written by length, those that
are like it by distance. So only the closest are ever read, and ranked. Of few, as those
of a district, walking by distance would pass by nearly all others: these are read and ranked.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, literal, or_, union
from sqlalchemy import select as sa_select
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
# So many names are ranked in less time than an index takes to pass by all others.
FEW: Final = 10_000

KEY: Final = col(OrganizationName.search_key)


def _closest(name: str, names: Select[Any], most: int, *, few: bool = False) -> Select[Any] | None:
    """Give the names of a select that fit a written one, the `most` closest, with `closeness`.

    Those that contain what was written come before those that are only like it; of the former
    the shortest is closest: what is equal comes first. None where no letter was written. `few`
    names are read before they are compared, instead of being looked for by closeness.
    """
    pattern, fuzzy, written = (
        rules.search_pattern(name), rules.fuzzy_key(name), rules.search_key(name)
    )  # fmt: skip
    if pattern is None:
        return None
    name_id: Any = col(OrganizationName.id)
    key: Any = KEY
    likeness: Any = func.similarity(KEY, written)
    if few:
        within = names.add_columns(KEY.label("search_key"), likeness.label("likeness"))
        read = within.cte("within").prefix_with("MATERIALIZED")
        own = [column for column in read.c if column.key not in {"search_key", "likeness"}]
        names = sa_select(*own)
        name_id, key, likeness = read.c.name_id, read.c.search_key, read.c.likeness
    length = func.char_length(key)
    alike = cast(likeness * PPM, Integer)
    closeness = case((key.like(pattern), literal(CONTAINED) - length), else_=alike)
    named = names.add_columns(closeness.label("closeness"))
    containing = named.where(key.like(pattern)).order_by(length, name_id).limit(most).cte()
    parts: list[Any] = [containing.select()]
    if fuzzy is not None:
        # Where enough contain it, none of those that are like it is looked for.
        enough = select(func.count()).select_from(containing).scalar_subquery() >= most
        # `%>` is the operator that the trigram index knows; its threshold is the extension's own.
        if few:
            nearest = _fitting_of_few(named, key, likeness, fuzzy).where(~enough)
        else:
            fitting = named.where(key.op("%>", is_comparison=True)(fuzzy), ~enough)
            nearest = fitting.order_by(key.op("<->")(written), name_id)
        nearest = nearest.limit(most)
        parts.append(nearest.subquery().select())
    # Some of the second part contain it too, and are in the first.
    found: Any = union(*parts).subquery("found")
    closest: Select[Any] = found.select().order_by(found.c.closeness.desc(), found.c.name_id)
    return closest.limit(most)


def _fitting_of_few(named: Select[Any], key: Any, likeness: Any, fuzzy: str) -> Select[Any]:  # noqa: ANN401 - columns
    """Give those that fit in the order of likeness, so that only as many are asked as are wanted.

    The offset keeps the question out of the sorting.
    """
    ranked = named.add_columns(key.label("key"), likeness.label("rank"))
    ranked = ranked.order_by(likeness.desc(), named.selected_columns.name_id).offset(0)
    read = ranked.subquery()
    told = [column for column in read.c if column.key not in {"key", "rank"}]
    fits = read.c.key.op("%>", is_comparison=True)(fuzzy)
    return sa_select(*told).where(fits).order_by(read.c.rank.desc(), read.c.name_id)


async def is_few(session: AsyncSession, statement: Select[Any]) -> bool:
    """Tell whether a select of organizations has at most FEW: counted no further than that."""
    ids = statement.with_only_columns(col(Organization.id)).limit(FEW + 1).subquery()
    return (await session.scalar(select(func.count()).select_from(ids)) or 0) <= FEW


def found_by_name(
    name: str, statement: Select[Any], *, few: bool = False
) -> tuple[Select[Any], Sequence[Any]]:
    """Narrow a select of organizations to a written name, and give its order, closest first.

    A name of one that was followed finds who stands there today. The closest MOST_FOUND names are
    found, of those whose bearers the select admits; `few` says that these are not many (`is_few`).
    """
    own = aliased(Organization)
    bearer: ColumnElement[Any] = func.coalesce(col(own.successor_id), col(own.id))
    # The same for who stands there today; from few of these, each side is found by its index.
    borne = bearer == col(Organization.id)
    if few:
        borne = or_(
            col(own.id) == col(Organization.id), col(own.successor_id) == col(Organization.id)
        )
    names: Any = (
        statement.with_only_columns(
            col(Organization.id).label("org_id"), col(OrganizationName.id).label("name_id")
        )
        .join(own, borne)
        .join(OrganizationName, col(OrganizationName.org_id) == col(own.id))
    )
    closest = _closest(name, names, MOST_FOUND, few=few)
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
