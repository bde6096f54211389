"""What happens to facts: they are recorded, one or many, and corrected by later ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import queries, rules
from registry.facts.actions import walking
from registry.facts.actions.foretelling import Foretold
from registry.facts.actions.knowing import Stored
from registry.facts.actions.writing import Judged, Sent, sent, write
from registry.facts.rules import CONFIDENTIAL, Derived, FactKind, NewFact
from registry.facts.tables import Fact
from registry.files import queries as files
from registry.files.rules import existence_checks
from registry.governance import queries as governance
from registry.governance.rules import citing_checks, naming_checks
from registry.programme import queries as programme
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.http.batches import Before, Outcome, Row, RowResult
from shared.rules import Check, Refused, failed_codes, require

# The reason of a confidential correction is told by the fact, to those who may read it.
WITHHELD: Final = "confidential"
# The source of a project that the centre itself wished for; others are commissioned.
OWN_WISH: Final = "self"


@dataclass(frozen=True, slots=True)
class Registers:
    """What the register holds of what a set of facts names."""

    files: frozenset[UUID]
    directions: Mapping[UUID, Mapping[UUID, date]]
    fields: frozenset[str]
    # By centre: the codes of those who are no third party to it.
    concerned: Mapping[UUID, frozenset[str]]


async def post(
    session: AsyncSession, actor: Actor, fact: NewFact, today: date, *, by_booking: bool = False
) -> tuple[Fact, Outcome]:
    """Record a fact; the same reference with the same content gives the first one (X05).

    Raises `Refused`: NOT_FOUND, DAY_NOT_OF_MEMBERSHIP, EXTERNAL_ID_MISMATCH, or what `record_facts`
    finds wrong with its content.
    """
    rows = [Row(0, sent(fact))]
    [result] = await record_facts(session, actor, rows, today, by_booking=by_booking)
    if result.id is None:
        raise Refused(result.checks)
    return await queries.fact_by_id(session, result.id), result.outcome


async def record_facts(
    session: AsyncSession,
    actor: Actor,
    rows: Sequence[Row[Sent]],
    today: date,
    *,
    by_booking: bool = False,
) -> list[RowResult]:
    """Record a set of facts: each row judged as if it came alone, good ones written by set."""
    known = Stored(session, actor.org_id)
    judged = await _judge(session, actor, rows, today, known, by_booking=by_booking)
    refused, good = _parted(judged)
    return [*refused, *await write(session, actor, good)]


async def foretell_facts(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[Sent]], today: date, before: Before
) -> list[RowResult]:
    """Tell what recording a set of facts would answer after those foretold; write nothing."""
    known = Foretold(session, actor.org_id, before)
    judged = await _judge(session, actor, rows, today, known, by_booking=False)
    refused, good = _parted(judged)
    return [*refused, *await known.told(good)]


def _parted(judged: Sequence[Judged]) -> tuple[list[RowResult], list[Judged]]:
    refused = [
        RowResult(row.index, Outcome.FAILED, checks=row.checks) for row in judged if row.checks
    ]
    return refused, [row for row in judged if not row.checks]


async def correct(
    session: AsyncSession,
    actor: Actor,
    kept: queries.Known,
    corrected: NewFact,
    reason: str,
    today: date,
    *,
    by_booking: bool = False,
) -> Fact:
    """Record a fact that supersedes another one and says why (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DAY_NOT_OF_MEMBERSHIP, STATE_CONFLICT,
    FACT_SUPERSEDED, FACT_OF_BOOKING, or what `_content_checks` and `walking.corrected_checks` find
    wrong with its content.
    """
    first = kept.fact
    own = await queries.standings(session, actor.org_ids, [first.center_id])
    standing = own.get(first.center_id)
    correction = rules.correction_checks(
        first.submitted_by_org_id,
        actor.org_for(first.submitted_by_org_id),
        operates=standing is not None and standing.operates,
        superseded_by=kept.superseded_by_id,
        kinds=(first.kind, corrected.kind),
    )
    # What is wrong with a payload of another kind says nothing to the reader.
    if "FIELD_INVALID" in failed_codes(correction):
        require(correction)
    told = sent(corrected)
    corrected = told.fact
    day = corrected.occurred_on
    registers = await _registers(session, actor, [corrected], first)
    stage = await queries.stage_of(session, first.center_id)
    require(
        [
            *correction,
            *([] if by_booking else rules.moving_checks(standing, first.occurred_on, day)),
            *rules.booked_checks(first.external_id, by_booking=by_booking),
            *_content_checks(corrected, registers, today),
            *rules.writing_checks(stage, by_booking=by_booking),
            *await walking.corrected_checks(session, first, corrected),
        ]
    )
    [derived] = await queries.derived(session, [corrected])
    fact = _correction(session, actor, first, told, derived, reason)
    session.add(fact)
    # Two corrections can pass the check together: the row of the second is refused here.
    await session.flush()
    if fact.kind in CONFIDENTIAL:
        record(session, actor, "confidential_fact.corrected", fact.id, reason=WITHHELD)
        return fact
    record(
        session,
        actor,
        "fact.corrected",
        fact.id,
        center_id=fact.center_id,
        reason=reason,
        kind=fact.kind,
        occurred_on=fact.occurred_on,
        supersedes_id=first.id,
    )
    return fact


async def _judge(
    session: AsyncSession,
    actor: Actor,
    rows: Sequence[Row[Sent]],
    today: date,
    known: Stored,
    *,
    by_booking: bool,
) -> list[Judged]:
    told = [row.value for row in rows]
    facts = [one.fact for one in told]
    standings = await queries.standings(session, actor.org_ids, {fact.center_id for fact in facts})
    registers = await _registers(session, actor, facts)
    failed = _failed(told, standings, registers, today, by_booking=by_booking)
    failed = await walking.walked(session, known, facts, failed)
    derived = await queries.derived(session, facts)
    return [
        Judged(row.index, row.value, checks, side)
        for row, checks, side in zip(rows, failed, derived, strict=True)
    ]


def _failed(
    told: Sequence[Sent],
    standings: Mapping[UUID, rules.Standing],
    registers: Registers,
    today: date,
    *,
    by_booking: bool,
) -> list[tuple[Check, ...]]:
    """Give what refuses each fact; what depends on centre and day is judged once for each."""
    known: dict[tuple[UUID, date], tuple[Check, ...]] = {}
    failed = []
    for one in told:
        fact = one.fact
        standing = standings.get(fact.center_id)
        place = (fact.center_id, fact.occurred_on)
        if (refused := known.get(place)) is None:
            checks = rules.standing_checks(standing, fact.occurred_on, today, by_booking=by_booking)
            known[place] = refused = _refusing(checks)
        if standing is not None:
            checks = [
                *rules.reference_checks(fact.external_id, by_booking=by_booking),
                *_register_checks(fact, registers),
            ]
            refused = (*refused, *one.refused_on(today), *_refusing(checks))
        failed.append(refused)
    return failed


def _refusing(checks: Iterable[Check]) -> tuple[Check, ...]:
    return tuple([check for check in checks if check.refuses])


def _content_checks(fact: NewFact, registers: Registers, today: date) -> list[Check]:
    return [*rules.own_checks(fact, today), *_register_checks(fact, registers)]


def _register_checks(fact: NewFact, registers: Registers) -> list[Check]:
    """Judge what a fact says by what the register holds; most facts name nothing of it."""
    checks: list[Check] = []
    if fact.evidence:
        checks += existence_checks(fact.evidence, registers.files)
    if "field_code" in fact.payload:
        checks += rules.field_checks(fact, registers.fields)
    if fact.kind is FactKind.BREAKTHROUGH:
        concerned = registers.concerned.get(fact.center_id, frozenset())
        checks += rules.verifier_checks(fact, concerned)
    if fact.kind is FactKind.PROJECT:
        checks += _direction_checks(fact, registers.directions.get(fact.center_id, {}))
    return checks


def _direction_checks(fact: NewFact, adopted: Mapping[UUID, date]) -> list[Check]:
    cited = fact.payload.get("direction_id")
    own = fact.payload["source"] == OWN_WISH
    return [
        *citing_checks(set() if cited is None else {UUID(cited)}, adopted),
        *naming_checks(
            own=own, cites=cited is not None, day=fact.occurred_on, adopted=adopted.values()
        ),
    ]


async def _registers(
    session: AsyncSession, actor: Actor, facts: Sequence[NewFact], corrected: Fact | None = None
) -> Registers:
    """Look up what facts name: files of the actor, directions that are adopted, known fields.

    What a fact named when it was posted may stay in its correction.
    """
    named = {file_id for fact in facts for file_id in fact.evidence}
    seen = set(await files.files_seen(session, actor, named)) if named else set()
    projects = {fact.center_id for fact in facts if fact.kind is FactKind.PROJECT}
    adopted = await governance.adopted_directions(session, projects)
    if corrected is not None:
        seen |= set(corrected.evidence)
        if (cited := corrected.payload.get("direction_id")) is not None:
            kept = adopted.setdefault(corrected.center_id, {})
            kept.setdefault(UUID(cited), corrected.occurred_on)
    in_fields = any("field_code" in fact.payload for fact in facts)
    known = await programme.known_fields(session) if in_fields else frozenset()
    verified = {fact.center_id for fact in facts if fact.kind is FactKind.BREAKTHROUGH}
    posters = {*actor.org_ids, *([] if corrected is None else [corrected.submitted_by_org_id])}
    concerned = await queries.own_codes(session, verified, posters) if verified else {}
    return Registers(frozenset(seen), adopted, known, concerned)


def _correction(
    session: AsyncSession, actor: Actor, first: Fact, told: Sent, derived: Derived, reason: str
) -> Fact:
    """Make the fact that supersedes another; centre and reference stay those of the first one."""
    clock: Clock = session.info["clock"]
    fact = told.fact
    return Fact(
        center_id=fact.center_id,
        kind=fact.kind,
        chain_stage=fact.stage,
        occurred_on=fact.occurred_on,
        recorded_at=clock.now(),
        external_id=fact.external_id,
        submitted_by_org_id=first.submitted_by_org_id,
        submitted_by_person_id=actor.person_id,
        payload=dict(fact.payload),
        content_sha256=told.content_sha256,
        evidence=list(fact.evidence),
        is_member=derived.is_member,
        is_sme=derived.is_sme,
        region_code=derived.region_code,
        supersedes_id=first.id,
        reason=reason,
    )
