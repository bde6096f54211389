"""Correcting a contract's amounts: the former ones stay, and so does what was told of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.contracts import correction_rules as rules
from ip_ledger.contracts import queries
from ip_ledger.contracts.actions import states
from ip_ledger.contracts.actions.moving import writer_check
from ip_ledger.contracts.correction_rules import Amounts, Correction, Entry
from ip_ledger.contracts.rules import review_due_on, review_of
from ip_ledger.contracts.tables import ContractCorrection, TechContract
from ip_ledger.facts.actions import state_facts
from shared import directory
from shared.auth import Actor
from shared.codes.registrations import normalized as normalized_number
from shared.events import record
from shared.http import version_checks
from shared.rules import Policy, require


async def correct(
    session: AsyncSession,
    actor: Actor,
    contract_id: UUID,
    one: Correction,
    *,
    version: int,
    policy: Policy,
    now: datetime,
    today: date,
) -> TechContract:
    """Put other amounts in the place of a contract's, and judge its review and entry anew (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, CORRECTION_NOT_NEEDED,
    AMOUNT_EXCEEDED, FIELD_INVALID, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER, NUMBER_FORMAT or
    ALREADY_EXISTS.
    """
    contract = await queries.contract_for_update(session, actor, contract_id, today)
    former = Amounts(contract.contract_amount_fen, contract.tech_transaction_amount_fen)
    registered = _entry_of(contract)
    number = None if one.entry is None else normalized_number(one.entry.number)
    taken = (
        set[str]()
        if number is None or number == contract.registration_no
        else await queries.registered_numbers(session, [number], but=contract.id)
    )
    require(
        [
            await writer_check(session, actor, contract, today),
            *version_checks(contract.version, version),
            *rules.correction_checks(
                one, former, contract.signed_on, registered, is_taken=bool(taken), today=today
            ),
        ]
    )
    before = contract.model_dump()
    review = review_of(policy, one.amounts.contract_fen)
    calendar = await directory.working_days(session)
    was_registered = contract.registration_no is not None
    contract.review_due_on = rules.due_on_after(
        contract.review, review, contract.review_due_on,
        review_due_on(policy, calendar, review, today),
        is_registered=one.entry is not None, was_registered=was_registered,
    )  # fmt: skip
    contract.review = review
    contract.contract_amount_fen = one.amounts.contract_fen
    contract.tech_transaction_amount_fen = one.amounts.tech_transaction_fen
    contract.registration_no = number
    contract.registered_on = None if one.entry is None else one.entry.registered_on
    contract.registration_scheme = None if one.entry is None else one.entry.scheme
    if number is None:
        contract.state = rules.UNREGISTERED.get(contract.state, contract.state)
    contract.version += 1
    ordinal = await queries.last_ordinal(session, contract.id) + 1
    session.add(_row(actor, contract, former, registered, one, ordinal, now))
    await session.flush()
    await states.enter_contract_states(
        session, actor, [contract], now, ordinal=ordinal, reason=one.reason
    )
    await state_facts(session, [states.statement(contract)], now)
    record(
        session, actor, "contract.corrected", contract.id, center_id=contract.center_id,
        reason=one.reason, before=before, after=contract.model_dump(),
        **states.event_data(contract),
    )  # fmt: skip
    return contract


def _entry_of(contract: TechContract) -> Entry | None:
    """Give the register's entry; one that was told without its day is of the signature's."""
    if contract.registration_no is None:
        return None
    return Entry(contract.registration_no, contract.registered_on or contract.signed_on)


def _row(
    actor: Actor,
    contract: TechContract,
    former: Amounts,
    registered: Entry | None,
    one: Correction,
    ordinal: int,
    now: datetime,
) -> ContractCorrection:
    return ContractCorrection(
        contract_id=contract.id,
        ordinal=ordinal,
        former_contract_amount_fen=former.contract_fen,
        former_tech_transaction_amount_fen=former.tech_transaction_fen,
        former_registration_no=None if registered is None else registered.number,
        former_registered_on=None if registered is None else registered.registered_on,
        contract_amount_fen=contract.contract_amount_fen,
        tech_transaction_amount_fen=contract.tech_transaction_amount_fen,
        registration_no=contract.registration_no,
        registered_on=contract.registered_on,
        review=contract.review,
        reason=one.reason,
        evidence_ids=list(one.evidence),
        recorded_by=actor.person_id,
        recorded_at=now,
    )
