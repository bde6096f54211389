"""What happens to a reported contract: registered, performed, completed, terminated."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.contracts import queries, rules
from ip_ledger.contracts.actions import states
from ip_ledger.contracts.rules import Event
from ip_ledger.contracts.tables import TechContract
from ip_ledger.facts.actions import state_facts
from shared.auth import Actor
from shared.codes.registrations import ContractNumberScheme
from shared.codes.registrations import normalized as normalized_number
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, Kind, require


@dataclass(frozen=True, slots=True)
class Registration:
    """A contract's entry in the technology market's register."""

    number: str
    registered_on: date
    scheme: ContractNumberScheme | None = None


async def register(
    session: AsyncSession,
    actor: Actor,
    contract_id: UUID,
    registration: Registration,
    *,
    version: int,
    now: datetime,
    today: date,
) -> TechContract:
    """Enter a contract's registration, from which on it counts as market turnover (A127).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, NUMBER_FORMAT,
    DAYS_OUT_OF_ORDER, DAY_IN_FUTURE, ALREADY_EXISTS or STATE_CONFLICT.
    """
    contract = await queries.contract_for_update(session, actor, contract_id, today)
    number = normalized_number(registration.number)
    taken = await queries.registered_numbers(session, [number], but=contract.id)
    require(
        [
            await writer_check(session, actor, contract, today),
            *version_checks(contract.version, version),
            *rules.registration_checks(
                contract.signed_on, number, registration.registered_on, registration.scheme
            ),
            *rules.day_checks(contract.signed_on, registration.registered_on, today),
            rules.TURNOVER.check(
                "ALREADY_EXISTS", Kind.STATE, passed=not taken, pointer="/registration_no",
                key=number,
            ),
            *rules.event_checks(contract.state, Event.REGISTER),
            rules.TURNOVER.check(
                "STATE_CONFLICT",
                Kind.STATE,
                passed=contract.registration_no is None,
                state=contract.state.value,
            ),
        ]
    )  # fmt: skip
    before = contract.model_dump()
    contract.registration_no = number
    contract.registered_on = registration.registered_on
    contract.registration_scheme = registration.scheme
    contract.review_due_on = None
    return await _move(session, actor, contract, Event.REGISTER, None, now, before=before)


async def change_state(
    session: AsyncSession,
    actor: Actor,
    contract_id: UUID,
    event: Event,
    reason: str | None,
    *,
    version: int,
    now: datetime,
    today: date,
) -> TechContract:
    """Record that a contract is performed, completed or terminated.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    contract = await queries.contract_for_update(session, actor, contract_id, today)
    require(
        [
            await writer_check(session, actor, contract, today),
            *version_checks(contract.version, version),
            *rules.event_checks(contract.state, event, by_hand=True),
        ]
    )
    return await _move(session, actor, contract, event, reason, now)


async def writer_check(
    session: AsyncSession, actor: Actor, contract: TechContract, today: date
) -> Check:
    """Check that the organization that reported the contract acts, or one that leads the centre."""
    centers = await tenancy.centers_for_writing(session, actor, [contract.center_id], today)
    center = centers.get(contract.center_id)
    own = {contract.submitted_by_org_id, contract.party_org_id}
    is_writer = not actor.org_ids.isdisjoint(own) or (
        center is not None and tenancy.leads(center, actor)
    )
    return rules.TURNOVER.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_writer)


async def _move(
    session: AsyncSession,
    actor: Actor,
    contract: TechContract,
    event: Event,
    reason: str | None,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
) -> TechContract:
    """Take a step; `before` is how the contract stood, where more than its state has changed."""
    before = before or contract.model_dump()
    contract.state = rules.MOVES[contract.state, event]
    contract.version += 1
    await session.flush()
    ordinal = await queries.last_ordinal(session, contract.id) + 1
    await states.enter_contract_states(
        session, actor, [contract], now, ordinal=ordinal, reason=reason
    )
    await state_facts(session, [states.statement(contract)], now)
    record(
        session,
        actor,
        f"contract.{contract.state.value if event is not Event.REGISTER else 'registered'}",
        contract.id,
        center_id=contract.center_id,
        reason=reason,
        before=before,
        after=contract.model_dump(),
        **states.event_data(contract),
    )
    return contract
