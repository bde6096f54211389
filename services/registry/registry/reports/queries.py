"""Aggregates of the whole programme, each one statement over a set, and no row of anybody's.

What is asked of facts is asked of the days of one year, so that the index over days answers it.
A correction takes the place of what it corrects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from registry.directory.queries import center_ids_of
from registry.facts.rules import CONFIDENTIAL
from registry.reports.rules import LISTED, Standing
from shared.auth import Actor
from shared.calendar import end_of_day

# Where a centre stood at an instant: the last step before it, or what the next one left.
STAGE_THEN: Final = """
    COALESCE(
        (SELECT to_stage FROM stage_change WHERE center_id = center.id AND at < days.until
          ORDER BY at DESC, id DESC LIMIT 1),
        (SELECT from_stage FROM stage_change WHERE center_id = center.id AND at >= days.until
          ORDER BY at, id LIMIT 1),
        center.stage
    )
"""
# A centre that became national has been so since; one that never took the step was entered so.
LEVEL_THEN: Final = """
    CASE WHEN EXISTS (SELECT FROM stage_change WHERE center_id = center.id
                         AND to_stage = 'national' AND at < days.until) THEN 'national'
         WHEN EXISTS (SELECT FROM stage_change WHERE center_id = center.id
                         AND to_stage = 'national') THEN 'municipal'
         ELSE center.level END
"""
# A centre that ended later was on the list then, and its figures are of that time.
ON_LIST: Final = f"{STAGE_THEN.replace('days.until', ':until')} NOT IN ('delisted', 'dissolved')"
STANDINGS: Final = text(
    f"""
    SELECT days.day, center.model_type,
           {STAGE_THEN} AS stage,
           {LEVEL_THEN} AS level,
           count(*) AS number
      FROM unnest(CAST(:days AS date[]), CAST(:untils AS timestamptz[])) AS days (day, until)
      JOIN center ON center.code IS NOT NULL AND center.listed_on <= days.day
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    """  # noqa: S608 - constants of this module
)
LISTINGS: Final = text(
    """
    SELECT CAST(extract(year FROM listed_on) AS integer) AS year, count(*) AS number
      FROM center WHERE code IS NOT NULL AND listed_on <= :day GROUP BY 1 ORDER BY 1
    """
)
FIELDS: Final = text(
    f"""
    SELECT field_entry.code, field_entry.name_zh, field_entry.name_en, count(center.id) AS number
      FROM field_entry
      LEFT JOIN center ON field_entry.code = ANY (center.field_codes)
           AND center.code IS NOT NULL AND center.listed_on <= :day
           AND {ON_LIST}
     GROUP BY field_entry.code ORDER BY field_entry.code
    """  # noqa: S608 - constants of this module
)
# Who takes part in a centre on a day: its lead sponsor, and its members of that day.
CIRCLE: Final = f"""
    circle AS MATERIALIZED (
        SELECT center.id AS center_id, center.lead_sponsor_id AS org_id FROM center
         WHERE center.code IS NOT NULL AND center.listed_on <= :day
           AND {ON_LIST}
        UNION
        SELECT center.id, membership.org_id FROM center
          JOIN membership ON membership.center_id = center.id
         WHERE center.code IS NOT NULL AND center.listed_on <= :day
           AND {ON_LIST}
           AND membership.state IN ('active', 'leaving', 'left', 'expelled')
           AND (membership.joined_on IS NULL OR membership.joined_on <= :day)
           AND (membership.left_on IS NULL OR membership.left_on >= :day)
    )
"""  # noqa: S608 - constants of this module
# Of the entries that speak of a day the newest is right; where none does, the register's word is.
SMALL_THEN: Final = """
    COALESCE(
        (SELECT CAST(entry.field_values ->> 'is_sme' AS boolean) FROM organization_entry AS entry
          WHERE entry.org_id = organization.id AND entry.field_values ->> 'is_sme' IS NOT NULL
            AND entry.valid_from <= :day
            AND (entry.valid_until IS NULL OR entry.valid_until >= :day)
          ORDER BY entry.version DESC LIMIT 1),
        organization.is_sme
    )
"""
ORGANIZATION_KINDS: Final = f"""
    org_type, left(region_code, 2) AS province, {SMALL_THEN} AS is_sme,
    substring(industry_code FROM '[0-9]{{2}}') AS division
"""
PARTICIPANTS: Final = text(
    f"""
    WITH {CIRCLE}
    SELECT {ORGANIZATION_KINDS}, count(*) AS number
      FROM organization WHERE id IN (SELECT org_id FROM circle)
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    """  # noqa: S608 - constants of this module
)
CIRCLES: Final = text(
    f"""
    WITH {CIRCLE}
    SELECT circle.center_id, {ORGANIZATION_KINDS}, count(*) AS number
      FROM circle JOIN organization ON organization.id = circle.org_id
     GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    """  # noqa: S608 - constants of this module
)
# Facts of listed centres that count: of the year, since the listing, and not corrected. What a
# centre brought along is told, and is no deed of the programme.
COUNTED: Final = """
    FROM fact JOIN center ON center.id = fact.center_id AND center.code IS NOT NULL
         AND center.listed_on <= fact.occurred_on
   WHERE fact.occurred_on BETWEEN :first AND :day
     AND NOT EXISTS (
         SELECT FROM fact AS later
          WHERE later.supersedes_id = fact.id AND later.supersedes_id IS NOT NULL
     )
"""
CHAIN: Final = text(
    f"""
    SELECT fact.center_id, fact.chain_stage, count(*) AS number
    {COUNTED} AND fact.chain_stage IS NOT NULL GROUP BY 1, 2
    """
)
# Agencies and other services read these figures: of a confidential kind not even a count (A152).
UNTOLD: Final = ", ".join(f"'{kind.value}'" for kind in sorted(CONFIDENTIAL))
KINDS: Final = text(
    f"""
    SELECT fact.kind, count(*) AS number
    {COUNTED} AND fact.kind NOT IN ({UNTOLD}) GROUP BY 1 ORDER BY 1
    """
)
CLIENTS: Final = text(
    f"""
    SELECT left(fact.region_code, 2) AS province, fact.is_sme IS TRUE AS is_sme,
           fact.is_member IS TRUE AS is_member, count(*) AS number
    {COUNTED} AND fact.kind = 'service' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
)
SHARED_HOURS: Final = text(
    f"""
    SELECT fact.center_id, sum(CAST(fact.payload ->> 'hours' AS numeric)) AS hours,
           sum(CAST(fact.payload ->> 'shared_hours' AS numeric)) AS shared_hours
    {COUNTED} AND fact.kind = 'resource_usage' GROUP BY 1
    """
)
# Two organizations of a centre that report one title, or one contract, work on it together.
PROJECTS: Final = text(
    f"""
    WITH reported AS (
        SELECT fact.center_id,
               COALESCE(fact.payload ->> 'contract_ref', fact.payload ->> 'title') AS project,
               count(DISTINCT fact.submitted_by_org_id) AS organizations
        {COUNTED} AND fact.kind = 'project' GROUP BY 1, 2
    )
    SELECT center_id, count(*) AS projects,
           count(*) FILTER (WHERE organizations > 1) AS joint_projects
      FROM reported GROUP BY 1
    """  # noqa: S608 - constants of this module
)
ABROAD: Final = text(
    f"""
    SELECT fact.center_id, count(*) AS number
    {COUNTED} AND fact.kind = 'international_project' GROUP BY 1
    """
)
BOOKED: Final = text(
    """
    SELECT shared_resource.center_id, sum(resource_booking.used_minutes) AS minutes
      FROM resource_booking
      JOIN shared_resource ON shared_resource.id = resource_booking.resource_id
     WHERE resource_booking.state = 'used'
       AND resource_booking.user_org_id <> shared_resource.org_id
       AND resource_booking.starts_at >= :from_instant AND resource_booking.starts_at < :until
     GROUP BY 1
    """
)
CENTERS: Final = text(
    f"""
    SELECT id, code, name FROM center
     WHERE code IS NOT NULL AND listed_on <= :day AND {ON_LIST}
     ORDER BY char_length(code), code
    """  # noqa: S608 - constants of this module
)


@dataclass(frozen=True, slots=True)
class Span:
    """A year up to a day, both ends included."""

    first: date
    day: date

    @property
    def values(self) -> dict[str, Any]:
        """Give it as parameters of the statements."""
        return {"first": self.first, "day": self.day}


@dataclass(frozen=True, slots=True)
class Named:
    """A centre by its code and name."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Circle:
    """How many organizations of one type, province, size and industrial division."""

    org_type: str
    province: str
    is_sme: bool
    division: str | None
    number: int


@dataclass(frozen=True, slots=True)
class Clients:
    """How many services went to clients of one province, size and belonging."""

    province: str | None
    is_sme: bool
    is_member: bool
    number: int


async def _rows(session: AsyncSession, statement: TextClause, **values: object) -> Sequence[Any]:
    return (await session.execute(statement, values)).all()


def _then(day: date) -> dict[str, Any]:
    return {"day": day, "until": end_of_day(day)}


async def standings(session: AsyncSession, days: Sequence[date]) -> dict[date, list[Standing]]:
    """Count listed centres by stage and level at the end of each of some days."""
    wanted = sorted(set(days))
    untils = [end_of_day(day) for day in wanted]
    found: dict[date, list[Standing]] = {day: [] for day in wanted}
    for day, _, stage, level, number in await _rows(session, STANDINGS, days=wanted, untils=untils):
        found[day].append(Standing(stage, level, number))
    return found


async def models(session: AsyncSession, day: date) -> dict[str, int]:
    """Count the centres that are listed on a day by their model."""
    counts: dict[str, int] = {}
    for _, model, stage, _, number in await _rows(
        session, STANDINGS, days=[day], untils=[end_of_day(day)]
    ):
        counts[model] = counts.get(model, 0) + (number if stage in LISTED else 0)
    return counts


async def listings(session: AsyncSession, day: date) -> dict[int, int]:
    """Count listings by their year."""
    return {row.year: row.number for row in await _rows(session, LISTINGS, day=day)}


async def fields(session: AsyncSession, day: date) -> list[tuple[str, str, str, int]]:
    """Count centres by field; one may name several."""
    return [tuple(row) for row in await _rows(session, FIELDS, **_then(day))]


async def participants(session: AsyncSession, day: date) -> list[Circle]:
    """Count the organizations that take part in one or more centres."""
    return [Circle(*row) for row in await _rows(session, PARTICIPANTS, **_then(day))]


async def circles(session: AsyncSession, day: date) -> dict[UUID, list[Circle]]:
    """Count the organizations of each centre."""
    found: dict[UUID, list[Circle]] = {}
    for center_id, *row in await _rows(session, CIRCLES, **_then(day)):
        found.setdefault(center_id, []).append(Circle(*row))
    return found


async def chain(session: AsyncSession, span: Span) -> dict[UUID, dict[str, int]]:
    """Count each centre's activities by the link of the chain that they serve (A019)."""
    found: dict[UUID, dict[str, int]] = {}
    for center_id, stage, number in await _rows(session, CHAIN, **span.values):
        found.setdefault(center_id, {})[stage] = number
    return found


async def kinds(session: AsyncSession, span: Span) -> dict[str, int]:
    """Count facts by kind."""
    return {row.kind: row.number for row in await _rows(session, KINDS, **span.values)}


async def clients(session: AsyncSession, span: Span) -> list[Clients]:
    """Count services by who was served."""
    return [Clients(*row) for row in await _rows(session, CLIENTS, **span.values)]


async def shared_hours(session: AsyncSession, span: Span) -> dict[UUID, tuple[Decimal, Decimal]]:
    """Sum each centre's hours of use, and those of them that others used (A005)."""
    rows = await _rows(session, SHARED_HOURS, **span.values)
    return {row.center_id: (row.hours, row.shared_hours) for row in rows}


async def booked_minutes(session: AsyncSession, span: Span) -> Mapping[UUID, int]:
    """Sum the minutes for which organizations used what another one shares (A062)."""
    rows = await _rows(
        session,
        BOOKED,
        from_instant=end_of_day(date.fromordinal(span.first.toordinal() - 1)),
        until=end_of_day(span.day),
    )
    return {row.center_id: row.minutes for row in rows}


async def projects(session: AsyncSession, span: Span) -> dict[UUID, tuple[int, int]]:
    """Count each centre's projects, and those on which organizations work together (A005)."""
    rows = await _rows(session, PROJECTS, **span.values)
    return {row.center_id: (row.projects, row.joint_projects) for row in rows}


async def abroad(session: AsyncSession, span: Span) -> dict[UUID, int]:
    """Count each centre's projects with partners abroad."""
    return {row.center_id: row.number for row in await _rows(session, ABROAD, **span.values)}


async def own_centers(session: AsyncSession, actor: Actor, day: date) -> frozenset[UUID]:
    """Name the centres to which the actor's organizations belong on a day (X04)."""
    return await center_ids_of(session, actor.org_ids, day)


async def centers(session: AsyncSession, day: date) -> list[Named]:
    """Name the centres that are on the list."""
    return [Named(*row) for row in await _rows(session, CENTERS, **_then(day))]
