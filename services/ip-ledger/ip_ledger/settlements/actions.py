"""Recording use between members and settling it: netted, confirmed by both, booked, paid."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.agreements.rules import UseUnit
from ip_ledger.contracts import queries as contracts
from ip_ledger.contracts.rules import State as LicenseState
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import AccountKind, AccountName, EntryDraft, Line
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.settlements import queries, rules
from ip_ledger.settlements.queries import WholeSettlement
from ip_ledger.settlements.rules import (
    Logged,
    Netted,
    NewUse,
    PricedUse,
    SettlementEvent,
    SettlementState,
    UseTerms,
)
from ip_ledger.settlements.tables import (
    SharedUse,
    UseSettlement,
    UseSettlementConfirmation,
    UseSettlementLine,
)
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.directory import members_on, organizations_of
from shared.events import record
from shared.events.recording import content_sha256
from shared.http import version_checks
from shared.rules import Check, found, require

# Between the two members the centre's books stand: one owes it, and it owes the other.
NOT_HELD: Final = frozenset({LicenseState.CONSENT_PENDING})


@dataclass(frozen=True, slots=True)
class UsageLog:
    """A log of use as the registry keeps it; `user_uscc` names who used it."""

    center_id: UUID
    provider_id: UUID
    user_uscc: str
    used_on: date
    minutes: int
    stands: bool


def due_from_user(org_id: UUID) -> AccountName:
    """Name the account of what a member owes for use."""
    return AccountName("use_due", AccountKind.ASSET, org_id)


def due_to_provider(org_id: UUID) -> AccountName:
    """Name the account of what a member is owed for use."""
    return AccountName("use_payable", AccountKind.LIABILITY, org_id)


async def record_use(
    session: AsyncSession, actor: Actor, use: NewUse, log: UsageLog | None, today: date
) -> SharedUse:
    """Record what a member used of another's, at the price of the day's agreement (A063).

    `log` is what the registry says of `usage_fact_id`, none when it has no such log. Raises
    `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SAME_ORGANIZATION, OWNER_NOT_IN_CENTER, DAY_IN_FUTURE,
    USE_UNPROVEN, USE_MISMATCH, SOURCE_UNKNOWN, SOURCE_SUPERSEDED, IP_AGREEMENT_MISSING,
    CONSENT_MISSING, USE_RATE_MISSING, AMOUNT_TOO_LARGE or ALREADY_EXISTS.
    """
    center = await tenancy.writable_center(session, actor, use.center_id, today)
    members = set((await members_on(session, center.id, use.used_on)).member_ids)
    members |= {org for org in (center.legal_entity_id, center.trustee_org_id) if org is not None}
    terms = await _terms(session, center.id, use.used_on)
    leads = tenancy.leads(center, actor)
    require(
        [
            *rules.recording_checks(use.provider_id, actor.org_for(use.provider_id), leads=leads),
            *rules.use_checks(use, terms, members, today),
            *await _sources(session, actor, use, log, today),
        ]
    )
    terms = found(terms)
    rate = found(terms.rate(use))
    amount_fen = rules.price_fen(rate, use.quantity)
    require(rules.size_checks(amount_fen))
    clock: Clock = session.info["clock"]
    row = SharedUse(
        center_id=center.id,
        provider_org_id=use.provider_id,
        user_org_id=use.user_id,
        element=use.element,
        unit=use.unit,
        quantity=use.quantity,
        used_on=use.used_on,
        price_fen=rate.price_fen,
        per=rate.per,
        amount_fen=amount_fen,
        agreement_id=terms.agreement_id,
        external_id=use.external_id,
        usage_fact_id=use.usage_fact_id,
        license_id=use.license_id,
        evidence_ids=list(use.evidence),
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    await _add_use(session, row)
    record(session, actor, "shared_use.recorded", row.id, **_told_of_use(row))
    return row


async def undo_use(
    session: AsyncSession, actor: Actor, use_id: UUID, reason: str, today: date
) -> SharedUse:
    """Undo a use by one of the same size below zero; the next settlement counts it (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, REVERSAL_OF_REVERSAL or ALREADY_REVERSED.
    """
    undone = await queries.visible_use(session, actor, use_id)
    center = await tenancy.writable_center_for_update(session, actor, undone.center_id, today)
    leads = tenancy.leads(center, actor)
    require(
        [
            *rules.recording_checks(
                undone.provider_org_id, actor.org_for(undone.provider_org_id), leads=leads
            ),
            *rules.undoing_checks(
                undoes=undone.undoes_id is not None,
                undone=await queries.is_undone(session, undone.id),
            ),
        ]
    )
    clock: Clock = session.info["clock"]
    same = undone.model_dump(exclude={"id", "usage_fact_id"})
    row = SharedUse(
        **same
        | {
            "amount_fen": -undone.amount_fen,
            "external_id": f"undoes {undone.id}",
            "undoes_id": undone.id,
            "reason": reason,
            "recorded_by": actor.person_id,
            "recorded_at": clock.now(),
        }
    )
    await _add_use(session, row)
    record(
        session, actor, "shared_use.undone", row.id, reason=reason, undoes_id=undone.id,
        **_told_of_use(row),
    )  # fmt: skip
    return row


async def propose(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    orgs: tuple[UUID, UUID],
    days: tuple[date, date],
    today: date,
) -> WholeSettlement:
    """Net what two members used of each other's on days, for both to confirm (A063).

    Uses that a living settlement counts are left out, so that one recorded late gets a statement of
    its own. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SAME_ORGANIZATION, DAYS_REVERSED,
    DAY_IN_FUTURE, NOTHING_TO_SETTLE or AMOUNT_TOO_LARGE.
    """
    center = await tenancy.writable_center_for_update(session, actor, center_id, today)
    pair = rules.pair_of(*orgs)
    rows = await queries.unsettled_uses(session, center.id, pair, days)
    leads = tenancy.leads(center, actor)
    speaker = tenancy.speaking_as(actor, pair)
    require(rules.proposal_checks(pair, speaker, days, today, uses=len(rows), leads=leads))
    priced = [PricedUse(row.id, row.provider_org_id, row.amount_fen) for row in rows]
    netted = rules.netted(pair, priced)
    require(rules.size_checks(netted.first_owes_fen) + rules.size_checks(netted.second_owes_fen))
    clock: Clock = session.info["clock"]
    statement = rules.statement_document(center.id, netted, days, priced)
    settlement = UseSettlement(
        center_id=center.id,
        first_org_id=pair[0],
        second_org_id=pair[1],
        from_on=days[0],
        until_on=days[1],
        first_owes_fen=netted.first_owes_fen,
        second_owes_fen=netted.second_owes_fen,
        state=SettlementState.PROPOSED,
        statement_sha256=content_sha256(statement),
        proposed_by_org_id=speaker or tenancy.own_organization(actor),
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    session.add(settlement)
    await session.flush()
    session.add_all(UseSettlementLine(settlement_id=settlement.id, use_id=row.id) for row in rows)
    await session.flush()
    record(session, actor, "use_settlement.proposed", settlement.id, **_told(settlement))
    return WholeSettlement(settlement, rows, [])


async def confirm(
    session: AsyncSession, actor: Actor, settlement_id: UUID, statement_sha256: str, today: date
) -> WholeSettlement:
    """Confirm a statement for one's own side; the second side's word books what is left.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, ALREADY_CONFIRMED, SOD_VIOLATION,
    STALE_INPUT, or as `journal.post_entries`.
    """
    whole = await queries.settlement_for_update(session, actor, settlement_id)
    row, pair = whole.row, (whole.row.first_org_id, whole.row.second_org_id)
    speaker = tenancy.speaking_as(actor, pair, whole.confirmed)
    require(
        rules.confirmation_checks(
            row.state,
            (speaker, actor.person_id),
            pair,
            whole.confirmed,
            is_same_statement=statement_sha256 == row.statement_sha256,
        )
    )
    clock: Clock = session.info["clock"]
    given = UseSettlementConfirmation(
        settlement_id=row.id,
        org_id=found(speaker),
        person_id=actor.person_id,
        statement_sha256=statement_sha256,
        confirmed_at=clock.now(),
    )
    session.add(given)
    await session.flush()
    whole = WholeSettlement(row, whole.uses, [*whole.confirmations, given])
    netted = netted_of(row)
    event = rules.confirming_event(pair, whole.confirmed, netted.net_fen)
    if event is SettlementEvent.CONFIRM_LAST:
        payer, payee = found(netted.payer_id), found(netted.payee_id)
        row.entry_id = await _book(
            session, actor, row, today, due_from_user(payer), due_to_provider(payee)
        )
    row.state = rules.MOVES[row.state, event]
    row.version += 1
    if event is not SettlementEvent.CONFIRM:
        row.owed_on = today
        await session.flush()
        await _log(session, whole)
    record(
        session, actor, "use_settlement.confirmed", row.id, case_id=row.id, capacity="confirmer",
        org_id=given.org_id, **_told(row),
    )  # fmt: skip
    return whole


async def object_to(
    session: AsyncSession, actor: Actor, settlement_id: UUID, reason: str, version: int
) -> WholeSettlement:
    """Turn a statement down; its uses are free for another one once they are mended.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    whole = await queries.settlement_for_update(session, actor, settlement_id)
    row = whole.row
    require(
        [
            *rules.side_checks(
                actor.org_for(row.first_org_id, row.second_org_id),
                (row.first_org_id, row.second_org_id),
            ),
            *version_checks(row.version, version),
            *rules.event_checks(row.state, SettlementEvent.OBJECT),
        ]
    )
    row.objection = reason
    row.state = rules.MOVES[row.state, SettlementEvent.OBJECT]
    row.version += 1
    await session.flush()
    await queries.let_go(session, row.id)
    record(
        session, actor, "use_settlement.contested", row.id, reason=reason, **_told(row),
    )  # fmt: skip
    return whole


async def receive(
    session: AsyncSession,
    actor: Actor,
    settlement_id: UUID,
    paid_on: date,
    version: int,
    today: date,
) -> WholeSettlement:
    """State, for the member that is owed, that it was paid; the books let both sides go.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, STATE_CONFLICT, DAY_IN_FUTURE,
    DAYS_REVERSED, or as `journal.post_entries`.
    """
    whole = await queries.settlement_for_update(session, actor, settlement_id)
    row = whole.row
    netted = netted_of(row)
    require(
        [
            *rules.side_checks(actor.org_for(netted.payee_id), (netted.payee_id,)),
            *version_checks(row.version, version),
            *rules.event_checks(row.state, SettlementEvent.PAY),
            *rules.receipt_checks(paid_on, row.owed_on or paid_on, today),
        ]
    )
    payer, payee = found(netted.payer_id), found(netted.payee_id)
    row.payment_entry_id = await _book(
        session, actor, row, paid_on, due_to_provider(payee), due_from_user(payer)
    )
    row.paid_on = paid_on
    row.state = rules.MOVES[row.state, SettlementEvent.PAY]
    row.version += 1
    await session.flush()
    record(
        session, actor, "use_settlement.paid", row.id, paid_on=paid_on, **_told(row),
    )  # fmt: skip
    return whole


def netted_of(row: UseSettlement) -> Netted:
    """Give what is left between the two."""
    pair = row.first_org_id, row.second_org_id
    return Netted(pair, row.first_owes_fen, row.second_owes_fen)


async def _terms(session: AsyncSession, center_id: UUID, day: date) -> UseTerms | None:
    terms = await agreements.in_force(session, center_id, day)
    if terms is None:
        return None
    return UseTerms(terms.id, frozenset(terms.parties), terms.use_rates)


async def _sources(
    session: AsyncSession, actor: Actor, use: NewUse, log: UsageLog | None, today: date
) -> list[Check]:
    """Hold a use against what it says it rests on."""
    checks: list[Check] = []
    if use.usage_fact_id is not None:
        checks += rules.logged_checks(use, await _logged(session, use, log), "/usage_fact_id")
    if use.license_id is not None:
        license_ = await contracts.visible_license(session, actor, use.license_id, today)
        held = Logged(
            center_id=license_.center_id,
            provider_id=license_.licensor_id,
            is_user=license_.licensee_org_id == use.user_id,
            first=license_.effective_on,
            until=license_.term_until,
            stands=license_.state not in NOT_HELD,
        )
        checks += rules.logged_checks(use, held, "/license_id")
    return checks


async def _logged(session: AsyncSession, use: NewUse, log: UsageLog | None) -> Logged | None:
    if log is None:
        return None
    user = (await organizations_of(session, [use.user_id])).get(use.user_id)
    return Logged(
        center_id=log.center_id,
        provider_id=log.provider_id,
        is_user=user is not None and user.uscc == log.user_uscc,
        first=log.used_on,
        until=log.used_on,
        quantity=log.minutes,
        unit=UseUnit.MINUTE,
        stands=log.stands,
    )


async def _add_use(session: AsyncSession, row: SharedUse) -> None:
    session.add(row)
    await session.flush()
    await append_records(
        session,
        [
            NewRecord(
                kind="shared_use",
                record_id=row.id,
                center_id=row.center_id,
                document={
                    "agreement_id": str(row.agreement_id),
                    "used_on": row.used_on.isoformat(),
                    "element": row.element.value,
                    "unit": row.unit.value,
                    "undoes_id": str(row.undoes_id) if row.undoes_id else None,
                },
                openings={
                    "provider_org_id": str(row.provider_org_id),
                    "user_org_id": str(row.user_org_id),
                    "quantity": row.quantity,
                    "rate": {"amount": row.price_fen, "currency": row.currency, "per": row.per},
                    "amount": {"amount": row.amount_fen, "currency": row.currency},
                },
                readers=(row.provider_org_id, row.user_org_id),
            )
        ],
    )


async def _book(
    session: AsyncSession,
    actor: Actor,
    row: UseSettlement,
    on: date,
    debit: AccountName,
    credit: AccountName,
) -> UUID:
    """Post what is left between the two: it passes by the centre, and is never its money."""
    net_fen = netted_of(row).net_fen
    ids = await journal.open_accounts(session, row.center_id, [debit, credit])
    lines = (Line(ids[debit], net_fen), Line(ids[credit], -net_fen))
    draft = EntryDraft(new_id(), row.center_id, on, f"use settlement {row.id}", lines, row.id)
    await journal.post_entries(session, actor, [draft])
    return draft.id


async def _log(session: AsyncSession, whole: WholeSettlement) -> None:
    row = whole.row
    await append_records(
        session,
        [
            NewRecord(
                kind="use_settlement",
                record_id=row.id,
                center_id=row.center_id,
                document={
                    "from_on": row.from_on.isoformat(),
                    "until_on": row.until_on.isoformat(),
                    "statement_sha256": row.statement_sha256,
                    "entry_id": str(row.entry_id) if row.entry_id else None,
                },
                openings={
                    "pair": [str(row.first_org_id), str(row.second_org_id)],
                    "owed": [row.first_owes_fen, row.second_owes_fen],
                    "confirmations": sorted(
                        [str(org), str(person)] for org, person in whole.confirmed.items()
                    ),
                },
                readers=(row.first_org_id, row.second_org_id),
            )
        ],
    )


def _told_of_use(row: SharedUse) -> dict[str, Any]:
    """Give what an event of a use tells; amounts stay in the books."""
    return {
        "center_id": row.center_id,
        "provider_org_id": row.provider_org_id,
        "user_org_id": row.user_org_id,
        "element": row.element,
        "used_on": row.used_on,
    }


def _told(row: UseSettlement) -> dict[str, Any]:
    """Give what an event of a settlement tells; amounts stay in the books."""
    return {
        "center_id": row.center_id,
        "first_org_id": row.first_org_id,
        "second_org_id": row.second_org_id,
        "from_on": row.from_on,
        "until_on": row.until_on,
        "state": row.state,
    }
