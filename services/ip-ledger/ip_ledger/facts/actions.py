"""What happens to facts: a record's new state is stated, and supersedes what was stated before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.facts import queries
from ip_ledger.facts.rules import Statement
from ip_ledger.facts.tables import LedgerFact
from shared.database import new_id
from shared.events.recording import plain


async def state_facts(
    session: AsyncSession, statements: Sequence[Statement], now: datetime
) -> None:
    """State how records stand now: two statements, however many records.

    The first fact of a record bears the record's own id, so that a score can name it.
    """
    if not statements:
        return
    former = await queries.newest_facts(session, [one.subject_id for one in statements])
    rows = []
    for one in statements:
        before = former.get(one.subject_id)
        rows.append(
            {
                "id": one.subject_id if before is None else new_id(),
                "center_id": one.center_id,
                "kind": one.kind,
                "subject_id": one.subject_id,
                "occurred_on": one.occurred_on,
                "recorded_at": now,
                "external_id": one.external_id,
                "submitted_by_org_id": one.submitted_by_org_id,
                "payload": plain(one.payload),
                "evidence": list(one.evidence),
                "supersedes_id": None if before is None else before.id,
            }
        )
    await session.execute(insert(LedgerFact), rows)
