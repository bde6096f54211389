"""Moving the sandbox's clock: every process of every service has it before the answer is given."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from fastapi import Request

from gateway.sandbox import rules
from gateway.sandbox.schemas import SandboxClockIn, SandboxClockOut
from shared.auth import DUTIES, ROLES
from shared.client import ServiceClient
from shared.http import Now, Router, access, problems
from shared.rules import require
from shared.settings import Settings

# The gateway's own processes come last: a move that stopped half-way can then be repeated.
SERVICES: Final = ("registry", "evaluation", "ip-ledger")
ANYONE: Final = sorted(ROLES | DUTIES)
# What the services agree on must not be two moves at once.
MOVING: Final = asyncio.Lock()

router = Router(prefix="/v1/sandbox/clock", tags=["sandbox"])


@router.get(
    "",
    operation_id="sandbox_clock",
    openapi_extra=access(*ANYONE, tenant="none"),
    responses=problems(),
)
async def clock(now: Now) -> SandboxClockOut:
    """Show the programme clock."""
    return SandboxClockOut(now=now)


@router.put(
    "",
    operation_id="sandbox_move_clock",
    openapi_extra=access("admin", tenant="none", rules=("X10",)),
    responses=problems("CLOCK_BACKWARDS", "FIELD_INVALID", "FORBIDDEN_SCOPE"),
)
async def move_clock(body: SandboxClockIn, request: Request) -> SandboxClockOut:
    """Move the programme clock forward, in every process, and answer once each has it."""
    state = request.app.state
    asked = body.now.astimezone(UTC)
    async with MOVING:
        require(rules.clock_checks(state.clock.now(), asked))
        await _tell(state.services, state.settings, SERVICES, asked)
        await _tell(state.services, state.settings, ("gateway",), asked)
    return SandboxClockOut(now=state.clock.now())


async def _tell(
    services: ServiceClient, settings: Settings, names: tuple[str, ...], now: datetime
) -> None:
    """Tell every process of these services at once; raises `Unavailable` if one does not agree."""
    body = {"now": now.isoformat().replace("+00:00", "Z")}
    told = await asyncio.gather(
        *(
            services.put(f"{address}/internal/clock", name, body)
            for name in names
            for address in settings.addresses(name)
        ),
        return_exceptions=True,
    )
    for outcome in told:
        if isinstance(outcome, BaseException):
            raise outcome
