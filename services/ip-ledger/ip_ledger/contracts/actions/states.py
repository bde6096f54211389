"""Every state that a license or contract enters: written down, logged, and stated as a fact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.contracts.rules import State
from ip_ledger.contracts.tables import ContractState, TechContract
from ip_ledger.facts.rules import LedgerFactKind, Statement
from ip_ledger.log.actions import NewRecord, append_records
from shared.auth import Actor
from shared.database import new_id


@dataclass(frozen=True, slots=True)
class Entered:
    """A state that a license or contract entered, with what the log keeps of it."""

    contract_id: UUID
    center_id: UUID
    state: State
    document: Mapping[str, Any]
    openings: Mapping[str, Any]
    readers: Sequence[UUID]


async def enter_states(
    session: AsyncSession,
    actor: Actor,
    entered: Sequence[Entered],
    now: datetime,
    *,
    ordinal: int,
    reason: str | None,
) -> None:
    """Write states down, each a record of the log: a handful of statements for any number."""
    if not entered:
        return
    ids = [new_id() for _ in entered]
    await session.execute(
        insert(ContractState),
        [
            {
                "id": state_id,
                "contract_id": one.contract_id,
                "ordinal": ordinal,
                "state": one.state,
                "reason": reason,
                "recorded_by": actor.person_id,
                "recorded_at": now,
            }
            for state_id, one in zip(ids, entered, strict=True)
        ],
    )
    await append_records(
        session,
        [
            NewRecord(
                kind="contract_state",
                record_id=state_id,
                center_id=one.center_id,
                document={
                    "contract_id": str(one.contract_id),
                    "ordinal": ordinal,
                    "state": one.state.value,
                    **one.document,
                },
                openings=one.openings,
                readers=sorted(set(one.readers)),
            )
            for state_id, one in zip(ids, entered, strict=True)
        ],
    )


async def enter_contract_states(
    session: AsyncSession,
    actor: Actor,
    contracts: Sequence[TechContract],
    now: datetime,
    *,
    ordinal: int = 1,
    reason: str | None = None,
) -> None:
    """Write the present state of contracts down and into the log: by set."""
    await enter_states(
        session,
        actor,
        [
            Entered(
                contract.id,
                contract.center_id,
                contract.state,
                _log_document(contract),
                _log_openings(contract),
                (contract.party_org_id, contract.submitted_by_org_id),
            )
            for contract in contracts
        ],
        now,
        ordinal=ordinal,
        reason=reason,
    )


def _log_document(contract: TechContract) -> dict[str, Any]:
    registered_on = contract.registered_on
    return {
        "type": "tech_contract",
        "kind": contract.kind.value,
        "role": contract.role.value,
        "is_commissioned_rd": contract.is_commissioned_rd,
        "signed_on": contract.signed_on.isoformat(),
        "registration_no": contract.registration_no,
        "registered_on": registered_on.isoformat() if registered_on else None,
    }


def _log_openings(contract: TechContract) -> dict[str, Any]:
    return {
        "party_org_id": str(contract.party_org_id),
        "counterparty": {
            "name": contract.counterparty_name,
            "uscc": contract.counterparty_uscc,
        },
        "contract_amount_fen": contract.contract_amount_fen,
        "tech_transaction_amount_fen": contract.tech_transaction_amount_fen,
    }


def statement(contract: TechContract) -> Statement:
    """Give a contract as a fact of its centre (B1, B2, B3 of the scheme)."""
    return Statement(
        subject_id=contract.id,
        center_id=contract.center_id,
        kind=LedgerFactKind.TECH_CONTRACT,
        occurred_on=contract.signed_on,
        external_id=contract.external_id,
        submitted_by_org_id=contract.submitted_by_org_id,
        payload={
            "contract_id": contract.id,
            "kind": contract.kind,
            "role": contract.role,
            "is_commissioned_rd": contract.is_commissioned_rd,
            "contract_amount": _money(contract.contract_amount_fen),
            "tech_transaction_amount": _money(contract.tech_transaction_amount_fen),
            "signed_on": contract.signed_on,
            "registration_no": contract.registration_no,
            "registered_on": contract.registered_on,
            "state": contract.state,
        },
    )


def _money(amount_fen: int) -> dict[str, Any]:
    return {"amount": amount_fen, "currency": "CNY"}


def event_data(contract: TechContract) -> dict[str, Any]:
    """Give what an event of a contract says of it; no names, no amounts."""
    return {
        "contract_id": contract.id,
        "kind": contract.kind,
        "state": contract.state,
        "signed_on": contract.signed_on,
        "registration_no": contract.registration_no,
        "registered_on": contract.registered_on,
    }
