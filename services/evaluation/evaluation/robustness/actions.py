"""Trying how steady the results of a cycle are, and keeping what was found."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.agreement.statistics import Scored, components
from evaluation.cycles import queries as cycles
from evaluation.replays import actions as replays
from evaluation.results import amending_queries as amending
from evaluation.results import computing_actions as computing
from evaluation.results import leaf_rules, replay_rules
from evaluation.results import queries as results
from evaluation.results.leaf_rules import Inputs
from evaluation.results.rules import Outcome, compute
from evaluation.results.schemas import document_of
from evaluation.robustness import queries, rules
from evaluation.robustness.draw_rules import DRAWS, exact_total
from evaluation.robustness.tables import RobustnessRun
from evaluation.schemes import queries as schemes
from evaluation.schemes.rules import canonical, digest, scheme_from
from shared.auth import Actor
from shared.events import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a cycle, and which of their cases can be ranked together."""

    cycle_id: UUID
    stances: Sequence[rules.Stance]
    groups: Sequence[Sequence[str]]

    def places(self) -> dict[str, tuple[int, Fraction]]:
        """Give each case its group, counted from 1, and its unrounded total."""
        groups = rules.grouped(self.stances, self.groups)
        return {
            one.case_id: (at, exact_total(one.figure()))
            for at, group in enumerate(groups, start=1)
            for one in group
        }

    def tried(self, one_more: Callable[[], None] = lambda: None) -> dict[str, Any]:
        """Try everything, calling `one_more` after each case.

        It takes seconds for hundreds of centres, so call it off the event loop.
        """
        return rules.document(str(self.cycle_id), self.stances, self.groups, DRAWS, one_more)


async def results_of(
    session: AsyncSession, actor: Actor, cycle_id: UUID, *, published: bool = False
) -> Results:
    """Load the newest results of a cycle with all that they can be moved by.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT without a result, RESULT_VOID or SNAPSHOT_CHANGED.
    """
    cycle = await cycles.cycle(session, cycle_id)
    rows = await queries.newest_results(session, cycle_id, published=published)
    require(rules.anything_checks(len(rows)))
    scheme = scheme_from((await schemes.scheme_by_id(session, cycle.scheme_id)).content)
    stances = []
    for case, result, exact, kept in rows:
        # A result from before exact figures were kept is computed again from its inputs.
        figures = exact.content if exact is not None else await _again(session, actor, result)
        stances.append(
            rules.stance(
                case_id=str(case.id),
                result_hash=result.result_hash,
                document=document_of(result.document),
                exact=figures,
                scheme=scheme,
                sheets=_counting(kept.content),
            )
        )
    seats = await queries.seats_of_cycle(session, cycle_id)
    scored = [Scored(str(case), str(expert), str(sheet), 0.0) for case, expert, sheet in seats]
    return Results(cycle.id, stances, components(scored))


def _counting(content: bytes) -> list[dict[str, Any]]:
    """Read the sheets behind a result, each with those of its scores that count."""
    kept = replay_rules.kept_inputs(content)
    counted = leaf_rules.counting(kept.sheets, amending.amendments(kept.amended))
    return [{"scores": one.scores} for one in counted]


async def _again(session: AsyncSession, actor: Actor, result: Any) -> Any:  # noqa: ANN401 - a row, JSON
    kept = await replays.stored(session, actor, result.case_id, result.version)
    return compute(kept.inputs()).exact


async def keep(
    session: AsyncSession, actor: Actor, tried: dict[str, Any], now: datetime
) -> RobustnessRun:
    """Keep what was found, if the results are still those that were tried (A126).

    Raises `Refused`: STATE_CONFLICT, STALE_INPUT, or as `results_of`.
    """
    found = await results_of(session, actor, UUID(tried["cycle_id"]))
    standing = rules.inputs_hash(found.stances)
    require(rules.fresh_checks(tried["inputs_hash"], standing))
    run = RobustnessRun(
        cycle_id=found.cycle_id,
        inputs_hash=tried["inputs_hash"],
        seed=tried["seed"],
        draws=tried["draws"],
        content=canonical(tried),
        content_hash=digest(tried),
        made_at=now,
    )
    session.add(run)
    await session.flush()
    record(
        session, actor, "robustness.tried", run.id, cycle_id=run.cycle_id, seed=run.seed,
        inputs_hash=run.inputs_hash, content_hash=run.content_hash,
    )  # fmt: skip
    return run


async def of_case(
    session: AsyncSession, actor: Actor, case_id: UUID, profile: str | None, today: date
) -> rules.Stance:
    """Give what a case's result, or a preview of it, can be moved by (A126, A132).

    The kept result, unless another profile is asked for or nothing is kept yet. Raises `Refused` as
    `computing.preview` and `replays.recompute`.
    """
    case = await cycles.case(session, actor, case_id)
    kept = await results.latest_result(session, case.id)
    if kept is None or profile not in {None, case.profile}:
        previewed = await computing.preview(session, actor, case_id, profile, today)
        return of_outcome(case.id, previewed.outcome, previewed.inputs)
    stored, outcome = await replays.recompute(session, actor, case_id, None)
    return of_outcome(case.id, outcome, stored.inputs())


def of_outcome(case_id: UUID, outcome: Outcome, inputs: Inputs) -> rules.Stance:
    """Give what a computation can be moved by, kept or not."""
    return rules.stance(
        case_id=str(case_id),
        result_hash=outcome.result_hash,
        document=outcome.document,
        exact=outcome.exact,
        scheme=inputs.scheme,
        sheets=[{"scores": sheet.scores} for sheet in inputs.counting_sheets()],
    )


async def steadiness_of(session: AsyncSession, cycle_id: UUID) -> dict[str, dict[str, Any]]:
    """Give what the newest run of a cycle found, by the hash of the result that was tried."""
    run = await queries.newest_run(session, cycle_id)
    if run is None:
        return {}
    return {row["result_hash"]: row for row in json.loads(run.content)["cases"]}
