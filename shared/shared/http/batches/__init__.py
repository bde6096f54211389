"""Batches: many rows in one request, each with a verdict of its own.

Up to `INLINE_ROWS` rows are answered at once, in the request's own transaction; more become a job
whose rows carry `(job, index)`, so that a killed worker goes on where it stopped.
"""

from shared.http.batch_rows import Outcome, Row, RowResult
from shared.http.batches.before import Before
from shared.http.batches.kinds import BatchKind, BatchOptions, BatchOut, Mode, RowOut, row_out
from shared.http.batches.routes import jobs_router
from shared.http.batches.taking import (
    INLINE_ROWS,
    MAX_ROWS,
    ReadRows,
    inline_rows,
    run_batch,
)
from shared.http.batches.working import JOB, batch_jobs

__all__ = [
    "INLINE_ROWS",
    "JOB",
    "MAX_ROWS",
    "BatchKind",
    "BatchOptions",
    "BatchOut",
    "Before",
    "Mode",
    "Outcome",
    "ReadRows",
    "Row",
    "RowOut",
    "RowResult",
    "batch_jobs",
    "inline_rows",
    "jobs_router",
    "row_out",
    "run_batch",
]
