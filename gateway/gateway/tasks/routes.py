"""The HTTP face of everybody's tasks."""

from datetime import date
from typing import Annotated, Final

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.claims import queries as claims
from gateway.claims.rules import DECIDE
from gateway.duties import queries as duties
from gateway.duties.rules import AGREE
from gateway.tasks import clients
from gateway.webhooks import queries as webhooks
from shared.auth import DUTIES, ROLES, Actor
from shared.http import (
    CurrentActor,
    Language,
    Reading,
    Router,
    Services,
    Today,
    access,
    problems,
)
from shared.http.tasks import TaskOut, TasksOut, task_out
from shared.tasks import MOST_TASKS, Task

router: Final = Router(prefix="/v1/me/tasks", tags=["identity"])


async def elsewhere(request: Request, actor: CurrentActor, services: Services) -> TasksOut:
    """Ask every service, before any transaction, what waits for the caller."""
    del actor  # Judged before anything is asked.
    items, missing = await clients.tasks_of(
        services,
        request.headers["authorization"],
        request.headers.get("accept-language", "zh"),
    )
    return TasksOut(items=[TaskOut.model_validate(item) for item in items], missing=missing)


@router.get(
    "",
    operation_id="identity_my_tasks",
    openapi_extra=access(*sorted(ROLES | DUTIES), tenant="oneself"),
    responses=problems(),
)
async def my_tasks(
    actor: CurrentActor,
    found: Annotated[TasksOut, Depends(elsewhere)],
    session: Reading,
    today: Today,
    language: Language,
) -> TasksOut:
    """List what waits for the caller over all services, why, and by which day."""
    own = [*await webhooks.tasks_of(session, actor, today), *await _desk(session, actor)]
    items = [*found.items, *(task_out(task, today, language) for task in own)]
    items.sort(key=lambda task: (task.due_on or date.max, task.kind, task.subject_id))
    return TasksOut(items=items, missing=found.missing)


async def _desk(session: AsyncSession, actor: Actor) -> list[Task]:
    """Name the claims that wait for a handler, and the duties that wait for a second admin."""
    tasks: list[Task] = []
    if actor.has("handler"):
        made = await claims.waiting(session, MOST_TASKS)
        tasks += [Task(DECIDE, claim_id) for claim_id in made]
    if actor.has("admin"):
        proposed = await duties.waiting_for(session, actor.person_id, MOST_TASKS)
        tasks += [Task(AGREE, grant_id) for grant_id in proposed]
    return tasks
