"""What explanations and statements rest on; who may see it is asked of the run."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.distributions import queries as distributions
from ip_ledger.distributions.tables import DistributionLine, DistributionReward, DistributionRun
from ip_ledger.log import queries as log
from ip_ledger.statements.tree_rules import (
    LineToExplain,
    Node,
    RewardToExplain,
    line_tree,
)
from shared.auth import Actor
from shared.directory import organizations_of


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line with its tree."""

    row: DistributionLine
    payee_name: str | None
    tree: Node


@dataclass(frozen=True, slots=True)
class ExplainedRun:
    """A run with the trees of its lines, and the leaves of the records that they name."""

    row: DistributionRun
    lines: Sequence[ExplainedLine]
    leaves: dict[UUID, int]


async def explained_run(session: AsyncSession, actor: Actor, run_id: UUID) -> ExplainedRun:
    """Explain a run that the actor may see, else NOT_FOUND: six queries, however many lines."""
    run = await distributions.visible_run(session, actor, run_id)
    former = [] if run.reverses_id is None else [run.reverses_id]
    rows = await distributions.lines_of(session, [run.id, *former])
    rewards = await distributions.rewards_of(session, [run.id])
    own = [row for row in rows if row.run_id == run.id]
    undone = {row.place: row.id for row in rows if row.run_id != run.id}
    owed = {(one.event_id, one.owner_id): _reward(one) for one in rewards}
    names = await organizations_of(session, {row.payee_id for row in own})
    lines = [
        ExplainedLine(
            row,
            names[row.payee_id].name if row.payee_id in names else None,
            line_tree(
                LineToExplain(row.id, row.amount_fen, row.explanation, undone.get(row.place)),
                owed.get((row.event_id, row.payee_id)),
            ),
        )
        for row in own
    ]
    sources = {node.source.id for line in lines for node in line.tree.walk() if node.source}
    return ExplainedRun(run, lines, await log.leaf_indexes_of(session, sources))


def _reward(row: DistributionReward) -> RewardToExplain:
    return RewardToExplain(
        id=row.id,
        amount_fen=row.amount_fen,
        floor_fen=row.floor_fen,
        rate_ppm=row.rate_ppm,
        rule=row.rule,
        inventors=[(UUID(one["person_id"]), one["amount_fen"]) for one in row.inventors],
    )
