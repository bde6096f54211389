"""The HTTP face of everybody's tasks."""

from datetime import date
from typing import Annotated, Final

from fastapi import Depends, Request

from gateway.tasks import clients, listing
from shared.auth import DUTIES, ROLES
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
    own = await listing.own_tasks(session, actor, today)
    items = [*found.items, *(task_out(task, today, language) for task in own)]
    items.sort(key=lambda task: (task.due_on or date.max, task.kind, task.subject_id))
    return TasksOut(items=items, missing=found.missing)
