"""What happens to rewards: owed, made public, paid person by person, taken back with their run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.assets.tables import Asset
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import (
    AccountKind,
    AccountName,
    EntryDraft,
    Line,
    reward_expense,
    reward_payable,
)
from ip_ledger.rewards import queries, rules
from ip_ledger.rewards.rules import Event, Incentive, Maker, ProfitYear, RewardKind, State
from ip_ledger.rewards.tables import (
    InventorPayment,
    InventorReward,
    OwnUse,
    OwnUseYear,
    RewardOffset,
)
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.directory import organization
from shared.events import EventRow, record, record_many
from shared.http import version_checks
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class Owed:
    """A reward to be owed to one owner's inventors, already divided among them."""

    center_id: UUID
    asset_id: UUID
    owner_id: UUID
    kind: RewardKind
    form: Incentive
    floor_fen: int
    law: str
    basis: str | None
    source_id: UUID | None
    due_on: date | None
    parts: tuple[tuple[UUID, int], ...]
    heads: frozenset[UUID] = frozenset()


async def owe(session: AsyncSession, actor: Actor, owed: Sequence[Owed]) -> list[InventorReward]:
    """Write down what each inventor is owed; the entries are the caller's."""
    clock: Clock = session.info["clock"]
    rows = [
        InventorReward(
            center_id=one.center_id,
            asset_id=one.asset_id,
            owner_id=one.owner_id,
            person_id=person_id,
            kind=one.kind,
            form=one.form,
            amount_fen=amount_fen,
            floor_fen=one.floor_fen,
            law=one.law,
            basis=one.basis,
            source_id=one.source_id,
            due_on=one.due_on,
            is_head_of_unit=person_id in one.heads,
            state=State.DUE,
            recorded_by=actor.person_id,
            recorded_at=clock.now(),
        )
        for one in owed
        for person_id, amount_fen in one.parts
        if amount_fen
    ]
    session.add_all(rows)
    await session.flush()
    await _set_off(session, rows)
    await record_many(
        session, actor, "reward.owed", [EventRow(row.id, row.center_id, _told(row)) for row in rows]
    )
    return rows


async def _set_off(session: AsyncSession, rows: Sequence[InventorReward]) -> None:
    """Let what a person was paid for what was taken back settle what he is owed anew (X07).

    The books need no entry for it: the payment stands on the owner's account of what it owes its
    inventors, where taking the reward back has left it.
    """
    new = list(rows)
    if not new:
        return
    former = await queries.overpaid(session, {row.asset_id for row in new})
    made = rules.offsets(
        [(row.id, _place(row), row.amount_fen) for row in new],
        [(row.id, _place(row), left) for row, left in former],
    )
    by_id = {row.id: row for row in new}
    for from_id, to_id, amount_fen in made:
        row = by_id[to_id]
        row.offset_fen += amount_fen
        session.add(RewardOffset(from_id=from_id, to_id=to_id, amount_fen=amount_fen))
    for row in {to_id: by_id[to_id] for _, to_id, _ in made}.values():
        whole = row.offset_fen == row.amount_fen
        row.state = rules.MOVES[row.state, Event.PAY_REST if whole else Event.PAY_PART]
    await session.flush()


def _place(row: InventorReward) -> rules.Place:
    return row.kind, row.asset_id, row.owner_id, row.person_id


async def take_back(session: AsyncSession, actor: Actor, source_id: UUID) -> None:
    """Cancel what a run owed to inventors, when the run is undone; payments stay written down."""
    cancel(session, actor, await queries.rewards_of_source(session, source_id))


def cancel(session: AsyncSession, actor: Actor, rows: Sequence[InventorReward]) -> None:
    """Cancel rewards that are locked; what was paid of them settles what is owed anew."""
    for row in rows:
        before = _state(row)
        row.state = rules.MOVES[row.state, Event.CANCEL]
        row.version += 1
        record(
            session, actor, "reward.cancelled", row.id, center_id=row.center_id,
            before=before, after=_state(row), **_told(row),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bonus:
    """A bonus for a grant, as the unit gives it; `basis` is the rule or agreement it rests on."""

    asset_id: UUID
    amount_fen: int
    form: Incentive
    basis: str | None


async def give_bonus(
    session: AsyncSession, actor: Actor, bonus: Bonus, today: date
) -> list[InventorReward]:
    """Owe the unit's own inventors a bonus for a granted patent (A033, 细则93).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, NOT_GRANTED, REWARD_BELOW_FLOOR,
    INVENTORS_MISSING, ALREADY_EXISTS, or as `journal.post_entries`.
    """
    asset = await assets.asset_for_update(session, actor, bonus.asset_id, today)
    owner_id, makers = await _makers(session, actor, asset, today)
    checks = rules.bonus_checks(
        asset.kind, asset.granted_on, bonus.amount_fen, is_agreed=bonus.basis is not None
    )
    require([*checks, *rules.maker_checks(makers)])
    granted_on = found(asset.granted_on)
    owed = Owed(
        center_id=asset.center_id,
        asset_id=asset.id,
        owner_id=owner_id,
        kind=RewardKind.GRANT_BONUS,
        form=bonus.form,
        floor_fen=0 if bonus.basis else rules.least_bonus_fen(asset.kind, granted_on),
        law="专利法实施细则93",
        basis=bonus.basis,
        source_id=None,
        due_on=rules.bonus_due_on(granted_on),
        parts=_parts(bonus.amount_fen, makers),
        heads=_heads(makers),
    )
    rows = await owe(session, actor, [owed])
    await _book_owed(session, actor, owed, today, f"grant bonus {asset.id}")
    return rows


async def _makers(
    session: AsyncSession, actor: Actor, asset: Asset, today: date
) -> tuple[UUID, list[Maker]]:
    """Give as whom the actor acts, and its own inventors: it owns the asset or employs one."""
    # Who had made it on the day of the grant, as far as that is known now.
    place = asset.id, asset.granted_on or today
    makers = (await queries.makers_on(session, [place]))[place]
    owned = await assets.ownership_on(session, asset.id, today)
    owners = {owner for owner, _ in owned.shares} if owned else set()
    concerned = owners | {maker.org_id for maker in makers}
    owner_id = tenancy.speaking_as(actor, concerned) or tenancy.own_organization(actor)
    require(rules.owner_checks(owner_id, concerned))
    return owner_id, rules.own_makers(makers, owner_id)


def _parts(amount_fen: int, makers: Sequence[Maker]) -> tuple[tuple[UUID, int], ...]:
    amounts = rules.divided(amount_fen, makers)
    return tuple((maker.person_id, amount) for maker, amount in zip(makers, amounts, strict=True))


def _heads(makers: Sequence[Maker]) -> frozenset[UUID]:
    return frozenset(maker.person_id for maker in makers if maker.is_head_of_unit)


async def _book_owed(
    session: AsyncSession, actor: Actor, owed: Owed, on: date, reference: str
) -> None:
    total = sum(amount for _, amount in owed.parts)
    if not total:
        return
    names = [reward_expense(owed.owner_id), reward_payable(owed.owner_id)]
    ids = await journal.open_accounts(session, owed.center_id, names)
    lines = (Line(ids[names[0]], total), Line(ids[names[1]], -total))
    draft = EntryDraft(new_id(), owed.center_id, on, reference, lines, source_id=owed.source_id)
    await journal.post_entries(session, actor, [draft])


@dataclass(frozen=True, slots=True)
class Payment:
    """Money, or what stands for it, handed to one inventor."""

    amount_fen: int
    paid_on: date
    evidence: tuple[UUID, ...] = ()


async def pay(
    session: AsyncSession, actor: Actor, reward_id: UUID, payment: Payment, today: date
) -> InventorReward:
    """Record what an inventor was paid, by the owner's own account, and book it (A033).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, PAYMENT_EXCEEDED, DAY_IN_FUTURE,
    DAYS_OUT_OF_ORDER, PUBLICITY_MISSING, or as `journal.post_entries`.
    """
    row = await queries.reward_for_update(session, actor, reward_id)
    left = row.amount_fen - row.paid_fen - row.offset_fen
    clock: Clock = session.info["clock"]
    require(
        [
            *rules.owner_checks(actor.org_for(row.owner_id), [row.owner_id]),
            *rules.payment_checks(
                row.state, left, payment.amount_fen, payment.paid_on, _first_day(row), today
            ),
            *rules.publicity_checks(
                is_head_of_unit=row.is_head_of_unit, published_on=row.published_on
            ),
        ]
    )
    before = _state(row)
    event = Event.PAY_REST if payment.amount_fen == left else Event.PAY_PART
    row.state = rules.MOVES[row.state, event]
    row.paid_fen += payment.amount_fen
    row.version += 1
    entry_id = await _book_paid(session, actor, row, payment)
    session.add(
        InventorPayment(
            reward_id=row.id,
            amount_fen=payment.amount_fen,
            paid_on=payment.paid_on,
            evidence_ids=list(payment.evidence),
            entry_id=entry_id,
            recorded_by=actor.person_id,
            recorded_at=clock.now(),
        )
    )
    record(
        session, actor, "reward.paid", row.id, center_id=row.center_id,
        before=before, after=_state(row), paid_on=payment.paid_on, **_told(row),
    )  # fmt: skip
    return row


def _first_day(row: InventorReward) -> date:
    """A bonus may have been paid before it was entered here, but not before it was earned."""
    return date.min if row.kind is RewardKind.GRANT_BONUS else row.recorded_at.date()


async def _book_paid(
    session: AsyncSession, actor: Actor, row: InventorReward, payment: Payment
) -> UUID:
    """The owner pays from its own means; equity, options and the like are booked at their value."""
    source = AccountName(f"paid_in_{row.form.value}", AccountKind.LIABILITY, row.owner_id)
    names = [reward_payable(row.owner_id), source]
    ids = await journal.open_accounts(session, row.center_id, names)
    lines = (Line(ids[names[0]], payment.amount_fen), Line(ids[names[1]], -payment.amount_fen))
    draft = EntryDraft(
        new_id(), row.center_id, payment.paid_on, f"reward {row.id}", lines, source_id=row.id
    )
    await journal.post_entries(session, actor, [draft])
    return draft.id


async def publish(
    session: AsyncSession,
    actor: Actor,
    reward_id: UUID,
    published_on: date,
    file_id: UUID,
    *,
    version: int,
    today: date,
) -> InventorReward:
    """Record that the reward of the unit's head was made public inside (沪条例39, D12.4).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or DAY_IN_FUTURE.
    """
    row = await queries.reward_for_update(session, actor, reward_id)
    require(
        [
            *rules.owner_checks(actor.org_for(row.owner_id), [row.owner_id]),
            *version_checks(row.version, version),
            rules.LEADERS.past(published_on, today, "/published_on"),
        ]
    )  # fmt: skip
    before = _state(row)
    row.published_on, row.publicity_file_id = published_on, file_id
    row.version += 1
    record(
        session, actor, "reward.published", row.id, center_id=row.center_id,
        before=before, after=_state(row), published_on=published_on, file_id=file_id,
    )  # fmt: skip
    return row


@dataclass(frozen=True, slots=True)
class NewUse:
    """An owner's own use, and for how many years it owes a part of its profit."""

    asset_id: UUID
    started_on: date
    agreed_years: int


async def begin_use(session: AsyncSession, actor: Actor, use: NewUse, today: date) -> OwnUse:
    """Record that an owner puts the asset to use itself (A033, 转化法45, 沪条例34).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DAY_IN_FUTURE or ALREADY_EXISTS.
    """
    asset = await assets.visible_asset(session, actor, use.asset_id, today)
    owned = await assets.ownership_on(session, asset.id, today)
    owners = {owner for owner, _ in owned.shares} if owned else set()
    owner_id = tenancy.speaking_as(actor, owners) or tenancy.own_organization(actor)
    require(
        [
            *rules.owner_checks(owner_id, owners),
            rules.OWN_USE.past(use.started_on, today, "/started_on"),
        ]
    )  # fmt: skip
    own = found(await organization(session, owner_id))
    clock: Clock = session.info["clock"]
    row = OwnUse(
        center_id=asset.center_id,
        asset_id=asset.id,
        owner_id=owner_id,
        started_on=use.started_on,
        is_institution=rules.is_state_institution(own.org_type, own.uscc),
        agreed_years=use.agreed_years,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "own_use.begun", row.id, center_id=row.center_id,
        asset_id=row.asset_id, owner_id=owner_id, started_on=row.started_on,
    )  # fmt: skip
    return row


@dataclass(frozen=True, slots=True)
class NewYear:
    """A year's operating profit, and the rate that a rule or agreement sets."""

    year: int
    profit_fen: int
    rate_ppm: int | None
    basis: str | None


async def close_year(
    session: AsyncSession, actor: Actor, use_id: UUID, new: NewYear, today: date
) -> OwnUseYear:
    """Record a year of own use and owe the inventors their part of its profit (D12.6).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER, ALREADY_EXISTS,
    REWARD_BELOW_FLOOR, INVENTORS_MISSING, or as `journal.post_entries`.
    """
    use = await queries.visible_use(session, actor, use_id)
    # Years follow one another: the lock on the asset puts two of them in order.
    await assets.asset_for_update(session, actor, use.asset_id, today)
    known = await queries.years_of(session, use.id)
    years = [
        *(ProfitYear(row.year, row.profit_fen) for row in known),
        ProfitYear(new.year, new.profit_fen),
    ]
    is_owed = new.year in rules.owed_years(
        years, use.started_on, is_institution=use.is_institution, agreed_years=use.agreed_years
    )
    amount, floor = rules.profit_reward(
        new.profit_fen, new.rate_ppm, is_owed=is_owed, is_institution=use.is_institution
    )
    place = use.asset_id, rules.last_day_of(new.year)
    makers = (await queries.makers_on(session, [place]))[place]
    own = rules.own_makers(makers, use.owner_id)
    require(
        [
            *rules.owner_checks(actor.org_for(use.owner_id), [use.owner_id]),
            *rules.year_checks(new.year, use.started_on, {row.year for row in known}, today),
            *rules.profit_checks(amount, floor),
            *(rules.maker_checks(own) if amount else []),
        ]
    )
    row = _year(session, actor, use, new, is_owed=is_owed, amount_fen=amount, floor_fen=floor)
    session.add(row)
    await session.flush()
    if amount:
        owed = _owed_of_year(use, row, own)
        await owe(session, actor, [owed])
        await _book_owed(session, actor, owed, today, f"own use {use.id} in {row.year}")
    record(
        session, actor, "own_use.year_closed", row.id, center_id=use.center_id,
        use_id=use.id, year=row.year, is_owed=is_owed,
    )  # fmt: skip
    return row


def _year(
    session: AsyncSession, actor: Actor, use: OwnUse, new: NewYear,
    *, is_owed: bool, amount_fen: int, floor_fen: int,
) -> OwnUseYear:  # fmt: skip
    clock: Clock = session.info["clock"]
    return OwnUseYear(
        use_id=use.id,
        year=new.year,
        profit_fen=new.profit_fen,
        rate_ppm=new.rate_ppm,
        basis=new.basis,
        is_owed=is_owed,
        amount_fen=amount_fen,
        floor_fen=floor_fen,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )


def _owed_of_year(use: OwnUse, row: OwnUseYear, makers: Sequence[Maker]) -> Owed:
    return Owed(
        center_id=use.center_id,
        asset_id=use.asset_id,
        owner_id=use.owner_id,
        kind=RewardKind.OWN_USE,
        form=Incentive.DIVIDEND,
        floor_fen=row.floor_fen,
        law="沪条例34" if use.is_institution else "转化法45(1)",
        basis=row.basis,
        source_id=row.id,
        due_on=None,
        parts=_parts(row.amount_fen, makers),
        heads=_heads(makers),
    )


def _state(row: InventorReward) -> dict[str, Any]:
    return {
        "state": row.state,
        "amount_fen": row.amount_fen,
        "paid_fen": row.paid_fen,
        "offset_fen": row.offset_fen,
        "published_on": row.published_on,
        "version": row.version,
    }


def _told(row: InventorReward) -> dict[str, Any]:
    """Give what an event of a reward tells; amounts stay in the books."""
    return {
        "reward_id": row.id,
        "asset_id": row.asset_id,
        "owner_id": row.owner_id,
        "inventor_id": row.person_id,
        "kind": row.kind,
        "form": row.form,
        "state": row.state,
        "due_on": row.due_on,
    }
