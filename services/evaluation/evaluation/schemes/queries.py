"""Reading schemes and profiles. Drafts are the officials'; what judges a centre, all may read."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.schemes import rules
from evaluation.schemes.tables import IndicatorScheme, WeightProfile
from shared.auth import Actor
from shared.rules import found


def visible(actor: Actor) -> ColumnElement[bool]:
    """Let officials see every scheme, and all others what is frozen."""
    if actor.has("official", "service"):
        return true()
    return col(IndicatorScheme.state) == rules.SchemeState.FROZEN


def schemes_page(
    actor: Actor, state: rules.SchemeState | None, code: str | None
) -> SelectOfScalar[IndicatorScheme]:
    """Select the visible schemes, for a page of them."""
    statement = select(IndicatorScheme).where(visible(actor))
    if state is not None:
        statement = statement.where(col(IndicatorScheme.state) == state)
    if code is not None:
        statement = statement.where(col(IndicatorScheme.code) == code)
    return statement


async def scheme(session: AsyncSession, actor: Actor, scheme_id: UUID) -> IndicatorScheme:
    """Load a scheme that the actor may see."""
    statement = select(IndicatorScheme).where(col(IndicatorScheme.id) == scheme_id, visible(actor))
    return found(await session.scalar(statement))


async def scheme_for_update(session: AsyncSession, scheme_id: UUID) -> IndicatorScheme:
    """Load and lock a scheme; only for those who keep schemes or open cycles."""
    statement = select(IndicatorScheme).where(col(IndicatorScheme.id) == scheme_id)
    return found(await session.scalar(statement.with_for_update()))


async def schemes_of(
    session: AsyncSession, scheme_ids: Collection[UUID]
) -> dict[UUID, IndicatorScheme]:
    """Load schemes for computing, whoever asks, by id."""
    statement = select(IndicatorScheme).where(col(IndicatorScheme.id).in_(scheme_ids))
    return {scheme.id: scheme for scheme in await session.scalars(statement)}


async def scheme_by_id(session: AsyncSession, scheme_id: UUID) -> IndicatorScheme:
    """Load a scheme for computing, whoever asks."""
    statement = select(IndicatorScheme).where(col(IndicatorScheme.id) == scheme_id)
    return found(await session.scalar(statement))


async def expert_leaves(session: AsyncSession, scheme_id: UUID) -> list[str]:
    """Name the leaves of a scheme that experts score, in its order."""
    row = await scheme_by_id(session, scheme_id)
    return list(rules.scheme_from(row.content).expert_codes())


async def latest_number(session: AsyncSession, code: str) -> int:
    """Give the number of a code's newest version, 0 when there is none."""
    statement = select(func.max(IndicatorScheme.number)).where(col(IndicatorScheme.code) == code)
    return await session.scalar(statement) or 0


def profiles_page() -> SelectOfScalar[WeightProfile]:
    """Select every profile, for a page of them."""
    return select(WeightProfile)


async def profile(session: AsyncSession, profile_id: UUID) -> WeightProfile:
    """Load a profile."""
    return found(await session.get(WeightProfile, profile_id))


async def profile_for_update(session: AsyncSession, profile_id: UUID) -> WeightProfile:
    """Load and lock a profile; only for those who keep profiles."""
    statement = select(WeightProfile).where(col(WeightProfile.id) == profile_id)
    return found(await session.scalar(statement.with_for_update()))


async def profiles_for_cycle(session: AsyncSession, name: str) -> list[WeightProfile]:
    """Load and lock what a cycle's `weight_profile` names: a code, an id, or those by model."""
    statement = select(WeightProfile).order_by(col(WeightProfile.id)).with_for_update()
    if name == rules.BY_MODEL:
        statement = statement.where(col(WeightProfile.model_type).is_not(None))
    else:
        statement = statement.where(_named(name))
    return list(await session.scalars(statement))


async def profiles_by_code(session: AsyncSession, codes: Iterable[str]) -> list[WeightProfile]:
    """Load and lock the profiles with these codes, in the order in which all are locked."""
    statement = (
        select(WeightProfile)
        .where(col(WeightProfile.code).in_(list(codes)))
        .order_by(col(WeightProfile.id))
        .with_for_update()
    )
    return list(await session.scalars(statement))


async def profile_named(session: AsyncSession, name: str) -> WeightProfile:
    """Load the profile with a code or an id."""
    return found(await session.scalar(select(WeightProfile).where(_named(name))))


def _named(name: str) -> ColumnElement[bool]:
    by_code = col(WeightProfile.code) == name
    try:
        return or_(by_code, col(WeightProfile.id) == UUID(name))
    except ValueError:
        return by_code
