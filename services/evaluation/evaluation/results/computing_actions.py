"""Computing results: a preview, one case for good, or as many as go into a transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.conflicts import queries as seat_conflicts
from evaluation.conflicts import rules as conflict_rules
from evaluation.cycles import actions as cycle_actions
from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.panels import queries as panels
from evaluation.panels.rules import outsider_checks
from evaluation.results import amending_queries as amending
from evaluation.results import leaf_rules, queries, replay_rules, rules
from evaluation.results.tables import EvaluationResult, ExactResult, FactSnapshot, ResultInput
from evaluation.schemes import queries as schemes
from evaluation.schemes.rules import Scheme, scheme_from
from evaluation.schemes.weight_rules import fitting_checks, fractions, reweighed
from evaluation.sheets import queries as sheets
from evaluation.sheets.rules import SheetScores, enough_checks, filled_checks, handed_in_checks
from shared.auth import Actor
from shared.directory import policy_on
from shared.events import record
from shared.rules import Check, Policy, Refused, found, require


@dataclass(frozen=True, slots=True)
class Computation:
    """What was computed, for a preview or for good. `result` is the row, where one was kept."""

    case: EvaluationCase
    outcome: rules.Outcome
    snapshot: FactSnapshot
    inputs: leaf_rules.Inputs
    # What counts for reopened leaves alone, oldest first.
    contents: Sequence[bytes] = ()
    result: EvaluationResult | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a case is computed from, as it stands in the database."""

    snapshot: FactSnapshot | None
    scheme: Scheme
    scores: Sequence[SheetScores]
    # What the panel of the present round waits for.
    unfinished: sheets.Unfinished
    published: EvaluationResult | None


async def preview(
    session: AsyncSession, actor: Actor, case_id: UUID, profile: str | None, today: date
) -> Computation:
    """Compute without keeping anything, under the case's profile or another one (A132).

    Raises `Refused`: NOT_FOUND, SNAPSHOT_MISSING, SNAPSHOT_CHANGED, SHEETS_TOO_FEW, SHEETS_WAITING,
    PANEL_INCOMPLETE, SHEET_INCOMPLETE, LEAF_WAITING, VALUE_NEGATIVE, or WEIGHTS_NOT_100 for another
    profile.
    """
    case = await cycles.case(session, actor, case_id)
    require(outsider_checks(sits=await panels.sits(session, actor, case.id)))
    policy = await policy_on(session, today)
    loaded = await _loaded(session, [case])
    return await _computed(session, case, loaded[case.id], profile, policy, [])


async def compute(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    profile: str | None,
    now: datetime,
    today: date,
) -> Computation:
    """Compute a case's result; the same inputs give the result that is there already (X13).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, SCHEME_FROZEN for another profile,
    PANEL_CONFLICT, LEAF_NOT_REOPENED, and as `preview`.
    """
    case = await cycles.visible_case_for_update(session, actor, case_id)
    computed = (await compute_all(session, actor, [case], profile, now, today))[case.id]
    if isinstance(computed, Refused):
        raise computed
    return computed


async def compute_all(
    session: AsyncSession,
    actor: Actor,
    cases: Sequence[EvaluationCase],
    profile: str | None,
    now: datetime,
    today: date,
) -> dict[UUID, Computation | Refused]:
    """Compute and keep the results of locked cases, with as many statements as for a single one.

    A case that is refused keeps nothing, and the others are kept all the same.
    """
    ids = [case.id for case in cases]
    policy = await policy_on(session, today)
    people = await duty_queries.people_of_all(session, SubjectType.CASE, ids)
    conflicts = await seat_conflicts.conflicts_by_subject(session, SubjectType.CASE, ids, today)
    loaded = await _loaded(session, cases)
    latest = await queries.latest_results(session, ids)
    told: dict[UUID, Computation | Refused] = {}
    for case in cases:
        own = loaded[case.id]
        checks = [
            *separation_checks(people.get(case.id, ()), actor.person_id, Capacity.HANDLER),
            *conflict_rules.panel_checks(conflicts.get(case.id, {})),
            *rules.profile_checks(profile, case.profile),
            *cycle_rules.case_checks(case.state, cycle_rules.CaseEvent.COMPUTE),
        ]
        try:
            computed = await _computed(session, case, own, None, policy, checks, own.unfinished)
            require(await _only_reopened(session, case, own.published, computed.outcome))
        except Refused as refused:
            told[case.id] = refused
            continue
        cycle_actions.move(case, cycle_rules.CaseEvent.COMPUTE)
        told[case.id] = _versioned(computed, latest.get(case.id), now)
    good = [one for one in told.values() if isinstance(one, Computation)]
    entered = [one.case.id for one in good]
    await duties.enter_all(session, actor, SubjectType.CASE, entered, Capacity.HANDLER)
    await _keep(session, actor, [one for one in good if one.result not in latest.values()])
    return told


def _versioned(computed: Computation, last: EvaluationResult | None, now: datetime) -> Computation:
    """Give a computation with its row: the one that is there if it says the same, or a new one."""
    if last is not None and last.result_hash == computed.outcome.result_hash:
        return replace(computed, result=last)
    version = 1 if last is None else last.version + 1
    return replace(computed, result=_result(computed.case, computed, version, now))


async def _keep(session: AsyncSession, actor: Actor, fresh: Sequence[Computation]) -> None:
    """Keep new results with what each was computed from; their rows go in together."""
    kept = [(one, found(one.result)) for one in fresh]
    session.add_all([result for _, result in kept])
    await session.flush()
    for one, result in kept:
        # The facts of a reopening are kept with it; new sheets and corrections go with the result.
        amended = [content for content in one.contents if "facts" not in json.loads(content)]
        inputs = replay_rules.inputs_document(one.inputs.sheets, amended)
        session.add(ResultInput(result_id=result.id, content=inputs))
        session.add(ExactResult(result_id=result.id, content=dict(one.outcome.exact)))
        # No centre and no figure: a centre learns its result when it is published.
        record(
            session, actor, "result.computed", result.id, case_id=one.case.id,
            capacity=Capacity.HANDLER.value, version=result.version,
            result_hash=result.result_hash,
        )  # fmt: skip


async def _only_reopened(
    session: AsyncSession,
    case: EvaluationCase,
    standing: EvaluationResult | None,
    outcome: rules.Outcome,
) -> list[Check]:
    """Check a further version against the published one, where there is one."""
    if standing is None:
        return []
    reopenings = await queries.reopenings_of(session, case.id)
    codes = [code for one in reopenings if one.result_id == standing.id for code in one.codes]
    after = {leaf["code"]: leaf for leaf in outcome.document["leaves"]}
    return rules.reopened_checks(rules.leaves_of(standing.document), after, codes)


async def _loaded(session: AsyncSession, cases: Sequence[EvaluationCase]) -> dict[UUID, Loaded]:
    ids = [case.id for case in cases]
    snapshots = await queries.snapshots_of(session, ids)
    scores = await sheets.first_scores(session, SubjectType.CASE, ids)
    rounds = {case.id: cycle_rules.round_of(case.reopenings) for case in cases}
    unfinished = await sheets.unfinished(session, SubjectType.CASE, rounds)
    published = await queries.published_of(session, ids)
    read = await schemes.schemes_of(session, {case.scheme_id for case in cases})
    known = {scheme_id: scheme_from(scheme.content) for scheme_id, scheme in read.items()}
    return {
        case.id: Loaded(
            snapshots.get(case.id), known[case.scheme_id], scores.get(case.id, []),
            unfinished.get(case.id, sheets.FINISHED), published.get(case.id),
        )
        for case in cases
    }  # fmt: skip


async def _computed(
    session: AsyncSession,
    case: EvaluationCase,
    loaded: Loaded,
    profile: str | None,
    policy: Policy,
    checks: Sequence[Check],
    unfinished: sheets.Unfinished = sheets.FINISHED,
) -> Computation:
    """Compute what was loaded; a first version needs no further statement. Raises `Refused`."""
    require([*rules.snapshot_checks(has_snapshot=loaded.snapshot is not None), *checks])
    kept = found(loaded.snapshot)
    require(rules.integrity_checks(kept.hash, rules.content_hash(kept.content)))
    if loaded.published is None:
        inputs = _first_inputs(case, loaded, kept, policy)
        contents: list[bytes] = []
        counted = len(inputs.sheets)
    else:
        inputs, contents, counted = await _further_inputs(session, case, loaded, loaded.published)
    inputs = await _under(session, case, inputs, profile, loaded.scheme)
    # A centre without a report is unqualified: no expert need be asked about it.
    needed = leaf_rules.RatingGate.REPORT_MISSING not in inputs.gates or bool(counted)
    few = enough_checks(policy, counted) if needed else []
    if needed:
        few += [*filled_checks(unfinished.vacant), *handed_in_checks(unfinished.waiting)]
    require([*few, *rules.input_checks(inputs)])
    return Computation(case, rules.compute(inputs), kept, inputs, contents)


def _first_inputs(
    case: EvaluationCase, loaded: Loaded, snapshot: FactSnapshot, policy: Policy
) -> leaf_rules.Inputs:
    """Give what a case that was never published is computed from: all its sheets that count."""
    terms = {
        "profile": case.profile, "weights": case.weights,
        "indicator_weights": case.indicator_weights,
        "trim_from": int(policy.value("A121", "trim_from")),
    }  # fmt: skip
    kept = [leaf_rules.Sheet(str(one.sheet_id), one.scores) for one in loaded.scores]
    return replay_rules.inputs_under(snapshot.content, snapshot.hash, loaded.scheme, terms, kept)


async def _further_inputs(
    session: AsyncSession, case: EvaluationCase, loaded: Loaded, result: EvaluationResult
) -> tuple[leaf_rules.Inputs, list[bytes], int]:
    """Give what a further version is computed from: the published one's, and what is reopened.

    So that nothing else moves, whatever became of a sheet or of the policy since. Besides, the
    bytes that count for reopened leaves, and how many sheets were written last. Raises `Refused`:
    LEAF_WAITING or SNAPSHOT_CHANGED.
    """
    snapshot = found(loaded.snapshot)
    terms = json.loads(result.document)
    kept = found(await amending.kept_inputs(session, result))
    anew = await amending.reopened_since(session, case, result)
    require(rules.waiting_checks(anew.waiting))
    contents = [*await amending.contents_behind(session, result, kept), *anew.contents]
    inputs = replay_rules.inputs_under(
        snapshot.content, snapshot.hash, loaded.scheme, terms, kept.sheets
    )
    written = len(kept.sheets) if anew.scored is None else anew.scored
    return replace(inputs, amendments=amending.amendments(contents)), contents, written


async def _under(
    session: AsyncSession,
    case: EvaluationCase,
    inputs: leaf_rules.Inputs,
    profile: str | None,
    scheme: Scheme,
) -> leaf_rules.Inputs:
    """Weigh by another profile.

    Raises `Refused`: NOT_FOUND, or WEIGHTS_NOT_100 for what it lacks of the scheme.
    """
    if profile is None or profile == case.profile:
        return inputs
    other = await schemes.profile_named(session, profile)
    weights, indicators = fractions(other.weights), fractions(other.indicator_weights)
    require(fitting_checks(scheme, weights, indicators))
    return replace(
        inputs,
        scheme=reweighed(scheme, weights, indicators),
        profile=other.code,
        weights=weights,
        indicator_weights=indicators,
    )


async def comments_of(session: AsyncSession, result: EvaluationResult) -> dict[str, list[str]]:
    """Gather what the experts behind a result said, by leaf; the caller may see the result."""
    kept = await amending.kept_inputs(session, result)
    if kept is None:
        # A void version was decided: the words are those of the sheets that it took away.
        scores = await sheets.valid_scores(session, SubjectType.CASE, result.case_id)
        return await _comments(
            session, [leaf_rules.Sheet(str(one.sheet_id), one.scores) for one in scores]
        )
    contents = await amending.contents_behind(session, result, kept)
    counting = leaf_rules.counting(kept.sheets, amending.amendments(contents))
    return await _comments(session, counting)


async def said_of(session: AsyncSession, computed: Computation) -> dict[str, list[str]]:
    """Gather what the experts behind a computation said, by leaf."""
    return await _comments(session, computed.inputs.counting_sheets())


async def _comments(
    session: AsyncSession, counting: Sequence[leaf_rules.Sheet]
) -> dict[str, list[str]]:
    """Gather what experts said by leaf, in an order that does not tell whose words they are."""
    counts = {(sheet.sheet_id, code) for sheet in counting for code in sheet.scores}
    ids = sorted({UUID(sheet.sheet_id) for sheet in counting})
    gathered: dict[str, list[str]] = {}
    for item in await sheets.items_of(session, ids):
        if item.comment and (str(item.sheet_id), item.indicator) in counts:
            gathered.setdefault(item.indicator, []).append(item.comment)
    return {code: sorted(comments) for code, comments in gathered.items()}


def _result(
    case: EvaluationCase, computed: Computation, version: int, now: datetime
) -> EvaluationResult:
    document = computed.outcome.document
    return EvaluationResult(
        case_id=case.id,
        center_id=case.center_id,
        year=case.year,
        version=version,
        snapshot_id=computed.snapshot.id,
        document=computed.outcome.content,
        result_hash=computed.outcome.result_hash,
        sheets_hash=amending.scoring_hash(document["sheets_hash"], computed.contents),
        total=Decimal(document["total"]),
        rating=computed.outcome.rating,
        near_boundary=document["near_boundary"],
        hinges_on_sheet=document["hinges_on_sheet"],
        computed_at=now,
    )
