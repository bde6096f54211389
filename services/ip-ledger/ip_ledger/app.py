"""The ip-ledger: settings, database and features wired together, and nothing else."""

from collections.abc import Sequence
from typing import Final, TypeVar

from fastapi import FastAPI
from sqlalchemy import column, table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from starlette.types import ASGIApp

from ip_ledger.agreements import jobs as agreement_jobs
from ip_ledger.agreements import queries as agreement_queries
from ip_ledger.agreements import routes as agreements
from ip_ledger.assets import (
    family_routes,
    inventor_routes,
    picture_routes,
    proposal_routes,
    right_routes,
)
from ip_ledger.assets import routes as assets
from ip_ledger.audit import jobs as audit_jobs
from ip_ledger.audit import routes as audit
from ip_ledger.benefits import routes as benefits
from ip_ledger.books import routes as books
from ip_ledger.books import statement_routes
from ip_ledger.bundles import routes as bundles
from ip_ledger.contracts import queries as contract_queries
from ip_ledger.contracts import routes as contracts
from ip_ledger.contributions import funding_routes
from ip_ledger.contributions import routes as contributions
from ip_ledger.costs import routes as costs
from ip_ledger.distributions import correction_routes, what_if_routes
from ip_ledger.distributions import routes as distributions
from ip_ledger.distributions import task_queries as distribution_tasks
from ip_ledger.facts import routes as facts
from ip_ledger.fees import jobs as fee_jobs
from ip_ledger.fees import queries as fee_queries
from ip_ledger.fees import routes as fees
from ip_ledger.housekeeping.jobs import CHORES
from ip_ledger.journal import pending_routes, posting
from ip_ledger.journal import routes as journal
from ip_ledger.log import jobs as log_jobs
from ip_ledger.log import routes as log
from ip_ledger.log.measures import log_waiting
from ip_ledger.losses import routes as losses
from ip_ledger.openings import routes as openings
from ip_ledger.party_keys import routes as party_keys
from ip_ledger.portfolio import routes as portfolio
from ip_ledger.pricing import queries as price_queries
from ip_ledger.pricing import routes as pricing
from ip_ledger.revenue import routes as revenue
from ip_ledger.rewards import queries as reward_queries
from ip_ledger.rewards import routes as rewards
from ip_ledger.settings import LedgerSettings
from ip_ledger.settlements import routes as settlements
from ip_ledger.statements import routes as statements
from ip_ledger.templates import routes as templates
from ip_ledger.undoings import routes as undoings
from ip_ledger.witnesses import routes as witnesses
from shared import directory
from shared.auth import Actor
from shared.events.paging import FeedScope
from shared.events.tables import Audit, Event
from shared.http.app import Service, service_app
from shared.http.batches import batch_jobs, jobs_router
from shared.jobs import job_worker

Row = TypeVar("Row", Event, Audit)

TAGS: Final = (
    {"name": "agreements", "description": "What members agreed to own, earn and risk together."},
    {"name": "assets", "description": "Inventions and other results, and who owned them when."},
    {"name": "contracts", "description": "Licenses and technology contracts."},
    {"name": "facts", "description": "The ledger's records in the programme's one shape."},
    {"name": "contributions", "description": "What members owe and paid, and other money."},
    {"name": "losses", "description": "What went wrong, borne by the risks agreed."},
    {"name": "settlements", "description": "Use between members, netted and settled."},
    {"name": "rewards", "description": "What inventors are owed, and what each has been paid."},
    {"name": "revenue", "description": "Income of assets, and what is deducted from it."},
    {"name": "distributions", "description": "Who gets how much of it, and why."},
    {"name": "journal", "description": "Accounts and entries."},
    {"name": "log", "description": "Receipts that anyone can check offline."},
    {"name": "jobs", "description": "Large batches on their way."},
    {"name": "events", "description": "The feed of what happened."},
)
BATCHES: Final = {
    kind.name: kind for kind in (assets.ASSETS, contracts.TECH_CONTRACTS, journal.ENTRIES)
}
# What other agencies follow (X16).
AGENCY_EVENTS: Final = frozenset({"contract.registered", "agreement.in_force"})

# What waits for a caller, feature by feature.
TASKS: Final = (
    agreement_queries.tasks_of,
    contract_queries.tasks_of,
    distribution_tasks.tasks_of,
    fee_queries.tasks_of,
    price_queries.tasks_of,
    reward_queries.tasks_of,
)


def _read_from(rows: type[Row], view: str) -> type[Row]:
    """Read rows of a table from a view with the same columns."""
    columns = rows.__table__.columns  # type: ignore[attr-defined]  # SQLModel's
    same = table(view, *(column(one.name, one.type) for one in columns))
    return aliased(rows, same, adapt_on_names=True)


# What an entry's event tells, and its audit row, follow from the entry and its record:
# `log/guards.py`.
EVENTS: Final = _read_from(Event, "event_told")
TRAIL: Final = _read_from(Audit, "audit_trail")

jobs = jobs_router("ip-ledger", "jobs", "member", "bookkeeper", read="get_job")


async def feed_scopes(session: AsyncSession, actors: Sequence[Actor]) -> list[FeedScope]:
    """Show services and officials everything, and members the events of their centres (X04)."""
    followed = await directory.centers_followed(session, [actor.org_ids for actor in actors])
    return [
        FeedScope(everything=True, events=EVENTS)
        if actor.has("service") or actor.is_official
        else FeedScope(
            center_ids=centers,
            former=former,
            types=AGENCY_EVENTS if actor.has("agency") else frozenset[str](),
            events=EVENTS,
        )
        for actor, (centers, former) in zip(actors, followed, strict=True)
    ]


async def _audit_books(app: FastAPI) -> None:
    await audit_jobs.watch(app.state.database, app.state.settings)


def create_app() -> ASGIApp:
    """Make the ip-ledger's app from the environment."""
    settings = LedgerSettings()
    return service_app(
        Service(
            name="ip-ledger",
            title="IP ledger",
            settings=settings,
            events=EVENTS,
            trail=TRAIL,
            routers=(
                *agreements.ROUTERS,
                *templates.ROUTERS,
                *party_keys.ROUTERS,
                *assets.ROUTERS,
                *proposal_routes.ROUTERS,
                *inventor_routes.ROUTERS,
                *picture_routes.ROUTERS,
                *right_routes.ROUTERS,
                *family_routes.ROUTERS,
                *fees.ROUTERS,
                *contracts.ROUTERS,
                *facts.ROUTERS,
                contributions.router,
                *funding_routes.ROUTERS,
                *costs.ROUTERS,
                *undoings.ROUTERS,
                revenue.router,
                *losses.ROUTERS,
                *rewards.ROUTERS,
                *settlements.ROUTERS,
                distributions.router,
                *correction_routes.ROUTERS,
                *what_if_routes.ROUTERS,
                *benefits.ROUTERS,
                *statements.ROUTERS,
                *pricing.ROUTERS,
                *portfolio.ROUTERS,
                journal.router,
                *pending_routes.ROUTERS,
                *openings.ROUTERS,
                books.router,
                *statement_routes.ROUTERS,
                *log.ROUTERS,
                *audit.ROUTERS,
                *bundles.ROUTERS,
                *witnesses.ROUTERS,
                jobs,
            ),
            feed=feed_scopes,
            predecessors=directory.predecessor_ids,
            consumers={"registry": directory.CONSUMES},
            # The trail is sealed before the tree is signed, so that one checkpoint covers both.
            measures=(log_waiting,),
            quick={"ip_ledger_post_entry": posting.post_plain},
            steps=(audit_jobs.step(settings), log_jobs.step(settings)),
            background=(
                job_worker(batch_jobs(BATCHES)),
                agreement_jobs.watch,
                *fee_jobs.BACKGROUND,
                _audit_books,
            ),
            chores=CHORES,
            tasks=TASKS,
            tags=TAGS,
        )
    )
