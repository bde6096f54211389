"""What every action on an application does: the move, the record, who acted as what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.rules import CaseCapacity, DecisionKind, Event
from registry.applications.tables import Application, CaseDecision, CasePerson
from registry.centers.tables import Center
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.rules import Check, Kind, Rule

APPLICANT = Rule("A160", "六")


def applicant_checks(application: Application, actor: Actor) -> list[Check]:
    """Check that the applicant itself acts: members and those invited only read (A160)."""
    return [
        APPLICANT.check(
            "FORBIDDEN_SCOPE", Kind.SCOPE, passed=application.applicant_org_id in actor.org_ids
        )
    ]


async def duty_checks(
    session: AsyncSession,
    actor: Actor,
    application: Application,
    center: Center,
    capacity: CaseCapacity,
) -> list[Check]:
    """Check that the actor may act as this in this case, whoever told what he did before (X03)."""
    concerned = await queries.case_org_ids(session, center)
    return rules.duty_checks(
        actor.person_id,
        actor.org_for(*concerned),
        capacity,
        await queries.people(session, application.id),
        concerned,
    )


def move(application: Application, event: Event, now: datetime) -> None:
    """Take a step that the caller has checked; the next one is waited for from now on."""
    application.state = rules.MOVES[application.state, event]
    application.state_since = now
    application.version += 1


def tell(
    session: AsyncSession,
    actor: Actor,
    application: Application,
    name: str,
    capacity: CaseCapacity | None = None,
    *,
    reason: str | None = None,
    **data: object,
) -> None:
    """Record what happened to a case, with its state and who acted as what."""
    record(
        session,
        actor,
        f"application.{name}",
        application.id,
        center_id=application.center_id,
        case_id=application.id,
        capacity=None if capacity is None else capacity.value,
        reason=reason,
        after=application.state,
        application_id=application.id,
        state=application.state,
        **data,
    )


async def enter_person(
    session: AsyncSession, application_id: UUID, person_id: UUID, capacity: CaseCapacity
) -> None:
    """Remember what a person did in a case; once is enough (X03)."""
    row = {"application_id": application_id, "person_id": person_id, "capacity": capacity}
    await session.execute(insert(CasePerson).values(row).on_conflict_do_nothing())


async def decide(
    session: AsyncSession,
    actor: Actor,
    application: Application,
    kind: DecisionKind,
    text: str,
    now: datetime,
    doc_no: str | None = None,
) -> CaseDecision:
    """Keep a decision in its words."""
    decision = CaseDecision(
        application_id=application.id,
        kind=kind,
        text=text,
        doc_no=doc_no,
        person_id=actor.person_id,
        decided_on=day_of(now),
        at=now,
    )
    session.add(decision)
    await session.flush()
    return decision
