"""Where a case stands between its computation and its publication, and what it waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.agreement import queries as agreement
from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties.rules import SubjectType
from evaluation.reports import queries as report_queries
from evaluation.reports import rules as report_rules
from evaluation.results import amending_queries as amending
from evaluation.results import leaf_rules, queries, rules
from evaluation.results.tables import EvaluationResult
from evaluation.sheets import queries as sheets
from evaluation.sheets.rules import enough_checks, filled_checks, handed_in_checks
from shared.auth import Actor
from shared.directory import policy_on
from shared.rules import Check, found


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a case waits for: the step, who takes it, and every rule of it, passed or not."""

    name: str | None
    who_acts: str | None
    checks: Sequence[Check]


async def next_step(session: AsyncSession, actor: Actor, case_id: UUID, today: date) -> NextStep:
    """Judge the next step of a case with the rules that guard it (A124)."""
    case = await cycles.case(session, actor, case_id)
    if case.state is cycle_rules.CaseState.COLLECTING:
        cycle = await cycles.cycle(session, case.cycle_id)
        report = await report_queries.report_of(session, case_id)
        due = report_queries.due_of(cycle, report)
        if report is None:
            return NextStep("snapshot", "handler", report_rules.freezing_checks(None, due, today))
        back = (await report_queries.back_until(session, cycle, [report])).get(report.id)
        checks = report_rules.freezing_checks(report.state, due, today, back)
        return NextStep("snapshot", "handler", checks)
    if case.state in cycle_rules.SCORABLE:
        policy = await policy_on(session, today)
        scores = await sheets.valid_scores(session, SubjectType.CASE, case.id)
        checks = [*enough_checks(policy, len(scores)), *await _unfinished_checks(session, case)]
        return NextStep("compute", "handler", checks)
    if case.state is cycle_rules.CaseState.REOPENED:
        waiting = [*await _waiting(session, case), *await _unfinished_checks(session, case)]
        return NextStep("compute", "handler", waiting)
    if case.state in cycle_rules.SETTLED:
        return NextStep(None, None, [])
    result = found(await queries.latest_result(session, case.id))
    fresh = rules.freshness_checks(result.sheets_hash, await standing_hash(session, case))
    if case.state is cycle_rules.CaseState.REVIEWED:
        return NextStep("publish", "approver", fresh)
    readings = await queries.confirmed_readings(session, result.id)
    needed = await needs_second_reading(session, result, case.cycle_id)
    near = rules.second_reading_checks(needed=needed, readings=readings)
    return NextStep("review", "reviewer", [*near, *fresh])


async def _unfinished_checks(session: AsyncSession, case: EvaluationCase) -> list[Check]:
    rounds = {case.id: cycle_rules.round_of(case.reopenings)}
    found = await sheets.unfinished(session, SubjectType.CASE, rounds)
    unfinished = found.get(case.id, sheets.FINISHED)
    return [*filled_checks(unfinished.vacant), *handed_in_checks(unfinished.waiting)]


async def _waiting(session: AsyncSession, case: EvaluationCase) -> list[Check]:
    _, result = found(await queries.published(session, case.id))
    anew = await amending.reopened_since(session, case, result)
    return rules.waiting_checks(anew.waiting)


async def read_enough(session: AsyncSession, case: EvaluationCase) -> list[Check]:
    """Check that the newest result of a locked case was read again, where it must be."""
    last = await queries.latest_result(session, case.id)
    if last is None:
        return []
    readings = await queries.confirmed_readings(session, last.id)
    needed = await needs_second_reading(session, last, case.cycle_id)
    return rules.second_reading_checks(needed=needed, readings=readings)


async def needs_second_reading(
    session: AsyncSession, result: EvaluationResult, cycle_id: UUID
) -> bool:
    """Tell whether a result is in the grey zone, or one of its sheets stands apart (A126)."""
    return result.in_grey_zone or bool(
        await agreement.outlying_sheets(session, cycle_id, result.case_id)
    )


async def standing_hash(session: AsyncSession, case: EvaluationCase) -> str:
    """Name the sheets of a case that count now; what was published stands but for its leaves."""
    published = await queries.published(session, case.id)
    if published is None:
        scores = await sheets.valid_scores(session, SubjectType.CASE, case.id)
        return rules.sheets_hash(leaf_rules.Sheet(str(one.sheet_id), one.scores) for one in scores)
    kept = found(await amending.kept_inputs(session, published[1]))
    behind = await amending.contents_behind(session, published[1], kept)
    anew = await amending.reopened_since(session, case, published[1])
    return amending.scoring_hash(rules.sheets_hash(kept.sheets), [*behind, *anew.contents])
