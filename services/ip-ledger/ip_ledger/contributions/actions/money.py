"""Where the money of a contribution lies: in the centre's cash, in kind, or with its trustee."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.contributions.rules import ContributionKind, Instrument, Source
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import (
    CASH,
    AccountKind,
    AccountName,
    EntryDraft,
    Line,
    held_in_trust,
    trust_cash,
)
from shared.auth import Actor
from shared.database import new_id

IN_KIND: Final = AccountName("assets_in_kind", AccountKind.ASSET)
FEES: Final = AccountName("membership_fees", AccountKind.INCOME)
GIFTS_IN_KIND: Final = AccountName("contributions_in_kind", AccountKind.INCOME)
RELEASED: Final = AccountName("released_from_trust", AccountKind.INCOME)
LOANS: Final = AccountName("loans_payable", AccountKind.LIABILITY)
INVESTED: Final = AccountName("capital_of_investors", AccountKind.LIABILITY)


def capital_of(org_id: UUID) -> AccountName:
    """Name the account of a member's paid-in capital."""
    return AccountName("paid_in_capital", AccountKind.LIABILITY, org_id)


def received_in(*, is_cash: bool, trustee: UUID | None) -> AccountName:
    """Name the account that a contribution comes into; a trustee's means are kept apart."""
    if trustee is not None:
        return trust_cash(trustee)
    return CASH if is_cash else IN_KIND


def credited(kind: ContributionKind, org_id: UUID, trustee: UUID | None) -> AccountName:
    """Name the account that a contribution counts on; in trust it is nobody's income yet."""
    if trustee is not None:
        return held_in_trust(trustee)
    return {
        ContributionKind.EQUITY: capital_of(org_id),
        ContributionKind.MEMBERSHIP_FEE: FEES,
        ContributionKind.IN_KIND: GIFTS_IN_KIND,
    }[kind]


def funded(source: Source, instrument: Instrument, trustee: UUID | None) -> AccountName:
    """Name the account that money from outside counts on."""
    if trustee is not None:
        return held_in_trust(trustee)
    if instrument is Instrument.LOAN:
        return LOANS
    if instrument is Instrument.EQUITY:
        return INVESTED
    return AccountName(f"funding_{source.value}", AccountKind.INCOME)


async def move(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    into: AccountName,
    from_: AccountName,
    amount_fen: int,
    on: date,
    reference: str,
    source_id: UUID,
) -> UUID:
    """Post one entry between two accounts of a centre; give its id."""
    ids = await journal.open_accounts(session, center_id, [into, from_])
    lines = (Line(ids[into], amount_fen), Line(ids[from_], -amount_fen))
    draft = EntryDraft(new_id(), center_id, on, reference, lines, source_id=source_id)
    await journal.post_entries(session, actor, [draft])
    return draft.id
