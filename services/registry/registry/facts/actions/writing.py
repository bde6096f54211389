"""Writing a set of facts: the hot path of batches, and of a single posting as a set of one.

However many rows a set has, three statements are its own: one that writes facts, events, what waits
for a position and audit rows (in this order, each from the one before, so that a fact that is not
written is not told), one that finds the first postings of references used before, where there are
any, and what keeps the rows' results (`shared.http.batches.working`). Beside them stand the
look-ups of the rules, some eight for each set (`recording`). What depends on the row alone, its
JSON and its hash, is made before the transaction, in the thread that reads the rows (`sent`).

The planner knows no length of an array: nothing here joins two parts, which it would compare pair
by pair. What was not written is told apart in Python.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import queries, rules
from registry.facts.rules import CONFIDENTIAL, Derived, NewFact
from registry.facts.tables import Fact
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events.recording import TELL, content_sha256
from shared.events.resources import made_part
from shared.http.batches import Outcome, RowResult
from shared.rules import Check

# An array per column: an insert of values has a limit of 32,767 parameters. Evidence goes as
# PostgreSQL writes an array, since rows name different numbers. An event only names its fact, which
# stays as it is; of a confidential one it does not even say where it is.
WRITE: Final = text(
    f"""
    WITH written AS (
        INSERT INTO fact (
            id, center_id, kind, chain_stage, occurred_on, recorded_at, external_id,
            submitted_by_org_id, submitted_by_person_id, payload, content_sha256, evidence,
            is_member, is_sme, region_code
        )
        SELECT id, center_id, kind, chain_stage, occurred_on, :at, external_id,
               :org_id, :person_id, CAST(payload AS jsonb), content_sha256,
               CAST(evidence AS uuid[]), is_member, is_sme, region_code
          FROM unnest(
            CAST(:id AS uuid[]), CAST(:center_id AS uuid[]), CAST(:kind AS text[]),
            CAST(:chain_stage AS text[]), CAST(:occurred_on AS date[]),
            CAST(:external_id AS text[]), CAST(:payload AS text[]),
            CAST(:content_sha256 AS text[]), CAST(:evidence AS text[]),
            CAST(:is_member AS boolean[]), CAST(:is_sme AS boolean[]), CAST(:region_code AS text[])
          ) AS row (
            id, center_id, kind, chain_stage, occurred_on, external_id, payload, content_sha256,
            evidence, is_member, is_sme, region_code
          )
        ON CONFLICT (center_id, submitted_by_org_id, external_id) WHERE supersedes_id IS NULL
        DO NOTHING
        RETURNING id, center_id, kind, occurred_on, content_sha256,
                  kind = ANY (CAST(:confidential AS text[])) AS withheld
    ), named AS MATERIALIZED (
        SELECT uuidv7() AS event_id, uuidv7() AS audit_id, id AS subject_id,
               CASE WHEN withheld THEN 'confidential_fact.recorded' ELSE 'fact.recorded' END
               AS type,
               CASE WHEN NOT withheld THEN center_id END AS center_id,
               CASE WHEN withheld THEN CAST(:hidden AS jsonb)
               ELSE CAST(:common AS jsonb) || jsonb_build_object(
                   'center_id', center_id, 'kind', kind, 'occurred_on', occurred_on
               ) END AS data,
               CAST(NULL AS text) AS before_sha256, CAST(NULL AS text) AS reason,
               CASE WHEN withheld THEN CAST(:hidden_sha256 AS text) ELSE content_sha256 END
               AS after_sha256
          FROM written
    ), {TELL}
    SELECT array_agg(id) FROM written
    """  # noqa: S608 - a constant of ours
)
# Made once: `json.dumps` with choices of one's own makes an encoder for each call.
CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Sent:
    """A fact in its stored form, its payload as JSON, and the hash of all that it says."""

    fact: NewFact
    payload: str
    content_sha256: str
    # What refuses it whatever the register holds, as judged on a day; of a single one, not yet.
    refused: tuple[Check, ...] = ()
    judged_on: date | None = None

    def refused_on(self, today: date) -> tuple[Check, ...]:
        """Give what refuses it on a day, judged anew where it was read on another one."""
        return self.refused if self.judged_on == today else _refused(self.fact, today)


@dataclass(frozen=True, slots=True)
class Judged:
    """A fact of a set with its verdict, and what the register says of its other side."""

    index: int
    sent: Sent
    checks: tuple[Check, ...]
    derived: Derived

    @property
    def reference(self) -> tuple[UUID, str]:
        """Give what makes posting again safe."""
        return self.sent.fact.center_id, self.sent.fact.external_id


def sent(fact: NewFact, today: date | None = None) -> Sent:
    """Bring a fact into its stored form; the payload of a body is plain already.

    With a day it is judged as well, by all that depends on it alone.
    """
    fact = fact.stored_form()
    payload = CANONICAL.encode(fact.payload)
    stage = "null" if fact.stage is None else f'"{fact.stage.value}"'
    evidence = ",".join(f'"{file_id}"' for file_id in sorted(map(str, fact.evidence)))
    # The canonical form of the whole, by hand, since its greater part is written already.
    content = (
        f'{{"chain_stage":{stage},"evidence":[{evidence}],"kind":"{fact.kind.value}",'
        f'"occurred_on":"{fact.occurred_on.isoformat()}","payload":{payload}}}'
    )
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    refused = () if today is None else _refused(fact, today)
    return Sent(fact, payload, sha256, refused, today)


def _refused(fact: NewFact, today: date) -> tuple[Check, ...]:
    return tuple([check for check in rules.own_checks(fact, today) if check.refuses])


async def write(session: AsyncSession, actor: Actor, rows: Sequence[Judged]) -> list[RowResult]:
    """Write facts that were found good, and tell of them; of one that is there, give the first."""
    if not rows:
        return []
    ids = [new_id() for _ in rows]
    written = set(await session.scalar(WRITE, _values(session, actor, rows, ids)) or ())
    if len(written) == len(rows):
        return [
            RowResult(row.index, Outcome.CREATED, id=fact_id)
            for row, fact_id in zip(rows, ids, strict=True)
        ]
    references = {
        row.reference for row, fact_id in zip(rows, ids, strict=True) if fact_id not in written
    }
    kept = await queries.first_postings(session, actor.org_id, references)
    return [
        RowResult(row.index, Outcome.CREATED, id=fact_id)
        if fact_id in written
        else repeated(row, kept[row.reference])
        for row, fact_id in zip(rows, ids, strict=True)
    ]


def _values(
    session: AsyncSession, actor: Actor, rows: Sequence[Judged], ids: Sequence[UUID]
) -> dict[str, Any]:
    clock: Clock = session.info["clock"]
    session.info["recorder"] = actor
    facts = [row.sent.fact for row in rows]
    hidden = {"person_id": str(actor.person_id)}
    return {
        **_told(clock.now(), actor),
        "confidential": sorted(kind.value for kind in CONFIDENTIAL),
        "hidden": CANONICAL.encode(hidden),
        "hidden_sha256": content_sha256(hidden),
        "common": CANONICAL.encode({**hidden, "resource": made_part(Fact, {})}),
        "id": ids,
        "center_id": [fact.center_id for fact in facts],
        "kind": [fact.kind for fact in facts],
        "chain_stage": [fact.stage for fact in facts],
        "occurred_on": [fact.occurred_on for fact in facts],
        "external_id": [fact.external_id for fact in facts],
        "payload": [row.sent.payload for row in rows],
        "content_sha256": [row.sent.content_sha256 for row in rows],
        "evidence": [
            f"{{{','.join(map(str, fact.evidence))}}}" if fact.evidence else "{}" for fact in facts
        ],
        "is_member": [row.derived.is_member for row in rows],
        "is_sme": [row.derived.is_sme for row in rows],
        "region_code": [row.derived.region_code for row in rows],
    }


def _told(at: datetime, actor: Actor) -> dict[str, Any]:
    return {
        "at": at,
        "org_id": actor.org_id,
        "person_id": actor.person_id,
        "client_id": actor.client_id,
    }


def repeated(row: Judged, kept: tuple[UUID, str]) -> RowResult:
    """Tell of a reference that was used before whether it came with the same content (X05)."""
    kept_id, kept_sha256 = kept
    failed = [
        check
        for check in rules.repeat_checks(kept_sha256, row.sent.content_sha256)
        if check.refuses
    ]
    if failed:
        return RowResult(row.index, Outcome.FAILED, checks=tuple(failed))
    return RowResult(row.index, Outcome.DUPLICATE, id=kept_id)
