"""What is read of contributions and funding, and who may see them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.contributions.profit_rules import Subscription
from ip_ledger.contributions.rules import ContributionKind, Instalment, Source, State
from ip_ledger.contributions.tables import (
    ArrearsNotice,
    Contribution,
    ContributionForfeiture,
    ContributionInstalment,
    ContributionPayment,
    FundingRecord,
    FundingUndoing,
    ProfitDivision,
    TrustRelease,
)
from ip_ledger.journal.rules import AccountKind
from ip_ledger.journal.tables import Account, JournalEntry, Posting
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found

CASH_CODES = ("cash", "trust_cash")


def _of_centre(actor: Actor, center_id: Mapped[UUID]) -> ColumnElement[bool]:
    if actor.is_official or actor.has("service"):
        return true()
    if actor.org_id is None:
        return false()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    return center_id.in_(own)


def visible_contributions(
    actor: Actor,
    center_id: UUID | None = None,
    org_id: UUID | None = None,
    kind: ContributionKind | None = None,
    state: State | None = None,
) -> SelectOfScalar[Contribution]:
    """Give the select of the contributions that the actor may see: its own, or its centre's."""
    seen = _of_centre(actor, col(Contribution.center_id))
    if actor.org_id is not None:
        seen = or_(seen, col(Contribution.org_id).in_(actor.org_ids))
    statement = select(Contribution).where(seen)
    wanted = {"center_id": center_id, "org_id": org_id, "kind": kind, "state": state}
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(getattr(Contribution, name) == value)
    return statement


async def visible_contribution(
    session: AsyncSession, actor: Actor, contribution_id: UUID
) -> Contribution:
    """Give a contribution that the actor may see, else NOT_FOUND."""
    statement = visible_contributions(actor).where(col(Contribution.id) == contribution_id)
    return found(await session.scalar(statement))


async def contribution_for_update(
    session: AsyncSession, actor: Actor, contribution_id: UUID
) -> Contribution:
    """Load and lock a contribution that the actor may see, else NOT_FOUND."""
    statement = visible_contributions(actor).where(col(Contribution.id) == contribution_id)
    return found(await session.scalar(statement.with_for_update()))


async def schedules_of(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, list[Instalment]]:
    """Give the schedules of contributions, in their order."""
    rows = await session.scalars(
        select(ContributionInstalment)
        .where(col(ContributionInstalment.contribution_id).in_(list(ids)))
        .order_by(col(ContributionInstalment.contribution_id), col(ContributionInstalment.place))
    )
    grouped: dict[UUID, list[Instalment]] = {}
    for row in rows:
        one = Instalment(row.due_on, row.amount_fen)
        grouped.setdefault(row.contribution_id, []).append(one)
    return grouped


async def payments_of(
    session: AsyncSession, ids: Iterable[UUID]
) -> dict[UUID, list[ContributionPayment]]:
    """Give the payments of contributions, in their order."""
    rows = await session.scalars(
        select(ContributionPayment)
        .where(col(ContributionPayment.contribution_id).in_(list(ids)))
        .order_by(col(ContributionPayment.paid_on), col(ContributionPayment.id))
    )
    grouped: dict[UUID, list[ContributionPayment]] = {}
    for row in rows:
        grouped.setdefault(row.contribution_id, []).append(row)
    return grouped


async def notices_of(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, list[ArrearsNotice]]:
    """Give the calls for arrears, the latest last."""
    rows = await session.scalars(
        select(ArrearsNotice)
        .where(col(ArrearsNotice.contribution_id).in_(list(ids)))
        .order_by(col(ArrearsNotice.issued_on), col(ArrearsNotice.id))
    )
    grouped: dict[UUID, list[ArrearsNotice]] = {}
    for row in rows:
        grouped.setdefault(row.contribution_id, []).append(row)
    return grouped


async def forfeitures_of(
    session: AsyncSession, ids: Iterable[UUID]
) -> dict[UUID, list[ContributionForfeiture]]:
    """Give the forfeitures of contributions, the latest last."""
    rows = await session.scalars(
        select(ContributionForfeiture)
        .where(col(ContributionForfeiture.contribution_id).in_(list(ids)))
        .order_by(col(ContributionForfeiture.contribution_id), col(ContributionForfeiture.id))
    )
    grouped: dict[UUID, list[ContributionForfeiture]] = {}
    for row in rows:
        grouped.setdefault(row.contribution_id, []).append(row)
    return grouped


def is_undone(payment_id: ColumnElement[UUID] | Mapped[UUID]) -> ColumnElement[bool]:
    """Tell of a payment whether it was undone, with the record of funding that stands for it."""
    return (
        exists()
        .where(col(FundingRecord.contribution_payment_id) == payment_id)
        .where(col(FundingUndoing.funding_id) == col(FundingRecord.id))
    )


async def undone_payments(
    session: AsyncSession, contribution_ids: Iterable[UUID]
) -> dict[UUID, FundingUndoing]:
    """Give by payment how those of some contributions were undone that were."""
    rows = await session.execute(
        rows_of(col(ContributionPayment.id), FundingUndoing)
        .join(
            FundingRecord,
            col(FundingRecord.contribution_payment_id) == col(ContributionPayment.id),
        )
        .join(FundingUndoing, col(FundingUndoing.funding_id) == col(FundingRecord.id))
        .where(col(ContributionPayment.contribution_id).in_(list(contribution_ids)))
    )
    return dict(rows.all())


async def funding_undoings(
    session: AsyncSession, funding_ids: Iterable[UUID]
) -> dict[UUID, FundingUndoing]:
    """Give how some records of funding were undone that were."""
    rows = await session.scalars(
        select(FundingUndoing).where(col(FundingUndoing.funding_id).in_(list(funding_ids)))
    )
    return {row.funding_id: row for row in rows}


async def visible_funding_record(
    session: AsyncSession, actor: Actor, funding_id: UUID
) -> FundingRecord:
    """Give a record of funding that the actor may see, else NOT_FOUND."""
    statement = visible_funding(actor, None, None).where(col(FundingRecord.id) == funding_id)
    return found(await session.scalar(statement))


async def payment(
    session: AsyncSession, payment_id: UUID
) -> tuple[ContributionPayment, FundingRecord]:
    """Give a payment and the record of funding that stands for it, else NOT_FOUND."""
    rows = await session.execute(
        rows_of(ContributionPayment, FundingRecord)
        .join(
            FundingRecord,
            col(FundingRecord.contribution_payment_id) == col(ContributionPayment.id),
        )
        .where(col(ContributionPayment.id) == payment_id)
    )
    paid, funding = found(rows.one_or_none())
    return paid, funding


async def years_divided_by(session: AsyncSession, center_id: UUID, paid_on: date) -> list[int]:
    """Name the years whose profit was divided by capital paid in by then or later, and still is."""
    rows = await session.scalars(
        rows_of(col(ProfitDivision.year))
        .where(
            col(ProfitDivision.center_id) == center_id,
            col(ProfitDivision.resolved_on) >= paid_on,
            col(ProfitDivision.undone_at).is_(None),
        )
        .order_by(col(ProfitDivision.year))
    )
    return list(rows)


async def handed_over_since(
    session: AsyncSession, center_id: UUID, entry_id: UUID, since: datetime
) -> UUID | None:
    """Name the trustee who received by an entry, if it handed its money over later on."""
    return await session.scalar(
        rows_of(col(TrustRelease.trustee_org_id))
        .join(Account, col(Account.org_id) == col(TrustRelease.trustee_org_id))
        .join(Posting, col(Posting.account_id) == col(Account.id))
        .where(
            col(Posting.entry_id) == entry_id,
            col(Account.code) == "trust_cash",
            col(TrustRelease.center_id) == center_id,
            col(TrustRelease.released_at) >= since,
        )
        .limit(1)
    )


def visible_funding(
    actor: Actor, center_id: UUID | None, source: Source | None
) -> SelectOfScalar[FundingRecord]:
    """Give the select of the funding that the actor may see: its centre's, or what it gave."""
    seen = _of_centre(actor, col(FundingRecord.center_id))
    if actor.org_id is not None:
        seen = or_(seen, col(FundingRecord.provider_org_id).in_(actor.org_ids))
    statement = select(FundingRecord).where(seen)
    if center_id is not None:
        statement = statement.where(col(FundingRecord.center_id) == center_id)
    return statement if source is None else statement.where(col(FundingRecord.source) == source)


async def readable_centre(session: AsyncSession, actor: Actor, center_id: UUID) -> DirectoryCenter:
    """Give a centre whose money the actor may see, else NOT_FOUND."""
    statement = select(DirectoryCenter).where(
        col(DirectoryCenter.id) == center_id, _of_centre(actor, col(DirectoryCenter.id))
    )
    return found(await session.scalar(statement))


async def funding_between(
    session: AsyncSession, center_id: UUID, first: date, last: date
) -> Sequence[FundingRecord]:
    """Give a centre's money that came in between two days, both included, and was not undone."""
    rows = await session.scalars(
        select(FundingRecord)
        .where(
            col(FundingRecord.center_id) == center_id,
            col(FundingRecord.received_on).between(first, last),
            ~exists().where(col(FundingUndoing.funding_id) == col(FundingRecord.id)),
        )
        .order_by(col(FundingRecord.received_on), col(FundingRecord.id))
    )
    return rows.all()


async def sums_of_books(
    session: AsyncSession, center_id: UUID, first: date, last: date
) -> tuple[int, int]:
    """Give the cash on the last day, and the centre's own expenses between the days."""
    cash = (
        rows_of(func.coalesce(func.sum(col(Posting.amount_fen)), 0))
        .join(Account, col(Account.id) == col(Posting.account_id))
        .join(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
        .where(
            col(Account.center_id) == center_id,
            col(Account.code).in_(CASH_CODES),
            col(JournalEntry.effective_on) <= last,
        )
    )
    costs = (
        rows_of(func.coalesce(func.sum(col(Posting.amount_fen)), 0))
        .join(Account, col(Account.id) == col(Posting.account_id))
        .join(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
        .where(
            col(Account.center_id) == center_id,
            col(Account.kind) == AccountKind.EXPENSE,
            col(Account.org_id).is_(None),
            col(JournalEntry.effective_on).between(first, last),
        )
    )
    return int(await session.scalar(cash) or 0), int(await session.scalar(costs) or 0)


async def subscriptions(session: AsyncSession, center_id: UUID) -> list[Subscription]:
    """Give a centre's promises of equity with what was paid and lost of them, the oldest first.

    A payment that was undone counts on no day.
    """
    rows = await session.scalars(
        select(Contribution)
        .where(
            col(Contribution.center_id) == center_id,
            col(Contribution.kind) == ContributionKind.EQUITY,
        )
        .order_by(col(Contribution.recorded_at), col(Contribution.id))
    )
    promises = rows.all()
    ids = [row.id for row in promises]
    paid, lost = await payments_of(session, ids), await forfeitures_of(session, ids)
    undone = await undone_payments(session, ids)
    return [
        Subscription(
            row.org_id,
            row.agreed_on,
            row.committed_fen,
            tuple(
                (one.paid_on, one.amount_fen)
                for one in paid.get(row.id, ())
                if one.id not in undone
            ),
            tuple((one.resolved_on, one.forfeited_fen) for one in lost.get(row.id, ())),
        )
        for row in promises
    ]


def visible_divisions(actor: Actor, center_id: UUID | None) -> SelectOfScalar[ProfitDivision]:
    """Give the select of the divided profits that the actor may see."""
    seen = _of_centre(actor, col(ProfitDivision.center_id))
    if actor.org_id is not None:
        holder = rows_of(col(Contribution.center_id)).where(
            col(Contribution.org_id).in_(actor.org_ids),
            col(Contribution.kind) == ContributionKind.EQUITY,
        )
        seen = or_(seen, col(ProfitDivision.center_id).in_(holder))
    statement = select(ProfitDivision).where(seen)
    if center_id is not None:
        statement = statement.where(col(ProfitDivision.center_id) == center_id)
    return statement


async def visible_division(
    session: AsyncSession, actor: Actor, division_id: UUID
) -> ProfitDivision:
    """Give a divided profit that the actor may see, else NOT_FOUND."""
    statement = visible_divisions(actor, None).where(col(ProfitDivision.id) == division_id)
    return found(await session.scalar(statement))


async def standing_divisions(session: AsyncSession, center_id: UUID) -> Sequence[ProfitDivision]:
    """Give a centre's divided profits that were not undone, in the order of their recording."""
    rows = await session.scalars(
        select(ProfitDivision)
        .where(col(ProfitDivision.center_id) == center_id, col(ProfitDivision.undone_at).is_(None))
        .order_by(col(ProfitDivision.recorded_at), col(ProfitDivision.id))
    )
    return rows.all()
