"""What the registry is asked before a panel is formed."""

from uuid import UUID

from evaluation.duties.rules import Duty, SubjectType
from evaluation.experts.rules import Interests, Party
from evaluation.panels.rules import ReviewSubject
from evaluation.panels.schemas import ApplicationSubject
from shared.client import ServiceClient
from shared.rules import found


async def application_subject(services: ServiceClient, application_id: UUID) -> ReviewSubject:
    """Ask whose application it is and who acted in it; an unknown one is NOT_FOUND."""
    path = f"/v1/registry/applications/{application_id}/review-subject"
    told = ApplicationSubject.model_validate(found(await services.get("registry", path)))
    parties = [
        Party(org.id, org.uscc or "", org.role, tuple(org.parent_usccs)) for org in told.orgs
    ]
    return ReviewSubject(
        subject_type=SubjectType.APPLICATION,
        subject_id=told.application_id,
        round=told.round,
        state=told.state,
        interests=Interests(told.center_id, tuple(parties)),
        duties=tuple(Duty(person.person_id, person.capacity) for person in told.case_people),
        applicant_org_id=told.applicant_org_id,
        snapshot_hash=told.snapshot_hash,
    )
