"""What facts come to: counted by set, as far as the caller may see them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, exists, extract, func
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from registry.facts.queries.reading import FactFilter, conditions, visible_to
from registry.facts.rules import PIPELINES, ChainStage, FactKind
from registry.facts.tables import Fact
from shared.auth import Actor

TECHNOLOGIES = PIPELINES[FactKind.TECHNOLOGY_STAGE]
PAYLOAD = col(Fact.payload)
# Steps of one centre abroad; more are no longer followed by hand.
MOST_STEPS = 5_000


def _counted(asked: FactFilter, actor: Actor, today: date) -> list[ColumnElement[bool]]:
    """Give the conditions of facts that count: seen, asked for, and not corrected as was known."""
    later = aliased(Fact)
    corrected = [col(later.supersedes_id) == col(Fact.id)]
    if asked.as_of is not None:
        corrected.append(col(later.recorded_at) <= asked.as_of)
    return [visible_to(actor, today), *conditions(asked), ~exists().where(*corrected)]


async def chain_counts(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> dict[ChainStage, int]:
    """Count a centre's activities by the link of the chain that they serve (A019)."""
    statement = (
        select(col(Fact.chain_stage), func.count())
        .where(*_counted(asked, actor, today), col(Fact.chain_stage).is_not(None))
        .group_by(col(Fact.chain_stage))
    )
    rows = (await session.execute(statement)).all()
    return {ChainStage(stage): count for stage, count in rows if stage is not None}


async def diffusion_counts(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> list[tuple[str, int, int]]:
    """Count what was passed on by its content: how often, and how often to a small firm (A090)."""
    content = col(Fact.payload)["content"].astext
    statement = (
        select(content, func.count(), func.count().filter(col(Fact.is_sme).is_(True)))
        .where(*_counted(asked, actor, today), col(Fact.kind) == FactKind.DIFFUSION)
        .group_by(content)
        .order_by(content)
    )
    return [(row[0], row[1], row[2]) for row in (await session.execute(statement)).all()]


async def client_counts(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> list[tuple[str | None, int, int]]:
    """Count services by the province of the client, with its share of members (A092)."""
    province = func.left(col(Fact.region_code), 2)
    statement = (
        select(province, func.count(), func.count().filter(col(Fact.is_member).is_(True)))
        .where(*_counted(asked, actor, today), col(Fact.kind) == FactKind.SERVICE)
        .group_by(province)
        .order_by(province)
    )
    return [(row[0], row[1], row[2]) for row in (await session.execute(statement)).all()]


@dataclass(frozen=True, slots=True)
class Entered:
    """How many technologies of one field and kind entered a stage in a year."""

    year: int
    field_code: str
    technology_kind: str
    stage: str
    count: int


async def stages_entered(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> list[Entered]:
    """Count the stages that technologies entered, by year, field and kind (A008, A015)."""
    keys = (
        extract("year", col(Fact.occurred_on)),
        PAYLOAD["field_code"].astext,
        PAYLOAD["technology_kind"].astext,
        PAYLOAD["stage"].astext,
    )
    statement = (
        sa_select(*keys, func.count())
        .where(*_counted(asked, actor, today), col(Fact.kind) == FactKind.TECHNOLOGY_STAGE)
        .group_by(*keys)
        .order_by(*keys)
    )
    rows = (await session.execute(statement)).all()
    return [Entered(int(row[0]), row[1], row[2], row[3], row[4]) for row in rows]


async def technologies_by_stage(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> dict[str, int]:
    """Count technologies by the last stage that they entered (A008)."""
    states = [state for state in TECHNOLOGIES.moves if state is not None]
    place = case({state: TECHNOLOGIES.place(state) for state in states}, value=_text("stage"))
    reached = (
        sa_select(func.max(place).label("place"))
        .where(*_counted(asked, actor, today), col(Fact.kind) == FactKind.TECHNOLOGY_STAGE)
        .group_by(col(Fact.center_id), _text(TECHNOLOGIES.subject_field))
        .subquery()
    )
    statement = sa_select(reached.c.place, func.count()).group_by(reached.c.place)
    rows = (await session.execute(statement)).all()
    counts: dict[int, int] = {row[0]: row[1] for row in rows}
    return {state: counts.get(TECHNOLOGIES.place(state), 0) for state in states}


async def project_counts(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> list[tuple[str, str, str | None, int, int]]:
    """Count projects by kind, source and stage, with the people trained in them (A028, A150)."""
    keys = (_text("project_kind"), _text("source"), _text("stage"))
    trained = func.coalesce(func.jsonb_array_length(PAYLOAD["trainee_refs"]), 0)
    statement = (
        sa_select(*keys, func.count(), func.sum(trained))
        .where(*_counted(asked, actor, today), col(Fact.kind) == FactKind.PROJECT)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [(*row[:4], int(row[4])) for row in (await session.execute(statement)).all()]


async def bottleneck_counts(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> list[tuple[str, int]]:
    """Count what is done against each weakness of the industry, whatever its kind (A006)."""
    named = (
        sa_select(func.jsonb_array_elements_text(PAYLOAD["bottlenecks"]).label("tag"))
        .where(*_counted(asked, actor, today))
        .subquery()
    )
    statement = sa_select(named.c.tag, func.count()).group_by(named.c.tag).order_by(named.c.tag)
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def training_counts(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> tuple[int, int, int]:
    """Count trainings, who took part, and who of them came from a small company (A038)."""
    times = cast(_text("person_times"), BigInteger)
    small = func.sum(times).filter(col(Fact.is_sme).is_(True))
    statement = sa_select(func.count(), func.sum(times), small).where(
        *_counted(asked, actor, today), col(Fact.kind) == FactKind.TRAINING
    )
    sessions, all_times, of_small = (await session.execute(statement)).one()
    return sessions, int(all_times or 0), int(of_small or 0)


async def abroad(
    session: AsyncSession, actor: Actor, asked: FactFilter, today: date
) -> list[tuple[FactKind, date, dict[str, Any]]]:
    """Give a centre's projects abroad that can be followed, and their progress (A153)."""
    kinds = (FactKind.INTERNATIONAL_PROJECT, FactKind.INTERNATIONAL_PROGRESS)
    statement = (
        select(col(Fact.kind), col(Fact.occurred_on), PAYLOAD)
        .where(
            *_counted(asked, actor, today),
            col(Fact.kind).in_(kinds),
            _text("project_ref").is_not(None),
        )
        .order_by(col(Fact.occurred_on), col(Fact.recorded_at), col(Fact.id))
        .limit(MOST_STEPS)
    )
    return [(row[0], row[1], row[2]) for row in (await session.execute(statement)).all()]


def _text(name: str) -> ColumnElement[Any]:
    text: ColumnElement[Any] = PAYLOAD[name].astext
    return text
