"""Undoing money that was recorded wrongly, with what follows for arrears, capital and trust."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.contributions import queries as contributions
from ip_ledger.contributions.actions import money, promising
from ip_ledger.contributions.rules import MOVES, ContributionKind, Event
from ip_ledger.contributions.tables import Contribution, FundingRecord, FundingUndoing
from ip_ledger.costs import queries as costs
from ip_ledger.costs.rules import SourceKind, SourceMoney
from ip_ledger.facts.actions import state_facts
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import CASH, EntryDraft, Line, held_in_trust, trust_cash
from ip_ledger.undoings import rules
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class Undoing:
    """Why money was recorded wrongly, and the day of the entry that takes it out of the books."""

    reason: str
    effective_on: date


async def undo_payment(
    session: AsyncSession,
    actor: Actor,
    contribution_id: UUID,
    payment_id: UUID,
    undoing: Undoing,
    today: date,
) -> Contribution:
    """Undo a payment of a contribution: what it settled is owed again, on every day (X07).

    A contribution that was fulfilled or forfeited is open again for what was never paid, and a call
    for arrears that was issued before asks for too little to rest a forfeiture on. Raises
    `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, SOURCE_SPENT, DAY_IN_FUTURE, or as
    `journal.reverse_entries_of`.
    """
    # The lock makes two undoings at once, or one beside a payment or a forfeiture, wait.
    row = await contributions.contribution_for_update(session, actor, contribution_id)
    payment, funding = await contributions.payment(session, payment_id)
    found(payment if payment.contribution_id == row.id else None)
    source = SourceMoney(payment.id, SourceKind.CONTRIBUTION, payment.amount_fen, payment.paid_on)
    years: list[int] = []
    if row.kind is ContributionKind.EQUITY:
        years = await contributions.years_divided_by(session, row.center_id, payment.paid_on)
    undone = await _undo(session, actor, funding, source, undoing, years, today)
    before = row.model_dump()
    row.paid_fen -= payment.amount_fen
    row.state = MOVES[row.state, Event.UNDO_PAYMENT]
    row.version += 1
    await state_facts(session, [promising.statement(row)], undone.undone_at)
    record(
        session, actor, "contribution.payment_undone", row.id, center_id=row.center_id,
        before=before, after=row.model_dump(), reason=undoing.reason, payment_id=payment.id,
        paid_on=payment.paid_on, effective_on=undoing.effective_on, divided_years=years,
        **promising.told(row),
    )  # fmt: skip
    return row


async def undo_funding(
    session: AsyncSession, actor: Actor, funding_id: UUID, undoing: Undoing, today: date
) -> FundingRecord:
    """Undo a record of funding; one that stands for a member's payment goes with the payment (X07).

    Raises `Refused` as `undo_payment` does.
    """
    row = await contributions.visible_funding_record(session, actor, funding_id)
    if row.contribution_payment_id is not None:
        payment, _ = await contributions.payment(session, row.contribution_payment_id)
        await undo_payment(session, actor, payment.contribution_id, payment.id, undoing, today)
        return row
    source = SourceMoney(row.id, SourceKind.FUNDING, row.amount_fen, row.received_on)
    await _undo(session, actor, row, source, undoing, [], today)
    record(
        session, actor, "funding.undone", row.id, center_id=row.center_id, reason=undoing.reason,
        source=row.source, instrument=row.instrument, received_on=row.received_on,
        effective_on=undoing.effective_on,
    )  # fmt: skip
    return row


async def _undo(
    session: AsyncSession,
    actor: Actor,
    funding: FundingRecord,
    source: SourceMoney,
    undoing: Undoing,
    divided_years: list[int],
    today: date,
) -> FundingUndoing:
    """Take money out of the books and out of what can be spent."""
    center = found(await tenancy.center_of(session, funding.center_id))
    # A cost that wants to spend this money waits for the row, and then finds nothing left of it.
    standing = (await costs.sources_for_update(session, center.id, {source.source_id: source}))[
        source.source_id
    ]
    require(
        rules.undoing_checks(
            recorded_by=funding.recorded_by,
            undoing=actor.person_id,
            amount_fen=funding.amount_fen,
            spent_fen=standing.spent_fen,
            received_on=funding.received_on,
            effective_on=undoing.effective_on,
            today=today,
            receives=tenancy.leads(center, actor),
            is_undone=bool(await contributions.funding_undoings(session, [funding.id])),
        )
    )
    standing.received_fen = 0
    trustee = await contributions.handed_over_since(
        session, center.id, funding.entry_id, funding.recorded_at
    )
    if trustee is not None:
        await _give_back(session, actor, funding, undoing, trustee)
    [draft] = await journal.reverse_entries_of(
        session, actor, source.source_id, undoing.effective_on, f"funding {funding.id} undone"
    )
    clock: Clock = session.info["clock"]
    row = FundingUndoing(
        funding_id=funding.id,
        reason=undoing.reason,
        effective_on=undoing.effective_on,
        divided_years=divided_years,
        entry_id=draft.id,
        undone_by=actor.person_id,
        undone_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    return row


async def _give_back(
    session: AsyncSession,
    actor: Actor,
    funding: FundingRecord,
    undoing: Undoing,
    trustee: UUID,
) -> None:
    """Lead money that a trustee handed over back to where it was recorded, to be undone there.

    It never came, so less than the release says was handed over, too.
    """
    names = [trust_cash(trustee), CASH, money.RELEASED, held_in_trust(trustee)]
    ids = await journal.open_accounts(session, funding.center_id, names)
    fen = funding.amount_fen
    lines = tuple(
        Line(ids[name], sign * fen) for name, sign in zip(names, (1, -1, 1, -1), strict=True)
    )
    draft = EntryDraft(
        new_id(), funding.center_id, undoing.effective_on, f"funding {funding.id} not handed over",
        lines,
    )  # fmt: skip
    await journal.post_entries(session, actor, [draft])
