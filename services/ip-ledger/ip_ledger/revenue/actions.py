"""Recording income, and booking it in the same breath."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.contracts import queries as contracts
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import CASH, DEDUCTED, INCOME_TO_SHARE, EntryDraft, Line
from ip_ledger.revenue import rules
from ip_ledger.revenue.rules import Deduction, RevenueKind
from ip_ledger.revenue.tables import RevenueDeduction, RevenueEvent
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.rules import Kind, Rule, found, require

TENANCY: Final = Rule("X04", "architecture 8")


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


async def record_income(
    session: AsyncSession, actor: Actor, income: NewIncome, today: date
) -> RevenueEvent:
    """Record money received for an asset and book it as owed to its owners (A033).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, NET_NEGATIVE, NOT_YET_RECEIVED, SOURCE_UNKNOWN.
    """
    asset = await assets.visible_asset(session, actor, income.asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    source_ok = income.source_id is None or (
        await contracts.source_center(session, income.source_id) == asset.center_id
    )
    require(
        [
            TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=tenancy.leads(center, actor)),
            rules.NET_INCOME.check(
                "SOURCE_UNKNOWN", Kind.CONTENT, passed=source_ok, pointer="/source_id"
            ),
            *rules.income_checks(income.gross_fen, income.deductions, income.received_on, today),
        ]
    )
    event = _event(session, actor, income, asset.center_id)
    session.add(event)
    await session.flush()
    session.add_all(_deductions(event.id, income))
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


def _deductions(event_id: UUID, income: NewIncome) -> list[RevenueDeduction]:
    return [
        RevenueDeduction(
            event_id=event_id,
            place=place,
            kind=deduction.kind,
            amount_fen=deduction.amount_fen,
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
    ids = await journal.open_accounts(
        session, event.center_id, [CASH, *(name for name, _ in owed)], event.currency
    )
    lines = [Line(ids[CASH], event.gross_fen), *(Line(ids[name], -fen) for name, fen in owed)]
    draft = EntryDraft(
        id=new_id(),
        center_id=event.center_id,
        effective_on=event.received_on,
        reference=f"revenue {event.id}",
        lines=tuple(lines),
        source_id=event.id,
    )
    await journal.post_entries(session, actor, [draft])
