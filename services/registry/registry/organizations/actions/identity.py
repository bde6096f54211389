"""Names, codes and successors: what an organization is called changes, who it is does not."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries, rules
from registry.organizations.actions.commands import NewCode, NewName, NewSuccessor, NewValues
from registry.organizations.actions.keeping import Origin, announce, keep, now_of
from registry.organizations.actions.records import refresh_bar
from registry.organizations.rules import EntrySource, SuccessionKind
from registry.organizations.tables import (
    FormerCode,
    Organization,
    OrganizationName,
    Succession,
)
from shared.auth import Actor
from shared.codes import uscc
from shared.events import record
from shared.http.dependencies import version_checks
from shared.rules import found, require


async def add_name(
    session: AsyncSession, actor: Actor, org_id: UUID, new: NewName
) -> OrganizationName:
    """Add a name by which an organization is known beside its registered one.

    Raises `Refused`: NOT_FOUND, DAYS_OUT_OF_ORDER, FIELD_MISSING, ALREADY_EXISTS.
    """
    organization = await queries.organization_for_update(session, org_id)
    require(rules.name_checks(new.kind, new.from_on, new.until_on))
    name = OrganizationName(
        org_id=organization.id,
        name=new.name,
        kind=new.kind,
        language=new.language,
        from_on=new.from_on,
        until_on=new.until_on,
        search_key=rules.search_key(new.name),
    )
    session.add(name)
    await session.flush()
    record(
        session,
        actor,
        "organization.name_added",
        organization.id,
        after=name.model_dump(),
        name_id=name.id,
        kind=name.kind,
    )
    return name


async def end_name(
    session: AsyncSession, actor: Actor, org_id: UUID, name_id: UUID, until_on: date
) -> OrganizationName:
    """Say until when a name was borne; it goes on finding the organization.

    Raises `Refused`: NOT_FOUND, DAYS_OUT_OF_ORDER.
    """
    name = await queries.name_for_update(session, org_id, name_id)
    require(rules.name_checks(name.kind, name.from_on, until_on))
    before = name.model_dump()
    name.until_on = until_on
    record(
        session,
        actor,
        "organization.name_ended",
        org_id,
        before=before,
        after=name.model_dump(),
        name_id=name.id,
        until_on=until_on,
    )
    return name


async def renumber(
    session: AsyncSession, actor: Actor, org_id: UUID, new: NewCode, version: int, today: date
) -> Organization:
    """Let an organization bear another social credit code; the old one goes on naming it.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, USCC_FORMAT, USCC_CHECK_DIGIT,
    DAY_IN_FUTURE, ALREADY_EXISTS, STATE_CONFLICT.
    """
    await queries.lock_owners(session)
    organization = await queries.organization_for_update(session, org_id)
    taken = await queries.organization_by_uscc(session, new.uscc)
    require(
        [
            *version_checks(organization.version, version),
            *rules.living_checks(succeeded=organization.successor_id is not None),
            *uscc.uscc_checks(new.uscc, pointer="/uscc"),
            *rules.past_checks(new.effective_on, today, "/effective_on"),
            *rules.unique_checks(None if taken is None else taken.id),
        ]
    )
    before, old = organization.model_dump(), organization.uscc
    until_on = new.effective_on - rules.DAY
    session.add(FormerCode(uscc=old, org_id=organization.id, until_on=until_on))
    code = uscc.normalized(new.uscc)
    values = NewValues({"uscc": code}, new.effective_on, basis=new.basis)
    origin = Origin(EntrySource.OFFICIAL, actor.person_id)
    await keep(session, actor, organization, values, origin, today)
    record(
        session,
        actor,
        "organization.renumbered",
        organization.id,
        before=before,
        after=organization.model_dump(),
        uscc=code,
        former_uscc=old,
    )
    announce(session, actor, organization)
    owner = NewValues({"parent_uscc": code}, new.effective_on, basis=new.basis)
    for held in await queries.held_for_update(session, old):
        await keep(session, actor, held, owner, origin, today)
        announce(session, actor, held)
    return organization


async def succeed(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    new: NewSuccessor,
    version: int,
    today: date,
) -> Succession:
    """Say which organization stands in the place of another from a day on.

    Its id, codes and names answer with the successor; its own rows and memberships stay its own.
    A division leaves the divided organization standing.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, SUCCESSOR_INVALID, DAY_IN_FUTURE,
    STATE_CONFLICT, ALREADY_EXISTS.
    """
    locked = await queries.organizations_for_update(session, {org_id, new.successor_id})
    organization = found(locked.get(org_id))
    successor = found(locked.get(new.successor_id))
    require(
        [
            *version_checks(organization.version, version),
            *rules.succession_checks(
                organization.id,
                successor.id,
                succeeded=organization.successor_id is not None,
                successor_succeeded=successor.successor_id is not None,
                effective_on=new.effective_on,
                today=today,
            ),
        ]
    )
    succession = Succession(
        predecessor_id=organization.id,
        successor_id=successor.id,
        kind=new.kind,
        effective_on=new.effective_on,
        basis=new.basis,
        recorded_at=now_of(session),
    )
    session.add(succession)
    await session.flush()
    if new.kind is not SuccessionKind.DIVISION:
        await _step_back(session, actor, organization, successor, today)
    record(
        session,
        actor,
        "organization.succeeded",
        organization.id,
        after=succession.model_dump(),
        successor_id=successor.id,
        kind=new.kind,
        effective_on=new.effective_on,
    )
    return succession


async def _step_back(
    session: AsyncSession,
    actor: Actor,
    organization: Organization,
    successor: Organization,
    today: date,
) -> None:
    """Let the successor answer for the organization and for those that it had followed."""
    followed = await queries.followed_by(session, organization.id)
    for row in (organization, *followed):
        row.successor_id = successor.id
        row.version += 1
        announce(session, actor, row)
    await session.flush()
    # A merger must not wash a record away.
    await refresh_bar(session, successor, today)
    successor.version += 1
    announce(session, actor, successor)
