"""What counts for reopened leaves: facts known then, new sheets, a corrected report."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.corrections import queries as corrections
from evaluation.cycles.rules import Way
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties.rules import SubjectType
from evaluation.results import queries, replay_rules, rules
from evaluation.results.leaf_rules import Amendment, Sheet
from evaluation.results.tables import EvaluationResult, LeafReopening, ResultInput
from evaluation.sheets import queries as sheets
from shared.rules import require


@dataclass(frozen=True, slots=True)
class Anew:
    """What was reopened since a result was published, as far as it is there.

    `waiting` are leaves whose new sheets or correction are not; `scored` counts the new sheets.
    """

    contents: Sequence[bytes] = ()
    waiting: Sequence[str] = ()
    scored: int | None = None


async def kept_inputs(
    session: AsyncSession, result: EvaluationResult
) -> replay_rules.KeptInputs | None:
    """Give what a result was computed from, or None for one that was kept without it."""
    stored = await session.get(ResultInput, result.id)
    return None if stored is None else replay_rules.kept_inputs(stored.content)


async def contents_behind(
    session: AsyncSession, result: EvaluationResult, kept: replay_rules.KeptInputs
) -> list[bytes]:
    """Give the bytes that counted for reopened leaves of a result, oldest first.

    Raises `Refused`: SNAPSHOT_CHANGED where they are not as they were.
    """
    reopenings = await queries.reopenings_of(session, result.case_id)
    return named(json.loads(result.document), reopenings, kept)


def named(
    document: Mapping[str, Any],
    reopenings: Sequence[LeafReopening],
    kept: replay_rules.KeptInputs,
) -> list[bytes]:
    """Give what a document names of reopened facts and of what is kept with its result.

    Raises `Refused`: SNAPSHOT_CHANGED.
    """
    known = [*(one.content for one in reopenings), *kept.amended]
    contents = replay_rules.named_in(document, known)
    require(replay_rules.amended_checks(document, contents))
    return contents


async def reopened_since(
    session: AsyncSession, case: EvaluationCase, result: EvaluationResult
) -> Anew:
    """Give what counts for the leaves that were reopened in a published result (X09).

    Raises `Refused`: SNAPSHOT_CHANGED where the facts are not as they were kept.
    """
    reopenings = await queries.reopenings_of(session, case.id)
    newest = next((one for one in reopenings if one.result_id == result.id), None)
    if newest is None or not case.reopenings:
        return Anew()
    require(rules.integrity_checks(newest.hash, rules.content_hash(newest.content)))
    leaves = case.reopenings[-1]
    contents = [newest.content] if leaves.get(Way.COUNTED.value) else []
    waiting: list[str] = []
    if reported := leaves.get(Way.REPORTED.value):
        fact = await corrections.accepted_fact(session, case)
        if fact is None:
            waiting += reported
        else:
            contents.append(replay_rules.corrected(str(case.id), reported, fact))
    if not (scored := leaves.get(Way.SCORED.value)):
        return Anew(contents, waiting)
    number = len(case.reopenings) + 1
    found = await sheets.scores_of_round(session, SubjectType.CASE, case.id, number)
    if not found:
        return Anew(contents, [*waiting, *scored])
    anew = [Sheet(str(one.sheet_id), one.scores) for one in found]
    contents.append(replay_rules.scored_anew(str(case.id), number, scored, anew))
    return Anew(contents, waiting, len(anew))


def amendments(contents: Sequence[bytes]) -> list[Amendment]:
    """Read what counts for reopened leaves."""
    return [replay_rules.amendment_of(content) for content in contents]


def scoring_hash(base: str, contents: Sequence[bytes]) -> str:
    """Name the sheets of a result, those of leaves scored anew included."""
    return rules.scoring_hash(base, [one.hash for one in amendments(contents) if one.sheets])
