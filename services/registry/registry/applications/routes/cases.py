"""Drafting, reading, submitting and withdrawing applications."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from registry.applications import actions, answers, clients, commands, queries
from registry.applications.clients import CaseTold
from registry.applications.routes.common import APPLICANT, PREFIX, SEEN, SIGNED_IN, TAGS
from registry.applications.rules import State
from registry.applications.schemas import (
    ApplicationDetailOut,
    ApplicationIn,
    ApplicationOut,
    ApplicationPatch,
    ReviewSubjectOut,
)
from registry.applications.tables import Application
from registry.centers.queries import center_by_id, centers_by_id
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Language,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    readiness_of,
    tagged,
)
from shared.http.schemas import Readiness
from shared.rules import found

router = Router(prefix=PREFIX, tags=TAGS)

DRAFT_CODES = (
    "FORBIDDEN_SCOPE",
    "NOT_FOUND",
    "MODEL_SPONSOR_MISMATCH",
    "FIELD_INACTIVE",
    "DISHONEST_ORG",
    "COMMON_PROBLEM_MISSING",
)
SUBMIT_CODES = (
    "NOT_FOUND",
    "FORBIDDEN_SCOPE",
    "LEGAL_PERSON_REQUIRED",
    "ENTITY_NOT_LOCAL",
    "ENTITY_AGE_EXCEEDED",
    "MODEL_SPONSOR_MISMATCH",
    "MODEL_COMPOSITION",
    "DISHONEST_ORG",
    "CORE_TECH_MISSING",
    "RD_SERIES_INCOMPLETE",
    "SPONSOR_STRENGTH_MISSING",
    "MATERIAL_MISSING",
    "CALL_FIELD_MISMATCH",
    "FIELD_INACTIVE",
    "MEMBER_NOT_CONFIRMED",
    "PLAN_PART_MISSING",
    "STATE_CONFLICT",
)


@router.post(
    "",
    status_code=201,
    operation_id="registry_create_application",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A047", "A057", "A159", "A160")),
    responses=problems(*DRAFT_CODES),
)
async def create_application(
    body: ApplicationIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    language: Language,
    session: Transaction,
    response: Response,
) -> ApplicationOut:
    """Begin an application on any day, with its candidate centre; what it lacks are warnings."""
    content = commands.draft_content(body, actor)
    application, center = await actions.draft(session, actor, content, today, now)
    lacks = await actions.submission_checks(session, application, center, today)
    tagged(response, application.version)
    response.headers["Location"] = f"{PREFIX}/{application.id}"
    return answers.application_out(application, center, lacks, language)


@router.get(
    "",
    operation_id="registry_list_applications",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("X04",)),
)
async def list_applications(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    state: Annotated[State | None, Query(description="Only those in a state.")] = None,
    center_id: Annotated[UUID | None, Query(description="Only that of a centre.")] = None,
) -> Page[ApplicationOut]:
    """List the applications that one may see, newest first."""
    statement = queries.applications(actor)
    if state is not None:
        statement = statement.where(col(Application.state) == state)
    if center_id is not None:
        statement = statement.where(col(Application.center_id) == center_id)
    rows, next_cursor = await paginate(
        session,
        statement,
        page,
        keys=[col(Application.created_at).desc(), col(Application.id).desc()],
        filters={"state": state, "center_id": center_id},
    )
    centers = await centers_by_id(session, [row.center_id for row in rows])
    items = [answers.application_out(row, centers[row.center_id]) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{application_id}",
    operation_id="registry_get_application",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("X04",)),
    responses=problems("NOT_FOUND"),
)
async def get_application(
    application_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> ApplicationDetailOut:
    """Read an application with all its parts."""
    application = await queries.application_seen(session, actor, application_id)
    center = found(await center_by_id(session, application.center_id))
    tagged(response, application.version)
    return await answers.detail_out(session, application, center)


@router.patch(
    "/{application_id}",
    operation_id="registry_change_application",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A117", "X06")),
    responses=problems(
        *DRAFT_CODES,
        "FIELD_MISSING",
        "VERSION_CONFLICT",
        "STATE_CONFLICT",
        "PRECONDITION_REQUIRED",
    ),
)
async def change_application(
    application_id: UUID,
    body: ApplicationPatch,
    version: IfMatch,
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Transaction,
    response: Response,
) -> ApplicationOut:
    """Change a draft, or an application that was returned; what it still lacks are warnings."""
    seen = await queries.application_seen(session, actor, application_id)
    center = found(await center_by_id(session, seen.center_id))
    content = commands.merged_content(seen, center, body)
    application, center = await actions.change_draft(
        session, actor, application_id, content, version, today
    )
    # What a submission would be refused for is a warning as long as it is a draft.
    lacks = await actions.submission_checks(session, application, center, today)
    tagged(response, application.version)
    return answers.application_out(application, center, lacks, language)


async def told_for_readiness(
    application_id: UUID,
    actor: CurrentActor,
    today: Today,
    services: Services,
    work: CurrentWork,
) -> CaseTold:
    """Ask the neighbours only where the next step rests on what they say."""
    async with work.sessions.reading() as session:
        application = await queries.application_seen(session, actor, application_id)
        state, center_id = application.state, application.center_id
    if state not in {State.COMMISSION_REVIEW, State.PUBLIC_NOTICE}:
        return CaseTold()
    return await clients.case_told(services, application_id, center_id, today)


@router.get(
    "/{application_id}/readiness",
    operation_id="registry_read_application_readiness",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("A117", "A118", "A122")),
    responses=problems("NOT_FOUND"),
)
async def read_readiness(
    application_id: UUID,
    told: Annotated[CaseTold, Depends(told_for_readiness)],
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Reading,
) -> Readiness:
    """Tell every rule of the next step, met or not, before anyone tries it."""
    application = await queries.application_seen(session, actor, application_id)
    view = await actions.readiness(session, application, told, today)
    return Readiness(
        ready=view.ready,
        next_step=view.next_step,
        who_acts=view.who_acts,
        due_on=view.due_on,
        checks=readiness_of(view.checks, language),
    )


@router.post(
    "/{application_id}/submit",
    operation_id="registry_submit_application",
    openapi_extra=access(
        "member", tenant=APPLICANT, rules=("A051", "A058", "A104", "A108", "A117", "A159")
    ),
    responses=problems(
        *SUBMIT_CODES,
        "CALL_WINDOW_CLOSED",
        "COMMON_PROBLEM_MISSING",
        "ENTITY_CONSENT_MISSING",
        "ENTITY_TAKEN",
        "RETURN_EXPIRED",
        "SOD_VIOLATION",
    ),
)
async def submit(
    application_id: UUID,
    actor: CurrentActor,
    today: Today,
    now: Now,
    language: Language,
    session: Transaction,
    response: Response,
) -> ApplicationOut:
    """Submit an application: a receipt, and a snapshot that never changes."""
    application, center, warnings = await actions.submit(session, actor, application_id, today, now)
    tagged(response, application.version)
    return answers.application_out(application, center, warnings, language)


@router.post(
    "/{application_id}/withdraw",
    operation_id="registry_withdraw_application",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A117",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw(
    application_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> ApplicationOut:
    """Withdraw an application before its expert review begins."""
    application, center = await actions.withdraw(session, actor, application_id, now)
    return answers.application_out(application, center)


@router.get(
    "/{application_id}/review-subject",
    operation_id="registry_read_review_subject",
    openapi_extra=access("service", tenant="services", rules=("X08",)),
    responses=problems("NOT_FOUND"),
)
async def read_review_subject(
    application_id: UUID, actor: CurrentActor, session: Reading
) -> ReviewSubjectOut:
    """Tell evaluation whom a case is about, and who acted in it."""
    application = await queries.application_seen(session, actor, application_id)
    center = found(await center_by_id(session, application.center_id))
    return await answers.review_subject(session, application, center)
