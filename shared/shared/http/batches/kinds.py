"""What a batch is asked for and answers: its kind, its options, a result per row."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.actor import Actor
from shared.http.batch_rows import Judged, Outcome, Plain, Row, RowResult
from shared.http.batches.before import Before
from shared.http.problem import STATUSES, check_object, text_of
from shared.http.schemas import CheckOut, Out
from shared.rules import Check, Refused

CHUNK: Final = 2_000


class Mode(StrEnum):
    """`partial` keeps good rows whatever happens to bad ones; `atomic` keeps all or none."""

    PARTIAL = "partial"
    ATOMIC = "atomic"


RecordMany = Callable[[AsyncSession, Actor, Sequence[Row[Any]]], Awaitable[Sequence[RowResult]]]
Foretell = Callable[
    [AsyncSession, Actor, Sequence[Row[Any]], Before], Awaitable[Sequence[RowResult]]
]


@dataclass(frozen=True, slots=True)
class BatchKind:
    """A kind of batch: the schema of its rows and the set-based action that records them.

    `record_many` gets rows that fit the schema, judges each by the same rules as a single POST,
    and gives one result per row, in any order. `prepare` makes of a row what depends on it and the
    day alone; of a large batch it runs in the thread that reads, while rows before it are recorded,
    which may be on the next day. `plain` reads a line of NDJSON straight from its bytes, where it
    can tell that the schema takes it. `foretell` gives the results that `record_many` would give
    after rows that were foretold before, writes nothing, and adds what these rows would have made;
    without it a dry run of a large batch judges each chunk as if those before were not there.
    """

    name: str
    rows: TypeAdapter[Any]
    record_many: RecordMany
    jobs_path: str
    chunk: int = field(default=CHUNK)
    prepare: Callable[[Any, date], Any] | None = None
    plain: Plain | None = None
    foretell: Foretell | None = None


def prepared(kind: BatchKind, rows: Iterable[Judged], today: date) -> Iterator[Judged]:
    """Give rows as the kind's action takes them, one after the other."""
    if (prepare := kind.prepare) is None:
        return iter(rows)
    return (
        Row(row.index, prepare(row.value, today)) if isinstance(row, Row) else row for row in rows
    )


class RowProblemOut(Out):
    """Why a row was refused."""

    code: str = Field(description="The code of the first failed check.")
    title: str = Field(description="The code in words.")
    status: int = Field(description="The status that a single POST would have answered.")
    errors: list[CheckOut] = Field(description="Every failed check.")


class RowOut(Out):
    """What became of a row."""

    index: int = Field(description="Its place in the batch, from 0.")
    status: int = Field(description="201 created, 200 duplicate, else the refusal's status.")
    outcome: Outcome = Field(description="`created`, `duplicate` or `failed`.")
    id: UUID | None = Field(default=None, description="What it made, or its first posting.")
    problem: RowProblemOut | None = Field(default=None, description="Why it failed.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")


class BatchOut(Out):
    """What became of a batch."""

    id: UUID = Field(description="Names the batch; its job, if it became one.")
    state: str = Field(description="`done`, or `queued`, `running`, `cancelled`, `failed`.")
    mode: Mode = Field(description="As asked for.")
    dry_run: bool = Field(description="True: judged only, nothing kept.")
    rolled_back: bool = Field(description="True: nothing of it is kept.")
    rows_total: int = Field(description="Rows in the batch.")
    rows_done: int = Field(description="Rows judged so far.")
    created: int = Field(description="Rows that made something.")
    duplicates: int = Field(description="Rows posted before with the same content.")
    failed: int = Field(description="Rows refused.")
    results: list[RowOut] = Field(
        description="A result per row, in order; of more than 10,000 rows they are in pages only."
    )
    results_path: str | None = Field(
        default=None, description="Where the results of a job are, in pages or as NDJSON."
    )


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a batch is to be treated."""

    mode: Annotated[Mode, Query(description="`partial` or `atomic`.")] = Mode.PARTIAL
    dry_run: Annotated[bool, Query(description="Judge only; keep nothing.")] = False


def count_of(results: Sequence[RowResult], outcome: Outcome) -> int:
    """Count the rows that came out so."""
    return sum(1 for result in results if result.outcome is outcome)


def row_out(result: RowResult, language: str) -> RowOut:
    """Show a row's result."""
    problem = _row_problem(result.checks, language) if result.checks else None
    status = {Outcome.CREATED: 201, Outcome.DUPLICATE: 200}.get(result.outcome)
    return RowOut(
        index=result.index,
        status=status or (problem.status if problem else 422),
        outcome=result.outcome,
        id=result.id,
        problem=problem,
        warnings=[CheckOut.model_validate(check_object(c, language)) for c in result.warnings],
    )


def _row_problem(checks: Sequence[Check], language: str) -> RowProblemOut:
    ordered = Refused(checks).checks
    title, _ = text_of(ordered[0].code, dict(ordered[0].params), language)
    return RowProblemOut(
        code=ordered[0].code,
        title=title,
        status=STATUSES[ordered[0].kind],
        errors=[CheckOut.model_validate(check_object(check, language)) for check in ordered],
    )


def stored(results: Iterable[RowResult]) -> str:
    """Write the results of a chunk, in their order, as they are kept: a JSON array.

    Of most rows only the id is to be told: it stands alone, without what it means.
    """
    return f"[{','.join(map(_stored, results))}]"


def _stored(result: RowResult) -> str:
    if result.outcome is Outcome.CREATED and not result.warnings:
        return "null" if result.id is None else f'"{result.id}"'
    return row_out(result, "zh").model_dump_json(exclude={"index"})


def shown(index: int, kept: Mapping[str, Any] | str | None, language: str) -> RowOut:
    """Show a kept result, in the language of who reads it."""
    if kept is None or isinstance(kept, str):
        made = None if kept is None else UUID(kept)
        return RowOut(index=index, status=201, outcome=Outcome.CREATED, id=made)
    row = RowOut.model_validate({**kept, "index": index})
    if language == "zh":
        return row
    for check in (*row.warnings, *(row.problem.errors if row.problem else ())):
        _, check.detail = text_of(check.code, check.params, language)
    if row.problem is not None:
        row.problem.title, _ = text_of(row.problem.code, row.problem.errors[0].params, language)
    return row
