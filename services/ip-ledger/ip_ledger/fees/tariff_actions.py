"""Changing a tariff as data: proposed by one official, let into force by another."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.fees import tariff_queries as queries
from ip_ledger.fees import tariff_rules as rules
from ip_ledger.fees.rules import UPKEEP
from ip_ledger.fees.tables import FeeTariff
from ip_ledger.fees.tariff_rules import TariffEvent, TariffState
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.http import version_checks
from shared.rules import require


@dataclass(frozen=True, slots=True)
class NewTariff:
    """What a version says; schedules and legal bases are objects as they are kept."""

    jurisdiction: str
    title: str
    law: str
    legal_bases: tuple[dict[str, Any], ...]
    effective_from: date
    is_confirmed: bool
    note: str | None
    reliefs: dict[str, int]
    schedules: tuple[dict[str, Any], ...]


async def propose(session: AsyncSession, actor: Actor, new: NewTariff, now: datetime) -> FeeTariff:
    """Propose the next version of an office's tariff; it judges nothing before it is approved.

    Raises `Refused`: FIELD_INVALID, DAYS_OUT_OF_ORDER or EFFECTIVE_TOO_EARLY.
    """
    last = await queries.last_for_update(session, new.jurisdiction)
    require(
        [
            *rules.content_checks(new.schedules),
            *rules.date_checks(
                new.effective_from, day_of(now), last.effective_from if last else None
            ),
        ]
    )
    row = FeeTariff(
        jurisdiction=new.jurisdiction,
        edition=await queries.last_edition(session, new.jurisdiction) + 1,
        title=new.title,
        law=new.law,
        legal_bases=list(new.legal_bases),
        effective_from=new.effective_from,
        is_confirmed=new.is_confirmed,
        note=new.note,
        reliefs=new.reliefs,
        schedules=list(new.schedules),
        state=TariffState.PROPOSED,
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(row)
    await session.flush()
    record(session, actor, "tariff.proposed", row.id, after=row.model_dump(), **_told(row))
    return row


async def approve(
    session: AsyncSession, actor: Actor, tariff_id: UUID, *, version: int, now: datetime
) -> FeeTariff:
    """Let a version come into force on its day; the one before it ends the day before.

    What is owed from that day on is priced anew when the clerk comes round, or when it is paid.
    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, VERSION_CONFLICT, STATE_CONFLICT or
    EFFECTIVE_TOO_EARLY.
    """
    row = await queries.tariff_for_update(session, tariff_id)
    last = await queries.last_for_update(session, row.jurisdiction)
    require(
        [
            *version_checks(row.version, version),
            *rules.approval_checks(row.state, same_person=row.proposed_by == actor.person_id),
            *rules.date_checks(
                row.effective_from, day_of(now), last.effective_from if last else None
            ),
        ]
    )
    before = row.model_dump()
    if last is not None:
        last.effective_until = row.effective_from - timedelta(days=1)
        last.version += 1
        # First the end of the one, then the beginning of the other: the database keeps them apart.
        await session.flush()
    row.state = rules.MOVES[row.state, TariffEvent.APPROVE]
    row.approved_by, row.approved_at = actor.person_id, now
    row.version += 1
    await session.flush()
    await queries.look_again(session, row.jurisdiction, now)
    record(
        session, actor, "tariff.approved", row.id, before=before, after=row.model_dump(),
        **_told(row),
    )  # fmt: skip
    return row


async def withdraw(
    session: AsyncSession, actor: Actor, tariff_id: UUID, *, version: int
) -> FeeTariff:
    """Give a proposal up. Raises `Refused`: NOT_FOUND, VERSION_CONFLICT or STATE_CONFLICT."""
    row = await queries.tariff_for_update(session, tariff_id)
    require(
        [
            *version_checks(row.version, version),
            UPKEEP.move(rules.MOVES, row.state, TariffEvent.WITHDRAW),
        ]
    )
    before = row.model_dump()
    row.state = rules.MOVES[row.state, TariffEvent.WITHDRAW]
    row.version += 1
    record(
        session, actor, "tariff.withdrawn", row.id, before=before, after=row.model_dump(),
        **_told(row),
    )  # fmt: skip
    return row


def _told(row: FeeTariff) -> dict[str, Any]:
    return {
        "jurisdiction": row.jurisdiction,
        "edition": row.edition,
        "effective_from": row.effective_from,
    }
