"""What happens to notices and objections."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.files.queries import files_seen
from registry.files.rules import existence_checks
from registry.notices import queries, rules
from registry.notices.rules import NoticeSubject, ObjectionDecision, State
from registry.notices.tables import Objection, ObjectionInquiry, PublicNotice
from registry.programme.queries import policy_on, working_days
from shared.auth import Actor
from shared.calendar import day_of
from shared.database import new_id
from shared.events import record
from shared.rules import require
from shared.sealing import sealer_of


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What a notice says, and of which case and centre."""

    subject_id: UUID
    center_id: UUID
    title: str
    content: str
    subject_type: NoticeSubject = NoticeSubject.APPLICATION
    # Who prepared or judged the case before the notice; who opens it belongs to them.
    handled_by: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Complaint:
    """An objection as it came in; name and contact may turn out to be empty."""

    named_party: str
    contact: str
    grounds: str
    evidence: Sequence[UUID]


async def open_notice(
    session: AsyncSession, actor: Actor, text: NoticeText, today: date, now: datetime
) -> PublicNotice:
    """Show everyone what is about to be decided, from today to the last working day (X09)."""
    policy = await policy_on(session, today)
    closes_on = rules.closing_day(policy, await working_days(session), today)
    notice = PublicNotice(
        subject_type=text.subject_type,
        subject_id=text.subject_id,
        center_id=text.center_id,
        title=text.title,
        content=text.content,
        opens_on=today,
        closes_on=closes_on,
        opened_at=now,
        handled_by=sorted(str(person) for person in text.handled_by | {actor.person_id}),
    )
    session.add(notice)
    await session.flush()
    record(
        session,
        actor,
        "notice.opened",
        notice.id,
        center_id=text.center_id,
        case_id=text.subject_id,
        capacity="handler",
        opens_on=notice.opens_on,
        closes_on=notice.closes_on,
        title=notice.title,
    )
    return notice


async def close(session: AsyncSession, actor: Actor, notice: PublicNotice, state: State) -> None:
    """Close a notice whose subject was decided, or take it back."""
    notice.state = state
    record(
        session,
        actor,
        f"notice.{state.value}",
        notice.id,
        center_id=notice.center_id,
        case_id=notice.subject_id,
    )


async def object_to(
    session: AsyncSession,
    actor: Actor,
    notice_id: UUID,
    complaint: Complaint,
    today: date,
    now: datetime,
) -> Objection:
    """Take an objection to an open notice, under a name that can be reached (X09).

    Raises `Refused`: NOT_FOUND, OBJECTION_ANONYMOUS, FILE_UNKNOWN or STATE_CONFLICT.
    """
    # The approval locks the same row: an objection comes before it, or is refused after it.
    notice = await queries.notice_for_update(session, notice_id)
    evidence = complaint.evidence
    require(
        [
            *rules.filing_checks(
                complaint.named_party,
                complaint.contact,
                state=notice.state,
                closes_on=notice.closes_on,
                today=today,
            ),
            *existence_checks(evidence, await files_seen(session, actor, evidence)),
        ]
    )
    objection_id, sealer = new_id(), sealer_of(session)
    place = queries.place_of(objection_id)
    objection = Objection(
        id=objection_id,
        notice_id=notice.id,
        named_party=sealer.seal(complaint.named_party, place),
        contact=sealer.seal(complaint.contact, place),
        grounds=complaint.grounds,
        evidence=[str(file_id) for file_id in evidence],
        received_at=now,
    )
    session.add(objection)
    record(
        session,
        actor,
        "objection.received",
        objection.id,
        center_id=notice.center_id,
        case_id=notice.subject_id,
        notice_id=notice.id,
    )
    return objection


async def ask_contact(
    session: AsyncSession, actor: Actor, objection_id: UUID, reason: str
) -> Objection:
    """Ask to read a contact whole, with a reason that the audit trail keeps (X12).

    Raises `Refused`: NOT_FOUND.
    """
    objection = await queries.objection_found(session, objection_id)
    notice = await queries.notice_found(session, objection.notice_id)
    # Without the centre: its feed does not tell when somebody asks who objected.
    record(
        session, actor, rules.CONTACT_ASKED, objection.id, case_id=notice.subject_id,
        reason=reason, notice_id=notice.id,
    )  # fmt: skip
    return objection


async def decide_objection(
    session: AsyncSession,
    actor: Actor,
    objection_id: UUID,
    decision: ObjectionDecision,
    reason: str,
    now: datetime,
) -> Objection:
    """Uphold or dismiss an objection, with a reason, as somebody who did not prepare it (X09).

    Whoever decides it has had a part in the case, and approves it no more (X03). Raises
    `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    objection = await queries.objection_for_update(session, objection_id)
    notice = await queries.notice_found(session, objection.notice_id)
    handled_by = {UUID(person) for person in notice.handled_by}
    require(rules.decision_checks(objection.state, decision, handled_by, actor.person_id))
    objection.state = rules.DECIDED[objection.state, decision]
    objection.decision_reason = reason
    objection.decided_by = actor.person_id
    objection.decided_at = now
    record(
        session,
        actor,
        "objection.decided",
        objection.id,
        center_id=notice.center_id,
        case_id=notice.subject_id,
        capacity=rules.DECIDER,
        reason=reason,
        notice_id=notice.id,
        decision=decision,
    )
    return objection


async def ask(
    session: AsyncSession, actor: Actor, objection_id: UUID, question: str, now: datetime
) -> ObjectionInquiry:
    """Ask those concerned what an objection raises, in the official's own words (X09).

    Who objects stays protected: they read the question alone. Raises `Refused`: NOT_FOUND or
    STATE_CONFLICT.
    """
    objection = await queries.objection_for_update(session, objection_id)
    notice = await queries.notice_found(session, objection.notice_id)
    require(
        rules.inquiry_checks(objection.state, await queries.inquiries_made(session, objection_id))
    )
    policy = await policy_on(session, day_of(now))
    inquiry = ObjectionInquiry(
        objection_id=objection.id,
        center_id=notice.center_id,
        question=question,
        asked_by=actor.person_id,
        asked_at=now,
        due_on=rules.reply_due_on(policy, await working_days(session), day_of(now)),
    )
    session.add(inquiry)
    await session.flush()
    record(
        session,
        actor,
        "objection.inquired",
        inquiry.id,
        center_id=notice.center_id,
        case_id=notice.subject_id,
        notice_id=notice.id,
        due_on=inquiry.due_on,
    )
    return inquiry


async def answer(
    session: AsyncSession,
    actor: Actor,
    inquiry_id: UUID,
    text: str,
    evidence: Sequence[UUID],
    now: datetime,
) -> ObjectionInquiry:
    """Answer what was asked about an objection to one's own case, once (X09).

    Raises `Refused`: NOT_FOUND, FILE_UNKNOWN or STATE_CONFLICT.
    """
    inquiry = await queries.inquiry_for_update(session, actor, inquiry_id)
    # The decision takes the same lock: an answer comes before it, or is refused after it.
    objection = await queries.objection_for_update(session, inquiry.objection_id)
    notice = await queries.notice_found(session, objection.notice_id)
    require(
        [
            *existence_checks(evidence, await files_seen(session, actor, evidence)),
            *rules.reply_checks(objection.state, answered=inquiry.answer is not None),
        ]
    )
    inquiry.answer = text
    inquiry.evidence = [str(file_id) for file_id in evidence]
    inquiry.answered_by = actor.person_id
    inquiry.answered_by_org_id = actor.org_id
    inquiry.answered_at = now
    record(
        session,
        actor,
        "objection.answered",
        inquiry.id,
        center_id=inquiry.center_id,
        case_id=notice.subject_id,
        notice_id=notice.id,
    )
    return inquiry
