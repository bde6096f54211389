"""Wires the evaluation service."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp

from evaluation.absences import queries as absence_queries
from evaluation.absences.routes import ROUTERS as ABSENCES
from evaluation.agreement.routes import router as agreement
from evaluation.assessments import queries as assessment_queries
from evaluation.assessments import round_queries
from evaluation.assessments.routes import ROUTERS as ASSESSMENTS
from evaluation.assignments.jobs import BACKGROUND as DRAWS
from evaluation.assignments.routes import ROUTERS as ASSIGNMENTS
from evaluation.conflicts import queries as conflict_queries
from evaluation.conflicts.consumers import CONSUMES
from evaluation.conflicts.routes import ROUTERS as CONFLICTS
from evaluation.corrections import queries as correction_queries
from evaluation.corrections.routes import ROUTERS as CORRECTIONS
from evaluation.cycles.routes import ROUTERS as CYCLES
from evaluation.disclosures import queries as disclosure_queries
from evaluation.disclosures.routes import router as disclosures
from evaluation.documents.jobs import BACKGROUND as DOCUMENT_JOBS
from evaluation.documents.routes import ROUTERS as DOCUMENTS
from evaluation.dossiers.routes import ROUTERS as DOSSIERS
from evaluation.experts.routes import router as experts
from evaluation.findings import queries as finding_queries
from evaluation.findings.jobs import BACKGROUND as FINDING_JOBS
from evaluation.findings.routes import ROUTERS as FINDINGS
from evaluation.housekeeping.jobs import CHORES
from evaluation.laboratory.routes import ROUTERS as LABORATORY
from evaluation.objections import queries as objection_queries
from evaluation.objections.jobs import BACKGROUND as OBJECTION_JOBS
from evaluation.objections.routes import ROUTERS as OBJECTIONS
from evaluation.optional_reports import queries as optional_report_queries
from evaluation.optional_reports.routes import ROUTERS as OPTIONAL_REPORTS
from evaluation.panels.consumers import CONSUMES as ENDS
from evaluation.panels.routes import ROUTERS as PANELS
from evaluation.privacy.jobs import BACKGROUND as PRIVACY_JOBS
from evaluation.privacy.routes import ROUTERS as PRIVACY
from evaluation.replays.routes import ROUTERS as REPLAYS
from evaluation.reports.jobs import BACKGROUND
from evaluation.reports.routes import ROUTERS as REPORTS
from evaluation.results.consumers import CONSUMES as RATINGS
from evaluation.results.routes import ROUTERS as RESULTS
from evaluation.robustness.routes import ROUTERS as ROBUSTNESS
from evaluation.runs.jobs import BACKGROUND as CYCLE_JOBS
from evaluation.runs.routes import ROUTERS as CYCLE_RUNS
from evaluation.schemes.routes import ROUTERS as SCHEMES
from evaluation.settings import EvaluationSettings
from evaluation.sheets.routes import ROUTERS as SHEETS
from evaluation.standing.routes import router as standing
from evaluation.trends import queries as trend_queries
from evaluation.trends.routes import ROUTERS as TRENDS
from evaluation.visits.routes import router as visits
from evaluation.voidings import queries as voiding_queries
from evaluation.voidings.routes import ROUTERS as VOIDINGS
from shared import directory
from shared.auth import Actor
from shared.events.paging import FeedScope
from shared.http.app import Service, service_app

TAGS: Final = (
    {
        "name": "schemes",
        "description": "Indicator schemes and weight profiles: what counts, how much.",
    },
    {"name": "cycles", "description": "A year's evaluation of all centres, and its cases."},
    {"name": "dossiers", "description": "What other agencies may read of published results."},
    {"name": "reports", "description": "The annual reports of the centres."},
    {"name": "results", "description": "Snapshots, computations, reviews and publications."},
    {
        "name": "laboratory",
        "description": "What would be: tried on results and past facts, kept nowhere.",
    },
    {"name": "robustness", "description": "How ratings and ranks move; it changes no points."},
    {"name": "objections", "description": "What a centre objects to in its published result."},
    {"name": "findings", "description": "What a result found wanting, followed to its end."},
    {"name": "voidings", "description": "Published results that rest on a falsehood."},
    {"name": "assessments", "description": "Three years of a centre, assessed together."},
    {"name": "trends", "description": "What a centre's frozen years show together."},
    {"name": "experts", "description": "The pool of experts and their ties."},
    {"name": "panels", "description": "Who reviews what, and who must not."},
    {"name": "assignments", "description": "Panels of all cases drawn at once, with proof."},
    {"name": "agreement", "description": "How far experts agree; it changes no points."},
    {"name": "score-sheets", "description": "Declarations and scores of single experts."},
    {"name": "site-visits", "description": "Reports of visits and their signatures."},
    {"name": "standing", "description": "Where a review stands, for the service that decides."},
    {"name": "events", "description": "What happened, in order."},
)
# What waits for a caller, feature by feature.
TASKS: Final = (
    absence_queries.tasks_of,
    assessment_queries.tasks_of,
    round_queries.tasks_of,
    conflict_queries.tasks_of,
    correction_queries.tasks_of,
    disclosure_queries.tasks_of,
    finding_queries.tasks_of,
    objection_queries.tasks_of,
    optional_report_queries.tasks_of,
    trend_queries.tasks_of,
    voiding_queries.tasks_of,
)
# Who reviews whom is not in it: those events carry no centre, so that no member's feed has them.
FINDING_EVENTS: Final = ("raised", "answered", "sent_back", "reminded", "overdue", "closed")
PUBLIC_EVENTS: Final = frozenset(
    {
        "evaluation.published",
        "assessment.published",
        "assessment.reopened",
        "result.voided",
        "operating_review.recorded",
        *(f"report.correction_{told}" for told in ("filed", "returned", "accepted")),
        *(f"finding.{told}" for told in FINDING_EVENTS),
    }
)


async def feed_scopes(session: AsyncSession, actors: Sequence[Actor]) -> list[FeedScope]:
    """Let services and officials read every event, members those of their centres."""
    followed = await directory.centers_followed(session, [actor.org_ids for actor in actors])
    return [
        FeedScope(everything=True)
        if actor.has("service", "official")
        else FeedScope(center_ids=centers, former=former, types=PUBLIC_EVENTS)
        for actor, (centers, former) in zip(actors, followed, strict=True)
    ]


def create_app() -> ASGIApp:
    """Make the service."""
    return service_app(
        Service(
            name="evaluation",
            title="Evaluation: how good a centre is",
            settings=EvaluationSettings(),
            routers=[
                *SCHEMES,
                *CYCLES,
                *REPORTS,
                *OPTIONAL_REPORTS,
                *CORRECTIONS,
                *RESULTS,
                *REPLAYS,
                *LABORATORY,
                *ROBUSTNESS,
                *CYCLE_RUNS,
                *DOCUMENTS,
                *OBJECTIONS,
                *FINDINGS,
                *VOIDINGS,
                *ASSESSMENTS,
                *DOSSIERS,
                disclosures,
                *TRENDS,
                experts,
                *ABSENCES,
                *PRIVACY,
                *CONFLICTS,
                *PANELS,
                *ASSIGNMENTS,
                agreement,
                *SHEETS,
                visits,
                standing,
            ],
            feed=feed_scopes,
            predecessors=directory.predecessor_ids,
            consumers={"registry": {**CONSUMES, **RATINGS, **ENDS}},
            background=(
                *BACKGROUND,
                *OBJECTION_JOBS,
                *FINDING_JOBS,
                *PRIVACY_JOBS,
                *DRAWS,
                *DOCUMENT_JOBS,
                *CYCLE_JOBS,
            ),
            chores=CHORES,
            tags=TAGS,
            tasks=TASKS,
        )
    )
