"""Asking for the documents of a cycle, and making them in steps of bounded size."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.cycles.rules import CaseState
from evaluation.documents import pages, queries, rules
from evaluation.documents.tables import DocumentFile, DocumentRun
from evaluation.results import computing_actions as results
from evaluation.results import queries as result_queries
from evaluation.results.schemas import document_of
from evaluation.robustness import actions as robustness
from evaluation.schemes import queries as schemes
from evaluation.trends import queries as trends
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.rules import found, require

# Centres whose files are made in one transaction; a killed process loses no more than these.
STEP: Final = 5
CLERK: Final = Actor.system("evaluation.documents")


@dataclass(frozen=True, slots=True)
class Making:
    """A file to be made outside of the event loop."""

    subject_id: UUID
    kind: rules.FileKind
    make: Callable[[], bytes]
    result_id: UUID | None = None


async def ask(session: AsyncSession, actor: Actor, cycle_id: UUID, now: datetime) -> DocumentRun:
    """Ask for every document of a cycle's published results (A126).

    Raises `Refused`: NOT_FOUND, or STATE_CONFLICT without a result or while a run goes on.
    """
    await cycles.cycle(session, cycle_id)
    count = await queries.published_count(session, cycle_id)
    require(rules.anything_checks(count))
    run = DocumentRun(
        cycle_id=cycle_id,
        total=count * len(rules.OF_CASE) + len(rules.OF_CYCLE),
        requested_at=now,
    )
    session.add(run)
    await session.flush()
    record(session, actor, "documents.asked", run.id, cycle_id=cycle_id, files=run.total)
    return run


async def next_step(session: AsyncSession, run: DocumentRun) -> list[Making]:
    """Give the next files of a locked run: of some centres, and at the end of the cycle."""
    done, has_cycles = await queries.done(session, run)
    # What was published after the question is of the next run: `total` was told to people.
    wanted = (run.total - len(rules.OF_CYCLE)) // len(rules.OF_CASE)
    most = min(STEP, max(wanted - done, 0))
    todo = await queries.published(session, run.cycle_id, missing_in=run.id, limit=most)
    if not todo and has_cycles:
        return []
    if not todo:
        rows = await queries.published(session, run.cycle_id)
        reports = await _reports(session, run.cycle_id, rows, with_comments=False)
        return _of_cycle(run, await _placed(session, run.cycle_id, rows, reports))
    reports = await _reports(session, run.cycle_id, todo, with_comments=True)
    return [
        making
        for (case, result, *_), report in zip(todo, reports, strict=True)
        for making in _of_case(case.id, result.id, report)
    ]


def _of_case(case_id: UUID, result_id: UUID, report: pages.CenterReport) -> list[Making]:
    return [
        Making(case_id, rules.FileKind.REPORT_PDF, lambda: pages.report_pdf(report), result_id),
        Making(
            case_id, rules.FileKind.REPORT_HTML, lambda: pages.report_page(report).encode(),
            result_id,
        ),
    ]  # fmt: skip


async def report_of_case(
    session: AsyncSession, case_id: UUID, kind: rules.FileKind
) -> DocumentFile:
    """Give the newest report of a case that the caller may see, as long as it tells what stands.

    Raises `Refused`: NOT_FOUND, or STALE_INPUT when a later version was published since.
    """
    file = await queries.newest_file(session, case_id, kind)
    _, standing = found(await result_queries.published(session, case_id))
    require(rules.standing_checks(file.result_id, standing.id))
    return file


async def file_of_cycle(
    session: AsyncSession, cycle_id: UUID, kind: rules.FileKind
) -> DocumentFile:
    """Give the newest workbook or ranking of a cycle, as long as it tells what stands.

    Raises `Refused`: NOT_FOUND, or STALE_INPUT when a result was published since.
    """
    file = await queries.newest_file(session, cycle_id, kind)
    require(rules.complete_checks(published_since=await queries.published_since(session, file)))
    return file


def _of_cycle(run: DocumentRun, reports: Sequence[pages.CenterReport]) -> list[Making]:
    year = reports[0].year if reports else 0
    return [
        Making(run.cycle_id, rules.FileKind.WORKBOOK, lambda: pages.cycle_workbook(reports)),
        Making(
            run.cycle_id, rules.FileKind.RANKING, lambda: pages.ranking_page(year, reports).encode()
        ),
    ]


async def _placed(
    session: AsyncSession,
    cycle_id: UUID,
    rows: Sequence[Any],
    reports: Sequence[pages.CenterReport],
) -> list[pages.CenterReport]:
    """Give each report its unrounded total and its group; a voided case stands for itself."""
    places: dict[str, tuple[int, Fraction]] = {}
    # Where every case was voided, there is none to be ranked with another.
    if any(case.state is not CaseState.VOIDED for case, *_ in rows):
        found_now = await robustness.results_of(session, CLERK, cycle_id, published=True)
        places = found_now.places()
    return [
        replace(report, unrounded=place[1], group=place[0])
        if (place := places.get(str(row[0].id))) is not None
        else replace(report, group=len(places) + 1 + at)
        for at, (row, report) in enumerate(zip(rows, reports, strict=True))
    ]


async def _reports(
    session: AsyncSession, cycle_id: UUID, rows: Sequence[Any], *, with_comments: bool
) -> list[pages.CenterReport]:
    if not rows:
        return []
    scheme = await schemes.scheme_by_id(session, rows[0][0].scheme_id)
    criteria = {one["code"]: one["name"] for one in scheme.content["criteria"]}
    totals = await queries.totals_over_years(session, [row[0].center_id for row in rows])
    steady = await robustness.steadiness_of(session, cycle_id)
    # Only a centre's own report tells of its years.
    centers = [row[0].center_id for row in rows] if with_comments else []
    years = await trends.years_of_all(session, centers)
    reports = []
    for case, result, publication, center in rows:
        trend = {year: total for own, year, total in reversed(totals) if own == case.center_id}
        # Some few cases at a time: their panels' words come by case.
        comments = await results.comments_of(session, result) if with_comments else {}
        reports.append(
            pages.CenterReport(
                center_name=center.name,
                center_code=center.code or "",
                year=case.year,
                version=result.version,
                published_on=day_of(publication.published_at).isoformat(),
                result_hash=result.result_hash,
                criteria=criteria,
                document=document_of(result.document),
                trend=[
                    (year, trend.get(year)) for year in range(min(trend), max(trend) + 1)
                ],
                # What was frozen after this year is told by the reports that follow.
                figures=[one for one in years.get(case.center_id, ()) if one.year <= case.year],
                comments=comments,
                # Only what was tried on the result that is published.
                steadiness=steady.get(result.result_hash),
            )
        )  # fmt: skip
    return reports


def keep(
    session: AsyncSession,
    run: DocumentRun,
    made: Sequence[tuple[Making, bytes | str]],
    now: datetime,
) -> None:
    """Keep what was made; a text in place of bytes says why a file could not be."""
    for making, content in made:
        good = isinstance(content, bytes)
        session.add(
            DocumentFile(
                run_id=run.id,
                subject_id=making.subject_id,
                kind=making.kind,
                result_id=making.result_id,
                content=content if isinstance(content, bytes) else None,
                sha256=hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else None,
                problem=None if isinstance(content, bytes) else content,
                made_at=now,
            )
        )
        run.done += good
        run.failed += not good


def give_up(session: AsyncSession, actor: Actor, run: DocumentRun, now: datetime) -> None:
    """Close a run whose results cannot be read: what is left of it has failed.

    It would be taken up again for ever, before the runs of every other cycle.
    """
    run.failed = run.total - run.done
    finish(session, actor, run, now)


def finish(session: AsyncSession, actor: Actor, run: DocumentRun, now: datetime) -> None:
    """Close a run that has nothing left to make."""
    run.state = rules.MOVES[run.state, rules.RunEvent.FINISH]
    run.finished_at = now
    record(session, actor, "documents.made", run.id, files=run.done, failed=run.failed)
