"""What is read of applications, and who may see which (X04)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.applications import rules
from registry.applications.rules import (
    CallTerms,
    CaseCapacity,
    DecisionKind,
    Dossier,
    EvidenceKind,
    ExceptionState,
    Founding,
    Party,
    PlanFacts,
    ProfileFacts,
    Source,
    State,
    TechnologyFacts,
    TechnologyStatus,
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
from registry.centers.queries import is_taken, of_orgs
from registry.centers.rules import ACTIVE, OWED, MilestoneKind
from registry.centers.tables import Center, CenterMilestone
from registry.entities.queries import is_given
from registry.files.tables import StoredFile
from registry.governance.queries import latest_plan
from registry.memberships.queries import open_memberships
from registry.memberships.rules import JOINED
from registry.memberships.tables import Membership
from registry.organizations.queries import organizations_of, park_exists_of
from registry.organizations.tables import Organization
from registry.programme.queries import call_of
from registry.programme.rules import Window
from registry.programme.tables import Call
from shared.auth import Actor
from shared.calendar import day_of
from shared.rules import found

RANK_EVIDENCE: Final = "rank_evidence"


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
    return found(await session.scalar(statement.execution_options(populate_existing=True)))


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


def _owing_composition() -> SelectOfScalar[UUID]:
    return select(CenterMilestone.center_id).where(
        col(CenterMilestone.kind) == MilestoneKind.COMPOSITION,
        col(CenterMilestone.state).in_(OWED),
    )


async def owing_composition(session: AsyncSession) -> Sequence[UUID]:
    """Give the centres that owe members or bodies; as many as one look can judge (A049)."""
    statement = _owing_composition().order_by(col(CenterMilestone.center_id)).limit(200)
    return (await session.scalars(statement)).all()


async def newly_barred(session: AsyncSession, today: date) -> Sequence[UUID]:
    """Give the centres at work with a member on record for dishonesty that owe nothing (X17)."""
    statement = (
        select(Membership.center_id)
        .join(Organization, col(Organization.id) == col(Membership.org_id))
        .join(Center, col(Center.id) == col(Membership.center_id))
        .where(
            col(Organization.dishonesty_until) >= today,
            col(Membership.state).in_(JOINED),
            col(Center.stage).in_(ACTIVE),
            col(Center.id).not_in(_owing_composition()),
        )
        .order_by(col(Membership.center_id))
        .distinct()
        .limit(200)
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
    return next((row.state for row in rows if row.legal_entity_id == entity_id), None)


async def waits_for_exception(session: AsyncSession, application_id: UUID) -> bool:
    """Tell whether a request of the case is still undecided, for whichever legal person."""
    rows = await exceptions(session, application_id)
    return any(row.state is ExceptionState.PENDING for row in rows)


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
    return {(row.person_id, row.capacity) for row in rows}


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


async def dossier(session: AsyncSession, application: Application, center: Center) -> Dossier:
    """Gather everything that the rules of submission look at."""
    call = await call_of(session, application.call_id)
    members = await open_memberships(session, center.id)
    organizations = await organizations_of(session, await case_org_ids(session, center))
    filed = {row.kind for row in await materials(session, application.id)}
    plan = await latest_plan(session, center.id)
    ranked = RANK_EVIDENCE in filed
    entity_id = center.legal_entity_id
    return Dossier(
        state=application.state,
        model=center.model_type,
        founding=Founding(
            form=center.applicant_form,
            common_problem=application.common_problem,
            has_entity=entity_id is not None,
            entity_due_on=center.entity_due_on,
        ),
        field_codes=tuple(center.field_codes),
        lead=party_of(organizations[center.lead_sponsor_id]),
        parties=tuple(
            party_of(organizations[row.org_id], row, has_rank_evidence=ranked) for row in members
        ),
        entity=None if entity_id is None else party_of(organizations[entity_id]),
        call=call_terms(call, center),
        profiles=tuple(_profile_facts(row) for row in await profiles(session, application.id)),
        technologies=tuple(
            TechnologyFacts(
                row.status is TechnologyStatus.TO_BE_BROKEN_THROUGH,
                bool(row.own_ip_basis or row.ip_plan),
            )
            for row in await technologies(session, application.id)
        ),
        resources=tuple(row.standing for row in await stated_resources(session, application.id)),
        materials=frozenset(filed),
        plan=None
        if plan is None
        else PlanFacts(plan.horizon_years, frozenset(part["part"] for part in plan.parts)),
        exception=await latest_exception_state(session, application.id, entity_id),
        entity_taken=await is_taken(session, entity_id, center.id),
        entity_agreed=await is_given(session, center.id, entity_id),
        has_park=await park_exists_of(session, {row.org_id for row in members}),
        due_on=None if application.due_at is None else day_of(application.due_at),
    )


async def parties(session: AsyncSession, center: Center) -> tuple[tuple[Party, ...], Party | None]:
    """Give the members of a centre, invited ones included, and its legal person, if it has one."""
    members = await open_memberships(session, center.id)
    organizations = await organizations_of(session, await case_org_ids(session, center))
    entity_id = center.legal_entity_id
    return (
        tuple(party_of(organizations[row.org_id], row) for row in members),
        None if entity_id is None else party_of(organizations[entity_id]),
    )


def party_of(
    organization: Organization,
    membership: Membership | None = None,
    *,
    has_rank_evidence: bool = False,
) -> Party:
    """Give an organization as the rules see it; its place in the centre prevails."""
    place = organization.chain_position
    facts = Party(
        org_id=organization.id,
        org_type=organization.org_type,
        legal_person_kind=organization.legal_person_kind,
        region_code=organization.region_code,
        registered_on=organization.registered_on,
        is_sme=organization.is_sme,
        is_leading=organization.is_leading,
        is_known_backbone=organization.is_backbone,
        chain_position=place,
        dishonest_until=organization.dishonesty_until,
        has_rank_evidence=has_rank_evidence,
    )
    if membership is None:
        return facts
    return replace(
        facts,
        chain_position=membership.chain_position or place,
        role=membership.role,
        state=membership.state,
    )


def call_terms(call: Call, center: Center) -> CallTerms:
    """Give what a call asks of a centre of its model."""
    return CallTerms(
        required_materials=tuple(
            material["kind"]
            for material in call.materials
            if material.get("required") and _is_asked(material, center)
        ),
        strict_entity_age=call.strict_entity_age,
        window=Window(call.open_from, call.open_until, call.soft_window),
    )


def _is_asked(material: dict[str, object], center: Center) -> bool:
    models = material.get("model_types")
    return not isinstance(models, list) or center.model_type.value in models


def _profile_facts(row: SponsorProfile) -> ProfileFacts:
    accepted = sum(bool(project.get("acceptance_result")) for project in row.past_projects)
    evidence = {EvidenceKind(kind): len(items) for kind, items in row.evidence.items()}
    return ProfileFacts(
        year=row.year,
        rd_spend_fen=row.rd_spend_fen,
        evidence={
            **evidence,
            EvidenceKind.PAST_PROJECTS: accepted,
            EvidenceKind.PLATFORMS: len(row.platforms),
            EvidenceKind.EQUIPMENT: len(row.equipment),
            EvidenceKind.SENIOR_TALENTS: len(row.senior_talents),
        },
    )
