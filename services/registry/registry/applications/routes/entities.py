"""The legal person that a consortium registers after its listing."""

from uuid import UUID

from fastapi import Response

from registry.applications import actions
from registry.centers.schemas import CenterOut, EntityIn, EntityMilestoneIn
from shared.http import CurrentActor, Router, Today, Transaction, access, problems, tagged

router = Router(prefix="/v1/registry/centers/{center_id}", tags=["centers"])


@router.post(
    "/entity",
    operation_id="registry_attach_entity",
    openapi_extra=access("member", tenant="the lead sponsor", rules=("A051", "A053")),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "USCC_FORMAT",
        "USCC_CHECK_DIGIT",
        "LEGAL_PERSON_REQUIRED",
        "ENTITY_NOT_LOCAL",
        "ENTITY_AGE_EXCEEDED",
        "ENTITY_CONSENT_MISSING",
        "ENTITY_TAKEN",
        "STATE_CONFLICT",
        "DISHONEST_ORG",
    ),
)
async def attach_entity(
    center_id: UUID,
    body: EntityIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> CenterOut:
    """Attach the legal person that a consortium has registered."""
    center = await actions.attach_entity(session, actor, center_id, body.uscc, today)
    tagged(response, center.version)
    return CenterOut.model_validate(center)


@router.post(
    "/entity-milestone",
    operation_id="registry_name_entity_milestone",
    openapi_extra=access("member", tenant="the lead sponsor", rules=("A052", "A053")),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "FIELD_INVALID", "STATE_CONFLICT"),
)
async def name_milestone(
    center_id: UUID,
    body: EntityMilestoneIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> CenterOut:
    """Name the day by which a consortium registers its legal person, where none is named yet."""
    center = await actions.name_milestone(session, actor, center_id, body.due_on, today)
    tagged(response, center.version)
    return CenterOut.model_validate(center)
