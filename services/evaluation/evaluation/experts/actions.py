"""Keeping the pool: entering experts, their ties and the end of both."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.experts import queries, rules
from evaluation.experts.schemas import (
    ExpertEmployerIn,
    ExpertIn,
    ExpertRelationIn,
    SpecialtiesIn,
)
from evaluation.experts.tables import (
    Expert,
    ExpertAccount,
    ExpertPersonalData,
    ExpertRelation,
    ExpertSpecialty,
)
from shared.auth import Actor
from shared.calendar import day_of
from shared.codes import uscc
from shared.database import new_id
from shared.events import record
from shared.rules import Check, require
from shared.sealing import sealer_of


async def register(session: AsyncSession, actor: Actor, body: ExpertIn, now: datetime) -> Expert:
    """Enter a person into the pool, with employer and ties (A119).

    Raises `Refused`: USCC_FORMAT, USCC_CHECK_DIGIT; a second entry of the same person is refused
    by the table as ALREADY_EXISTS.
    """
    require(_code_checks(body))
    expert = Expert(
        id=body.id or new_id(),
        person_id=body.person_id,
        field=body.field,
        title=body.title,
        org_id=body.org_id,
        org_uscc=_normalized(body.org_uscc),
        registered_at=now,
    )
    session.add(expert)
    await session.flush()
    await name(session, expert.id, expert.id, body.name)
    for relation in body.relations:
        await _add_relation(session, expert.id, relation, now)
    record(session, actor, "expert.registered", expert.id, field=expert.field)
    await session.flush()
    return expert


async def add_relation(
    session: AsyncSession, actor: Actor, expert_id: UUID, body: ExpertRelationIn, now: datetime
) -> Expert:
    """Enter a tie that became known; open sheets of the expert are judged by it from now on.

    Raises `Refused`: NOT_FOUND, USCC_FORMAT, USCC_CHECK_DIGIT.
    """
    # The lock waits for panels that are being formed with this expert, and they for it.
    expert = await queries.expert_for_update(session, expert_id)
    require(uscc.uscc_checks(body.org_uscc, pointer="/org_uscc") if body.org_uscc else [])
    relation = await _add_relation(session, expert.id, body, now)
    expert.version += 1
    record(session, actor, "expert.relation_added", expert.id, relation_id=relation.id)
    await session.flush()
    return expert


async def change_employer(
    session: AsyncSession, actor: Actor, expert_id: UUID, body: ExpertEmployerIn, now: datetime
) -> Expert:
    """Enter who employs an expert from a day on; the employer before stays a tie that ended (X08).

    Raises `Refused`: NOT_FOUND, FIELD_INVALID, USCC_FORMAT, USCC_CHECK_DIGIT.
    """
    expert = await queries.expert_for_update(session, expert_id)
    named = uscc.uscc_checks(body.org_uscc, pointer="/org_uscc") if body.org_uscc else []
    since = expert.employed_from
    require([*rules.begun_checks(body.from_on, day_of(now), since), *named])
    before = {"org_id": expert.org_id, "org_uscc": expert.org_uscc}
    employed = expert.org_id is not None or expert.org_uscc is not None
    if employed and (since is None or since < body.from_on):
        session.add(
            ExpertRelation(
                expert_id=expert.id, kind=rules.RelationKind.EMPLOYMENT,
                org_id=expert.org_id, org_uscc=expert.org_uscc, from_on=since,
                until_on=body.from_on - timedelta(days=1), recorded_at=now,
            )
        )  # fmt: skip
    expert.org_id, expert.org_uscc = body.org_id, _normalized(body.org_uscc)
    expert.employed_from = body.from_on
    expert.version += 1
    record(
        session, actor, "expert.employer_changed", expert.id, before=before,
        after={"org_id": expert.org_id, "org_uscc": expert.org_uscc}, from_on=body.from_on,
    )  # fmt: skip
    await session.flush()
    return expert


async def end_relation(
    session: AsyncSession, actor: Actor, expert_id: UUID, relation_id: UUID, until_on: date
) -> Expert:
    """Enter the last day of a tie; ending it again corrects the day.

    Raises `Refused`: NOT_FOUND, DAYS_REVERSED.
    """
    expert = await queries.expert_for_update(session, expert_id)
    relation = await queries.relation_for_update(session, expert_id, relation_id)
    require(rules.period_checks(relation.from_on, until_on, pointer="/until_on"))
    before = relation.until_on
    relation.until_on = until_on
    expert.version += 1
    record(
        session,
        actor,
        "expert.relation_ended",
        expert.id,
        before={"until_on": before},
        after={"until_on": until_on},
        relation_id=relation.id,
        until_on=until_on,
    )
    await session.flush()
    return expert


async def move(
    session: AsyncSession, actor: Actor, expert_id: UUID, event: rules.Event, reason: str | None
) -> Expert:
    """Let an expert leave or rejoin the pool; seats already held are not touched.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT.
    """
    expert = await queries.expert_for_update(session, expert_id)
    require(rules.state_checks(expert.state, event))
    expert.state = rules.MOVES[expert.state, event]
    expert.version += 1
    record(session, actor, f"expert.{expert.state.value}", expert.id, reason=reason)
    await session.flush()
    return expert


async def erase(session: AsyncSession, actor: Actor, expert_id: UUID) -> Expert:
    """Erase the personal data of a retired expert; what he decided stays, under his id (X12).

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT.
    """
    expert = await queries.expert_for_update(session, expert_id)
    require(rules.erasing_checks(expert.state))
    await queries.erase_personal_data(session, expert.id)
    expert.version += 1
    record(session, actor, "expert.personal_data_erased", expert.id)
    await session.flush()
    return expert


async def add_account(
    session: AsyncSession, actor: Actor, expert_id: UUID, person_id: UUID, now: datetime
) -> Expert:
    """Enter that another account is the same person: its duties and ties count as his (X03, X08).

    Raises `Refused`: NOT_FOUND; an account entered before is refused by the table as
    ALREADY_EXISTS.
    """
    expert = await queries.expert_for_update(session, expert_id)
    session.add(ExpertAccount(person_id=person_id, expert_id=expert.id, recorded_at=now))
    expert.version += 1
    record(session, actor, "expert.account_added", expert.id, person_id=person_id)
    await session.flush()
    return expert


async def specialize(
    session: AsyncSession, actor: Actor, expert_id: UUID, body: SpecialtiesIn
) -> Expert:
    """Say which fields of industry an expert knows, in place of what was known (A119).

    Raises `Refused`: NOT_FOUND.
    """
    expert = await queries.expert_for_update(session, expert_id)
    await queries.forget_specialties(session, expert_id)
    session.add_all(
        ExpertSpecialty(expert_id=expert_id, field_code=one.field_code, level=one.level)
        for one in body.specialties
    )
    expert.version += 1
    told = {one.field_code: one.level for one in body.specialties}
    record(session, actor, "expert.specialized", expert.id, specialties=told)
    await session.flush()
    return expert


async def name(session: AsyncSession, record_id: UUID, expert_id: UUID, content: str) -> None:
    """Keep a name, of an expert or of the relative of a tie, sealed for its row (X12)."""
    sealed = sealer_of(session).seal(content, queries.place_of(record_id))
    row = ExpertPersonalData(record_id=record_id, expert_id=expert_id, content=sealed)
    await session.merge(row)


async def _add_relation(
    session: AsyncSession, expert_id: UUID, body: ExpertRelationIn, now: datetime
) -> ExpertRelation:
    relation = ExpertRelation(
        expert_id=expert_id,
        kind=body.kind,
        org_id=body.org_id,
        org_uscc=_normalized(body.org_uscc),
        center_id=body.center_id,
        from_on=body.from_on,
        until_on=body.until_on,
        recorded_at=now,
    )
    session.add(relation)
    if body.relative_person is not None:
        await name(session, relation.id, expert_id, body.relative_person)
    return relation


def _code_checks(body: ExpertIn) -> list[Check]:
    named = [("/org_uscc", body.org_uscc)]
    named += [(f"/relations/{n}/org_uscc", tie.org_uscc) for n, tie in enumerate(body.relations)]
    return [
        check
        for pointer, code in named
        if code is not None
        for check in uscc.uscc_checks(code, pointer=pointer)
    ]


def _normalized(code: str | None) -> str | None:
    return None if code is None else uscc.normalized(code)
