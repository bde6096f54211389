"""Passing a task to an agency, and every step after that."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity import queries as identities
from gateway.referrals import queries, rules
from gateway.referrals.rules import ReferralAnswer, ReferralEvent, ReferralState
from gateway.referrals.tables import Referral, ReferralReply
from shared.auth import Actor
from shared.calendar import WorkingDays
from shared.clock import Clock
from shared.events.recording import record
from shared.rules import require

CALENDAR: Final = WorkingDays()


@dataclass(frozen=True, slots=True)
class Passing:
    """What is passed, to whom, and until when."""

    agency_id: UUID
    subject_kind: str
    subject_id: UUID
    center_id: UUID | None
    request: str
    due_on: date


async def pass_on(session: AsyncSession, actor: Actor, passing: Passing) -> Referral:
    """Pass a task to an agency (A135).

    Raises `Refused`: NOT_FOUND, AGENCY_REQUIRED or FIELD_INVALID.
    """
    clock: Clock = session.info["clock"]
    person = await identities.person_for_update(session, passing.agency_id)
    held = await identities.open_capacities(session, person.id, None)
    require(rules.passing_checks(held, passing.due_on, clock.today(), CALENDAR))
    referral = Referral(
        agency_id=person.id,
        subject_kind=passing.subject_kind,
        subject_id=passing.subject_id,
        center_id=passing.center_id,
        request=passing.request,
        due_on=passing.due_on,
        passed_by=actor.person_id,
        passed_at=clock.now(),
        changed_at=clock.now(),
    )
    session.add(referral)
    _recorded(session, actor, referral, "referral.passed")
    return referral


async def accept(session: AsyncSession, actor: Actor, referral_id: UUID) -> Referral:
    """Take a task on, as the agency. Raises `Refused`: NOT_FOUND or STATE_CONFLICT."""
    referral = await _moved(session, actor, referral_id, ReferralEvent.ACCEPT)
    _recorded(session, actor, referral, "referral.accepted")
    return referral


async def answer(
    session: AsyncSession,
    actor: Actor,
    referral_id: UUID,
    said: ReferralAnswer,
    text: str,
    doc_no: str | None,
) -> Referral:
    """Answer, as the agency; a late answer is taken and marked.

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    referral = await _moved(session, actor, referral_id, ReferralEvent.ANSWER)
    _reply(session, actor, referral, said, text, doc_no)
    _recorded(session, actor, referral, "referral.answered", answer=said)
    return referral


async def give_back(
    session: AsyncSession, actor: Actor, referral_id: UUID, reason: str
) -> Referral:
    """Return a task that is not the agency's. Raises `Refused`: NOT_FOUND or STATE_CONFLICT."""
    referral = await _moved(session, actor, referral_id, ReferralEvent.RETURN)
    _reply(session, actor, referral, None, reason, None)
    _recorded(session, actor, referral, "referral.returned")
    return referral


async def ask_again(
    session: AsyncSession, actor: Actor, referral_id: UUID, request: str, due_on: date
) -> Referral:
    """Ask once more, with a new last day; what was answered stays.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT or FIELD_INVALID.
    """
    clock: Clock = session.info["clock"]
    require(rules.due_checks(due_on, clock.today(), CALENDAR))
    referral = await _moved(session, actor, referral_id, ReferralEvent.ASK_AGAIN)
    referral.request, referral.due_on = request, due_on
    referral.round += 1
    _recorded(session, actor, referral, "referral.passed")
    return referral


async def close(session: AsyncSession, actor: Actor, referral_id: UUID) -> Referral:
    """Be done with a task. Raises `Refused`: NOT_FOUND or STATE_CONFLICT."""
    referral = await _moved(session, actor, referral_id, ReferralEvent.CLOSE)
    _recorded(session, actor, referral, "referral.closed")
    return referral


async def withdraw(session: AsyncSession, actor: Actor, referral_id: UUID, reason: str) -> Referral:
    """Take a task back before it was answered. Raises `Refused`: NOT_FOUND or STATE_CONFLICT."""
    referral = await _moved(session, actor, referral_id, ReferralEvent.WITHDRAW)
    _recorded(session, actor, referral, "referral.withdrawn", reason=reason)
    return referral


async def _moved(
    session: AsyncSession, actor: Actor, referral_id: UUID, event: ReferralEvent
) -> Referral:
    # The lock makes check and change one step: the second of two waits, then is refused.
    referral = await queries.referral_for_update(session, actor, referral_id)
    require(rules.move_checks(referral.state, event))
    clock: Clock = session.info["clock"]
    referral.state = rules.MOVES[referral.state, event]
    referral.version += 1
    referral.changed_at = clock.now()
    return referral


def _reply(
    session: AsyncSession,
    actor: Actor,
    referral: Referral,
    said: ReferralAnswer | None,
    text: str,
    doc_no: str | None,
) -> None:
    clock: Clock = session.info["clock"]
    session.add(
        ReferralReply(
            referral_id=referral.id,
            round=referral.round,
            answer=said,
            text=text,
            doc_no=doc_no,
            replied_by=actor.person_id,
            replied_at=clock.now(),
            is_late=clock.today() > referral.due_on,
        )
    )


def _recorded(
    session: AsyncSession,
    actor: Actor,
    referral: Referral,
    event: str,
    *,
    reason: str | None = None,
    answer: ReferralAnswer | None = None,
) -> None:
    state: ReferralState = referral.state
    record(
        session, actor, event, referral.id, center_id=referral.center_id, reason=reason,
        agency_id=referral.agency_id, subject_kind=referral.subject_kind,
        about_id=referral.subject_id, due_on=referral.due_on, round=referral.round, state=state,
        answer=answer,
    )  # fmt: skip
