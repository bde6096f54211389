"""What is read of products, and who may see what.

Officials and services see all; a maker and its centre see their own from the nomination on;
agencies and everyone else see what is or was in the catalogue (X04).
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import spoken_for_by
from registry.centers.tables import Center
from registry.directory.queries import centers_of
from registry.notices.rules import State as NoticeState
from registry.notices.tables import PublicNotice
from registry.products.rules import CATALOGUE, ProductKind, ProductState
from registry.products.tables import FirstPurchase, Product, ProductCall
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind

LISTED: Final = (ProductState.CATALOGUED, ProductState.REMOVED)
CORRECT: Final = TaskKind(
    "product.correct",
    "补正创新产品申报",
    "Correct the nomination of a product",
    CATALOGUE,
    "PUT",
    "/v1/registry/products/{id}",
)
REVIEW: Final = TaskKind(
    "product.review",
    "审核创新产品申报",
    "Review the nomination of a product",
    CATALOGUE,
    "POST",
    "/v1/registry/products/{id}/reviews",
)
OPEN_NOTICE: Final = TaskKind(
    "product.notice",
    "公示拟入选的创新产品",
    "Open the notice of a product",
    CATALOGUE,
    "POST",
    "/v1/registry/products/{id}/notice",
)
ENTER: Final = TaskKind(
    "product.catalogue",
    "将公示期满的产品列入目录",
    "Enter a product whose notice is over",
    CATALOGUE,
    "POST",
    "/v1/registry/products/{id}/catalogue",
)


def calls() -> SelectOfScalar[ProductCall]:
    """Select the calls for the catalogue; they are public."""
    return select(ProductCall)


async def call_found(session: AsyncSession, call_id: UUID) -> ProductCall:
    """Give a call; an unknown one is NOT_FOUND."""
    return found(await session.get(ProductCall, call_id))


def products(
    actor: Actor,
    today: date,
    *,
    center_id: UUID | None = None,
    kind: ProductKind | None = None,
    state: ProductState | None = None,
) -> SelectOfScalar[Product]:
    """Select the products that the actor may see (X04)."""
    statement = select(Product)
    if not actor.has("official", "service"):
        statement = statement.where(
            or_(
                col(Product.state).in_(LISTED),
                col(Product.maker_org_id).in_(actor.org_ids),
                col(Product.center_id).in_(centers_of(actor.org_ids, today)),
            )
        )
    if center_id is not None:
        statement = statement.where(col(Product.center_id) == center_id)
    if kind is not None:
        statement = statement.where(col(Product.kind) == kind)
    if state is not None:
        statement = statement.where(col(Product.state) == state)
    return statement


async def product_seen(
    session: AsyncSession, actor: Actor, product_id: UUID, today: date
) -> Product:
    """Give a product that the actor may see."""
    statement = products(actor, today).where(col(Product.id) == product_id)
    return found(await session.scalar(statement))


async def product_for_update(
    session: AsyncSession, actor: Actor, product_id: UUID, today: date
) -> Product:
    """Load and lock a product that the actor may see."""
    statement = products(actor, today).where(col(Product.id) == product_id).with_for_update()
    return found(await session.scalar(statement))


async def speaks_for(session: AsyncSession, actor: Actor, product: Product) -> bool:
    """Tell whether the actor acts for the maker or for the centre."""
    if product.maker_org_id in actor.org_ids:
        return True
    statement = select(Center.id).where(
        col(Center.id) == product.center_id, spoken_for_by(actor.org_ids)
    )
    return await session.scalar(statement) is not None


def catalogue(
    kind: ProductKind | None = None, valid_on: date | None = None, year: int | None = None
) -> SelectOfScalar[Product]:
    """Select what the catalogue holds; what was removed stays to be seen for the days it held."""
    statement = select(Product)
    if valid_on is None:
        statement = statement.where(col(Product.state) == ProductState.CATALOGUED)
    else:
        statement = statement.where(
            col(Product.state).in_(LISTED),
            col(Product.valid_from) <= valid_on,
            col(Product.valid_to) >= valid_on,
        )
    if kind is not None:
        statement = statement.where(col(Product.kind) == kind)
    if year is not None:
        statement = statement.where(col(Product.year) == year)
    return statement


async def whole_catalogue(
    session: AsyncSession, kind: ProductKind | None, valid_on: date | None, most: int
) -> Sequence[Product]:
    """Give the catalogue in the order of its numbers, up to a bound."""
    ordered = catalogue(kind, valid_on).order_by(col(Product.catalog_no)).limit(most)
    return (await session.scalars(ordered)).all()


async def center_codes(session: AsyncSession, center_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the public codes of centres."""
    statement = select(Center.id, Center.code).where(col(Center.id).in_(center_ids))
    return {row[0]: row[1] or "" for row in (await session.execute(statement)).all()}


def first_purchases(
    actor: Actor | None = None, *, product_id: UUID | None = None, late: bool | None = None
) -> SelectOfScalar[FirstPurchase]:
    """Select first purchases: public, but withdrawn ones are for officials and who entered them."""
    statement = select(FirstPurchase)
    if actor is None or not actor.has("official", "service"):
        shown: list[ColumnElement[bool]] = [col(FirstPurchase.withdrawn_at).is_(None)]
        if actor is not None:
            shown.append(col(FirstPurchase.recorded_by) == actor.person_id)
        statement = statement.where(or_(*shown))
    if product_id is not None:
        statement = statement.where(col(FirstPurchase.product_id) == product_id)
    if late is not None:
        statement = statement.where(col(FirstPurchase.late) == late)
    return statement


async def first_purchase_seen(
    session: AsyncSession, actor: Actor, purchase_id: UUID
) -> FirstPurchase:
    """Give a first purchase that the actor may see."""
    statement = first_purchases(actor).where(col(FirstPurchase.id) == purchase_id)
    return found(await session.scalar(statement))


async def first_purchase_for_update(
    session: AsyncSession, actor: Actor, purchase_id: UUID
) -> FirstPurchase:
    """Load and lock a first purchase that the actor may see."""
    statement = first_purchases(actor).where(col(FirstPurchase.id) == purchase_id)
    return found(await session.scalar(statement.with_for_update()))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the steps of nominations that the caller may take next (A144)."""
    tasks: list[Task] = []
    if actor.has("reviewer"):
        tasks += await _waiting(session, ProductState.NOMINATED, REVIEW)
    if actor.has("approver"):
        over = select(PublicNotice.subject_id).where(
            col(PublicNotice.state) == NoticeState.OPEN, col(PublicNotice.closes_on) < today
        )
        tasks += await _waiting(session, ProductState.NOTICED, ENTER, col(Product.id).in_(over))
    if actor.has("member") and actor.org_id is not None:
        own = select(Center.id).where(spoken_for_by(actor.org_ids))
        made = col(Product.maker_org_id).in_(actor.org_ids)
        concerned = or_(made, col(Product.center_id).in_(own))
        tasks += await _waiting(session, ProductState.RETURNED, CORRECT, concerned)
    return tasks


async def _waiting(
    session: AsyncSession, state: ProductState, kind: TaskKind, *more: ColumnElement[bool]
) -> list[Task]:
    statement = (
        select(Product)
        .where(col(Product.state) == state, *more)
        .order_by(col(Product.id))
        .limit(MOST_TASKS)
    )
    rows = (await session.scalars(statement)).all()
    return [Task(kind, row.id, row.center_id) for row in rows]
