"""Asking for a run over a cycle, and taking it further a bounded step at a time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.cycles.clients import Gathered
from evaluation.cycles.rules import CaseState
from evaluation.results import computing_actions as computing
from evaluation.results import freezing_actions as freezing
from evaluation.robustness import actions as robustness
from evaluation.robustness import queries as robustness_queries
from evaluation.robustness import rules as robustness_rules
from evaluation.runs import queries, rules
from evaluation.runs.rules import CycleRunKind
from evaluation.runs.tables import CycleRun, CycleRunCase
from shared.auth import Actor
from shared.events import record
from shared.rules import Refused, require

# Cases of one transaction; a killed process loses no more than these.
STEP: Final = 20


async def ask(
    session: AsyncSession, actor: Actor, cycle_id: UUID, kind: CycleRunKind, now: datetime
) -> CycleRun:
    """Ask for a run (A126).

    Raises `Refused`: NOT_FOUND, or STATE_CONFLICT with nothing to do or while such a run goes on.
    """
    await cycles.cycle(session, cycle_id)
    if kind is CycleRunKind.COMPUTATION:
        total = await queries.open_count(session, cycle_id)
    else:
        total = len(await robustness_queries.newest_results(session, cycle_id))
    require(robustness_rules.anything_checks(total))
    run = CycleRun(
        cycle_id=cycle_id, kind=kind, person_id=actor.person_id, client_id=actor.client_id,
        total=total, requested_at=now,
    )  # fmt: skip
    session.add(run)
    await session.flush()
    record(session, actor, f"cycle_run.{kind.value}_asked", run.id, cycle_id=cycle_id, cases=total)
    return run


def asker(run: CycleRun) -> Actor:
    """Give the handler in whose name a run acts: his duty in the cases, his name in the audit."""
    return Actor(run.person_id, run.client_id, frozenset({"official", "handler"}))


async def compute_some(
    session: AsyncSession,
    run_id: UUID,
    case_ids: Sequence[UUID],
    gathered: Mapping[UUID, Gathered],
    now: datetime,
    today: date,
) -> None:
    """Freeze those of some cases that are not frozen, compute all, and note each one's outcome."""
    run = await queries.run_for_update(session, run_id)
    actor = asker(run)
    cases = await cycles.cases_for_update(session, actor, case_ids)
    told: dict[UUID, Any] = {}
    fresh = [one for one in cases if one.state is CaseState.COLLECTING and one.id in gathered]
    if fresh:
        told |= await freezing.freeze_all(session, actor, fresh, gathered, now, today)
    rest = [one for one in cases if not isinstance(told.get(one.id), Refused)]
    if rest:
        told |= await computing.compute_all(session, actor, rest, None, now, today)
    for case_id, outcome in told.items():
        codes = _codes(outcome) if isinstance(outcome, Refused) else []
        session.add(CycleRunCase(run_id=run.id, case_id=case_id, codes=codes))
        run.refused += bool(codes)
        run.done += not codes
    await session.flush()


async def told_progress(session: AsyncSession, run_id: UUID, done: int) -> None:
    """Say how far a run is that keeps nothing before its end."""
    run = await queries.run_for_update(session, run_id)
    run.done = min(done, run.total)


async def finish(session: AsyncSession, run_id: UUID, now: datetime) -> CycleRun:
    """Close a run that has nothing left to do."""
    run = await queries.run_for_update(session, run_id)
    run.state = rules.MOVES[run.state, rules.CycleRunEvent.FINISH]
    run.finished_at = now
    record(
        session, asker(run), "cycle_run.finished", run.id, cycle_id=run.cycle_id,
        kind=run.kind.value, done=run.done, refused=run.refused,
    )  # fmt: skip
    return run


async def keep_robustness(
    session: AsyncSession, run_id: UUID, tried: dict[str, Any], now: datetime
) -> None:
    """Keep what was tried and close the run, both or nothing. Raises as `robustness.keep`."""
    run = await queries.run_for_update(session, run_id)
    await robustness.keep(session, asker(run), tried, now)
    run.done = run.total
    await finish(session, run_id, now)


async def refuse(session: AsyncSession, run_id: UUID, refused: Refused, now: datetime) -> None:
    """Close a run whose cycle does not allow it any more."""
    run = await queries.run_for_update(session, run_id)
    run.state = rules.MOVES[run.state, rules.CycleRunEvent.REFUSE]
    run.finished_at = now
    run.codes = _codes(refused)
    record(
        session, asker(run), "cycle_run.refused", run.id, cycle_id=run.cycle_id,
        kind=run.kind.value, codes=run.codes,
    )  # fmt: skip


def _codes(refused: Refused) -> list[str]:
    return list(dict.fromkeys(check.code for check in refused.checks))
