"""What a row was before a change and is after it, as hashes, on the audit row of that change (X07).

A flush forgets what it has written, so the hashes are taken just before it. Rows that are written
by set, beside the session, are hashed by what their event tells.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from shared.database.base import SharedBase
from shared.events.recording import content_sha256
from shared.events.tables import Audit, Event

NOTED: Final = "noted"


@event.listens_for(Session, "before_flush")
def note_changes(session: Session, *_: object) -> None:
    """Give each new audit row the hashes of its subject, unless its action gave them."""
    noted: dict[UUID, tuple[str | None, str]] = session.info.setdefault(NOTED, {})
    fresh = list(session.new)
    for row in fresh:
        if (key := _key(row)) is not None:
            noted[key] = (noted[key][0] if key in noted else None, content_sha256(_now(row)))
    for row in session.dirty:
        if (key := _key(row)) is not None:
            before = noted[key][0] if key in noted else content_sha256(_before(row))
            noted[key] = (before, content_sha256(_now(row)))
    told = {row.id: row.data for row in fresh if isinstance(row, Event)}
    for row in fresh:
        if isinstance(row, Audit) and row.after_sha256 is None:
            _fill(row, noted, told)


def _fill(
    audit: Audit, noted: Mapping[UUID, tuple[str | None, str]], told: Mapping[UUID, Any]
) -> None:
    if audit.subject_id in noted:
        before, audit.after_sha256 = noted[audit.subject_id]
        audit.before_sha256 = audit.before_sha256 or before
    elif audit.event_id in told and audit.before_sha256 is None:
        audit.after_sha256 = content_sha256(told[audit.event_id])


def _key(row: object) -> UUID | None:
    if isinstance(row, SharedBase):
        return None
    key = getattr(row, "id", None)
    return key if isinstance(key, UUID) else None


def _now(row: object) -> dict[str, Any]:
    state = inspect(row)
    return {name: state.dict[name] for name in state.mapper.column_attrs.keys() & state.dict.keys()}


def _before(row: object) -> dict[str, Any]:
    state = inspect(row)
    content = _now(row)
    for name in content:
        deleted = state.attrs[name].history.deleted
        if deleted:
            content[name] = deleted[0]
    return content
