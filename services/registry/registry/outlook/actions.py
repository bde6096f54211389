"""What happens to needs of industry, and to cases from elsewhere."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_seen_for_update
from registry.centers.rules import active_checks
from registry.organizations.queries import organization_found
from registry.outlook import queries, rules
from registry.outlook.rules import MOVES, DemandEvent
from registry.outlook.tables import IndustryDemand, OutsideCase
from registry.programme.queries import active_fields
from registry.programme.rules import field_checks
from shared.auth import Actor
from shared.events import record
from shared.rules import Kind, require


async def enter_demand(
    session: AsyncSession,
    actor: Actor,
    values: Mapping[str, Any],
    org_id: UUID | None,
    today: date,
    now: datetime,
) -> IndustryDemand:
    """Enter a need of the actor's organization, or of the one that a handler names (A018).

    Raises `Refused`: FORBIDDEN_SCOPE, FIELD_MISSING, NOT_FOUND, FIELD_INACTIVE, DEMAND_OVERDUE.
    """
    is_handler = actor.has("handler")
    require(rules.proposer_checks(org_id, actor.org_for(org_id), is_handler=is_handler))
    named = await active_fields(session, today)
    require(
        [
            *field_checks([values["field_code"]], named, pointer="/field_code"),
            *rules.day_checks(values["needed_by"], today),
        ]
    )
    owner = org_id or actor.org_id
    assert owner is not None  # noqa: S101 - the proposer's checks say so
    organization = await organization_found(session, owner)
    demand = IndustryDemand(
        **values, org_id=organization.id, entered_by=actor.person_id, entered_at=now
    )
    session.add(demand)
    await session.flush()
    _demand_told(session, actor, "industry_demand.entered", demand, None)
    return demand


async def match_demand(
    session: AsyncSession, actor: Actor, demand_id: UUID, center_id: UUID, today: date
) -> IndustryDemand:
    """Match an open need with a centre that is at work.

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    # The lock makes check and change one step: of two matches one waits, and is refused.
    demand = await queries.demand_for_update(session, actor, demand_id)
    center = await center_seen_for_update(session, actor, center_id)
    require([*rules.move_checks(demand.state, DemandEvent.MATCH), *active_checks(center.stage)])
    before = demand.model_dump()
    demand.center_id, demand.matched_by, demand.matched_on = center.id, actor.person_id, today
    _moved(session, actor, demand, DemandEvent.MATCH, before)
    return demand


async def settle_demand(
    session: AsyncSession, actor: Actor, demand_id: UUID, answer: str, today: date
) -> IndustryDemand:
    """Say what became of a matched need: its centre does, or a handler.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    demand = await queries.demand_for_update(session, actor, demand_id)
    may = actor.has("handler") or await queries.answers_for(session, actor, demand)
    require(
        [
            rules.DEMAND.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may),
            *rules.move_checks(demand.state, DemandEvent.SETTLE),
        ]
    )
    before = demand.model_dump()
    demand.answer, demand.closed_on = answer, today
    _moved(session, actor, demand, DemandEvent.SETTLE, before)
    return demand


async def release_demand(
    session: AsyncSession, actor: Actor, demand_id: UUID, reason: str
) -> IndustryDemand:
    """Give a matched need back: its centre cannot, or a handler sees another that can.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    demand = await queries.demand_for_update(session, actor, demand_id)
    may = actor.has("handler") or await queries.answers_for(session, actor, demand)
    require(
        [
            rules.DEMAND.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may),
            *rules.move_checks(demand.state, DemandEvent.RELEASE),
        ]
    )
    before, center_id = demand.model_dump(), demand.center_id
    demand.center_id, demand.matched_by, demand.matched_on = None, None, None
    demand.reason = reason
    _moved(session, actor, demand, DemandEvent.RELEASE, before, center_id)
    return demand


async def withdraw_demand(
    session: AsyncSession, actor: Actor, demand_id: UUID, reason: str, today: date
) -> IndustryDemand:
    """Take a need back: who has it does, or a handler.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    demand = await queries.demand_for_update(session, actor, demand_id)
    may = actor.has("handler") or demand.org_id in actor.org_ids
    require(
        [
            rules.DEMAND.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may),
            *rules.move_checks(demand.state, DemandEvent.WITHDRAW),
        ]
    )
    before, center_id = demand.model_dump(), demand.center_id
    demand.center_id, demand.reason, demand.closed_on = None, reason, today
    _moved(session, actor, demand, DemandEvent.WITHDRAW, before, center_id)
    return demand


async def enter_case(
    session: AsyncSession, actor: Actor, values: Mapping[str, Any], today: date, now: datetime
) -> OutsideCase:
    """Enter a case from elsewhere (A096).

    Raises `Refused`: CASE_NOT_FROM_ELSEWHERE or DAY_IN_FUTURE.
    """
    require(rules.case_checks(values["origin"], values["place"], values["observed_on"], today))
    case = OutsideCase(**values, entered_by=actor.person_id, entered_at=now)
    session.add(case)
    await session.flush()
    _case_told(session, actor, "outside_case.entered", case, None)
    return case


async def withdraw_case(
    session: AsyncSession, actor: Actor, case_id: UUID, reason: str, today: date
) -> OutsideCase:
    """Take a case back that does not hold; raises `Refused`: NOT_FOUND or STATE_CONFLICT."""
    case = await queries.case_for_update(session, case_id)
    require(rules.withdrawal_checks(withdrawn=case.withdrawn_on is not None))
    before = case.model_dump()
    case.withdrawn_on, case.reason = today, reason
    case.version += 1
    _case_told(session, actor, "outside_case.withdrawn", case, before)
    return case


def _moved(
    session: AsyncSession,
    actor: Actor,
    demand: IndustryDemand,
    event: DemandEvent,
    before: dict[str, Any],
    center_id: UUID | None = None,
) -> None:
    names = {
        DemandEvent.MATCH: "matched", DemandEvent.RELEASE: "released",
        DemandEvent.SETTLE: "settled", DemandEvent.WITHDRAW: "withdrawn",
    }  # fmt: skip
    demand.state = MOVES[demand.state, event]
    demand.version += 1
    _demand_told(session, actor, f"industry_demand.{names[event]}", demand, before, center_id)


def _demand_told(
    session: AsyncSession,
    actor: Actor,
    name: str,
    demand: IndustryDemand,
    before: dict[str, Any] | None,
    center_id: UUID | None = None,
) -> None:
    # The feed says that there is a need, and not which: that is its proposer's own.
    record(
        session,
        actor,
        name,
        demand.id,
        center_id=demand.center_id or center_id,
        reason=demand.reason,
        before=before,
        after=demand.model_dump(),
        state=demand.state,
        field_code=demand.field_code,
    )


def _case_told(
    session: AsyncSession,
    actor: Actor,
    name: str,
    case: OutsideCase,
    before: dict[str, Any] | None,
) -> None:
    record(
        session,
        actor,
        name,
        case.id,
        reason=case.reason,
        before=before,
        after=case.model_dump(),
        origin=case.origin,
        place=case.place,
        theme=case.theme,
        title=case.title,
    )
