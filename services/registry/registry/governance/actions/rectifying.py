"""Ordering a rectification, its plan, its re-check, and what published ratings bring about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.centers.actions import (
    Basis,
    cancel_milestones,
    enter_stage,
    meet_milestone,
    owe,
)
from registry.centers.queries import center_by_id, center_for_update
from registry.centers.rules import RECTIFIABLE, MilestoneKind, Stage
from registry.centers.tables import Center
from registry.files.queries import file_for
from registry.governance import queries, rules
from registry.governance.actions import holding
from registry.governance.rules import (
    HoldGround,
    News,
    PublishedRating,
    RatingKind,
    RectificationEvent,
    RectificationState,
    Told,
)
from registry.governance.tables import CenterRating, Rectification
from registry.memberships.actions import announce
from registry.programme.queries import policy_on, working_days
from shared.auth import Actor
from shared.calendar import day_of, months_after
from shared.events import made, record
from shared.rules import Policy, found, require

CLERK: Final = Actor.system("governance")
DUTIES: Final = (MilestoneKind.RECTIFICATION_PLAN, MilestoneKind.RECTIFICATION)


async def order(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    cause: PublishedRating | None,
    policy: Policy,
    today: date,
    now: datetime,
) -> Rectification:
    """Order the rectification of a centre that has entered the stage: plan and last day (C2)."""
    calendar = await working_days(session)
    plan_due = today + timedelta(days=policy.value("A125", "plan_days"))
    due = months_after(today, policy.value("A125", "rectification_months"))
    row = Rectification(
        center_id=center.id,
        kind=None if cause is None else cause.kind,
        year=None if cause is None else cause.year,
        ordered_on=today,
        plan_due_on=rules.last_working_day(calendar, plan_due),
        due_on=rules.last_working_day(calendar, due),
    )
    session.add(row)
    await session.flush()
    owe(session, actor, center.id, MilestoneKind.RECTIFICATION_PLAN, row.plan_due_on, now)
    owe(session, actor, center.id, MilestoneKind.RECTIFICATION, row.due_on, now)
    _tell(session, actor, row, "ordered", None)
    return row


async def file_plan(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    text: str,
    file_id: UUID | None,
    today: date,
) -> Rectification:
    """File the plan of a rectification, or a better one; late is better than never (C2).

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    row = found(await queries.rectification(session, center.id))
    require(rules.rectification_move_checks(row.state, RectificationEvent.PLAN))
    if file_id is not None:
        await file_for(session, actor, file_id)
    before = row.state
    row.plan_text = text
    row.plan_file_id = file_id
    row.plan_filed_on = row.plan_filed_on or today
    row.state = rules.RECTIFICATION_MOVES[before, RectificationEvent.PLAN]
    row.version += 1
    await meet_milestone(session, actor, center.id, MilestoneKind.RECTIFICATION_PLAN, today)
    _tell(session, actor, row, "planned", before)
    return row


@dataclass(frozen=True, slots=True)
class RecheckFinding:
    """What the re-check on site found."""

    passed: bool
    visited_on: date
    text: str
    file_id: UUID | None


async def recheck(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    finding: RecheckFinding,
    told: Told,
    today: date,
    now: datetime,
) -> Rectification:
    """Record the re-check on site; an approver then ends the rectification, or delists (C2).

    It is passed only when evaluation's findings are closed, as it told before (A125).
    Raises `Refused`: NOT_FOUND, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER, FINDINGS_OPEN or STATE_CONFLICT.
    """
    row = await queries.rectification(session, center.id)
    since = None if row is None else row.ordered_on
    if row is None and center.stage is Stage.RECTIFYING:
        # Taken over from elsewhere in the middle of its year: what was planned there is not here.
        row = await order(session, actor, center, None, await policy_on(session, today), today, now)
        row.state = rules.RECTIFICATION_MOVES[row.state, RectificationEvent.PLAN]
        row.plan_filed_on = today
    row = found(row)
    event = RectificationEvent.SUCCEED if finding.passed else RectificationEvent.FAIL
    require(
        [
            *rules.visit_checks(finding.visited_on, since or finding.visited_on, today),
            *(rules.findings_checks(told.findings) if finding.passed else []),
            *rules.rectification_move_checks(row.state, event),
        ]
    )
    if finding.file_id is not None:
        await file_for(session, actor, finding.file_id)
    before = row.state
    row.state = rules.RECTIFICATION_MOVES[before, event]
    row.rechecked_on = finding.visited_on
    row.recheck_text = finding.text
    row.recheck_file_id = finding.file_id
    row.rechecked_by = actor.person_id
    row.version += 1
    for kind in DUTIES:
        await meet_milestone(session, actor, center.id, kind, today)
    findings = told.kept.get("findings")
    _tell(session, actor, row, "rechecked", before, passed=finding.passed, findings=findings)
    return row


async def close(
    session: AsyncSession, actor: Actor, center_id: UUID, today: date
) -> Rectification | None:
    """Close what is open of a rectification, because its centre has left the stage; give it."""
    row = await queries.rectification(session, center_id)
    if row is None:
        return None
    before = row.state
    row.state = rules.RECTIFICATION_MOVES[before, RectificationEvent.CLOSE]
    row.version += 1
    await cancel_milestones(session, actor, center_id, DUTIES)
    _tell(session, actor, row, "closed", before, closed_on=today)
    return row


def _tell(
    session: AsyncSession,
    actor: Actor,
    row: Rectification,
    name: str,
    before: RectificationState | None,
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> None:
    record(
        session,
        actor,
        f"rectification.{name}",
        row.id,
        center_id=row.center_id,
        before=before,
        after=row.state,
        kind=row.kind,
        year=row.year,
        state=row.state,
        plan_due_on=row.plan_due_on,
        due_on=row.due_on,
        **data,
    )


async def hear_rating(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    told: PublishedRating,
    today: date,
    now: datetime,
) -> None:
    """Keep a published rating and let it act: `unqualified` begins a rectification (C2).

    Of a centre that is being rectified for another year, its own begins when that one has ended
    (`go_on`). A later version of the same year that is better takes the rectification back; what
    rests on an earlier version is held until an official has looked at it. A rating of a suspended
    centre is kept, and an approver orders what it asks for when the centre returns.
    """
    if await center_by_id(session, center_id) is None:
        return
    center = await center_for_update(session, center_id)
    result_id = None if told.result_id is None else UUID(told.result_id)
    row = {
        "center_id": center_id, "kind": told.kind, "year": told.year, "version": told.version,
        "rating": told.rating, "total": told.total, "result_hash": told.result_hash, "at": now,
        "result_id": result_id,
    }  # fmt: skip
    kept = insert(CenterRating).values(row).on_conflict_do_nothing().returning(col(CenterRating.id))
    rating_id = await session.scalar(kept)
    if rating_id is None:
        return
    made(session, await session.get_one(CenterRating, rating_id))
    standing = _of_year(await queries.ratings(session, center_id), told)
    if standing != told:
        return  # A newer version of that year is known already.
    if told.rating == "unqualified":
        await _begin(session, actor, center, told, today, now)
    else:
        await _take_back(session, actor, center, told, today, now)
    ground = HoldGround.RESULT_SUPERSEDED
    news = News(
        told.kind, told.year, ground, told.result_hash, result_id, told.version, told.rating
    )
    await holding.place(session, actor, center, news, now)


async def go_on(
    session: AsyncSession, center: Center, ended: Rectification, today: date, now: datetime
) -> None:
    """Begin the rectification that waited for another to end: plan and year count from today (C2).

    The centre is back in the stage from which a rating that is unqualified takes it, and the one
    that was heard meanwhile is answered by nothing yet.
    """
    rows = await queries.rating_rows(session, center.id)
    answered = {
        (one.kind, one.year)
        for one in await queries.rectifications(session, center.id)
        if one.state is not RectificationState.WITHDRAWN
    }
    heard = [
        rules.Heard(row.kind, row.year, row.rating, day_of(row.at))
        for row in rows
        if row.imported_on is None
    ]
    cause = rules.next_cause(heard, answered, ended.ordered_on)
    if cause is None:
        return
    told = next(
        one
        for one in await queries.ratings(session, center.id)
        if (one.kind, one.year) == (cause.kind, cause.year)
    )
    await _begin(session, CLERK, center, told, today, now)


def _of_year(ratings: Sequence[PublishedRating], told: PublishedRating) -> PublishedRating | None:
    same = [known for known in ratings if (known.kind, known.year) == (told.kind, told.year)]
    return same[0] if same else None


async def _begin(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    told: PublishedRating,
    today: date,
    now: datetime,
) -> None:
    if center.stage not in RECTIFIABLE:
        return
    reason = f"{told.kind.value} {told.year}: {told.rating}"
    basis = Basis(cause=told.kind.value, told=_kept(told))
    enter_stage(session, actor, center, Stage.RECTIFYING, reason, now, basis)
    policy = await policy_on(session, today)
    await order(session, actor, center, told, policy, today, now)
    await session.flush()
    await announce(session, actor, center.id)


async def _take_back(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    told: PublishedRating,
    today: date,
    now: datetime,
) -> None:
    row = await queries.rectification(session, center.id)
    caused = row is not None and (row.kind, row.year) == (told.kind, told.year)
    if row is None or not caused:
        return
    before = row.state
    row.state = rules.RECTIFICATION_MOVES[before, RectificationEvent.WITHDRAW]
    row.version += 1
    await cancel_milestones(session, actor, center.id, DUTIES)
    _tell(session, actor, row, "withdrawn", before, withdrawn_on=today)
    origin = center.rectified_from
    if center.stage is Stage.RECTIFYING and origin is not None:
        reason = f"{told.kind.value} {told.year}: {told.rating}"
        basis = Basis(cause=told.kind.value, told=_kept(told))
        enter_stage(session, actor, center, origin, reason, now, basis)
        await session.flush()
        await go_on(session, center, row, today, now)
    elif center.stage is Stage.SUSPENDED and center.came_from is Stage.RECTIFYING:
        # Nothing is left to rectify: the suspension leads back before it.
        center.came_from, center.rectified_from = origin, None
        center.version += 1
    await session.flush()
    await announce(session, actor, center.id)


def _kept(told: PublishedRating) -> dict[str, Any]:
    return {"ratings": [rules.told_rating(told)]}


def rating_kind(word: str | None) -> RatingKind:
    """Read which judgement a result comes from; annual, unless it says otherwise."""
    return RatingKind.TRIENNIAL if word == RatingKind.TRIENNIAL.value else RatingKind.ANNUAL
