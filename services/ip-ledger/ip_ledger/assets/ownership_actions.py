"""What happens to ownership: a change takes its place in time, and what it replaces is kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.assets import inventor_queries as inventors
from ip_ledger.assets import ownership_rules as rules
from ip_ledger.assets import proposal_rules as proposals
from ip_ledger.assets import queries
from ip_ledger.assets.clock_queries import declare_instant, end_belief
from ip_ledger.assets.ownership_rules import Attribution, Period, Placement
from ip_ledger.assets.proposal_rules import Registration
from ip_ledger.assets.tables import Asset, OwnershipLine, OwnershipProposal, OwnershipVersion
from ip_ledger.log.actions import NewRecord, append_records
from shared.auth import Actor
from shared.database import new_id
from shared.directory import DirectoryCenter
from shared.events import record
from shared.events.recording import content_sha256
from shared.http import version_checks
from shared.rules import Check, found, require


@dataclass(frozen=True, slots=True)
class Change:
    """New shares from a day on, with the organizations that consent; shares are in ppm.

    With `awaits_consents` a change that still lacks some is kept and waits; `registration` is the
    office's entry of a transfer, without which a patent's has no effect.
    """

    valid_from: date
    cause: str
    shares: tuple[tuple[UUID, int], ...]
    consents: tuple[UUID, ...] = ()
    awaits_consents: bool = False
    registration: Registration | None = None
    # The organization for which it is recorded, where that is not the actor's own.
    recorded_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the checks found out on the way: by what the change is right."""

    scope: Check
    consents: Sequence[Check]
    decided_by: str
    agreement_id: UUID | None = None


async def change_ownership(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    change: Change,
    *,
    version: int,
    known_orgs: frozenset[UUID],
    now: datetime,
    today: date,
) -> queries.Version | OwnershipProposal:
    """Record who owns an asset from a day on, until the next change that is known (A084, A086).

    What takes a share away needs the own account of whoever has it. A change that waits, for
    consents or for its registration, comes back as a proposal and changes nothing yet. `known_orgs`
    are those of the owners that the programme knows. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE,
    VERSION_CONFLICT, SHARES_NOT_100, PARTY_…, BEFORE_ASSET, DAY_IN_FUTURE, CONSENT_MISSING or
    CONSORTIUM_NOT_REGISTERED.
    """
    # The lock on the asset makes look and change one step, and puts the instants in order.
    asset = await queries.asset_for_update(session, actor, asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    shares = named_owners(change.shares, center)
    sha256 = change_sha256(asset_id, change.valid_from, change.cause, shares)
    former = await former_owners(session, asset_id, change.valid_from)
    verdict = await _judged(session, actor, asset, center, change, shares, former, sha256, today)
    unregistered = (
        bool(former)
        and change.registration is None
        and proposals.needs_registration(asset.kind, change.cause)
    )
    waits = change.awaits_consents or unregistered
    owners = {owner for owner, _ in change.shares} - {center.id}
    require(
        [
            *version_checks(asset.version, version),
            *rules.share_checks(shares),
            *rules.owner_checks(owners, known_orgs),
            *rules.day_checks(change.valid_from, asset.dates.first_on),
            *rules.entity_checks(
                names_center=any(owner == center.id for owner, _ in change.shares),
                has_legal_entity=center.legal_entity_id is not None,
            ),
            *_registration_checks(change, today),
            verdict.scope,
            *([] if waits else verdict.consents),
        ]
    )
    if unregistered or any(check.refuses for check in verdict.consents):
        return await _propose(session, actor, asset, change, shares, former, sha256, now, today)
    if change.registration is not None:
        change = replace(change, valid_from=change.registration.registered_on)
    return await enter_change(
        session, actor, asset, change, shares, verdict.decided_by, verdict.agreement_id, now
    )


def _registration_checks(change: Change, today: date) -> list[Check]:
    registered_on = None if change.registration is None else change.registration.registered_on
    return [proposals.TRANSFERS.past(registered_on, today, "/registered_on")]


async def _propose(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    change: Change,
    shares: Sequence[tuple[UUID, int]],
    former: Sequence[UUID],
    sha256: str,
    now: datetime,
    today: date,
) -> OwnershipProposal:
    """Keep a change that waits; whoever proposes it consents to it."""
    row = OwnershipProposal(
        asset_id=asset.id,
        center_id=asset.center_id,
        cause=change.cause,
        valid_from=change.valid_from,
        shares=[{"owner_id": str(owner), "ppm": ppm} for owner, ppm in shares],
        change_sha256=sha256,
        state=proposals.State.PENDING,
        needs_registration=proposals.needs_registration(asset.kind, change.cause) and bool(former),
        refusal_until=proposals.refusal_until(
            change.cause, former, [owner for owner, _ in shares], today
        ),
        proposed_by=actor.person_id,
        proposed_by_org_id=_acting(actor, former),
        proposed_at=now,
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "ownership.proposed", asset.id, center_id=asset.center_id,
        asset_id=asset.id, proposal_id=row.id, cause=row.cause, owners=former,
        refusal_until=row.refusal_until,
    )  # fmt: skip
    return row


async def enter_change(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    change: Change,
    shares: Sequence[tuple[UUID, int]],
    decided_by: str,
    agreement_id: UUID | None,
    now: datetime,
) -> queries.Version:
    """Write a change that all checks have passed; the asset's lock is held."""
    before = asset.model_dump()
    periods = await queries.known_periods(session, asset.id)
    known_from = rules.known_from(now, asset.ownership_known_at)
    await declare_instant(session, known_from)
    placed = rules.placement(periods, change.valid_from)
    fresh = _fresh(actor, asset, change, decided_by, agreement_id, placed, known_from)
    number = await queries.last_number(session, asset.id)
    written = await _write(session, actor, placed, fresh, shares, number)
    asset.version += 1
    asset.ownership_known_at = known_from
    await _log(session, asset, written)
    record(
        session,
        actor,
        "ownership.changed",
        asset.id,
        center_id=asset.center_id,
        reason=change.cause,
        before=before,
        after=[asset.model_dump(), [(line.owner_id, line.ppm) for line in written[-1].lines]],
        asset_id=asset.id,
        version_id=fresh.id,
        origin_id=fresh.origin_id,
        valid_from=change.valid_from,
        valid_before=placed.before,
        owners=[owner for owner, _ in shares],
    )
    return written[-1]


def named_owners(
    shares: Sequence[tuple[UUID, int]], center: DirectoryCenter
) -> list[tuple[UUID, int]]:
    """Let a centre own through its legal entity, where it is named itself."""
    entity = center.legal_entity_id or center.id
    return [(entity if owner == center.id else owner, ppm) for owner, ppm in shares]


def change_sha256(
    asset_id: UUID, valid_from: date, cause: str, shares: Sequence[tuple[UUID, int]]
) -> str:
    """Hash what a change says, so that a consent is to this one and to no other."""
    return content_sha256(
        [asset_id, valid_from, cause, sorted([str(owner), ppm] for owner, ppm in shares)]
    )


async def former_owners(session: AsyncSession, asset_id: UUID, valid_from: date) -> list[UUID]:
    """Name the owners whose version gives way, or the first known ones before whom it goes."""
    periods: Sequence[Period] = await queries.known_periods(session, asset_id)
    covering = [period for period in periods if period.covers(valid_from)] or periods[:1]
    if not covering:
        return []
    version = found(await queries.version_by_id(session, covering[0].version_id))
    return [line.owner_id for line in version.lines]


async def _judged(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    center: DirectoryCenter,
    change: Change,
    shares: Sequence[tuple[UUID, int]],
    former: Sequence[UUID],
    sha256: str,
    today: date,
) -> _Verdict:
    """Judge who acts and who consents: by the agreement for a first registration, else by law."""
    given = await queries.consenting(session, asset.id, sha256)
    holders = former or [org for org in [asset.trustee_org_id] if org is not None]
    acting = _acting(actor, holders)
    # What the body says of others counts only for what it gives them.
    stated = actor.org_ids & {*change.consents}
    if not former and change.cause != rules.TRUST_RELEASE:
        stated |= {owner for owner, _ in shares} & {*change.consents}
    consenting = rules.consenting_orgs(change.cause, stated | given, acting)
    may_act = not former or acting in holders or tenancy.leads(center, actor)
    scope = rules.acting_check(is_concerned=may_act)
    if holders and (former or change.cause == rules.TRUST_RELEASE):
        return _Verdict(scope, rules.change_checks(holders, consenting), "consent")
    attribution = await _attribution(session, asset, today)
    by_agreement = rules.follows(attribution, shares, tenancy.operator_id(center)) and (
        tenancy.leads(center, actor) or _is_fixed(attribution)
    )
    needed = await _entitled(session, asset, shares)
    return _Verdict(
        scope,
        rules.registration_checks(needed, consenting, by_agreement=by_agreement),
        "agreement" if by_agreement else "consent",
        attribution.agreement_id if attribution and by_agreement else None,
    )


def _acting(actor: Actor, holders: Collection[UUID]) -> UUID:
    """Name as whom the actor acts: as one of the holders where it acts for one."""
    return tenancy.speaking_as(actor, holders) or tenancy.own_organization(actor)


def _is_fixed(attribution: Attribution | None) -> bool:
    return attribution is not None and attribution.shares is not None


async def _attribution(session: AsyncSession, asset: Asset, today: date) -> Attribution | None:
    """Give what the agreement says of first ownership; it says nothing of what was brought in."""
    terms = await agreements.in_force(session, asset.center_id, today)
    if terms is None or asset.is_background:
        return None
    return Attribution(terms.id, frozenset(terms.parties), terms.attribution_ppm)


async def _entitled(
    session: AsyncSession, asset: Asset, shares: Sequence[tuple[UUID, int]]
) -> list[UUID]:
    """Name the owners to be, and the organizations whose people made the asset."""
    makers = await inventors.inventors_of(session, asset.id)
    named = [*(owner for owner, _ in shares), *(one.org_id for one in makers)]
    return list(dict.fromkeys(named))


def _fresh(
    actor: Actor,
    asset: Asset,
    change: Change,
    decided_by: str,
    agreement_id: UUID | None,
    placed: Placement,
    known_from: datetime,
) -> OwnershipVersion:
    version_id = new_id()
    return OwnershipVersion(
        id=version_id,
        asset_id=asset.id,
        number=0,
        origin_id=version_id,
        valid_during=Range(placed.valid_from, placed.before, bounds="[)"),
        known_during=Range(known_from, None, bounds="[)"),
        cause=change.cause,
        decided_by=decided_by,
        agreement_id=agreement_id,
        consents=[str(org) for org in change.consents],
        recorded_by=actor.person_id,
        recorded_by_org_id=change.recorded_for or tenancy.own_organization(actor),
    )


async def _write(
    session: AsyncSession,
    actor: Actor,
    placed: Placement,
    fresh: OwnershipVersion,
    shares: Sequence[tuple[UUID, int]],
    number: int,
) -> list[queries.Version]:
    """End the belief in what gives way, restate its remaining days, and write the new version."""
    written: list[queries.Version] = []
    if placed.closed is not None:
        former = found(await queries.version_by_id(session, placed.closed.version_id))
        if placed.restated_before is not None:
            number += 1
            written.append(_restated(actor, former, placed, fresh.known_from, number))
        await end_belief(session, former.row, fresh.known_from)
    fresh.number = number + 1
    lines = [OwnershipLine(version_id=fresh.id, owner_id=o, ppm=ppm) for o, ppm in shares]
    written.append(queries.Version(fresh, lines))
    session.add_all([version.row for version in written])
    await session.flush()
    session.add_all([line for version in written for line in version.lines])
    await session.flush()
    return written


def _restated(
    actor: Actor,
    former: queries.Version,
    placed: Placement,
    known_from: datetime,
    number: int,
) -> queries.Version:
    row = former.row
    version_id = new_id()
    shorter = OwnershipVersion(
        **row.model_dump(exclude={"id", "number", "valid_during", "known_during", "recorded_by"}),
        id=version_id,
        number=number,
        valid_during=Range(row.valid_from, placed.restated_before, bounds="[)"),
        known_during=Range(known_from, None, bounds="[)"),
        recorded_by=actor.person_id,
    )
    lines = [
        OwnershipLine(version_id=version_id, owner_id=line.owner_id, ppm=line.ppm)
        for line in former.lines
    ]
    return queries.Version(shorter, lines)


async def _log(session: AsyncSession, asset: Asset, written: Sequence[queries.Version]) -> None:
    """Make every written version a record of the log; owners and shares stand in it sealed."""
    await append_records(
        session,
        [
            NewRecord(
                kind="ownership_version",
                record_id=version.row.id,
                center_id=asset.center_id,
                document=_document(asset, version.row),
                openings={
                    "shares": [
                        {"owner_id": str(line.owner_id), "ppm": line.ppm} for line in version.lines
                    ],
                    "consents": version.row.consents,
                },
                readers=[line.owner_id for line in version.lines],
            )
            for version in written
        ],
    )


def _document(asset: Asset, row: OwnershipVersion) -> dict[str, Any]:
    before = row.valid_before
    return {
        "asset_id": str(asset.id),
        "number": row.number,
        "origin_id": str(row.origin_id),
        "valid_from": row.valid_from.isoformat(),
        "valid_before": before.isoformat() if before else None,
        "known_from": row.known_from.isoformat(),
        "cause": row.cause,
        "decided_by": row.decided_by,
        "agreement_id": str(row.agreement_id) if row.agreement_id else None,
    }
