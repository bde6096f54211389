"""The sandbox: its clock, which every process has before the answer is given, and test tenants."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from sqlmodel import col

from gateway.identity.actions import secret_of
from gateway.identity.tables import Client
from gateway.sandbox import actions, queries, rules
from gateway.sandbox.actions import Founded
from gateway.sandbox.founding import founding
from gateway.sandbox.schemas import (
    SandboxClockIn,
    SandboxClockOut,
    TenantProgramOut,
    TestTenantMadeOut,
    TestTenantOut,
)
from gateway.sandbox.tables import TestTenant
from shared.auth import DUTIES, ROLES
from shared.client import ServiceClient
from shared.http import (
    CurrentActor,
    CurrentWork,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)
from shared.rules import require
from shared.services import SERVICES
from shared.settings import Settings

# The gateway's own processes come last: a move that stopped half-way can then be repeated.
ANYONE: Final = sorted(ROLES | DUTIES)
# What the services agree on must not be two moves at once.
MOVING: Final = asyncio.Lock()

router = Router(prefix="/v1/sandbox/clock", tags=["sandbox"])
tenants_router = Router(prefix="/v1/sandbox/tenants", tags=["sandbox"])


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


@tenants_router.post(
    "",
    status_code=201,
    operation_id="sandbox_create_tenant",
    openapi_extra=access(*ANYONE, tenant="a tenant of its own", rules=("X16",)),
    responses=problems("TENANTS_TOO_MANY"),
)
async def create_tenant(
    actor: CurrentActor,
    founded: Annotated[Founded, Depends(founding)],
    work: CurrentWork,
    session: Transaction,
    request: Request,
    response: Response,
) -> TestTenantMadeOut:
    """Get an organization with two people and a drafted centre; it is gone with the next wipe."""
    # The kept answer would hold the secrets in clear: a repeated request makes another tenant.
    work.scope = None
    settings = request.app.state.settings
    key_secret = settings.key_secret.get_secret_value()
    tenant, clients = await actions.make_tenant(session, actor, founded, key_secret)
    response.headers["Cache-Control"] = "no-store"
    shown = _out(tenant, settings.sandbox_wipe).model_dump()
    return TestTenantMadeOut(**shown, programs=[_program(one, key_secret) for one in clients])


@tenants_router.get(
    "",
    operation_id="sandbox_list_tenants",
    openapi_extra=access(*ANYONE, tenant="tenants that the program asked for"),
    responses=problems(),
)
async def list_tenants(
    actor: CurrentActor, session: Reading, page: PageQuery, request: Request
) -> Page[TestTenantOut]:
    """List the tenants that this program asked for since the last wipe, newest first."""
    keys = [col(TestTenant.created_at).desc(), col(TestTenant.id).desc()]
    rows, next_cursor = await paginate(session, queries.tenants_of(actor), page, keys=keys)
    hour = request.app.state.settings.sandbox_wipe
    return Page(items=[_out(row, hour) for row in rows], next_cursor=next_cursor)


def _out(tenant: TestTenant, hour: str) -> TestTenantOut:
    return TestTenantOut(
        **tenant.model_dump(exclude={"client_id", "asked_by"}),
        wiped_at=rules.next_wipe(hour, datetime.now(UTC)),
    )


def _program(client: Client, key_secret: str) -> TenantProgramOut:
    return TenantProgramOut(
        name=client.name,
        client_id=client.client_id,
        client_secret=secret_of(key_secret, client.id),
        sub=client.person_id,
    )
