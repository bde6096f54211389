"""Draws over HTTP: commit to a seed, freeze and draw, look, change as little as can be, accept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.assignments import actions, clients, queries
from evaluation.assignments.schemas import (
    AssignmentIn,
    DrawDetailOut,
    DrawOut,
    RecusalIn,
    SeedIn,
    SeedOut,
)
from evaluation.assignments.tables import DrawSeed, PanelDraw
from evaluation.panels.routes import CONFLICTS
from shared.directory import ensure_policy
from shared.http import (
    CurrentActor,
    CurrentWork,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.rules import found

router = Router(prefix="/v1/evaluation/assignments", tags=["assignments"])
seeds = Router(prefix="/v1/evaluation/assignment-seeds", tags=["assignments"])
ROUTERS: Final = (seeds, router)
HANDLERS = access("handler", tenant="any cycle", rules=("A120", "X03", "X08"))
READERS = access("official", tenant="any cycle", rules=("A120",))


@dataclass(frozen=True, slots=True)
class Asked:
    """A body, with what the registry says of the centres."""

    body: AssignmentIn
    fields: Mapping[UUID, Sequence[str]]


async def asked(
    body: AssignmentIn, work: CurrentWork, services: Services, today: Today, actor: CurrentActor
) -> Asked:
    """Ask the registry for the centres' fields, unless the answer was kept already."""
    await work.replay()
    await ensure_policy(services, work.sessions, today)
    if not actor.has("handler"):
        return Asked(body, {})
    return Asked(body, await clients.center_fields(services))


@seeds.post(
    "",
    operation_id="evaluation_commit_to_seed",
    status_code=201,
    openapi_extra=HANDLERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "ALREADY_EXISTS"),
)
async def commit_to_seed(
    body: SeedIn, actor: CurrentActor, now: Now, session: Transaction
) -> SeedOut:
    """Choose the seed of a cycle's draws; only its hash is told before a draw is accepted.

    From then on each acceptance commits to the next one.
    """
    return _seed(await actions.commit_to_seed(session, actor, body.cycle_id, now))


@seeds.get(
    "",
    operation_id="evaluation_get_seed",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_seed(
    cycle_id: Annotated[UUID, Query(description="The cycle.")],
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    session: Reading,
) -> SeedOut:
    """Show the seed that a cycle's next draw is made with: its hash. Each draw shows its own."""
    return _seed(found(await queries.newest_seed(session, cycle_id)))


@router.post(
    "",
    operation_id="evaluation_draw_panels",
    status_code=202,
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "PANEL_SIZE",
        "FIELD_INVALID",
        "SEED_MISSING",
        "STATE_CONFLICT",
    ),
)
async def draw(
    asked: Annotated[Asked, Depends(asked)],
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> DrawOut:
    """Freeze pool, conflicts and fits, and have panels drawn for all cases at once."""
    drawn = await actions.freeze(session, actor, asked.body, asked.fields, now, today)
    tagged(response, drawn.version)
    return DrawOut.model_validate(drawn)


@router.get(
    "",
    operation_id="evaluation_list_draws",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_draws(
    page: PageQuery,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    session: Reading,
    cycle_id: Annotated[UUID | None, Query(description="Only of this cycle.")] = None,
) -> Page[DrawOut]:
    """List draws, newest first."""
    keys = [col(PanelDraw.created_at).desc(), col(PanelDraw.id).desc()]
    statement = queries.draws_page(cycle_id)
    rows, next_cursor = await paginate(session, statement, page, keys, {"cycle_id": cycle_id})
    return Page(items=[DrawOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{draw_id}",
    operation_id="evaluation_get_draw",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_draw(
    draw_id: UUID,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    response: Response,
    session: Reading,
) -> DrawDetailOut:
    """Show a draw with its panels and its proof, or why there are no panels."""
    return await _shown(session, await queries.draw(session, draw_id), response)


@router.get(
    "/{draw_id}/problem",
    operation_id="evaluation_get_draw_problem",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
    response_class=Response,
)
async def get_problem(
    draw_id: UUID,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    session: Reading,
) -> Response:
    """Give the frozen problem's bytes, whose SHA-256 is `problem_hash`."""
    return Response((await queries.draw(session, draw_id)).problem, media_type="application/json")


@router.post(
    "/{draw_id}/recusals",
    operation_id="evaluation_redraw_seats",
    status_code=202,
    openapi_extra=HANDLERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SEED_MISSING", "STATE_CONFLICT"),
)
async def recuse(
    draw_id: UUID,
    body: RecusalIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> DrawOut:
    """Have some seats drawn again, with provably the fewest other changes."""
    seats = [(str(one.panel), str(one.expert_id)) for one in body.seats]
    drawn = await actions.recuse(session, actor, draw_id, seats, now, today)
    tagged(response, drawn.version)
    return DrawOut.model_validate(drawn)


@router.post(
    "/{draw_id}/accept",
    operation_id="evaluation_accept_draw",
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "SOD_VIOLATION", "NOT_FOUND", "PANEL_SIZE", "PANEL_FIELD_MISSING",
        *CONFLICTS, "DRAW_NOT_PROVEN", "SEED_MISMATCH", "SEED_OPEN", "STATE_CONFLICT",
        "STALE_INPUT",
    ),
)  # fmt: skip
async def accept(
    draw_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> DrawDetailOut:
    """Make the panels that were drawn, all or none; the seed is open from now on.

    Whatever is drawn later is drawn with the next one, whose hash is published now.
    """
    drawn = await actions.accept(session, actor, draw_id, now, today)
    return await _shown(session, drawn, response)


async def _shown(session: AsyncSession, draw: PanelDraw, response: Response) -> DrawDetailOut:
    tagged(response, draw.version)
    result = None if draw.result is None else json.loads(draw.result)
    seed = _seed(await queries.seed(session, draw.seed_id))
    return DrawDetailOut.model_validate({**draw.model_dump(), "result": result, "seed": seed})


def _seed(seed: DrawSeed) -> SeedOut:
    return SeedOut(
        id=seed.id,
        cycle_id=seed.cycle_id,
        number=seed.number,
        commitment=seed.commitment,
        committed_at=seed.committed_at,
        seed=None if seed.opened_at is None else seed.seed,
        opened_at=seed.opened_at,
    )
