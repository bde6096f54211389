"""Writing the audit row and the event of a change, together and with the change."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.actor import Actor
from shared.clock import Clock
from shared.database.base import new_id
from shared.events.tables import Audit, Event, EventPending


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a set: what `record()` takes, for `record_many()`."""

    subject_id: UUID
    center_id: UUID | None
    data: Mapping[str, Any]
    # Hashes of the row before and after, where the set knows them; else its event is hashed.
    before_sha256: str | None = None
    after_sha256: str | None = None
    reason: str | None = None


def plain(value: Any) -> Any:  # noqa: ANN401 - any value that an action may mention
    """Turn ids, days, instants, enums and nested values into what JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | str) or value is None:
        return value
    return str(value)


def content_sha256(content: Any) -> str:  # noqa: ANN401 - any plain value
    """Hash a value's canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(plain(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def record(
    session: AsyncSession,
    actor: Actor,
    event_type: str,
    subject_id: UUID,
    /,
    *,
    center_id: UUID | None = None,
    case_id: UUID | None = None,
    capacity: str | None = None,
    reason: str | None = None,
    before: Any = None,  # noqa: ANN401 - hashed, whatever it is
    after: Any = None,  # noqa: ANN401 - hashed, whatever it is
    **data: Any,  # noqa: ANN401 - JSON values; ids and days are turned to text
) -> Event:
    """Record a change: its event and its audit row, in the caller's transaction.

    `case_id` and `capacity` say who acted as what in a case, since separation of duties crosses
    services (X03). Person ids only, never names. `before` and `after` are kept as hashes; where
    they are not given, the subject's row itself is hashed at the flush (`history`).
    """
    clock: Clock = session.info["clock"]
    at = clock.now()
    event = Event(
        type=event_type,
        subject_id=subject_id,
        center_id=center_id,
        data=_content(actor, center_id, case_id, capacity, data),
        recorded_at=at,
    )
    audit = Audit(
        event_id=event.id,
        action=event_type,
        subject_id=subject_id,
        person_id=actor.person_id,
        client_id=actor.client_id,
        before_sha256=None if before is None else content_sha256(before),
        after_sha256=None if after is None else content_sha256(after),
        reason=reason,
        at=at,
    )
    session.add_all([event, EventPending(event_id=event.id), audit])
    return event


def _content(
    actor: Actor,
    center_id: UUID | None,
    case_id: UUID | None,
    capacity: str | None,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    content = {"person_id": str(actor.person_id), **{k: plain(v) for k, v in data.items()}}
    if center_id is not None:
        content["center_id"] = str(center_id)
    if case_id is not None:
        content["case_id"] = str(case_id)
    if capacity is not None:
        content["capacity"] = capacity
    return content


async def record_many(
    session: AsyncSession, actor: Actor, event_type: str, rows: Sequence[EventRow]
) -> None:
    """Record a set of changes of one type: three statements, however many rows."""
    if not rows:
        return
    clock: Clock = session.info["clock"]
    at = clock.now()
    ids = [new_id() for _ in rows]
    contents = [_content(actor, row.center_id, None, None, row.data) for row in rows]
    await session.execute(
        insert(Event),
        [
            {
                "id": event_id,
                "type": event_type,
                "subject_id": row.subject_id,
                "center_id": row.center_id,
                "data": content,
                "recorded_at": at,
            }
            for event_id, row, content in zip(ids, rows, contents, strict=True)
        ],
    )
    await session.execute(insert(EventPending), [{"event_id": event_id} for event_id in ids])
    await session.execute(
        insert(Audit),
        [
            {
                "id": new_id(),
                "event_id": event_id,
                "action": event_type,
                "subject_id": row.subject_id,
                "person_id": actor.person_id,
                "client_id": actor.client_id,
                "before_sha256": row.before_sha256,
                "after_sha256": row.after_sha256 or content_sha256(content),
                "reason": row.reason,
                "at": at,
            }
            for event_id, row, content in zip(ids, rows, contents, strict=True)
        ],
    )
