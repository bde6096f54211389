"""What is read of prices: the seller its own, the centre its own, officials all."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, literal, or_, true, union_all
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.contracts.rules import ContractKind, PartyRole, State
from ip_ledger.contracts.tables import License, TechContract
from ip_ledger.contributions.rules import ContributionKind
from ip_ledger.contributions.tables import Contribution
from ip_ledger.pricing.rules import DealKind
from ip_ledger.pricing.tables import PriceFinding
from shared.auth import Actor
from shared.directory import DirectoryCenter

# What is sold: development and services have no result whose price could be found.
SOLD = (ContractKind.TRANSFER, ContractKind.LICENSE)


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return false()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    return or_(col(PriceFinding.seller_id).in_(actor.org_ids), col(PriceFinding.center_id).in_(own))


def visible_findings(
    actor: Actor, center_id: UUID | None, deal_id: UUID | None
) -> SelectOfScalar[PriceFinding]:
    """Give the select of the findings that the actor may see."""
    statement = select(PriceFinding).where(_visible(actor))
    if center_id is not None:
        statement = statement.where(col(PriceFinding.center_id) == center_id)
    if deal_id is not None:
        statement = statement.where(col(PriceFinding.deal_id) == deal_id)
    return statement


async def deals_without_price(
    session: AsyncSession, center_id: UUID
) -> list[tuple[DealKind, UUID, UUID]]:
    """Name a centre's licenses, sales and results put in as equity with an unexplained price."""

    def unexplained(deal: Any, kind: DealKind, seller: Any) -> Any:  # noqa: ANN401 - SQL
        return rows_of(literal(kind.value), col(deal.id), seller).where(
            col(deal.center_id) == center_id,
            col(deal.state) != State.TERMINATED,
            ~exists().where(col(PriceFinding.deal_id) == col(deal.id)),
        )

    licenses = unexplained(License, DealKind.LICENSE, col(License.licensor_id))
    contracts = unexplained(
        TechContract, DealKind.TECH_CONTRACT, col(TechContract.party_org_id)
    ).where(col(TechContract.kind).in_(SOLD), col(TechContract.role) == PartyRole.SELLER)
    put_in = rows_of(
        literal(DealKind.CONTRIBUTION.value), col(Contribution.id), col(Contribution.org_id)
    ).where(
        col(Contribution.center_id) == center_id,
        col(Contribution.kind) == ContributionKind.EQUITY,
        ~col(Contribution.is_cash),
        ~exists().where(col(PriceFinding.deal_id) == col(Contribution.id)),
    )
    rows = await session.execute(union_all(licenses, contracts, put_in))
    return sorted(((DealKind(k), i, s) for k, i, s in rows), key=lambda one: str(one[1]))
