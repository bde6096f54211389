"""Judging seated experts on what is known now, many seats with a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, Uuid, exists, func, literal, or_, union_all
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from evaluation.conflicts import rules
from evaluation.conflicts.tables import SeatConflict
from evaluation.cycles.rules import SETTLED
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Duty, SubjectType
from evaluation.experts import queries as expert_queries
from evaluation.experts.rules import ORGAN, Interests, Party
from evaluation.experts.tables import Expert, ExpertRelation, FormerOrganizationCode
from evaluation.panels import queries as panel_queries
from evaluation.panels.rules import ReviewSubject, standing_checks, twin_checks
from evaluation.panels.tables import Panel, PanelDuty, PanelOrganization, PanelSeat
from shared.auth import Actor
from shared.directory import DirectoryCenter, DirectoryMembership, DirectoryOrganization, policy_on
from shared.http import PageRequest, paginate
from shared.rules import Check
from shared.tasks import MOST_TASKS, Task


@dataclass(frozen=True, slots=True)
class Sitting:
    """A seat that counts, and the panel that it is on."""

    panel: Panel
    seat: PanelSeat


async def sitting(
    session: AsyncSession,
    *,
    expert_ids: Collection[UUID] | None = None,
    center_ids: Collection[UUID] | None = None,
) -> list[Sitting]:
    """List the seats of panels whose matter is not settled, of some experts or some centres.

    Where both are named, a seat of either is there.
    """
    settled = exists().where(
        col(EvaluationCase.id) == col(Panel.subject_id), col(EvaluationCase.state).in_(SETTLED)
    )
    statement = (
        select_rows(Panel, PanelSeat)
        .join(PanelSeat, col(PanelSeat.panel_id) == col(Panel.id))
        .where(col(PanelSeat.vacated_at).is_(None), ~settled)
        .order_by(col(PanelSeat.id))
    )
    of = [
        column.in_(ids)
        for column, ids in (
            (col(PanelSeat.expert_id), expert_ids),
            (col(Panel.center_id), center_ids),
        )
        if ids is not None
    ]
    if of:
        statement = statement.where(or_(*of))
    return [Sitting(panel, seat) for panel, seat in await session.execute(statement)]


async def conflicts_of(
    session: AsyncSession, seats: Sequence[Sitting], today: date
) -> dict[UUID, list[Check]]:
    """Give the failed checks of each seat by what is known now; clear seats are absent."""
    if not seats:
        return {}
    policy = await policy_on(session, today)
    subjects = await _subjects(session, {one.panel.id: one.panel for one in seats}.values())
    known = await expert_queries.candidates(
        session, sorted({one.seat.expert_id for one in seats}), lock=False
    )
    judged = {
        one.seat.id: standing_checks(
            policy, subjects[one.panel.id], known[one.seat.expert_id], today
        )
        for one in seats
    }
    for seat_id, twin in (await _twins(session, {one.panel.id for one in seats})).items():
        if seat_id in judged:
            judged[seat_id].append(twin)
    return {
        seat_id: failed
        for seat_id, checks in judged.items()
        if (failed := [check for check in checks if not check.passed])
    }


async def _twins(session: AsyncSession, panel_ids: Collection[UUID]) -> dict[UUID, Check]:
    """Find the seats of some panels whose person holds an earlier one there, too."""
    held: dict[UUID, list[tuple[UUID, UUID]]] = defaultdict(list)
    for seat in await panel_queries.seats_of(session, list(panel_ids)):
        if seat.vacated_at is None:
            held[seat.panel_id].append((seat.id, seat.person_id))
    people = {person for panel in held.values() for _, person in panel}
    persons = await expert_queries.accounts_of(session, people)
    if not persons:
        return {}
    return {
        seat_id: check
        for panel in held.values()
        for seat_id, check in twin_checks(panel, persons).items()
    }


async def panel_conflicts(
    session: AsyncSession, subject_type: SubjectType, subject_id: UUID, today: date
) -> dict[UUID, list[Check]]:
    """Judge every seat that counts of a subject's panels now."""
    found = await conflicts_by_subject(session, subject_type, [subject_id], today)
    return found.get(subject_id, {})


async def conflicts_by_subject(
    session: AsyncSession, subject_type: SubjectType, subject_ids: Sequence[UUID], today: date
) -> dict[UUID, dict[UUID, list[Check]]]:
    """Judge every seat that counts of some subjects' panels now, by subject and seat."""
    panels = await panel_queries.counting_panels(session, subject_type, subject_ids)
    by_id = {panel.id: panel for panel in panels}
    seats = await panel_queries.seats_of(session, list(by_id))
    counting = [Sitting(by_id[seat.panel_id], seat) for seat in seats if seat.vacated_at is None]
    judged = await conflicts_of(session, counting, today)
    found: dict[UUID, dict[UUID, list[Check]]] = {}
    for one in counting:
        if one.seat.id in judged:
            found.setdefault(one.panel.subject_id, {})[one.seat.id] = judged[one.seat.id]
    return found


async def _subjects(session: AsyncSession, panels: Collection[Panel]) -> dict[UUID, ReviewSubject]:
    """Give the subjects of panels as `panels.queries.subject_of` does, all at once."""
    ids = [panel.id for panel in panels]
    then: dict[UUID, list[Party]] = defaultdict(list)
    rows = select(PanelOrganization).where(col(PanelOrganization.panel_id).in_(ids))
    for row in await session.scalars(rows.order_by(col(PanelOrganization.uscc))):
        party = Party(row.org_id, row.uscc, row.role, tuple(row.parent_usccs))
        then[row.panel_id].append(party)
    acted: dict[UUID, list[Duty]] = defaultdict(list)
    reported = select(PanelDuty).where(col(PanelDuty.panel_id).in_(ids))
    for duty in await session.scalars(reported):
        acted[duty.panel_id].append(Duty(duty.person_id, duty.capacity))
    own: dict[UUID, list[Duty]] = {}
    for kind in SubjectType:
        of_kind = [panel.subject_id for panel in panels if panel.subject_type is kind]
        own |= await duty_queries.people_of_all(session, kind, of_kind)
    told = {panel.id: Interests(panel.center_id, tuple(then[panel.id])) for panel in panels}
    now = await panel_queries.known_now(session, told)
    return {
        panel.id: ReviewSubject(
            subject_type=panel.subject_type,
            subject_id=panel.subject_id,
            round=panel.round,
            state="",
            interests=now[panel.id],
            duties=(*acted[panel.id], *own.get(panel.subject_id, ())),
        )
        for panel in panels
    }


async def open_conflicts(
    session: AsyncSession, seat_ids: Collection[UUID]
) -> dict[tuple[UUID, str], SeatConflict]:
    """Give the conflicts that stand on some seats, by seat and path."""
    statement = select(SeatConflict).where(
        col(SeatConflict.seat_id).in_(seat_ids), col(SeatConflict.cleared_at).is_(None)
    )
    return {(row.seat_id, row.path_hash): row for row in await session.scalars(statement)}


async def seat_conflicts(session: AsyncSession, panel_id: UUID) -> Sequence[SeatConflict]:
    """List what was found on a panel's seats, oldest first; the caller may see the panel."""
    statement = (
        select(SeatConflict)
        .where(col(SeatConflict.panel_id) == panel_id)
        .order_by(col(SeatConflict.found_at), col(SeatConflict.id))
    )
    return (await session.scalars(statement)).all()


@dataclass(frozen=True, slots=True)
class Entry:
    """What of an organization's entry may bring a conflict: its code, its owner, its successor."""

    uscc: str
    parent_uscc: str | None
    successor_id: UUID | None


async def entries_of(session: AsyncSession, org_ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Give what is known of organizations that may bring a conflict; unknown ones are absent."""
    statement = select_rows(
        col(DirectoryOrganization.id),
        col(DirectoryOrganization.uscc),
        col(DirectoryOrganization.parent_uscc),
        col(DirectoryOrganization.successor_id),
    ).where(col(DirectoryOrganization.id).in_(org_ids))
    return {row[0]: Entry(*row[1:]) for row in await session.execute(statement)}


async def centers_behind(session: AsyncSession, org_ids: Collection[UUID]) -> Sequence[UUID]:
    """Name the centres with open panels behind which some organizations stand, now or then."""
    settled = exists().where(
        col(EvaluationCase.id) == col(Panel.subject_id), col(EvaluationCase.state).in_(SETTLED)
    )
    member = exists().where(
        col(DirectoryMembership.center_id) == col(Panel.center_id),
        col(DirectoryMembership.org_id).in_(org_ids),
    )
    then = exists().where(
        col(PanelOrganization.panel_id) == col(Panel.id),
        col(PanelOrganization.org_id).in_(org_ids),
    )
    office = exists().where(
        col(DirectoryCenter.id) == col(Panel.center_id),
        or_(
            col(DirectoryCenter.legal_entity_id).in_(org_ids),
            col(DirectoryCenter.trustee_org_id).in_(org_ids),
            col(DirectoryCenter.lead_sponsor_id).in_(org_ids),
        ),
    )
    statement = select(Panel.center_id).where(~settled, or_(member, then, office)).distinct()
    return (await session.scalars(statement)).all()


def unknown_owners() -> Subquery:
    """Select companies that ties or the register name and that nobody entered.

    Who holds them, and what else they hold, is not known: a tie reaches through them no further.
    An organ of state ends every chain (decision 0421), so that none is asked for.
    """
    named: Any = union_all(
        _naming(col(Expert.org_uscc), col(Expert.id)),
        _naming(col(ExpertRelation.org_uscc), col(ExpertRelation.expert_id)),
        _naming(col(DirectoryOrganization.parent_uscc), None),
    ).subquery("named")
    # Under another name: the register's owners are among those that name codes.
    entered: Any = aliased(DirectoryOrganization)
    bears = exists().where(entered.uscc == named.c.uscc)
    bore = exists().where(col(FormerOrganizationCode.uscc) == named.c.uscc)
    statement: Select[Any] = (
        select_rows(
            named.c.uscc,
            func.count(func.distinct(named.c.expert_id)).label("experts"),
            func.count().filter(named.c.expert_id.is_(None)).label("organizations"),
        )
        .where(~bears, ~bore, ~named.c.uscc.startswith(ORGAN))
        .group_by(named.c.uscc)
    )
    return statement.subquery("unknown")


async def page_of_unknown_owners(
    session: AsyncSession, page: PageRequest
) -> tuple[list[Any], str | None]:
    """Give a page of them, by code: code, experts, organizations."""
    unknown = unknown_owners()
    statement: Select[Any] = select_rows(unknown.c.uscc, unknown.c.experts, unknown.c.organizations)
    return await paginate(session, statement, page, [unknown.c.uscc])


def _naming(code: Any, expert_id: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Select the codes of one column, each with the expert who is tied by it, if one is."""
    who = literal(None, Uuid) if expert_id is None else expert_id
    return select_rows(code.label("uscc"), who.label("expert_id")).where(code.is_not(None))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the sheets that a reviewer has to look at, because their experts have a conflict."""
    del today  # At once, and no rule says by when.
    if not actor.has("reviewer"):
        return []
    # Under another name: who may see a panel looks into its seats too.
    seat: Any = aliased(PanelSeat)
    statement = (
        select_rows(col(SeatConflict.seat_id), col(Panel.center_id))
        .join(Panel, col(Panel.id) == col(SeatConflict.panel_id))
        .join(seat, seat.id == col(SeatConflict.seat_id))
        .where(
            col(SeatConflict.cleared_at).is_(None),
            seat.vacated_at.is_(None),
            panel_queries.visible(actor),
        )
        .distinct()
        .limit(MOST_TASKS)
    )
    return [
        Task(rules.VOID_TASK, seat_id, center_id=center_id)
        for seat_id, center_id in await session.execute(statement)
    ]


async def sharing_ties(session: AsyncSession, person_id: UUID) -> Sequence[UUID]:
    """Name the experts that an account belongs to: its ties are theirs."""
    return (await session.scalars(expert_queries.of_person(person_id))).all()
