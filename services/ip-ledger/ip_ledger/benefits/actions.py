"""Dividing a pool of membership benefits, and booking what each member is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.agreements.queries import Terms
from ip_ledger.benefits import queries, rules
from ip_ledger.benefits.rules import Membership, Pool
from ip_ledger.benefits.tables import BenefitDivision
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import AccountKind, AccountName, EntryDraft, Line
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.rules import Kind, found, require

DIVIDED: Final = AccountName("benefits_divided", AccountKind.EXPENSE)


@dataclass(frozen=True, slots=True)
class NewPool:
    """A year's pool to be divided, as the centre resolved."""

    center_id: UUID
    external_id: str
    pool: Pool
    resolved_on: date
    resolution_file_id: UUID


async def divide(session: AsyncSession, actor: Actor, new: NewPool, today: date) -> BenefitDivision:
    """Divide a year's pool among the parties by their shares of benefit (A086, C7-5).

    The agreement that holds on the day of the resolution says the shares and how an exit within the
    year counts. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER,
    IP_AGREEMENT_MISSING, BENEFIT_SHARES_MISSING, ALREADY_EXISTS, CONSORTIUM_NOT_REGISTERED, or as
    `journal.post_entries`.
    """
    center = await tenancy.writable_center_for_update(session, actor, new.center_id, today)
    terms = await agreements.in_force(session, center.id, new.resolved_on)
    membership = None if terms is None else await _membership(session, center.id, terms)
    days = set() if terms is None else rules.days_of(new.pool, terms.exit_method)
    known = await queries.is_known(session, center.id, new.external_id)
    require(
        [
            *rules.pool_checks(
                new.pool, new.resolved_on, today, leads=tenancy.leads(center, actor),
                has_legal_entity=center.legal_entity_id is not None,
            ),
            *rules.membership_checks(membership, days),
            rules.BENEFITS.check(
                "ALREADY_EXISTS", Kind.STATE, passed=not known, pointer="/external_id",
                key=new.external_id,
            ),
        ]
    )  # fmt: skip
    terms, membership = found(terms), found(membership)
    amounts = rules.divided(new.pool, membership, terms.exit_method)
    division_id = new_id()
    clock: Clock = session.info["clock"]
    row = BenefitDivision(
        id=division_id,
        center_id=center.id,
        external_id=new.external_id,
        year=new.pool.year,
        agreement_id=terms.id,
        method=terms.exit_method,
        pool_fen=new.pool.total_fen,
        incomes=[
            {"received_on": day.isoformat(), "amount_fen": fen} for day, fen in new.pool.incomes
        ],
        lines=[
            {
                "org_id": str(org_id),
                "benefit_ppm": membership.shares_ppm[org_id],
                "last_on": membership.last_days[org_id].isoformat()
                if org_id in membership.last_days
                else None,
                "amount_fen": amounts[org_id],
            }
            for org_id in membership.order
        ],
        resolved_on=new.resolved_on,
        resolution_file_id=new.resolution_file_id,
        entry_id=await _book(session, actor, new, division_id, amounts),
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "benefits.divided", row.id, center_id=center.id, year=row.year,
        method=row.method, agreement_id=row.agreement_id,
    )  # fmt: skip
    return row


async def _membership(session: AsyncSession, center_id: UUID, terms: Terms) -> Membership:
    shares = {org_id: terms.benefit_ppm.get(org_id, 0) for org_id in terms.parties}
    last = await queries.last_days(session, center_id, terms.parties)
    return Membership(shares, last, terms.parties)


async def _book(
    session: AsyncSession,
    actor: Actor,
    new: NewPool,
    division_id: UUID,
    amounts: Mapping[UUID, int],
) -> UUID:
    # No more than is due can be paid of it.
    due = {
        AccountName("benefit_due", AccountKind.LIABILITY, org_id, may_go_negative=False): fen
        for org_id, fen in amounts.items()
        if fen
    }
    ids = await journal.open_accounts(session, new.center_id, [DIVIDED, *due])
    lines = [
        Line(ids[DIVIDED], new.pool.total_fen),
        *(Line(ids[name], -fen) for name, fen in due.items()),
    ]
    draft = EntryDraft(
        new_id(), new.center_id, new.resolved_on, f"benefits {new.external_id}", tuple(lines),
        source_id=division_id,
    )  # fmt: skip
    await journal.post_entries(session, actor, [draft])
    return draft.id
