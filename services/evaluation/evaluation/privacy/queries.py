"""Reading what experts gave: the expert himself whole, officials masked or by a disclosure."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, not_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.experts.tables import Expert, ExpertPersonalData
from evaluation.privacy.rules import SensitiveKind
from evaluation.privacy.tables import ExpertConsent, ExpertSensitive, SensitiveDisclosure
from shared.auth import Actor
from shared.http import naming
from shared.rules import found
from shared.sealing import sealer_of


async def own_expert_for_update(session: AsyncSession, actor: Actor, expert_id: UUID) -> Expert:
    """Load and lock the expert who asks for himself; anybody else is NOT_FOUND."""
    himself = expert_id if actor.has("expert") and actor.expert_id == expert_id else None
    statement = select(Expert).where(col(Expert.id) == himself).with_for_update()
    return found(await session.scalar(statement))


async def values_of(session: AsyncSession, expert_id: UUID) -> Sequence[ExpertSensitive]:
    """List what an expert gave, sealed."""
    statement = (
        select(ExpertSensitive)
        .where(col(ExpertSensitive.expert_id) == expert_id)
        .order_by(col(ExpertSensitive.kind))
    )
    return (await session.scalars(statement)).all()


async def value_of(
    session: AsyncSession, expert_id: UUID, kind: SensitiveKind
) -> ExpertSensitive | None:
    """Give one value, sealed."""
    return await session.scalar(
        select(ExpertSensitive).where(
            col(ExpertSensitive.expert_id) == expert_id, col(ExpertSensitive.kind) == kind
        )
    )


def opened(session: AsyncSession, row: ExpertSensitive) -> str:
    """Open a value in its row."""
    return sealer_of(session).open(row.sealed, place_of(row.id))


def place_of(value_id: UUID) -> str:
    """Name the row that a value is sealed for."""
    return f"expert_sensitive:{value_id}"


async def consents_of(session: AsyncSession, expert_id: UUID) -> Sequence[ExpertConsent]:
    """List the consents of an expert, oldest first, withdrawn ones too."""
    statement = (
        select(ExpertConsent)
        .where(col(ExpertConsent.expert_id) == expert_id)
        .order_by(col(ExpertConsent.given_at), col(ExpertConsent.id))
    )
    return (await session.scalars(statement)).all()


async def standing_consent(
    session: AsyncSession, expert_id: UUID, kind: SensitiveKind
) -> ExpertConsent | None:
    """Give the consent to one kind that was not withdrawn."""
    return await session.scalar(
        select(ExpertConsent).where(
            col(ExpertConsent.expert_id) == expert_id,
            col(ExpertConsent.kind) == kind,
            col(ExpertConsent.withdrawn_at).is_(None),
        )
    )


async def disclosures_of(session: AsyncSession, expert_id: UUID) -> Sequence[SensitiveDisclosure]:
    """List who asked to see what an expert gave, newest first, at most a hundred."""
    statement = (
        select(SensitiveDisclosure)
        .where(col(SensitiveDisclosure.expert_id) == expert_id)
        .order_by(col(SensitiveDisclosure.id).desc())
        .limit(100)
    )
    return (await session.scalars(statement)).all()


async def disclosure(session: AsyncSession, disclosure_id: UUID) -> SensitiveDisclosure:
    """Load a disclosure; its rule says who may use it."""
    return found(await session.get(SensitiveDisclosure, disclosure_id))


async def erase_value(session: AsyncSession, value_id: UUID) -> None:
    """Take a value away, with the answers that were kept of it."""
    await session.execute(delete(ExpertSensitive).where(col(ExpertSensitive.id) == value_id))
    await naming.erase_answers(session, value_id)


async def names_under_former_keys(
    session: AsyncSession, present: str, limit: int
) -> Sequence[ExpertPersonalData]:
    """Lock names and relatives that are not sealed under the present key, some at a time."""
    statement = (
        select(ExpertPersonalData)
        .where(not_(col(ExpertPersonalData.content).startswith(present, autoescape=True)))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def values_under_former_keys(
    session: AsyncSession, present: str, limit: int
) -> Sequence[ExpertSensitive]:
    """Lock values that are not sealed under the present key, some at a time."""
    statement = (
        select(ExpertSensitive)
        .where(not_(col(ExpertSensitive.sealed).startswith(present, autoescape=True)))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()
