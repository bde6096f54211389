"""Drafting an application and filling it, by its lead sponsor alone (A047-A117)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions import candidates
from registry.applications.actions.candidates import Candidate
from registry.applications.actions.steps import APPLICANT, applicant_checks, tell
from registry.applications.rules import TargetLevel, TechnologyKind, TechnologyStatus
from registry.applications.tables import (
    Application,
    ApplicationMaterial,
    CoreTechnology,
    SponsorProfile,
)
from registry.centers.queries import center_for_update
from registry.centers.rules import ApplicantForm, ModelType
from registry.centers.tables import Center
from registry.files.queries import file_for
from registry.governance import actions as governance
from registry.governance.actions import PlanContent
from registry.governance.queries import latest_plan
from registry.governance.rules import PlanState
from registry.governance.tables import DevelopmentPlan
from registry.memberships import actions as memberships
from registry.memberships.rules import MembershipRole
from registry.memberships.tables import Membership
from registry.organizations.queries import organization_found
from registry.organizations.rules import ChainPosition
from registry.programme.queries import active_fields, call_for, codes_of, policy_on
from shared.auth import Actor
from shared.database import new_id
from shared.http import version_checks
from shared.rules import Check, Kind, Rule, require

MATERIAL = Rule("A115", "四(三)1")


@dataclass(frozen=True, slots=True)
class DraftContent:
    """What a draft says; the lead sponsor is the caller's own organization."""

    call_id: UUID | None
    name: str
    model_type: ModelType
    applicant_form: ApplicantForm
    field_codes: Sequence[str]
    lead_sponsor_id: UUID
    legal_entity_id: UUID | None
    common_problem: str | None
    entity_due_on: date | None

    @property
    def candidate(self) -> Candidate:
        """Give the part that is the centre's."""
        return Candidate(
            name=self.name,
            model_type=self.model_type,
            applicant_form=self.applicant_form,
            field_codes=self.field_codes,
            lead_sponsor_id=self.lead_sponsor_id,
            legal_entity_id=self.legal_entity_id,
            entity_due_on=self.entity_due_on,
        )


@dataclass(frozen=True, slots=True)
class ProfileContent:
    """A sponsor's statements for one year; amounts in 分."""

    rd_spend_fen: int
    rd_assets_fen: int
    net_assets_fen: int
    revenue_fen: int
    rd_staff: int | None
    past_projects: Sequence[dict[str, Any]]
    platforms: Sequence[dict[str, Any]]
    equipment: Sequence[dict[str, Any]]
    senior_talents: Sequence[dict[str, Any]]
    evidence: Mapping[str, Sequence[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class TechnologyContent:
    """A core technology as its applicant describes it."""

    name: str
    kind: TechnologyKind
    target_level: TargetLevel
    own_ip_basis: str | None
    ip_plan: str | None
    comparator: str | None
    trl_now: int | None
    trl_target: int | None
    status: TechnologyStatus


async def draft(
    session: AsyncSession, actor: Actor, content: DraftContent, today: date, now: datetime
) -> tuple[Application, Center]:
    """Begin an application with its candidate centre, on any day of the year (A159, A160).

    Raises `Refused`: FORBIDDEN_SCOPE, MODEL_SPONSOR_MISMATCH, FIELD_INACTIVE, DISHONEST_ORG,
    COMMON_PROBLEM_MISSING or NOT_FOUND.
    """
    call = await call_for(session, content.call_id)
    require(
        [_own_check(actor, content.lead_sponsor_id), *await _draft_checks(session, content, today)]
    )
    center = await candidates.found_candidate(session, actor, content.candidate, now)
    application = Application(
        center_id=center.id,
        call_id=call.id,
        applicant_org_id=content.lead_sponsor_id,
        common_problem=content.common_problem,
        created_by=actor.person_id,
        created_at=now,
        state_since=now,
    )
    session.add(application)
    await session.flush()
    tell(session, actor, application, "drafted")
    return application, center


async def change_draft(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    content: DraftContent,
    version: int,
    today: date,
) -> tuple[Application, Center]:
    """Change a draft or a returned application that the caller has read (X06).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, STATE_CONFLICT, and the content
    codes of `draft`.
    """
    application, center = await editable(session, actor, application_id, version)
    require(
        [
            _own_check(actor, content.lead_sponsor_id),
            *await _draft_checks(session, content, today),
        ]
    )
    if content.call_id is not None:
        application.call_id = (await call_for(session, content.call_id)).id
    application.common_problem = content.common_problem
    application.version += 1
    await candidates.change_candidate(session, actor, center, content.candidate)
    tell(session, actor, application, "changed")
    return application, center


async def editable(
    session: AsyncSession, actor: Actor, application_id: UUID, version: int | None = None
) -> tuple[Application, Center]:
    """Load and lock an application with its centre, if the caller may change them now.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    application = await queries.application_for_update(session, actor, application_id)
    stale = [] if version is None else version_checks(application.version, version)
    require(
        [
            *applicant_checks(application, actor),
            *stale,
            *rules.editing_checks(application.state),
        ]
    )
    return application, await center_for_update(session, application.center_id)


def _own_check(actor: Actor, lead_sponsor_id: UUID) -> Check:
    return APPLICANT.check(
        "FORBIDDEN_SCOPE",
        Kind.SCOPE,
        passed=lead_sponsor_id in actor.org_ids,
        pointer="/lead_sponsor_id",
    )


async def _draft_checks(session: AsyncSession, content: DraftContent, today: date) -> list[Check]:
    policy = await policy_on(session, today)
    lead = queries.party_of(await organization_found(session, content.lead_sponsor_id))
    if content.legal_entity_id is not None:
        await organization_found(session, content.legal_entity_id)
    return rules.draft_checks(
        policy,
        content.model_type,
        rules.Founding(
            form=content.applicant_form,
            common_problem=content.common_problem,
            has_entity=content.legal_entity_id is not None,
            entity_due_on=content.entity_due_on,
        ),
        lead,
        content.field_codes,
        await active_fields(session, today),
        today,
    )


async def set_profile(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    year: int,
    content: ProfileContent,
    version: int | None,
) -> SponsorProfile:
    """State the sponsor's figures and evidence of one year, in place of what was read (A104).

    Raises `Refused`: VERSION_CONFLICT (X06), and those of `editable`.
    """
    application, _ = await editable(session, actor, application_id)
    kept = await queries.profile(session, application.id, year)
    profile = SponsorProfile(
        application_id=application.id,
        year=year,
        id=new_id() if kept is None else kept.id,
        version=_next_version(kept, version),
        rd_spend_fen=content.rd_spend_fen,
        rd_assets_fen=content.rd_assets_fen,
        net_assets_fen=content.net_assets_fen,
        revenue_fen=content.revenue_fen,
        rd_staff=content.rd_staff,
        past_projects=list(content.past_projects),
        platforms=list(content.platforms),
        equipment=list(content.equipment),
        senior_talents=list(content.senior_talents),
        evidence={kind: list(items) for kind, items in content.evidence.items()},
    )
    kept = await session.merge(profile)
    tell(session, actor, application, "profile_set", year=year)
    return kept


def _next_version(kept: SponsorProfile | ApplicationMaterial | None, read: int | None) -> int:
    """Give the version of what is written; what is there is replaced by who has read it (X06).

    Two first writings at once meet at the application's lock: the second has read nothing.
    """
    if kept is None:
        return 1
    require(version_checks(kept.version, read or 0))
    return kept.version + 1


async def add_technology(
    session: AsyncSession, actor: Actor, application_id: UUID, content: TechnologyContent
) -> CoreTechnology:
    """Name a core technology, up to as many as a draft holds (A108, A109).

    Raises `Refused`: STATE_CONFLICT and those of `editable`.
    """
    application, _ = await editable(session, actor, application_id)
    named = await queries.technologies(session, application.id)
    require(rules.technology_room_checks(len(named)))
    technology = CoreTechnology(
        application_id=application.id,
        name=content.name,
        kind=content.kind,
        target_level=content.target_level,
        own_ip_basis=content.own_ip_basis,
        ip_plan=content.ip_plan,
        comparator=content.comparator,
        trl_now=content.trl_now,
        trl_target=content.trl_target,
        status=content.status,
    )
    session.add(technology)
    tell(session, actor, application, "technology_added", technology_id=technology.id)
    return technology


async def remove_technology(
    session: AsyncSession, actor: Actor, application_id: UUID, technology_id: UUID
) -> None:
    """Take a core technology out of a draft."""
    application, _ = await editable(session, actor, application_id)
    await session.delete(await queries.technology_of(session, application.id, technology_id))
    tell(session, actor, application, "technology_removed", technology_id=technology_id)


async def file_material(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    kind: str,
    file_id: UUID,
    version: int | None,
) -> ApplicationMaterial:
    """File a material of a kind that the programme knows, in place of what was read before.

    Raises `Refused`: CODE_UNKNOWN, VERSION_CONFLICT (X06), NOT_FOUND for a file that is not the
    caller's, and those of `editable`.
    """
    application, _ = await editable(session, actor, application_id)
    known = await codes_of(session, "material-kinds")
    require(
        [
            MATERIAL.check(
                "CODE_UNKNOWN",
                Kind.CONTENT,
                passed=kind in known,
                pointer="/kind",
                scheme="material-kinds",
            )
        ]
    )
    await file_for(session, actor, file_id)
    kept = await queries.material(session, application.id, kind)
    material = await session.merge(
        ApplicationMaterial(
            application_id=application.id,
            kind=kind,
            id=new_id() if kept is None else kept.id,
            version=_next_version(kept, version),
            file_id=file_id,
        )
    )
    tell(session, actor, application, "material_filed", kind=kind, file_id=file_id)
    return material


async def write_plan(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    content: PlanContent,
    version: int | None,
) -> DevelopmentPlan:
    """Write the plan of the candidate centre (A082, A083); one that exists is changed by version.

    Raises `Refused`: VERSION_CONFLICT (X06), and those of `editable` and of the plan itself.
    """
    application, center = await editable(session, actor, application_id)
    plan = await latest_plan(session, center.id)
    if plan is not None and plan.state is PlanState.DRAFT and version is not None:
        require(version_checks(plan.version, version))
    return await governance.write_plan(session, actor, application.center_id, content)


async def invite_member(
    session: AsyncSession,
    actor: Actor,
    application_id: UUID,
    *,
    org_id: UUID,
    role: MembershipRole,
    chain_position: ChainPosition | None,
    today: date,
    now: datetime,
) -> Membership:
    """Invite an organization to the candidate centre; it confirms by itself (A049).

    Raises `Refused`: DISHONEST_ORG, NOT_FOUND, STATE_CONFLICT and those of `editable`.
    """
    application, center = await editable(session, actor, application_id)
    return await memberships.invite(
        session,
        actor,
        center_id=center.id,
        inviter_id=application.applicant_org_id,
        org_id=org_id,
        role=role,
        chain_position=chain_position,
        now=now,
        today=today,
    )
