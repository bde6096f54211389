"""What officials do and see: rectifications, ties of people, findings, national conditions."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col

from registry.centers.queries import center_seen, center_seen_for_update, recognized_centers
from registry.centers.rules import AgreementFacts
from registry.governance import actions, clients, queries
from registry.governance.actions import RecheckFinding, TieContent
from registry.governance.answers import gaps_out
from registry.governance.routes.common import (
    EDIT_CODES,
    OFFICIALS,
    OWN,
    PREFIX,
    TAGS,
    center_to_read,
    own_center,
)
from registry.governance.rules import TieKind, Told
from registry.governance.schemas import (
    PersonTieEndIn,
    PersonTieIn,
    PersonTieOut,
    SeatFindingOut,
)
from registry.governance.schemas.records import DossierReturnIn, NationalDossierOut
from registry.governance.schemas.stages import (
    NationalCandidatesOut,
    NationalGapsOut,
    RecheckIn,
    RectificationListOut,
    RectificationOut,
    RectificationPlanIn,
)
from registry.governance.tables import PersonTie, SeatFinding
from registry.programme.queries import policy_on
from shared.http import (
    CurrentActor,
    CurrentWork,
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
)

router = Router(prefix=PREFIX, tags=TAGS)
ties = Router(prefix="/v1/registry/person-ties", tags=TAGS)
findings = Router(prefix="/v1/registry/governance-findings", tags=TAGS)
national = Router(prefix="/v1/registry/national-candidates", tags=TAGS)
ROUTERS = (router, ties, findings, national)


@router.get(
    "/rectifications",
    operation_id="registry_list_rectifications",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A125",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_rectifications(
    center_id: UUID, actor: CurrentActor, session: Reading
) -> RectificationListOut:
    """List the rectifications of a centre, newest first."""
    center = await center_to_read(session, actor, center_id)
    rows = await queries.rectifications(session, center.id)
    return RectificationListOut(items=[RectificationOut.model_validate(row) for row in rows])


@router.put(
    "/rectification/plan",
    operation_id="registry_file_rectification_plan",
    openapi_extra=access("member", tenant=OWN, rules=("A125",)),
    responses=problems(*EDIT_CODES),
)
async def file_rectification_plan(
    center_id: UUID,
    body: RectificationPlanIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> RectificationOut:
    """File the plan of the rectification that the centre is in, or a better one."""
    center = await own_center(session, actor, center_id)
    row = await actions.file_rectification_plan(
        session, actor, center, body.text, body.file_id, today
    )
    return RectificationOut.model_validate(row)


async def told_of_findings(
    center_id: UUID,
    body: RecheckIn,
    actor: CurrentActor,
    services: Services,
    work: CurrentWork,
) -> Told:
    """Ask evaluation which findings are open, before the transaction of a re-check opens."""
    await work.replay()
    async with work.sessions.reading() as session:
        await center_seen(session, actor, center_id)
    if not body.passed:
        return Told(AgreementFacts(in_force=False))  # What failed needs nothing closed.
    findings, known = await clients.open_findings(services, center_id)
    agreement = AgreementFacts(in_force=False)
    return Told(agreement, findings=findings, kept={"findings": known})


@router.post(
    "/rectification/recheck",
    operation_id="registry_recheck_rectification",
    openapi_extra=access("handler", "reviewer", tenant=OFFICIALS, rules=("A125",)),
    responses=problems(
        "NOT_FOUND", "DAYS_OUT_OF_ORDER", "DAY_IN_FUTURE", "FINDINGS_OPEN", "STATE_CONFLICT"
    ),
)
async def recheck_rectification(
    center_id: UUID,
    body: RecheckIn,
    told: Annotated[Told, Depends(told_of_findings)],
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> RectificationOut:
    """Record the re-check on site; another person, an approver, then moves the centre."""
    center = await center_seen_for_update(session, actor, center_id)
    finding = RecheckFinding(body.passed, body.visited_on, body.text, body.file_id)
    row = await actions.recheck(session, actor, center, finding, told, today, now)
    return RectificationOut.model_validate(row)


@router.post(
    "/national-dossier/return",
    operation_id="registry_return_national_dossier",
    openapi_extra=access("handler", "reviewer", tenant=OFFICIALS, rules=("A123",)),
    responses=problems("NOT_FOUND", "DOSSIER_MISSING", "STATE_CONFLICT"),
)
async def return_dossier(
    center_id: UUID, body: DossierReturnIn, actor: CurrentActor, session: Transaction
) -> NationalDossierOut:
    """Give a dossier back, so that the centre can hand in a better one."""
    center = await center_seen_for_update(session, actor, center_id)
    row = await actions.return_dossier(session, actor, center, body.reason)
    return NationalDossierOut.model_validate(row)


@router.get(
    "/national-gaps",
    operation_id="registry_read_national_gaps",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A134",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def read_gaps(
    center_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> NationalGapsOut:
    """Tell what a centre still lacks of the national conditions."""
    center = await center_to_read(session, actor, center_id)
    policy = await policy_on(session, today)
    conditions = await actions.national_gaps(session, [center], policy)
    return gaps_out(center, policy, conditions[center.id])


@national.get(
    "",
    operation_id="registry_list_national_candidates",
    openapi_extra=access("official", "service", tenant=OFFICIALS, rules=("A134",)),
    responses=problems(),
)
async def list_national_candidates(
    actor: CurrentActor, today: Today, session: Reading
) -> NationalCandidatesOut:
    """List the recognized centres beside the national conditions, the nearest first."""
    policy = await policy_on(session, today)
    centers = await recognized_centers(session, actor)
    conditions = await actions.national_gaps(session, centers, policy)
    items = [gaps_out(center, policy, conditions[center.id]) for center in centers]
    return NationalCandidatesOut(items=sorted(items, key=lambda item: (len(item.gaps), item.code)))


@ties.post(
    "",
    status_code=201,
    operation_id="registry_state_person_tie",
    openapi_extra=access(
        "member",
        "handler",
        "reviewer",
        tenant="an organization its own people's, officials anybody's",
        rules=("A076",),
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "DAYS_REVERSED"),
)
async def state_tie(
    body: PersonTieIn, actor: CurrentActor, now: Now, session: Transaction
) -> PersonTieOut:
    """State that a person works for an organization, holds its shares or sits in its board."""
    content = TieContent(
        body.person_id,
        body.org_id,
        TieKind(body.kind),
        body.from_on,
        body.until_on,
        body.note,
    )
    return PersonTieOut.model_validate(await actions.state_tie(session, actor, content, now))


@ties.get(
    "",
    operation_id="registry_list_person_ties",
    openapi_extra=access(
        "member", "official", "service", tenant="an organization those to itself", rules=("A076",)
    ),
)
async def list_ties(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    person_id: Annotated[UUID | None, Query(description="Only those of a person.")] = None,
    org_id: Annotated[UUID | None, Query(description="Only those to an organization.")] = None,
) -> Page[PersonTieOut]:
    """List ties as they were stated, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.ties(actor, person_id, org_id),
        page,
        keys=[col(PersonTie.at).desc(), col(PersonTie.id).desc()],
        filters={"person_id": person_id, "org_id": org_id},
    )
    return Page(items=[PersonTieOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@ties.post(
    "/{tie_id}/end",
    operation_id="registry_end_person_tie",
    openapi_extra=access(
        "member",
        "handler",
        "reviewer",
        tenant="an organization its own people's, officials anybody's",
        rules=("A076",),
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "DAYS_REVERSED"),
)
async def end_tie(
    tie_id: UUID, body: PersonTieEndIn, actor: CurrentActor, session: Transaction
) -> PersonTieOut:
    """End a tie after its last day; its history stays."""
    return PersonTieOut.model_validate(await actions.end_tie(session, actor, tie_id, body.until_on))


@findings.get(
    "",
    operation_id="registry_list_governance_findings",
    openapi_extra=access(
        "member", "official", "service", tenant="members their own centres'", rules=("A076",)
    ),
)
async def list_findings(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Only those of a centre.")] = None,
    is_open: Annotated[bool | None, Query(description="Only open ones, or cleared ones.")] = None,
) -> Page[SeatFindingOut]:
    """List what the nightly checks found of independent seats, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.findings(actor, center_id, is_open=is_open),
        page,
        keys=[col(SeatFinding.found_on).desc(), col(SeatFinding.id).desc()],
        filters={"center_id": center_id, "is_open": is_open},
    )
    return Page(items=[SeatFindingOut.model_validate(row) for row in rows], next_cursor=next_cursor)
