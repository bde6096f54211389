"""Sharing, booking and offering, for who has signed in."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from registry.resources import actions, queries
from registry.resources.commands import NewBooking, NewShare
from registry.resources.rules import ResourceType, ServiceCode
from registry.resources.schemas import (
    BookingCancelIn,
    BookingIn,
    BookingOut,
    BusyTimeOut,
    OfferingIn,
    OfferingOut,
    OfferingPatch,
    ResourceIn,
    ResourceOut,
    ResourcePatch,
    SearchText,
    UsageCorrectionIn,
    UsageIn,
)
from registry.resources.tables import ResourceBooking, ServiceOffering, SharedResource
from shared.http import (
    CurrentActor,
    IfMatch,
    Language,
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
    tagged,
    warnings_of,
)
from shared.http.schemas import Instant

EVERYONE: Final = ("member", "expert", "official", "agency", "service")
SEEN: Final = "own centres' resources, and what is shared with everyone"
OWN: Final = "own organization's, or as operator of the centre"
CONCERNED: Final = "bookings of one's own, or of what one shares"
BUSY_DAYS: Final = 62

resources = Router(prefix="/v1/registry/resources", tags=["resources"])
bookings = Router(prefix="/v1/registry/bookings", tags=["resources"])
offerings = Router(prefix="/v1/registry/offerings", tags=["resources"])

CenterQuery = Annotated[UUID | None, Query(description="At this centre.")]
TypeQuery = Annotated[ResourceType | None, Query(description="Of this type.")]
CodeQuery = Annotated[ServiceCode | None, Query(description="Of this service.")]
TextQuery = Annotated[SearchText | None, Query(description="Part of its name or description.")]


@resources.post(
    "",
    status_code=201,
    operation_id="registry_share_resource",
    openapi_extra=access("member", tenant=OWN, rules=("A022", "A062")),
    responses=problems("NOT_FOUND", "OWNER_NOT_IN_CENTER", "STATE_CONFLICT", "CURRENCY_NOT_CNY"),
)
async def share_resource(
    body: ResourceIn, actor: CurrentActor, today: Today, response: Response, session: Transaction
) -> ResourceOut:
    """Share a resource with the members of a centre, or with everyone."""
    new = NewShare(body.center_id, body.org_id, body.values())
    resource = await actions.share(session, actor, new, today)
    tagged(response, resource.version)
    return ResourceOut.of(resource)


@resources.get(
    "",
    operation_id="registry_list_resources",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A022", "A136")),
    responses=problems(),
)
async def list_resources(
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: CenterQuery = None,
    resource_type: TypeQuery = None,
    text: TextQuery = None,
) -> Page[ResourceOut]:
    """Search the resources of all centres that one may use."""
    rows, cursor = await paginate(
        session,
        queries.narrowed(queries.resources(actor, today), center_id, resource_type, text),
        page,
        keys=[col(SharedResource.id)],
        filters={"center_id": center_id, "resource_type": resource_type, "text": text},
    )
    return Page(items=[ResourceOut.of(row) for row in rows], next_cursor=cursor)


@resources.get(
    "/{resource_id}",
    operation_id="registry_read_resource",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A022",)),
    responses=problems("NOT_FOUND"),
)
async def read_resource(
    resource_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Reading
) -> ResourceOut:
    """Read a resource and its terms."""
    resource = await queries.resource_seen(session, actor, resource_id, today)
    tagged(response, resource.version)
    return ResourceOut.of(resource)


@resources.patch(
    "/{resource_id}",
    operation_id="registry_change_resource",
    openapi_extra=access("member", tenant=OWN, rules=("A022", "X06")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT", "CURRENCY_NOT_CNY"
    ),
)
async def change_resource(
    resource_id: UUID,
    body: ResourcePatch,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    response: Response,
    session: Transaction,
) -> ResourceOut:
    """Change a resource (JSON Merge Patch), or close it to new bookings."""
    resource = await actions.change_resource(
        session, actor, resource_id, body.values(), version, today
    )
    tagged(response, resource.version)
    return ResourceOut.of(resource)


@resources.post(
    "/{resource_id}/bookings",
    status_code=201,
    operation_id="registry_book_resource",
    openapi_extra=access("member", tenant=SEEN, rules=("A062",)),
    responses=problems(
        "NOT_FOUND",
        "BOOKING_OVERLAP",
        "OWNER_NOT_IN_CENTER",
        "USER_NOT_IN_CENTER",
        "TIME_PASSED",
        "STATE_CONFLICT",
        "BOOKING_TOO_LONG",
        "DAYS_OUT_OF_ORDER",
    ),
)
async def book_resource(
    resource_id: UUID,
    body: BookingIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> BookingOut:
    """Book a resource for a time that nobody else has it."""
    new = NewBooking(body.starts_at, body.ends_at, body.purpose)
    return BookingOut.of(await actions.book(session, actor, resource_id, new, today, now))


@resources.get(
    "/{resource_id}/busy",
    operation_id="registry_list_busy_times",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A062",)),
    responses=problems("NOT_FOUND"),
)
async def list_busy_times(
    resource_id: UUID,
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Reading,
    first: Annotated[Instant | None, Query(alias="from", description="From then on.")] = None,
    until: Annotated[Instant | None, Query(description="Until then.")] = None,
) -> Page[BusyTimeOut]:
    """List the times for which a resource is taken; two months from now, unless asked otherwise."""
    await queries.resource_seen(session, actor, resource_id, today)
    begin = first or now
    end = until or begin + timedelta(days=BUSY_DAYS)
    rows, cursor = await paginate(
        session,
        queries.busy(resource_id, begin, end),
        page,
        keys=[col(ResourceBooking.starts_at), col(ResourceBooking.id)],
        filters={"resource_id": resource_id, "first": first, "until": until},
    )
    return Page(items=[BusyTimeOut.model_validate(row) for row in rows], next_cursor=cursor)


@bookings.get(
    "",
    operation_id="registry_list_bookings",
    openapi_extra=access("member", "official", tenant=CONCERNED, rules=("A062", "X04")),
    responses=problems(),
)
async def list_bookings(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    resource_id: Annotated[UUID | None, Query(description="Of this resource.")] = None,
) -> Page[BookingOut]:
    """List bookings with their use and fees: the log of who used what."""
    rows, cursor = await paginate(
        session,
        queries.bookings(actor, resource_id),
        page,
        keys=[col(ResourceBooking.starts_at).desc(), col(ResourceBooking.id).desc()],
        filters={"resource_id": resource_id},
    )
    return Page(items=[BookingOut.of(row) for row in rows], next_cursor=cursor)


@bookings.post(
    "/{booking_id}/cancellation",
    operation_id="registry_cancel_booking",
    openapi_extra=access("member", tenant=CONCERNED, rules=("A062",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def cancel_booking(
    booking_id: UUID,
    body: BookingCancelIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> BookingOut:
    """Give up a booking before its time, so that others can have it."""
    return BookingOut.of(await actions.cancel(session, actor, booking_id, body.reason, now, today))


@bookings.post(
    "/{booking_id}/usage",
    operation_id="registry_log_usage",
    openapi_extra=access("member", tenant=CONCERNED, rules=("A062",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "STATE_CONFLICT",
        "USE_TOO_LONG",
        "AMOUNT_EXCEEDED",
        "CHAIN_STAGE_MISSING",
        "CODE_UNKNOWN",
        "DAYS_REVERSED",
        "DAY_IN_FUTURE",
        "DIRECTION_MISSING",
        "EXTERNAL_ID_MISMATCH",
        "FILE_UNKNOWN",
        "REFERENCE_RESERVED",
        "USCC_CHECK_DIGIT",
        "USCC_FORMAT",
        "VERIFIER_CONCERNED",
    ),
)
async def log_usage(
    booking_id: UUID,
    body: UsageIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> BookingOut:
    """Log how long a resource was really used; its owner does, once it has begun."""
    return BookingOut.of(
        await actions.log_use(session, actor, booking_id, body.used_minutes, now, today)
    )


@bookings.post(
    "/{booking_id}/usage/corrections",
    operation_id="registry_correct_usage",
    openapi_extra=access("member", tenant=CONCERNED, rules=("A062", "X07")),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "STATE_CONFLICT",
        "VERSION_CONFLICT",
        "USE_TOO_LONG",
        "AMOUNT_EXCEEDED",
        "CHAIN_STAGE_MISSING",
        "CODE_UNKNOWN",
        "DAYS_REVERSED",
        "DAY_IN_FUTURE",
        "DIRECTION_MISSING",
        "EXTERNAL_ID_MISMATCH",
        "FACT_OF_BOOKING",
        "FACT_SUPERSEDED",
        "FILE_UNKNOWN",
        "MILESTONE_NAMED",
        "REFERENCE_RESERVED",
        "USCC_CHECK_DIGIT",
        "USCC_FORMAT",
        "VERIFIER_CONCERNED",
    ),
)
async def correct_usage(
    booking_id: UUID,
    body: UsageCorrectionIn,
    actor: CurrentActor,
    version: IfMatch,
    now: Now,
    session: Transaction,
) -> BookingOut:
    """Correct how long a resource was used; the fact of it is superseded, and both are kept."""
    return BookingOut.of(
        await actions.correct_use(
            session, actor, booking_id, body.used_minutes, body.reason, version, now
        )
    )


@offerings.post(
    "",
    status_code=201,
    operation_id="registry_offer_service",
    openapi_extra=access("member", tenant=OWN, rules=("A040", "A070", "A091")),
    responses=problems(
        "NOT_FOUND", "OWNER_NOT_IN_CENTER", "QUALIFICATION_UNKNOWN", "STATE_CONFLICT"
    ),
)
async def offer_service(
    body: OfferingIn,
    actor: CurrentActor,
    today: Today,
    language: Language,
    response: Response,
    session: Transaction,
) -> OfferingOut:
    """Offer a service of the catalogue at a centre."""
    new = NewShare(body.center_id, body.org_id, body.values())
    offering, warnings = await actions.offer(session, actor, new, today)
    tagged(response, offering.version)
    shown = offering.id in await queries.shown_ids(session, [offering.id], today)
    return OfferingOut.of(offering, shown=shown, warnings=warnings_of(warnings, language))


@offerings.get(
    "",
    operation_id="registry_list_offerings",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A040", "A070")),
    responses=problems(),
)
async def list_offerings(
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: CenterQuery = None,
    code: CodeQuery = None,
    text: TextQuery = None,
) -> Page[OfferingOut]:
    """Search what centres offer; at one's own centres what is hidden, too."""
    rows, cursor = await paginate(
        session,
        queries.narrowed_offerings(queries.offerings(actor, today), center_id, code, text),
        page,
        keys=[col(ServiceOffering.id)],
        filters={"center_id": center_id, "code": code, "text": text},
    )
    shown = await queries.shown_ids(session, [row.id for row in rows], today)
    return Page(
        items=[OfferingOut.of(row, shown=row.id in shown) for row in rows], next_cursor=cursor
    )


@offerings.get(
    "/{offering_id}",
    operation_id="registry_read_offering",
    openapi_extra=access(*EVERYONE, tenant=SEEN, rules=("A040",)),
    responses=problems("NOT_FOUND"),
)
async def read_offering(
    offering_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Reading
) -> OfferingOut:
    """Read an offering."""
    offering = await queries.offering_seen(session, actor, offering_id, today)
    tagged(response, offering.version)
    shown = offering.id in await queries.shown_ids(session, [offering.id], today)
    return OfferingOut.of(offering, shown=shown)


@offerings.patch(
    "/{offering_id}",
    operation_id="registry_change_offering",
    openapi_extra=access("member", tenant=OWN, rules=("A040", "X06")),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "QUALIFICATION_UNKNOWN",
        "STATE_CONFLICT",
    ),
)
async def change_offering(
    offering_id: UUID,
    body: OfferingPatch,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    language: Language,
    response: Response,
    session: Transaction,
) -> OfferingOut:
    """Change an offering (JSON Merge Patch), or take it back."""
    offering, warnings = await actions.change_offering(
        session, actor, offering_id, body.values(), version, today
    )
    tagged(response, offering.version)
    shown = offering.id in await queries.shown_ids(session, [offering.id], today)
    return OfferingOut.of(offering, shown=shown, warnings=warnings_of(warnings, language))
