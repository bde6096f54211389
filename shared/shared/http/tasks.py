"""The list of what waits for the caller in one service."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import cache
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import DUTIES, ROLES, Actor
from shared.http.dependencies import CurrentActor, Language, Today
from shared.http.problem import problems
from shared.http.route import Router, access
from shared.http.schemas import Out
from shared.http.work import Reading
from shared.tasks import Task

TaskSource = Callable[[AsyncSession, Actor, date], Awaitable[list[Task]]]

EXAMPLE: Final[dict[str, JsonValue]] = {
    "kind": "application.formal_check",
    "title": "形式审查",
    "rule": "A117",
    "clause": "四(三)1",
    "subject_id": "019b2f6e-0000-7000-8000-000000000001",
    "center_id": "019b2f6e-0000-7000-8000-000000000002",
    "due_on": "2026-01-27",
    "overdue": False,
    "method": "POST",
    "href": "/v1/registry/applications/019b2f6e-0000-7000-8000-000000000001/formal-checks",
}


class TaskOut(Out):
    """Something that waits for the caller, and the call that does it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    kind: str = Field(description="What kind of task it is.")
    title: str = Field(description="The same in words, by Accept-Language.")
    rule: str = Field(description="The requirement row that asks for it.")
    clause: str = Field(description="The clause behind it.")
    subject_id: UUID = Field(description="What it is about.")
    center_id: UUID | None = Field(default=None, description="The centre concerned.")
    due_on: date | None = Field(default=None, description="The last day for it, in Shanghai.")
    overdue: bool = Field(description="Whether that day has passed.")
    method: str = Field(description="The method of the call that does it.")
    href: str = Field(description="The address of that call.")


class TasksOut(Out):
    """Everything that waits for the caller, the most pressing first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE], "missing": []}]})

    items: list[TaskOut] = Field(description="By last day; those without one come last.")
    missing: list[str] = Field(
        default_factory=list, description="Services that could not be asked just now."
    )


@cache
def tasks_router(service: str, sources: Sequence[TaskSource]) -> APIRouter:
    """Serve `GET /v1/<service>/tasks` from the features' own queries."""
    router = Router(prefix=f"/v1/{service}/tasks", tags=["tasks"])

    @router.get(
        "",
        operation_id=f"{service.replace('-', '_')}_list_tasks",
        openapi_extra=access(*sorted(ROLES | DUTIES), tenant="what waits for the caller"),
        responses=problems(),
    )
    async def list_tasks(
        actor: CurrentActor, session: Reading, today: Today, language: Language
    ) -> TasksOut:
        """List what waits for the caller here, why, and by which day."""
        found = [task for source in sources for task in await source(session, actor, today)]
        return TasksOut(items=[task_out(task, today, language) for task in in_order(found)])

    return router


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """Put the most pressing first; what has no last day comes last."""
    return sorted(
        tasks, key=lambda task: (task.due_on or date.max, task.kind.code, task.subject_id)
    )


def task_out(task: Task, today: date, language: str) -> TaskOut:
    """Show a task in a language."""
    kind = task.kind
    return TaskOut(
        kind=kind.code,
        title=kind.en if language == "en" else kind.zh,
        rule=kind.rule.row,
        clause=kind.rule.clause,
        subject_id=task.subject_id,
        center_id=task.center_id,
        due_on=task.due_on,
        overdue=task.due_on is not None and task.due_on < today,
        method=kind.method,
        href=kind.path.format(id=task.subject_id),
    )
