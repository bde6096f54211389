"""Needs of industry, and cases from elsewhere."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from registry.outlook import actions, queries
from registry.outlook.rules import CaseTheme, DemandState, Origin
from registry.outlook.schemas import (
    DemandAnswerIn,
    DemandMatchIn,
    IndustryDemandIn,
    IndustryDemandOut,
    OutlookReasonIn,
    OutsideCaseIn,
    OutsideCaseOut,
    Place,
)
from registry.outlook.tables import IndustryDemand, OutsideCase
from registry.programme.schemas import FieldCode
from shared.http import (
    CurrentActor,
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

SEEN: Final = "one's own, open shared ones, those of one's centre; officials see all"
OFFICIALS: Final = "officials see all"
EVERYONE: Final = ("member", "expert", "official", "agency", "service")

demands = Router(prefix="/v1/registry/industry-demands", tags=["outlook"])
cases = Router(prefix="/v1/registry/outside-cases", tags=["outlook"])
ROUTERS: Final = (demands, cases)


@demands.post(
    "",
    status_code=201,
    operation_id="registry_enter_industry_demand",
    openapi_extra=access("member", "handler", tenant="one's own organization's", rules=("A018",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "FIELD_INACTIVE", "DEMAND_OVERDUE"),
)
async def enter_demand(
    body: IndustryDemandIn, actor: CurrentActor, today: Today, now: Now, session: Transaction
) -> IndustryDemandOut:
    """Enter a need of one's own organization, or of any as a handler."""
    values = body.model_dump(exclude={"org_id"})
    demand = await actions.enter_demand(session, actor, values, body.org_id, today, now)
    return IndustryDemandOut.model_validate(demand)


@demands.get(
    "",
    operation_id="registry_list_industry_demands",
    openapi_extra=access("member", "official", "service", tenant=SEEN, rules=("A018", "X04")),
    responses=problems(),
)
async def list_demands(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    org_id: Annotated[UUID | None, Query(description="Of this organization.")] = None,
    center_id: Annotated[UUID | None, Query(description="Taken up by this centre.")] = None,
    field_code: Annotated[FieldCode | None, Query(description="Of this field.")] = None,
    state: Annotated[DemandState | None, Query(description="In this state.")] = None,
) -> Page[IndustryDemandOut]:
    """List needs of industry, newest first."""
    filters = {"org_id": org_id, "center_id": center_id, "field_code": field_code, "state": state}
    statement = queries.demands(
        actor, org_id=org_id, center_id=center_id, field_code=field_code, state=state
    )
    keys = [col(IndustryDemand.id).desc()]
    rows, cursor = await paginate(session, statement, page, keys=keys, filters=filters)
    return Page(items=[IndustryDemandOut.model_validate(row) for row in rows], next_cursor=cursor)


@demands.get(
    "/{demand_id}",
    operation_id="registry_read_industry_demand",
    openapi_extra=access("member", "official", "service", tenant=SEEN, rules=("A018", "X04")),
    responses=problems("NOT_FOUND"),
)
async def read_demand(demand_id: UUID, actor: CurrentActor, session: Reading) -> IndustryDemandOut:
    """Read a need of industry."""
    return IndustryDemandOut.model_validate(await queries.demand_seen(session, actor, demand_id))


@demands.post(
    "/{demand_id}/match",
    operation_id="registry_match_industry_demand",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A018",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def match_demand(
    demand_id: UUID, body: DemandMatchIn, actor: CurrentActor, today: Today, session: Transaction
) -> IndustryDemandOut:
    """Match an open need with a centre that is at work."""
    return IndustryDemandOut.model_validate(
        await actions.match_demand(session, actor, demand_id, body.center_id, today)
    )


@demands.post(
    "/{demand_id}/settle",
    operation_id="registry_settle_industry_demand",
    openapi_extra=access("member", "handler", tenant=SEEN, rules=("A018",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def settle_demand(
    demand_id: UUID, body: DemandAnswerIn, actor: CurrentActor, today: Today, session: Transaction
) -> IndustryDemandOut:
    """Say what became of a need: the centre that took it up does."""
    return IndustryDemandOut.model_validate(
        await actions.settle_demand(session, actor, demand_id, body.answer, today)
    )


@demands.post(
    "/{demand_id}/release",
    operation_id="registry_release_industry_demand",
    openapi_extra=access("member", "handler", tenant=SEEN, rules=("A018",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def release_demand(
    demand_id: UUID, body: OutlookReasonIn, actor: CurrentActor, session: Transaction
) -> IndustryDemandOut:
    """Give a matched need back, so that another centre can take it up."""
    return IndustryDemandOut.model_validate(
        await actions.release_demand(session, actor, demand_id, body.reason)
    )


@demands.post(
    "/{demand_id}/withdrawal",
    operation_id="registry_withdraw_industry_demand",
    openapi_extra=access("member", "handler", tenant=SEEN, rules=("A018",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw_demand(
    demand_id: UUID, body: OutlookReasonIn, actor: CurrentActor, today: Today, session: Transaction
) -> IndustryDemandOut:
    """Take one's need back."""
    return IndustryDemandOut.model_validate(
        await actions.withdraw_demand(session, actor, demand_id, body.reason, today)
    )


@cases.post(
    "",
    status_code=201,
    operation_id="registry_enter_outside_case",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A096",)),
    responses=problems("CASE_NOT_FROM_ELSEWHERE", "DAY_IN_FUTURE"),
)
async def enter_case(
    body: OutsideCaseIn, actor: CurrentActor, today: Today, now: Now, session: Transaction
) -> OutsideCaseOut:
    """Enter a case from another country or province."""
    return OutsideCaseOut.model_validate(
        await actions.enter_case(session, actor, body.model_dump(), today, now)
    )


@cases.get(
    "",
    operation_id="registry_list_outside_cases",
    openapi_extra=access(
        *EVERYONE, tenant="all see all; withdrawn ones officials", rules=("A096",)
    ),
    responses=problems(),
)
async def list_cases(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    origin: Annotated[Origin | None, Query(description="From there.")] = None,
    theme: Annotated[CaseTheme | None, Query(description="Of this theme.")] = None,
    place: Annotated[Place | None, Query(description="Of this country or province.")] = None,
) -> Page[OutsideCaseOut]:
    """List cases from elsewhere, newest first."""
    rows, cursor = await paginate(
        session,
        queries.cases(actor, origin=origin, theme=theme, place=place),
        page,
        keys=[col(OutsideCase.id).desc()],
        filters={"origin": origin, "theme": theme, "place": place},
    )
    return Page(items=[OutsideCaseOut.model_validate(row) for row in rows], next_cursor=cursor)


@cases.post(
    "/{case_id}/withdrawal",
    operation_id="registry_withdraw_outside_case",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A096",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def withdraw_case(
    case_id: UUID, body: OutlookReasonIn, actor: CurrentActor, today: Today, session: Transaction
) -> OutsideCaseOut:
    """Take back a case that does not hold."""
    return OutsideCaseOut.model_validate(
        await actions.withdraw_case(session, actor, case_id, body.reason, today)
    )
