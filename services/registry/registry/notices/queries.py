"""What is read of notices: everything but the names and contacts of those who object."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.tables import Center
from registry.notices.rules import (
    CONTACT_ASKED,
    DECIDE,
    REPLY,
    NoticeSubject,
    ObjectionState,
    State,
)
from registry.notices.tables import Objection, ObjectionInquiry, PublicNotice
from shared.auth import Actor
from shared.events.tables import Audit
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def notices(
    state: State | None = None, open_on: date | None = None
) -> SelectOfScalar[PublicNotice]:
    """Select notices; they are public from their first day on."""
    statement = select(PublicNotice)
    if state is not None:
        statement = statement.where(col(PublicNotice.state) == state)
    if open_on is not None:
        statement = statement.where(
            col(PublicNotice.opens_on) <= open_on, col(PublicNotice.closes_on) >= open_on
        )
    return statement


async def newest_notices(session: AsyncSession, most: int) -> Sequence[PublicNotice]:
    """Give the notices that were opened last, the newest first."""
    newest = (col(PublicNotice.opened_at).desc(), col(PublicNotice.id).desc())
    return (await session.scalars(notices().order_by(*newest).limit(most))).all()


async def notice_found(session: AsyncSession, notice_id: UUID) -> PublicNotice:
    """Give a notice; an unknown one is NOT_FOUND."""
    return found(await session.get(PublicNotice, notice_id))


async def notice_for_update(session: AsyncSession, notice_id: UUID) -> PublicNotice:
    """Load and lock a notice, so that an objection and the decision do not pass each other."""
    statement = select(PublicNotice).where(col(PublicNotice.id) == notice_id).with_for_update()
    return found(await session.scalar(statement.execution_options(populate_existing=True)))


async def open_notice_of(
    session: AsyncSession, subject_type: NoticeSubject, subject_id: UUID
) -> PublicNotice | None:
    """Lock and give the notice of a subject that has not been closed."""
    statement = (
        select(PublicNotice)
        .where(
            col(PublicNotice.subject_type) == subject_type,
            col(PublicNotice.subject_id) == subject_id,
            col(PublicNotice.state) == State.OPEN,
        )
        .with_for_update()
    )
    notice: PublicNotice | None = await session.scalar(statement)
    return notice


async def notice_of(
    session: AsyncSession, subject_type: NoticeSubject, subject_id: UUID
) -> PublicNotice | None:
    """Give the latest notice of a subject."""
    statement = (
        select(PublicNotice)
        .where(
            col(PublicNotice.subject_type) == subject_type,
            col(PublicNotice.subject_id) == subject_id,
        )
        .order_by(col(PublicNotice.opened_at).desc())
        .limit(1)
    )
    notice: PublicNotice | None = await session.scalar(statement)
    return notice


def objections(notice_id: UUID | None, state: ObjectionState | None) -> SelectOfScalar[Objection]:
    """Select objections, for officials."""
    statement = select(Objection)
    if notice_id is not None:
        statement = statement.where(col(Objection.notice_id) == notice_id)
    if state is not None:
        statement = statement.where(col(Objection.state) == state)
    return statement


async def objection_states(session: AsyncSession, notice_id: UUID) -> Sequence[ObjectionState]:
    """Give the states of a notice's objections."""
    statement = select(Objection).where(col(Objection.notice_id) == notice_id)
    return [objection.state for objection in (await session.scalars(statement)).all()]


async def objection_deciders(session: AsyncSession, subject_id: UUID) -> set[UUID]:
    """Give who decided the objections to the notices of a case (X03)."""
    statement = (
        sa_select(col(Objection.decided_by))
        .join(PublicNotice, col(PublicNotice.id) == col(Objection.notice_id))
        .where(col(PublicNotice.subject_id) == subject_id, col(Objection.decided_by).is_not(None))
    )
    rows = (await session.scalars(statement)).all()
    return {person_id for person_id in rows if person_id is not None}


async def objection_found(session: AsyncSession, objection_id: UUID) -> Objection:
    """Give an objection; an unknown one is NOT_FOUND."""
    return found(await session.get(Objection, objection_id))


async def contact_asked_at(
    session: AsyncSession, objection_id: UUID, person_id: UUID
) -> datetime | None:
    """Tell when a person last asked for the contact behind an objection."""
    statement = select(func.max(col(Audit.at))).where(
        col(Audit.subject_id) == objection_id,
        col(Audit.action) == CONTACT_ASKED,
        col(Audit.person_id) == person_id,
    )
    return await session.scalar(statement)


async def objection_for_update(session: AsyncSession, objection_id: UUID) -> Objection:
    """Load and lock an objection."""
    statement = select(Objection).where(col(Objection.id) == objection_id).with_for_update()
    return found(await session.scalar(statement))


def place_of(objection_id: UUID) -> str:
    """Name the row that a name and a contact are sealed for."""
    return f"objection:{objection_id}"


async def objection_of_notice(
    session: AsyncSession, notice_id: UUID, objection_id: UUID
) -> Objection:
    """Give an objection by its receipt: the notice and the id that who objected was given."""
    statement = select(Objection).where(
        col(Objection.id) == objection_id, col(Objection.notice_id) == notice_id
    )
    return found(await session.scalar(statement))


def inquiries(
    actor: Actor, objection_id: UUID | None = None, *, unanswered: bool = False
) -> SelectOfScalar[ObjectionInquiry]:
    """Select what was asked: officials see all, others what concerns their own centre (X04)."""
    statement = select(ObjectionInquiry)
    if not actor.is_official:
        own = actor.org_ids
        centers = select(Center.id).where(
            or_(
                col(Center.lead_sponsor_id).in_(own),
                col(Center.legal_entity_id).in_(own),
                col(Center.trustee_org_id).in_(own),
            )
        )
        statement = statement.where(col(ObjectionInquiry.center_id).in_(centers))
    if objection_id is not None:
        statement = statement.where(col(ObjectionInquiry.objection_id) == objection_id)
    if unanswered:
        statement = statement.where(col(ObjectionInquiry.answer).is_(None))
    return statement


async def inquiries_made(session: AsyncSession, objection_id: UUID) -> int:
    """Count what was asked about an objection."""
    statement = select(func.count()).where(col(ObjectionInquiry.objection_id) == objection_id)
    return await session.scalar(statement) or 0


async def inquiry_for_update(
    session: AsyncSession, actor: Actor, inquiry_id: UUID
) -> ObjectionInquiry:
    """Load and lock a question that concerns the actor's own centre."""
    statement = inquiries(actor).where(col(ObjectionInquiry.id) == inquiry_id)
    return found(await session.scalar(statement.with_for_update()))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the objections that wait for a decision, and the questions for one's own answer."""
    del today  # What is late stays a task.
    if actor.has("handler", "reviewer"):
        return await _undecided(session, actor)
    if actor.org_id is None or not actor.has("member"):
        return []
    statement = (
        inquiries(actor, unanswered=True)
        .join(Objection, col(Objection.id) == col(ObjectionInquiry.objection_id))
        .where(col(Objection.state) == ObjectionState.OPEN)
        .order_by(col(ObjectionInquiry.id))
        .limit(MOST_TASKS)
    )
    rows = (await session.scalars(statement)).all()
    return [Task(REPLY, row.id, row.center_id, row.due_on) for row in rows]


async def _undecided(session: AsyncSession, actor: Actor) -> list[Task]:
    statement = (
        sa_select(col(Objection.id), col(PublicNotice.center_id), col(PublicNotice.closes_on))
        .join(PublicNotice, col(PublicNotice.id) == col(Objection.notice_id))
        .where(
            col(Objection.state) == ObjectionState.OPEN,
            ~col(PublicNotice.handled_by).contains([str(actor.person_id)]),
        )
        .order_by(col(Objection.id))
        .limit(MOST_TASKS)
    )
    rows = (await session.execute(statement)).all()
    return [Task(DECIDE, objection, center, closes_on) for objection, center, closes_on in rows]
