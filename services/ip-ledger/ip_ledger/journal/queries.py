"""What is read of the books, and who may: officials, the centre, and each organization its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    column,
    exists,
    func,
    literal,
    or_,
    table,
    true,
    union_all,
)
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.journal.rules import Bound, EntryDraft, EntryKind, Line, held_of
from ip_ledger.journal.tables import (
    Account,
    AccountBalance,
    BookPeriod,
    JournalEntry,
    Posting,
)
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found

# Records with an undoing of their own. They belong to features that know this one, so that their
# tables are only named here.
UNDONE_WHOLE: Final = (
    "contribution_payment",
    "funding_record",
    "revenue_event",
    "asset_cost",
    "distribution_run",
    "profit_division",
    "benefit_division",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with its balance: debits less credits, in minor units."""

    account: Account
    balance_fen: int
    version: int
    held_debits_fen: int = 0
    held_credits_fen: int = 0

    @property
    def available_fen(self) -> int:
        """Give the balance less what holds take of it."""
        kind = self.account.kind
        return self.balance_fen + held_of(kind, self.held_debits_fen, self.held_credits_fen)


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """A posting on an account, with its entry."""

    posting: Posting
    entry: JournalEntry


def may_read(actor: Actor) -> ColumnElement[bool]:
    """Give the condition on `Account` that the actor may see it (X04)."""
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return ~true()
    own_centers = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    return or_(col(Account.org_id).in_(actor.org_ids), col(Account.center_id).in_(own_centers))


def _among(named: UUID, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Give the condition that a column is one of many: one text, however many there are.

    A list with a parameter for each is written, sent and planned anew for each length.
    """
    return col(named) == any_(literal(list(set(ids)), ARRAY(Uuid())))


async def account_ids(
    session: AsyncSession, center_id: UUID, currency: str
) -> dict[tuple[UUID | None, str], UUID]:
    """Give the ids of a centre's accounts by organization and code."""
    rows = await session.execute(
        rows_of(col(Account.org_id), col(Account.code), col(Account.id)).where(
            col(Account.center_id) == center_id, col(Account.currency) == currency
        )
    )
    return {(org_id, code): account_id for org_id, code, account_id in rows}


async def account(session: AsyncSession, account_id: UUID) -> Account:
    """Give an account, whoever asks."""
    return found(await session.get(Account, account_id))


async def accounts_by_id(session: AsyncSession, account_ids: Iterable[UUID]) -> dict[UUID, Account]:
    """Give accounts by id, whoever asks."""
    rows = await session.scalars(select(Account).where(col(Account.id).in_(set(account_ids))))
    return {row.id: row for row in rows}


def visible_accounts(
    actor: Actor,
    **filters: Any,  # noqa: ANN401 - column values
) -> Any:  # noqa: ANN401 - a select of account, balance, version and holds
    """Give the select of accounts that the actor may see, with their present balances."""
    statement = (
        rows_of(
            Account,
            col(AccountBalance.balance_fen),
            col(AccountBalance.version),
            col(AccountBalance.held_debits_fen),
            col(AccountBalance.held_credits_fen),
        )
        .join(AccountBalance, col(AccountBalance.account_id) == col(Account.id))
        .where(may_read(actor))
    )
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(Account, name) == value)
    return statement


async def visible_account(session: AsyncSession, actor: Actor, account_id: UUID) -> Standing:
    """Give one account with its balance, else NOT_FOUND."""
    statement = visible_accounts(actor).where(col(Account.id) == account_id)
    return Standing(*found((await session.execute(statement)).first()))


async def balances_for_update(
    session: AsyncSession, account_ids: Iterable[UUID]
) -> dict[UUID, int]:
    """Give present balances and lock them, in the order in which posting locks them."""
    rows = await session.execute(
        rows_of(col(AccountBalance.account_id), col(AccountBalance.balance_fen))
        .where(_among(AccountBalance.account_id, account_ids))
        .order_by(col(AccountBalance.account_id))
        .with_for_update(key_share=True)
    )
    return {row.account_id: row.balance_fen for row in rows}


async def balances(session: AsyncSession, account_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Give present balances, and lock none."""
    rows = await session.execute(
        rows_of(col(AccountBalance.account_id), col(AccountBalance.balance_fen)).where(
            _among(AccountBalance.account_id, account_ids)
        )
    )
    return {row.account_id: row.balance_fen for row in rows}


async def balance_rows_for_update(
    session: AsyncSession, account_ids: Iterable[UUID]
) -> list[AccountBalance]:
    """Load and lock the rows of present balances, in the order in which posting locks them."""
    rows = await session.scalars(
        select(AccountBalance)
        .where(col(AccountBalance.account_id).in_(set(account_ids)))
        .order_by(col(AccountBalance.account_id))
        .with_for_update(key_share=True)
    )
    return list(rows)


async def one_sided(session: AsyncSession, account_ids: Iterable[UUID]) -> dict[UUID, Bound]:
    """Name those of the accounts that may not go negative, with what is held of them."""
    rows = await session.execute(
        rows_of(
            col(Account.id),
            col(Account.kind),
            col(AccountBalance.held_debits_fen),
            col(AccountBalance.held_credits_fen),
        )
        .join(AccountBalance, col(AccountBalance.account_id) == col(Account.id))
        .where(_among(Account.id, account_ids), col(Account.may_go_negative).is_(False))
    )
    return {row[0]: Bound(row[1], held_of(row[1], row[2], row[3])) for row in rows}


async def closed_until(session: AsyncSession, center_ids: Iterable[UUID]) -> dict[UUID, date]:
    """Give the last day of each centre's books that is closed, by centre."""
    rows = await session.execute(
        rows_of(col(BookPeriod.center_id), func.max(col(BookPeriod.until_on)))
        .where(col(BookPeriod.center_id).in_(set(center_ids)))
        .group_by(col(BookPeriod.center_id))
    )
    return {row[0]: row[1] for row in rows}


async def opened_on(session: AsyncSession, center_ids: Iterable[UUID]) -> dict[UUID, date]:
    """Give the day on which each centre's books were opened, where they came from others."""
    rows = await session.execute(
        rows_of(col(JournalEntry.center_id), func.max(col(JournalEntry.effective_on)))
        .where(
            col(JournalEntry.center_id).in_(set(center_ids)),
            col(JournalEntry.kind) == EntryKind.OPENING,
            col(JournalEntry.reverses_id).is_(None),
        )
        .group_by(col(JournalEntry.center_id))
    )
    return {row[0]: row[1] for row in rows}


async def has_entries(session: AsyncSession, center_id: UUID) -> bool:
    """Tell whether a centre's books hold any entry, an opening one included."""
    statement = rows_of(exists().where(col(JournalEntry.center_id) == center_id))
    return bool(await session.scalar(statement))


async def balances_at(
    session: AsyncSession, account_ids: Iterable[UUID], on: date | None, known_at: datetime | None
) -> Mapping[UUID, tuple[int, int]]:
    """Give balances on a day, as known at an instant: either bound may be missing.

    Both bounds are included. Postings are summed, because only the present balance is kept: an
    account's stand side by side in one index, which holds all that is asked here.
    """
    statement = (
        rows_of(col(Posting.account_id), func.sum(col(Posting.amount_fen)), func.count())
        .where(col(Posting.account_id).in_(list(account_ids)))
        .group_by(col(Posting.account_id))
    )
    if on is not None:
        statement = statement.where(col(Posting.effective_on) <= on)
    if known_at is not None:
        statement = statement.where(col(Posting.recorded_at) <= known_at)
    rows = await session.execute(statement)
    return {account_id: (int(total), count) for account_id, total, count in rows}


def account_entries(account_id: UUID, on: date | None, known_at: datetime | None) -> Any:  # noqa: ANN401 - a select of posting and entry
    """Give the select of an account's postings with their entries."""
    statement = (
        rows_of(Posting, JournalEntry)
        .join(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
        .where(col(Posting.account_id) == account_id)
    )
    if on is not None:
        statement = statement.where(col(Posting.effective_on) <= on)
    if known_at is not None:
        statement = statement.where(col(Posting.recorded_at) <= known_at)
    return statement


async def account_holders(
    session: AsyncSession, drafts: Sequence[EntryDraft]
) -> dict[UUID, set[UUID]]:
    """Name the organizations whose own accounts an entry touches, by entry."""
    ids = {line.account_id for draft in drafts for line in draft.lines}
    rows = await session.execute(
        rows_of(col(Account.id), col(Account.org_id)).where(
            _among(Account.id, ids), col(Account.org_id).is_not(None)
        )
    )
    holders: dict[UUID, UUID] = {account_id: org_id for account_id, org_id in rows if org_id}
    return {
        draft.id: {holders[line.account_id] for line in draft.lines if line.account_id in holders}
        for draft in drafts
    }


async def entries_of_source(session: AsyncSession, source_id: UUID) -> list[EntryDraft]:
    """Give the entries that a run or revenue event made, reversals left out."""
    mine = col(JournalEntry.source_id) == source_id
    return await _entries(session, mine & col(JournalEntry.reverses_id).is_(None))


async def has_own_undoing(session: AsyncSession, source_id: UUID | None) -> bool:
    """Tell whether an entry belongs to a record that is undone as a whole, by its own call."""
    if source_id is None:
        return False
    behind = (
        rows_of(literal(1)).where(table(name, column("id")).c.id == source_id)
        for name in UNDONE_WHOLE
    )
    return await session.scalar(union_all(*behind).limit(1)) is not None


async def entry(session: AsyncSession, entry_id: UUID) -> EntryDraft:
    """Give one entry with its lines, else NOT_FOUND."""
    return found(next(iter(await _entries(session, col(JournalEntry.id) == entry_id)), None))


async def _entries(session: AsyncSession, condition: ColumnElement[bool]) -> list[EntryDraft]:
    entries = await session.scalars(
        select(JournalEntry).where(condition).order_by(col(JournalEntry.id))
    )
    rows = list(entries)
    postings = await session.scalars(
        select(Posting)
        .where(col(Posting.entry_id).in_([row.id for row in rows]))
        .order_by(col(Posting.entry_id), col(Posting.line))
    )
    lines: dict[UUID, list[Line]] = {}
    for posting in postings:
        line = Line(posting.account_id, posting.amount_fen, posting.currency)
        lines.setdefault(posting.entry_id, []).append(line)
    return [
        EntryDraft(
            id=row.id,
            center_id=row.center_id,
            effective_on=row.effective_on,
            reference=row.reference,
            lines=tuple(lines[row.id]),
            source_id=row.source_id,
            reverses_id=row.reverses_id,
            kind=row.kind,
            exchange_rate=row.exchange_rate,
        )
        for row in rows
    ]


async def reversed_ids(session: AsyncSession, entry_ids: Iterable[UUID]) -> set[UUID]:
    """Name which of these entries another one has undone."""
    rows = await session.scalars(
        select(col(JournalEntry.reverses_id)).where(
            col(JournalEntry.reverses_id).in_(list(entry_ids))
        )
    )
    return {entry_id for entry_id in rows if entry_id is not None}


@dataclass(frozen=True, slots=True)
class Place:
    """What never changes of an account: whose books it is in, its currency, whose it is."""

    center_id: UUID
    currency: str
    org_id: UUID | None


async def places_of_accounts(
    session: AsyncSession, account_ids: Iterable[UUID]
) -> dict[UUID, Place]:
    """Give the places of accounts by id; unknown ones are left out."""
    rows = await session.execute(
        rows_of(
            col(Account.id), col(Account.center_id), col(Account.currency), col(Account.org_id)
        ).where(_among(Account.id, account_ids))
    )
    return {row[0]: Place(row[1], row[2], row[3]) for row in rows}


async def wrong_balances(session: AsyncSession) -> list[UUID]:
    """Rebuild every balance from its postings; name the accounts that differ (must be none)."""
    rebuilt = (
        rows_of(
            col(Posting.account_id),
            func.sum(col(Posting.amount_fen)).label("balance_fen"),
            func.count().label("version"),
        )
        .group_by(col(Posting.account_id))
        .subquery()
    )
    statement = (
        select(col(AccountBalance.account_id))
        .outerjoin(rebuilt, rebuilt.c.account_id == col(AccountBalance.account_id))
        .where(
            or_(
                col(AccountBalance.balance_fen) != func.coalesce(rebuilt.c.balance_fen, 0),
                col(AccountBalance.version) != func.coalesce(rebuilt.c.version, 0),
            )
        )
    )
    return list(await session.scalars(statement))
