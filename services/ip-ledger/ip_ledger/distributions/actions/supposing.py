"""What would be: the plan of a run over years, under shares, days, rates and income not so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.assets import ownership_rules
from ip_ledger.assets import queries as assets
from ip_ledger.distributions import plan_rules, queries, rules
from ip_ledger.distributions.actions.common import leading_checks, terms_of
from ip_ledger.distributions.actions.drafting import owner_checks
from ip_ledger.distributions.plan_rules import Plan, RewardRule
from ip_ledger.distributions.queries import Supposed
from ip_ledger.journal.rules import balance_checks
from ip_ledger.revenue import queries as revenue
from ip_ledger.revenue import rules as revenue_rules
from ip_ledger.revenue.rules import Deduction, RevenueKind
from ip_ledger.revenue.tables import RevenueEvent
from shared.auth import Actor
from shared.clock import Clock
from shared.rules import Check, found, require

# A supposed income has an id that follows from its place, so that one question has one hash.
PLACES: Final = UUID("0199a000-0000-8000-8000-000000000063")


@dataclass(frozen=True, slots=True)
class SupposedIncome:
    """Income that has not come in, or another than came."""

    asset_id: UUID
    kind: RevenueKind
    gross_fen: int
    received_on: date
    deductions: tuple[Deduction, ...] = ()


@dataclass(frozen=True, slots=True)
class SupposedShares:
    """Who is supposed to own an asset from a day on."""

    asset_id: UUID
    valid_from: date
    shares: tuple[tuple[UUID, int], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: recorded and supposed income, owners, rates; all of one centre."""

    center_id: UUID
    event_ids: tuple[UUID, ...] = ()
    incomes: tuple[SupposedIncome, ...] = ()
    shares: tuple[SupposedShares, ...] = ()
    reward_rules: tuple[RewardRule, ...] = ()
    closing: bool = False


async def suppose(
    session: AsyncSession, actor: Actor, question: Question, known_orgs: frozenset[UUID]
) -> Plan:
    """Plan a run as `draft_run` does, of what is supposed; nothing is written or locked.

    Without suppositions it is the plan that a draft would have, with its hash. Income goes by its
    days, so that what rounding owes is carried through the years. Raises `Refused`: NOT_FOUND,
    FORBIDDEN_SCOPE, REVENUE_OF_TWO_CENTERS, SHARES_NOT_100, PARTY_REPEATED, PARTY_UNKNOWN,
    NET_NEGATIVE, AMOUNT_ZERO, BEFORE_ASSET, NOT_YET_RECEIVED, OWNERSHIP_MISSING,
    REWARD_BELOW_FLOOR, REWARD_OWNER_UNKNOWN, AMOUNT_TOO_LARGE.
    """
    recorded = await revenue.events_of(session, actor, question.event_ids)
    found(recorded if {one.id for one in recorded} == set(question.event_ids) else None)
    named = {one.asset_id for one in question.incomes} | {s.asset_id for s in question.shares}
    known = await assets.of_center(session, question.center_id, named)
    require(await leading_checks(session, actor, question.center_id))
    found(known if known == named else None)
    require(_content_checks(question, recorded, known_orgs))
    events = _events(session, actor, question, recorded)
    inputs = await queries.inputs(session, events, locked=False, supposed=_supposed(question))
    require(owner_checks(inputs))
    terms = terms_of(inputs, question.reward_rules)
    plan = plan_rules.plan(inputs.incomes, terms, closing=question.closing)
    require(
        [
            *plan_rules.reward_checks(inputs.incomes, terms, plan),
            *balance_checks(plan.net_fen, "/incomes"),
        ]
    )
    return plan


def _content_checks(
    question: Question, recorded: Sequence[RevenueEvent], known_orgs: frozenset[UUID]
) -> list[Check]:
    elsewhere = [one for one in recorded if one.center_id != question.center_id]
    checks = [rules.one_center_check(passed=not elsewhere)]
    for given in question.shares:
        checks += ownership_rules.share_checks(given.shares)
        checks += ownership_rules.owner_checks([owner for owner, _ in given.shares], known_orgs)
    for income in question.incomes:
        # The day may lie ahead: it is supposed.
        checks += revenue_rules.income_checks(
            income.gross_fen, income.deductions, income.received_on, income.received_on,
            may_be_nothing=income.kind is RevenueKind.SELF_IMPLEMENTATION,
        )  # fmt: skip
    return checks


def _events(
    session: AsyncSession, actor: Actor, question: Question, recorded: Sequence[RevenueEvent]
) -> list[RevenueEvent]:
    """Put recorded and supposed income in the order of their days; nothing enters the session."""
    clock: Clock = session.info["clock"]
    supposed = [
        RevenueEvent(
            id=_id(place),
            center_id=question.center_id,
            asset_id=one.asset_id,
            kind=one.kind,
            gross_fen=one.gross_fen,
            net_fen=revenue_rules.net_income_fen(one.gross_fen, one.deductions),
            received_on=one.received_on,
            recorded_by=actor.person_id,
            recorded_at=clock.now(),
        )
        for place, one in enumerate(question.incomes)
    ]
    if not supposed:
        # A draft keeps the order in which its income is named, and so does the question about it.
        return list(recorded)
    return sorted([*recorded, *supposed], key=lambda event: event.received_on)


def _supposed(question: Question) -> Supposed:
    shares: dict[UUID, list[tuple[date, tuple[tuple[UUID, int], ...]]]] = {}
    for one in question.shares:
        shares.setdefault(one.asset_id, []).append((one.valid_from, one.shares))
    deductions = {_id(place): one.deductions for place, one in enumerate(question.incomes)}
    return Supposed(shares, deductions)


def _id(place: int) -> UUID:
    return uuid5(PLACES, str(place))
