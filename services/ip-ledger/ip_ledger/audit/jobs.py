"""Two things that come due: sealing the audit trail, and auditing the whole ledger."""

import asyncio
import time
from typing import Final

import structlog
from prometheus_client import Gauge
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ip_ledger.audit import actions
from ip_ledger.audit.auditing import Outcome, audit
from ip_ledger.audit.tables import SelfAudit
from ip_ledger.log.keys import LogKey
from ip_ledger.log.notes import Verifier
from ip_ledger.settings import LedgerSettings
from shared.clock import Clock
from shared.database import Database, new_id
from shared.events.sequencing import Step
from shared.jobs import alone

# Of several replicas one audits; the lock is of the database, as the sequencer's is.
LOCK: Final = 0x7A63_4155_4449_0001
DIFFERENCES: Final = Gauge(
    "zhichuang_audit_differences", "Rows that the ledger's own audit found wrong; must be 0."
)
AUDITED_LEAVES: Final = Gauge(
    "zhichuang_audited_leaves", "Leaves of the log that the last audit computed again."
)
REAL_TIME: Final = Clock()

log = structlog.get_logger(__name__)


def step(settings: LedgerSettings) -> Step:
    """Make the sequencer's step: link and seal what was numbered, as often as trees are signed."""
    sealed_at = -settings.checkpoint_seconds

    async def link_and_seal(connection: AsyncConnection) -> int:
        nonlocal sealed_at
        if time.monotonic() - sealed_at < settings.checkpoint_seconds:
            return 0
        sealed_at = time.monotonic()
        return await actions.link_and_seal(connection)

    return link_and_seal


async def watch(database: Database, settings: LedgerSettings) -> None:
    """Audit at the start and again every so often, until the process ends."""
    while True:
        try:
            await audit_once(database, settings)
        except Exception as error:
            log.warning("audit.interrupted", error=type(error).__name__)
        await asyncio.sleep(settings.audit_seconds)


async def audit_once(database: Database, settings: LedgerSettings) -> Outcome | None:
    """Audit everything and publish how far it came; `None` where another replica does it."""
    async with alone(database, LOCK) as mine:
        return await _audit(database, settings) if mine else None


async def _audit(database: Database, settings: LedgerSettings) -> Outcome:
    started_at = REAL_TIME.now()
    async with database.unhurried() as connection:
        outcome = await audit(connection, Verifier.read(LogKey.of(settings).verifier))
    first = next(iter(outcome.differences), None)
    async with database.engine.begin() as connection:
        await connection.execute(
            insert(SelfAudit).values(
                id=new_id(),
                started_at=started_at,
                finished_at=REAL_TIME.now(),
                tree_size=outcome.tree_size,
                root=outcome.root,
                event_position=outcome.event_position,
                rows=outcome.rows,
                differing_table=first and first.table,
                differing_row=first and first.row,
                reason=first and first.reason,
            )
        )
    DIFFERENCES.set(len(outcome.differences))
    AUDITED_LEAVES.set(outcome.tree_size)
    for one in outcome.differences:
        log.error("audit.differs", table=one.table, row=one.row, reason=one.reason)
    return outcome
