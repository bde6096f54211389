"""A payee's year as lines, rewards and books; who may see it: the payee, the centre, officials."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, false, func, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.assets.tables import Asset
from ip_ledger.distributions.tables import DistributionLine, DistributionReward, DistributionRun
from ip_ledger.journal.rules import CASH, due_to_owner, trust_cash
from ip_ledger.journal.tables import Account, JournalEntry, Posting
from ip_ledger.revenue.tables import RevenueEvent
from ip_ledger.statements import rules
from ip_ledger.statements.rules import BookedYear, Statement, StatementLine, StatementReward
from shared.auth import Actor
from shared.directory import DirectoryCenter, organizations_of
from shared.rules import found


def _centers(actor: Actor, payee_id: UUID) -> ColumnElement[bool]:
    """Give the condition on `DirectoryCenter`: a payee sees its all, a centre its own (X04)."""
    if actor.is_official or payee_id in actor.org_ids:
        return true()
    return false() if actor.org_id is None else tenancy.acts_for(actor.org_ids)


async def statement_of(session: AsyncSession, actor: Actor, payee_id: UUID, year: int) -> Statement:
    """Give a payee's statement as far as it is the actor's to see, else NOT_FOUND."""
    payee = found((await organizations_of(session, [payee_id])).get(payee_id))
    seen = _centers(actor, payee_id)
    from_on, until_on = rules.days_of(year)
    paid = and_(
        col(DistributionRun.paid_on) >= from_on, col(DistributionRun.paid_on) <= until_on, seen
    )
    statement = Statement(
        payee_id=payee_id,
        payee_name=payee.name,
        year=year,
        lines=await _lines(session, payee_id, paid),
        rewards=await _rewards(session, payee_id, paid),
        books=await _books(session, payee_id, seen, from_on, until_on),
    )
    own = actor.is_official or payee_id in actor.org_ids
    # Whom a centre never paid anything is nobody that it could ask about.
    return found(statement if own or statement.lines or statement.books else None)


async def _lines(
    session: AsyncSession, payee_id: UUID, paid: ColumnElement[bool]
) -> list[StatementLine]:
    rows = await session.execute(
        rows_of(
            DistributionLine, DistributionRun, RevenueEvent, col(Asset.title),
            col(DirectoryCenter.name),
        )
        .join(DistributionRun, col(DistributionRun.id) == col(DistributionLine.run_id))
        .join(RevenueEvent, col(RevenueEvent.id) == col(DistributionLine.event_id))
        .join(Asset, col(Asset.id) == col(DistributionLine.asset_id))
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(DistributionRun.center_id))
        .where(col(DistributionLine.payee_id) == payee_id, paid)
        .order_by(
            col(DistributionRun.paid_on), col(DistributionRun.id), col(DistributionLine.place)
        )
    )  # fmt: skip
    return [
        StatementLine(
            line_id=line.id,
            run_id=run.id,
            center_id=run.center_id,
            center_name=center_name,
            asset_id=line.asset_id,
            asset_title=title,
            event_id=event.id,
            received_on=event.received_on,
            paid_on=found(run.paid_on),
            net_fen=event.net_fen if run.reverses_id is None else -event.net_fen,
            ppm=line.ppm,
            amount_fen=line.amount_fen,
            currency=run.currency,
            reverses=run.reverses_id is not None,
        )
        for line, run, event, title, center_name in rows
    ]


async def _rewards(
    session: AsyncSession, owner_id: UUID, paid: ColumnElement[bool]
) -> list[StatementReward]:
    rows = await session.execute(
        rows_of(DistributionReward, DistributionRun)
        .join(DistributionRun, col(DistributionRun.id) == col(DistributionReward.run_id))
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(DistributionRun.center_id))
        .where(col(DistributionReward.owner_id) == owner_id, paid)
        .order_by(
            col(DistributionRun.paid_on), col(DistributionRun.id), col(DistributionReward.place)
        )
    )
    return [
        StatementReward(
            reward_id=reward.id,
            run_id=run.id,
            event_id=reward.event_id,
            paid_on=found(run.paid_on),
            rule=reward.rule,
            rate_ppm=reward.rate_ppm,
            floor_fen=reward.floor_fen,
            amount_fen=reward.amount_fen,
            currency=run.currency,
        )
        for reward, run in rows
    ]


async def _books(
    session: AsyncSession,
    payee_id: UUID,
    seen: ColumnElement[bool],
    from_on: date,
    until_on: date,
) -> list[BookedYear]:
    """Sum the payee's accounts: one query, whatever the number of postings."""
    amount, day = col(Posting.amount_fen), col(JournalEntry.effective_on)
    inside = day >= from_on

    def total(condition: ColumnElement[bool], value: Any) -> Any:  # noqa: ANN401 - SQL
        return func.coalesce(func.sum(case((condition, value), else_=0)), 0)

    statement = (
        rows_of(
            col(Account.id), col(Account.center_id), col(DirectoryCenter.name),
            col(Account.currency),
            total(~inside, -amount),
            total(and_(inside, amount < 0), -amount),
            total(and_(inside, amount > 0), amount),
            total(and_(inside, _moves_money_of_a_run()), amount),
        )
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(Account.center_id))
        .outerjoin(Posting, col(Posting.account_id) == col(Account.id))
        .outerjoin(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
        .where(
            col(Account.org_id) == payee_id,
            col(Account.code) == due_to_owner(payee_id).code,
            seen,
            func.coalesce(day <= until_on, true()),
        )
        .group_by(col(Account.id), col(DirectoryCenter.name))
        .order_by(col(DirectoryCenter.name), col(Account.currency))
    )  # fmt: skip
    rows = await session.execute(statement)
    return [
        BookedYear(row[0], row[1], row[2], row[3], *(int(sum_) for sum_ in row[4:])) for row in rows
    ]


def _moves_money_of_a_run() -> ColumnElement[bool]:
    """The posting's entry has another leg in cash, and a run made it or the one it reverses."""
    original, other, cash = aliased(JournalEntry), aliased(Posting), aliased(Account)
    codes = (CASH.code, trust_cash(UUID(int=0)).code)
    by_run = exists().where(
        col(DistributionRun.id) == func.coalesce(
            col(JournalEntry.source_id),
            rows_of(col(original.source_id))
            .where(col(original.id) == col(JournalEntry.reverses_id))
            .correlate(JournalEntry)
            .scalar_subquery(),
        )
    )  # fmt: skip
    in_cash = exists().where(
        col(other.entry_id) == col(JournalEntry.id),
        col(cash.id) == col(other.account_id),
        col(cash.code).in_(codes),
    )
    return and_(by_run, in_cash)
