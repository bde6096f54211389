"""The question that a deciding service asks before it decides."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from evaluation.duties.rules import SubjectType
from evaluation.standing import queries
from evaluation.standing.schemas import ReviewStandingOut
from shared.http import Reading, Router, access, problems

router = Router(prefix="/v1/evaluation/standing", tags=["standing"])


@router.get(
    "",
    operation_id="evaluation_get_standing",
    openapi_extra=access("service", tenant="any subject", rules=("A118", "X03"), internal=True),
    responses=problems("FORBIDDEN_SCOPE"),
)
async def get_standing(
    subject_type: Annotated[SubjectType, Query(description="What is reviewed.")],
    subject_id: Annotated[UUID, Query(description="The application or the case.")],
    session: Reading,
) -> ReviewStandingOut:
    """Tell where the review of an application or case stands, with versions and hashes."""
    return await queries.standing(session, subject_type, subject_id)
