"""What is read of applications, and who may see which (X04)."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.applications import rules
from registry.applications.rules import (
    CaseCapacity,
    DecisionKind,
    ExceptionState,
    Source,
    State,
)
from registry.applications.tables import (
    Application,
    ApplicationMaterial,
    ApplicationSnapshot,
    CaseDecision,
    CaseHold,
    CasePerson,
    CoreTechnology,
    EligibilityException,
    FormalCheck,
    SponsorProfile,
    Standing,
    StatedResource,
)
from registry.centers.queries import of_orgs
from registry.centers.tables import Center
from registry.files.tables import StoredFile
from registry.memberships.queries import open_memberships
from registry.notices.queries import objection_deciders
from shared.auth import Actor
from shared.rules import found


def applications(actor: Actor) -> SelectOfScalar[Application]:
    """Select the applications that the actor may see (X04).

    The applicant, the members and those invited see theirs, and so does the centre's own legal
    entity; officials see what has been submitted. Another organization's draft does not exist.
    """
    statement = select(Application)
    if actor.has("service"):
        return statement
    own_centers = select(Center.id).where(of_orgs(actor.org_ids))
    seen = [col(Application.center_id).in_(own_centers)]
    if actor.is_official:
        seen.append(col(Application.submitted_at).is_not(None))
    return statement.where(or_(*seen))


async def application_seen(
    session: AsyncSession, actor: Actor, application_id: UUID
) -> Application:
    """Give an application that the actor may see."""
    statement = applications(actor).where(col(Application.id) == application_id)
    return found(await session.scalar(statement))


async def application_or_none(
    session: AsyncSession, actor: Actor, application_id: UUID
) -> Application | None:
    """Give an application if the actor may see it by what he is here."""
    statement = applications(actor).where(col(Application.id) == application_id)
    seen: Application | None = await session.scalar(statement)
    return seen


async def submitted_application(session: AsyncSession, application_id: UUID) -> Application | None:
    """Give an application that was submitted, whoever asks; a panel may be judging it."""
    statement = select(Application).where(
        col(Application.id) == application_id, col(Application.submitted_at).is_not(None)
    )
    submitted: Application | None = await session.scalar(statement)
    return submitted


async def snapshots(session: AsyncSession, application_id: UUID) -> Sequence[ApplicationSnapshot]:
    """Give what was submitted, oldest first."""
    statement = (
        select(ApplicationSnapshot)
        .where(col(ApplicationSnapshot.application_id) == application_id)
        .order_by(col(ApplicationSnapshot.round))
    )
    return (await session.scalars(statement)).all()


async def snapshot_of(
    session: AsyncSession, application_id: UUID, round_no: int
) -> ApplicationSnapshot:
    """Give what was submitted in a round; NOT_FOUND when nothing was."""
    statement = select(ApplicationSnapshot).where(
        col(ApplicationSnapshot.application_id) == application_id,
        col(ApplicationSnapshot.round) == round_no,
    )
    return found(await session.scalar(statement))


async def evidence_of(
    session: AsyncSession, application: Application, snapshot: ApplicationSnapshot
) -> list[StoredFile]:
    """Give the files that a submission names and its applicant handed in, in the order of ids.

    An entry of a profile may name any id; another organization's file stays hidden behind it.
    """
    named = [UUID(file_id) for file_id in rules.file_ids(json.loads(snapshot.content))]
    statement = select(StoredFile).where(
        col(StoredFile.id).in_(named), col(StoredFile.org_id) == application.applicant_org_id
    )
    rows = await session.scalars(statement.order_by(col(StoredFile.id)))
    return list(rows.all())


async def application_for_update(
    session: AsyncSession, actor: Actor, application_id: UUID
) -> Application:
    """Load and lock an application that the actor may see."""
    statement = applications(actor).where(col(Application.id) == application_id).with_for_update()
    return found(await session.scalar(statement))


async def application_of_event(session: AsyncSession, application_id: UUID) -> Application | None:
    """Load and lock the application that an event speaks of; it may be another service's id."""
    statement = select(Application).where(col(Application.id) == application_id).with_for_update()
    application: Application | None = await session.scalar(statement)
    return application


async def application_of_center(session: AsyncSession, center_id: UUID) -> Application | None:
    """Load and lock the application of a centre."""
    statement = select(Application).where(col(Application.center_id) == center_id).with_for_update()
    application: Application | None = await session.scalar(statement)
    return application


async def overdue(session: AsyncSession, now: datetime) -> Sequence[Application]:
    """Lock the returned applications whose time to come back is over."""
    statement = (
        select(Application)
        .where(col(Application.state) == State.RETURNED, col(Application.due_at) < now)
        .order_by(col(Application.id))
        .limit(200)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def profile(session: AsyncSession, application_id: UUID, year: int) -> SponsorProfile | None:
    """Give the sponsor's figures of a year, if they are stated."""
    return await session.get(SponsorProfile, (application_id, year))


async def material(
    session: AsyncSession, application_id: UUID, kind: str
) -> ApplicationMaterial | None:
    """Give the material of a kind, if it is filed."""
    return await session.get(ApplicationMaterial, (application_id, kind))


async def profiles(session: AsyncSession, application_id: UUID) -> Sequence[SponsorProfile]:
    """Give the sponsor's years, oldest first."""
    statement = (
        select(SponsorProfile)
        .where(col(SponsorProfile.application_id) == application_id)
        .order_by(col(SponsorProfile.year))
    )
    return (await session.scalars(statement)).all()


async def technologies(session: AsyncSession, application_id: UUID) -> Sequence[CoreTechnology]:
    """Give the core technologies in the order in which they were named."""
    statement = (
        select(CoreTechnology)
        .where(col(CoreTechnology.application_id) == application_id)
        .order_by(col(CoreTechnology.id))
    )
    return (await session.scalars(statement)).all()


async def technology_of(
    session: AsyncSession, application_id: UUID, technology_id: UUID
) -> CoreTechnology:
    """Give a core technology of an application."""
    statement = select(CoreTechnology).where(
        col(CoreTechnology.id) == technology_id,
        col(CoreTechnology.application_id) == application_id,
    )
    return found(await session.scalar(statement))


async def stated_resources(session: AsyncSession, application_id: UUID) -> Sequence[StatedResource]:
    """Give the resources that an application states, in the order in which they were named."""
    statement = (
        select(StatedResource)
        .where(col(StatedResource.application_id) == application_id)
        .order_by(col(StatedResource.id))
    )
    return (await session.scalars(statement)).all()


async def materials(session: AsyncSession, application_id: UUID) -> Sequence[ApplicationMaterial]:
    """Give the materials by kind."""
    statement = (
        select(ApplicationMaterial)
        .where(col(ApplicationMaterial.application_id) == application_id)
        .order_by(col(ApplicationMaterial.kind))
    )
    return (await session.scalars(statement)).all()


async def exceptions(session: AsyncSession, application_id: UUID) -> Sequence[EligibilityException]:
    """Give the requests for an exception, newest first."""
    statement = (
        select(EligibilityException)
        .where(col(EligibilityException.application_id) == application_id)
        .order_by(col(EligibilityException.id).desc())
    )
    return (await session.scalars(statement)).all()


async def exception_of(
    session: AsyncSession, application_id: UUID, exception_id: UUID
) -> EligibilityException:
    """Load and lock a request for an exception."""
    statement = (
        select(EligibilityException)
        .where(
            col(EligibilityException.id) == exception_id,
            col(EligibilityException.application_id) == application_id,
        )
        .with_for_update()
    )
    return found(await session.scalar(statement))


async def latest_exception_state(
    session: AsyncSession, application_id: UUID, entity_id: UUID | None
) -> ExceptionState | None:
    """Give where the latest request for an exception of this legal person stands.

    What was asked and granted for one legal person excuses no other that takes its place.
    """
    rows = await exceptions(session, application_id)
    return next(
        (
            row.state
            for row in rows
            if row.legal_entity_id == entity_id and row.state is not ExceptionState.WITHDRAWN
        ),
        None,
    )


async def pending_exception(
    session: AsyncSession, application_id: UUID
) -> EligibilityException | None:
    """Lock and give the request of a case that is still undecided, for whichever legal person."""
    statement = select(EligibilityException).where(
        col(EligibilityException.application_id) == application_id,
        col(EligibilityException.state) == ExceptionState.PENDING,
    )
    row: EligibilityException | None = await session.scalar(statement.with_for_update())
    return row


async def formal_checks(session: AsyncSession, application_id: UUID) -> Sequence[FormalCheck]:
    """Give the formal checks, oldest first."""
    statement = (
        select(FormalCheck)
        .where(col(FormalCheck.application_id) == application_id)
        .order_by(col(FormalCheck.id))
    )
    return (await session.scalars(statement)).all()


async def decisions(session: AsyncSession, application_id: UUID) -> Sequence[CaseDecision]:
    """Give what officials decided, oldest first."""
    statement = (
        select(CaseDecision)
        .where(col(CaseDecision.application_id) == application_id)
        .order_by(col(CaseDecision.id))
    )
    return (await session.scalars(statement)).all()


async def latest_recommendation(session: AsyncSession, application_id: UUID) -> CaseDecision | None:
    """Give the recommendation that holds."""
    statement = (
        select(CaseDecision)
        .where(
            col(CaseDecision.application_id) == application_id,
            col(CaseDecision.kind) == DecisionKind.RECOMMENDATION,
        )
        .order_by(col(CaseDecision.id).desc())
        .limit(1)
    )
    decision: CaseDecision | None = await session.scalar(statement)
    return decision


async def further_rounds(session: AsyncSession, application_id: UUID) -> int:
    """Count the further rounds of correction that a reviewer granted."""
    statement = select(func.count()).where(
        col(CaseDecision.application_id) == application_id,
        col(CaseDecision.kind) == DecisionKind.FURTHER_ROUND,
    )
    return await session.scalar(statement) or 0


async def people(session: AsyncSession, application_id: UUID) -> set[tuple[UUID, CaseCapacity]]:
    """Give who did what in a case, as far as it is known here."""
    statement = select(CasePerson).where(col(CasePerson.application_id) == application_id)
    rows = (await session.scalars(statement)).all()
    deciders = await objection_deciders(session, application_id)
    return {
        *((row.person_id, row.capacity) for row in rows),
        *((person_id, CaseCapacity.OBJECTION_DECIDER) for person_id in deciders),
    }


async def standing(session: AsyncSession, application_id: UUID) -> dict[Source, Standing]:
    """Give the last that each source told of a case."""
    statement = (
        select(Standing)
        .where(col(Standing.application_id) == application_id)
        .order_by(col(Standing.id))
    )
    return {row.source: row for row in (await session.scalars(statement)).all()}


async def digests_of(session: AsyncSession, decision_id: UUID) -> dict[Source, str]:
    """Give the hashes of what a decision was taken upon."""
    statement = select(Standing).where(col(Standing.decision_id) == decision_id)
    return {row.source: row.digest for row in (await session.scalars(statement)).all()}


async def holds(session: AsyncSession, application_id: UUID) -> Sequence[CaseHold]:
    """Give the holds of a case, oldest first, lifted ones included."""
    statement = (
        select(CaseHold)
        .where(col(CaseHold.application_id) == application_id)
        .order_by(col(CaseHold.id))
    )
    return (await session.scalars(statement)).all()


async def hold_for_update(session: AsyncSession, application_id: UUID, hold_id: UUID) -> CaseHold:
    """Load and lock a hold of a case."""
    statement = (
        select(CaseHold)
        .where(col(CaseHold.id) == hold_id, col(CaseHold.application_id) == application_id)
        .with_for_update()
    )
    return found(await session.scalar(statement))


async def case_org_ids(session: AsyncSession, center: Center) -> set[UUID]:
    """Give the organizations that a case is about: lead, members, those invited, legal entity."""
    members = {row.org_id for row in await open_memberships(session, center.id)}
    entity = set() if center.legal_entity_id is None else {center.legal_entity_id}
    return members | entity | {center.lead_sponsor_id}
