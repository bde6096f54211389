"""Writing down what was spent on a right, out of which money, and undoing what was wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.contributions.actions.money import IN_KIND
from ip_ledger.costs import queries, rules
from ip_ledger.costs.rules import CostKind, Drawn, SourceMoney
from ip_ledger.costs.tables import AssetCost, AssetCostSource
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
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.rules import found, require

EXPENSES: Final = AccountName("costs_of_rights", AccountKind.EXPENSE)


@dataclass(frozen=True, slots=True)
class NewCost:
    """What was spent on a right; `fee_id` names the fee that it paid."""

    asset_id: UUID
    kind: CostKind
    amount_fen: int
    spent_on: date
    description: str
    sources: tuple[Drawn, ...] = ()
    evidence: tuple[UUID, ...] = ()
    external_id: str | None = None
    fee_id: UUID | None = None


async def spend(session: AsyncSession, actor: Actor, new: NewCost, today: date) -> AssetCost:
    """Write down what a centre spent on a right, out of which money, and book it (A094).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DAY_IN_FUTURE, COST_EXCEEDED, SOURCE_UNKNOWN,
    PARTY_REPEATED, SOURCE_SPENT, SPENT_BEFORE_RECEIVED, EXTERNAL_ID_MISMATCH,
    CONSORTIUM_NOT_REGISTERED, or as `journal.post_entries`.
    """
    asset = await assets.visible_asset(session, actor, new.asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    trustee = None if center.legal_entity_id else center.trustee_org_id
    money = await queries.money_of(session, center.id, [one.source_id for one in new.sources])
    standing = await queries.sources_for_update(session, center.id, money)
    spent = {source_id: row.spent_fen for source_id, row in standing.items()}
    repeated = await queries.by_reference(session, center.id, new.external_id)
    require(
        [
            *rules.cost_checks(
                new.spent_on, today, leads=tenancy.leads(center, actor),
                has_holder=center.legal_entity_id is not None or trustee is not None,
                is_repeated=repeated is not None,
            ),
            *rules.source_checks(new.amount_fen, new.sources, money, spent, new.spent_on),
        ]
    )  # fmt: skip
    for one in new.sources:
        standing[one.source_id].spent_fen += one.amount_fen
    cost_id = new_id()
    clock: Clock = session.info["clock"]
    row = AssetCost(
        id=cost_id,
        center_id=center.id,
        asset_id=asset.id,
        kind=new.kind,
        amount_fen=new.amount_fen,
        spent_on=new.spent_on,
        description=new.description,
        trustee_org_id=trustee,
        fee_id=new.fee_id,
        external_id=new.external_id,
        evidence_ids=list(new.evidence),
        entry_id=await _book(session, actor, center.id, cost_id, new, money, trustee),
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    parts = {one.source_id: one.amount_fen for one in new.sources}
    await _add(session, actor, row, parts, "cost.recorded")
    return row


async def undo(
    session: AsyncSession, actor: Actor, cost_id: UUID, reason: str, effective_on: date, today: date
) -> AssetCost:
    """Undo a cost that was written down wrongly: its money is there to be spent again (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, ALREADY_REVERSED, DAY_IN_FUTURE, or as
    `journal.reverse_entries_of`.
    """
    cost = await queries.visible_cost(session, actor, cost_id, today)
    center = found(await tenancy.center_of(session, cost.center_id))
    require(
        rules.undoing_checks(
            effective_on,
            today,
            leads=tenancy.leads(center, actor),
            undoes=cost.undoes_id is not None,
            is_undone=await queries.is_undone(session, cost.id),
        )
    )
    parts = (await queries.parts_of(session, [cost.id]))[cost.id]
    money = await queries.money_of(session, cost.center_id, list(parts))
    standing = await queries.sources_for_update(session, cost.center_id, money)
    for source_id, part in parts.items():
        standing[source_id].spent_fen -= part
    drafts = await journal.reverse_entries_of(
        session, actor, cost.id, effective_on, f"cost {cost.id} undone"
    )
    clock: Clock = session.info["clock"]
    # It bears the day of what it undoes, so that the two cancel each other out on every day.
    row = AssetCost(
        **cost.model_dump(exclude={"id", "amount_fen", "external_id", "entry_id", "undoes_id"})
        | {"recorded_by": actor.person_id, "recorded_at": clock.now(), "reason": reason},
        amount_fen=-cost.amount_fen,
        entry_id=drafts[0].id,
        undoes_id=cost.id,
    )
    undone = {source_id: -part for source_id, part in parts.items()}
    await _add(session, actor, row, undone, "cost.undone")
    return row


async def _add(
    session: AsyncSession, actor: Actor, row: AssetCost, parts: Mapping[UUID, int], name: str
) -> None:
    session.add(row)
    await session.flush()
    session.add_all(
        AssetCostSource(cost_id=row.id, source_id=source_id, amount_fen=part)
        for source_id, part in parts.items()
    )
    await session.flush()
    record(
        session, actor, name, row.id, center_id=row.center_id, reason=row.reason,
        asset_id=row.asset_id, kind=row.kind, spent_on=row.spent_on, undoes_id=row.undoes_id,
    )  # fmt: skip


async def _book(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    cost_id: UUID,
    new: NewCost,
    money: Mapping[UUID, SourceMoney],
    trustee: UUID | None,
) -> UUID:
    """Book a cost against the cash, or the things, that paid it.

    What a trustee spends of the money that it holds lessens what it will hand over.
    """
    in_kind = 0
    if trustee is None:
        in_kind = sum(one.amount_fen for one in new.sources if money[one.source_id].in_kind)
    expense = EXPENSES if trustee is None else held_in_trust(trustee)
    cash = CASH if trustee is None else trust_cash(trustee)
    paid = {cash: new.amount_fen - in_kind, IN_KIND: in_kind}
    paid = {name: fen for name, fen in paid.items() if fen}
    ids = await journal.open_accounts(session, center_id, [expense, *paid])
    lines = [
        Line(ids[expense], new.amount_fen),
        *(Line(ids[name], -fen) for name, fen in paid.items()),
    ]
    draft = EntryDraft(
        new_id(), center_id, new.spent_on, f"cost {cost_id}", tuple(lines), source_id=cost_id
    )
    await journal.post_entries(session, actor, [draft])
    return draft.id
