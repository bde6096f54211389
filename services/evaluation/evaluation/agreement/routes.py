"""Agreement over HTTP: officials read it, nobody's points depend on it."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import numpy as np
from anyio import to_thread

from evaluation.agreement import queries, statistics
from evaluation.agreement.queries import Item
from evaluation.agreement.schemas import (
    ExpertAgreementOut,
    ExpertEffectOut,
    FigureOut,
    IndicatorAgreementOut,
)
from evaluation.agreement.statistics import Scored, Table
from evaluation.cycles import queries as cycles
from shared.http import CurrentActor, Reading, Router, access, problems

router = Router(prefix="/v1/evaluation/cycles", tags=["agreement"])
WHOLE_SHEET: Final = "*"
# Any number will do, as long as it is always the same.
BOOTSTRAP_SEED: Final = 20_260_101
DRAWS: Final = 500


@router.get(
    "/{cycle_id}/agreement",
    operation_id="evaluation_get_agreement",
    openapi_extra=access("official", tenant="panels the official does not sit on", rules=("A121",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_agreement(
    cycle_id: UUID, actor: CurrentActor, session: Reading
) -> ExpertAgreementOut:
    """Tell how far the experts of a cycle agree, who leans, and which sheets stand apart."""
    cycle = await cycles.cycle(session, cycle_id)
    items = await queries.items_of_cycle(session, actor, cycle.id)
    return await to_thread.run_sync(_agreement, cycle.id, items)


def _agreement(cycle_id: UUID, items: Sequence[Item]) -> ExpertAgreementOut:
    sheets = statistics.means(one.scored for one in items)
    by_indicator = {
        name: [one.scored for one in items if one.indicator == name]
        for name in sorted({one.indicator for one in items})
    }
    return ExpertAgreementOut(
        cycle_id=cycle_id,
        indicators=[
            _indicator(name, scored)
            for name, scored in {WHOLE_SHEET: sheets, **by_indicator}.items()
        ],
        effects=[
            ExpertEffectOut(
                expert_id=UUID(one.expert_id), sheets=one.sheets, effect=f"{one.effect:.4f}"
            )
            for one in statistics.effects(sheets)
        ],
        outlying_sheets=[UUID(one) for one in statistics.outlying(sheets)],
        groups=[[UUID(case) for case in group] for group in statistics.components(sheets)],
    )


def _indicator(name: str, scored: Sequence[Scored]) -> IndicatorAgreementOut:
    table = _table(scored)
    return IndicatorAgreementOut(
        indicator=name,
        sheets=len(scored),
        cases=len({one.case_id for one in scored}),
        alpha=_figure(table, statistics.interval_alpha),
        icc_single=_figure(table, lambda one: _part(one, 0)),
        icc_panel=_figure(table, lambda one: _part(one, 1)),
    )


def _table(scored: Sequence[Scored]) -> Table:
    """Put the scores of each case into a row; which column one stands in means nothing here."""
    rows: dict[str, list[float]] = {}
    for one in scored:
        rows.setdefault(one.case_id, []).append(one.score)
    width = max((len(row) for row in rows.values()), default=0)
    return np.array([row + [np.nan] * (width - len(row)) for row in rows.values()], dtype=float)


def _part(table: Table, part: int) -> float | None:
    found = statistics.intraclass(table)
    return None if found is None else found[part]


def _figure(table: Table, figure: Callable[[Table], float | None]) -> FigureOut:
    value = figure(table) if table.size else None
    # A figure of exactly 0 has an interval, too.
    found = value is not None
    interval = statistics.bootstrap(table, figure, BOOTSTRAP_SEED, DRAWS) if found else None
    return FigureOut(
        value=None if value is None else f"{value:.6f}",
        low=None if interval is None else f"{interval[0]:.6f}",
        high=None if interval is None else f"{interval[1]:.6f}",
    )
