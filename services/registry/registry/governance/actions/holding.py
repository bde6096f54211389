"""Placing a hold on a centre, examining it, and deciding whether what it rests on stands."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.centers.actions import enter_stage
from registry.centers.queries import center_by_id, center_for_update, center_seen_for_update
from registry.centers.rules import Stage
from registry.centers.tables import Center
from registry.governance import queries, rules
from registry.governance.rules import (
    HoldEvent,
    HoldOutcome,
    HoldState,
    KnownHold,
    News,
    Resting,
)
from registry.governance.tables import CenterHold, RatingEnding
from registry.memberships.actions import announce
from registry.organizations.actions import NewRecord, enter_record
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.calendar import months_after
from shared.events import record
from shared.rules import require

AUTHORITY: Final = "主管部门（评估结果作废决定）"


@dataclass(frozen=True, slots=True)
class Ended:
    """That a published result no longer counts: which one, what took its place, and why."""

    news: News
    ended_hash: str
    source_id: UUID
    falsehood: str | None = None


async def hear_ended(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    ended: Ended,
    today: date,
    now: datetime,
) -> None:
    """Let a result end: what rests on it is held, and a falsehood goes on record (X14).

    Told twice it changes nothing. An honest failure ends no result, and leaves no record.
    """
    if await center_by_id(session, center_id) is None:
        return
    center = await center_for_update(session, center_id)
    row = {
        "center_id": center_id, "kind": ended.news.kind, "year": ended.news.year,
        "result_hash": ended.ended_hash, "ground": ended.news.ground,
        "source_id": ended.source_id, "at": now,
    }  # fmt: skip
    kept = insert(RatingEnding).values(row).on_conflict_do_nothing().returning(col(RatingEnding.id))
    if await session.scalar(kept) is None:
        return
    await place(session, actor, center, ended.news, now)
    if ended.falsehood in rules.FALSIFICATIONS:
        await _put_on_record(session, actor, center, ended, today)


async def _put_on_record(
    session: AsyncSession, actor: Actor, center: Center, ended: Ended, today: date
) -> None:
    """Put on record who answers for the centre: its entity, else its trustee, else its lead."""
    org_id = center.legal_entity_id or center.trustee_org_id or center.lead_sponsor_id
    policy = await policy_on(session, today)
    years: int = policy.value("X14", "record_years")
    new = NewRecord(
        from_on=today,
        until_on=months_after(today, years * rules.MONTHS_A_YEAR),
        authority=AUTHORITY,
        basis=f"{ended.news.kind.value} {ended.news.year}: {ended.falsehood}",
        source_id=ended.source_id,
    )
    await enter_record(session, actor, org_id, new, today)


async def place(
    session: AsyncSession, actor: Actor, center: Center, news: News, now: datetime
) -> None:
    """Hold a locked centre where something rests on the result; news renew the hold there is."""
    known = await queries.holds_of_year(session, center.id, news.kind, news.year)
    heard = [KnownHold(row.state, row.ground, row.result_hash) for row in known]
    if not rules.is_news(heard, news):
        return
    resting = await _resting(session, actor, center, news)
    if not resting:
        return
    hold = next((row for row in known if row.state is not HoldState.LIFTED), None)
    if hold is None:
        hold = CenterHold(
            center_id=center.id, kind=news.kind, year=news.year, ground=news.ground,
            result_id=news.result_id, result_hash=news.result_hash, resting=resting, placed_at=now,
        )  # fmt: skip
        session.add(hold)
        await session.flush()
        _tell(session, actor, hold, "placed", None)
        return
    before = hold.state
    hold.state = rules.HOLD_MOVES[hold.state, HoldEvent.RENEW]
    hold.ground = rules.graver(hold.ground, news.ground)
    hold.result_id, hold.result_hash = news.result_id or hold.result_id, news.result_hash
    hold.resting = resting
    hold.outcome = hold.finding = hold.examined_by = None
    hold.version += 1
    _tell(session, actor, hold, "renewed", before)


async def _resting(
    session: AsyncSession, actor: Actor, center: Center, news: News
) -> list[dict[str, Any]]:
    reached = rules.reached_stages(center.standing)
    steps = await queries.steps_into(session, center.id, reached)
    words = await queries.open_recommendations(session, center.id)
    return [
        *(
            {"what": Resting.STAGE.value, "id": str(row.id), "stage": row.to_stage.value}
            for row in steps
            if rules.rests_on(row.basis, news)
        ),
        *(
            {"what": Resting.RECOMMENDATION.value, "id": str(row.id), "stage": row.to_stage.value}
            for row in words
            if rules.rests_on(row.told, news)
        ),
        *await _rectification_resting(session, actor, center, news),
    ]


async def _rectification_resting(
    session: AsyncSession, actor: Actor, center: Center, news: News
) -> list[dict[str, Any]]:
    """Give a rectification that loses its ground; one whose rating is confirmed goes on (A125)."""
    row = await queries.rectification_read(session, center.id)
    if row is None or (row.kind, row.year) != (news.kind, news.year):
        return []
    into = await queries.steps_into(session, center.id, (Stage.RECTIFYING,))
    bases = [step.basis for step in into if rules.rests_on(step.basis, news)]
    if not bases:
        return []
    if upheld := [rating for basis in bases for rating in rules.ratings_upheld(basis, news)]:
        record(
            session, actor, "rectification.upheld", row.id, center_id=center.id, kind=news.kind,
            year=news.year, rating=news.rating, before_hash=upheld[-1].get("result_hash"),
            result_hash=news.result_hash, version=news.version,
        )  # fmt: skip
        return []
    return [{"what": Resting.RECTIFICATION.value, "id": str(row.id), "stage": Stage.RECTIFYING}]


async def examine(
    session: AsyncSession,
    actor: Actor,
    hold_id: UUID,
    outcome: HoldOutcome,
    text: str,
    now: datetime,
) -> CenterHold:
    """Say whether what rests on the result stands; alone only where one person took it (C2).

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    hold, center = await _locked(session, actor, hold_id)
    second = rules.needs_second([Resting(one["what"]) for one in hold.resting])
    event = HoldEvent.EXAMINE if second else HoldEvent.SETTLE
    require(rules.hold_move_checks(hold.state, event))
    before = hold.state
    hold.state = rules.HOLD_MOVES[hold.state, event]
    hold.outcome, hold.finding, hold.examined_by = outcome, text, actor.person_id
    hold.version += 1
    if event is HoldEvent.SETTLE:
        await _lift(session, actor, hold, center, before, now, text)
    else:
        _tell(session, actor, hold, "examined", before, text)
    return hold


async def decide(
    session: AsyncSession,
    actor: Actor,
    hold_id: UUID,
    event: HoldEvent,
    reason: str,
    now: datetime,
) -> CenterHold:
    """Lift a hold as it was examined, or have it examined again, by a second person (X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    hold, center = await _locked(session, actor, hold_id)
    require(
        [
            *rules.second_person_checks(hold.examined_by, actor.person_id),
            *rules.hold_move_checks(hold.state, event),
        ]
    )
    before = hold.state
    hold.state = rules.HOLD_MOVES[hold.state, event]
    hold.version += 1
    if event is HoldEvent.CONFIRM:
        hold.decision, hold.decided_by = reason, actor.person_id
        await _lift(session, actor, hold, center, before, now, reason)
    else:
        hold.outcome = hold.finding = hold.examined_by = None
        _tell(session, actor, hold, "returned", before, reason)
    return hold


async def _lift(
    session: AsyncSession,
    actor: Actor,
    hold: CenterHold,
    center: Center,
    before: HoldState,
    now: datetime,
    reason: str,
) -> None:
    """Lift a hold; what falls is taken back where the stages know a way back."""
    hold.lifted_at = now
    _tell(session, actor, hold, "lifted", before, reason)
    if hold.outcome is not HoldOutcome.FALLS:
        return
    fallen = {one["id"] for one in hold.resting}
    for row in await queries.open_recommendations(session, center.id):
        if str(row.id) in fallen:
            row.closed_at = now
    stages = {one["stage"] for one in hold.resting if one["what"] == Resting.STAGE}
    if center.stage is Stage.NATIONAL_CANDIDATE and Stage.NATIONAL_CANDIDATE in stages:
        enter_stage(session, actor, center, Stage.RECOGNIZED, reason, now)
        await announce(session, actor, center.id)


async def _locked(session: AsyncSession, actor: Actor, hold_id: UUID) -> tuple[CenterHold, Center]:
    hold = await queries.hold_read(session, hold_id)
    center = await center_seen_for_update(session, actor, hold.center_id)
    await queries.reread_hold(session, hold)
    return hold, center


def _tell(
    session: AsyncSession,
    actor: Actor,
    hold: CenterHold,
    name: str,
    before: HoldState | None,
    reason: str | None = None,
) -> None:
    record(
        session,
        actor,
        f"hold.{name}",
        hold.id,
        center_id=hold.center_id,
        reason=reason,
        before=before,
        after=hold.state,
        kind=hold.kind,
        year=hold.year,
        ground=hold.ground,
        state=hold.state,
        outcome=hold.outcome,
        result_id=hold.result_id,
        result_hash=hold.result_hash,
        resting=hold.resting,
    )
