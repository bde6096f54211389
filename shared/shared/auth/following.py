"""Following the gateway's list of revoked tokens, in every process for as long as it runs."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.auth.revocations import TYPE
from shared.auth.tokens import TokenVerifier

log = structlog.get_logger(__name__)


async def follow(
    verifier: TokenVerifier, fetch: Callable[[], Awaitable[str]], seconds: float
) -> None:
    """Ask for the list for ever; what goes wrong is logged and shows as a stale list."""
    verifier.revocations.follow()
    while True:
        try:
            verifier.revocations.take(await verifier.statement(await fetch(), TYPE))
        except Exception as error:
            log.warning("revocations.unheard", error=type(error).__name__)
        await asyncio.sleep(seconds)
