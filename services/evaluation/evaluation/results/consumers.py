"""Ratings that centres bring with them when the registry takes them over."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.results.tables import TakenRating
from evaluation.schemes.rules import Rating
from shared.database import new_id
from shared.events import Handler, ReceivedEvent


async def on_taken_over(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep the ratings of a centre that was taken over, as they were given elsewhere."""
    rows = [_row(event, one) for one in event.data.get("ratings", ())]
    if rows:
        await session.execute(insert(TakenRating).values(rows).on_conflict_do_nothing())


def _row(event: ReceivedEvent, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "center_id": UUID(str(event.data["center_id"])),
        "kind": one["kind"],
        "year": one["year"],
        "rating": Rating(one["rating"]),
        "total": one["total"],
        "sha256": one["sha256"],
        "imported_from": event.data["source"],
        "imported_on": date.fromisoformat(event.data["sourced_on"]),
        "taken_at": event.time,
    }


CONSUMES: Final[Mapping[str, Handler]] = {"center.taken_over": on_taken_over}
