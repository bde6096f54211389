"""An application as the rules of submission and of decisions see it."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications.queries.cases import (
    case_org_ids,
    latest_exception_state,
    materials,
    profiles,
    stated_resources,
    technologies,
)
from registry.applications.rules import (
    CallTerms,
    Dossier,
    EvidenceKind,
    Founding,
    Party,
    PlanFacts,
    ProfileFacts,
    TechnologyFacts,
    TechnologyStatus,
)
from registry.applications.tables import (
    Application,
    SponsorProfile,
)
from registry.centers.queries import is_taken
from registry.centers.tables import Center
from registry.entities.queries import is_given
from registry.governance.queries import latest_plan
from registry.memberships.queries import open_memberships, open_memberships_of
from registry.memberships.tables import Membership
from registry.organizations.queries import organizations_of, park_exists_of
from registry.organizations.tables import Organization
from registry.programme.queries import call_of
from registry.programme.rules import Window
from registry.programme.tables import Call
from shared.calendar import day_of

RANK_EVIDENCE: Final = "rank_evidence"


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


async def parties_of(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, tuple[Party, ...]]:
    """Give the members of centres, invited ones included."""
    members = await open_memberships_of(session, center_ids)
    organizations = await organizations_of(session, {row.org_id for row in members})
    found: dict[UUID, tuple[Party, ...]] = dict.fromkeys(center_ids, ())
    for row in members:
        found[row.center_id] += (party_of(organizations[row.org_id], row),)
    return found


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
        field_codes=tuple(call.field_codes),
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
