"""What happens to technology contracts: reported, registered, performed, ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.contracts import queries, rules
from ip_ledger.contracts.rules import Event, Report, State
from ip_ledger.contracts.tables import ContractState, TechContract
from ip_ledger.facts.actions import state_facts
from ip_ledger.facts.rules import FactKind, Statement
from ip_ledger.log.actions import NewRecord, append_records
from shared.auth import Actor
from shared.codes.registrations import ContractNumberScheme
from shared.codes.registrations import normalized as normalized_number
from shared.database import new_id
from shared.directory import DirectoryCenter
from shared.events import EventRow, record, record_many
from shared.events.recording import content_sha256
from shared.http import version_checks
from shared.rules import Check, Kind, Policy, Refused, found, require


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a reported contract: the row that there is, or the checks that refuse it."""

    contract: TechContract | None
    is_new: bool
    checks: tuple[Check, ...] = ()
    warnings: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """A contract's entry in the technology market's register."""

    number: str
    registered_on: date
    scheme: ContractNumberScheme | None = None


async def report(
    session: AsyncSession,
    actor: Actor,
    one: Report,
    *,
    policy: Policy,
    now: datetime,
    today: date,
) -> Reported:
    """Record a technology contract of a centre for which the actor may write (A089, A127).

    Raises `Refused`: NOT_FOUND, AMOUNT_EXCEEDED, NUMBER_FORMAT, USCC_…, ALREADY_EXISTS,
    EXTERNAL_ID_MISMATCH or CONSORTIUM_NOT_REGISTERED.
    """
    verdict = (await report_many(session, actor, [one], policy=policy, now=now, today=today))[0]
    if verdict.contract is None:
        raise Refused(verdict.checks)
    return verdict


async def report_many(
    session: AsyncSession,
    actor: Actor,
    reports: Sequence[Report],
    *,
    policy: Policy,
    now: datetime,
    today: date,
) -> list[Reported]:
    """Record a set of contracts by the rules of `report`; refused ones leave the others alone.

    Gives a verdict per contract, in order. A row reported before with the same content is no new
    one.
    """
    judge = await _judge(session, actor, reports, policy, now, today)
    verdicts = [judge.verdict(one) for one in reports]
    fresh = [v.contract for v in verdicts if v.contract is not None and v.is_new]
    written = await _insert(session, fresh)
    kept = [contract for contract in fresh if contract.id in written]
    await _enter_states(session, actor, kept, now)
    await state_facts(session, [statement(contract) for contract in kept], now)
    await record_many(
        session,
        actor,
        "contract.recorded",
        [EventRow(contract.id, contract.center_id, _event_data(contract)) for contract in kept],
    )
    return [_settled(verdict, written) for verdict in verdicts]


@dataclass(frozen=True, slots=True)
class _Judge:
    """What is known of the centres and of earlier reports; rows of the set are added to it."""

    actor: Actor
    org_id: UUID
    policy: Policy
    centers: Mapping[UUID, DirectoryCenter]
    organizations: Mapping[UUID, frozenset[UUID]]
    by_reference: dict[tuple[UUID, str], TechContract]
    numbers: set[str]
    now: datetime
    today: date

    def verdict(self, one: Report) -> Reported:
        center = self.centers.get(one.center_id)
        if center is None:
            hidden = rules.TURNOVER.check("NOT_FOUND", Kind.HIDDEN, passed=False)
            return Reported(None, is_new=False, checks=(hidden,))
        sha256 = content_sha256(_content(one))
        former = self.by_reference.get((one.center_id, one.external_id))
        if former is not None and former.content_sha256 == sha256:
            return Reported(former, is_new=False)
        checks = [
            *rules.report_checks(one),
            *rules.party_checks(
                has_legal_entity=center.legal_entity_id is not None,
                party_org_id=one.party_org_id,
                organizations=self.organizations[center.id],
            ),
            *self._repetition_checks(one, is_repeated=former is not None),
        ]
        refused = tuple(check for check in checks if check.refuses)
        if refused:
            return Reported(None, is_new=False, checks=refused)
        contract = self._contract(one, center, sha256)
        self.by_reference[one.center_id, one.external_id] = contract
        if contract.registration_no is not None:
            self.numbers.add(contract.registration_no)
        warnings = tuple(check for check in checks if not check.passed)
        return Reported(contract, is_new=True, warnings=warnings)

    def _repetition_checks(self, one: Report, *, is_repeated: bool) -> list[Check]:
        number = one.registration_no and normalized_number(one.registration_no)
        return [
            rules.REPETITION.check(
                "EXTERNAL_ID_MISMATCH",
                Kind.STATE,
                passed=not is_repeated,
                pointer="/external_id",
            ),
            rules.TURNOVER.check(
                "ALREADY_EXISTS",
                Kind.STATE,
                passed=number is None or number not in self.numbers,
                pointer="/registration_no",
                key=number,
            ),
        ]

    def _contract(self, one: Report, center: DirectoryCenter, sha256: str) -> TechContract:
        review = rules.review_of(self.policy, one.contract_amount_fen)
        registered = one.registration_no is not None
        party = one.party_org_id or center.legal_entity_id
        return TechContract(
            **_stored(one),
            party_org_id=found(party),
            review=review,
            review_due_on=(
                None if registered else rules.review_due_on(self.policy, review, self.today)
            ),
            state=State.REGISTERED if registered else State.SIGNED,
            content_sha256=sha256,
            submitted_by_org_id=self.org_id,
            recorded_by=self.actor.person_id,
            recorded_at=self.now,
        )


async def _judge(
    session: AsyncSession,
    actor: Actor,
    reports: Sequence[Report],
    policy: Policy,
    now: datetime,
    today: date,
) -> _Judge:
    org_id = tenancy.own_organization(actor)
    center_ids = {one.center_id for one in reports}
    centers = await tenancy.centers_for_writing(session, actor, center_ids, today)
    references = [(one.center_id, one.external_id) for one in reports]
    numbers = [normalized_number(one.registration_no) for one in reports if one.registration_no]
    return _Judge(
        actor,
        org_id,
        policy,
        centers,
        await tenancy.taking_part(session, centers.values()),
        await queries.contracts_by_reference(session, org_id, references),
        await queries.registered_numbers(session, numbers),
        now,
        today,
    )


def _stored(one: Report) -> dict[str, Any]:
    """Give the columns that a report fills as it is."""
    code = one.counterparty_uscc
    number = one.registration_no
    return {
        "center_id": one.center_id,
        "kind": one.kind,
        "role": one.role,
        "counterparty_name": one.counterparty_name,
        "counterparty_uscc": code.upper() if code else None,
        "is_confidential": one.is_confidential,
        "is_commissioned_rd": one.is_commissioned_rd,
        "contract_amount_fen": one.contract_amount_fen,
        "tech_transaction_amount_fen": one.tech_transaction_amount_fen,
        "signed_on": one.signed_on,
        "registration_no": normalized_number(number) if number else None,
        "registered_on": one.registered_on,
        "registration_scheme": one.registration_scheme,
        "external_id": one.external_id,
    }


def _content(one: Report) -> Mapping[str, Any]:
    return {**_stored(one), "party_org_id": one.party_org_id}


async def _insert(session: AsyncSession, contracts: Sequence[TechContract]) -> set[UUID]:
    """Insert what nobody else has inserted meanwhile; give the ids that were."""
    if not contracts:
        return set()
    statement = (
        postgresql.insert(TechContract).on_conflict_do_nothing().returning(col(TechContract.id))
    )
    return set(await session.scalars(statement, [one.model_dump() for one in contracts]))


def _settled(verdict: Reported, written: set[UUID]) -> Reported:
    """Refuse what another request inserted between the look and the insert."""
    contract = verdict.contract
    if contract is None or not verdict.is_new or contract.id in written:
        return verdict
    lost = rules.REPETITION.check(
        "ALREADY_EXISTS", Kind.STATE, passed=False, pointer="/external_id", key=contract.external_id
    )
    return Reported(None, is_new=False, checks=(lost,))


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
    DAYS_OUT_OF_ORDER, ALREADY_EXISTS or STATE_CONFLICT.
    """
    contract = await queries.contract_for_update(session, actor, contract_id, today)
    number = normalized_number(registration.number)
    taken = await queries.registered_numbers(session, [number])
    require(
        [
            await _writer_check(session, actor, contract, today),
            *version_checks(contract.version, version),
            *rules.registration_checks(
                contract.signed_on, number, registration.registered_on, registration.scheme
            ),
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
    contract.registration_no = number
    contract.registered_on = registration.registered_on
    contract.registration_scheme = registration.scheme
    contract.review_due_on = None
    return await _move(session, actor, contract, Event.REGISTER, None, now)


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
            await _writer_check(session, actor, contract, today),
            *version_checks(contract.version, version),
            *rules.event_checks(contract.state, event),
        ]
    )
    return await _move(session, actor, contract, event, reason, now)


async def _writer_check(
    session: AsyncSession, actor: Actor, contract: TechContract, today: date
) -> Check:
    """Check that the organization that reported the contract acts, or one that leads the centre."""
    centers = await tenancy.centers_for_writing(session, actor, [contract.center_id], today)
    center = centers.get(contract.center_id)
    is_writer = actor.org_id in {contract.submitted_by_org_id, contract.party_org_id} or (
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
) -> TechContract:
    before = contract.state
    contract.state = rules.MOVES[contract.state, event]
    contract.version += 1
    await session.flush()
    ordinal = await queries.last_ordinal(session, contract.id) + 1
    await _enter_states(session, actor, [contract], now, ordinal=ordinal, reason=reason)
    await state_facts(session, [statement(contract)], now)
    record(
        session,
        actor,
        f"contract.{contract.state.value if event is not Event.REGISTER else 'registered'}",
        contract.id,
        center_id=contract.center_id,
        reason=reason,
        before=before,
        after=contract.state,
        **_event_data(contract),
    )
    return contract


async def _enter_states(
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
        kind=FactKind.TECH_CONTRACT,
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


def _event_data(contract: TechContract) -> dict[str, Any]:
    return {
        "contract_id": contract.id,
        "kind": contract.kind,
        "state": contract.state,
        "signed_on": contract.signed_on,
        "registration_no": contract.registration_no,
        "registered_on": contract.registered_on,
    }
