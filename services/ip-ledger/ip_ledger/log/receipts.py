"""Putting a receipt together: a read across tables, used by the route and by statements."""

import asyncio
import json
import time
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.log import queries, rules
from ip_ledger.log.schemas import OpeningOut, ReceiptOut
from shared.auth import Actor
from shared.database import Sessions

WAIT_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.05


async def receipt(session: AsyncSession, actor: Actor, record_id: UUID) -> ReceiptOut | None:
    """Give the receipt of a record, or `None` while no checkpoint covers it: in two queries.

    Raises `Refused`: NOT_FOUND for what the actor may not see.
    """
    kept = await queries.visible_record(session, actor, record_id)
    index, size, note = kept.leaf_index, kept.tree_size, kept.note
    if index is None or size is None or note is None or size <= index:
        return None
    ranges = rules.inclusion_ranges(index, size)
    tiles = await queries.tiles(session, rules.tiles_of(ranges), size)
    proof = [rules.range_root(bounds, tiles) for bounds in ranges]
    return ReceiptOut(
        record=rules.base64_text(kept.body),
        leaf_index=index,
        proof=[rules.base64_text(sibling) for sibling in proof],
        checkpoint=note,
        tlog_proof=rules.proof_text(index, proof, note),
        openings=[
            OpeningOut(
                name=name, salt=rules.base64_text(bytes.fromhex(salt)), value=json.loads(value)
            )
            for name, salt, value in kept.openings
        ],
    )


async def awaited_receipt(
    sessions: Sessions, actor: Actor, record_id: UUID, *, wait: bool
) -> ReceiptOut | None:
    """Give the receipt, waiting some seconds for its checkpoint if asked; holds no connection."""
    until = time.monotonic() + (WAIT_SECONDS if wait else 0)
    while True:
        async with sessions.reading() as session:
            given = await receipt(session, actor, record_id)
        if given is not None or time.monotonic() >= until:
            return given
        await asyncio.sleep(LOOK_SECONDS)
