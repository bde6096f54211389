"""What services are asked: about organizations as the gateway itself, about tasks as the caller."""

import asyncio
from typing import Any, Final
from uuid import UUID

from shared.client import ServiceClient, Unavailable

TASK_SERVICES: Final = ("registry", "evaluation", "ip-ledger")


async def leads_center_of(services: ServiceClient, org_id: UUID, lead_org_id: UUID) -> bool:
    """Ask whether `org_id` is the legal entity of a centre that `lead_org_id` leads."""
    path = f"/v1/registry/directory/organizations/{org_id}/led-by/{lead_org_id}"
    answer = await services.get("registry", path)
    return answer is not None and answer.get("led") is True


async def centers_of(services: ServiceClient, org_id: UUID) -> list[UUID]:
    """Ask for the centres in which an organization has a part."""
    answer = await services.get(
        "registry", f"/v1/registry/directory/organizations/{org_id}/centers"
    )
    return [] if answer is None else [UUID(center_id) for center_id in answer["center_ids"]]


async def tasks_of(
    services: ServiceClient, authorization: str, languages: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """Ask every service at once what waits for the caller; name those that could not be asked.

    The caller's own token goes along: what waits for him is decided by each service's own data.
    """
    headers = {"Authorization": authorization, "Accept-Language": languages}
    answers = await asyncio.gather(
        *(_tasks(services, service, headers) for service in TASK_SERVICES)
    )
    missing = [
        service for service, answer in zip(TASK_SERVICES, answers, strict=True) if answer is None
    ]
    return [task for answer in answers for task in answer or []], missing


async def _tasks(
    services: ServiceClient, service: str, headers: dict[str, str]
) -> list[dict[str, Any]] | None:
    try:
        answer = await services.get(service, f"/v1/{service}/tasks", headers=headers)
    except Unavailable:
        return None
    return [] if answer is None else list(answer["items"])
