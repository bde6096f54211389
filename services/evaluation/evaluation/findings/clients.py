"""The registry's word on the files that an answer shows."""

import asyncio
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from evaluation.findings.actions import Evidence
from evaluation.findings.schemas import FindingAnswerIn
from shared.client import ServiceClient
from shared.http import CurrentWork, Services


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer with its files as the registry knows them."""

    body: FindingAnswerIn
    evidence: list[Evidence]


async def shown(body: FindingAnswerIn, work: CurrentWork, services: Services) -> Shown:
    """Ask the registry for every file, before any transaction opens."""
    await work.replay()
    return Shown(body, list(await asyncio.gather(*(_file(services, one) for one in body.evidence))))


async def _file(services: ServiceClient, file_id: UUID) -> Evidence:
    told = await services.get("registry", f"/v1/registry/files/{file_id}")
    return Evidence(file_id, None if told is None else str(told["sha256"]))


ShownAnswer = Annotated[Shown, Depends(shown)]
