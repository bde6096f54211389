"""How an entry is corrected, stated and verified: by adding, never by writing over."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries, rules
from registry.organizations.actions.commands import NewValues, Verdict
from registry.organizations.actions.keeping import (
    Origin,
    announce,
    due_day,
    evidence_checks,
    keep,
    origin_of,
)
from registry.organizations.actions.records import lift_lasting, put_on_record
from registry.organizations.rules import EntrySource, VerificationDecision
from registry.organizations.tables import Organization, OrganizationEntry
from shared.auth import Actor
from shared.codes import uscc
from shared.events import record
from shared.http.dependencies import version_checks
from shared.rules import Check, require


async def correct(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    changes: Mapping[str, Any],
    version: int,
    today: date,
) -> Organization:
    """Say that other values hold from today on; only fields that were sent change.

    `dishonesty_until` puts the organization on record up to that day, or lifts what bars it.
    """
    values = {name: value for name, value in changes.items() if name != "dishonesty_until"}
    organization, _ = await enter_values(
        session, actor, org_id, NewValues(values, valid_from=today), version, today
    )
    if "dishonesty_until" in changes:
        until = changes["dishonesty_until"]
        if until is None:
            await lift_lasting(session, actor, organization, today)
        else:
            await put_on_record(session, actor, organization, until, today)
    return organization


async def enter_values(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    new: NewValues,
    version: int,
    today: date,
) -> tuple[Organization, OrganizationEntry]:
    """Enter what an official knows of an organization, for any days up to now.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, STATE_CONFLICT, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER,
    FILE_UNKNOWN, or what `value_checks` finds wrong with a value.
    """
    values = _stored(new.values)
    await _hold_owners(session, values)
    organization = await queries.organization_for_update(session, org_id)
    require(
        [
            *version_checks(organization.version, version),
            *rules.living_checks(succeeded=organization.successor_id is not None),
            *rules.span_checks(new.valid_from, new.valid_until, today),
            *await value_checks(session, organization, values),
            *await evidence_checks(session, actor, new.file_id),
        ]
    )
    flagged = any(values.get(flag) for flag in rules.FLAGS)
    due = await due_day(session, new.due_again_on, today) if flagged else new.due_again_on
    before = organization.model_dump()
    entry = await keep(
        session,
        actor,
        organization,
        NewValues(values, new.valid_from, new.valid_until, new.basis, new.file_id, due),
        origin_of(actor),
        today,
    )
    record(
        session,
        actor,
        "organization.corrected",
        organization.id,
        before=before,
        after=organization.model_dump(),
        fields=sorted(values),
        entry_id=entry.id,
    )
    announce(session, actor, organization)
    return organization, entry


async def state(
    session: AsyncSession, actor: Actor, org_id: UUID, new: NewValues, today: date
) -> tuple[Organization, OrganizationEntry]:
    """State something of one's own organization; it counts once an official has verified it.

    That a firm is small counts as declared, until an official corrects it.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER,
    FILE_UNKNOWN, or what `value_checks` finds wrong with a value.
    """
    values = _stored(new.values)
    await _hold_owners(session, values)
    organization = await queries.organization_for_update(session, org_id)
    require(
        [
            *rules.statement_checks(organization.id, actor.org_for(organization.id)),
            *rules.living_checks(succeeded=organization.successor_id is not None),
            *rules.span_checks(new.valid_from, new.valid_until, today),
            *await value_checks(session, organization, values),
            *await evidence_checks(session, actor, new.file_id),
        ]
    )
    counts = NewValues(
        rules.declared(values), new.valid_from, new.valid_until, new.basis, new.file_id
    )
    before = organization.model_dump()
    entry = await keep(
        session, actor, organization, counts, Origin(EntrySource.MEMBER), today, stated=values
    )
    record(
        session,
        actor,
        "organization.stated",
        organization.id,
        before=before,
        after=organization.model_dump(),
        fields=sorted(values),
        entry_id=entry.id,
    )
    announce(session, actor, organization)
    return organization, entry


async def verify(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    entry_id: UUID,
    verdict: Verdict,
    today: date,
) -> tuple[OrganizationEntry, OrganizationEntry]:
    """Decide a statement: verified, its values count from the day it named; refused, they do not.

    What counted as declared is then corrected from that day on.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, FIELD_MISSING, or what
    `value_checks` finds wrong with a value.
    """
    statement = await queries.entry_found(session, org_id, entry_id)
    await _hold_owners(session, statement.stated)
    # The organization's lock makes two decisions come one after the other.
    organization = await queries.organization_for_update(session, org_id)
    decided = not statement.stated or await queries.decided(session, entry_id)
    verified = verdict.decision is VerificationDecision.VERIFIED
    require(
        [
            *rules.verification_checks(
                stated_by=statement.stated_by,
                acting=actor.person_id,
                decided=decided,
                decision=verdict.decision,
                reason=verdict.reason,
            ),
            *await value_checks(session, organization, statement.stated if verified else {}),
        ]
    )
    due = await due_day(session, verdict.due_again_on, today) if verified else None
    new = NewValues(
        statement.stated if verified else rules.refuted(statement.stated),
        statement.valid_from,
        statement.valid_until,
        verdict.basis,
        statement.file_id,
        due,
    )
    origin = Origin(
        EntrySource.MEMBER,
        actor.person_id,
        decides_id=statement.id,
        decision=verdict.decision,
        reason=verdict.reason,
    )
    before = organization.model_dump()
    decision = await keep(session, actor, organization, new, origin, today)
    record(
        session,
        actor,
        f"organization.statement_{verdict.decision.value}",
        organization.id,
        capacity="handler",
        reason=verdict.reason,
        before=before,
        after=organization.model_dump(),
        fields=sorted(statement.stated),
        entry_id=statement.id,
    )
    announce(session, actor, organization)
    return statement, decision


async def value_checks(
    session: AsyncSession, organization: Organization, values: Mapping[str, Any]
) -> list[Check]:
    """Judge the values that have rules of their own: the region, and who owns it."""
    checks: list[Check] = []
    if "region_code" in values:
        checks += rules.region_checks(values["region_code"])
    parent = values.get("parent_uscc")
    if parent is not None:
        owners = await queries.owners_of(session, [parent])
        checks += rules.parent_checks(parent)
        checks += rules.cycle_checks(organization.uscc, parent, owners)
    return checks


async def _hold_owners(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Hold still who owns whom, before any organization is locked, where an owner is named."""
    if values.get("parent_uscc") is not None:
        await queries.lock_owners(session)


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    parent = values.get("parent_uscc")
    return {**values, **({} if parent is None else {"parent_uscc": uscc.normalized(parent)})}
