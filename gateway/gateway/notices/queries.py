"""What is read of notices; each person sees his own and nobody else's."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.notices.rules import ChannelState, LetterState, NoticeState
from gateway.notices.tables import Letter, Notice, NoticeChannel
from shared.auth import Actor
from shared.database import Sessions
from shared.rules import found

# By the index of what is to be sent.
NEXT_DUE: Final = text("SELECT min(next_at) FROM notice_letter WHERE state = 'waiting'")


async def channel_of(session: AsyncSession, person_id: UUID) -> NoticeChannel | None:
    """Find where a person hears."""
    statement = select(NoticeChannel).where(col(NoticeChannel.person_id) == person_id)
    return await session.scalar(statement)


async def own_channel(session: AsyncSession, actor: Actor) -> NoticeChannel:
    """Load one's own channel."""
    return found(await channel_of(session, actor.person_id))


async def own_channel_for_update(session: AsyncSession, actor: Actor) -> NoticeChannel:
    """Load and lock one's own channel."""
    statement = select(NoticeChannel).where(col(NoticeChannel.person_id) == actor.person_id)
    return found(await session.scalar(statement.with_for_update()))


async def channel_for_update(session: AsyncSession, channel_id: UUID) -> NoticeChannel | None:
    """Lock a channel, for the worker."""
    statement = select(NoticeChannel).where(col(NoticeChannel.id) == channel_id)
    return await session.scalar(statement.with_for_update())


async def codes_since(session: AsyncSession, channel_id: UUID, since: datetime) -> int:
    """Count the letters with a code that were written for a channel."""
    statement = select(func.count()).where(
        col(Letter.channel_id) == channel_id, col(Letter.is_code), col(Letter.created_at) > since
    )
    return await session.scalar(statement) or 0


def notices_of(actor: Actor) -> Select[Notice]:
    """List one's own notices."""
    return select(Notice).where(col(Notice.person_id) == actor.person_id)


async def letters_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Letter]:
    """Load the letters in which notices went out."""
    statement = select(Letter).where(col(Letter.id).in_(ids))
    return {letter.id: letter for letter in await session.scalars(statement)}


async def active_channels(session: AsyncSession) -> list[NoticeChannel]:
    """List the channels for which tasks are looked up."""
    statement = select(NoticeChannel).where(col(NoticeChannel.state) == ChannelState.ACTIVE)
    return list(await session.scalars(statement))


async def untold(session: AsyncSession, person_id: UUID, today: date) -> list[Notice]:
    """List what waits to be told: new, or in a letter of an earlier day that may not have come."""
    lost = (
        select(col(Letter.id))
        .where(
            col(Letter.id) == col(Notice.letter_id),
            col(Letter.state).in_([LetterState.UNCERTAIN, LetterState.DEAD]),
            col(Letter.composed_on) < today,
        )
        .exists()
    )
    statement = (
        select(Notice)
        .where(
            col(Notice.person_id) == person_id,
            col(Notice.gone_at).is_(None),
            or_(
                col(Notice.state) == NoticeState.WAITING,
                (col(Notice.state) == NoticeState.TOLD) & lost,
            ),
        )
        .order_by(col(Notice.due_on).asc().nulls_last(), col(Notice.id))
    )
    return list(await session.scalars(statement))


async def has_daily(session: AsyncSession, channel_id: UUID, day: date) -> bool:
    """Tell whether the letter of a day was written."""
    statement = select(col(Letter.id)).where(
        col(Letter.channel_id) == channel_id, col(Letter.daily_on) == day
    )
    return await session.scalar(statement) is not None


async def next_due(sessions: Sessions) -> datetime | None:
    """Tell when the next letter goes out, in one journey; None where none waits."""
    ((due_at,),) = await sessions.at_once(NEXT_DUE)
    found: datetime | None = due_at
    return found


async def due_letters(
    session: AsyncSession, now: datetime, limit: int
) -> list[tuple[Letter, NoticeChannel]]:
    """List what goes out now, with where it goes."""
    statement = (
        select(Letter, NoticeChannel)
        .join(NoticeChannel, col(NoticeChannel.id) == col(Letter.channel_id))
        .where(col(Letter.state) == LetterState.WAITING, col(Letter.next_at) <= now)
        .order_by(col(Letter.next_at), col(Letter.id))
        .limit(limit)
    )
    return [(letter, channel) for letter, channel in await session.execute(statement)]
