"""Computing what is supposed. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.cycles.tables import EvaluationCase
from evaluation.laboratory import preview_rules, queries, trial_rules, what_if_rules
from evaluation.laboratory.what_if_rules import Supposition
from evaluation.replays import actions as replays
from evaluation.results import amending_queries as amending
from evaluation.results import computing_actions as computing
from evaluation.results import queries as results
from evaluation.results import replay_rules, rules
from evaluation.results.leaf_rules import Inputs
from evaluation.results.schemas import document_of
from evaluation.robustness import actions as robustness
from evaluation.robustness.rules import Stance
from evaluation.schemes import queries as schemes
from evaluation.schemes.rules import FactQuery, scheme_from
from evaluation.schemes.weight_rules import reweighed
from shared.auth import Actor
from shared.rules import found, require


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A result as it stands, or as it would be kept now, and as it would be."""

    case: EvaluationCase
    version: int | None
    before: rules.Outcome
    after: rules.Outcome
    # What the supposed result rests on in turn.
    stance: Stance


async def what_if(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    supposed: Supposition,
    version: int | None,
    today: date,
) -> WhatIf:
    """Compute a case as supposed, beside its kept result or what would be kept now (A126, A132).

    Raises `Refused`: NOT_FOUND, WEIGHTS_NOT_100, SCHEME_INVALID, FIELD_INVALID, VALUE_NEGATIVE,
    RESULT_VOID, RESULT_DIFFERS, SNAPSHOT_CHANGED, and without a result as `computing.preview`.
    """
    case, kept, inputs, before = await _original(session, actor, case_id, version, today)
    require(what_if_rules.supposition_checks(supposed, inputs.scheme))
    other = what_if_rules.supposing(inputs, supposed)
    after = rules.compute(other)
    return WhatIf(case, kept, before, after, robustness.of_outcome(case.id, after, other))


async def _original(
    session: AsyncSession, actor: Actor, case_id: UUID, version: int | None, today: date
) -> tuple[EvaluationCase, int | None, Inputs, rules.Outcome]:
    """Give the kept result that the actor may see; an official may ask before there is one."""
    official = actor.has("official", "service")
    if official and version is None and await results.latest_result(session, case_id) is None:
        previewed = await computing.preview(session, actor, case_id, None, today)
        return previewed.case, None, previewed.inputs, previewed.outcome
    stored, outcome = await replays.recompute(session, actor, case_id, version)
    return stored.case, stored.result.version, stored.inputs(), outcome


async def query_of(session: AsyncSession, actor: Actor, scheme_id: UUID, code: str) -> FactQuery:
    """Give the query behind a leaf of a scheme, a draft too.

    Raises `Refused`: NOT_FOUND, or FIELD_INVALID for a leaf that experts score.
    """
    row = await schemes.scheme(session, actor, scheme_id)
    leaf = found(preview_rules.leaf_named(scheme_from(row.content), code))
    require(preview_rules.preview_checks(leaf))
    return found(leaf.query)


async def trials(
    session: AsyncSession, actor: Actor, scheme_id: UUID, cycle_id: UUID, rows: Sequence[Any]
) -> list[trial_rules.Trial]:
    """Set judged cases of a cycle before a draft, each as it was judged (A130).

    Raises `Refused`: NOT_FOUND, or SNAPSHOT_CHANGED where stored facts were touched.
    """
    draft = scheme_from((await schemes.scheme(session, actor, scheme_id)).content)
    cycle = await cycles.cycle(session, cycle_id)
    content = (await schemes.scheme_by_id(session, cycle.scheme_id)).content
    old = scheme_from(content)
    reopened = await queries.reopenings_of(session, [row[0].id for row in rows])
    found = []
    for case, snapshot, result, kept, _ in rows:
        require(rules.integrity_checks(snapshot.hash, rules.content_hash(snapshot.content)))
        document = document_of(result.document)
        stored = replay_rules.kept_inputs(kept.content)
        inputs = replay_rules.inputs_of(
            snapshot.content, snapshot.hash, content, document, stored.sheets
        )
        named = amending.named(document, reopened.get(case.id, []), stored)
        weights = trial_rules.weights_for(inputs.weights, old, draft)
        found.append(
            trial_rules.Trial(
                replace(inputs, amendments=amending.amendments(named)),
                reweighed(draft, weights, inputs.indicator_weights),
                weights,
            )
        )
    return found
