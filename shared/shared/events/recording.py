"""Writing the audit row and the event of a change, together and with the change."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from shared.auth.actor import Actor
from shared.clock import Clock
from shared.database.base import new_id
from shared.events.tables import Audit, Event, EventPending

# Under this name a session knows who records; what it commits then waits for a position.
RECORDER: Final = "recorder"
# What a session is told by once that is committed: the sequencer need not wait for its next look.
COMMITTED: Final = "committed"
AS_IT_IS: Final = frozenset({str, int, bool, type(None)})


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
    # What `resources.part_of` gives of the row, where the rows are resources.
    resource: Mapping[str, Any] | None = None


def plain(value: Any) -> Any:  # noqa: ANN401 - any value that an action may mention
    """Turn ids, days, instants, enums and nested values into what JSON can hold."""
    # Most values are what they have to be: asking for their type alone costs a tenth.
    if type(value) in AS_IT_IS:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        # A stored document may have hundreds of kilobytes; its own hash says as much.
        return hashlib.sha256(value).hexdigest()
    # A subclass stays what it is; an id, and what else there is, becomes text.
    return value if isinstance(value, int | str) else str(value)


def content_sha256(content: object) -> str:
    """Hash a value's canonical JSON: sorted keys, no spaces, UTF-8."""
    return hashlib.sha256(canonical(plain(content)).encode()).hexdigest()


# Made once: with options of one's own, `json.dumps` makes an encoder for each value.
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(content: object) -> str:
    """Write a plain value's canonical JSON."""
    return _CANONICAL.encode(content)


@sqlalchemy_event.listens_for(Session, "after_commit")
def tell_committed(session: Session) -> None:
    """Say that something recorded was committed, whoever did it: a request, a job, a consumer."""
    told = session.info.get(COMMITTED)
    if told is not None and RECORDER in session.info:
        told.set()


def record(
    session: AsyncSession | Session,
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
    **data: object,
) -> Event:
    """Record a change: its event and its audit row, in the caller's transaction.

    `case_id` and `capacity` say who acted as what in a case, since separation of duties crosses
    services (X03). Person ids only, never names. `before` and `after` are kept as hashes; where
    they are not given, the subject's row itself is hashed at the flush (`history`).
    """
    clock: Clock = session.info["clock"]
    # What else this transaction changes is told in the name of the same person.
    session.info[RECORDER] = actor
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


# The end of a statement that tells of a set of changes: events, what waits for a position, audit
# rows. `named` holds a row for each, in the order of the feed; `data` is what the event says.
TELL: Final = """
    told AS (
        INSERT INTO event (id, type, subject_id, center_id, data, recorded_at)
        SELECT event_id, type, subject_id, center_id, data, :at FROM named
    ), waiting AS (
        INSERT INTO event_pending (event_id) SELECT event_id FROM named
    ), proven AS (
        INSERT INTO audit (
            id, event_id, action, subject_id, person_id, client_id, before_sha256, after_sha256,
            reason, at
        )
        SELECT audit_id, event_id, type, subject_id, :person_id, :client_id, before_sha256,
               after_sha256, reason, :at
          FROM named
    )
"""
# One statement and one array per column, however many rows; `place` keeps their order in the feed.
RECORD_MANY: Final = text(
    f"""
    WITH named AS MATERIALIZED (
        SELECT row.*, CAST(:type AS text) AS type, CAST(content AS jsonb) AS data
          FROM unnest(
            CAST(:ids AS uuid[]), CAST(:audit_ids AS uuid[]), CAST(:subjects AS uuid[]),
            CAST(:centers AS uuid[]), CAST(:contents AS text[]), CAST(:before AS text[]),
            CAST(:after AS text[]), CAST(:reasons AS text[])
        ) WITH ORDINALITY AS row (
            event_id, audit_id, subject_id, center_id, content, before_sha256, after_sha256,
            reason, place
        )
        ORDER BY place
    ), {TELL}
    SELECT count(*) FROM named
    """  # noqa: S608 - a constant of this module
)


def _content_of(actor: Actor, row: EventRow) -> dict[str, Any]:
    content = _content(actor, row.center_id, None, None, row.data)
    return content if row.resource is None else {**content, "resource": dict(row.resource)}


async def record_many(
    session: AsyncSession, actor: Actor, event_type: str, rows: Sequence[EventRow]
) -> None:
    """Record a set of changes of one type: one statement, however many rows."""
    if not rows:
        return
    clock: Clock = session.info["clock"]
    session.info[RECORDER] = actor
    contents = [canonical(_content_of(actor, row)) for row in rows]
    values = {
        "type": event_type,
        "person_id": actor.person_id,
        "client_id": actor.client_id,
        "at": clock.now(),
        "ids": [new_id() for _ in rows],
        "audit_ids": [new_id() for _ in rows],
        "subjects": [row.subject_id for row in rows],
        "centers": [row.center_id for row in rows],
        "contents": contents,
        "before": [row.before_sha256 for row in rows],
        "after": [
            row.after_sha256 or hashlib.sha256(content.encode()).hexdigest()
            for row, content in zip(rows, contents, strict=True)
        ],
        "reasons": [row.reason for row in rows],
    }
    await session.execute(RECORD_MANY, values)
