"""Frozen years to try things on; only officials come here."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy import select as select_rows
from sqlmodel import col

from evaluation.cycles.tables import EvaluationCase
from evaluation.results.tables import FactSnapshot
from shared.directory import DirectoryCenter


def frozen_page(cycle_id: UUID) -> Select[Any]:
    """Select the frozen cases of a cycle with snapshot and centre, for a page of them."""
    # The cast names what `paginate` takes: rows of any shape.
    return cast(
        "Select[Any]",
        select_rows(EvaluationCase, FactSnapshot, DirectoryCenter)
        .join(FactSnapshot, col(FactSnapshot.case_id) == col(EvaluationCase.id))
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(EvaluationCase.center_id))
        .where(col(EvaluationCase.cycle_id) == cycle_id),
    )
