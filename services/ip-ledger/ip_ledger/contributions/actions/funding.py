"""Money from outside, trust money handed over, and profits divided (A094, A097, A143, A053)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.contributions import profit_rules, queries, rules
from ip_ledger.contributions.actions import money
from ip_ledger.contributions.profit_rules import Shareholder
from ip_ledger.contributions.rules import Instrument, Source
from ip_ledger.contributions.tables import FundingRecord, ProfitDivision, TrustRelease
from ip_ledger.journal import actions as journal
from ip_ledger.journal import queries as books
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
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.money import largest_remainder
from shared.rules import Kind, Rule, found, require

TENANCY: Final = Rule("X04", "delivery")
PROFIT: Final = AccountName("profit_divided", AccountKind.EXPENSE)
RESERVE: Final = AccountName("statutory_reserve", AccountKind.LIABILITY)


def dividend_due(org_id: UUID) -> AccountName:
    """Name the account of a shareholder's profit; no more than is due can be paid of it."""
    return AccountName("dividend_due", AccountKind.LIABILITY, org_id, may_go_negative=False)


@dataclass(frozen=True, slots=True)
class NewFunding:
    """Money from outside, as it came in."""

    center_id: UUID
    source: Source
    instrument: Instrument
    amount_fen: int
    received_on: date
    provider_org_id: UUID | None
    provider_name: str | None
    doc_no: str | None
    risk_note: str | None
    repay_by: date | None
    stake_ppm: int | None
    purpose: str | None
    held_in_trust: bool
    evidence: tuple[UUID, ...]


async def record_funding(
    session: AsyncSession, actor: Actor, new: NewFunding, today: date
) -> FundingRecord:
    """Record money that came to a centre from a source other than its members, and book it.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, FUNDING_FORM, FIELD_MISSING, DAY_IN_FUTURE,
    STATE_CONFLICT, CONSORTIUM_NOT_REGISTERED, or as `journal.post_entries`.
    """
    center = await tenancy.writable_center(session, actor, new.center_id, today)
    trustee = None if center.legal_entity_id else center.trustee_org_id
    is_equity = new.instrument is Instrument.EQUITY
    require(
        [
            *rules.receiving_checks(receives=tenancy.leads(center, actor)),
            *rules.funding_checks(
                new.source, new.instrument,
                is_named=bool(new.provider_name or new.provider_org_id),
                risk_note=new.risk_note, received_on=new.received_on, today=today,
            ),
            *rules.holding_checks(
                rules.ContributionKind.EQUITY if is_equity else None,
                has_legal_entity=center.legal_entity_id is not None,
                trustee_org_id=trustee,
                held_in_trust=new.held_in_trust,
            ),
        ]
    )  # fmt: skip
    funding_id = new_id()
    entry_id = await money.move(
        session, actor, center.id,
        money.received_in(is_cash=True, trustee=trustee),
        money.funded(new.source, new.instrument, trustee),
        new.amount_fen, new.received_on, f"funding {funding_id}", funding_id,
    )  # fmt: skip
    clock: Clock = session.info["clock"]
    row = FundingRecord(
        id=funding_id,
        center_id=center.id,
        source=new.source,
        instrument=new.instrument,
        amount_fen=new.amount_fen,
        received_on=new.received_on,
        provider_org_id=new.provider_org_id,
        provider_name=new.provider_name,
        doc_no=new.doc_no,
        risk_note=new.risk_note,
        repay_by=new.repay_by,
        stake_ppm=new.stake_ppm,
        purpose=new.purpose,
        held_in_trust=trustee is not None,
        evidence_ids=list(new.evidence),
        entry_id=entry_id,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "funding.recorded", row.id, center_id=center.id,
        source=row.source, instrument=row.instrument, received_on=row.received_on,
    )  # fmt: skip
    return row


async def release_trust(
    session: AsyncSession, actor: Actor, center_id: UUID, today: date
) -> TrustRelease:
    """Hand over what a trustee holds, by its own account, once the centre is registered (D3.6).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, CONSORTIUM_NOT_REGISTERED, NOTHING_HELD, or as
    `journal.post_entries`.
    """
    # The lock makes look and move one step: a second release finds nothing.
    await tenancy.lock_center(session, center_id)
    center = found(await tenancy.center_of(session, center_id))
    known = await books.account_ids(session, center_id, "CNY")
    holders = {org_id for org_id, code in known if org_id and code == trust_cash(org_id).code}
    trustee = found(tenancy.speaking_as(actor, {center.trustee_org_id, *holders}))
    names = [trust_cash(trustee), held_in_trust(trustee)]
    account_id = known.get((trustee, names[0].code))
    found(account_id or (center.trustee_org_id if center.trustee_org_id == trustee else None))
    ids = await journal.open_accounts(session, center_id, [*names, CASH, money.RELEASED])
    balances = await books.balances_for_update(session, [ids[name] for name in names])
    held, owed = balances[ids[names[0]]], -balances[ids[names[1]]]
    require(
        rules.release_checks(
            has_legal_entity=center.legal_entity_id is not None,
            is_trustee=account_id is not None or center.trustee_org_id == trustee,
            held_fen=held,
        )
    )
    release_id = new_id()
    # All the cash moves; but only what was given in trust becomes the centre's own. What the
    # trustee received for rights is owed to their owners afterwards as before.
    moved = [
        (ids[CASH], held),
        (ids[names[0]], -held),
        (ids[names[1]], owed),
        (ids[money.RELEASED], -owed),
    ]
    lines = tuple(Line(account_id, fen) for account_id, fen in moved if fen)
    draft = EntryDraft(
        new_id(), center_id, today, f"trust release {release_id}", lines, source_id=release_id
    )
    await journal.post_entries(session, actor, [draft])
    clock: Clock = session.info["clock"]
    row = TrustRelease(
        id=release_id,
        center_id=center_id,
        trustee_org_id=trustee,
        amount_fen=held,
        released_on=today,
        entry_id=draft.id,
        released_by=actor.person_id,
        released_at=clock.now(),
    )
    session.add(row)
    record(
        session, actor, "trust.released", row.id, center_id=center_id, trustee_org_id=trustee,
        released_on=today,
    )  # fmt: skip
    return row


@dataclass(frozen=True, slots=True)
class NewDivision:
    """A year's profit to be divided; `agreed` is another rule than paid-in capital."""

    center_id: UUID
    year: int
    profit_fen: int
    resolved_on: date
    resolution_file_id: UUID
    agreed: tuple[tuple[UUID, int], ...] | None
    consent_file_id: UUID | None
    consents: tuple[UUID, ...]


async def divide_profit(
    session: AsyncSession, actor: Actor, new: NewDivision, today: date
) -> ProfitDivision:
    """Divide a year's profit by capital paid in, or as all shareholders agreed (D12.9, 公司法210).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, CONSORTIUM_NOT_REGISTERED, CAPITAL_MISSING,
    CONSENT_MISSING, SHARES_NOT_100, PARTY_UNKNOWN, PARTY_REPEATED, DAY_IN_FUTURE, ALREADY_EXISTS,
    or as `journal.post_entries`.
    """
    center = await tenancy.writable_center_for_update(session, actor, new.center_id, today)
    promises = await queries.subscriptions(session, center.id)
    holders = profit_rules.shareholders_on(promises, new.resolved_on)
    require(
        [
            TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=tenancy.leads(center, actor)),
            rules.TRUST.check(
                "CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=center.legal_entity_id is not None
            ),
            *profit_rules.profit_checks(
                holders, new.agreed, consent_attached=new.consent_file_id is not None,
                consents=new.consents,
            ),
            profit_rules.PROFITS.check(
                "DAY_IN_FUTURE", Kind.CONTENT, passed=new.resolved_on <= today,
                pointer="/resolved_on", today=today.isoformat(),
            ),
        ]
    )  # fmt: skip
    capital = sum(one.subscribed_fen for one in holders)
    former = await queries.standing_divisions(session, center.id)
    kept = sum(one.reserve_fen for one in former)
    reserve = profit_rules.reserve_fen(new.profit_fen, kept, capital)
    pool = new.profit_fen - reserve
    agreed = None if new.agreed is None else dict(new.agreed)
    quotas = profit_rules.profit_quotas(pool, holders, agreed)
    amounts = dict(
        zip(quotas, largest_remainder(pool, list(quotas.values()), range(len(quotas))), strict=True)
    )
    division_id = new_id()
    entry_id = await _book_profit(session, actor, new, division_id, reserve, amounts)
    clock: Clock = session.info["clock"]
    row = ProfitDivision(
        id=division_id,
        center_id=center.id,
        year=new.year,
        profit_fen=new.profit_fen,
        reserve_fen=reserve,
        pool_fen=pool,
        resolved_on=new.resolved_on,
        resolution_file_id=new.resolution_file_id,
        consent_file_id=new.consent_file_id,
        lines=[_profit_line(one, agreed, amounts[one.org_id]) for one in holders],
        entry_id=entry_id,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "profit.divided", row.id, center_id=center.id, year=row.year,
        basis="agreed" if new.agreed is not None else "paid_in",
    )  # fmt: skip
    return row


def _profit_line(
    one: Shareholder, agreed: Mapping[UUID, int] | None, amount_fen: int
) -> dict[str, Any]:
    return {
        "org_id": str(one.org_id),
        "subscribed_fen": one.subscribed_fen,
        "paid_in_fen": one.paid_fen,
        "agreed_ppm": None if agreed is None else agreed.get(one.org_id, 0),
        "amount_fen": amount_fen,
    }


async def _book_profit(
    session: AsyncSession,
    actor: Actor,
    new: NewDivision,
    division_id: UUID,
    reserve_fen: int,
    amounts: Mapping[UUID, int],
) -> UUID:
    due = {dividend_due(org_id): amount for org_id, amount in amounts.items() if amount}
    if reserve_fen:
        due[RESERVE] = reserve_fen
    ids = await journal.open_accounts(session, new.center_id, [PROFIT, *due])
    lines = [
        Line(ids[PROFIT], new.profit_fen),
        *(Line(ids[name], -amount) for name, amount in due.items()),
    ]
    draft = EntryDraft(
        new_id(), new.center_id, new.resolved_on, f"profit of {new.year}", tuple(lines), division_id
    )
    await journal.post_entries(session, actor, [draft])
    return draft.id
