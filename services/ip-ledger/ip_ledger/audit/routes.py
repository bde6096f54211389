"""How far the ledger has audited itself, for everyone."""

from datetime import UTC
from typing import Final

from ip_ledger.audit import queries
from ip_ledger.audit.schemas import ChangedRowOut, LedgerAuditOut
from ip_ledger.log.rules import base64_text
from shared.http import Reading, Router, access, problems
from shared.rules import found

router = Router(prefix="/v1/ip-ledger", tags=["log"])


@router.get(
    "/log/audit",
    operation_id="ip_ledger_get_log_audit",
    openapi_extra=access(tenant="public: counts, hashes and ids only", rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def log_audit(session: Reading) -> LedgerAuditOut:
    """Give the last audit of the whole ledger: what it covered, and the first row that differed."""
    last = found(await queries.newest(session))
    difference = None
    if last.differing_table is not None:
        difference = ChangedRowOut(
            table=last.differing_table, row=last.differing_row or "", reason=last.reason or ""
        )
    return LedgerAuditOut(
        started_at=last.started_at.astimezone(UTC),
        finished_at=last.finished_at.astimezone(UTC),
        tree_size=last.tree_size,
        root=base64_text(last.root),
        event_position=last.event_position,
        rows=last.rows,
        holds=difference is None,
        difference=difference,
    )


ROUTERS: Final = (router,)
