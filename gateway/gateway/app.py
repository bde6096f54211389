"""Wires the gateway: its own features in one application, and the door in front of everything."""

from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import text
from starlette.types import ASGIApp

from gateway import configuring
from gateway.accounts.routes import router as accounts_router
from gateway.binding.spending import SpentProofs
from gateway.claims.routes import router as claims_router
from gateway.duties.routes import router as duties_router
from gateway.endings.routes import accounts_router as account_endings_router
from gateway.endings.routes import people_router as people_endings_router
from gateway.factors.routes import me_router as my_factors_router
from gateway.feed import feed_scopes
from gateway.grants.passkeying import router as passkeys_router
from gateway.grants.routes import me_router as my_sessions_router
from gateway.grants.routes import people_router as sessions_router
from gateway.grants.routes import router as front_ends_router
from gateway.grants.signing import router as signing_router
from gateway.hearing import Hearing
from gateway.housekeeping import jobs as housekeeping_jobs
from gateway.identity.asking import Programs
from gateway.identity.keys import router as client_keys_router
from gateway.identity.routes import me_router, people_router
from gateway.identity.routes import router as identity_router
from gateway.notices.jobs import keep_telling
from gateway.notices.routes import router as notices_router
from gateway.openapi.collecting import Collector
from gateway.openapi.routes import router as openapi_router
from gateway.outside.issuer import Issuer
from gateway.outside.routes import me_router as my_outside_router
from gateway.outside.routes import router as outside_router
from gateway.portal.document import Retelling
from gateway.portal.routes import documents as documents_router
from gateway.portal.routes import router as portal_router
from gateway.portal.standing import Standing
from gateway.proxy.caching import PublicCache
from gateway.proxy.door import Door
from gateway.proxy.own import Own
from gateway.proxy.purging import keep_purging
from gateway.proxy.reading import PublicReads
from gateway.proxy.upstream import Upstreams
from gateway.referrals.routes import router as referrals_router
from gateway.reloading import Reloading
from gateway.requests.jobs import RequestLog, keep_requests
from gateway.requests.routes import router as requests_router
from gateway.revocations.actions import CHANNEL
from gateway.revocations.listing import RevocationList
from gateway.revocations.routes import router as revocations_router
from gateway.sandbox.routes import router as sandbox_router
from gateway.sandbox.routes import tenants_router
from gateway.schemas import ReadyOut
from gateway.settings import GatewaySettings
from gateway.tasks.routes import router as tasks_router
from gateway.tokens.keys import KeyRing
from gateway.tokens.plain import PlainGrants
from gateway.tokens.rotation import keep_rotating
from gateway.tokens.routes import ROUTERS as TOKENS
from gateway.tokens.routes import own_document
from gateway.trail.routes import router as trail_router
from gateway.trail.writing import Trail
from gateway.webhooks.jobs import deliver
from gateway.webhooks.measures import deliveries_waiting
from gateway.webhooks.routes import router as webhooks_router
from shared.auth import TokenVerifier
from shared.clock import Clock
from shared.http import Router, access
from shared.http.app import Service, service_app, settle_memory
from shared.http.stopping import when_asked_to_stop
from shared.services import SERVICES

TAGS: Final = (
    {"name": "tokens", "description": "Access tokens for programs, and the keys that sign them."},
    {"name": "identity", "description": "People, the programs that speak for them, and oneself."},
    {"name": "accounts", "description": "How people sign in, and the programs in which they do."},
    {"name": "events", "description": "What happened in a service, in order and for ever."},
    {"name": "webhooks", "description": "Events pushed to an address, signed and in order."},
    {"name": "notices", "description": "What waits for somebody, told where he wants to hear it."},
    {"name": "referrals", "description": "Tasks that officials pass to other agencies."},
    {
        "name": "sandbox",
        "description": "A sandbox: its clock, and test tenants until the night.",
    },
)


def create_app() -> ASGIApp:
    """Make the gateway; uvicorn calls this."""
    door = assembled(configuring.load())
    door.on_start.append(settle_memory)
    return door


def assembled(settings: GatewaySettings) -> Door:
    """Make the gateway from settings."""
    service = Service(
        name="gateway",
        title="Gateway",
        settings=settings,
        routers=_routers(settings),
        feed=feed_scopes,
        tags=TAGS,
        prepare=_need_keys,
        issues_tokens=True,
        measures=(deliveries_waiting,),
        chores=housekeeping_jobs.CHORES,
        background=BACKGROUND,
    )
    own = service_app(service)
    app = own.fastapi
    upstreams = Upstreams(settings, SERVICES)
    keys = KeyRing(
        app.state.database.sessions,
        settings.key_secret.get_secret_value(),
        settings.key_refresh_seconds,
    )
    app.state.keys = keys
    app.state.programs = Programs(app.state.database.sessions, app.state.clock)
    # The keys are this process's own: it need not ask itself over HTTP.
    app.state.verifier = TokenVerifier(settings.issuer, keys.published)
    app.state.revocation_list = RevocationList(
        app.state.database.sessions, keys.sign, settings.issuer, app.state.verifier.revocations
    )
    app.state.sequencer.hear(CHANNEL, app.state.revocation_list.tell)
    app.state.hearing = Hearing(lambda: app.state.services)
    app.state.request_log = RequestLog(app.state.database.sessions)
    _publish_whole_house(app)
    app.state.outside_issuer = Issuer(settings)
    app.state.standing = Standing()
    # Without the feeds nobody would hear when to forget an answer.
    kept = settings.public_cache_bytes if settings.background else 0
    app.state.public_cache = PublicCache(kept)
    plain_document = app.openapi
    app.openapi = lambda: own_document(plain_document())  # type: ignore[method-assign]  # FastAPI's hook
    app.state.retelling = Retelling()
    app.state.collector = Collector(upstreams, app.openapi, settings.openapi_refresh_seconds)
    door = Door(
        settings,
        Own(own, PlainGrants(app)),
        upstreams,
        app.state.verifier.verify,
        _clock_text(app.state.clock) if settings.sandbox else _no_clock,
        app.state.request_log,
        Trail(app.state.database.sessions),
        PublicReads(app.state.public_cache, upstreams, lambda: app.state.clock.offset),
        SpentProofs(app.state.database.sessions),
    )
    door.knows = app.state.verifier.knows
    door.tracing = app.state.tracing
    door.on_start.append(Reloading(door, settings).listen)
    for stop in (door.holding.close, app.state.revocation_list.stop):
        door.on_start.append(partial(when_asked_to_stop, stop))
    return door


def _routers(settings: GatewaySettings) -> list[APIRouter]:
    identity = [
        identity_router,
        client_keys_router,
        people_router,
        me_router,
        tasks_router,
        notices_router,
        requests_router,
    ]
    factors = [my_factors_router, account_endings_router, people_endings_router]
    desk = [referrals_router, claims_router, duties_router, trail_router]
    # Without an issuer to trust, there is no way to one.
    outside = [outside_router] if settings.oidc_issuer else []
    people = [
        accounts_router,
        front_ends_router,
        my_sessions_router,
        sessions_router,
    ]
    # Without the setting the route does not exist, so that nobody can find a way around it.
    sandbox = [sandbox_router, tenants_router] if settings.sandbox else []
    return [
        *TOKENS,
        revocations_router,
        webhooks_router,
        *identity,
        *people,
        my_outside_router,
        *outside,
        *factors,
        *desk,
        signing_router,
        passkeys_router,
        _front_router(),
        portal_router,
        *sandbox,
    ]


def _publish_whole_house(app: FastAPI) -> None:
    """Answer `/openapi.json` with every service's operations instead of the gateway's alone."""
    app.router.routes[:] = [
        route for route in app.router.routes if getattr(route, "path", "") != "/openapi.json"
    ]
    app.include_router(openapi_router)
    app.include_router(documents_router)


def _front_router() -> APIRouter:
    router = Router(tags=["process"], include_in_schema=False)
    everyone = access(tenant="none")

    @router.get("/readyz", operation_id="gateway_readyz", openapi_extra=everyone)
    async def readyz(request: Request) -> ReadyOut:
        """Agree once the database answers and there is a key that signs."""
        async with request.app.state.database.sessions.reading() as session:
            await session.execute(text("SELECT 1"))
        await request.app.state.keys.signer()
        return ReadyOut()

    return router


async def _need_keys(app: FastAPI) -> None:
    # A gateway under another key secret could sign nothing: better not to start at all.
    await app.state.keys.published()


async def _keep_purging(app: FastAPI) -> None:
    await keep_purging(app.state.hearing, app.state.public_cache)


async def _keep_revocations(app: FastAPI) -> None:
    await app.state.revocation_list.keep(app.state.settings.revocation_read_seconds)


BACKGROUND: Final = (
    _keep_revocations, _keep_purging, keep_rotating, deliver, keep_telling, keep_requests,
)  # fmt: skip


def _clock_text(clock: Clock) -> Any:  # noqa: ANN401 - the door's `ProgrammeClock`
    def text_of_now() -> str:
        # With each answer: the second is written once, and what follows it each time.
        now = clock.now()
        return f"{_second(now.replace(microsecond=0))}.{now.microsecond:06d}Z"

    return text_of_now


@lru_cache(maxsize=4)
def _second(second: datetime) -> str:
    return second.strftime("%Y-%m-%dT%H:%M:%S")


def _no_clock() -> None:
    return None
