"""What a dump reads of each kind for whom, and which dumps there are."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, or_, true
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.base import Base
from registry.centers.tables import Center
from registry.dumps.rules import PUBLIC_FIELDS, Reader
from registry.dumps.tables import Dump, DumpPart
from registry.notices import queries as notices
from registry.products import queries as products
from registry.public import queries as public
from registry.publicity import queries as publicity
from registry.resources import queries as resources
from shared.database.resources import Resource, belongs_to, tables_of
from shared.events.resources import PART, state_of
from shared.events.tables import Event, EventPending, EventPosition
from shared.rules import found

# "zhi chuang dump": one scheduler of the database writes at a time, the others go on.
LOCK: Final = 0x7A63_6475_6D70_0001


def resources_for(reader: Reader) -> list[tuple[Resource, Table]]:
    """Give the kinds of which a reader has a part."""
    told = tables_of(Base.metadata)
    if reader is Reader.PUBLIC:
        return [(one, table) for one, table in told if one.kind in PUBLIC_FIELDS]
    return told


def rows_for(reader: Reader, declared: Resource, table: Table, today: date) -> Select[Any]:
    """Select what a reader has of a kind, in the order of ids."""
    if reader is Reader.PUBLIC:
        chosen = _public(today)[declared.kind]
        columns = [table.columns[name] for name in PUBLIC_FIELDS[declared.kind]]
        narrowed: Select[Any] = chosen.with_only_columns(*columns, maintain_column_froms=True)
        return narrowed.order_by(table.columns["id"])
    statement = sa_select(table).where(_told(declared, table))
    if reader is Reader.OFFICIALS:
        statement = statement.where(_disclosed(table))
    return statement.order_by(table.columns["id"])


async def public_rows(
    session: AsyncSession, kind: str, today: date, most: int
) -> list[dict[str, Any]]:
    """Give what everyone has of a kind, as the API writes it, with the code of the centre."""
    declared, table = next(pair for pair in resources_for(Reader.PUBLIC) if pair[0].kind == kind)
    statement = rows_for(Reader.PUBLIC, declared, table, today).limit(most)
    named = list(PUBLIC_FIELDS[kind])
    if "center_id" in named:
        # Under another name: what selects the rows may look at centres itself.
        center = aliased(Center)
        code = sa_select(col(center.code)).where(col(center.id) == table.columns["center_id"])
        statement = statement.add_columns(code.scalar_subquery().label("center_code"))
    rows = (await session.execute(statement)).mappings()
    return [
        {
            **state_of(table, row),
            **({"center_code": row["center_code"]} if "center_code" in row else {}),
        }
        for row in rows
    ]


def _public(today: date) -> Mapping[str, SelectOfScalar[Any]]:
    """Give what the public's own lists select; no kind has a second opinion here."""
    return {
        "award": publicity.awards(None),
        "center": public.listed_centers(),
        "first_purchase": products.first_purchases(),
        "product": products.catalogue(),
        "public_notice": notices.notices(),
        "publicity_item": publicity.cases(),
        "service_offering": resources.public_offerings(today),
        "shared_resource": resources.public_resources(),
    }


def _told(declared: Resource, table: Table) -> ColumnElement[bool]:
    if declared.untold is None:
        return true()
    name, values = declared.untold
    return table.columns[name].not_in(sorted(values))


def _disclosed(table: Table) -> ColumnElement[bool]:
    """Give the condition that rows are no draft of a centre that was never submitted (X04)."""
    centers = Base.metadata.tables[Center.__tablename__]
    if table is centers:
        return or_(
            table.columns["disclosed_at"].is_not(None), table.columns["listed_on"].is_not(None)
        )
    key = belongs_to(table, Center.__tablename__)
    if key is None:
        return true()
    owner = key.column.table
    open_owners = sa_select(key.column).where(_disclosed(owner))
    return or_(key.parent.is_(None), key.parent.in_(open_owners))


async def locked(connection: AsyncConnection) -> bool:
    """Take the writer's lock until the transaction ends, unless another scheduler has it."""
    return bool(await connection.scalar(sa_select(func.pg_try_advisory_xact_lock(LOCK))))


async def position_now(connection: AsyncConnection) -> int:
    """Give the feed's position in the connection's snapshot."""
    return await connection.scalar(sa_select(func.max(EventPosition.position))) or 0


async def anything_unnumbered(connection: AsyncConnection) -> bool:
    """Tell whether the snapshot holds a change that has no position yet."""
    statement = sa_select(col(EventPending.event_id)).limit(1)
    return await connection.scalar(statement) is not None


def dumps() -> SelectOfScalar[Dump]:
    """Select the dumps that are kept."""
    return select(Dump)


async def dump_of_day(session: AsyncSession, day: date) -> Dump | None:
    """Give the dump of a day, if it is written."""
    dump: Dump | None = await session.scalar(select(Dump).where(col(Dump.day) == day))
    return dump


async def parts_of(
    session: AsyncSession, dump_ids: Sequence[UUID], reader: Reader
) -> dict[UUID, list[DumpPart]]:
    """Give the parts of dumps that a reader has, by kind."""
    statement = (
        select(DumpPart)
        .where(col(DumpPart.dump_id).in_(dump_ids), col(DumpPart.reader) == reader)
        .order_by(col(DumpPart.kind))
    )
    parts: dict[UUID, list[DumpPart]] = {dump_id: [] for dump_id in dump_ids}
    for part in await session.scalars(statement):
        parts[part.dump_id].append(part)
    return parts


async def part_found(session: AsyncSession, dump_id: UUID, reader: Reader, kind: str) -> DumpPart:
    """Give a part that a reader has; NOT_FOUND otherwise."""
    return found(await session.get(DumpPart, (dump_id, reader, kind)))


async def old_dumps(session: AsyncSession, before: date) -> Sequence[Dump]:
    """Give the dumps of the days before one."""
    return (await session.scalars(select(Dump).where(col(Dump.day) < before))).all()


async def hashes_of(session: AsyncSession, dump_ids: Sequence[UUID]) -> frozenset[str]:
    """Name the files of dumps that no other dump has."""
    mine = col(DumpPart.dump_id).in_(dump_ids)
    others = sa_select(col(DumpPart.sha256)).where(~mine)
    statement = select(DumpPart.sha256).where(mine, col(DumpPart.sha256).not_in(others))
    return frozenset((await session.scalars(statement)).all())


async def newest_position(session: AsyncSession) -> int:
    """Give the position at which the feed stands."""
    return await session.scalar(select(func.max(EventPosition.position))) or 0


def changes_between(after: int, until: int) -> Select[Any]:
    """Select the last event of each resource that changed after a position, up to another."""
    last = (
        sa_select(Event, col(EventPosition.position))
        .join(EventPosition, col(EventPosition.event_id) == col(Event.id))
        .where(
            and_(col(EventPosition.position) > after, col(EventPosition.position) <= until),
            col(Event.data).has_key(PART),  # type: ignore[attr-defined]  # JSONB's operator
        )
        .ext(distinct_on(col(Event.subject_id)))
        .order_by(col(Event.subject_id), col(EventPosition.position).desc())
        .subquery()
    )
    return sa_select(last).order_by(last.c.position)


def event_of(row: Row[Any]) -> Event:
    """Give the event of a row of a delta."""
    return Event(
        id=row.id, seq=row.seq, type=row.type, subject_id=row.subject_id, center_id=row.center_id,
        data=row.data, recorded_at=row.recorded_at,
    )  # fmt: skip
