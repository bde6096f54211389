"""What was said of an organization, by whom, who verified it, and what it is called."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from registry.organizations import actions, queries, rules
from registry.organizations.actions import (
    NewCode,
    NewName,
    NewRecord,
    NewSuccessor,
    NewValues,
    Verdict,
)
from registry.organizations.routes.common import (
    EVERYONE,
    OFFICIALS,
    OPEN,
    OWN,
    entry_shown,
    organization_shown,
    organizations,
    statement_shown,
)
from registry.organizations.schemas import (
    DishonestyRecordIn,
    DishonestyRecordOut,
    FieldHistoryOut,
    LiftingIn,
    NameEndIn,
    OrganizationEntryIn,
    OrganizationEntryOut,
    OrganizationHistoryOut,
    OrganizationNameIn,
    OrganizationNameOut,
    OrganizationNamesOut,
    OrganizationOut,
    OrganizationRelationsOut,
    OrganizationStatementIn,
    OrganizationStatementOut,
    RelatedOrganizationOut,
    RenumberingIn,
    SuccessionIn,
    SuccessionOut,
    ValueOut,
    VerificationIn,
)
from registry.organizations.tables import DishonestyRecord, OrganizationEntry
from shared.http import (
    CurrentActor,
    IfMatch,
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
)
from shared.http.schemas import Day
from shared.http.times import AsOf

statements = Router(prefix="/v1/registry/organization-statements", tags=["organizations"])
reviews = Router(prefix="/v1/registry/organization-reviews", tags=["organizations"])


def _verdict(body: VerificationIn) -> Verdict:
    return Verdict(body.decision, body.basis, body.reason, body.due_again_on)


@organizations.get(
    "/{organization_id}/history",
    operation_id="registry_read_organization_history",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def read_organization_history(
    organization_id: UUID,
    as_of: AsOf,
    session: Reading,
    field: Annotated[str | None, Query(max_length=64, description="Only this field.")] = None,
) -> OrganizationHistoryOut:
    """Read every field through time, with where each value comes from and who verified it."""
    await queries.organization_found(session, organization_id)
    rows = await queries.entry_rows(session, organization_id)
    pieces = rules.segments(await queries.entries_of(session, organization_id), as_of)
    histories: dict[str, list[ValueOut]] = {}
    for piece in pieces:
        if field is None or piece.field == field:
            said = {
                **rows[piece.entry_id].model_dump(),
                "value": piece.value,
                "from_on": piece.from_on,
                "until_on": piece.until_on,
                "entry_id": piece.entry_id,
            }
            histories.setdefault(piece.field, []).append(ValueOut.model_validate(said))
    return OrganizationHistoryOut(
        organization_id=organization_id,
        fields=[FieldHistoryOut(field=name, values=values) for name, values in histories.items()],
    )


@organizations.get(
    "/{organization_id}/entries",
    operation_id="registry_list_organization_entries",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def list_organization_entries(
    organization_id: UUID, page: PageQuery, session: Reading
) -> Page[OrganizationEntryOut]:
    """List what was entered of an organization, in the order in which it was."""
    await queries.organization_found(session, organization_id)
    rows, cursor = await paginate(
        session,
        queries.entries(organization_id),
        page,
        keys=[col(OrganizationEntry.version)],
        filters={"organization_id": organization_id},
    )
    return Page(items=[entry_shown(row) for row in rows], next_cursor=cursor)


@organizations.post(
    "/{organization_id}/entries",
    status_code=201,
    operation_id="registry_enter_organization_values",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("X06", "X07")),
    responses=problems(
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "DAYS_OUT_OF_ORDER",
        "OWNERSHIP_CYCLE",
        "STATE_CONFLICT",
        "CODE_UNKNOWN",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
        "USCC_CHECK_DIGIT",
        "USCC_FORMAT",
    ),
)
async def enter_organization_values(
    organization_id: UUID,
    body: OrganizationEntryIn,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    response: Response,
    session: Transaction,
) -> OrganizationEntryOut:
    """Enter what held of an organization on any days up to now; nothing is written over."""
    new = NewValues(
        body.values.model_dump(exclude_unset=True),
        body.valid_from,
        body.valid_until,
        body.basis,
        body.file_id,
        body.due_again_on,
    )
    organization, entry = await actions.enter_values(
        session, actor, organization_id, new, version, today
    )
    tagged(response, organization.version)
    return entry_shown(entry)


@organizations.post(
    "/{organization_id}/statements",
    status_code=201,
    operation_id="registry_state_of_organization",
    openapi_extra=access("member", tenant="own organization", rules=("X07",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "DAYS_OUT_OF_ORDER",
        "STATE_CONFLICT",
        "CODE_UNKNOWN",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
        "OWNERSHIP_CYCLE",
        "USCC_CHECK_DIGIT",
        "USCC_FORMAT",
    ),
)
async def state_of_organization(
    organization_id: UUID,
    body: OrganizationStatementIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> OrganizationStatementOut:
    """State something of one's own organization; it counts once an official has verified it."""
    values = body.values.model_dump(exclude_unset=True)
    new = NewValues(values, body.valid_from, basis=body.basis, file_id=body.file_id)
    _, entry = await actions.state(session, actor, organization_id, new, today)
    return statement_shown(entry, None)


@organizations.post(
    "/{organization_id}/statements/{statement_id}/verification",
    operation_id="registry_verify_organization_statement",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("X03", "X07")),
    responses=problems(
        "NOT_FOUND",
        "SOD_VIOLATION",
        "STATE_CONFLICT",
        "FIELD_MISSING",
        "CODE_UNKNOWN",
        "OWNERSHIP_CYCLE",
        "USCC_CHECK_DIGIT",
        "USCC_FORMAT",
    ),
)
async def verify_organization_statement(
    organization_id: UUID,
    statement_id: UUID,
    body: VerificationIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> OrganizationStatementOut:
    """Decide a statement: verified, it counts; refused, with a reason, it does not."""
    statement, decision = await actions.verify(
        session, actor, organization_id, statement_id, _verdict(body), today
    )
    return statement_shown(statement, decision)


@statements.get(
    "",
    operation_id="registry_list_organization_statements",
    openapi_extra=access("member", "official", tenant=OWN, rules=("X04", "X07")),
    responses=problems(),
)
async def list_organization_statements(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    organization_id: Annotated[UUID | None, Query(description="Of this organization.")] = None,
    *,
    only_open: Annotated[bool, Query(description="Only those that nobody has decided.")] = False,
) -> Page[OrganizationStatementOut]:
    """List what organizations have stated of themselves, and what became of it."""
    rows, cursor = await paginate(
        session,
        queries.statements(organization_id, only_open=only_open).where(
            queries.statements_seen_by(actor)
        ),
        page,
        keys=[col(OrganizationEntry.id)],
        filters={"organization_id": organization_id, "only_open": only_open},
    )
    return Page(items=[statement_shown(*row) for row in rows], next_cursor=cursor)


@reviews.get(
    "",
    operation_id="registry_list_organization_reviews",
    openapi_extra=access("official", tenant=OFFICIALS, rules=("X07",)),
    responses=problems(),
)
async def list_organization_reviews(
    page: PageQuery,
    today: Today,
    session: Reading,
    until: Annotated[Day | None, Query(description="Due by this day; today, if left out.")] = None,
) -> Page[OrganizationEntryOut]:
    """List what is to be verified again, the longest overdue first."""
    rows, cursor = await paginate(
        session,
        queries.due_again(until or today),
        page,
        keys=[col(OrganizationEntry.due_again_on), col(OrganizationEntry.id)],
        filters={"until": until or today},
    )
    return Page(items=[entry_shown(row) for row in rows], next_cursor=cursor)


@organizations.get(
    "/{organization_id}/names",
    operation_id="registry_list_organization_names",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A105",)),
    responses=problems("NOT_FOUND"),
)
async def list_organization_names(organization_id: UUID, session: Reading) -> OrganizationNamesOut:
    """List the names of an organization and of those that it followed."""
    await queries.organization_found(session, organization_id)
    rows = await queries.names_of(session, organization_id)
    return OrganizationNamesOut(items=[OrganizationNameOut.model_validate(row) for row in rows])


@organizations.post(
    "/{organization_id}/names",
    status_code=201,
    operation_id="registry_add_organization_name",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A105",)),
    responses=problems("NOT_FOUND", "ALREADY_EXISTS", "DAYS_OUT_OF_ORDER", "FIELD_MISSING"),
)
async def add_organization_name(
    organization_id: UUID, body: OrganizationNameIn, actor: CurrentActor, session: Transaction
) -> OrganizationNameOut:
    """Add a name by which an organization is known; the registered one changes by correction."""
    new = NewName(body.name, body.kind, body.language, body.from_on, body.until_on)
    name = await actions.add_name(session, actor, organization_id, new)
    return OrganizationNameOut.model_validate(name)


@organizations.post(
    "/{organization_id}/names/{name_id}/end",
    operation_id="registry_end_organization_name",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A105",)),
    responses=problems("NOT_FOUND", "DAYS_OUT_OF_ORDER"),
)
async def end_organization_name(
    organization_id: UUID,
    name_id: UUID,
    body: NameEndIn,
    actor: CurrentActor,
    session: Transaction,
) -> OrganizationNameOut:
    """Say until when a name was borne; it goes on finding the organization."""
    name = await actions.end_name(session, actor, organization_id, name_id, body.until_on)
    return OrganizationNameOut.model_validate(name)


@organizations.post(
    "/{organization_id}/renumbering",
    operation_id="registry_renumber_organization",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A105", "X06")),
    responses=problems(
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "USCC_CHECK_DIGIT",
        "ALREADY_EXISTS",
        "DAY_IN_FUTURE",
        "STATE_CONFLICT",
        "USCC_FORMAT",
    ),
)
async def renumber_organization(
    organization_id: UUID,
    body: RenumberingIn,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    response: Response,
    session: Transaction,
) -> OrganizationOut:
    """Let an organization bear another code; the old one names it still."""
    new = NewCode(body.uscc, body.effective_on, body.basis)
    organization = await actions.renumber(session, actor, organization_id, new, version, today)
    tagged(response, organization.version)
    return await organization_shown(session, organization)


@organizations.post(
    "/{organization_id}/succession",
    status_code=201,
    operation_id="registry_succeed_organization",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A105", "X06")),
    responses=problems(
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "SUCCESSOR_INVALID",
        "STATE_CONFLICT",
        "ALREADY_EXISTS",
        "DAY_IN_FUTURE",
    ),
)
async def succeed_organization(
    organization_id: UUID,
    body: SuccessionIn,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    session: Transaction,
) -> SuccessionOut:
    """Say who stands in the place of an organization; its id, codes and names answer with it."""
    new = NewSuccessor(body.successor_id, body.kind, body.effective_on, body.basis)
    succession = await actions.succeed(session, actor, organization_id, new, version, today)
    return SuccessionOut.model_validate(succession)


@organizations.get(
    "/{organization_id}/relations",
    operation_id="registry_read_organization_relations",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A105",)),
    responses=problems("NOT_FOUND"),
)
async def read_organization_relations(
    organization_id: UUID, session: Reading
) -> OrganizationRelationsOut:
    """Read who owns an organization, whom it owns, whom it followed and who followed it."""
    organization = await queries.organization_found(session, organization_id)
    code = organization.parent_uscc
    parent = None if code is None else await queries.organization_by_uscc(session, code)
    held = await queries.held_by(session, organization.uscc)
    successions = await queries.successions_of(session, organization.id)
    return OrganizationRelationsOut(
        organization_id=organization.id,
        parent_uscc=code,
        parent=None if parent is None else RelatedOrganizationOut.model_validate(parent),
        held=[RelatedOrganizationOut.model_validate(row) for row in held],
        successions=[SuccessionOut.model_validate(row) for row in successions],
    )


@organizations.get(
    "/{organization_id}/dishonesty-records",
    operation_id="registry_list_dishonesty_records",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("X17",)),
    responses=problems("NOT_FOUND"),
)
async def list_dishonesty_records(
    organization_id: UUID, page: PageQuery, session: Reading
) -> Page[DishonestyRecordOut]:
    """List the records of serious dishonesty, ended ones included."""
    await queries.organization_found(session, organization_id)
    rows, cursor = await paginate(
        session,
        queries.dishonesty_records(organization_id),
        page,
        keys=[col(DishonestyRecord.id)],
        filters={"organization_id": organization_id},
    )
    return Page(items=[DishonestyRecordOut.model_validate(row) for row in rows], next_cursor=cursor)


@organizations.post(
    "/{organization_id}/dishonesty-records",
    status_code=201,
    operation_id="registry_enter_dishonesty_record",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("X17",)),
    responses=problems("NOT_FOUND", "DAY_IN_FUTURE", "DAYS_OUT_OF_ORDER"),
)
async def enter_dishonesty_record(
    organization_id: UUID,
    body: DishonestyRecordIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> DishonestyRecordOut:
    """Put an organization on record; it is barred as sponsor and member while that lasts."""
    new = NewRecord(body.from_on, body.until_on, body.authority, body.basis)
    row = await actions.enter_record(session, actor, organization_id, new, today)
    return DishonestyRecordOut.model_validate(row)


@organizations.post(
    "/{organization_id}/dishonesty-records/{record_id}/lifting",
    operation_id="registry_lift_dishonesty_record",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("X17",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "DAYS_OUT_OF_ORDER", "DAY_IN_FUTURE"),
)
async def lift_dishonesty_record(
    organization_id: UUID,
    record_id: UUID,
    body: LiftingIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> DishonestyRecordOut:
    """End a record before its last day; it stays readable."""
    row = await actions.lift_record(
        session, actor, organization_id, record_id, body.lifted_on, body.reason, today
    )
    return DishonestyRecordOut.model_validate(row)
