"""The books audit themselves: balances against postings, again and again."""

import asyncio
from typing import Final

import structlog
from prometheus_client import Gauge

from ip_ledger.journal import queries
from shared.database import Sessions

# One pass reads every posting once; a wrong balance is a fault of ours and waits for a person.
AUDIT_SECONDS: Final = 3600.0
WRONG_BALANCES: Final = Gauge(
    "zhichuang_wrong_balances", "Accounts whose balance is not what their postings make; must be 0."
)

log = structlog.get_logger(__name__)


async def watch(sessions: Sessions) -> None:
    """Audit at the start and every hour, until the process ends."""
    while True:
        try:
            await audit(sessions)
        except Exception as error:
            log.warning("audit.interrupted", error=type(error).__name__)
        await asyncio.sleep(AUDIT_SECONDS)


async def audit(sessions: Sessions) -> int:
    """Count the accounts whose balance is wrong, and say which."""
    async with sessions.reading() as session:
        wrong = await queries.wrong_balances(session)
    WRONG_BALANCES.set(len(wrong))
    if wrong:
        log.error("audit.balances", accounts=[str(account_id) for account_id in wrong])
    return len(wrong)
