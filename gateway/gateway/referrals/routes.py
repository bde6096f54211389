"""The HTTP face of tasks that are passed to agencies."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from gateway.referrals import actions, queries
from gateway.referrals.actions import Passing
from gateway.referrals.rules import ReferralState
from gateway.referrals.schemas import (
    AgenciesOut,
    AgencyOut,
    ReferralAgainIn,
    ReferralAnswerIn,
    ReferralIn,
    ReferralOut,
    ReferralReasonIn,
    ReferralReplyOut,
    ReferralWholeOut,
)
from gateway.referrals.tables import Referral
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
)

router: Final = Router(prefix="/v1/referrals", tags=["referrals"])
SEEN: Final = "officials see all, an agency what was passed to it"
OFFICIALS: Final = access("handler", "reviewer", tenant=SEEN, rules=("A135", "X04"))
AGENCY: Final = access("agency", tenant=SEEN, rules=("A135", "X04"))
READERS: Final = access("official", "agency", tenant=SEEN, rules=("A135", "X04"))
STEP: Final = problems("NOT_FOUND", "STATE_CONFLICT")


@router.post(
    "",
    status_code=201,
    operation_id="referrals_pass_task",
    openapi_extra=OFFICIALS,
    responses=problems("NOT_FOUND", "AGENCY_REQUIRED", "FIELD_INVALID"),
)
async def pass_task(body: ReferralIn, actor: CurrentActor, session: Transaction) -> ReferralOut:
    """Pass a task to an agency; it stands in that one's tasks, and goes out as a notice."""
    passing = Passing(
        body.agency_id, body.subject_kind, body.subject_id, body.center_id, body.request,
        body.due_on,
    )  # fmt: skip
    return ReferralOut.model_validate(await actions.pass_on(session, actor, passing))


@router.get(
    "/agencies",
    operation_id="referrals_list_agencies",
    openapi_extra=OFFICIALS,
    responses=problems(),
)
async def list_agencies(session: Reading, today: Today) -> AgenciesOut:
    """List the agencies to which tasks may be passed today."""
    found = await queries.agencies(session, today)
    return AgenciesOut(items=[AgencyOut(id=person_id, name=name) for person_id, name in found])


@router.get(
    "/agencies/{agency_id}",
    operation_id="referrals_get_agency",
    openapi_extra=access("service", tenant="any agency", rules=("A135",), internal=True),
    responses=problems("NOT_FOUND"),
)
async def get_agency(agency_id: UUID, session: Reading, today: Today) -> AgencyOut:
    """Tell a service that this is an agency today; who is none is not found."""
    person_id, name = await queries.agency(session, agency_id, today)
    return AgencyOut(id=person_id, name=name)


@router.get("", operation_id="referrals_list_tasks", openapi_extra=READERS, responses=problems())
async def list_tasks(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    state: Annotated[ReferralState | None, Query(description="Only in this state.")] = None,
    subject_id: Annotated[UUID | None, Query(description="Only about this.")] = None,
) -> Page[ReferralOut]:
    """List passed tasks, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.visible_referrals(actor, state, subject_id),
        page,
        keys=[col(Referral.id).desc()],
        filters={"state": state, "subject_id": subject_id},
    )
    return Page(items=[ReferralOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{referral_id}",
    operation_id="referrals_get_task",
    openapi_extra=READERS,
    responses=problems("NOT_FOUND"),
)
async def get_task(referral_id: UUID, actor: CurrentActor, session: Reading) -> ReferralWholeOut:
    """Show a passed task with everything that was answered."""
    referral = await queries.referral_of(session, actor, referral_id)
    replies = await queries.replies_to(session, referral.id)
    shown = ReferralOut.model_validate(referral).model_dump()
    return ReferralWholeOut(
        **shown, replies=[ReferralReplyOut.model_validate(reply) for reply in replies]
    )


@router.post(
    "/{referral_id}/accept",
    operation_id="referrals_accept_task",
    openapi_extra=AGENCY,
    responses=STEP,
)
async def accept(referral_id: UUID, actor: CurrentActor, session: Transaction) -> ReferralOut:
    """Take a task on."""
    return ReferralOut.model_validate(await actions.accept(session, actor, referral_id))


@router.post(
    "/{referral_id}/answers",
    operation_id="referrals_answer_task",
    openapi_extra=AGENCY,
    responses=STEP,
)
async def answer(
    referral_id: UUID, body: ReferralAnswerIn, actor: CurrentActor, session: Transaction
) -> ReferralOut:
    """Answer a task; a late answer is taken, and marked as late."""
    said = (body.answer, body.text, body.doc_no)
    return ReferralOut.model_validate(await actions.answer(session, actor, referral_id, *said))


@router.post(
    "/{referral_id}/return",
    operation_id="referrals_return_task",
    openapi_extra=AGENCY,
    responses=STEP,
)
async def give_back(
    referral_id: UUID, body: ReferralReasonIn, actor: CurrentActor, session: Transaction
) -> ReferralOut:
    """Return a task that is another agency's."""
    return ReferralOut.model_validate(
        await actions.give_back(session, actor, referral_id, body.reason)
    )


@router.post(
    "/{referral_id}/ask-again",
    operation_id="referrals_ask_again",
    openapi_extra=OFFICIALS,
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "FIELD_INVALID"),
)
async def ask_again(
    referral_id: UUID, body: ReferralAgainIn, actor: CurrentActor, session: Transaction
) -> ReferralOut:
    """Ask once more, with a new last day."""
    return ReferralOut.model_validate(
        await actions.ask_again(session, actor, referral_id, body.request, body.due_on)
    )


@router.post(
    "/{referral_id}/close",
    operation_id="referrals_close_task",
    openapi_extra=OFFICIALS,
    responses=STEP,
)
async def close(referral_id: UUID, actor: CurrentActor, session: Transaction) -> ReferralOut:
    """Be done with a task that was answered or returned."""
    return ReferralOut.model_validate(await actions.close(session, actor, referral_id))


@router.post(
    "/{referral_id}/withdraw",
    operation_id="referrals_withdraw_task",
    openapi_extra=OFFICIALS,
    responses=STEP,
)
async def withdraw(
    referral_id: UUID, body: ReferralReasonIn, actor: CurrentActor, session: Transaction
) -> ReferralOut:
    """Take a task back before it was answered."""
    return ReferralOut.model_validate(
        await actions.withdraw(session, actor, referral_id, body.reason)
    )
