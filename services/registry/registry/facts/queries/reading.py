"""What is read of facts, and who may see one.

An organization sees the facts that it posted, and all facts of the centres to which it belongs
today; officials see every fact, and the other services all but confidential kinds (X04, A152).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, or_, true, tuple_
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from registry.centers import queries as centers
from registry.centers.queries import spoken_for_by
from registry.centers.rules import Stage
from registry.centers.tables import Center
from registry.directory.queries import MEMBERS, centers_of
from registry.facts.queries.telling import told_facts
from registry.facts.rules import (
    CONFIDENTIAL,
    INTERNAL,
    Derived,
    FactKind,
    NewFact,
    Period,
    Standing,
)
from registry.facts.tables import Fact
from registry.memberships.tables import Membership
from registry.organizations import queries as organizations
from registry.organizations.rules.history import Entry, values_on
from shared.auth import Actor, Seeing
from shared.codes import uscc
from shared.http import PageRequest, paginate
from shared.rules import found

# What a fact keeps of its other side as the register had it on the day.
DERIVED: Final = ("is_sme", "region_code")
# Most kinds have no other side.
NO_SIDE: Final = Derived()


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts are asked for; days are included on both sides."""

    center_id: UUID | None = None
    kind: FactKind | None = None
    first: date | None = None
    last: date | None = None
    as_of: datetime | None = None
    domain: str | None = None
    direction_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A fact, and the one that corrects it as far as was known."""

    fact: Fact
    superseded_by_id: UUID | None


def visible_to(actor: Seeing, today: date) -> ColumnElement[bool]:
    """Give the condition under which the actor may see a fact (X04)."""
    if actor.has("official"):
        return true()
    if actor.has("service"):
        return open_facts()
    shared = or_(open_facts(), col(Fact.payload)["confidentiality"].astext == INTERNAL)
    run = select(Center.id).where(spoken_for_by(actor.org_ids))
    return or_(
        col(Fact.submitted_by_org_id).in_(actor.org_ids),
        and_(col(Fact.center_id).in_(centers_of(actor.org_ids, today)), shared),
        and_(col(Fact.center_id).in_(run), ~open_facts()),
    )


def open_facts() -> ColumnElement[bool]:
    """Give the condition of facts that may leave the centre and its officials (A152)."""
    return col(Fact.kind).not_in(CONFIDENTIAL)


async def center_seen(session: AsyncSession, actor: Actor, center_id: UUID, today: date) -> None:
    """Refuse as NOT_FOUND a centre of which the actor may see nothing (X04)."""
    found(await session.scalar(center_that_is_seen(actor, center_id, today)))


def center_that_is_seen(actor: Seeing, center_id: UUID, today: date) -> Select[Any]:
    """Select a centre if the actor may see anything of it (X04)."""
    if actor.has("official", "service"):
        # A draft that was never submitted is its applicant's alone, its centre with it.
        seen = centers.centers(actor).with_only_columns(col(Center.id))
        return seen.where(col(Center.id) == center_id)
    own = col(Fact.submitted_by_org_id).in_(actor.org_ids)
    posted = exists().where(col(Fact.center_id) == center_id, own)
    return sa_select(col(Center.id)).where(
        col(Center.id) == center_id,
        or_(col(Center.id).in_(centers_of(actor.org_ids, today)), posted),
    )


def _known(as_of: datetime | None) -> Any:  # noqa: ANN401 - a select of two columns
    later = aliased(Fact)
    known = [col(later.supersedes_id) == col(Fact.id)]
    if as_of is not None:
        known.append(col(later.recorded_at) <= as_of)
    return select(Fact, col(later.id)).outerjoin(later, and_(*known))


async def page_of_facts(
    session: AsyncSession,
    actor: Actor,
    asked: FactFilter,
    page: PageRequest,
    today: date,
    *,
    newest_first: bool,
) -> tuple[list[str], str | None]:
    """Give a page of facts, each as JSON, as known at an instant, in the order of recording."""
    if asked.center_id is not None:
        await center_seen(session, actor, asked.center_id, today)
    statement = told_facts(asked.as_of).where(visible_to(actor, today), *conditions(asked))
    keys = [col(Fact.recorded_at), col(Fact.id)]
    return await paginate(
        session,
        statement,
        page,
        keys=[key.desc() for key in keys] if newest_first else keys,
        filters={
            "center_id": asked.center_id,
            "kind": asked.kind,
            "first": asked.first,
            "last": asked.last,
            "as_of": asked.as_of,
            "newest_first": newest_first,
            "domain": asked.domain,
            "direction_id": asked.direction_id,
        },
    )


def conditions(asked: FactFilter) -> list[ColumnElement[bool]]:
    """Give the conditions of what is asked for; who may see it is another one."""
    wanted: list[ColumnElement[bool]] = []
    if asked.center_id is not None:
        wanted.append(col(Fact.center_id) == asked.center_id)
    if asked.kind is not None:
        wanted.append(col(Fact.kind) == asked.kind)
    if asked.domain is not None:
        wanted.append(col(Fact.payload)["domain"].astext == asked.domain)
    if asked.direction_id is not None:
        cited = col(Fact.payload)["direction_id"].astext
        wanted += [col(Fact.kind) == FactKind.PROJECT, cited == str(asked.direction_id)]
    if asked.first is not None:
        wanted.append(col(Fact.occurred_on) >= asked.first)
    if asked.last is not None:
        wanted.append(col(Fact.occurred_on) <= asked.last)
    if asked.as_of is not None:
        wanted.append(col(Fact.recorded_at) <= asked.as_of)
    return wanted


async def fact_told(session: AsyncSession, actor: Actor, fact_id: UUID, today: date) -> str:
    """Give a fact that the actor may see, as JSON; NOT_FOUND otherwise."""
    statement = told_facts().where(col(Fact.id) == fact_id, visible_to(actor, today))
    told: str = found(await session.scalar(statement))
    return told


async def fact_seen(session: AsyncSession, actor: Actor, fact_id: UUID, today: date) -> Known:
    """Give a fact that the actor may see; NOT_FOUND otherwise."""
    statement = _known(None).where(col(Fact.id) == fact_id, visible_to(actor, today))
    row = found((await session.execute(statement)).first())
    return Known(row[0], row[1])


async def standings(
    session: AsyncSession, org_ids: Collection[UUID], center_ids: Collection[UUID]
) -> dict[UUID, Standing]:
    """Tell what an actor's organizations are to each centre; one that is strange is left out."""
    centers = (
        await session.execute(
            select(Center.id, Center.stage, spoken_for_by(org_ids)).where(
                col(Center.id).in_(center_ids)
            )
        )
    ).all()
    periods = await _periods(session, center_ids, org_ids, col(Membership.org_id))
    return {
        center_id: Standing(Stage(stage), bool(operates), own)
        for center_id, stage, operates in centers
        if (own := _of_each(periods, center_id, org_ids)) or operates
    }


async def periods_of(
    session: AsyncSession, center_ids: Collection[UUID], org_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], tuple[Period, ...]]:
    """Give the days for which organizations belonged to centres, by centre and organization.

    Who stands in the place of a member is one, for as long as that member was.
    """
    bearer = organizations.standing_for(col(Membership.org_id))
    both = [
        await _periods(session, center_ids, org_ids, member)
        for member in (col(Membership.org_id), bearer)
    ]
    return {
        (center_id, org_id): kept
        for periods in both
        for (center_id, org_id), kept in periods.items()
        if org_id is not None
    }


def _of_each(
    periods: Mapping[tuple[UUID, UUID | None], tuple[Period, ...]],
    center_id: UUID,
    org_ids: Collection[UUID],
) -> tuple[Period, ...]:
    return tuple(one for org_id in org_ids for one in periods.get((center_id, org_id), ()))


async def stage_of(session: AsyncSession, center_id: UUID) -> Stage:
    """Give the stage of a centre that has facts."""
    statement = select(Center.stage).where(col(Center.id) == center_id)
    return Stage(found(await session.scalar(statement)))


async def _periods(
    session: AsyncSession,
    center_ids: Collection[UUID],
    org_ids: Collection[UUID],
    member: SQLColumnExpression[UUID],
) -> dict[tuple[UUID, UUID | None], tuple[Period, ...]]:
    """Give the periods for which organizations belonged to centres; `member` tells whose."""
    statement = sa_select(
        col(Membership.center_id), member, col(Membership.joined_on), col(Membership.left_on)
    ).where(
        col(Membership.center_id).in_(center_ids),
        member.in_(org_ids),
        col(Membership.state).in_(MEMBERS),
    )
    periods: dict[tuple[UUID, UUID | None], tuple[Period, ...]] = {}
    for center_id, org_id, joined_on, left_on in (await session.execute(statement)).all():
        kept = periods.get((center_id, org_id), ())
        periods[center_id, org_id] = (*kept, Period(joined_on, left_on))
    return periods


async def derived(session: AsyncSession, facts: Sequence[NewFact]) -> list[Derived]:
    """Look up the other side of each fact in the register, as of the day it happened (A041).

    Who stands in the place of a member is one. Where no entry of the register speaks of the day,
    its word of today is right. An organization that the register does not know is none; its region
    is read from its code.
    """
    codes = [fact.partner_uscc for fact in facts]
    known = await organizations.partners_by_uscc(session, {code for code in codes if code})
    org_ids = {partner.id for partner in known.values()}
    center_ids = {fact.center_id for fact in facts}
    periods = await _periods(
        session, center_ids, org_ids, organizations.standing_for(col(Membership.org_id))
    )
    operators = await _operators(session, center_ids)
    entries = await organizations.entries_saying(session, org_ids, DERIVED)
    return [
        NO_SIDE if code is None else _derived(fact, code, known, periods, operators, entries)
        for fact, code in zip(facts, codes, strict=True)
    ]


async def own_codes(
    session: AsyncSession, center_ids: Collection[UUID], org_ids: Collection[UUID]
) -> dict[UUID, frozenset[str]]:
    """Give the codes of those who run each centre and of the actor's own organizations (A027)."""
    runners = await _operators(session, center_ids)
    concerned = {*org_ids, *(org_id for one in runners.values() for org_id in one)}
    entries = await organizations.organizations_of(session, concerned)
    codes = {org_id: entry.uscc for org_id, entry in entries.items()}
    return {
        center_id: frozenset(codes[one] for one in {*own, *org_ids} if one in codes)
        for center_id, own in runners.items()
    }


async def _operators(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, frozenset[UUID]]:
    owners = (Center.lead_sponsor_id, Center.legal_entity_id, Center.trustee_org_id)
    standing = [organizations.standing_for(col(owner)) for owner in owners]
    statement = sa_select(col(Center.id), *standing).where(col(Center.id).in_(center_ids))
    return {
        center_id: frozenset(owner for owner in owners if owner is not None)
        for center_id, *owners in (await session.execute(statement)).all()
    }


def _derived(
    fact: NewFact,
    code: str,
    known: Mapping[str, organizations.Partner],
    periods: Mapping[tuple[UUID, UUID | None], tuple[Period, ...]],
    operators: Mapping[UUID, frozenset[UUID]],
    entries: Mapping[UUID, Sequence[Entry]],
) -> Derived:
    partner = known.get(code)
    if partner is None:
        return Derived(is_member=False, region_code=uscc.region_of(code))
    member = partner.id in operators.get(fact.center_id, frozenset()) or any(
        period.covers(fact.occurred_on) for period in periods.get((fact.center_id, partner.id), ())
    )
    then = values_on(entries.get(partner.id, ()), fact.occurred_on)
    said = {name: then.get(name, getattr(partner, name)) for name in DERIVED}
    return Derived(is_member=member, **said)


async def first_postings(
    session: AsyncSession, org_id: UUID | None, references: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], tuple[UUID, str]]:
    """Give id and content hash of the facts that first used an organization's references."""
    if not references:
        return {}
    statement = select(Fact.center_id, Fact.external_id, Fact.id, Fact.content_sha256).where(
        col(Fact.submitted_by_org_id) == org_id,
        col(Fact.supersedes_id).is_(None),
        tuple_(col(Fact.center_id), col(Fact.external_id)).in_(references),
    )
    return {
        (center_id, external_id): (fact_id, sha256)
        for center_id, external_id, fact_id, sha256 in (await session.execute(statement)).all()
    }


async def fact_kept(session: AsyncSession, fact_id: UUID) -> Known:
    """Give a fact and what corrects it, whoever asks: another feature keeps its id."""
    row = found((await session.execute(_known(None).where(col(Fact.id) == fact_id))).first())
    return Known(row[0], row[1])


async def fact_by_id(session: AsyncSession, fact_id: UUID) -> Fact:
    """Give a fact that was just written."""
    return found(await session.get(Fact, fact_id))
