"""Recording income, and booking it in the same breath."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.assets import queries as assets
from ip_ledger.contracts import queries as contracts
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import (
    CASH,
    DEDUCTED,
    INCOME_TO_SHARE,
    EntryDraft,
    Line,
    trust_cash,
)
from ip_ledger.revenue import rules
from ip_ledger.revenue.rules import Deduction, RevenueKind
from ip_ledger.revenue.tables import RevenueDeduction, RevenueEvent
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.rules import Kind, Rule, found, require

TENANCY: Final = Rule("X04", "delivery")


@dataclass(frozen=True, slots=True)
class NewIncome:
    """Income to be recorded; `evidence` lies beside each deduction."""

    asset_id: UUID
    source_id: UUID | None
    kind: RevenueKind
    gross_fen: int
    deductions: tuple[Deduction, ...]
    evidence: tuple[tuple[UUID, ...], ...]
    received_on: date
    held_in_trust: bool = False


async def record_income(
    session: AsyncSession, actor: Actor, income: NewIncome, today: date
) -> RevenueEvent:
    """Record money received for an asset and book it as owed to its owners (A033).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, NET_NEGATIVE, AMOUNT_ZERO, NOT_YET_RECEIVED,
    BEFORE_ASSET, SOURCE_UNKNOWN, DEDUCTION_NOT_AGREED, STATE_CONFLICT, CONSORTIUM_NOT_REGISTERED,
    or as `journal.post_entries`.
    """
    asset = await assets.visible_asset(session, actor, income.asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    source_ok = income.source_id is None or (
        await contracts.source_center(session, income.source_id) == asset.center_id
    )
    terms = await agreements.in_force(session, center.id, income.received_on)
    trustee = None if center.legal_entity_id else center.trustee_org_id
    require(
        [
            TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=tenancy.leads(center, actor)),
            rules.NET_INCOME.check(
                "SOURCE_UNKNOWN", Kind.CONTENT, passed=source_ok, pointer="/source_id"
            ),
            *rules.income_checks(
                income.gross_fen,
                income.deductions,
                income.received_on,
                today,
                first_on=asset.dates.first_on,
                may_be_nothing=income.kind is RevenueKind.SELF_IMPLEMENTATION,
            ),
            *rules.deduction_checks(income.deductions, has_agreement=terms is not None),
            *rules.receiver_checks(
                has_legal_entity=center.legal_entity_id is not None,
                has_trustee=trustee is not None,
                held_in_trust=income.held_in_trust,
            ),
        ]
    )
    event = _event(session, actor, income, asset.center_id)
    event.trustee_org_id = trustee
    session.add(event)
    await session.flush()
    session.add_all(_deductions(event.id, income, terms.id if terms else None))
    await _book(session, actor, event, income.deductions)
    record(
        session,
        actor,
        "revenue.recorded",
        event.id,
        center_id=event.center_id,
        asset_id=event.asset_id,
        kind=event.kind,
        received_on=event.received_on,
    )
    return event


def _event(session: AsyncSession, actor: Actor, income: NewIncome, center_id: UUID) -> RevenueEvent:
    clock: Clock = session.info["clock"]
    return RevenueEvent(
        center_id=center_id,
        asset_id=income.asset_id,
        source_id=income.source_id,
        kind=income.kind,
        gross_fen=income.gross_fen,
        net_fen=rules.net_income_fen(income.gross_fen, income.deductions),
        received_on=income.received_on,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )


def _deductions(
    event_id: UUID, income: NewIncome, agreement_id: UUID | None
) -> list[RevenueDeduction]:
    return [
        RevenueDeduction(
            event_id=event_id,
            place=place,
            kind=deduction.kind,
            amount_fen=deduction.amount_fen,
            agreement_id=agreement_id if deduction.clause else None,
            clause=deduction.clause,
            evidence_ids=list(evidence),
        )
        for place, (deduction, evidence) in enumerate(
            zip(income.deductions, income.evidence, strict=True)
        )
    ]


async def _book(
    session: AsyncSession, actor: Actor, event: RevenueEvent, deductions: Sequence[Deduction]
) -> None:
    """Cash in against what is owed: to the owners together, and to whom the deductions go."""
    if not event.gross_fen:
        return
    owed = [(DEDUCTED[deduction.kind.value], deduction.amount_fen) for deduction in deductions]
    owed = [(name, amount) for name, amount in [(INCOME_TO_SHARE, event.net_fen), *owed] if amount]
    cash = CASH if event.trustee_org_id is None else trust_cash(event.trustee_org_id)
    ids = await journal.open_accounts(
        session, event.center_id, [cash, *(name for name, _ in owed)], event.currency
    )
    lines = [Line(ids[cash], event.gross_fen), *(Line(ids[name], -fen) for name, fen in owed)]
    draft = EntryDraft(
        id=new_id(),
        center_id=event.center_id,
        effective_on=event.received_on,
        reference=f"revenue {event.id}",
        lines=tuple(lines),
        source_id=event.id,
    )
    await journal.post_entries(session, actor, [draft])
