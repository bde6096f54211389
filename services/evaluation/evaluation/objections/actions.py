"""Filing and deciding objections to published results."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.assessments import actions as assessments
from evaluation.assessments.rules import ReopeningCause
from evaluation.corrections import rules as correction_rules
from evaluation.cycles import actions as cycle_actions
from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.clients import Gathered, instant_text
from evaluation.cycles.rules import Way
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.objections import queries, rules
from evaluation.objections.tables import ResultObjection
from evaluation.reports.queries import own_case_for_update
from evaluation.reports.rules import ReportState
from evaluation.results import queries as results
from evaluation.results import rules as result_rules
from evaluation.results.tables import LeafReopening
from evaluation.schemes import queries as schemes
from evaluation.schemes.rules import canonical, scheme_from
from shared.auth import Actor
from shared.calendar import day_of, end_of_day
from shared.directory import policy_on, working_days
from shared.events import EventRow, record, record_many
from shared.rules import found, require

SWEEP: Final = 200


async def file(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    leaves: Sequence[Mapping[str, Any]],
    now: datetime,
    today: date,
) -> ResultObjection:
    """Object to single leaves of the published result, in the centre's name (X09).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, INDICATOR_UNKNOWN, OBJECTION_TOO_LATE or
    STATE_CONFLICT.
    """
    case = await own_case_for_update(session, actor, case_id)
    publication, result = found(await results.published(session, case.id))
    policy = await policy_on(session, today)
    last_on = rules.last_day(policy, await working_days(session), day_of(publication.published_at))
    people = await duty_queries.people_of(session, SubjectType.CASE, case.id)
    known = result_rules.leaves_of(result.document)
    require(
        [
            *separation_checks(people, actor.person_id, Capacity.SUBMITTER),
            *rules.leaf_checks(rules.codes_of(leaves), known),
            *rules.period_checks(policy, last_on, today),
            *cycle_rules.case_checks(case.state, cycle_rules.CaseEvent.REOPEN),
        ]
    )
    objection = ResultObjection(
        case_id=case.id,
        result_id=result.id,
        center_id=case.center_id,
        org_id=found(actor.org_id),
        person_id=actor.person_id,
        leaves=[dict(leaf) for leaf in leaves],
        last_on=last_on,
        filed_at=now,
        reopened=[],
    )
    session.add(objection)
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.SUBMITTER)
    record(
        session, actor, "objection.filed", objection.id, center_id=case.center_id,
        case_id=case.id, result_hash=result.result_hash, leaves=rules.codes_of(leaves),
    )  # fmt: skip
    return objection


async def decide(
    session: AsyncSession,
    actor: Actor,
    objection_id: UUID,
    codes: Sequence[str],
    reason: str,
    gathered: Gathered | None,
    now: datetime,
) -> ResultObjection:
    """Reopen single leaves that were objected to, or none: it is then dismissed (D10).

    By nobody who scored, read again, reviewed or published in the case.
    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, INDICATOR_UNKNOWN, FIELD_INVALID or STATE_CONFLICT.
    """
    objection = await queries.objection(session, actor, objection_id)
    case = await cycles.visible_case_for_update(session, actor, objection.case_id)
    await queries.reread(session, objection)
    scheme = scheme_from((await schemes.scheme_by_id(session, case.scheme_id)).content)
    people = await duty_queries.people_of(session, SubjectType.CASE, case.id)
    owners = await results.center_orgs(session, case.center_id)
    _, result = found(await results.published(session, case.id))
    document = json.loads(result.document)
    ways = rules.ways_of(codes, scheme)
    event = rules.Event.UPHOLD if codes else rules.Event.DISMISS
    reopening = [cycle_rules.CaseEvent.REOPEN] if codes else []
    require(
        [
            *separation_checks(people, actor.person_id, Capacity.HANDLER),
            *result_rules.tenancy_checks(actor.org_ids, owners),
            *rules.leaf_checks(codes, rules.codes_of(objection.leaves)),
            *rules.anew_checks(
                ways, reported=await _was_reported(session, case), scored=document["sheets"] > 0
            ),
            *correction_rules.once_checks(ways[Way.REPORTED], case.reopenings),
            *rules.decision_checks(objection.state, event),
            *(check for one in reopening for check in cycle_rules.case_checks(case.state, one)),
        ]
    )
    objection.state = rules.MOVES[objection.state, event]
    objection.reopened = sorted(codes)
    objection.decision_reason = reason
    objection.decided_by = actor.person_id
    objection.decided_at = now
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.HANDLER)
    if codes:
        await _reopen(session, actor, case, objection.id, ways, found(gathered), now)
        await assessments.reopen_built_on(
            session, actor, case.center_id, case.year, ReopeningCause.OBJECTION_UPHELD
        )
    record(
        session, actor, "objection.decided", objection.id, center_id=case.center_id,
        case_id=case.id, capacity=Capacity.HANDLER.value, state=objection.state.value,
        reopened=objection.reopened, reason=reason,
    )  # fmt: skip
    return objection


async def close_due(session: AsyncSession, actor: Actor, today: date) -> int:
    """Close cases whose days for objecting are over; give how many, some at a time (X09)."""
    policy = await policy_on(session, today)
    first = rules.first_open_day(policy, await working_days(session), today)
    before = end_of_day(first - timedelta(days=1))
    cases = await queries.closable_for_update(session, before, SWEEP)
    for case in cases:
        cycle_actions.move(case, cycle_rules.CaseEvent.CLOSE)
    await session.flush()
    await record_many(
        session, actor, "case.closed",
        [EventRow(case.id, case.center_id, {"year": case.year}) for case in cases],
    )  # fmt: skip
    return len(cases)


async def _reopen(
    session: AsyncSession,
    actor: Actor,
    case: EvaluationCase,
    objection_id: UUID,
    ways: Mapping[Way, Sequence[str]],
    gathered: Gathered,
    now: datetime,
) -> LeafReopening:
    """Reopen leaves of a locked case: keep the facts as known now, for counted leaves alone.

    Leaves of experts wait for a panel's new sheets, leaves of the report for its correction.

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    _, result = found(await results.published(session, case.id))
    codes = sorted(code for named in ways.values() for code in named)
    counted = sorted(ways[Way.COUNTED])
    content = canonical(
        {
            "format": result_rules.FORMAT,
            "case_id": str(case.id),
            "objection_id": str(objection_id),
            "known_at": instant_text(gathered.as_of),
            "codes": counted,
            "facts": {
                "registry": [dict(fact) for fact in gathered.registry if counted],
                "ip_ledger": [dict(fact) for fact in gathered.ip_ledger if counted],
            },
        }
    )
    reopening = LeafReopening(
        objection_id=objection_id,
        case_id=case.id,
        result_id=result.id,
        codes=codes,
        content=content,
        hash=result_rules.content_hash(content),
        known_at=gathered.as_of,
        reopened_at=now,
    )
    session.add(reopening)
    cycle_actions.reopen(case, ways)
    await session.flush()
    # No figure and no name in it: the centre learns of it from the decision on its objection.
    record(
        session, actor, "result.reopened", result.id, case_id=case.id,
        capacity=Capacity.HANDLER.value, codes=codes, hash=reopening.hash,
    )  # fmt: skip
    return reopening


async def _was_reported(session: AsyncSession, case: EvaluationCase) -> bool:
    """Tell whether a case was judged with a report."""
    snapshot = found(await results.snapshot_of(session, case.id))
    return snapshot.report_state != ReportState.MISSING.value
