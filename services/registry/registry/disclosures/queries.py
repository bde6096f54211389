"""Which decisions are not public yet."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, Subquery, func, literal, union_all
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.applications.tables import Application
from registry.disclosures.rules import DUTIES, NOTICE_TASK
from registry.products.queries import OPEN_NOTICE as NOTICE_OF_PRODUCT
from registry.products.tables import Product
from registry.programme.queries import policies_of_acts, working_days
from registry.publicity.rules import PUBLISH_AWARD
from registry.publicity.tables import Award
from shared.auth import Actor
from shared.calendar import day_of
from shared.disclosures import Outstanding, with_terms
from shared.events.tables import Event
from shared.http import PageRequest, paginate
from shared.tasks import MOST_TASKS, Task, TaskKind

TABLES: Final[Mapping[str, Any]] = {"application": Application, "product": Product, "award": Award}
# Where somebody makes each kind public.
TASKS: Final[Mapping[str, TaskKind]] = {
    "application": NOTICE_TASK,
    "product": NOTICE_OF_PRODUCT,
    "award": PUBLISH_AWARD,
}


def _outstanding() -> Subquery:
    """Select the decisions of every kind with the instant of the newest one of each subject."""
    parts = []
    for duty in DUTIES:
        table = TABLES[duty.kind]
        formed_at = func.max(col(Event.recorded_at))
        parts.append(
            sa_select(
                literal(duty.kind).label("kind"),
                table.id.label("subject_id"),
                table.center_id.label("center_id"),
                formed_at.label("formed_at"),
            )
            .join(Event, col(Event.subject_id) == table.id)
            .where(table.state == duty.state, col(Event.type) == duty.formed_by)
            .group_by(table.id, table.center_id)
        )
    return union_all(*parts).subquery()


async def page_of_outstanding(
    session: AsyncSession, page: PageRequest, today: date
) -> tuple[list[Outstanding], str | None]:
    """Give a page of what is not public yet, the earliest decision first."""
    found = _outstanding()
    statement: Select[Any] = sa_select(found.c.kind, found.c.subject_id, found.c.center_id)
    keys = [found.c.formed_at, found.c.subject_id]
    rows, cursor = await paginate(session, statement.add_columns(found.c.formed_at), page, keys)
    return await _with_terms(session, rows, today), cursor


async def _with_terms(session: AsyncSession, rows: Sequence[Any], today: date) -> list[Outstanding]:
    """Give decisions with their terms, each by the policy of the day on which it was formed."""
    calendar = await working_days(session)
    days = {day_of(formed_at) for *_, formed_at in rows}
    return with_terms(rows, await policies_of_acts(session, days, today), today, calendar)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give what the caller has to make public, by its last working day (X11)."""
    if not actor.has("handler"):
        return []
    found = _outstanding()
    columns = (found.c.kind, found.c.subject_id, found.c.center_id, found.c.formed_at)
    statement = sa_select(*columns).where(found.c.kind.in_(sorted(TASKS)))
    ordered = statement.order_by(found.c.formed_at, found.c.subject_id).limit(MOST_TASKS)
    rows = (await session.execute(ordered)).all()
    return [
        Task(TASKS[one.kind], one.subject_id, one.center_id, one.term.due_on)
        for one in await _with_terms(session, rows, today)
    ]
