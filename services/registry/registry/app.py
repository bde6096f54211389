"""The registry: settings, database and features wired together, and nothing else."""

from typing import Final

from starlette.types import ASGIApp

from registry.applications import consumers
from registry.applications import jobs as application_jobs
from registry.applications import queries as application_queries
from registry.applications import routes as applications
from registry.centers import jobs as center_jobs
from registry.centers import queries as center_queries
from registry.centers import routes as centers
from registry.directory import routes as directory
from registry.directory.queries import feed_scopes
from registry.disclosures import queries as disclosure_queries
from registry.disclosures import routes as disclosures
from registry.dumps import jobs as dump_jobs
from registry.dumps import routes as dumps
from registry.entities import queries as entity_queries
from registry.entities import routes as entities
from registry.facts import routes as facts
from registry.files import jobs as file_jobs
from registry.files import routes as files
from registry.governance import consumers as governance_consumers
from registry.governance import jobs as governance_jobs
from registry.governance import queries as governance_queries
from registry.governance import routes as governance
from registry.housekeeping import jobs as housekeeping_jobs
from registry.memberships import queries as membership_queries
from registry.memberships import routes as memberships
from registry.notices import queries as notice_queries
from registry.notices import routes as notices
from registry.organizations import queries as organization_queries
from registry.organizations import routes as organizations
from registry.outlook import queries as outlook_queries
from registry.outlook import routes as outlook
from registry.products import queries as product_queries
from registry.products import routes as products
from registry.programme import queries as programme_queries
from registry.programme import routes as programme
from registry.public import routes as public
from registry.publicity import queries as publicity_queries
from registry.publicity import routes as publicity
from registry.quick.reads import READS
from registry.reports import routes as reports
from registry.resources import jobs as resource_jobs
from registry.resources import routes as resources
from registry.settings import RegistrySettings
from registry.support import queries as support_queries
from registry.support import routes as support
from registry.takeovers import queries as take_over_queries
from registry.takeovers import routes as takeovers
from shared.http.app import Service, service_app
from shared.http.batches import batch_jobs
from shared.jobs import job_worker

ROUTERS: Final = (
    *programme.ROUTERS,
    *organizations.ROUTERS,
    files.router,
    *centers.ROUTERS,
    entities.router,
    *memberships.ROUTERS,
    *governance.ROUTERS,
    *applications.ROUTERS,
    *notices.ROUTERS,
    *facts.ROUTERS,
    *resources.ROUTERS,
    *products.ROUTERS,
    *support.ROUTERS,
    *publicity.ROUTERS,
    *outlook.ROUTERS,
    takeovers.router,
    directory.router,
    reports.router,
    public.router,
    *dumps.ROUTERS,
    disclosures.router,
)
BATCHES: Final = {kind.name: kind for kind in (facts.BATCH, organizations.BATCH)}
BACKGROUND: Final = (
    job_worker(batch_jobs(BATCHES)),
    *application_jobs.BACKGROUND,
    *center_jobs.BACKGROUND,
    *dump_jobs.BACKGROUND,
    *file_jobs.BACKGROUND,
    *governance_jobs.BACKGROUND,
    *resource_jobs.BACKGROUND,
)
TASKS: Final = (
    application_queries.tasks_of,
    center_queries.tasks_of,
    disclosure_queries.tasks_of,
    entity_queries.tasks_of,
    governance_queries.tasks_of,
    membership_queries.tasks_of,
    notice_queries.tasks_of,
    organization_queries.tasks_of,
    outlook_queries.tasks_of,
    product_queries.tasks_of,
    programme_queries.tasks_of,
    publicity_queries.tasks_of,
    support_queries.tasks_of,
    take_over_queries.tasks_of,
)
TAGS: Final = (
    {"name": "programme", "description": "Policy versions, code tables, fields, calls, calendar."},
    {"name": "organizations", "description": "Organizations and parks."},
    {"name": "files", "description": "Evidence, kept by the hash of its bytes."},
    {"name": "centers", "description": "Centres, their stages and their legal entities."},
    {"name": "memberships", "description": "Invitations and memberships."},
    {"name": "governance", "description": "Bodies, votes, resolutions and plans of a centre."},
    {"name": "applications", "description": "From the draft to the listing."},
    {"name": "notices", "description": "Public notices and objections."},
    {"name": "facts", "description": "What happened at a centre, and when it became known."},
    {"name": "resources", "description": "What centres share and offer, and its bookings."},
    {"name": "reports", "description": "What the programme and its centres come to in a year."},
    {"name": "products", "description": "The catalogue of new products, and first purchases."},
    {"name": "outlook", "description": "Needs of industry, and cases from elsewhere."},
    {"name": "support", "description": "A plan for each centre, measures, open policies."},
    {"name": "take-overs", "description": "Centres that existed before the register."},
    {"name": "publicity", "description": "Typical cases and awards."},
    {"name": "directory", "description": "Entries for the other services' copies."},
    {"name": "public", "description": "What anyone may read."},
    {"name": "dumps", "description": "What the registry held each night, and what changed since."},
    {"name": "events", "description": "The feed of what happened."},
)


def create_app() -> ASGIApp:
    """Make the registry's app from the environment."""
    return service_app(
        Service(
            name="registry",
            title="Registry",
            settings=RegistrySettings(),
            routers=ROUTERS,
            feed=feed_scopes,
            consumers={
                "evaluation": {
                    **consumers.FROM_EVALUATION,
                    **governance_consumers.FROM_EVALUATION,
                },
                "ip-ledger": consumers.FROM_IP_LEDGER,
            },
            background=BACKGROUND,
            chores=housekeeping_jobs.CHORES,
            predecessors=organization_queries.predecessor_ids,
            tasks=TASKS,
            quick_reads=READS,
            tags=TAGS,
        )
    )
