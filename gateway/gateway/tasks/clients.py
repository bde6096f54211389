"""What every service is asked about the caller's tasks, under the caller's own token."""

import asyncio
from typing import Any

from shared.client import ServiceClient, Unavailable
from shared.services import SERVICES


async def tasks_of(
    services: ServiceClient, authorization: str, languages: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """Ask every service at once what waits for the caller; name those that could not be asked.

    The caller's own token goes along: what waits for him is decided by each service's own data.
    """
    headers = {"Authorization": authorization, "Accept-Language": languages}
    answers = await asyncio.gather(*(_tasks(services, service, headers) for service in SERVICES))
    missing = [service for service, answer in zip(SERVICES, answers, strict=True) if answer is None]
    return [task for answer in answers for task in answer or []], missing


async def _tasks(
    services: ServiceClient, service: str, headers: dict[str, str]
) -> list[dict[str, Any]] | None:
    try:
        answer = await services.get(service, f"/v1/{service}/tasks", headers=headers)
    except Unavailable:
        return None
    return [] if answer is None else list(answer["items"])
