"""What happens to licenses: granted by an owner, consented to by the others, recorded, ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.assets import queries as assets
from ip_ledger.assets.rules import PATENTS
from ip_ledger.assets.tables import Asset
from ip_ledger.contracts import queries, rules
from ip_ledger.contracts.actions import states
from ip_ledger.contracts.rules import Event, Grant, LicenseType, Standing, State, Threshold
from ip_ledger.contracts.tables import License, LicenseConsent
from shared.auth import Actor
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, Kind, Policy, found, require


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the consents to a license are judged by: owners that day, and the agreement's word."""

    ownership: assets.Owned | None
    threshold: Threshold | None

    @property
    def shares(self) -> tuple[tuple[UUID, int], ...]:
        return () if self.ownership is None else self.ownership.shares

    @property
    def owners(self) -> list[UUID]:
        return [owner for owner, _ in self.shares]


async def grant(
    session: AsyncSession,
    actor: Actor,
    one: Grant,
    *,
    is_licensee_known: bool,
    policy: Policy,
    now: datetime,
    today: date,
) -> License:
    """Grant a license on behalf of an owner (A084, 专利法14).

    With `awaits_consents` a license that still lacks consents is kept, and waits for them. Raises
    `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, OWNERSHIP_MISSING, LICENSOR_NOT_OWNER, CONSENT_MISSING,
    PARTY_UNKNOWN, USCC_…, DAYS_OUT_OF_ORDER, RIGHT_EXPIRED, RIGHT_LAPSED,
    STATE_CONFLICT or LICENSE_CONFLICT.
    """
    asset = await assets.asset_for_update(session, actor, one.asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    basis = await _basis(session, asset.id, asset.center_id, one.type, one.effective_on)
    if one.licensor_id == center.id:
        # A centre that is named itself grants through its legal entity.
        one = replace(one, licensor_id=center.legal_entity_id or center.id)
    consents = rules.consent_checks(
        one.type, one.licensor_id, basis.shares, one.consents, basis.threshold
    )
    is_pending = any(check.refuses for check in consents)
    require(
        [
            *rules.licensor_checks(one.licensor_id, actor.org_for(one.licensor_id), basis.owners),
            *rules.licensee_checks(
                one.licensee_org_id, one.licensee_uscc, is_known=is_licensee_known
            ),
            *rules.term_checks(one.effective_on, one.term_until),
            *rules.asset_checks(asset.state, asset.term_until, one.effective_on, asset.days_gone),
            *rules.conflict_checks(
                Standing(asset.id, one.type, one.territory, one.effective_on, one.term_until),
                await queries.standing_licenses(session, asset.id),
            ),
            *([] if one.awaits_consents else consents),
        ]
    )
    row = _row(actor, asset, one, basis, policy, now)
    row.state = State.CONSENT_PENDING if is_pending else State.SIGNED
    session.add(row)
    await session.flush()
    stated = [
        LicenseConsent(
            license_id=row.id, org_id=org, is_own=False, given_by=actor.person_id, given_at=now
        )
        for org in one.consents
        if org in basis.owners
    ]
    session.add_all(stated)
    await _enter(session, actor, row, basis.owners, now, 1, None)
    record(session, actor, "license.granted", row.id, center_id=row.center_id, **_event_data(row))
    return row


def _row(
    actor: Actor, asset: Asset, one: Grant, basis: _Basis, policy: Policy, now: datetime
) -> License:
    threshold, code = basis.threshold, one.licensee_uscc
    is_patent = asset.kind in PATENTS
    return License(
        asset_id=asset.id,
        center_id=asset.center_id,
        licensor_id=one.licensor_id,
        licensee_org_id=one.licensee_org_id,
        licensee_uscc=code.upper() if code else None,
        type=one.type,
        territory=one.territory,
        effective_on=one.effective_on,
        term_until=one.term_until,
        may_sublicense=one.may_sublicense,
        state=State.SIGNED,
        decided_by=rules.LAW if threshold is None else rules.AGREEMENT,
        agreement_id=None if threshold is None else threshold.agreement_id,
        ownership_version_id=found(basis.ownership).version_id,
        record_due_on=rules.record_due_on(policy, one.effective_on) if is_patent else None,
        recorded_by=actor.person_id,
        recorded_at=now,
    )


async def consent(
    session: AsyncSession, actor: Actor, license_id: UUID, *, now: datetime, today: date
) -> License:
    """Consent for one's own organization; the consent that suffices makes the license.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, ALREADY_SIGNED, STATE_CONFLICT or
    LICENSE_CONFLICT.
    """
    row = await queries.license_for_update(session, actor, license_id, today)
    basis = await _basis(session, row.asset_id, row.center_id, row.type, row.effective_on)
    given = [one.org_id for one in (await queries.consents_of(session, [row.id]))[row.id]]
    speaker = tenancy.speaking_as(actor, basis.owners, given)
    require(rules.consent_giver_checks(row.state, speaker, basis.owners, given))
    org_id = found(speaker)
    session.add(
        LicenseConsent(
            license_id=row.id, org_id=org_id, is_own=True, given_by=actor.person_id, given_at=now
        )
    )
    before = row.model_dump()
    row.version += 1
    record(
        session, actor, "license.consented", row.id, center_id=row.center_id, org_id=org_id,
        before=before, after=row.model_dump(), **_event_data(row),
    )  # fmt: skip
    checks = rules.consent_checks(
        row.type, row.licensor_id, basis.shares, [*given, org_id], basis.threshold
    )
    if all(check.passed for check in checks):
        # What was granted while this one waited may leave it no room.
        standing = await queries.standing_licenses(session, row.asset_id)
        one = Standing(row.id, row.type, row.territory, row.effective_on, row.term_until)
        require(rules.conflict_checks(one, standing))
        await _move(session, actor, row, Event.SIGN, None, now)
    return row


async def record_with_cnipa(
    session: AsyncSession,
    actor: Actor,
    license_id: UUID,
    record_no: str,
    recorded_on: date,
    *,
    version: int,
    now: datetime,
    today: date,
) -> License:
    """Enter the number under which CNIPA recorded a license (专利法实施细则15).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    row = await queries.license_for_update(session, actor, license_id, today)
    require(
        [
            *_licensor_only(row, actor),
            *version_checks(row.version, version),
            *rules.event_checks(row.state, Event.REGISTER),
            rules.RECORDING.check(
                "STATE_CONFLICT",
                Kind.STATE,
                passed=row.cnipa_record_no is None,
                state=row.state.value,
            ),
        ]
    )
    before = row.model_dump()
    row.cnipa_record_no, row.cnipa_recorded_on = record_no, recorded_on
    await _move(session, actor, row, Event.REGISTER, None, now, before=before)
    return row


async def change_state(
    session: AsyncSession,
    actor: Actor,
    license_id: UUID,
    event: Event,
    reason: str | None,
    *,
    version: int,
    now: datetime,
    today: date,
) -> License:
    """Record that a license is performed, completed or terminated.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    row = await queries.license_for_update(session, actor, license_id, today)
    require(
        [
            *_licensor_only(row, actor),
            *version_checks(row.version, version),
            *rules.event_checks(row.state, event, by_hand=True),
        ]
    )
    await _move(session, actor, row, event, reason, now)
    return row


def _licensor_only(row: License, actor: Actor) -> list[Check]:
    return [
        rules.CO_OWNERS.check(
            "FORBIDDEN_SCOPE", Kind.SCOPE, passed=row.licensor_id in actor.org_ids
        )
    ]


async def _basis(
    session: AsyncSession, asset_id: UUID, center_id: UUID, kind: LicenseType, day: date
) -> _Basis:
    ownership = await assets.ownership_on(session, asset_id, day)
    terms = await agreements.in_force(session, center_id, day)
    if terms is None:
        return _Basis(ownership, None)
    required = (
        terms.ordinary_license_consent_ppm
        if kind is LicenseType.ORDINARY
        else terms.other_license_consent_ppm
    )
    return _Basis(ownership, None if required is None else Threshold(terms.id, required))


async def _move(
    session: AsyncSession,
    actor: Actor,
    row: License,
    event: Event,
    reason: str | None,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
) -> None:
    """Take a step; `before` is how the license stood, where more than its state has changed."""
    before = before or row.model_dump()
    row.state = rules.MOVES[row.state, event]
    row.version += 1
    await session.flush()
    ownership = await assets.version_by_id(session, row.ownership_version_id)
    owners = [] if ownership is None else [line.owner_id for line in ownership.lines]
    ordinal = await queries.last_ordinal(session, row.id) + 1
    await _enter(session, actor, row, owners, now, ordinal, reason)
    record(
        session,
        actor,
        f"license.{row.state.value}",
        row.id,
        center_id=row.center_id,
        reason=reason,
        before=before,
        after=row.model_dump(),
        **_event_data(row),
    )


async def _enter(
    session: AsyncSession,
    actor: Actor,
    row: License,
    owners: Sequence[UUID],
    now: datetime,
    ordinal: int,
    reason: str | None,
) -> None:
    licensee = [] if row.licensee_org_id is None else [row.licensee_org_id]
    entered = states.Entered(
        row.id,
        row.center_id,
        row.state,
        _log_document(row),
        _log_openings(row),
        [row.licensor_id, *owners, *licensee],
    )
    await states.enter_states(session, actor, [entered], now, ordinal=ordinal, reason=reason)


def _log_document(row: License) -> dict[str, Any]:
    return {
        "type": "license",
        "kind": row.type.value,
        "asset_id": str(row.asset_id),
        "ownership_version_id": str(row.ownership_version_id),
        "effective_on": row.effective_on.isoformat(),
        "term_until": row.term_until.isoformat() if row.term_until else None,
        "decided_by": row.decided_by,
        "cnipa_record_no": row.cnipa_record_no,
    }


def _log_openings(row: License) -> dict[str, Any]:
    return {
        "licensor_id": str(row.licensor_id),
        "licensee": {
            "org_id": str(row.licensee_org_id) if row.licensee_org_id else None,
            "uscc": row.licensee_uscc,
        },
        "territory": row.territory,
    }


def _event_data(row: License) -> dict[str, Any]:
    return {
        "license_id": row.id,
        "asset_id": row.asset_id,
        "type": row.type,
        "state": row.state,
        "effective_on": row.effective_on,
        "record_due_on": row.record_due_on,
    }
