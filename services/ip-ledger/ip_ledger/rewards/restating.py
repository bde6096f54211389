"""Dividing anew what an owner owes for a grant or a year, when others turn out to have invented."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.assets import queries as assets
from ip_ledger.assets.tables import Asset
from ip_ledger.rewards import actions, queries, rules
from ip_ledger.rewards.actions import Owed
from ip_ledger.rewards.rules import Maker, RewardKind
from ip_ledger.rewards.tables import InventorReward
from shared.auth import Actor
from shared.rules import Kind, require

Group = tuple[UUID, RewardKind, UUID | None]


async def restate(
    session: AsyncSession, actor: Actor, asset_id: UUID, today: date
) -> list[InventorReward]:
    """Divide one's own bonuses and years of own use among those who are known to have invented.

    Sums stay what they were, and so do the books: what a person was paid settles what he is owed
    now, and what he was paid too much stays written down. Rewards of runs follow by a correcting
    run. Raises `Refused`: NOT_FOUND, CORRECTION_NOT_NEEDED or INVENTORS_MISSING.
    """
    asset = await assets.asset_for_update(session, actor, asset_id, today)
    standing = await queries.standing_for_update(session, asset.id, actor.org_ids)
    groups: dict[Group, list[InventorReward]] = {}
    for row in standing:
        groups.setdefault((row.owner_id, row.kind, row.source_id), []).append(row)
    years = await queries.years_by_id(session, [source for _, _, source in groups])
    days = {group: _day(asset, group, years, today) for group in groups}
    makers = await queries.makers_on(session, [(asset.id, day) for day in days.values()])
    wrong: list[tuple[list[InventorReward], list[Maker]]] = []
    for group, rows in groups.items():
        own = rules.own_makers(makers[asset.id, days[group]], group[0])
        if _shared(rows) != _parts(rows, own):
            wrong.append((rows, own))
    require(
        [
            rules.INCENTIVES.check("CORRECTION_NOT_NEEDED", Kind.STATE, passed=bool(wrong)),
            *(check for _, own in wrong for check in rules.maker_checks(own)),
        ]
    )
    for rows, _ in wrong:
        actions.cancel(session, actor, rows)
    # One reward of a kind stands for a person: those taken back go first.
    await session.flush()
    return await actions.owe(session, actor, [_anew(rows, own) for rows, own in wrong])


def _day(asset: Asset, group: Group, years: dict[UUID, int], today: date) -> date:
    """Give the day whose inventors share: that of the grant, or the last of the year."""
    source = group[2]
    if source is None:
        return asset.granted_on or today
    return rules.last_day_of(years[source])


def _shared(rows: Sequence[InventorReward]) -> dict[UUID, tuple[int, bool]]:
    return {row.person_id: (row.amount_fen, row.is_head_of_unit) for row in rows}


def _parts(rows: Sequence[InventorReward], makers: Sequence[Maker]) -> dict[UUID, tuple[int, bool]]:
    if not makers:
        return {}
    amounts = rules.divided(sum(row.amount_fen for row in rows), makers)
    return {
        maker.person_id: (amount, maker.is_head_of_unit)
        for maker, amount in zip(makers, amounts, strict=True)
        if amount
    }


def _anew(rows: Sequence[InventorReward], makers: Sequence[Maker]) -> Owed:
    first = rows[0]
    parts = _parts(rows, makers)
    return Owed(
        center_id=first.center_id,
        asset_id=first.asset_id,
        owner_id=first.owner_id,
        kind=first.kind,
        form=first.form,
        floor_fen=first.floor_fen,
        law=first.law,
        basis=first.basis,
        source_id=first.source_id,
        due_on=first.due_on,
        parts=tuple((person_id, amount) for person_id, (amount, _) in parts.items()),
        heads=frozenset(person_id for person_id, (_, leads) in parts.items() if leads),
    )
