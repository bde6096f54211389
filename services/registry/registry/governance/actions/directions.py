"""A centre's research directions: proposed, advised on by its committee, closed (A081)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import writable_checks
from registry.centers.tables import Center
from registry.files.queries import file_for
from registry.governance import queries, rules
from registry.governance.rules import DirectionEvent, Opinion
from registry.governance.tables import GovernanceBody, ResearchDirection
from registry.programme.queries import known_fields
from shared.auth import Actor
from shared.events import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class DirectionContent:
    """What a research direction is about."""

    title: str
    summary: str
    field_code: str | None = None


async def propose_direction(
    session: AsyncSession, actor: Actor, center: Center, content: DirectionContent, now: datetime
) -> ResearchDirection:
    """Propose a research direction; the technical committee says what it thinks (A081).

    Raises `Refused`: CODE_UNKNOWN or STATE_CONFLICT.
    """
    known = await known_fields(session)
    require([*writable_checks(center.stage), *rules.field_checks(content.field_code, known)])
    row = ResearchDirection(
        center_id=center.id,
        title=content.title,
        summary=content.summary,
        field_code=content.field_code,
        at=now,
    )
    session.add(row)
    record(
        session, actor, "direction.proposed", row.id, center_id=center.id, after=row.state,
        title=row.title,
    )  # fmt: skip
    return row


@dataclass(frozen=True, slots=True)
class Advice:
    """What the committee said of a direction, and when."""

    opinion: Opinion
    text: str
    given_on: date
    file_id: UUID | None = None


async def advise(
    session: AsyncSession,
    actor: Actor,
    direction: ResearchDirection,
    body: GovernanceBody,
    advice: Advice,
    today: date,
) -> ResearchDirection:
    """Record the technical committee's opinion: it adopts a direction or rejects it (A081).

    Raises `Refused`: NOT_FOUND, GOV_BODY_COMPOSITION for another body, DAY_IN_FUTURE,
    BODY_NOT_IN_OFFICE or STATE_CONFLICT.
    """
    in_office = await queries.is_in_office(session, body, advice.given_on)
    require(
        [
            *rules.opinion_checks(
                body.kind, direction.state, advice.opinion, advice.given_on, today
            ),
            *rules.office_checks(in_office=in_office, pointer="/given_on"),
        ]
    )
    if advice.file_id is not None:
        await file_for(session, actor, advice.file_id)
    direction.opinion = advice.opinion
    direction.opinion_text = advice.text
    direction.opinion_body_id = body.id
    direction.opinion_on = advice.given_on
    direction.file_id = advice.file_id
    _move(session, actor, direction, rules.OPINION_EVENTS[advice.opinion], "direction.advised")
    return direction


async def close_direction(
    session: AsyncSession, actor: Actor, direction: ResearchDirection
) -> ResearchDirection:
    """Close a direction; what cites it stays. Raises `Refused`: STATE_CONFLICT (A081)."""
    require(rules.direction_move_checks(direction.state, DirectionEvent.CLOSE))
    _move(session, actor, direction, DirectionEvent.CLOSE, "direction.closed")
    return direction


def _move(
    session: AsyncSession,
    actor: Actor,
    direction: ResearchDirection,
    event: DirectionEvent,
    name: str,
) -> None:
    before = direction.state
    direction.state = rules.DIRECTION_MOVES[before, event]
    direction.version += 1
    record(
        session,
        actor,
        name,
        direction.id,
        center_id=direction.center_id,
        before=before,
        after=direction.state,
        state=direction.state,
        opinion=direction.opinion,
    )
