"""What became of resources in a transaction, told by the events that are written with it.

The event of a change carries the resource as it stands then. What changes after its event, or
beside the one that the event is about, is told by an event of its own before the commit, so that
the feed alone always leads to the state of the tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, event, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from shared.auth.actor import Actor
from shared.database.resources import Resource, belongs_to, is_told, resource_of
from shared.events.history import NOTED
from shared.events.recording import RECORDER, record
from shared.events.resources import PART, part_of, state_of, state_of_row
from shared.events.tables import Event

KEPT: Final = "changes"
CENTER: Final = "center"
CLERK: Final = Actor.system("events")


@dataclass(slots=True)
class Change:
    """A row that this transaction makes, changes or takes away."""

    row: Any
    declared: Resource
    before: dict[str, Any] | None
    told: list[tuple[Event, dict[str, Any] | None]] = field(default_factory=list)
    gone: bool = False

    def now(self) -> dict[str, Any] | None:
        """Give the row as it stands, or nothing where it is taken away."""
        state = inspect(self.row)
        if self.gone or state.deleted or state.detached or state.transient:
            return None
        return state_of_row(self.row)

    def last(self) -> dict[str, Any] | None:
        """Give what the feed will have of the row so far; an event that was rolled back is none."""
        for written, state in reversed(self.told):
            kept = inspect(written)
            if kept.persistent or kept.pending:
                return None if state is None else dict(state)
        return self.before


@event.listens_for(Session, "before_flush")
def tell_changes(session: Session, *_: object) -> None:
    """Give each new event the resource that it is about, if that has changed."""
    fresh = list(session.new)
    changes = _changes(session)
    for row in fresh:
        _note(changes, row, None)
    for row in session.dirty:
        if session.is_modified(row):
            _note(changes, row, _before(row))
    for row in session.deleted:
        _note(changes, row, _before(row))
        if (change := changes.get(_key(row))) is not None:
            change.gone = True
    for row in fresh:
        if isinstance(row, Event) and (change := changes.get(row.subject_id)) is not None:
            _tell(change, row)


@event.listens_for(Session, "before_commit")
def tell_the_rest(session: Session) -> None:
    """Write an event for each change that no event has told, before the outermost commit."""
    if session.in_nested_transaction() or not _possible(session):
        return
    session.flush()
    for change in list(_changes(session).values()):
        before, now = change.last(), change.now()
        if before == now:
            continue
        verb = "removed" if now is None else "entered" if before is None else "changed"
        _record(session, change, f"{change.declared.kind}.{verb}", now or before or {})


def settle(session: Session) -> None:
    """End a change inside a transaction as its commit would, so that another one may follow."""
    tell_the_rest(session)
    session.flush()
    for name in (KEPT, NOTED, RECORDER):
        session.info.pop(name, None)
    # What comes next reads its rows anew, as a transaction of its own would.
    session.expunge_all()


@event.listens_for(Session, "after_transaction_end")
def forget(session: Session, transaction: SessionTransaction) -> None:
    """Forget the changes of a transaction that has ended."""
    if transaction.parent is None:
        session.info.pop(KEPT, None)


def made(session: AsyncSession, row: object) -> None:
    """Say that a row came by a statement of its own, so that it is told like one of the session."""
    _note(_changes(session.sync_session), row, None)


def _possible(session: Session) -> bool:
    """Tell whether there may be something to tell; a session that wrote nothing has no changes."""
    return bool(session.info.get(KEPT) or session.new or session.dirty or session.deleted)


def _changes(session: Session) -> dict[UUID | None, Change]:
    kept: dict[UUID | None, Change] = session.info.setdefault(KEPT, {})
    return kept


def _key(row: object) -> UUID | None:
    key = getattr(row, "id", None)
    return key if isinstance(key, UUID) else None


def _note(
    changes: dict[UUID | None, Change],
    row: object,
    before: Mapping[str, Any] | None,
) -> None:
    table = inspect(row).mapper.local_table
    declared = resource_of(table)
    if declared is None or _key(row) in changes or not is_told(declared, row):
        return
    stood = None if before is None else state_of(table, before)
    changes[_key(row)] = Change(row, declared, stood)


def _before(row: object) -> dict[str, Any]:
    state = inspect(row)
    content = {}
    for name in (column.key for column in state.mapper.columns):
        deleted = state.attrs[name].history.deleted
        content[name] = deleted[0] if deleted else getattr(row, name)
    return content


def _tell(change: Change, written: Event) -> None:
    before, now = change.last(), change.now()
    if before == now:
        return
    written.data = {**written.data, PART: part_of(change.declared, before, now)}
    change.told.append((written, now))


def _record(session: Session, change: Change, event_type: str, state: Mapping[str, Any]) -> None:
    record(
        session,
        session.info.get(RECORDER, CLERK),
        event_type,
        UUID(state["id"]),
        center_id=_center_of(session, change.row),
    )


def _center_of(session: Session, row: Any) -> UUID | None:  # noqa: ANN401 - any mapped row
    """Give the centre that a row is, or on which it hangs by way of others."""
    mapper = inspect(row).mapper
    table: Table = mapper.local_table
    key = None if table.name == CENTER else belongs_to(table, CENTER)
    if key is None:
        center: UUID | None = row.id if table.name == CENTER else None
        return center
    owner: UUID | None = getattr(row, key.parent.name)
    if owner is None or key.column.table.name == CENTER:
        return owner
    classes = {one.local_table: one.class_ for one in mapper.registry.mappers}
    return _center_of(session, session.get_one(classes[key.column.table], owner))
