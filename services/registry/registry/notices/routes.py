"""The HTTP face of notices: public to read and to object to, decided by officials."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.caching import kept_by_all
from registry.notices import actions, queries, rules
from registry.notices.actions import Complaint
from registry.notices.rules import ObjectionState, State
from registry.notices.schemas import (
    ContactReadingIn,
    ContactReadingOut,
    InquiryIn,
    InquiryOut,
    InquiryReplyIn,
    NoticeOut,
    ObjectionDecisionIn,
    ObjectionIn,
    ObjectionOut,
    ObjectionReceiptOut,
    ObjectionStatusOut,
    ObjectorContactOut,
)
from registry.notices.tables import Objection, ObjectionInquiry, PublicNotice
from shared.auth import Actor
from shared.documents.feeds import ATOM, MEDIA_TYPE, NEWEST, PUBLISHER, Entry, Feed, atom
from shared.http import (
    CurrentActor,
    MaybeActor,
    Now,
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
from shared.http.schemas import Day
from shared.rules import require
from shared.sealing import sealer_of

OFFICIALS = "officials of the competent authority"
DECIDERS = access("handler", "reviewer", tenant=OFFICIALS, rules=("X09", "X12"))
CONCERNED = "the centre's lead sponsor, legal entity or trustee"
EVERYONE = "everyone"
NOTICES_TITLE = "制造业创新中心公示"
# Whoever objects without signing in acts under one fixed id; his name stands in the objection.
THE_PUBLIC = Actor.system("public")

public = Router(prefix="/v1/public/notices", tags=["public"])
notices = Router(prefix="/v1/registry/notices", tags=["notices"])
objections = Router(prefix="/v1/registry/objections", tags=["notices"])
inquiries = Router(prefix="/v1/registry/objection-inquiries", tags=["notices"])
ROUTERS = (public, notices, objections, inquiries)

StateQuery = Annotated[State | None, Query(description="Only notices in this state.")]


@public.get(
    "",
    operation_id="public_list_notices",
    openapi_extra=access(tenant=EVERYONE, rules=("X09",)),
)
async def list_public_notices(
    page: PageQuery,
    session: Reading,
    state: StateQuery = None,
    open_on: Annotated[Day | None, Query(description="Only those open on a day.")] = None,
) -> Page[NoticeOut]:
    """List the public notices, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.notices(state, open_on),
        page,
        keys=[col(PublicNotice.opened_at).desc(), col(PublicNotice.id).desc()],
        filters={"state": state, "open_on": open_on},
    )
    return Page(items=[NoticeOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@public.get(
    "/feed",
    operation_id="public_follow_notices",
    openapi_extra=access(tenant=EVERYONE, rules=("X09", "A157")),
    responses={**ATOM, **problems()},
    response_class=Response,
)
async def follow_public_notices(request: Request, session: Reading) -> Response:
    """Follow the public notices with any feed reader: the newest as Atom."""
    entries = [
        Entry(row.id, row.title, row.opened_at, f"/v1/public/notices/{row.id}", row.content)
        for row in await queries.newest_notices(session, NEWEST)
    ]
    feed = Feed(NOTICES_TITLE, "/v1/public/notices/feed", PUBLISHER, entries)
    return Response(atom(feed), media_type=MEDIA_TYPE, headers=kept_by_all(request))


@public.get(
    "/{notice_id}",
    operation_id="public_get_notice",
    openapi_extra=access(tenant=EVERYONE, rules=("X09",)),
    responses=problems("NOT_FOUND"),
)
async def get_public_notice(notice_id: UUID, session: Reading) -> NoticeOut:
    """Read a public notice."""
    return NoticeOut.model_validate(await queries.notice_found(session, notice_id))


@public.post(
    "/{notice_id}/objections",
    status_code=201,
    operation_id="public_object_to_notice",
    openapi_extra=access(tenant=EVERYONE, rules=("X09",)),
    responses=problems("NOT_FOUND", "OBJECTION_ANONYMOUS", "FILE_UNKNOWN", "STATE_CONFLICT"),
)
async def object_to_notice(
    notice_id: UUID,
    body: ObjectionIn,
    actor: MaybeActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> ObjectionReceiptOut:
    """Object to what is about to be decided; an objection without a name is not taken."""
    complaint = Complaint(body.named_party, body.contact, body.grounds, body.evidence)
    objection = await actions.object_to(
        session, actor or THE_PUBLIC, notice_id, complaint, today, now
    )
    return ObjectionReceiptOut.model_validate(objection)


@public.get(
    "/{notice_id}/objections/{objection_id}",
    operation_id="public_follow_objection",
    openapi_extra=access(tenant="whoever holds the receipt", rules=("X09",)),
    responses=problems("NOT_FOUND"),
)
async def follow_objection(
    notice_id: UUID, objection_id: UUID, response: Response, session: Reading
) -> ObjectionStatusOut:
    """Read what became of one's objection, by the ids of its receipt; it tells of no name."""
    response.headers["Cache-Control"] = "no-store"
    row = await queries.objection_of_notice(session, notice_id, objection_id)
    return ObjectionStatusOut.model_validate(row)


@notices.get(
    "",
    operation_id="registry_list_notices",
    openapi_extra=access(
        "member", "official", "expert", "agency", "service", tenant=EVERYONE, rules=("X09",)
    ),
)
async def list_notices(
    page: PageQuery, session: Reading, state: StateQuery = None
) -> Page[NoticeOut]:
    """List the notices, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.notices(state),
        page,
        keys=[col(PublicNotice.opened_at).desc(), col(PublicNotice.id).desc()],
        filters={"state": state},
    )
    return Page(items=[NoticeOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@objections.get(
    "",
    operation_id="registry_list_objections",
    openapi_extra=access("official", tenant=OFFICIALS, rules=("X09",)),
)
async def list_objections(
    page: PageQuery,
    session: Reading,
    notice_id: Annotated[UUID | None, Query(description="Only those to one notice.")] = None,
    state: Annotated[ObjectionState | None, Query(description="Only those in a state.")] = None,
) -> Page[ObjectionOut]:
    """List objections with the names behind them, newest first; contacts are masked."""
    rows, next_cursor = await paginate(
        session,
        queries.objections(notice_id, state),
        page,
        keys=[col(Objection.received_at).desc(), col(Objection.id).desc()],
        filters={"notice_id": notice_id, "state": state},
    )
    return Page(items=[_objection(session, row) for row in rows], next_cursor=next_cursor)


@objections.post(
    "/{objection_id}/contact-readings",
    status_code=201,
    operation_id="registry_ask_objector_contact",
    openapi_extra=DECIDERS,
    responses=problems("NOT_FOUND"),
)
async def ask_contact(
    objection_id: UUID, body: ContactReadingIn, actor: CurrentActor, now: Now, session: Transaction
) -> ContactReadingOut:
    """Ask to read a contact whole, with a reason; it can be read for a quarter of an hour."""
    row = await actions.ask_contact(session, actor, objection_id, body.reason)
    return ContactReadingOut(objection_id=row.id, until=now + rules.READABLE_FOR)


@objections.get(
    "/{objection_id}/contact",
    operation_id="registry_read_objector_contact",
    openapi_extra=DECIDERS,
    responses=problems("NOT_FOUND"),
)
async def read_contact(
    objection_id: UUID, actor: CurrentActor, now: Now, session: Reading
) -> ObjectorContactOut:
    """Read a contact whole, as who has asked for it; who decides an objection may."""
    row = await queries.objection_found(session, objection_id)
    asked_at = await queries.contact_asked_at(session, row.id, actor.person_id)
    require(rules.reading_checks(asked_at, now))
    contact = sealer_of(session).open(row.contact, queries.place_of(row.id))
    return ObjectorContactOut(objection_id=row.id, contact=contact)


@objections.post(
    "/{objection_id}/decision",
    operation_id="registry_decide_objection",
    openapi_extra=access("handler", "reviewer", tenant=OFFICIALS, rules=("X09", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def decide_objection(
    objection_id: UUID,
    body: ObjectionDecisionIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> ObjectionOut:
    """Uphold or dismiss an objection, as somebody else than who handled the case."""
    objection = await actions.decide_objection(
        session, actor, objection_id, body.decision, body.reason, now
    )
    return _objection(session, objection)


@objections.post(
    "/{objection_id}/inquiries",
    status_code=201,
    operation_id="registry_inquire_into_objection",
    openapi_extra=access("handler", "reviewer", tenant=OFFICIALS, rules=("X09",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def inquire(
    objection_id: UUID, body: InquiryIn, actor: CurrentActor, now: Now, session: Transaction
) -> InquiryOut:
    """Ask those concerned what an objection raises; they read the question and nothing else."""
    inquiry = await actions.ask(session, actor, objection_id, body.question, now)
    return InquiryOut.model_validate(inquiry)


@inquiries.get(
    "",
    operation_id="registry_list_objection_inquiries",
    openapi_extra=access("member", "official", tenant=CONCERNED, rules=("X09", "X04")),
)
async def list_inquiries(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    objection_id: Annotated[UUID | None, Query(description="Of one objection.")] = None,
    unanswered: Annotated[bool | None, Query(description="Only those without an answer.")] = None,
) -> Page[InquiryOut]:
    """List what was asked about objections to the cases of one's own centres, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.inquiries(actor, objection_id, unanswered=bool(unanswered)),
        page,
        keys=[col(ObjectionInquiry.id).desc()],
        filters={"objection_id": objection_id, "unanswered": unanswered},
    )
    return Page(items=[InquiryOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@inquiries.post(
    "/{inquiry_id}/reply",
    operation_id="registry_reply_to_objection_inquiry",
    openapi_extra=access("member", tenant=CONCERNED, rules=("X09", "X04")),
    responses=problems("NOT_FOUND", "FILE_UNKNOWN", "STATE_CONFLICT"),
)
async def reply(
    inquiry_id: UUID, body: InquiryReplyIn, actor: CurrentActor, now: Now, session: Transaction
) -> InquiryOut:
    """Answer a question about an objection, once, until the objection is decided."""
    inquiry = await actions.answer(session, actor, inquiry_id, body.text, body.evidence, now)
    return InquiryOut.model_validate(inquiry)


def _objection(session: AsyncSession, row: Objection) -> ObjectionOut:
    sealer, place = sealer_of(session), queries.place_of(row.id)
    return ObjectionOut(
        **row.model_dump(exclude={"named_party", "contact"}),
        named_party=sealer.open(row.named_party, place),
        contact=rules.masked(sealer.open(row.contact, place)),
    )
