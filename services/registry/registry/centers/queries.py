"""What is read of centres: listed ones by everyone signed in, candidates by those concerned."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, column, exists, func, or_, table
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.rules import (
    ENDED,
    OWED,
    RECTIFYING,
    REGISTRATION,
    ApplicantForm,
    MilestoneKind,
    MilestoneState,
    Stage,
    SupportStanding,
)
from registry.centers.tables import Center, CenterMilestone, Counter, StageChange
from shared.auth import Actor, OrgIds, Seeing
from shared.events.tables import Event
from shared.rules import Rule, found
from shared.tasks import MOST_TASKS, Task, TaskKind


def centers(actor: Seeing) -> SelectOfScalar[Center]:
    """Select the centres that the actor may see (X04).

    Listed centres are public. A candidate is seen by its lead sponsor, its legal entity, its
    members and those invited; by officials from its first submission on.
    """
    statement = select(Center)
    if actor.has("service"):
        return statement
    seen: list[ColumnElement[bool]] = [col(Center.listed_on).is_not(None), of_orgs(actor.org_ids)]
    if actor.is_official:
        seen.append(col(Center.disclosed_at).is_not(None))
    return statement.where(or_(*seen))


COMPOSITION: Final = Rule("A049", "三(一)")
REGISTER_ENTITY: Final = TaskKind(
    "register_entity",
    "在期限内登记产业联合体的法人实体",
    "Register the consortium's legal person in time",
    REGISTRATION,
    "POST",
    "/v1/registry/centers/{id}/entity",
)
FILE_RECTIFICATION_PLAN: Final = TaskKind(
    "file_rectification_plan",
    "提交整改方案",
    "File the plan of rectification",
    RECTIFYING,
    "PUT",
    "/v1/registry/centers/{id}/rectification/plan",
)
CURE_COMPOSITION: Final = TaskKind(
    "cure_composition",
    "补足成员单位与治理机构",
    "Complete the members and bodies again",
    COMPOSITION,
    "POST",
    "/v1/registry/centers/{id}/members",
)
RECHECK: Final = TaskKind(
    "recheck_rectification",
    "现场复核整改情况",
    "Re-check the rectification on site",
    RECTIFYING,
    "POST",
    "/v1/registry/centers/{id}/rectification/recheck",
)
FOLLOW_UP: Final = TaskKind(
    "follow_up_overdue",
    "督办逾期事项",
    "Follow up what is overdue",
    REGISTRATION,
    "GET",
    "/v1/registry/centers/{id}/milestones",
)
# Whose task a duty is while its centre owes it.
MEMBER_TASKS: Final = {
    MilestoneKind.ENTITY_REGISTRATION: REGISTER_ENTITY,
    MilestoneKind.RECTIFICATION_PLAN: FILE_RECTIFICATION_PLAN,
    MilestoneKind.COMPOSITION: CURE_COMPOSITION,
}

# Memberships build upon centres, so that the arrow runs the other way: only the columns that make
# a candidate visible are read here.
MEMBERSHIP: Final = table(
    "membership", column("center_id"), column("org_id"), column("state"), column("left_on", Date())
)
# What makes up a centre's own history; facts, money and members have theirs.
HISTORY: Final = (
    "center.", "milestone.", "rectification.", "stage.", "body.", "seat.", "votes.",
    "resolution.", "plan.", "direction.", "dossier.", "theme.", "document.", "duties.", "hold.",
)  # fmt: skip
OPEN_STATES: Final = ("invited", "confirmed", "active", "leaving")
MEMBER_STATES: Final = ("active", "leaving")
FORMER_STATES: Final = ("left", "expelled")


def _with_open_membership(org_ids: OrgIds) -> Select[tuple[UUID]]:
    return sa_select(MEMBERSHIP.c.center_id).where(
        MEMBERSHIP.c.org_id.in_(org_ids), MEMBERSHIP.c.state.in_(OPEN_STATES)
    )


def of_orgs(org_ids: OrgIds) -> ColumnElement[bool]:
    """Give the condition that a centre concerns one of the organizations for which a caller acts.

    Who acts for none is concerned by none.
    """
    return or_(
        col(Center.lead_sponsor_id).in_(org_ids),
        col(Center.legal_entity_id).in_(org_ids),
        col(Center.id).in_(_with_open_membership(org_ids)),
    )


def spoken_for_by(org_ids: OrgIds) -> ColumnElement[bool]:
    """Give the condition that one of these speaks for a centre: its entity, trustee or lead."""
    return or_(
        col(Center.lead_sponsor_id).in_(org_ids),
        col(Center.legal_entity_id).in_(org_ids),
        col(Center.trustee_org_id).in_(org_ids),
    )


async def is_taken(session: AsyncSession, entity_id: UUID | None, center_id: UUID) -> bool:
    """Tell whether another centre, applied for or listed, stands on this legal person."""
    if entity_id is None:
        return False
    statement = select(Center.id).where(
        col(Center.legal_entity_id) == entity_id,
        col(Center.id) != center_id,
        col(Center.disclosed_at).is_not(None),
        col(Center.stage).not_in((Stage.DELISTED, Stage.DISSOLVED)),
    )
    return await session.scalar(statement.limit(1)) is not None


async def center_seen(session: AsyncSession, actor: Actor, center_id: UUID) -> Center:
    """Give a centre that the actor may see."""
    return found(await session.scalar(centers(actor).where(col(Center.id) == center_id)))


async def center_seen_for_update(session: AsyncSession, actor: Actor, center_id: UUID) -> Center:
    """Load and lock a centre that the actor may see."""
    statement = centers(actor).where(col(Center.id) == center_id)
    return found(await session.scalar(statement.with_for_update()))


async def recognized_centers(session: AsyncSession, actor: Actor) -> Sequence[Center]:
    """Give the recognized centres, which may strive for the national level (A134)."""
    statement = centers(actor).where(col(Center.stage) == Stage.RECOGNIZED)
    return (await session.scalars(statement.order_by(col(Center.code)))).all()


async def center_by_id(session: AsyncSession, center_id: UUID) -> Center | None:
    """Give a centre, whoever asks."""
    return await session.get(Center, center_id)


async def centers_by_id(session: AsyncSession, center_ids: Collection[UUID]) -> dict[UUID, Center]:
    """Give centres by id, whoever asks; unknown ids are left out."""
    rows = (await session.scalars(select(Center).where(col(Center.id).in_(center_ids)))).all()
    return {center.id: center for center in rows}


async def center_for_update(session: AsyncSession, center_id: UUID) -> Center:
    """Load and lock a centre, whoever asks."""
    statement = select(Center).where(col(Center.id) == center_id).with_for_update()
    return found(await session.scalar(statement))


async def lock_centers(session: AsyncSession, center_ids: Collection[UUID]) -> None:
    """Lock centres, in the order of their ids, as whoever changes their members has to."""
    statement = select(Center.id).where(col(Center.id).in_(center_ids)).order_by(col(Center.id))
    await session.execute(statement.with_for_update())


async def stage_changes(session: AsyncSession, center_id: UUID) -> Sequence[StageChange]:
    """Give a centre's changes of stage, oldest first."""
    statement = (
        select(StageChange)
        .where(col(StageChange.center_id) == center_id)
        .order_by(col(StageChange.id))
    )
    return (await session.scalars(statement)).all()


async def next_number(session: AsyncSession, series: str) -> int:
    """Draw the next number of a series; the row stays locked until the commit."""
    drawn = (
        insert(Counter)
        .values(series=series, last=1)
        .on_conflict_do_update(index_elements=["series"], set_={"last": Counter.last + 1})
        .returning(col(Counter.last))
    )
    return int(found(await session.scalar(drawn)))


async def reserve_numbers(session: AsyncSession, last: int) -> None:
    """Let the series of codes go on after a number; the row stays locked until the commit."""
    reserved = insert(Counter).values(series="center", last=last)
    await session.execute(
        reserved.on_conflict_do_update(
            index_elements=["series"], set_={"last": func.greatest(Counter.last, last)}
        )
    )


async def codes_and_entities(
    session: AsyncSession, codes: Collection[str]
) -> tuple[set[str], set[UUID]]:
    """Give which codes are taken, and the legal persons of centres that live."""
    taken = await session.scalars(select(Center.code).where(col(Center.code).in_(codes)))
    entities = await session.scalars(
        select(Center.legal_entity_id).where(
            col(Center.legal_entity_id).is_not(None),
            col(Center.disclosed_at).is_not(None),
            col(Center.stage).not_in(ENDED),
        )
    )
    return {code for code in taken if code}, {org_id for org_id in entities if org_id}


def milestones(actor: Actor, center_id: UUID | None = None) -> SelectOfScalar[CenterMilestone]:
    """Select what centres owe: officials see all, members their own centres' (X04)."""
    statement = select(CenterMilestone)
    if center_id is not None:
        statement = statement.where(col(CenterMilestone.center_id) == center_id)
    if actor.has("official", "service"):
        return statement
    own = sa_select(col(Center.id)).where(spoken_for_by(actor.org_ids))
    return statement.where(col(CenterMilestone.center_id).in_(own))


async def owed_for_update(
    session: AsyncSession, center_id: UUID, kind: MilestoneKind
) -> CenterMilestone | None:
    """Lock and give what a centre owes of a kind, if it does."""
    statement = select(CenterMilestone).where(
        col(CenterMilestone.center_id) == center_id,
        col(CenterMilestone.kind) == kind,
        col(CenterMilestone.state).in_(OWED),
    )
    milestone: CenterMilestone | None = await session.scalar(statement.with_for_update())
    return milestone


async def owed(
    session: AsyncSession, center_id: UUID, kinds: Collection[MilestoneKind]
) -> Sequence[CenterMilestone]:
    """Lock and give what a centre owes of some kinds."""
    statement = (
        select(CenterMilestone)
        .where(
            col(CenterMilestone.center_id) == center_id,
            col(CenterMilestone.kind).in_(kinds),
            col(CenterMilestone.state).in_(OWED),
        )
        .order_by(col(CenterMilestone.id))
    )
    return (await session.scalars(statement.with_for_update())).all()


async def milestones_due(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[CenterMilestone]:
    """Lock the milestones of which something is to be said; those held elsewhere are left."""
    statement = (
        select(CenterMilestone)
        .where(
            col(CenterMilestone.state) == MilestoneState.OPEN,
            col(CenterMilestone.next_at) <= now,
        )
        .order_by(col(CenterMilestone.next_at), col(CenterMilestone.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def owing_registration(session: AsyncSession, limit: int) -> Sequence[tuple[UUID, date]]:
    """Give listed consortia without a legal person whose milestone nobody has entered."""
    entered = exists().where(
        col(CenterMilestone.center_id) == col(Center.id),
        col(CenterMilestone.kind) == MilestoneKind.ENTITY_REGISTRATION,
    )
    statement = (
        sa_select(col(Center.id), col(Center.entity_due_on))
        .where(
            col(Center.applicant_form) == ApplicantForm.CONSORTIUM,
            col(Center.listed_on).is_not(None),
            col(Center.legal_entity_id).is_(None),
            col(Center.entity_due_on).is_not(None),
            col(Center.stage).not_in(ENDED),
            ~entered,
        )
        .order_by(col(Center.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await session.execute(statement)).all()
    return [(center_id, due_on) for center_id, due_on in rows if due_on is not None]


async def support_standing(session: AsyncSession, center_id: UUID, today: date) -> SupportStanding:
    """Give what support looks at; what is owed counts from the day after its last one (A053)."""
    center = found(await session.get(Center, center_id))
    statement = select(CenterMilestone.kind).where(
        col(CenterMilestone.center_id) == center_id,
        col(CenterMilestone.state).in_(OWED),
        col(CenterMilestone.due_on) < today,
    )
    overdue = (await session.scalars(statement)).all()
    return SupportStanding(
        center.stage,
        listed=center.listed_on is not None,
        overdue=tuple(sorted(str(kind) for kind in overdue)),
    )


def history(center_id: UUID, before: datetime | None = None) -> SelectOfScalar[Event]:
    """Select what happened to a centre itself, up to an instant that is no longer included."""
    kinds = [col(Event.type).startswith(prefix) for prefix in HISTORY]
    statement = select(Event).where(col(Event.center_id) == center_id, or_(*kinds))
    return statement if before is None else statement.where(col(Event.recorded_at) < before)


async def belongs(session: AsyncSession, center_id: UUID, org_ids: Collection[UUID]) -> bool:
    """Tell whether one of these organizations is a member of a listed centre today."""
    statement = sa_select(MEMBERSHIP.c.center_id).where(
        MEMBERSHIP.c.center_id == center_id,
        MEMBERSHIP.c.org_id.in_(org_ids),
        MEMBERSHIP.c.state.in_(MEMBER_STATES),
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def belonged_until(
    session: AsyncSession, center_id: UUID, org_ids: Collection[UUID]
) -> date | None:
    """Give the last day on which one of these organizations was a member, if none is one now."""
    statement = sa_select(func.max(MEMBERSHIP.c.left_on)).where(
        MEMBERSHIP.c.center_id == center_id,
        MEMBERSHIP.c.org_id.in_(org_ids),
        MEMBERSHIP.c.state.in_(FORMER_STATES),
    )
    last: date | None = await session.scalar(statement)
    return last


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give what centres owe that the caller may do next, the earliest first (A053).

    A re-check is due once its plan is filed; what is overdue is the handler's to follow up.
    """
    owed_ones = col(CenterMilestone.state).in_(OWED)
    if actor.has("handler", "reviewer"):
        late = col(CenterMilestone.due_on) < today
        recheck = col(CenterMilestone.kind) == MilestoneKind.RECTIFICATION
        statement = select(CenterMilestone).where(owed_ones, or_(late, recheck))
        kinds = {MilestoneKind.RECTIFICATION: RECHECK}
    elif actor.org_id is not None and actor.has("member"):
        own = sa_select(col(Center.id)).where(spoken_for_by(actor.org_ids))
        statement = select(CenterMilestone).where(
            owed_ones,
            col(CenterMilestone.center_id).in_(own),
            col(CenterMilestone.kind).in_(tuple(MEMBER_TASKS)),
        )
        kinds = MEMBER_TASKS
    else:
        return []
    ordered = statement.order_by(col(CenterMilestone.due_on), col(CenterMilestone.id))
    rows = (await session.scalars(ordered.limit(MOST_TASKS))).all()
    return [
        Task(kinds.get(row.kind, FOLLOW_UP), row.center_id, row.center_id, row.due_on)
        for row in rows
    ]
