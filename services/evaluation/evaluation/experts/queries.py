"""The pool as officials and the experts themselves may read it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, delete, false, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.experts import absence_queries, rules
from evaluation.experts.absence_rules import Days
from evaluation.experts.owner_queries import Standing, codes_of, meant_by
from evaluation.experts.tables import (
    Expert,
    ExpertAccount,
    ExpertPersonalData,
    ExpertRelation,
    ExpertSpecialty,
)
from shared.auth import Actor
from shared.http import naming
from shared.rules import found
from shared.sealing import sealer_of


def visible(actor: Actor) -> ColumnElement[bool]:
    """Let officials see the pool, and an expert himself; nobody else sees anyone."""
    if actor.is_official:
        return true()
    if actor.has("expert") and actor.expert_id is not None:
        return col(Expert.id) == actor.expert_id
    return false()


def experts_page(
    actor: Actor, field: rules.ExpertField | None, state: rules.State | None
) -> SelectOfScalar[Expert]:
    """Select the visible experts, for a page of them."""
    statement = select(Expert).where(visible(actor))
    if field is not None:
        statement = statement.where(col(Expert.field) == field)
    if state is not None:
        statement = statement.where(col(Expert.state) == state)
    return statement


async def expert(session: AsyncSession, actor: Actor, expert_id: UUID) -> Expert:
    """Load an expert that the actor may see."""
    statement = select(Expert).where(col(Expert.id) == expert_id, visible(actor))
    return found(await session.scalar(statement))


async def expert_for_update(session: AsyncSession, expert_id: UUID) -> Expert:
    """Load and lock an expert; only for those who keep the pool."""
    statement = select(Expert).where(col(Expert.id) == expert_id).with_for_update()
    return found(await session.scalar(statement))


async def relation_for_update(
    session: AsyncSession, expert_id: UUID, relation_id: UUID
) -> ExpertRelation:
    """Load and lock a tie of an expert."""
    statement = select(ExpertRelation).where(
        col(ExpertRelation.id) == relation_id, col(ExpertRelation.expert_id) == expert_id
    )
    return found(await session.scalar(statement.with_for_update()))


async def relations_of(
    session: AsyncSession, expert_ids: Iterable[UUID]
) -> dict[UUID, list[ExpertRelation]]:
    """List the ties of some experts, oldest first, by expert."""
    statement = (
        select(ExpertRelation)
        .where(col(ExpertRelation.expert_id).in_(list(expert_ids)))
        .order_by(col(ExpertRelation.from_on).nulls_first(), col(ExpertRelation.id))
    )
    ties: dict[UUID, list[ExpertRelation]] = {}
    for row in await session.scalars(statement):
        ties.setdefault(row.expert_id, []).append(row)
    return ties


async def personal_data_of(session: AsyncSession, expert_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give what is kept of some experts' names and relatives, by record; erased ones are absent.

    Where the answer is kept it keeps them too: then they are noted, and held until it is.
    """
    statement = (
        select(ExpertPersonalData)
        .where(col(ExpertPersonalData.expert_id).in_(list(expert_ids)))
        .order_by(col(ExpertPersonalData.record_id))
    )
    if naming.is_kept(session):
        statement = statement.with_for_update(read=True)
    rows = (await session.scalars(statement)).all()
    naming.note(session, {row.expert_id for row in rows})
    sealer = sealer_of(session)
    return {row.record_id: sealer.open(row.content, place_of(row.record_id)) for row in rows}


def place_of(record_id: UUID) -> str:
    """Name the row that a name is sealed for."""
    return f"expert_personal_data:{record_id}"


async def erase_personal_data(session: AsyncSession, expert_id: UUID) -> None:
    """Take away an expert's name and whatever is kept of his relatives, kept answers too."""
    await session.execute(
        delete(ExpertPersonalData).where(col(ExpertPersonalData.expert_id) == expert_id)
    )
    await naming.erase_answers(session, expert_id)


async def candidates(
    session: AsyncSession, expert_ids: Sequence[UUID], *, lock: bool = True
) -> dict[UUID, rules.Candidate]:
    """Give experts as the rules see them, by id; an unknown id is absent.

    The rows are locked against change, so that a tie entered meanwhile waits for the panel.
    """
    statement = select(Expert).where(col(Expert.id).in_(list(expert_ids))).order_by(col(Expert.id))
    locked = statement.with_for_update(read=True) if lock else statement
    experts = list(await session.scalars(locked))
    return await _as_candidates(session, experts)


async def _as_candidates(
    session: AsyncSession, experts: Sequence[Expert]
) -> dict[UUID, rules.Candidate]:
    """Put experts together with their further accounts, and with what the pool knows of those."""
    ids = [expert.id for expert in experts]
    persons = await _persons(session)
    accounts = {
        expert.id: [one for one in persons.get(expert.person_id, ()) if one != expert.person_id]
        for expert in experts
    }
    others = {other.person_id: other for other in await _entered_under(session, accounts)}
    ties = await relations_of(session, [*ids, *(other.id for other in others.values())])
    named: list[Expert | ExpertRelation] = [
        *experts,
        *others.values(),
        *(row for each in ties.values() for row in each),
    ]
    meant = await _meant_by(session, named)
    away = await absence_queries.away(session, ids)
    return {
        expert.id: _candidate(
            expert,
            accounts.get(expert.id, []),
            [
                tie
                for one in (expert, *_known(others, accounts.get(expert.id, [])))
                for tie in _ties(one, ties.get(one.id, []), meant)
            ],
            away.get(expert.id, ()),
        )
        for expert in experts
    }


Meant = Callable[[Expert | ExpertRelation], list[Standing]]


async def _meant_by(session: AsyncSession, named: Collection[Expert | ExpertRelation]) -> Meant:
    """Find the organizations that ties and employers name, by id or by a code of any time.

    Owners are known by their codes, and two experts of one employer may be entered either way.
    """
    ids = {one.org_id for one in named if one.org_id is not None}
    codes = {one.org_uscc for one in named if one.org_uscc is not None}
    by_id, by_code = await meant_by(session, ids, codes) if ids or codes else ({}, {})

    def meant(one: Expert | ExpertRelation) -> list[Standing]:
        told = (one.org_id and by_id.get(one.org_id), one.org_uscc and by_code.get(one.org_uscc))
        return [standing for standing in told if standing]

    return meant


async def _entered_under(
    session: AsyncSession, accounts: dict[UUID, list[UUID]]
) -> Sequence[Expert]:
    people = [person_id for each in accounts.values() for person_id in each]
    if not people:
        return []
    return (await session.scalars(select(Expert).where(col(Expert.person_id).in_(people)))).all()


def _known(others: dict[UUID, Expert], people: Iterable[UUID]) -> list[Expert]:
    return [others[person_id] for person_id in people if person_id in others]


def of_person(person_id: UUID) -> CompoundSelect[Any]:
    """Select the entries of the pool that an account belongs to, whichever was entered first.

    One person may stand there twice, as the further account of himself: both are he.
    """
    first = select(Expert.id).where(col(Expert.person_id) == person_id)
    further = select(ExpertAccount.expert_id).where(col(ExpertAccount.person_id) == person_id)
    own = first.union(further)
    people = (
        select(Expert.person_id)
        .where(col(Expert.id).in_(own))
        .union(select(ExpertAccount.person_id).where(col(ExpertAccount.expert_id).in_(own)))
    )
    twins = select(Expert.id).where(col(Expert.person_id).in_(people))
    whose = select(ExpertAccount.expert_id).where(col(ExpertAccount.person_id).in_(people))
    return first.union(further, twins, whose)


async def _persons(session: AsyncSession) -> dict[UUID, tuple[UUID, ...]]:
    """Give every account of each person who has several; there are few of them."""
    statement = select(Expert.person_id, ExpertAccount.person_id).join(
        ExpertAccount, col(ExpertAccount.expert_id) == col(Expert.id)
    )
    return rules.persons_of((one, other) for one, other in await session.execute(statement))


async def accounts_of(
    session: AsyncSession, people: Collection[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    """Give every account of some persons, by any of them; who has only one is absent (X03)."""
    persons = await _persons(session)
    wanted = {account for one in people for account in persons.get(one, ())}
    return {account: persons[account] for account in wanted}


async def tied_to(session: AsyncSession, org_ids: Collection[UUID]) -> set[UUID]:
    """Name the experts with a tie to some organizations, by id or by a code of any time.

    Whoever is such a person under another account is one of them.
    """
    codes = await codes_of(session, org_ids)
    employed = select(Expert.id).where(
        or_(col(Expert.org_id).in_(org_ids), col(Expert.org_uscc).in_(codes))
    )
    related = select(ExpertRelation.expert_id).where(
        or_(col(ExpertRelation.org_id).in_(org_ids), col(ExpertRelation.org_uscc).in_(codes))
    )
    tied = set(await session.scalars(employed.union(related)))
    if not tied:
        return tied
    behind = await session.scalars(select(Expert.person_id).where(col(Expert.id).in_(tied)))
    same = await accounts_of(session, set(behind))
    return tied | set(
        await session.scalars(select(Expert.id).where(col(Expert.person_id).in_(same)))
    )


async def pool(session: AsyncSession) -> dict[UUID, rules.Candidate]:
    """Give every expert who may be asked, as the rules see them, by id; nothing is locked."""
    statement = select(Expert).where(col(Expert.state) == rules.State.ACTIVE)
    experts = list(await session.scalars(statement.order_by(col(Expert.id))))
    return await _as_candidates(session, experts)


async def specialties_of(
    session: AsyncSession, expert_ids: Iterable[UUID]
) -> dict[UUID, dict[str, int]]:
    """Give the fields of industry of some experts, with the level of each, by expert."""
    statement = (
        select(ExpertSpecialty)
        .where(col(ExpertSpecialty.expert_id).in_(list(expert_ids)))
        .order_by(col(ExpertSpecialty.field_code))
    )
    known: dict[UUID, dict[str, int]] = {}
    for row in await session.scalars(statement):
        known.setdefault(row.expert_id, {})[row.field_code] = row.level
    return known


async def forget_specialties(session: AsyncSession, expert_id: UUID) -> None:
    """Take away the fields of industry of an expert, to say them anew."""
    await session.execute(
        delete(ExpertSpecialty).where(col(ExpertSpecialty.expert_id) == expert_id)
    )


def _candidate(
    expert: Expert, accounts: Sequence[UUID], ties: Sequence[rules.Tie], away: tuple[Days, ...]
) -> rules.Candidate:
    return rules.Candidate(
        expert_id=expert.id,
        person_id=expert.person_id,
        field=expert.field,
        state=expert.state,
        ties=tuple(ties),
        accounts=tuple(accounts),
        away=away,
    )


def _ties(
    expert: Expert, relations: Sequence[ExpertRelation], meant: Meant
) -> tuple[rules.Tie, ...]:
    ties = [
        replace(
            _named(row, row.kind, meant),
            center_id=row.center_id,
            from_on=row.from_on,
            until_on=row.until_on,
            relation_id=row.id,
        )
        for row in relations
    ]
    employer = _named(expert, rules.RelationKind.EMPLOYMENT, meant)
    unnamed = employer.org_id is None and employer.org_uscc is None
    return rules.ties_with_employer(ties, None if unnamed else employer)


def _named(one: Expert | ExpertRelation, kind: rules.RelationKind, meant: Meant) -> rules.Tie:
    known = meant(one)
    if not known:
        return rules.Tie(kind, one.org_id, one.org_uscc)
    # Where id and code mean two organizations, the tie is to both.
    owners = dict.fromkeys(code for each in reversed(known) for code in each.owners)
    return rules.Tie(kind, known[0].org_id, known[-1].uscc, owners=tuple(owners))
