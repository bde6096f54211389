"""Technology contracts as members report them: one by one, or by the set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.contracts import queries, rules
from ip_ledger.contracts.actions import states
from ip_ledger.contracts.rules import Report, Review, State
from ip_ledger.contracts.tables import TechContract
from ip_ledger.facts.actions import state_facts
from shared import directory
from shared.auth import Actor
from shared.codes.registrations import normalized as normalized_number
from shared.directory import DirectoryCenter
from shared.events import EventRow, record_many
from shared.events.recording import content_sha256
from shared.http.batches import Before
from shared.rules import Check, Kind, Policy, Refused, found

# What a dry run keeps of the contracts that it would have recorded: by reference, and by number.
REFERENCES: Final = "reference"
NUMBERS: Final = "number"


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a reported contract: the row that there is, or the checks that refuse it."""

    contract: TechContract | None
    is_new: bool
    checks: tuple[Check, ...] = ()
    warnings: tuple[Check, ...] = ()


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

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, AMOUNT_EXCEEDED, DAY_IN_FUTURE, NUMBER_FORMAT,
    USCC_…, ALREADY_EXISTS, EXTERNAL_ID_MISMATCH or CONSORTIUM_NOT_REGISTERED.
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
    await states.enter_contract_states(session, actor, kept, now)
    await state_facts(session, [states.statement(contract) for contract in kept], now)
    await record_many(
        session,
        actor,
        "contract.recorded",
        [
            EventRow(contract.id, contract.center_id, states.event_data(contract))
            for contract in kept
        ],
    )
    return [_settled(verdict, written) for verdict in verdicts]


async def foretell_many(
    session: AsyncSession,
    actor: Actor,
    reports: Sequence[Report],
    before: Before,
    *,
    policy: Policy,
    now: datetime,
    today: date,
) -> list[Reported]:
    """Tell what recording a set would answer after those foretold before; record nothing."""
    judge = await _judge(session, actor, reports, policy, now, today)
    references = {_key(one): (one.center_id, one.external_id) for one in reports}
    # What was recorded meanwhile comes first, as it would have.
    for key, (contract_id, sha256) in (await before.made(REFERENCES, references)).items():
        known: dict[str, Any] = {"id": UUID(contract_id), "content_sha256": sha256}
        judge.by_reference.setdefault(references[key], TechContract(**known))
    numbers = [normalized_number(one.registration_no) for one in reports if one.registration_no]
    judge.numbers.update(await before.made(NUMBERS, numbers))
    verdicts = [judge.verdict(one) for one in reports]
    fresh = [one.contract for one in verdicts if one.contract is not None and one.is_new]
    made = {_key(row): [str(row.id), row.content_sha256] for row in fresh}
    await before.make(REFERENCES, made)
    await before.make(
        NUMBERS, {row.registration_no: 1 for row in fresh if row.registration_no is not None}
    )
    return verdicts


def _key(one: Report | TechContract) -> str:
    return f"{one.center_id} {one.external_id}"


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
    # Counted once: walking the calendar for each of thousands of rows would cost most of the time.
    due_on: Mapping[Review, date]
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
            *rules.day_checks(one.signed_on, one.registered_on, self.today),
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
            review_due_on=None if registered else self.due_on[review],
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
    calendar = await directory.working_days(session)
    return _Judge(
        actor,
        org_id,
        policy,
        centers,
        await tenancy.taking_part(session, centers.values()),
        await queries.contracts_by_reference(session, org_id, references),
        await queries.registered_numbers(session, numbers),
        {review: rules.review_due_on(policy, calendar, review, today) for review in Review},
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
