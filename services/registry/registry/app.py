"""The registry: settings, database and features wired together, and nothing else."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from starlette.types import ASGIApp

from registry.directory.queries import feed_scope
from registry.facts.routes import BATCH as FACT_BATCH
from registry.settings import RegistrySettings
from shared.http.app import Service, service_app
from shared.http.batches import batch_jobs
from shared.jobs import job_worker

FEATURES: Final = (
    "programme",
    "organizations",
    "files",
    "centers",
    "memberships",
    "governance",
    "applications",
    "notices",
    "facts",
    "directory",
    "public",
)
TAGS: Final = (
    {"name": "programme", "description": "Policy versions, code tables, fields, calls, calendar."},
    {"name": "organizations", "description": "Organizations and parks."},
    {"name": "files", "description": "Evidence."},
    {"name": "centers", "description": "Centres, their stages and their bodies."},
    {"name": "memberships", "description": "Invitations and memberships."},
    {"name": "applications", "description": "From the draft to the listing."},
    {"name": "notices", "description": "Public notices and objections."},
    {"name": "facts", "description": "What happened at a centre."},
    {"name": "public", "description": "What anyone may read."},
    {"name": "events", "description": "The feed of what happened."},
)


def create_app() -> ASGIApp:
    """Make the registry's app from the environment."""
    settings = RegistrySettings()
    return service_app(
        Service(
            name="registry",
            title="Registry",
            settings=settings,
            routers=[router for feature in FEATURES for router in _routers(feature)],
            feed=feed_scope,
            consumers=_consumers(),
            background=(job_worker(batch_jobs({FACT_BATCH.name: FACT_BATCH})),),
            tags=TAGS,
        )
    )


def _routers(feature: str) -> tuple[Any, ...]:
    name = f"registry.{feature}.routes"
    if find_spec(name) is None:
        return ()
    routes = import_module(name)
    return tuple(getattr(routes, "ROUTERS", ())) or (routes.router,)


def _consumers() -> dict[str, Any]:
    consumers: dict[str, dict[str, Any]] = {}
    name = "registry.applications.consumers"
    if find_spec(name) is not None:
        module = import_module(name)
        consumers = {
            "evaluation": module.FROM_EVALUATION,
            "ip-ledger": module.FROM_IP_LEDGER,
        }
    return consumers
