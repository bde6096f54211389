"""Opening accounts and posting entries inside a request's own transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.journal import queries, rules, statement
from ip_ledger.journal.rules import AccountName, EntryDraft
from ip_ledger.journal.statement import Posted
from ip_ledger.journal.tables import Account, AccountBalance
from ip_ledger.log.actions import NewRecord
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.rules import Check, require


async def open_accounts(
    session: AsyncSession, center_id: UUID, names: Iterable[AccountName], currency: str = "CNY"
) -> dict[AccountName, UUID]:
    """Give the ids of a centre's accounts, opening those that are not there yet."""
    wanted = sorted(set(names), key=lambda name: (name.code, str(name.org_id)))
    clock: Clock = session.info["clock"]
    at = clock.now()
    rows = [
        {
            "id": new_id(),
            "center_id": center_id,
            "org_id": name.org_id,
            "code": name.code,
            "kind": name.kind,
            "currency": currency,
            "may_go_negative": name.may_go_negative,
            "opened_at": at,
        }
        for name in wanted
    ]
    # A twin that opens the same account makes this wait, and then it is there for both.
    opened = await session.scalars(
        insert(Account)
        .values(rows)
        .on_conflict_do_nothing(constraint="uq_account_place")
        .returning(col(Account.id))
    )
    if new := [{"account_id": account_id, "balance_fen": 0, "version": 0} for account_id in opened]:
        await session.execute(insert(AccountBalance).values(new))
    known = await queries.account_ids(session, center_id, currency)
    return {name: known[name.org_id, name.code] for name in wanted}


async def open_account(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    name: AccountName,
    currency: str,
    *,
    known_orgs: frozenset[UUID],
) -> Account:
    """Open an account by hand, or give the one that is there (X07).

    `known_orgs` holds the organization it is kept for, where the programme knows it. Raises
    `Refused`: PARTY_UNKNOWN, or ALREADY_EXISTS for a name that stands for another kind.
    """
    require(rules.holder_checks(name.org_id, known_orgs))
    there = await queries.account_ids(session, center_id, currency)
    ids = await open_accounts(session, center_id, [name], currency)
    account = await queries.account(session, ids[name])
    require(rules.kind_checks(name, account.kind, may_go_negative=account.may_go_negative))
    if account.id in there.values():
        return account
    record(session, actor, "account.opened", account.id, center_id=center_id, code=name.code)
    return account


async def post_entries(
    session: AsyncSession,
    actor: Actor,
    drafts: Sequence[EntryDraft],
    at: datetime | None = None,
) -> None:
    """Post entries with their postings, balances, log records and events, by set.

    They are recorded now, or `at` the instant of what they go with.

    Raises `Refused`: UNBALANCED, CURRENCIES_MIXED, AMOUNT_TOO_LARGE, ACCOUNT_OVERDRAWN,
    PERIOD_CLOSED or BEFORE_OPENING. The accounts must exist.
    """
    require([check for draft in drafts for check in rules.entry_checks(draft)])
    clock: Clock = session.info["clock"]
    # The statement runs beside the session, on its connection and in its transaction: what the
    # session still holds back must be there first.
    await session.flush()
    verdicts = await balance_verdicts(session, drafts)
    require([check for checks in verdicts.values() for check in checks])
    readers = await queries.account_holders(session, drafts)
    await post_judged(session, actor, drafts, readers, at or clock.now())


async def post_judged(
    session: AsyncSession,
    actor: Actor,
    drafts: Sequence[EntryDraft],
    readers: Mapping[UUID, Collection[UUID]],
    at: datetime,
) -> None:
    """Post entries whose checks have passed while their accounts were locked: one statement.

    `readers` names by entry the organizations whose own accounts it touches.
    """
    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.driver_connection
    # What else this transaction changes is told in the name of the same person.
    session.info["recorder"] = actor
    posted = [Posted(draft, actor, at, readers.get(draft.id, ())) for draft in drafts]
    await driver.fetch(statement.POST, *statement.arguments(posted))


async def balance_verdicts(
    session: AsyncSession, drafts: Sequence[EntryDraft]
) -> dict[UUID, list[Check]]:
    """Judge what entries would make of their accounts, which stay locked until the commit."""
    ids = {line.account_id for draft in drafts for line in draft.lines}
    balances = await queries.balances_for_update(session, ids)
    verdicts = rules.balances_after(drafts, balances, await queries.one_sided(session, ids))
    for draft_id, checks in (await _days_judged(session, drafts)).items():
        verdicts[draft_id] += checks
    return verdicts


async def foretold_verdicts(
    session: AsyncSession, drafts: Sequence[EntryDraft], moved: Mapping[UUID, int]
) -> dict[UUID, list[Check]]:
    """Judge what entries would make of accounts that others would have moved; nothing is locked.

    `moved` gives by account what was foretold before, in minor units.
    """
    ids = {line.account_id for draft in drafts for line in draft.lines}
    balances = {
        account_id: balance_fen + moved.get(account_id, 0)
        for account_id, balance_fen in (await queries.balances(session, ids)).items()
    }
    verdicts = rules.balances_after(drafts, balances, await queries.one_sided(session, ids))
    for draft_id, checks in (await _days_judged(session, drafts)).items():
        verdicts[draft_id] += checks
    return verdicts


async def day_checks(session: AsyncSession, draft: EntryDraft) -> list[Check]:
    """Judge an entry's day alone: neither in a closed period nor before the opening."""
    return (await _days_judged(session, [draft]))[draft.id]


async def _days_judged(
    session: AsyncSession, drafts: Sequence[EntryDraft]
) -> dict[UUID, list[Check]]:
    centers = {draft.center_id for draft in drafts}
    closed = await queries.closed_until(session, centers)
    opened = await queries.opened_on(session, centers)
    verdicts = {}
    for draft in drafts:
        until, first = closed.get(draft.center_id), opened.get(draft.center_id)
        open_still = until is None or draft.effective_on > until
        after = first is None or draft.effective_on >= first
        # Of a batch hardly any fails: what passes is not written down.
        verdicts[draft.id] = [] if open_still else [rules.closed_check(until)]
        if not after:
            verdicts[draft.id].append(rules.opened_check(first))
    return verdicts


def logged(draft: EntryDraft, readers: Iterable[UUID]) -> NewRecord:
    """Give the log record of an entry that waits."""
    return NewRecord(
        kind="pending_entry",
        record_id=draft.id,
        center_id=draft.center_id,
        document=rules.entry_document(draft),
        openings=rules.entry_openings(draft),
        readers=tuple(readers),
    )


async def reverse_entries_of(
    session: AsyncSession, actor: Actor, source_id: UUID, effective_on: date, reference: str
) -> list[EntryDraft]:
    """Undo every entry of a source, such as a distribution run, on a given day (X07).

    Raises `Refused`: REVERSAL_BEFORE_ORIGINAL, REVERSAL_OF_REVERSAL, ALREADY_REVERSED, or as
    `post_entries`.
    """
    originals = await queries.entries_of_source(session, source_id)
    undone = await queries.reversed_ids(session, [original.id for original in originals])
    require(
        [
            check
            for original in originals
            for check in rules.reversal_checks(
                original, effective_on, reversed_already=original.id in undone
            )
        ]
    )
    drafts = [
        rules.reversal_of(original, new_id(), effective_on, reference) for original in originals
    ]
    await post_entries(session, actor, drafts)
    return drafts
