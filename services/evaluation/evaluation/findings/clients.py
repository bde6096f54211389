"""The registry's word on the files that an answer shows."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from evaluation.findings.actions import Evidence
from evaluation.findings.schemas import FindingAnswerIn
from shared.evidence import hashes
from shared.http import CurrentActor, CurrentWork, Services


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer with its files as the registry knows them."""

    body: FindingAnswerIn
    evidence: list[Evidence]


async def shown(
    body: FindingAnswerIn, actor: CurrentActor, work: CurrentWork, services: Services
) -> Shown:
    """Ask the registry for all files in the sender's name, before any transaction opens."""
    await work.replay()
    known = await hashes(services, actor, body.evidence)
    return Shown(body, [Evidence(one, known.get(one)) for one in body.evidence])


ShownAnswer = Annotated[Shown, Depends(shown)]
