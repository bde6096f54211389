"""Explanations and statements over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from ip_ledger.distributions.explanation_rules import exact_text
from ip_ledger.distributions.routes import READERS
from ip_ledger.statements import charts, queries, statement_routes
from ip_ledger.statements.schemas import (
    ExplainedFigureOut,
    ExplainedLineOut,
    ExplainedRunOut,
    FigureSourceOut,
)
from ip_ledger.statements.tree_rules import Node
from ip_ledger.statements.words import sentence
from shared.http import CurrentActor, Language, Reading, Router, access, problems
from shared.http.schemas import fen
from shared.rules import found

router = Router(prefix="/v1/ip-ledger", tags=["distributions"])
ROUTERS: Final = (router, statement_routes.router)

# A picture is looked at alone or in a page: it loads nothing and runs nothing.
PICTURE: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, no-cache",
}


@router.get(
    "/distribution-runs/{run_id}/explanation",
    operation_id="ip_ledger_explain_distribution",
    openapi_extra=access("member", "official", tenant=READERS, rules=("A086",)),
    responses=problems("NOT_FOUND"),
)
async def explain_run(run_id: UUID, actor: CurrentActor, session: Reading) -> ExplainedRunOut:
    """Explain every line of a run as a tree, in Chinese and English, down to records and leaves."""
    run = await queries.explained_run(session, actor, run_id)
    return ExplainedRunOut(
        run_id=run.row.id,
        net=fen(run.row.net_fen),
        lines=[
            ExplainedLineOut(
                line_id=line.row.id,
                payee_id=line.row.payee_id,
                payee_name=line.payee_name,
                revenue_event_id=line.row.event_id,
                amount=fen(line.row.amount_fen),
                tree=_figure(line.tree, run.row.currency, run.leaves),
            )
            for line in run.lines
        ],
    )


def _figure(node: Node, currency: str, leaves: Mapping[UUID, int]) -> ExplainedFigureOut:
    source = node.source
    return ExplainedFigureOut(
        step=node.step,
        part=node.part,
        zh=sentence(node, currency, "zh"),
        en=sentence(node, currency, "en"),
        clause=node.clause,
        amount=None if node.amount_fen is None else fen(node.amount_fen),
        exact=None if node.exact is None else exact_text(node.exact),
        ppm=node.ppm,
        rank=node.rank,
        source=None
        if source is None
        else FigureSourceOut(kind=source.kind, id=source.id, leaf_index=leaves.get(source.id)),
        made_of=[_figure(one, currency, leaves) for one in node.made_of],
    )


@router.get(
    "/distribution-runs/{run_id}/waterfall.svg",
    operation_id="ip_ledger_draw_distribution",
    openapi_extra=access("member", "official", tenant=READERS, rules=("A086",)),
    responses=problems("NOT_FOUND"),
    response_class=Response,
)
async def draw_run(
    run_id: UUID,
    actor: CurrentActor,
    session: Reading,
    language: Language,
    line_id: Annotated[UUID | None, Query(description="Only this line, else the run.")] = None,
) -> Response:
    """Draw how gross income became what each payee gets."""
    run = await queries.explained_run(session, actor, run_id)
    if line_id is None:
        drawn = charts.run_waterfall(run.lines, language)
    else:
        wanted = next((one for one in run.lines if one.row.id == line_id), None)
        drawn = charts.line_waterfall(found(wanted), language)
    return Response(drawn, media_type="image/svg+xml", headers=PICTURE)
