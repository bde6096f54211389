"""What is read of needs and cases, and who may see what.

Officials and services see every need; an organization its own, those shared with all while they
are open, and those matched with a centre for which it speaks (X04). Cases are read by everyone who
has a token, withdrawn ones by officials alone.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import spoken_for_by
from registry.centers.tables import Center
from registry.outlook.rules import MATCH_DEMAND, SETTLE_DEMAND, CaseTheme, DemandState, Origin
from registry.outlook.tables import IndustryDemand, OutsideCase
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def _of_own_center(actor: Actor) -> ColumnElement[bool]:
    own = select(Center.id).where(spoken_for_by(actor.org_ids))
    return col(IndustryDemand.center_id).in_(own)


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    if actor.has("official", "service"):
        return true()
    if actor.org_id is None:
        return false()
    shared = and_(col(IndustryDemand.is_shared), col(IndustryDemand.state) == DemandState.OPEN)
    own = col(IndustryDemand.org_id).in_(actor.org_ids)
    return or_(own, shared, _of_own_center(actor))


def demands(
    actor: Actor,
    *,
    org_id: UUID | None = None,
    center_id: UUID | None = None,
    field_code: str | None = None,
    state: DemandState | None = None,
) -> SelectOfScalar[IndustryDemand]:
    """Select the needs that the actor may see."""
    statement = select(IndustryDemand).where(_seen_by(actor))
    filters = {
        "org_id": org_id, "center_id": center_id, "field_code": field_code, "state": state
    }  # fmt: skip
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(IndustryDemand, name) == value)
    return statement


async def demand_seen(session: AsyncSession, actor: Actor, demand_id: UUID) -> IndustryDemand:
    """Give a need that the actor may see."""
    return found(await session.scalar(demands(actor).where(col(IndustryDemand.id) == demand_id)))


async def demand_for_update(session: AsyncSession, actor: Actor, demand_id: UUID) -> IndustryDemand:
    """Load and lock a need that the actor may see."""
    statement = demands(actor).where(col(IndustryDemand.id) == demand_id).with_for_update()
    return found(await session.scalar(statement))


async def answers_for(session: AsyncSession, actor: Actor, demand: IndustryDemand) -> bool:
    """Tell whether the actor's organization speaks for the centre of a need."""
    statement = select(Center.id).where(
        col(Center.id) == demand.center_id, spoken_for_by(actor.org_ids)
    )
    return await session.scalar(statement) is not None


def cases(
    actor: Actor,
    *,
    origin: Origin | None = None,
    theme: CaseTheme | None = None,
    place: str | None = None,
) -> SelectOfScalar[OutsideCase]:
    """Select the cases from elsewhere that the actor may see."""
    statement = select(OutsideCase)
    if not actor.has("official"):
        statement = statement.where(col(OutsideCase.withdrawn_on).is_(None))
    for name, value in {"origin": origin, "theme": theme, "place": place}.items():
        if value is not None:
            statement = statement.where(getattr(OutsideCase, name) == value)
    return statement


async def case_for_update(session: AsyncSession, case_id: UUID) -> OutsideCase:
    """Load and lock a case, for officials."""
    statement = select(OutsideCase).where(col(OutsideCase.id) == case_id).with_for_update()
    return found(await session.scalar(statement))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the needs that wait for a centre, and those that wait for one's own centre's answer."""
    del today  # The day by which it is needed is the proposer's, not the official's.
    state, kind = DemandState.OPEN, MATCH_DEMAND
    more: ColumnElement[bool] = true()
    if not actor.has("handler"):
        if actor.org_id is None:
            return []
        state, kind, more = DemandState.MATCHED, SETTLE_DEMAND, _of_own_center(actor)
    statement = select(IndustryDemand).where(col(IndustryDemand.state) == state, more)
    ordered = statement.order_by(col(IndustryDemand.id)).limit(MOST_TASKS)
    rows = (await session.scalars(ordered)).all()
    return [Task(kind, row.id, row.center_id, row.needed_by) for row in rows]
