"""Organizations for these tests: entered over HTTP, under codes that nobody has."""

from typing import Any

import httpx

from shared.codes import uscc
from shared.database import new_id
from tests.fixtures.service import RunningService

ORGANIZATIONS = "/v1/registry/organizations"
HANDLER, OTHER_HANDLER, MEMBER = new_id(), new_id(), new_id()


def code(number: int, prefix: str = "91310115") -> str:
    first = f"{prefix}FAKE5{number:04d}"
    return first + uscc.check_character(first)


def entry(number: int, **over: Any) -> dict[str, Any]:
    return {
        "uscc": code(number),
        "name": f"上海示例{number}号精密仪器有限公司",
        "org_type": "enterprise",
        "region_code": "310115",
        "registered_on": "2020-01-01",
        **over,
    }


async def entered(registry: RunningService, number: int, **over: Any) -> dict[str, Any]:
    async with handler(registry) as official:
        answer = await official.post(ORGANIZATIONS, json=entry(number, **over))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def handler(registry: RunningService, sub: Any = HANDLER) -> httpx.AsyncClient:
    return registry.client("handler", sub=sub)


def member(registry: RunningService, org_id: Any) -> httpx.AsyncClient:
    return registry.client("member", org_id=org_id, sub=MEMBER)


def path(body: dict[str, Any], *parts: Any) -> str:
    return "/".join([ORGANIZATIONS, body["id"], *map(str, parts)])


def tag(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}
