"""Which paid runs rest on owners, terms or inventors that are believed otherwise by now."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from ip_ledger.agreements.tables import Agreement
from ip_ledger.assets.tables import InventorVersion, OwnershipVersion
from ip_ledger.distributions.rules import RunKind, State
from ip_ledger.distributions.tables import DistributionLine, DistributionRun
from ip_ledger.revenue import queries as revenue
from ip_ledger.revenue.tables import RevenueEvent
from shared.auth import Actor


async def moved_events(
    session: AsyncSession, actor: Actor, asset_id: UUID
) -> dict[UUID, list[UUID]]:
    """Name the income of paid runs whose owners of the day are others now, by run.

    The versions that the lines rest on are laid beside those believed now, in one question. Only
    whoever may see the asset's income learns of it (X04); for others there is none.
    """
    used, now = aliased(OwnershipVersion), aliased(OwnershipVersion)
    covers: Any = col(now.valid_during)
    return await _by_run(
        session,
        _paid_income(actor, asset_id)
        .join(used, col(used.id) == col(DistributionLine.ownership_version_id))
        .outerjoin(
            now,
            and_(
                col(now.asset_id) == col(RevenueEvent.asset_id),
                func.upper_inf(col(now.known_during)),
                covers.op("@>", is_comparison=True)(col(RevenueEvent.received_on)),
            ),
        )
        .where(col(now.origin_id).is_distinct_from(col(used.origin_id))),
    )


async def late_inventor_events(
    session: AsyncSession, actor: Actor, asset_id: UUID
) -> dict[UUID, list[UUID]]:
    """Name the income of paid runs for whose day other inventors were known only afterwards.

    By run, for whoever may see it.
    """
    covers: Any = col(InventorVersion.valid_during)
    return await _by_run(
        session,
        _paid_income(actor, asset_id).join(
            InventorVersion,
            and_(
                col(InventorVersion.asset_id) == col(RevenueEvent.asset_id),
                func.upper_inf(col(InventorVersion.known_during)),
                # A change that was on its way beside the payment is later than the draft at least.
                func.lower(col(InventorVersion.known_during)) >= col(DistributionRun.drafted_at),
                covers.op("@>", is_comparison=True)(col(RevenueEvent.received_on)),
            ),
        ),
    )


async def late_agreement_events(
    session: AsyncSession, actor: Actor, asset_id: UUID
) -> dict[UUID, list[UUID]]:
    """Name the income of paid runs of whose day another agreement was known only afterwards.

    Its order of parties settles ties, and its rates set rewards. By run, for whoever may see it.
    """
    return await _by_run(
        session,
        _paid_income(actor, asset_id).join(
            Agreement,
            and_(
                col(Agreement.center_id) == col(DistributionRun.center_id),
                # Whoever signed last may have waited for the payment, and bears an earlier instant.
                col(Agreement.in_force_at) >= col(DistributionRun.drafted_at),
                col(Agreement.effective_on) <= col(RevenueEvent.received_on),
                or_(
                    col(Agreement.effective_before).is_(None),
                    col(Agreement.effective_before) > col(RevenueEvent.received_on),
                ),
            ),
        ),
    )


def _paid_income(actor: Actor, asset_id: UUID) -> Any:  # noqa: ANN401 - a select of two columns
    """Give the select of an asset's paid runs with their income, as far as the actor may see it."""
    return (
        rows_of(col(DistributionRun.id), col(DistributionLine.event_id))
        .join(DistributionLine, col(DistributionLine.run_id) == col(DistributionRun.id))
        .join(RevenueEvent, col(RevenueEvent.id) == col(DistributionLine.event_id))
        .where(
            col(DistributionLine.asset_id) == asset_id,
            col(DistributionRun.state) == State.PAID,
            col(DistributionRun.kind) == RunKind.DISTRIBUTION,
            revenue.visible(actor),
        )
        .distinct()
        .order_by(col(DistributionRun.id), col(DistributionLine.event_id))
    )


async def _by_run(session: AsyncSession, statement: Any) -> dict[UUID, list[UUID]]:  # noqa: ANN401 - a select of two columns
    grouped: dict[UUID, list[UUID]] = {}
    for run_id, event_id in await session.execute(statement):
        grouped.setdefault(run_id, []).append(event_id)
    return grouped
