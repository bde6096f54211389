"""Promising, paying, calling for arrears, and losing what stays unpaid (A095)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.contributions import queries, rules, term_rules
from ip_ledger.contributions.actions import money
from ip_ledger.contributions.call_rules import Call, standing_call
from ip_ledger.contributions.rules import (
    Balance,
    Commitment,
    ContributionKind,
    Event,
    Instalment,
    Instrument,
    Source,
    State,
)
from ip_ledger.contributions.tables import (
    ArrearsNotice,
    Contribution,
    ContributionForfeiture,
    ContributionInstalment,
    ContributionPayment,
    FundingRecord,
)
from ip_ledger.contributions.term_rules import Term
from ip_ledger.facts.actions import state_facts
from ip_ledger.facts.rules import LedgerFactKind, Statement
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.directory import DirectoryCenter, organization
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, found, require


@dataclass(frozen=True, slots=True)
class Particulars:
    """What else is said of a promise; it decides nothing."""

    valued_on: date | None = None
    appraiser: str | None = None
    description: str | None = None
    external_id: str | None = None


async def commit(
    session: AsyncSession, actor: Actor, one: Commitment, more: Particulars, today: date
) -> Contribution:
    """Record what a member promises its centre: for itself, or by the centre (A095).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, CONSORTIUM_NOT_REGISTERED, STATE_CONFLICT,
    SCHEDULE_MISMATCH, VALUATION_MISSING, VALUATION_EXCEEDED, CAPITAL_TERM_EXCEEDED,
    DAYS_OUT_OF_ORDER, DAY_IN_FUTURE, PAYMENT_EXCEEDED or PARTY_UNKNOWN.
    """
    center = await tenancy.writable_center(session, actor, one.center_id, today)
    members = (await tenancy.taking_part(session, [center]))[center.id]
    trustee = None if center.legal_entity_id else center.trustee_org_id
    term, term_checks = await _term(session, center, one, today)
    require(
        [
            *rules.scope_checks(
                is_own=one.org_id in actor.org_ids, leads=tenancy.leads(center, actor)
            ),
            *rules.member_checks(one.org_id, members),
            *rules.commitment_checks(one),
            *term_checks,
            *rules.holding_checks(
                one.kind,
                has_legal_entity=center.legal_entity_id is not None,
                trustee_org_id=trustee,
                held_in_trust=one.held_in_trust,
            ),
        ]
    )
    clock: Clock = session.info["clock"]
    row = Contribution(
        center_id=center.id,
        org_id=one.org_id,
        kind=one.kind,
        is_cash=one.is_cash and one.kind is not ContributionKind.IN_KIND,
        committed_fen=one.committed_fen,
        agreed_on=one.agreed_on,
        term_basis=term.basis if term else None,
        term_since=term.since if term else None,
        held_in_trust=one.held_in_trust,
        trustee_org_id=trustee if one.held_in_trust else None,
        valuation_file_id=one.valuation_file_id,
        valued_fen=one.valued_fen,
        valued_on=more.valued_on,
        appraiser=more.appraiser,
        description=more.description,
        state=State.COMMITTED,
        external_id=more.external_id,
        recorded_by_org_id=tenancy.own_organization(actor),
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    await _keep(session, row, one.schedule)
    await state_facts(session, [statement(row)], clock.now())
    record(
        session, actor, "contribution.committed", row.id, center_id=row.center_id,
        after=row.model_dump(), **told(row),
    )  # fmt: skip
    return row


async def _keep(session: AsyncSession, row: Contribution, schedule: Sequence[Instalment]) -> None:
    """Store a promise with its instalments."""
    session.add(row)
    await session.flush()
    session.add_all(
        ContributionInstalment(
            contribution_id=row.id, place=place, due_on=part.due_on, amount_fen=part.amount_fen
        )
        for place, part in enumerate(schedule, start=1)
    )
    await session.flush()


async def _term(
    session: AsyncSession, center: DirectoryCenter, one: Commitment, today: date
) -> tuple[Term | None, list[Check]]:
    """Give the term of a promise of equity and whether its days keep it; others have none."""
    if one.kind is not ContributionKind.EQUITY:
        return None, []
    founded_on = await _founding_day(session, center)
    term = term_rules.capital_term(one.agreed_on, founded_on, one.increased_on)
    return term, term_rules.term_checks(term, one.last_on, founded_on, today)


async def _founding_day(session: AsyncSession, center: DirectoryCenter) -> date | None:
    """Give the day on which a centre's company was registered, where the register has said it."""
    if center.legal_entity_id is None:
        return None
    company = await organization(session, center.legal_entity_id)
    return None if company is None else company.registered_on


@dataclass(frozen=True, slots=True)
class Received:
    """Money or goods that came in."""

    amount_fen: int
    paid_on: date
    evidence: tuple[UUID, ...] = ()


async def receive(
    session: AsyncSession, actor: Actor, contribution_id: UUID, paid: Received, today: date
) -> Contribution:
    """Record that a part of a contribution came in, by whoever received it, and book it.

    A consortium's trustee receives for it. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE,
    STATE_CONFLICT, PAYMENT_EXCEEDED, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER, CONSORTIUM_NOT_REGISTERED,
    or as `money.move`.
    """
    row = await queries.contribution_for_update(session, actor, contribution_id)
    center = found(await tenancy.center_of(session, row.center_id))
    trustee = None if center.legal_entity_id else center.trustee_org_id
    balance = Balance(row.committed_fen, 0, row.paid_fen, row.forfeited_fen)
    require(
        [
            *rules.receiving_checks(receives=tenancy.leads(center, actor)),
            *rules.payment_checks(
                row.state, balance, paid.amount_fen, paid.paid_on, row.agreed_on, today
            ),
            *rules.holding_checks(
                row.kind,
                has_legal_entity=center.legal_entity_id is not None,
                trustee_org_id=trustee,
                held_in_trust=trustee is not None and row.held_in_trust,
            ),
        ]
    )
    before = row.model_dump()
    row.paid_fen += paid.amount_fen
    row.version += 1
    if row.paid_fen + row.forfeited_fen == row.committed_fen:
        row.state = rules.MOVES[row.state, Event.PAY_REST]
    await _book(session, actor, row, paid, trustee)
    clock: Clock = session.info["clock"]
    await state_facts(session, [statement(row)], clock.now())
    record(
        session, actor, "contribution.paid", row.id, center_id=row.center_id,
        before=before, after=row.model_dump(), paid_on=paid.paid_on, **told(row),
    )  # fmt: skip
    return row


async def _book(
    session: AsyncSession, actor: Actor, row: Contribution, paid: Received, trustee: UUID | None
) -> None:
    """Post the entry, and keep the payment and what it means for the centre's funding."""
    payment_id = new_id()
    entry_id = await money.move(
        session, actor, row.center_id,
        money.received_in(is_cash=row.is_cash, trustee=trustee),
        money.credited(row.kind, row.org_id, trustee),
        paid.amount_fen, paid.paid_on, f"contribution {row.id}", payment_id,
    )  # fmt: skip
    clock: Clock = session.info["clock"]
    session.add(
        ContributionPayment(
            id=payment_id,
            contribution_id=row.id,
            amount_fen=paid.amount_fen,
            paid_on=paid.paid_on,
            evidence_ids=list(paid.evidence),
            held_in_trust=trustee is not None,
            entry_id=entry_id,
            recorded_by=actor.person_id,
            recorded_at=clock.now(),
        )
    )
    await session.flush()
    is_equity = row.kind is ContributionKind.EQUITY
    session.add(
        FundingRecord(
            center_id=row.center_id,
            source=Source.MEMBER,
            instrument=Instrument.EQUITY if is_equity else Instrument.FEE,
            amount_fen=paid.amount_fen,
            received_on=paid.paid_on,
            provider_org_id=row.org_id,
            held_in_trust=trustee is not None,
            contribution_payment_id=payment_id,
            evidence_ids=list(paid.evidence),
            entry_id=entry_id,
            recorded_by=actor.person_id,
            recorded_at=clock.now(),
        )
    )
    await session.flush()


async def call_for_arrears(
    session: AsyncSession,
    actor: Actor,
    contribution_id: UUID,
    issued_on: date,
    grace_days: int,
    today: date,
) -> tuple[Contribution, ArrearsNotice]:
    """Call in writing for what is due and unpaid, with at least sixty days of grace (公司法51).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, NO_ARREARS, GRACE_TOO_SHORT, STATE_CONFLICT,
    DAY_IN_FUTURE or ALREADY_EXISTS.
    """
    row = await queries.contribution_for_update(session, actor, contribution_id)
    center = found(await tenancy.center_of(session, row.center_id))
    balance = await balance_on(session, row, issued_on)
    call = await _standing_call(session, row)
    running = call is not None and call.grace_until >= issued_on
    require(
        [
            *rules.receiving_checks(receives=tenancy.leads(center, actor)),
            *rules.notice_checks(row.state, balance, issued_on, grace_days, today, is_open=running),
        ]
    )
    clock: Clock = session.info["clock"]
    notice = ArrearsNotice(
        contribution_id=row.id,
        issued_on=issued_on,
        grace_until=rules.grace_until(issued_on, grace_days),
        arrears_fen=balance.arrears_fen,
        issued_by=actor.person_id,
        issued_at=clock.now(),
    )
    session.add(notice)
    await session.flush()
    record(
        session, actor, "contribution.called", row.id, center_id=row.center_id, case_id=row.id,
        capacity="caller", notice_id=notice.id, grace_until=notice.grace_until, **told(row),
    )  # fmt: skip
    return row, notice


@dataclass(frozen=True, slots=True)
class Resolution:
    """The resolution that takes unpaid equity; with no amount, all that was unpaid on its day."""

    file_id: UUID
    resolved_on: date
    amount_fen: int | None = None


async def forfeit(
    session: AsyncSession,
    actor: Actor,
    contribution_id: UUID,
    resolution: Resolution,
    *,
    version: int,
    today: date,
) -> Contribution:
    """Record the resolution by which unpaid equity is lost after its grace (公司法52).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, VERSION_CONFLICT, STATE_CONFLICT,
    GRACE_RUNNING, NO_ARREARS, FORFEITURE_EXCEEDED or DAY_IN_FUTURE.
    """
    row = await queries.contribution_for_update(session, actor, contribution_id)
    center = found(await tenancy.center_of(session, row.center_id))
    call = await _standing_call(session, row)
    balance = await balance_on(session, row, resolution.resolved_on)
    called = await balance_on(session, row, call.issued_on) if call else balance
    require(
        [
            *rules.receiving_checks(receives=tenancy.leads(center, actor)),
            *rules.separation_checks(call.issued_by if call else None, actor.person_id),
            *version_checks(row.version, version),
            *rules.forfeiture_checks(
                row.kind, row.state, balance, called.due_fen, call.grace_until if call else None,
                resolution.resolved_on, resolution.amount_fen, today,
            ),
        ]
    )  # fmt: skip
    before = row.model_dump()
    resolved_fen = resolution.amount_fen or balance.left_fen
    left_fen = row.committed_fen - row.paid_fen - row.forfeited_fen
    lost_fen = rules.lost_fen(resolved_fen, left_fen)
    row.forfeited_fen += lost_fen
    event = Event.FORFEIT if lost_fen == left_fen else Event.FORFEIT_PART
    row.state = rules.MOVES[row.state, event]
    row.version += 1
    clock: Clock = session.info["clock"]
    session.add(
        ContributionForfeiture(
            contribution_id=row.id,
            notice_id=found(call).id,
            resolution_file_id=resolution.file_id,
            resolved_on=resolution.resolved_on,
            resolved_fen=resolved_fen,
            forfeited_fen=lost_fen,
            decided_by=actor.person_id,
            decided_at=clock.now(),
        )
    )
    await state_facts(session, [statement(row)], clock.now())
    record(
        session, actor, "contribution.forfeited", row.id, center_id=row.center_id, case_id=row.id,
        capacity="decider", before=before, after=row.model_dump(),
        resolved_on=resolution.resolved_on, resolution_file_id=resolution.file_id,
        **told(row),
    )  # fmt: skip
    return row


async def balance_on(session: AsyncSession, row: Contribution, day: date) -> Balance:
    """Give how a contribution stands at the end of a day, without what was undone."""
    schedule = (await queries.schedules_of(session, [row.id])).get(row.id, [])
    payments = (await queries.payments_of(session, [row.id])).get(row.id, [])
    undone = await queries.undone_payments(session, [row.id])
    forfeitures = (await queries.forfeitures_of(session, [row.id])).get(row.id, [])
    paid = [(one.paid_on, one.amount_fen) for one in payments if one.id not in undone]
    lost = [(one.resolved_on, one.forfeited_fen) for one in forfeitures]
    return rules.balance_on(row.committed_fen, schedule, paid, day, lost)


async def _standing_call(session: AsyncSession, row: Contribution) -> Call | None:
    """Give the call for arrears that a resolution may rest on."""
    notices = (await queries.notices_of(session, [row.id])).get(row.id, [])
    forfeitures = (await queries.forfeitures_of(session, [row.id])).get(row.id, [])
    undone = await queries.undone_payments(session, [row.id])
    calls = [
        Call(one.id, one.issued_on, one.grace_until, one.issued_by, one.issued_at)
        for one in notices
    ]
    undone_at = max((one.undone_at for one in undone.values()), default=None)
    return standing_call(calls, {one.notice_id for one in forfeitures}, undone_at)


def statement(row: Contribution) -> Statement:
    """Give a contribution as a fact of its centre."""
    return Statement(
        subject_id=row.id,
        center_id=row.center_id,
        kind=LedgerFactKind.CONTRIBUTION,
        occurred_on=row.agreed_on,
        external_id=row.external_id,
        submitted_by_org_id=row.recorded_by_org_id,
        payload={
            "contribution_id": row.id,
            "org_id": row.org_id,
            "kind": row.kind,
            "committed": _fen(row.committed_fen),
            "paid": _fen(row.paid_fen),
            "held_in_trust": row.held_in_trust,
            "state": row.state,
        },
    )


def _fen(amount_fen: int) -> dict[str, Any]:
    return {"amount": amount_fen, "currency": "CNY"}


def told(row: Contribution) -> dict[str, Any]:
    """Give what an event of a contribution tells; amounts stay in the books."""
    return {
        "contribution_id": row.id,
        "org_id": row.org_id,
        "kind": row.kind,
        "state": row.state,
        "held_in_trust": row.held_in_trust,
    }
