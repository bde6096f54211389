"""Freezing the facts of cases: one, or as many of a cycle as go into a transaction."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

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
from evaluation.results import rules
from evaluation.results.tables import FactSnapshot
from evaluation.schemes.rules import canonical
from shared.auth import Actor
from shared.events import record
from shared.rules import Check, Refused, require


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
    frozen = await freeze_all(session, actor, [case], {case.id: gathered}, now, today)
    snapshot = frozen[case.id]
    if isinstance(snapshot, Refused):
        raise snapshot
    return snapshot


async def freeze_all(
    session: AsyncSession,
    actor: Actor,
    cases: Sequence[EvaluationCase],
    gathered: Mapping[UUID, Gathered],
    now: datetime,
    today: date,
) -> dict[UUID, FactSnapshot | Refused]:
    """Freeze locked cases of one cycle, with as many statements as for a single one.

    A case that is refused keeps nothing, and the others are frozen all the same.
    """
    ids = [case.id for case in cases]
    cycle = await cycles.cycle(session, cases[0].cycle_id)
    written = await report_queries.reports_for_update(session, ids)
    back = await report_queries.back_until(session, cycle, written.values())
    people = await duty_queries.people_of_all(session, SubjectType.CASE, ids)
    seated = await panels.panels_of(session, SubjectType.CASE, ids)
    found: dict[UUID, FactSnapshot | Refused] = {}
    for case in cases:
        report = written.get(case.id)
        acted = separation_checks(people.get(case.id, ()), actor.person_id, Capacity.HANDLER)
        try:
            require([*acted, *_checks(cycle, case, report, today, back)])
        except Refused as refused:
            found[case.id] = refused
            continue
        locked = await reports.lock(session, actor, case, report, now)
        snapshot = _snapshot(case, cycle, locked, gathered[case.id], now)
        session.add(snapshot)
        cycle_actions.move(case, cycle_rules.CaseEvent.FREEZE)
        record(
            session, actor, "snapshot.frozen", snapshot.id, center_id=case.center_id,
            case_id=case.id, capacity=Capacity.HANDLER.value, hash=snapshot.hash, year=case.year,
        )  # fmt: skip
        if case.id in seated:
            cycle_actions.score_from_now(session, actor, case)
        found[case.id] = snapshot
    good = [case_id for case_id, one in found.items() if isinstance(one, FactSnapshot)]
    await duties.enter_all(session, actor, SubjectType.CASE, good, Capacity.HANDLER)
    await session.flush()
    return found


def _checks(
    cycle: EvaluationCycle,
    case: EvaluationCase,
    report: AnnualReport | None,
    today: date,
    back: Mapping[UUID, date],
) -> list[Check]:
    due = report_queries.due_of(cycle, report)
    state, back_until = (None, None) if report is None else (report.state, back.get(report.id))
    return [
        *cycle_rules.case_checks(case.state, cycle_rules.CaseEvent.FREEZE),
        *report_rules.freezing_checks(state, due, today, back_until),
    ]


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
                "registry": gathered.registry,
                "ip_ledger": gathered.ip_ledger,
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
