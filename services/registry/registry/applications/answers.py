"""Puts answers together from rows."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries
from registry.applications.rules import IN_WORDS
from registry.applications.schemas import (
    ApplicationDetailOut,
    ApplicationOut,
    CaseDecisionOut,
    CaseHoldOut,
    CoreTechnologyOut,
    ExceptionOut,
    FormalCheckOut,
    MaterialOut,
    ReviewSubjectOut,
    SponsorProfileOut,
    SubjectOrgOut,
    SubjectPersonOut,
)
from registry.applications.schemas.resources import StatedResourceOut
from registry.applications.tables import (
    Application,
    CaseDecision,
    FormalCheck,
    SponsorProfile,
)
from registry.centers.tables import Center
from registry.governance.answers import plan_out
from registry.governance.queries import latest_plan, targets
from registry.memberships.queries import open_memberships
from registry.memberships.schemas import MembershipOut
from registry.organizations.queries import organizations_of
from shared.http import warnings_of
from shared.http.schemas import fen
from shared.rules import Check

OWN = (
    "id", "version", "state", "center_id", "call_id", "common_problem", "round", "receipt_no",
    "snapshot_hash", "submitted_at", "due_at",
)  # fmt: skip
OF_CENTER = (
    "name", "model_type", "field_codes", "applicant_form", "lead_sponsor_id", "legal_entity_id",
    "trustee_org_id", "entity_due_on",
)  # fmt: skip


def application_out(
    application: Application,
    center: Center,
    warnings: Sequence[Check] = (),
    language: str = "zh",
) -> ApplicationOut:
    """Give an application with its centre, and the warnings of the step just taken."""
    return ApplicationOut(
        **{name: getattr(application, name) for name in OWN},
        **{name: getattr(center, name) for name in OF_CENTER},
        center_code=center.code,
        warnings=warnings_of(warnings, language),
    )


async def detail_out(
    session: AsyncSession, application: Application, center: Center
) -> ApplicationDetailOut:
    """Give an application with all its parts."""
    plan = await latest_plan(session, center.id)
    plan_targets = [] if plan is None else await targets(session, plan.id)
    own = application.id
    return ApplicationDetailOut(
        **application_out(application, center).model_dump(),
        members=[
            MembershipOut.model_validate(row) for row in await open_memberships(session, center.id)
        ],
        sponsor_profiles=[profile_out(row) for row in await queries.profiles(session, own)],
        core_technologies=[
            CoreTechnologyOut.model_validate(row)
            for row in await queries.technologies(session, own)
        ],
        resources=[
            StatedResourceOut.of(row) for row in await queries.stated_resources(session, own)
        ],
        materials=[
            MaterialOut.model_validate(row) for row in await queries.materials(session, own)
        ],
        plan=None if plan is None else plan_out(plan, plan_targets),
        exceptions=[
            ExceptionOut.model_validate(row) for row in await queries.exceptions(session, own)
        ],
        formal_checks=[
            FormalCheckOut.model_validate(row) for row in await queries.formal_checks(session, own)
        ],
        decisions=[
            CaseDecisionOut.model_validate(row) for row in await queries.decisions(session, own)
        ],
        holds=[CaseHoldOut.model_validate(row) for row in await queries.holds(session, own)],
    )


def profile_out(row: SponsorProfile) -> SponsorProfileOut:
    """Give a sponsor's year with its amounts as money."""
    lists = {kind.value: row.evidence.get(kind.value, []) for kind in IN_WORDS}
    return SponsorProfileOut.model_validate(
        {
            "year": row.year,
            "version": row.version,
            "rd_spend": fen(row.rd_spend_fen),
            "rd_assets": fen(row.rd_assets_fen),
            "net_assets": fen(row.net_assets_fen),
            "revenue": fen(row.revenue_fen),
            "rd_staff": row.rd_staff,
            "past_projects": row.past_projects,
            "platforms": row.platforms,
            "equipment": row.equipment,
            "senior_talents": row.senior_talents,
            **lists,
        }
    )


def check_out(check: FormalCheck, application: Application) -> FormalCheckOut:
    """Give a formal check with where the application stands since."""
    out = FormalCheckOut.model_validate(check)
    return out.model_copy(update={"state": application.state, "version": application.version})


def decision_out(decision: CaseDecision, application: Application) -> CaseDecisionOut:
    """Give a decision with where the application stands since."""
    out = CaseDecisionOut.model_validate(decision, from_attributes=True)
    return out.model_copy(update={"state": application.state, "version": application.version})


async def review_subject(
    session: AsyncSession, application: Application, center: Center
) -> ReviewSubjectOut:
    """Give what evaluation needs to form a panel without conflicts (X08)."""
    roles = {row.org_id: row.role.value for row in await open_memberships(session, center.id)}
    if center.legal_entity_id is not None:
        roles.setdefault(center.legal_entity_id, "legal_entity")
    organizations = await organizations_of(session, roles.keys())
    people = await queries.people(session, application.id)
    return ReviewSubjectOut(
        application_id=application.id,
        center_id=center.id,
        state=application.state,
        applicant_org_id=application.applicant_org_id,
        round=application.round,
        snapshot_hash=application.snapshot_hash,
        orgs=[
            SubjectOrgOut(
                id=organization.id,
                uscc=organization.uscc,
                role=roles[organization.id],
                parent_usccs=[organization.parent_uscc] if organization.parent_uscc else [],
            )
            for organization in organizations.values()
        ],
        case_people=[
            SubjectPersonOut(person_id=person_id, capacity=capacity.value)
            for person_id, capacity in sorted(people)
        ],
    )
