"""Freezing facts, computing, reading again, reviewing and publishing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.conflicts import queries as seat_conflicts
from evaluation.conflicts import rules as conflict_rules
from evaluation.cycles import actions as cycle_actions
from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.clients import Gathered, instant_text
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.panels import queries as panels
from evaluation.reports import actions as reports
from evaluation.reports import queries as report_queries
from evaluation.reports import rules as report_rules
from evaluation.reports.schemas import accounts_of
from evaluation.reports.tables import AnnualReport
from evaluation.results import amending_queries as amending
from evaluation.results import leaf_rules, queries, replay_rules, rules
from evaluation.results import standing_queries as standing
from evaluation.results.tables import (
    EvaluationResult,
    ExactResult,
    FactSnapshot,
    ResultInput,
    ResultPublication,
    ResultReview,
    SecondReading,
)
from evaluation.schemes import queries as schemes
from evaluation.schemes.rules import canonical
from evaluation.sheets import queries as sheets
from evaluation.sheets.rules import enough_checks
from shared.auth import Actor
from shared.clock import Clock
from shared.directory import policy_on
from shared.events import record
from shared.rules import Check, Policy, found, require


@dataclass(frozen=True, slots=True)
class Computation:
    """What was computed, for a preview or for good. `result` is the row, where one was kept."""

    case: EvaluationCase
    outcome: rules.Outcome
    snapshot: FactSnapshot
    comments: Mapping[str, list[str]]
    inputs: leaf_rules.Inputs
    # What counts for reopened leaves alone, oldest first.
    contents: Sequence[bytes] = ()
    result: EvaluationResult | None = None


# --- the snapshot ---------------------------------------------------------------------------


async def freeze(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    gathered: Gathered,
    now: datetime,
    today: date,
) -> FactSnapshot:
    """Freeze what is known of a case's year: facts, plan and report, hashed (X13).

    A report that was sent in is accepted by it; one that is missing is frozen as missing.
    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT or REPORT_MISSING.
    """
    case = await cycles.visible_case_for_update(session, actor, case_id)
    cycle = await cycles.cycle(session, case.cycle_id)
    report = await report_queries.report_for_update(session, case_id)
    due = report_queries.due_of(cycle, report)
    state = None if report is None else report.state
    require(
        [
            *await _separation(session, case, actor, Capacity.HANDLER),
            *cycle_rules.case_checks(case.state, cycle_rules.CaseEvent.FREEZE),
            *report_rules.freezing_checks(state, due, today),
        ]
    )
    report = await reports.lock(session, actor, case, now)
    snapshot = _snapshot(case, cycle, report, gathered, now)
    session.add(snapshot)
    cycle_actions.move(case, cycle_rules.CaseEvent.FREEZE)
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.HANDLER)
    record(
        session, actor, "snapshot.frozen", snapshot.id, center_id=case.center_id, case_id=case.id,
        capacity=Capacity.HANDLER.value, hash=snapshot.hash, year=case.year,
    )  # fmt: skip
    if await panels.standing_panel(session, SubjectType.CASE, case.id) is not None:
        await cycle_actions.begin_scoring(session, actor, case.id)
    return snapshot


def _snapshot(
    case: EvaluationCase,
    cycle: EvaluationCycle,
    report: AnnualReport | None,
    gathered: Gathered,
    now: datetime,
) -> FactSnapshot:
    content = canonical(
        {
            "format": rules.FORMAT,
            "case_id": str(case.id),
            "center_id": str(case.center_id),
            "year": case.year,
            "period": {
                "from_on": cycle.period_from.isoformat(),
                "until_on": cycle.period_until.isoformat(),
            },
            "cutoff_at": instant_text(gathered.as_of),
            "positions": dict(gathered.positions),
            "plan": dict(gathered.plan),
            "report": _report_content(cycle, report),
            "facts": {
                "registry": [dict(fact) for fact in gathered.registry],
                "ip_ledger": [dict(fact) for fact in gathered.ip_ledger],
            },
        }
    )
    version = gathered.plan["plan_version"]
    return FactSnapshot(
        case_id=case.id,
        center_id=case.center_id,
        content=content,
        hash=rules.content_hash(content),
        cutoff_at=gathered.as_of,
        registry_position=gathered.positions["registry"],
        ip_ledger_position=gathered.positions["ip_ledger"],
        registry_facts=len(gathered.registry),
        ip_ledger_facts=len(gathered.ip_ledger),
        plan_version=None if version is None else str(version),
        report_state=report_rules.ReportState.MISSING.value
        if report is None
        else report.state.value,
        taken_at=now,
    )


def _report_content(cycle: EvaluationCycle, report: AnnualReport | None) -> dict[str, Any]:
    accounts = accounts_of(report)
    if report is None or accounts is None or report.state is report_rules.ReportState.MISSING:
        return {"state": report_rules.ReportState.MISSING.value, "lateness_days": 0, "fact": None}
    fact = report_rules.as_fact(
        str(report.id), cycle.period_until, accounts.model_dump(mode="json")
    )
    return {
        "state": report.state.value,
        "lateness_days": report.lateness_days,
        "fact": fact,
    }


# --- the computation ------------------------------------------------------------------------


async def preview(
    session: AsyncSession, actor: Actor, case_id: UUID, profile: str | None, today: date
) -> Computation:
    """Compute without keeping anything, under the case's profile or another one (A132).

    Raises `Refused`: NOT_FOUND, SNAPSHOT_MISSING, SNAPSHOT_CHANGED, SHEETS_TOO_FEW,
    SHEET_INCOMPLETE or VALUE_NEGATIVE.
    """
    case = await cycles.case(session, actor, case_id)
    return await _computed(session, case, profile, today, [])


async def compute(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    profile: str | None,
    now: datetime,
    today: date,
) -> Computation:
    """Compute a case's result; the same inputs give the result that is there already (X13).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, SCHEME_FROZEN for another profile, and as `preview`.
    """
    case = await cycles.visible_case_for_update(session, actor, case_id)
    conflicts = await seat_conflicts.panel_conflicts(session, SubjectType.CASE, case.id, today)
    checks = [
        *await _separation(session, case, actor, Capacity.HANDLER),
        *conflict_rules.panel_checks(conflicts),
        *rules.profile_checks(profile, case.profile),
        *cycle_rules.case_checks(case.state, cycle_rules.CaseEvent.COMPUTE),
    ]
    computed = await _computed(session, case, None, today, checks)
    require(await _only_reopened(session, case, computed.outcome))
    cycle_actions.move(case, cycle_rules.CaseEvent.COMPUTE)
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.HANDLER)
    last = await queries.latest_result(session, case.id)
    if last is not None and last.result_hash == computed.outcome.result_hash:
        return replace(computed, result=last)
    result = _result(case, computed, 1 if last is None else last.version + 1, now)
    session.add(result)
    await session.flush()
    # The facts of a reopening are kept with it; new sheets and corrections go with the result.
    amended = [one for one in computed.contents if "facts" not in json.loads(one)]
    kept = replay_rules.inputs_document(computed.inputs.sheets, amended)
    session.add(ResultInput(result_id=result.id, content=kept))
    session.add(ExactResult(result_id=result.id, content=dict(computed.outcome.exact)))
    # No centre and no figure: a centre learns its result when it is published.
    record(
        session, actor, "result.computed", result.id, case_id=case.id,
        capacity=Capacity.HANDLER.value, version=result.version, result_hash=result.result_hash,
    )  # fmt: skip
    return replace(computed, result=result)


async def _only_reopened(
    session: AsyncSession, case: EvaluationCase, outcome: rules.Outcome
) -> list[Check]:
    """Check a further version against the published one, where there is one."""
    standing = await queries.published(session, case.id)
    if standing is None:
        return []
    _, result = standing
    reopenings = await queries.reopenings_of(session, case.id)
    codes = [code for one in reopenings if one.result_id == result.id for code in one.codes]
    after = {leaf["code"]: leaf for leaf in outcome.document["leaves"]}
    return rules.reopened_checks(rules.leaves_of(result.document), after, codes)


async def _computed(
    session: AsyncSession,
    case: EvaluationCase,
    profile: str | None,
    today: date,
    checks: Sequence[Check],
) -> Computation:
    policy = await policy_on(session, today)
    snapshot = await queries.snapshot_of(session, case.id)
    require([*rules.snapshot_checks(has_snapshot=snapshot is not None), *checks])
    kept = found(snapshot)
    require(rules.integrity_checks(kept.hash, rules.content_hash(kept.content)))
    published = await queries.published(session, case.id)
    if published is None:
        inputs = await _first_inputs(session, case, kept, policy)
        contents: list[bytes] = []
        counted = len(inputs.sheets)
    else:
        inputs, contents, counted = await _further_inputs(session, case, kept, published[1])
    inputs = await _under(session, case, inputs, profile)
    # A centre without a report is unqualified: no expert need be asked about it.
    needed = leaf_rules.RatingGate.REPORT_MISSING not in inputs.gates or bool(counted)
    few = enough_checks(policy, counted) if needed else []
    require([*few, *rules.input_checks(inputs)])
    comments = await _comments(session, inputs.counting_sheets())
    return Computation(case, rules.compute(inputs), kept, comments, inputs, contents)


async def _first_inputs(
    session: AsyncSession, case: EvaluationCase, snapshot: FactSnapshot, policy: Policy
) -> leaf_rules.Inputs:
    """Give what a case that was never published is computed from: all its sheets that count."""
    scheme = await schemes.scheme_by_id(session, case.scheme_id)
    scores = await sheets.valid_scores(session, SubjectType.CASE, case.id)
    terms = {
        "profile": case.profile, "weights": case.weights,
        "trim_from": int(policy.value("A121", "trim_from")),
    }  # fmt: skip
    kept = [leaf_rules.Sheet(str(one.sheet_id), one.scores) for one in scores]
    return replay_rules.inputs_of(snapshot.content, snapshot.hash, scheme.content, terms, kept)


async def _further_inputs(
    session: AsyncSession, case: EvaluationCase, snapshot: FactSnapshot, result: EvaluationResult
) -> tuple[leaf_rules.Inputs, list[bytes], int]:
    """Give what a further version is computed from: the published one's, and what is reopened.

    So that nothing else moves, whatever became of a sheet or of the policy since. Besides, the
    bytes that count for reopened leaves, and how many sheets were written last.
    Raises `Refused`: LEAF_WAITING or SNAPSHOT_CHANGED.
    """
    scheme = await schemes.scheme_by_id(session, case.scheme_id)
    terms = json.loads(result.document)
    kept = found(await amending.kept_inputs(session, result))
    anew = await amending.reopened_since(session, case, result)
    require(rules.waiting_checks(anew.waiting))
    contents = [*await amending.contents_behind(session, result, kept), *anew.contents]
    inputs = replay_rules.inputs_of(
        snapshot.content, snapshot.hash, scheme.content, terms, kept.sheets
    )
    written = len(kept.sheets) if anew.scored is None else anew.scored
    return replace(inputs, amendments=amending.amendments(contents)), contents, written


async def _under(
    session: AsyncSession, case: EvaluationCase, inputs: leaf_rules.Inputs, profile: str | None
) -> leaf_rules.Inputs:
    if profile is None or profile == case.profile:
        return inputs
    other = await schemes.profile_named(session, profile)
    weights = {code: Fraction(text) for code, text in other.weights.items()}
    return replace(inputs, profile=other.code, weights=weights)


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
        document=canonical(document),
        result_hash=computed.outcome.result_hash,
        sheets_hash=amending.scoring_hash(document["sheets_hash"], computed.contents),
        total=Decimal(document["total"]),
        rating=computed.outcome.rating,
        near_boundary=document["near_boundary"],
        hinges_on_sheet=document["hinges_on_sheet"],
        computed_at=now,
    )


# --- second reading, review, publication ----------------------------------------------------


async def read_again(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    conclusion: rules.ReadingConclusion,
    reason: str,
    now: datetime,
) -> SecondReading:
    """Record a second look at a computed result, by an official with no other part in it (A126).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    case, result = await _decided(
        session, actor, case_id, Capacity.SECOND_READER, cycle_rules.CaseEvent.READ_AGAIN, []
    )
    reading = SecondReading(
        result_id=result.id,
        person_id=actor.person_id,
        conclusion=conclusion,
        reason=reason,
        read_at=now,
    )
    session.add(reading)
    record(
        session, actor, "result.read_again", result.id, case_id=case.id,
        capacity=Capacity.SECOND_READER.value, conclusion=conclusion.value, reason=reason,
    )  # fmt: skip
    await session.flush()
    return reading


async def review(
    session: AsyncSession, actor: Actor, case_id: UUID, text: str | None, now: datetime
) -> tuple[EvaluationCase, EvaluationResult]:
    """Let a computed result go to publication (A126, X03); `text` goes into the audit.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, SECOND_READING_MISSING or
    STALE_INPUT.
    """
    event = cycle_rules.CaseEvent.REVIEW
    # The lock comes first: what was read again is what is reviewed.
    case = await cycles.visible_case_for_update(session, actor, case_id)
    case, result = await _decided(
        session, actor, case_id, Capacity.REVIEWER, event,
        await standing.read_enough(session, case),
    )  # fmt: skip
    session.add(ResultReview(result_id=result.id, person_id=actor.person_id, reviewed_at=now))
    cycle_actions.move(case, event)
    record(
        session, actor, "result.reviewed", result.id, case_id=case.id,
        capacity=Capacity.REVIEWER.value, reason=text, version=result.version,
    )  # fmt: skip
    await session.flush()
    return case, result


async def publish(
    session: AsyncSession, actor: Actor, case_id: UUID, now: datetime
) -> tuple[EvaluationCase, EvaluationResult]:
    """Publish a reviewed result: by nobody who prepared, scored or reviewed it (A124, X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, SECOND_READING_MISSING or
    STALE_INPUT.
    """
    event = cycle_rules.CaseEvent.PUBLISH
    case = await cycles.visible_case_for_update(session, actor, case_id)
    # Sheets of other cases have come in since the review: one of this case may stand apart now.
    case, result = await _decided(
        session, actor, case_id, Capacity.APPROVER, event, await standing.read_enough(session, case)
    )
    session.add(
        ResultPublication(
            result_id=result.id,
            case_id=case.id,
            center_id=case.center_id,
            year=case.year,
            version=result.version,
            person_id=actor.person_id,
            published_at=now,
        )
    )
    cycle_actions.move(case, event)
    record(
        session, actor, "evaluation.published", result.id, center_id=case.center_id,
        case_id=case.id, capacity=Capacity.APPROVER.value, year=case.year,
        total=str(result.total), rating=result.rating.value, version=result.version,
        result_hash=result.result_hash,
    )  # fmt: skip
    await session.flush()
    return case, result


async def _decided(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    capacity: Capacity,
    event: cycle_rules.CaseEvent,
    checks: Sequence[Check],
) -> tuple[EvaluationCase, EvaluationResult]:
    """Lock a case and its newest result for a decision, and enter who decides."""
    case = await cycles.visible_case_for_update(session, actor, case_id)
    result = await queries.latest_result(session, case.id)
    owners = await queries.center_orgs(session, case.center_id)
    sheets_now = await standing.standing_hash(session, case)
    clock: Clock = session.info["clock"]
    today = clock.today()
    conflicts = await seat_conflicts.panel_conflicts(session, SubjectType.CASE, case.id, today)
    used = sheets_now if result is None else result.sheets_hash
    require(
        [
            *await _separation(session, case, actor, capacity),
            *rules.tenancy_checks(actor.org_id, owners),
            *conflict_rules.panel_checks(conflicts),
            *cycle_rules.case_checks(case.state, event),
            *checks,
            *rules.freshness_checks(used, sheets_now),
        ]
    )
    await duties.enter(session, actor, SubjectType.CASE, case.id, capacity)
    return case, found(result)


async def _separation(
    session: AsyncSession, case: EvaluationCase, actor: Actor, capacity: Capacity
) -> list[Check]:
    people = await duty_queries.people_of(session, SubjectType.CASE, case.id)
    return separation_checks(people, actor.person_id, capacity)
