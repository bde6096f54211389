"""Makes a service: settings, database, features and background tasks in, an ASGI app out."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException

from shared.auth import Predecessors, TokenVerifier
from shared.auth.following import follow
from shared.client import ServiceClient, Unavailable
from shared.clock import Clock
from shared.database.engine import Database
from shared.events.audit import audit_router
from shared.events.consuming import Consumers, Handler
from shared.events.feed import FeedPolicy, feed_router
from shared.events.readings import readings_router
from shared.events.sequencing import Sequencer, Step
from shared.events.tables import Audit, Event
from shared.housekeeping import Chore, keep_house
from shared.http import problem
from shared.http.batches.bodies import sweeping_batches
from shared.http.constraints import check_of_violation, passes_by_itself
from shared.http.edge import Edge
from shared.http.openapi import published
from shared.http.quick import Callers, Handle, Quick
from shared.http.quick_reads import QuickRead, QuickReads
from shared.http.route import Router, access
from shared.http.schemas import Body, Instant, Out
from shared.http.signposts import Signpost
from shared.http.stopping import when_asked_to_stop
from shared.http.tasks import TaskSource, tasks_router
from shared.measures import Measure, measure
from shared.rules import Refused
from shared.sandbox import kept_offset, move
from shared.settings import Settings
from shared.telemetry import configure_logs
from shared.tracing import tracing_of

STOP_SECONDS: Final = 5.0

Background = Callable[[FastAPI], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Service:
    """What makes a service: its name, its features' routers, and what runs beside them."""

    name: str
    title: str
    settings: Settings
    routers: Sequence[APIRouter]
    feed: FeedPolicy | None = None
    # What events and the audit trail are read from, where some of their rows follow from others.
    events: type[Event] = Event
    trail: type[Audit] = Audit
    consumers: Mapping[str, Mapping[str, Handler]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    background: tuple[Background, ...] = ()
    tags: Sequence[Mapping[str, str]] = ()
    # In whose place an organization stands, by the service's own register.
    predecessors: Callable[[AsyncSession, UUID], Awaitable[frozenset[UUID]]] | None = None
    # What waits for a caller, feature by feature; `/v1/<service>/tasks` joins them.
    tasks: tuple[TaskSource, ...] = ()
    prepare: Background | None = None
    # What is done in the night beyond what each service does, and where the runs are listed.
    chores: tuple[Chore, ...] = ()
    # What this service measures beyond what each one does, for `/metrics`.
    measures: tuple[Measure, ...] = ()
    # Operations by id that have a short way beside their route.
    quick: Mapping[str, Handle] = field(default_factory=dict)
    quick_reads: Mapping[str, QuickRead] = field(default_factory=dict)
    # The one that revokes tokens reads its own table instead of asking itself.
    issues_tokens: bool = False


# What every service has in the same form.
COMMON_TAGS: Final = (
    {"name": "tasks", "description": "What waits for the caller, why, and by which working day."},
)


class ClockBody(Body):
    """Where the sandbox's clock is put."""

    now: Instant = Field(description="The programme's instant from now on.")


class ClockOut(Out):
    """What the sandbox's clock shows."""

    now: datetime = Field(description="The programme's instant.")


class HealthOut(Out):
    """Whether the process is ready; that it lives is answered at the edge."""

    status: str = Field(description="`ok`.")


def service_app(service: Service) -> Edge:
    """Wire a service; `state` holds settings, clock, database, verifier and the client."""
    settings = service.settings
    configure_logs(service.name)
    clock = Clock()
    app = FastAPI(
        title=service.title,
        version="1",
        description=f"Zhichuang: {service.title}.",
        lifespan=_lifespan(service),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_tags=[dict(tag) for tag in (*service.tags, *COMMON_TAGS)],
        separate_input_output_schemas=False,
        # Spans are noted at the edge, under the ids that logs and answers bear.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.clock = clock
    app.state.database = Database(
        settings.database_url,
        clock,
        settings.database_pool,
        settings.database_replica_url,
        settings.database_answer_seconds,
    )
    app.state.tracing = tracing_of(service.name, settings)
    if app.state.tracing is not None:
        app.state.tracing.watch(app.state.database.engine)
        app.state.database.reads.note = app.state.tracing.statement
    app.state.services = ServiceClient(settings)
    app.state.verifier = TokenVerifier(settings.issuer, app.state.services.fetch_keys)
    app.state.predecessors = _predecessors(service, app.state.database)
    app.state.committed = app.state.database.sessions.committed
    app.state.sequencer = Sequencer(app.state.database, app.state.committed, service.steps)
    app.openapi = lambda: published(app)  # type: ignore[method-assign]  # FastAPI's hook
    _answer_failures(app)
    for router in _own_routers(service, settings):
        # The routes themselves: an included router is built anew for each app, which takes half a
        # second, and each request goes through it first, which takes more than the routing itself.
        app.router.routes.extend(router.routes)
    app.router.routes.insert(0, Signpost(app.router.routes))
    callers = Callers(app)
    reads = QuickReads(app, app, callers, service.quick_reads)
    quick = Quick(reads, app, callers, service.quick)
    return Edge(
        quick, app, service.name, clock, sandbox=settings.sandbox, tracing=app.state.tracing
    )


def _predecessors(service: Service, database: Database) -> Predecessors | None:
    find = service.predecessors
    if find is None:
        return None

    async def ask(org_id: UUID) -> frozenset[UUID]:
        async with database.sessions.reading() as session:
            return await find(session, org_id)

    return Predecessors(ask, service.settings.predecessors_seconds)


def _own_routers(service: Service, settings: Settings) -> list[APIRouter]:
    # Those of all services are built once, however many apps are made: tests make thousands.
    routers = [*service.routers, _process_router(service.name, service.measures)]
    if service.feed is not None:
        routers.append(feed_router(service.name, service.feed))
        routers.append(readings_router(service.name, service.feed))
        routers.append(audit_router(service.name, service.trail))
    if service.tasks:
        routers.append(tasks_router(service.name, service.tasks))
    if settings.sandbox:
        routers.append(_clock_router())
    return routers


def _answer_failures(app: FastAPI) -> None:
    handlers: dict[type[Exception], Any] = {
        Refused: problem.of_refusal,
        problem.Failure: problem.of_failure,
        RequestValidationError: problem.of_validation,
        HTTPException: problem.of_http_exception,
        Unavailable: _of_unavailable,
        IntegrityError: _of_violation,
        DBAPIError: _of_violation,
        # No connection to be had: the pool is used up, or the server is away.
        PoolTimeout: _of_no_database,
        OSError: _of_no_database,
        # The outermost handler: it answers, then lets the error go on to the edge, which logs it.
        Exception: _of_fault,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _of_unavailable(request: Request, error: Unavailable) -> Response:
    return problem.of_failure(
        request, problem.Failure("UNAVAILABLE", {"Retry-After": "1"}, service=error.service)
    )


def _of_fault(request: Request, _error: Exception) -> Response:
    return problem.of_failure(request, problem.Failure("INTERNAL"))


def _of_no_database(request: Request, _error: Exception) -> Response:
    failure = problem.Failure("UNAVAILABLE", {"Retry-After": "1"}, service="database")
    return problem.of_failure(request, failure)


def _of_violation(request: Request, error: DBAPIError) -> Response:
    check = check_of_violation(error)
    if check is None and passes_by_itself(error):
        return _of_no_database(request, error)
    if check is None:
        raise error
    return problem.of_refusal(request, Refused([check]))


@cache
def _process_router(name: str, measures: tuple[Measure, ...]) -> APIRouter:
    router = Router(tags=["process"], include_in_schema=False)
    everyone = access(tenant="none")

    @router.get("/readyz", operation_id="readyz", openapi_extra=everyone)
    async def readyz(request: Request) -> HealthOut:
        async with request.app.state.database.sessions.reading() as session:
            await session.execute(text("SELECT 1"))
        return HealthOut(status="ok")

    @router.get("/metrics", operation_id="metrics", openapi_extra=everyone)
    async def metrics(request: Request) -> Response:
        await measure(name, request.app.state.database, measures)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


@cache
def _clock_router() -> APIRouter:
    router = Router(tags=["process"], include_in_schema=False)

    @router.put(
        "/internal/clock",
        operation_id="move_process_clock",
        openapi_extra=access("service", tenant="none", internal=True),
    )
    async def move_clock(body: ClockBody, request: Request) -> ClockOut:
        """Put this process's clock where the gateway says, and keep it over restarts."""
        await move(request.app.state.database.sessions, request.app.state.clock, body.now)
        # What comes due is looked for at once.
        await request.app.state.sequencer.tell()
        return ClockOut(now=request.app.state.clock.now())

    return router


def settle_memory() -> None:
    """Leave what was loaded out of the collector's rounds, and have fewer of them.

    What a serving process holds now stays for good: some 350,000 objects, which the collector
    would look through again and again, for a third of a batch's CPU. Nearly everything that comes
    later goes by counting references; rounds after every 700 objects were a fifth of a cycle's.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# A thread that computes gives the interpreter to who asks for it after so long, not after 5 ms.
GIVE_WAY_SECONDS: Final = 0.000_5


def share_interpreter() -> None:
    """Let who waits for the database go on soon, while a thread reads the rows of a batch.

    At each answer the loop waited 5 ms for the thread: look-ups beside it took as long as it did.
    """
    sys.setswitchinterval(GIVE_WAY_SECONDS)


def _lifespan(
    service: Service,
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = app.state
        if lacking := service.settings.lacking():
            msg = f"{service.name} does not start without {', '.join(lacking)}"
            raise RuntimeError(msg)
        when_asked_to_stop(state.sequencer.stop)
        if service.settings.sandbox:
            state.clock.offset = await kept_offset(state.database.sessions)
        async with state.services.lasting():
            if service.prepare is not None:
                await service.prepare(app)
            tasks = [asyncio.create_task(task) for task in _tasks(service, app)]
            if tasks:
                settle_memory()
                share_interpreter()
            gc.enable()
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(
                    [*tasks, asyncio.create_task(asyncio.sleep(0))], timeout=STOP_SECONDS
                )
                await state.database.close()
                if state.tracing is not None:
                    await asyncio.to_thread(state.tracing.close)

    return lifespan


def _chores(service: Service) -> tuple[Chore, ...]:
    return (*service.chores, sweeping_batches(service.settings))


def _tasks(service: Service, app: FastAPI) -> list[Any]:
    state = app.state
    following = _following(service, app)
    if not service.settings.background:
        return following
    tasks: list[Any] = [state.sequencer.run()] if service.feed is not None else []
    if service.settings.nats_url.get_secret_value():
        # Costs a third of a second at every start, which only those pay who have a bus.
        from shared.events.bridge import bridge

        tasks.append(bridge(app, service.name, service.events))
    tasks.append(keep_house(app, service.name, _chores(service)))
    if service.consumers:
        consumers = Consumers(
            state.database.sessions, state.services, service.consumers, state.committed
        )
        state.consumers = consumers
        tasks.append(consumers.run())
    return [*following, *tasks, *(background(app) for background in service.background)]


def _following(service: Service, app: FastAPI) -> list[Any]:
    seconds = service.settings.revocation_poll_seconds
    if not seconds or service.issues_tokens:
        return []
    return [follow(app.state.verifier, app.state.services.fetch_revocations, seconds)]
