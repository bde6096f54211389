"""Reading what a result was computed from; who may see the result was judged by then."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.results.tables import ResultInput


async def sheets_of(session: AsyncSession, result_id: UUID) -> list[dict[str, Any]] | None:
    """Give the sheets that a result rests on, or None for one that was kept without them."""
    stored = await session.get(ResultInput, result_id)
    if stored is None:
        return None
    rows: list[dict[str, Any]] = json.loads(stored.content)["sheets"]
    return rows
