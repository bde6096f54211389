"""How the register is written: an entry is added, and what holds today is read from all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.files import queries as files
from registry.files.rules import existence_checks
from registry.organizations import queries, rules
from registry.organizations.actions.commands import NewValues
from registry.organizations.rules import EntrySource, NameKind, NameLanguage
from registry.organizations.tables import Organization, OrganizationEntry, OrganizationName
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.calendar import months_after
from shared.clock import Clock
from shared.events import record
from shared.events.recording import plain
from shared.rules import Check

VERIFIER: Final = "handler"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry comes from, and which statement it decides, if it does."""

    source: EntrySource
    verified_by: UUID | None = None
    decides_id: UUID | None = None
    decision: rules.VerificationDecision | None = None
    reason: str | None = None


def now_of(session: AsyncSession) -> datetime:
    """Give the instant of the transaction on the programme's clock."""
    clock: Clock = session.info["clock"]
    return clock.now()


def origin_of(actor: Actor) -> Origin:
    """Tell where an actor's word comes from: an official's own counts as verified by him."""
    if actor.has(VERIFIER):
        return Origin(EntrySource.OFFICIAL, actor.person_id)
    return Origin(EntrySource.MEMBER)


def entry_of(
    session: AsyncSession,
    actor: Actor,
    organization: Organization,
    new: NewValues,
    origin: Origin,
    stated: Mapping[str, Any] | None = None,
) -> OrganizationEntry:
    """Make the entry of new values, under the organization's present version."""
    return OrganizationEntry(
        org_id=organization.id,
        version=organization.version,
        field_values=plain(dict(new.values)),
        stated=plain(dict(stated or {})),
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        recorded_at=now_of(session),
        source=origin.source,
        basis=new.basis,
        file_id=new.file_id,
        stated_by=actor.person_id,
        stated_by_org_id=actor.org_id if origin.source is EntrySource.MEMBER else None,
        verified_by=origin.verified_by,
        due_again_on=new.due_again_on,
        decides_id=origin.decides_id,
        decision=origin.decision,
        reason=origin.reason,
    )


async def keep(
    session: AsyncSession,
    actor: Actor,
    organization: Organization,
    new: NewValues,
    origin: Origin,
    today: date,
    stated: Mapping[str, Any] | None = None,
) -> OrganizationEntry:
    """Add an entry to a locked organization, and bring what holds today up to it."""
    organization.version += 1
    entry = entry_of(session, actor, organization, new, origin, stated)
    session.add(entry)
    await session.flush()
    held = rules.values_on(await queries.entries_of(session, organization.id), today)
    changed = {name: held[name] for name in new.values if name in held}
    if changed.get("name", organization.name) != organization.name:
        await rename(session, organization, changed["name"], new.valid_from)
    elif "name" in new.values and new.valid_until is not None:
        former = full_name(organization.id, new.values["name"], new.valid_from)
        former.kind, former.until_on = NameKind.FORMER, new.valid_until
        session.add(former)
    organization.sqlmodel_update(_typed(changed))
    return entry


async def rename(
    session: AsyncSession, organization: Organization, name: str, from_on: date
) -> None:
    """Let the registered name become a former one on the day before the new one."""
    kept = await queries.full_name_of(session, organization.id)
    if kept is not None:
        kept.kind = NameKind.FORMER
        kept.until_on = max(from_on - rules.DAY, kept.from_on or from_on - rules.DAY)
    session.add(full_name(organization.id, name, from_on))


def full_name(org_id: UUID, name: str, from_on: date) -> OrganizationName:
    """Make the row of a registered name."""
    return OrganizationName(
        org_id=org_id,
        name=name,
        kind=NameKind.FULL,
        language=NameLanguage.ZH,
        from_on=from_on,
        search_key=rules.search_key(name),
    )


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Bring back from JSON what a column holds as a day."""
    return {
        name: date.fromisoformat(value) if name == "registered_on" else value
        for name, value in values.items()
    }


async def evidence_checks(session: AsyncSession, actor: Actor, file_id: UUID | None) -> list[Check]:
    """Check that a file that is named is there and the actor's to name."""
    if file_id is None:
        return []
    seen = await files.files_seen(session, actor, [file_id])
    return existence_checks([file_id], seen, pointer="/file_id")


async def due_day(session: AsyncSession, named: date | None, today: date) -> date:
    """Give the day of the next verification: the one named, or the policy's months from today."""
    if named is not None:
        return named
    policy = await policy_on(session, today)
    return months_after(today, policy.value("A046", "verify_again_months"))


def announce(session: AsyncSession, actor: Actor, organization: Organization) -> None:
    """Tell the other services what to keep of an organization."""
    record(
        session,
        actor,
        "directory.organization",
        organization.id,
        entry=queries.directory_entry(organization),
    )
