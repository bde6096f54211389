"""What happens to facts: they are recorded, one or many, and corrected by later ones."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import queries, rules
from registry.facts.actions import walking
from registry.facts.rules import CONFIDENTIAL, ChainStage, Derived, FactKind, NewFact
from registry.facts.tables import Fact
from registry.files import queries as files
from registry.governance import queries as governance
from registry.governance.rules import citing_checks, naming_checks
from registry.programme import queries as programme
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events import EventRow, record, record_many
from shared.events.recording import canonical
from shared.events.resources import made_part
from shared.http.batches import Outcome, Row, RowResult
from shared.rules import Check, Refused, failed_codes, require

# One statement and one array per column, however many rows: an insert of values has a limit of
# 32,767 parameters. Evidence goes as PostgreSQL writes an array, since rows name different numbers.
INSERT_MANY: Final = text(
    """
    INSERT INTO fact (
        id, center_id, kind, chain_stage, occurred_on, recorded_at, external_id,
        submitted_by_org_id, submitted_by_person_id, payload, content_sha256, evidence,
        is_member, is_sme, region_code
    )
    SELECT id, center_id, kind, chain_stage, occurred_on, :recorded_at, external_id,
           :org_id, :person_id, CAST(payload AS jsonb), content_sha256, CAST(evidence AS uuid[]),
           is_member, is_sme, region_code
      FROM unnest(
        CAST(:id AS uuid[]), CAST(:center_id AS uuid[]), CAST(:kind AS text[]),
        CAST(:chain_stage AS text[]), CAST(:occurred_on AS date[]), CAST(:external_id AS text[]),
        CAST(:payload AS text[]), CAST(:content_sha256 AS text[]), CAST(:evidence AS text[]),
        CAST(:is_member AS boolean[]), CAST(:is_sme AS boolean[]), CAST(:region_code AS text[])
      ) AS row (
        id, center_id, kind, chain_stage, occurred_on, external_id, payload, content_sha256,
        evidence, is_member, is_sme, region_code
      )
    ON CONFLICT (center_id, submitted_by_org_id, external_id) WHERE supersedes_id IS NULL
    DO NOTHING
    RETURNING id
    """
)
AS_THEY_ARE: Final = (
    "id", "center_id", "kind", "chain_stage", "occurred_on", "external_id", "content_sha256",
    "is_member", "is_sme", "region_code",
)  # fmt: skip

# The reason of a confidential correction is told by the fact, to those who may read it.
WITHHELD: Final = "confidential"
# The source of a project that the centre itself wished for; others are commissioned.
OWN_WISH: Final = "self"


@dataclass(frozen=True, slots=True)
class Judged:
    """A fact of a set with its verdict, and what the register says of its other side."""

    index: int
    fact: NewFact
    checks: tuple[Check, ...]
    derived: Derived

    @property
    def reference(self) -> tuple[UUID, str]:
        """Give what makes posting again safe."""
        return self.fact.center_id, self.fact.external_id


@dataclass(frozen=True, slots=True)
class Registers:
    """What the register holds of what a set of facts names."""

    files: frozenset[UUID]
    directions: Mapping[UUID, Mapping[UUID, date]]
    fields: frozenset[str]


async def post(
    session: AsyncSession, actor: Actor, fact: NewFact, today: date, *, by_booking: bool = False
) -> tuple[Fact, Outcome]:
    """Record a fact; the same reference with the same content gives the first one (X05).

    Raises `Refused`: NOT_FOUND, EXTERNAL_ID_MISMATCH, or what is wrong with its content.
    """
    rows = [Row(0, fact)]
    [result] = await record_facts(session, actor, rows, today, by_booking=by_booking)
    if result.id is None:
        raise Refused(result.checks)
    return await queries.fact_by_id(session, result.id), result.outcome


async def record_facts(
    session: AsyncSession,
    actor: Actor,
    rows: Sequence[Row[NewFact]],
    today: date,
    *,
    by_booking: bool = False,
) -> list[RowResult]:
    """Record a set of facts: each row judged as if it came alone, good ones written by set."""
    judged = await _judge(session, actor, rows, today, by_booking=by_booking)
    refused = [
        RowResult(row.index, Outcome.FAILED, checks=row.checks) for row in judged if row.checks
    ]
    good = [row for row in judged if not row.checks]
    return [*refused, *await _write(session, actor, good)]


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

    Raises `Refused`: FORBIDDEN_SCOPE, FACT_SUPERSEDED, or what is wrong with its content.
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
    corrected = corrected.stored_form()
    registers = await _registers(session, actor, [corrected], first)
    stage = await queries.stage_of(session, first.center_id)
    require(
        [
            *correction,
            *rules.booked_checks(first.external_id, by_booking=by_booking),
            *_content_checks(corrected, registers, today),
            *rules.writing_checks(stage),
            *await walking.corrected_checks(session, first, corrected),
        ]
    )
    [derived] = await queries.derived(session, [corrected])
    values = _values(session, actor, corrected, derived, new_id())
    fact = Fact(**values, supersedes_id=first.id, reason=reason)
    fact.submitted_by_org_id = first.submitted_by_org_id
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
    rows: Sequence[Row[NewFact]],
    today: date,
    *,
    by_booking: bool,
) -> list[Judged]:
    facts = [row.value.stored_form() for row in rows]
    standings = await queries.standings(session, actor.org_ids, {fact.center_id for fact in facts})
    registers = await _registers(session, actor, facts)
    failed = [
        _failed(fact, standings.get(fact.center_id), registers, today, by_booking=by_booking)
        for fact in facts
    ]
    failed = await walking.walked(session, actor.org_id, facts, failed)
    derived = await queries.derived(session, facts)
    return [
        Judged(row.index, fact, checks, side)
        for row, fact, checks, side in zip(rows, facts, failed, derived, strict=True)
    ]


def _failed(
    fact: NewFact,
    standing: rules.Standing | None,
    registers: Registers,
    today: date,
    *,
    by_booking: bool,
) -> tuple[Check, ...]:
    checks = rules.standing_checks(standing, fact.occurred_on, today)
    if standing is not None:
        checks += rules.reference_checks(fact.external_id, by_booking=by_booking)
        checks += _content_checks(fact, registers, today)
    return tuple(check for check in checks if check.refuses)


def _content_checks(fact: NewFact, registers: Registers, today: date) -> list[Check]:
    return [
        *rules.content_checks(fact, registers.files, today),
        *rules.field_checks(fact, registers.fields),
        *_direction_checks(fact, registers.directions.get(fact.center_id, {})),
    ]


def _direction_checks(fact: NewFact, adopted: Mapping[UUID, date]) -> list[Check]:
    if fact.kind is not FactKind.PROJECT:
        return []
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
    seen = set(await files.files_seen(session, actor, named))
    projects = {fact.center_id for fact in facts if fact.kind is FactKind.PROJECT}
    adopted = await governance.adopted_directions(session, projects)
    if corrected is not None:
        seen |= set(corrected.evidence)
        if (cited := corrected.payload.get("direction_id")) is not None:
            kept = adopted.setdefault(corrected.center_id, {})
            kept.setdefault(UUID(cited), corrected.occurred_on)
    in_fields = any("field_code" in fact.payload for fact in facts)
    known = await programme.known_fields(session) if in_fields else frozenset()
    return Registers(frozenset(seen), adopted, known)


async def _write(session: AsyncSession, actor: Actor, rows: Sequence[Judged]) -> list[RowResult]:
    if not rows:
        return []
    values = [_values(session, actor, row.fact, row.derived, new_id()) for row in rows]
    written = set((await session.scalars(INSERT_MANY, _arrays(actor, values))).all())
    await _announce(session, actor, [value for value in values if value["id"] in written])
    repeated = {
        row.reference for row, value in zip(rows, values, strict=True) if value["id"] not in written
    }
    kept = await queries.first_postings(session, actor.org_id, repeated)
    return [
        RowResult(row.index, Outcome.CREATED, id=value["id"])
        if value["id"] in written
        else _repeated(row, kept[row.reference], value["content_sha256"])
        for row, value in zip(rows, values, strict=True)
    ]


def _arrays(actor: Actor, values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "recorded_at": values[0]["recorded_at"],
        "org_id": actor.org_id,
        "person_id": actor.person_id,
        **{name: [value[name] for value in values] for name in AS_THEY_ARE},
        "payload": [json.dumps(value["payload"], ensure_ascii=False) for value in values],
        "evidence": [f"{{{','.join(map(str, value['evidence']))}}}" for value in values],
    }


async def _announce(
    session: AsyncSession, actor: Actor, values: Sequence[Mapping[str, Any]]
) -> None:
    """Tell what was recorded; of a confidential fact only that there is one, and not where."""
    # The event only names the fact, which stays as it is: what it says is hashed beside it.
    named = made_part(Fact, {})
    told = [
        EventRow(
            value["id"],
            value["center_id"],
            {"kind": value["kind"], "occurred_on": value["occurred_on"]},
            after_sha256=value["content_sha256"],
            resource=named,
        )
        for value in values
        if value["kind"] not in CONFIDENTIAL
    ]
    withheld = [
        EventRow(value["id"], None, {}) for value in values if value["kind"] in CONFIDENTIAL
    ]
    await record_many(session, actor, "fact.recorded", told)
    await record_many(session, actor, "confidential_fact.recorded", withheld)


def _repeated(row: Judged, kept: tuple[UUID, str], sent_sha256: str) -> RowResult:
    kept_id, kept_sha256 = kept
    failed = [check for check in rules.repeat_checks(kept_sha256, sent_sha256) if check.refuses]
    if failed:
        return RowResult(row.index, Outcome.FAILED, checks=tuple(failed))
    return RowResult(row.index, Outcome.DUPLICATE, id=kept_id)


def _values(
    session: AsyncSession, actor: Actor, fact: NewFact, derived: Derived, fact_id: UUID
) -> dict[str, Any]:
    clock: Clock = session.info["clock"]
    recorded_at: datetime = clock.now()
    stage = fact.stage
    return {
        "id": fact_id,
        "center_id": fact.center_id,
        "kind": fact.kind,
        "chain_stage": stage,
        "occurred_on": fact.occurred_on,
        "recorded_at": recorded_at,
        "external_id": fact.external_id,
        "submitted_by_org_id": actor.org_id,
        "submitted_by_person_id": actor.person_id,
        "payload": dict(fact.payload),
        "content_sha256": _content_sha256(fact, stage),
        "evidence": list(fact.evidence),
        "is_member": derived.is_member,
        "is_sme": derived.is_sme,
        "region_code": derived.region_code,
    }


def _content_sha256(fact: NewFact, stage: ChainStage | None) -> str:
    """Hash what a fact says; the payload of a body is plain already."""
    content = {
        "kind": fact.kind.value,
        "occurred_on": fact.occurred_on.isoformat(),
        "chain_stage": None if stage is None else stage.value,
        "payload": fact.payload,
        "evidence": sorted(str(file_id) for file_id in fact.evidence),
    }
    return hashlib.sha256(canonical(content).encode()).hexdigest()
