"""Frozen years to try things on; only officials come here."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, exists
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from evaluation.cycles.rules import CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.panels import queries as panels
from evaluation.results.tables import EvaluationResult, FactSnapshot, LeafReopening, ResultInput
from shared.auth import Actor
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


def judged_page(actor: Actor, cycle_id: UUID) -> Select[Any]:
    """Select the published cases of a cycle with what their newest results rest on, for a page.

    What is not published yet, or open again, is left out: a draft is not fitted to verdicts that
    are still to be given. A voided case was decided and not computed: there is nothing to try.
    Those on whose panel the actor sits are left out.
    """
    later = aliased(EvaluationResult)
    superseded = exists().where(
        col(later.case_id) == col(EvaluationResult.case_id),
        col(later.version) > col(EvaluationResult.version),
    )
    return cast(
        "Select[Any]",
        select_rows(EvaluationCase, FactSnapshot, EvaluationResult, ResultInput, DirectoryCenter)
        .join(FactSnapshot, col(FactSnapshot.case_id) == col(EvaluationCase.id))
        .join(EvaluationResult, col(EvaluationResult.case_id) == col(EvaluationCase.id))
        .join(ResultInput, col(ResultInput.result_id) == col(EvaluationResult.id))
        .join(DirectoryCenter, col(DirectoryCenter.id) == col(EvaluationCase.center_id))
        .where(
            col(EvaluationCase.cycle_id) == cycle_id,
            col(EvaluationCase.state).in_((CaseState.PUBLISHED, CaseState.CLOSED)),
            ~panels.seated(actor, col(EvaluationCase.id)),
            ~superseded,
        ),
    )


async def reopenings_of(
    session: AsyncSession, case_ids: Sequence[UUID]
) -> dict[UUID, list[LeafReopening]]:
    """Give what was reopened in some cases, oldest first."""
    statement = (
        select(LeafReopening)
        .where(col(LeafReopening.case_id).in_(case_ids))
        .order_by(col(LeafReopening.reopened_at), col(LeafReopening.id))
    )
    found: dict[UUID, list[LeafReopening]] = {}
    for one in await session.scalars(statement):
        found.setdefault(one.case_id, []).append(one)
    return found
