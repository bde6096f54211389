"""The year's facts as they are known at a decision."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from evaluation.cycles import queries as cycles
from evaluation.cycles.clients import Gathered, gather, window_of
from evaluation.objections import queries
from evaluation.objections.schemas import ResultObjectionDecisionIn
from shared.http import CurrentActor, Now, Services


async def known_now(
    objection_id: UUID,
    body: ResultObjectionDecisionIn,
    request: Request,
    actor: CurrentActor,
    services: Services,
    now: Now,
) -> Gathered | None:
    """Ask the neighbours again where leaves are to be reopened, before any transaction opens."""
    async with request.app.state.database.sessions.reading() as session:
        objection = await queries.objection(session, actor, objection_id)
        case = await cycles.case(session, actor, objection.case_id)
        window = window_of(case, await cycles.cycle(session, case.cycle_id), now)
    # The cut-off is behind: what counts for a reopened leaf is what is known today.
    return await gather(services, replace(window, as_of=now)) if body.leaves else None


KnownNow = Annotated[Gathered | None, Depends(known_now)]
