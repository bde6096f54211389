"""Recording a loss: divided by the risks agreed, booked, and logged line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.assets import queries as assets
from ip_ledger.journal import actions as journal
from ip_ledger.journal.rules import AccountKind, AccountName, EntryDraft, Line
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.losses import rules
from ip_ledger.losses.rules import RiskTerms
from ip_ledger.losses.tables import LossEvent, LossLine
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events import record
from shared.rules import Kind, Rule, found, require
from shared.shares import Part

TENANCY: Final = Rule("X04", "delivery")
# What the members' shares of losses bring in; the loss itself stands in the centre's expenses.
RECOVERED: Final = AccountName("loss_recovered", AccountKind.INCOME)


@dataclass(frozen=True, slots=True)
class NewLoss:
    """A loss to be recorded."""

    center_id: UUID
    asset_id: UUID | None
    amount_fen: int
    occurred_on: date
    reason: str
    evidence: tuple[UUID, ...]


def due_from_party(org_id: UUID) -> AccountName:
    """Name the account of what a party owes the centre for losses."""
    return AccountName("loss_share_due", AccountKind.ASSET, org_id)


async def record_loss(
    session: AsyncSession, actor: Actor, loss: NewLoss, today: date
) -> tuple[LossEvent, list[LossLine]]:
    """Divide a loss by the risk shares of the agreement in force that day (A086, D12.8).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, IP_AGREEMENT_MISSING, DAY_IN_FUTURE,
    SOURCE_UNKNOWN, or as `journal.post_entries`.
    """
    center = await tenancy.writable_center_for_update(session, actor, loss.center_id, today)
    asset = await assets.asset(session, loss.asset_id) if loss.asset_id else None
    terms = await _terms(session, center.id, loss.occurred_on)
    in_center = loss.asset_id is None or (asset is not None and asset.center_id == center.id)
    require(
        [
            TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=tenancy.leads(center, actor)),
            rules.RISKS.check(
                "SOURCE_UNKNOWN", Kind.CONTENT, passed=in_center, pointer="/asset_id"
            ),
            *rules.loss_checks(terms, loss.occurred_on, today),
        ]
    )
    terms = found(terms)
    parts = rules.borne(loss.amount_fen, terms)
    event_id = new_id()
    entry_id = await _book(session, actor, loss, event_id, parts)
    clock: Clock = session.info["clock"]
    event = LossEvent(
        id=event_id,
        center_id=center.id,
        asset_id=loss.asset_id,
        amount_fen=loss.amount_fen,
        occurred_on=loss.occurred_on,
        reason=loss.reason,
        evidence_ids=list(loss.evidence),
        agreement_id=terms.agreement_id,
        entry_id=entry_id,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(event)
    await session.flush()
    lines = [_line(event, place, part) for place, part in enumerate(parts)]
    session.add_all(lines)
    await _log(session, event, lines)
    record(
        session, actor, "loss.recorded", event.id, center_id=center.id,
        asset_id=event.asset_id, occurred_on=event.occurred_on, agreement_id=event.agreement_id,
    )  # fmt: skip
    return event, lines


async def _terms(session: AsyncSession, center_id: UUID, day: date) -> RiskTerms | None:
    terms = await agreements.in_force(session, center_id, day)
    return None if terms is None else RiskTerms(terms.id, terms.parties, terms.risk_ppm)


async def _book(
    session: AsyncSession, actor: Actor, loss: NewLoss, event_id: UUID, parts: Sequence[Part[UUID]]
) -> UUID:
    """Each party owes the centre its part of what the centre has lost."""
    owing = [part for part in parts if part.amount_fen]
    names = [due_from_party(part.party) for part in owing]
    ids = await journal.open_accounts(session, loss.center_id, [RECOVERED, *names])
    lines = [
        *(Line(ids[n], part.amount_fen) for n, part in zip(names, owing, strict=True)),
        Line(ids[RECOVERED], -loss.amount_fen),
    ]
    draft = EntryDraft(
        new_id(), loss.center_id, loss.occurred_on, f"loss {event_id}", tuple(lines), event_id
    )
    await journal.post_entries(session, actor, [draft])
    return draft.id


def _line(event: LossEvent, place: int, part: Part[UUID]) -> LossLine:
    return LossLine(
        loss_id=event.id,
        place=place,
        party_id=part.party,
        risk_ppm=part.share_ppm,
        amount_fen=part.amount_fen,
        explanation=_explanation(event, part),
    )


def _explanation(event: LossEvent, part: Part[UUID]) -> list[dict[str, Any]]:
    return [
        {"step": "loss", "amount_fen": event.amount_fen, "ref_id": str(event.id)},
        {"step": "risk_share", "ppm": part.share_ppm, "ref_id": str(event.agreement_id)},
        {"step": "quota", "exact": str(part.quota)},
        {"step": "remainder_unit", "amount_fen": int(part.raised), "rank": part.rank},
        {"step": "amount", "amount_fen": part.amount_fen},
    ]


async def _log(session: AsyncSession, event: LossEvent, lines: Sequence[LossLine]) -> None:
    records = [
        NewRecord(
            kind="loss_line",
            record_id=line.id,
            center_id=event.center_id,
            document={
                "loss_id": str(event.id),
                "agreement_id": str(event.agreement_id),
                "occurred_on": event.occurred_on.isoformat(),
            },
            openings={
                "party_id": str(line.party_id),
                "risk_ppm": line.risk_ppm,
                "amount": {"amount": line.amount_fen, "currency": event.currency},
            },
            readers=(line.party_id,),
        )
        for line in lines
    ]
    await append_records(session, records)
