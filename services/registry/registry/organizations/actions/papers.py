"""Qualifications, yearly figures and parks: entered by the organization or an official."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries, rules
from registry.organizations.actions.commands import (
    NewPark,
    NewProfile,
    NewQualification,
    NewValues,
    Verdict,
)
from registry.organizations.actions.keeping import (
    Origin,
    announce,
    due_day,
    evidence_checks,
    keep,
    now_of,
    origin_of,
)
from registry.organizations.rules import (
    EntrySource,
    QualificationEvent,
    QualificationKind,
    QualificationState,
    VerificationDecision,
)
from registry.organizations.tables import Park, Qualification, YearlyProfile
from shared.auth import Actor
from shared.events import record
from shared.http.dependencies import version_checks
from shared.rules import require


async def enter_qualification(
    session: AsyncSession, actor: Actor, org_id: UUID, new: NewQualification, today: date
) -> Qualification:
    """Enter a paper, one's own organization's or, as an official, anyone's (A061, A070).

    One that follows another supersedes it from its own first day on.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, FIELD_MISSING, DAY_IN_FUTURE, DAYS_OUT_OF_ORDER,
    FILE_UNKNOWN, STATE_CONFLICT.
    """
    organization = await queries.organization_found(session, org_id)
    official = actor.has("handler")
    followed = None
    if new.supersedes_id is not None:
        followed = await queries.qualification_for_update(session, org_id, new.supersedes_id)
    require(
        [
            *rules.own_checks(organization.id, actor.org_for(organization.id), official=official),
            *rules.qualification_checks(
                new.kind, new.number, new.level, new.valid_from, new.valid_to, today
            ),
            *(
                []
                if followed is None
                else rules.move_checks(followed.state, QualificationEvent.SUPERSEDE)
            ),
            *await evidence_checks(session, actor, new.file_id),
        ]
    )
    if followed is not None:
        followed.state = rules.MOVES[followed.state, QualificationEvent.SUPERSEDE]
        followed.revoked_on = new.valid_from
        followed.version += 1
    row = _new_qualification(session, actor, org_id, new)
    if official:
        row.due_again_on = await due_day(session, new.valid_to, today)
    session.add(row)
    await session.flush()
    record(
        session,
        actor,
        "qualification.entered",
        row.id,
        after=row.model_dump(),
        org_id=org_id,
        kind=row.kind,
        valid_to=row.valid_to,
    )
    return row


def _new_qualification(
    session: AsyncSession, actor: Actor, org_id: UUID, new: NewQualification
) -> Qualification:
    origin = origin_of(actor)
    official = origin.verified_by is not None
    now = now_of(session)
    return Qualification(
        org_id=org_id,
        kind=new.kind,
        name=new.name,
        level=new.level,
        number=new.number,
        scope=new.scope,
        issuer=new.issuer,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
        file_id=new.file_id,
        state=QualificationState.VERIFIED if official else QualificationState.STATED,
        stated_by=actor.person_id,
        stated_by_org_id=None if official else actor.org_id,
        verified_by=origin.verified_by,
        verified_at=now if official else None,
        supersedes_id=new.supersedes_id,
        recorded_at=now,
    )


async def verify_qualification(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    qualification_id: UUID,
    verdict: Verdict,
    today: date,
) -> Qualification:
    """Find a paper right, again where its day has come, or find it wrong.

    A recognized technology centre then stands in the organization's entry too (A061).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT.
    """
    organization = await queries.organization_for_update(session, org_id)
    row = await queries.qualification_for_update(session, org_id, qualification_id)
    verified = verdict.decision is VerificationDecision.VERIFIED
    event = QualificationEvent.VERIFY if verified else QualificationEvent.REFUSE
    require(
        [
            *rules.other_person_checks(row.stated_by, actor.person_id),
            *rules.move_checks(row.state, event),
        ]
    )
    before = row.model_dump()
    row.state = rules.MOVES[row.state, event]
    row.version += 1
    row.verified_by, row.verified_at = actor.person_id, now_of(session)
    row.basis, row.reason = verdict.basis, verdict.reason
    row.due_again_on = await due_day(session, verdict.due_again_on, today) if verified else None
    record(
        session,
        actor,
        f"qualification.{row.state.value}",
        row.id,
        capacity="handler",
        reason=verdict.reason,
        before=before,
        after=row.model_dump(),
        org_id=org_id,
        kind=row.kind,
    )
    if verified and row.kind is QualificationKind.TECH_CENTER:
        values = NewValues({"tech_center_level": row.level}, row.valid_from, basis=verdict.basis)
        origin = Origin(EntrySource.MEMBER, actor.person_id)
        await keep(session, actor, organization, values, origin, today)
        announce(session, actor, organization)
    return row


async def revoke_qualification(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    qualification_id: UUID,
    revoked_on: date,
    reason: str,
    today: date,
) -> Qualification:
    """Take a paper back: it held up to the day before.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT, DAY_IN_FUTURE.
    """
    row = await queries.qualification_for_update(session, org_id, qualification_id)
    require(
        [
            *rules.move_checks(row.state, QualificationEvent.REVOKE),
            *rules.past_checks(revoked_on, today, "/revoked_on"),
        ]
    )
    before = row.model_dump()
    row.state = rules.MOVES[row.state, QualificationEvent.REVOKE]
    row.version += 1
    row.revoked_on, row.reason = revoked_on, reason
    record(
        session,
        actor,
        "qualification.revoked",
        row.id,
        reason=reason,
        before=before,
        after=row.model_dump(),
        org_id=org_id,
        kind=row.kind,
        revoked_on=revoked_on,
    )
    return row


async def enter_profile(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    new: NewProfile,
    today: date,
    version: int | None = None,
) -> YearlyProfile:
    """Enter an organization's figures of a year, or what supersedes the version that was read.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DAY_IN_FUTURE, FILE_UNKNOWN, ALREADY_EXISTS,
    VERSION_CONFLICT.
    """
    organization = await queries.organization_for_update(session, org_id)
    official = actor.has("handler")
    # Whose figures these are is judged before whether there are any (X04).
    require(rules.own_checks(organization.id, actor.org_for(organization.id), official=official))
    newest = await queries.newest_profile(session, org_id, new.year)
    kept = 0 if newest is None else newest.version
    require(
        [
            *rules.past_checks(date(new.year, 1, 1), today, "/year"),
            *(
                rules.unique_checks(None if newest is None else newest.id)
                if version is None
                else version_checks(kept, version)
            ),
            *await evidence_checks(session, actor, new.file_id),
        ]
    )
    origin = origin_of(actor)
    row = YearlyProfile(
        org_id=org_id,
        year=new.year,
        version=kept + 1,
        **new.figures,
        source=origin.source,
        basis=new.basis,
        file_id=new.file_id,
        stated_by=actor.person_id,
        verified_by=origin.verified_by,
        due_again_on=await due_day(session, None, today) if official else None,
        recorded_at=now_of(session),
    )
    session.add(row)
    await session.flush()
    record(
        session,
        actor,
        "organization.profile_entered",
        org_id,
        before=None if newest is None else newest.model_dump(),
        after=row.model_dump(),
        year=row.year,
        version=row.version,
    )
    return row


async def verify_profile(
    session: AsyncSession,
    actor: Actor,
    org_id: UUID,
    year: int,
    version: int,
    verdict: Verdict,
    today: date,
) -> YearlyProfile:
    """Find the figures of a year right: a version with the same figures that says so.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, VERSION_CONFLICT.
    """
    await queries.organization_for_update(session, org_id)
    newest = (await queries.profile_versions(session, actor, org_id, year))[-1]
    require(
        [
            *rules.other_person_checks(newest.stated_by, actor.person_id),
            *version_checks(newest.version, version),
        ]
    )
    due = await due_day(session, verdict.due_again_on, today)
    kept = newest.model_dump(exclude={"id"})
    row = YearlyProfile(
        **kept
        | {
            "version": newest.version + 1,
            "basis": verdict.basis,
            "verified_by": actor.person_id,
            "due_again_on": due,
            "recorded_at": now_of(session),
        }
    )
    session.add(row)
    await session.flush()
    record(
        session,
        actor,
        "organization.profile_verified",
        org_id,
        capacity="handler",
        before=newest.model_dump(),
        after=row.model_dump(),
        year=year,
        version=row.version,
    )
    return row


async def enter_park(session: AsyncSession, actor: Actor, new: NewPark) -> Park:
    """Enter a park: its developer does, or an official (A068).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, PARK_DEVELOPER_REQUIRED or CODE_UNKNOWN.
    """
    developer = await queries.organization_found(session, new.developer_org_id)
    official = actor.has("handler")
    require(
        [
            *rules.park_checks(
                developer.org_type, developer.id, actor.org_for(developer.id), official=official
            ),
            *rules.region_checks(new.values["region_code"]),
        ]
    )
    park = Park(developer_org_id=developer.id, **new.values)
    session.add(park)
    await session.flush()
    record(
        session,
        actor,
        "park.entered",
        park.id,
        after=park.model_dump(),
        developer_org_id=developer.id,
    )
    return park


async def change_park(
    session: AsyncSession, actor: Actor, park_id: UUID, changes: Mapping[str, Any], version: int
) -> Park:
    """Say what is otherwise now about a park; only what was sent changes (A068).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, CODE_UNKNOWN.
    """
    park = await queries.park_for_update(session, park_id)
    official = actor.has("handler")
    region_code = changes.get("region_code", park.region_code)
    require(
        [
            *rules.own_checks(
                park.developer_org_id, actor.org_for(park.developer_org_id), official=official
            ),
            *version_checks(park.version, version),
            *rules.region_checks(region_code),
        ]
    )
    before = park.model_dump()
    park.sqlmodel_update(dict(changes))
    park.version += 1
    # A second park of the same name is told by the database, while the rule's words are at hand.
    await session.flush()
    record(
        session,
        actor,
        "park.changed",
        park.id,
        before=before,
        after=park.model_dump(),
        fields=sorted(changes),
    )
    return park
