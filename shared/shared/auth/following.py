"""Following the gateway's list of revoked tokens, in every process for as long as it runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from shared.auth.revocations import TYPE
from shared.auth.tokens import TokenVerifier

# So long the gateway holds on while nothing is revoked: a third of what makes the list stale.
HOLD_SECONDS: Final = 10
# What is revoked in a flood is heard of together.
GATHER_SECONDS: Final = 0.1

# Takes the version that is known and how long to hold on; gives a signed list and its version.
Fetch = Callable[[str, int], Awaitable[tuple[str, str]]]

log = structlog.get_logger(__name__)


async def follow(verifier: TokenVerifier, fetch: Fetch, seconds: float) -> None:
    """Ask for the list for ever; what goes wrong is logged and shows as a stale list.

    The gateway answers when there is another list. One that does not hold on, since it is older or
    too many wait already, is asked every so many `seconds`, as is one that does not answer.
    """
    verifier.revocations.follow()
    known = ""
    while True:
        began, before = time.monotonic(), known
        try:
            text, known = await fetch(known, HOLD_SECONDS)
            verifier.revocations.take(await verifier.statement(text, TYPE))
        except Exception as error:
            known = ""
            log.warning("revocations.unheard", error=type(error).__name__)
        held = time.monotonic() - began >= seconds
        await asyncio.sleep(GATHER_SECONDS if known and (held or known != before) else seconds)
