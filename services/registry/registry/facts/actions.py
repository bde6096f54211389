"""What happens to facts: they are recorded, one or many, and corrected by later ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import queries, rules
from registry.facts.rules import Derived, NewFact
from registry.facts.tables import Fact
from registry.files import queries as files
from shared.auth import Actor
from shared.clock import Clock
from shared.codes import uscc
from shared.database import new_id
from shared.events import EventRow, record, record_many
from shared.events.recording import content_sha256, plain
from shared.http.batches import Outcome, Row, RowResult
from shared.rules import Check, Refused, failed_codes, require

# One statement and one parameter, however many rows: an insert of values has a limit of 32,767.
INSERT_MANY: Final = text(
    """
    INSERT INTO fact (
        id, center_id, kind, chain_stage, occurred_on, recorded_at, external_id,
        submitted_by_org_id, submitted_by_person_id, payload, content_sha256, evidence,
        is_member, is_sme, region_code
    )
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (
        id uuid, center_id uuid, kind text, chain_stage text, occurred_on date,
        recorded_at timestamptz, external_id text, submitted_by_org_id uuid,
        submitted_by_person_id uuid, payload jsonb, content_sha256 text, evidence uuid[],
        is_member boolean, is_sme boolean, region_code text
    )
    ON CONFLICT (center_id, submitted_by_org_id, external_id) WHERE supersedes_id IS NULL
    DO NOTHING
    RETURNING id
    """
)


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


async def post(
    session: AsyncSession, actor: Actor, fact: NewFact, today: date
) -> tuple[Fact, Outcome]:
    """Record a fact; the same reference with the same content gives the first one (X05).

    Raises `Refused`: NOT_FOUND, EXTERNAL_ID_MISMATCH, or what is wrong with its content.
    """
    [result] = await record_facts(session, actor, [Row(0, fact)], today)
    if result.id is None:
        raise Refused(result.checks)
    return await queries.fact_by_id(session, result.id), result.outcome


async def record_facts(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[NewFact]], today: date
) -> list[RowResult]:
    """Record a set of facts: each row judged as if it came alone, good ones written by set."""
    judged = await _judge(session, actor, rows, today)
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
) -> Fact:
    """Record a fact that supersedes another one and says why (X07).

    Raises `Refused`: FORBIDDEN_SCOPE, FACT_SUPERSEDED, or what is wrong with its content.
    """
    first = kept.fact
    own = await queries.standings(session, actor.org_id, [first.center_id])
    standing = own.get(first.center_id)
    correction = rules.correction_checks(
        first.submitted_by_org_id,
        actor.org_id,
        operates=standing is not None and standing.operates,
        superseded_by=kept.superseded_by_id,
        kinds=(first.kind, corrected.kind),
    )
    # What is wrong with a payload of another kind says nothing to the reader.
    if "FIELD_INVALID" in failed_codes(correction):
        require(correction)
    corrected = _stored_form(corrected)
    seen = await _files_of(session, actor, [corrected], also=first.evidence)
    stage = await queries.stage_of(session, first.center_id)
    require(
        [
            *correction,
            *rules.content_checks(corrected, seen, today),
            *rules.writing_checks(stage),
        ]
    )
    [derived] = await queries.derived(session, [corrected])
    values = _values(session, actor, corrected, derived, new_id())
    fact = Fact(**values, supersedes_id=first.id, reason=reason)
    fact.submitted_by_org_id = first.submitted_by_org_id
    session.add(fact)
    # Two corrections can pass the check together: the row of the second is refused here.
    await session.flush()
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
    session: AsyncSession, actor: Actor, rows: Sequence[Row[NewFact]], today: date
) -> list[Judged]:
    facts = [_stored_form(row.value) for row in rows]
    standings = await queries.standings(session, actor.org_id, {fact.center_id for fact in facts})
    seen = await _files_of(session, actor, facts)
    derived = await queries.derived(session, facts)
    return [
        Judged(row.index, fact, _failed(fact, standings.get(fact.center_id), seen, today), side)
        for row, fact, side in zip(rows, facts, derived, strict=True)
    ]


def _failed(
    fact: NewFact, standing: rules.Standing | None, seen: set[UUID], today: date
) -> tuple[Check, ...]:
    checks = rules.standing_checks(standing, fact.occurred_on, today)
    if standing is not None:
        checks += rules.content_checks(fact, seen, today)
    return tuple(check for check in checks if check.refuses)


async def _files_of(
    session: AsyncSession, actor: Actor, facts: Sequence[NewFact], also: Sequence[UUID] = ()
) -> set[UUID]:
    """Tell which of the named files the actor may name: its own, and those named before."""
    named = {file_id for fact in facts for file_id in fact.evidence}
    return set(await files.files_seen(session, actor, named)) | set(also)


async def _write(session: AsyncSession, actor: Actor, rows: Sequence[Judged]) -> list[RowResult]:
    if not rows:
        return []
    values = [_values(session, actor, row.fact, row.derived, new_id()) for row in rows]
    document = json.dumps([plain(value) for value in values], ensure_ascii=False)
    written = set((await session.scalars(INSERT_MANY, {"rows": document})).all())
    await record_many(
        session,
        actor,
        "fact.recorded",
        [
            EventRow(
                value["id"],
                value["center_id"],
                {"kind": value["kind"], "occurred_on": value["occurred_on"]},
            )
            for value in values
            if value["id"] in written
        ],
    )
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


def _repeated(row: Judged, kept: tuple[UUID, str], sent_sha256: str) -> RowResult:
    kept_id, kept_sha256 = kept
    failed = [check for check in rules.repeat_checks(kept_sha256, sent_sha256) if check.refuses]
    if failed:
        return RowResult(row.index, Outcome.FAILED, checks=tuple(failed))
    return RowResult(row.index, Outcome.DUPLICATE, id=kept_id)


def _stored_form(fact: NewFact) -> NewFact:
    """Give the fact with its social credit codes in upper case."""
    codes = {
        name: uscc.normalized(code)
        for name in rules.USCC_FIELDS
        if (code := fact.payload.get(name)) is not None
    }
    return replace(fact, payload={**fact.payload, **codes})


def _values(
    session: AsyncSession, actor: Actor, fact: NewFact, derived: Derived, fact_id: UUID
) -> dict[str, Any]:
    clock: Clock = session.info["clock"]
    recorded_at: datetime = clock.now()
    content = {
        "kind": fact.kind,
        "occurred_on": fact.occurred_on,
        "chain_stage": fact.stage,
        "payload": fact.payload,
        "evidence": sorted(str(file_id) for file_id in fact.evidence),
    }
    return {
        "id": fact_id,
        "center_id": fact.center_id,
        "kind": fact.kind,
        "chain_stage": fact.stage,
        "occurred_on": fact.occurred_on,
        "recorded_at": recorded_at,
        "external_id": fact.external_id,
        "submitted_by_org_id": actor.org_id,
        "submitted_by_person_id": actor.person_id,
        "payload": dict(fact.payload),
        "content_sha256": content_sha256(content),
        "evidence": list(fact.evidence),
        "is_member": derived.is_member,
        "is_sme": derived.is_sme,
        "region_code": derived.region_code,
    }
