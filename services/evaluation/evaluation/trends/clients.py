"""The ip-ledger's word on a centre's money: how long it lasts, and how much is not public."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request

from evaluation.cycles.rules import period_of
from evaluation.cycles.schemas import AskedYear
from evaluation.trends import queries
from shared.http import CurrentActor, Services, Today


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger tells of a year, up to its last day or today; None without any money."""

    year: int
    last_on: date
    funding: Mapping[str, Any] | None


async def told(
    center_id: UUID,
    year: Annotated[AskedYear, Query(description="The year.")],
    request: Request,
    actor: CurrentActor,
    services: Services,
    today: Today,
) -> Told:
    """Ask the ledger for a centre that the caller may see, before any transaction opens."""
    async with request.app.state.database.sessions.reading() as session:
        await queries.center(session, actor, center_id)
    first_on, until_on = period_of(year)
    last_on = min(until_on, today)
    asked = {"center_id": str(center_id), "first_on": str(first_on), "last_on": str(last_on)}
    answer = await services.get("ip-ledger", "/v1/ip-ledger/funding-summary", asked)
    return Told(year, last_on, answer)


FundingTold = Annotated[Told, Depends(told)]
