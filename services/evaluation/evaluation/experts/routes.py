"""The pool over HTTP: officials keep and read it, experts see themselves."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.experts import actions, queries, rules
from evaluation.experts.schemas import (
    ExpertIn,
    ExpertItemOut,
    ExpertOut,
    ExpertRelationOut,
    ExpertRetirementIn,
    SpecialtiesIn,
    SpecialtyOut,
)
from evaluation.experts.tables import Expert
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)

router = Router(prefix="/v1/evaluation/experts", tags=["experts"])
READERS = access("official", "expert", tenant="officials, and an expert himself")
KEEPERS = access("handler", tenant="any expert of the pool", rules=("A119",))


@router.post(
    "",
    operation_id="evaluation_register_expert",
    status_code=201,
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "USCC_FORMAT", "USCC_CHECK_DIGIT", "ALREADY_EXISTS"),
)
async def register(
    body: ExpertIn, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> ExpertOut:
    """Enter an expert into the pool, with field, employer and known ties."""
    expert = await actions.register(session, actor, body, now)
    return await shown(session, expert, response)


@router.get(
    "",
    operation_id="evaluation_list_experts",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_experts(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    field: Annotated[rules.ExpertField | None, Query(description="Only this field.")] = None,
    state: Annotated[rules.State | None, Query(description="Only this state.")] = None,
) -> Page[ExpertItemOut]:
    """List the pool with masked names; an expert finds himself only."""
    statement = queries.experts_page(actor, field, state)
    filters = {"field": field, "state": state}
    rows, next_cursor = await paginate(session, statement, page, [col(Expert.id).asc()], filters)
    names = await queries.personal_data_of(session, [row.id for row in rows])
    items = [_item(row, names.get(row.id)) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{expert_id}",
    operation_id="evaluation_get_expert",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_expert(
    expert_id: UUID, actor: CurrentActor, response: Response, session: Reading
) -> ExpertOut:
    """Show an expert with name and ties."""
    return await shown(session, await queries.expert(session, actor, expert_id), response)


@router.put(
    "/{expert_id}/specialties",
    operation_id="evaluation_set_expert_specialties",
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def specialize(
    expert_id: UUID,
    body: SpecialtiesIn,
    actor: CurrentActor,
    response: Response,
    session: Transaction,
) -> ExpertOut:
    """Say which fields of industry an expert knows, in place of what was known."""
    return await shown(session, await actions.specialize(session, actor, expert_id, body), response)


@router.post(
    "/{expert_id}/retirement",
    operation_id="evaluation_retire_expert",
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def retire(
    expert_id: UUID,
    body: ExpertRetirementIn,
    actor: CurrentActor,
    response: Response,
    session: Transaction,
) -> ExpertOut:
    """Let an expert leave the pool; no new panel may ask him."""
    expert = await actions.move(session, actor, expert_id, rules.Event.RETIRE, body.reason)
    return await shown(session, expert, response)


@router.post(
    "/{expert_id}/return",
    operation_id="evaluation_return_expert",
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def return_expert(
    expert_id: UUID, actor: CurrentActor, response: Response, session: Transaction
) -> ExpertOut:
    """Let a retired expert rejoin the pool."""
    expert = await actions.move(session, actor, expert_id, rules.Event.RETURN, None)
    return await shown(session, expert, response)


def _item(expert: Expert, name: str | None) -> ExpertItemOut:
    return ExpertItemOut(
        id=expert.id,
        masked_name=None if name is None else rules.masked(name),
        field=expert.field,
        title=expert.title,
        state=expert.state,
    )


async def shown(session: AsyncSession, expert: Expert, response: Response) -> ExpertOut:
    """Show an expert with name and ties, under his version."""
    relations = await queries.relations_of(session, [expert.id])
    personal = await queries.personal_data_of(session, [expert.id])
    known = await queries.specialties_of(session, [expert.id])
    tagged(response, expert.version)
    return ExpertOut(
        **expert.model_dump(),
        name=personal.get(expert.id),
        relations=[
            ExpertRelationOut(**row.model_dump(), relative_person=personal.get(row.id))
            for row in relations.get(expert.id, [])
        ],
        specialties=[
            SpecialtyOut(field_code=code, level=level)
            for code, level in known.get(expert.id, {}).items()
        ],
    )
