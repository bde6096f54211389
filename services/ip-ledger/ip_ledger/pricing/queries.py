"""What is read of prices: the seller its own, the centre its own, officials all."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    exists,
    false,
    literal,
    or_,
    true,
    union_all,
)
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.contracts.rules import ContractKind, PartyRole, State
from ip_ledger.contracts.tables import License, TechContract
from ip_ledger.contributions.rules import ContributionKind
from ip_ledger.contributions.tables import Contribution
from ip_ledger.pricing.rules import PRICING, DealKind
from ip_ledger.pricing.tables import PriceFinding
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.tasks import MOST_TASKS, Task, TaskKind

# What is sold: development and services have no result whose price could be found.
SOLD = (ContractKind.TRANSFER, ContractKind.LICENSE)
EXPLAIN_PRICE: Final = TaskKind(
    "explain_price",
    "说明成果交易价格如何形成",
    "Say how the price of a deal was found",
    PRICING,
    "POST",
    "/v1/ip-ledger/price-findings",
)


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
    deals = _unexplained().subquery()
    rows = await session.execute(
        rows_of(deals.c.deal, deals.c.id, deals.c.seller_id).where(deals.c.center_id == center_id)
    )
    return sorted(((DealKind(k), i, s) for k, i, s in rows), key=lambda one: str(one[1]))


def _unexplained() -> CompoundSelect[str, UUID, UUID, UUID]:
    """Give the select of the deals whose price nobody has explained: kind, deal, centre, seller."""
    priced = col(PriceFinding.deal_id)
    licenses: Select[str, UUID, UUID, UUID] = rows_of(
        literal(DealKind.LICENSE.value).label("deal"),
        col(License.id).label("id"),
        col(License.center_id).label("center_id"),
        col(License.licensor_id).label("seller_id"),
    ).where(
        col(License.state) != State.TERMINATED,
        ~exists().where(priced == col(License.id)),
    )
    contracts = rows_of(
        literal(DealKind.TECH_CONTRACT.value),
        col(TechContract.id),
        col(TechContract.center_id),
        col(TechContract.party_org_id),
    ).where(
        col(TechContract.state) != State.TERMINATED,
        col(TechContract.kind).in_(SOLD),
        col(TechContract.role) == PartyRole.SELLER,
        ~exists().where(priced == col(TechContract.id)),
    )
    put_in = rows_of(
        literal(DealKind.CONTRIBUTION.value),
        col(Contribution.id),
        col(Contribution.center_id),
        col(Contribution.org_id),
    ).where(
        col(Contribution.kind) == ContributionKind.EQUITY,
        ~col(Contribution.is_cash),
        ~exists().where(priced == col(Contribution.id)),
    )
    return union_all(licenses, contracts, put_in)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the deals whose price the caller's organization sold at and has not explained (A030)."""
    del today  # The law sets no last day.
    if actor.org_id is None or not actor.has("member"):
        return []
    deals = _unexplained().subquery()
    rows = await session.execute(
        rows_of(deals.c.id, deals.c.center_id)
        .where(deals.c.seller_id.in_(actor.org_ids))
        .order_by(deals.c.id)
        .limit(MOST_TASKS)
    )
    return [Task(EXPLAIN_PRICE, deal_id, center_id) for deal_id, center_id in rows]
