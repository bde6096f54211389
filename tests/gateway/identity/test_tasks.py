"""What waits for the caller, joined over the services."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.http.tasks import EXAMPLE, in_order
from shared.rules import Rule
from shared.tasks import Task, TaskKind

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


def kind(code: str) -> TaskKind:
    return TaskKind(code, "形式审查", "Formal check", Rule("A117", "四(三)1"), "POST", "/v1/{id}")


def test_the_most_pressing_comes_first_and_what_has_no_day_last() -> None:
    later = Task(kind("b"), FIRST, due_on=date(2026, 3, 9))
    sooner = Task(kind("c"), SECOND, due_on=date(2026, 3, 2))
    whenever = Task(kind("a"), THIRD)
    assert in_order([whenever, later, sooner]) == [sooner, later, whenever]


async def test_tasks_of_all_services_are_joined_under_the_caller_s_own_token(
    running: Running,
) -> None:
    asked: list[str] = []

    def answer(due_on: str | None) -> Callable[[httpx.Request], dict[str, Any]]:
        def give(request: httpx.Request) -> dict[str, Any]:
            asked.append(request.headers["authorization"])
            return {"items": [{**EXAMPLE, "due_on": due_on}], "missing": []}

        return give

    async with running("gateway") as gateway, gateway.client("handler") as caller:
        answers = gateway.neighbours.answers
        answers["GET /v1/registry/tasks"] = answer(None)
        answers["GET /v1/evaluation/tasks"] = answer("2026-03-09")
        answers["GET /v1/ip-ledger/tasks"] = answer("2026-03-02")
        told = (await caller.get("/v1/me/tasks")).json()
        assert [task["due_on"] for task in told["items"]] == ["2026-03-02", "2026-03-09", None]
        assert told["missing"] == []
        assert asked == [caller.headers["authorization"]] * 3


async def test_a_service_that_is_away_is_named_and_the_rest_is_there(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("member") as caller:
        answers = gateway.neighbours.answers
        answers["GET /v1/registry/tasks"] = {"items": [EXAMPLE], "missing": []}
        answers["GET /v1/evaluation/tasks"] = httpx.Response(503, json={"code": "UNAVAILABLE"})
        told = (await caller.get("/v1/me/tasks")).json()
        assert len(told["items"]) == 1
        assert told["missing"] == ["evaluation"]


@pytest.mark.refusing
async def test_nobody_without_a_token_has_tasks(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client() as caller:
        assert (await caller.get("/v1/me/tasks")).status_code == 401
        assert gateway.neighbours.asked == []
