"""Panels and their seats. Only officials read panels; members never learn who reviews them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import exists, false
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Duty, SubjectType
from evaluation.experts import owner_queries
from evaluation.experts import queries as expert_queries
from evaluation.experts.owner_queries import Standing
from evaluation.experts.rules import LEGAL_ENTITY, ExpertField, Interests, Party
from evaluation.panels.rules import ReviewSubject
from evaluation.panels.tables import Panel, PanelDuty, PanelOrganization, PanelSeat, SeatAnswer
from shared.auth import Actor
from shared.directory import DirectoryCenter, DirectoryMembership
from shared.rules import found

# A member that was invited and never confirmed has no part in the centre.
PRESENT: Final = ("confirmed", "active", "leaving")


def visible(actor: Actor) -> ColumnElement[bool]:
    """Let officials see a panel, except those who sit on it as experts themselves."""
    if not actor.is_official:
        return false()
    own = col(PanelSeat.expert_id).in_(expert_queries.of_person(actor.person_id))
    return ~exists().where(col(PanelSeat.panel_id) == col(Panel.id), own)


def seated(actor: Actor, subject_id: Mapped[UUID]) -> ColumnElement[bool]:
    """Tell of which subjects the actor himself is or was one of the experts, by any account.

    What others scored is not for him, whatever duties he has besides (A121).
    """
    own = (
        select(Panel.subject_id)
        .join(PanelSeat, col(PanelSeat.panel_id) == col(Panel.id))
        .where(col(PanelSeat.expert_id).in_(expert_queries.of_person(actor.person_id)))
    )
    return subject_id.in_(own)


async def sits(session: AsyncSession, actor: Actor, subject_id: UUID) -> bool:
    """Tell whether the actor himself is or was an expert on a subject."""
    statement = select(Panel.id).where(
        col(Panel.subject_id) == subject_id, seated(actor, col(Panel.subject_id))
    )
    return await session.scalar(statement.limit(1)) is not None


def panels_page(
    actor: Actor, subject_type: SubjectType | None, subject_id: UUID | None
) -> SelectOfScalar[Panel]:
    """Select the visible panels, for a page of them."""
    statement = select(Panel).where(visible(actor))
    if subject_type is not None:
        statement = statement.where(col(Panel.subject_type) == subject_type)
    if subject_id is not None:
        statement = statement.where(col(Panel.subject_id) == subject_id)
    return statement


async def panel(session: AsyncSession, actor: Actor, panel_id: UUID) -> Panel:
    """Load a panel that the actor may see."""
    statement = select(Panel).where(col(Panel.id) == panel_id, visible(actor))
    return found(await session.scalar(statement))


async def panel_for_update(session: AsyncSession, panel_id: UUID) -> Panel:
    """Load and lock a panel; only for actions that have judged the caller."""
    statement = select(Panel).where(col(Panel.id) == panel_id).with_for_update()
    return found(await session.scalar(statement))


async def panel_of_round(
    session: AsyncSession, subject_type: SubjectType, subject_id: UUID, number: int
) -> Panel | None:
    """Give the panel of one round of a subject."""
    statement = select(Panel).where(
        col(Panel.subject_type) == subject_type,
        col(Panel.subject_id) == subject_id,
        col(Panel.round) == number,
    )
    return await session.scalar(statement)


async def standing_panel(
    session: AsyncSession, subject_type: SubjectType, subject_id: UUID
) -> Panel | None:
    """Give the panel that counts: the one of the latest round."""
    statement = (
        select(Panel)
        .where(col(Panel.subject_type) == subject_type, col(Panel.subject_id) == subject_id)
        .order_by(col(Panel.round).desc())
        .limit(1)
    )
    return await session.scalar(statement)


async def panels_of(
    session: AsyncSession, subject_type: SubjectType, subject_ids: Sequence[UUID]
) -> dict[UUID, list[Panel]]:
    """List the panels of some subjects by round, by subject."""
    statement = (
        select(Panel)
        .where(col(Panel.subject_type) == subject_type, col(Panel.subject_id).in_(subject_ids))
        .order_by(col(Panel.round))
    )
    found: dict[UUID, list[Panel]] = {}
    for panel in await session.scalars(statement):
        found.setdefault(panel.subject_id, []).append(panel)
    return found


async def counting_panels(
    session: AsyncSession, subject_type: SubjectType, subject_ids: Sequence[UUID]
) -> list[Panel]:
    """List the panels whose sheets count: of an application the last, of a case every one."""
    found = await panels_of(session, subject_type, subject_ids)
    first = None if subject_type is SubjectType.CASE else -1
    return [panel for panels in found.values() for panel in panels[first:]]


async def seats_of(session: AsyncSession, panel_ids: Sequence[UUID]) -> list[PanelSeat]:
    """List the seats of some panels in the order in which they were filled, vacated ones too."""
    statement = (
        select(PanelSeat)
        .where(col(PanelSeat.panel_id).in_(panel_ids))
        .order_by(col(PanelSeat.panel_id), col(PanelSeat.seated_at), col(PanelSeat.id))
    )
    return list(await session.scalars(statement))


async def seat(session: AsyncSession, seat_id: UUID) -> PanelSeat | None:
    """Give one seat; only for features that judge the caller themselves."""
    return await session.get(PanelSeat, seat_id)


async def interests_of(session: AsyncSession, panel: Panel) -> Interests:
    """Give the organizations behind a panel's subject, as they were when it was formed."""
    statement = (
        select(PanelOrganization)
        .where(col(PanelOrganization.panel_id) == panel.id)
        .order_by(col(PanelOrganization.uscc))
    )
    rows = await session.scalars(statement)
    parties = [Party(row.org_id, row.uscc, row.role, tuple(row.parent_usccs)) for row in rows]
    return Interests(panel.center_id, tuple(parties))


async def answer_of(session: AsyncSession, seat_id: UUID) -> SeatAnswer | None:
    """Give what was answered to the invitation to a seat."""
    return await session.get(SeatAnswer, seat_id)


async def usccs_of(session: AsyncSession, panel_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Give the codes of the organizations behind some panels' subjects, by panel."""
    statement = (
        select(PanelOrganization.panel_id, PanelOrganization.uscc)
        .where(col(PanelOrganization.panel_id).in_(panel_ids))
        .order_by(col(PanelOrganization.uscc))
    )
    codes: dict[UUID, list[str]] = {}
    for panel_id, code in await session.execute(statement):
        codes.setdefault(panel_id, []).append(code)
    return codes


async def interests_of_center(session: AsyncSession, center_id: UUID) -> Interests:
    """Give the organizations behind a centre now, from this service's copy of the directory."""
    return (await interests_of_centers(session, [center_id]))[center_id]


async def interests_of_centers(
    session: AsyncSession, center_ids: Sequence[UUID]
) -> dict[UUID, Interests]:
    """Give the organizations behind each of some centres; a centre unknown here has none."""
    return await known_now(session, {one: Interests(one, ()) for one in center_ids})


async def known_now(session: AsyncSession, told: Mapping[UUID, Interests]) -> dict[UUID, Interests]:
    """Put beside the organizations behind some subjects those behind their centres now.

    Each has its code and its owners of today; who stands in the place of one is there, too.
    """
    present = await _present(session, {behind.center_id for behind in told.values()})
    joined = {
        key: Interests(
            behind.center_id,
            (
                *behind.parties,
                *(
                    Party(org_id, "", role)
                    for org_id, role in present[behind.center_id].items()
                    if org_id not in {party.org_id for party in behind.parties}
                ),
            ),
        )
        for key, behind in told.items()
    }
    return await with_kin_and_owners(session, joined)


async def _present(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, str]]:
    """Give who stands behind some centres now, with what each is there."""
    roles: dict[UUID, dict[UUID, str]] = {center_id: {} for center_id in center_ids}
    members = select(
        DirectoryMembership.center_id, DirectoryMembership.org_id, DirectoryMembership.role
    ).where(
        col(DirectoryMembership.center_id).in_(center_ids),
        col(DirectoryMembership.state).in_(PRESENT),
    )
    for center_id, org_id, role in await session.execute(members):
        roles[center_id][org_id] = str(role)
    centers = select(DirectoryCenter).where(col(DirectoryCenter.id).in_(center_ids))
    for center in await session.scalars(centers):
        offices = {
            center.lead_sponsor_id: "lead",
            center.trustee_org_id: "trustee",
            center.legal_entity_id: LEGAL_ENTITY,
        }
        roles[center.id] |= {org: role for org, role in offices.items() if org is not None}
    return roles


async def with_kin_and_owners(
    session: AsyncSession, told: Mapping[UUID, Interests]
) -> dict[UUID, Interests]:
    """Put beside the organizations behind some subjects those that followed or preceded them.

    Each gets its code of today, and its owners of today before those that were told.
    """
    named = {party.org_id for behind in told.values() for party in behind.parties}
    kin = await owner_queries.kin_by_organization(session, named)
    behind_all = named | {one for together in kin.values() for one in together}
    known = await owner_queries.standing_of(session, behind_all)
    parents = {
        code for behind in told.values() for one in behind.parties for code in one.parent_usccs
    }
    _, above = await owner_queries.meant_by(session, (), parents) if parents else ({}, {})
    return {
        key: Interests(behind.center_id, _parties(behind.parties, kin, known, above))
        for key, behind in told.items()
    }


def _parties(
    told: Sequence[Party],
    kin: Mapping[UUID, Collection[UUID]],
    known: Mapping[UUID, Standing],
    above: Mapping[str, Standing],
) -> tuple[Party, ...]:
    # Who employs an organization's successor, or employed its people before, is tied to it (X08).
    joined = {
        one: Party(one, "", party.role) for party in told for one in kin.get(party.org_id, ())
    }
    joined |= {party.org_id: party for party in told}
    parties = [_as_known(party, known.get(party.org_id), above) for party in joined.values()]
    return tuple(sorted(parties, key=lambda party: (party.uscc, party.org_id)))


def _as_known(party: Party, now: Standing | None, above: Mapping[str, Standing]) -> Party:
    """Give a party with its code of today, and its owners of today before those that were told."""
    owners = list(now.owners) if now else []
    for code in party.parent_usccs:
        owners += [code, *(above[code].owners if code in above else ())]
    code = now.uscc if now else party.uscc
    return Party(party.org_id, code, party.role, tuple(dict.fromkeys(owners)))


async def subject_of(session: AsyncSession, panel: Panel) -> ReviewSubject:
    """Give a panel's subject from what is kept here: no other service is asked.

    Organizations that joined the centre since, and owners that became known since, are there too,
    as far as the directory knows them.
    """
    reported = await reported_duties(session, panel.id)
    own = await duty_queries.people_of(session, panel.subject_type, panel.subject_id)
    then = await interests_of(session, panel)
    now = await known_now(session, {panel.id: then})
    return ReviewSubject(
        subject_type=panel.subject_type,
        subject_id=panel.subject_id,
        round=panel.round,
        state="",
        interests=now[panel.id],
        duties=(*reported, *own),
        indicators=tuple(panel.indicators),
        applicant_org_id=panel.applicant_org_id,
    )


async def reported_duties(session: AsyncSession, panel_id: UUID) -> list[Duty]:
    """Give who had acted in the case when the panel was formed, by the owner's account."""
    statement = select(PanelDuty.person_id, PanelDuty.capacity).where(
        col(PanelDuty.panel_id) == panel_id
    )
    return [Duty(person_id, capacity) for person_id, capacity in await session.execute(statement)]


def vacancies(seats: Sequence[PanelSeat]) -> list[PanelSeat]:
    """Give the vacated seats that nobody has filled yet, oldest first."""
    filled = {row.replaces_seat_id for row in seats}
    return [row for row in seats if row.vacated_at is not None and row.id not in filled]


def vacant_fields(seats: Sequence[PanelSeat]) -> list[ExpertField]:
    """Name the field of each vacancy."""
    return [row.field for row in vacancies(seats)]
