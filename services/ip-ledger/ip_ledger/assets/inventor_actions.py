"""What happens to an asset's list of inventors: told with it, changed with every owner's word."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import inventor_queries as queries
from ip_ledger.assets import inventor_rules as rules
from ip_ledger.assets import queries as assets
from ip_ledger.assets.clock_queries import declare_instant, end_belief
from ip_ledger.assets.inventor_rules import Cause, Part, Proposed, Standing
from ip_ledger.assets.ownership_rules import known_from, placement
from ip_ledger.assets.proposal_rules import (
    MOVES,
    Event,
    OwnerAnswer,
    State,
    withdrawal_checks,
)
from ip_ledger.assets.rules import InventorShare, inventor_checks, inventor_shares
from ip_ledger.assets.tables import (
    Asset,
    AssetInventor,
    InventorChange,
    InventorConsent,
    InventorPerson,
    InventorVersion,
)
from ip_ledger.log.actions import NewRecord, append_records
from shared.auth import Actor
from shared.database import new_id
from shared.events import record
from shared.http import naming, version_checks
from shared.rules import Kind, found, require


async def enter_first(
    session: AsyncSession,
    actor: Actor,
    told: Mapping[UUID, tuple[UUID, Sequence[InventorShare]]],
    now: datetime,
) -> None:
    """Write down who made assets that are registered with their inventors: by set.

    `told` gives by asset its centre and its inventors.
    """
    lists, people = {}, []
    for asset_id, (_, shares) in told.items():
        if shares:
            lists[asset_id], names = _listed(shares)
            people += names
    if not lists:
        return
    await _keep_names(session, people)
    await declare_instant(session, now)
    versions = [
        InventorVersion(
            asset_id=asset_id, number=1, valid_during=Range(None, None),
            known_during=Range(now, None, bounds="[)"), cause=Cause.REGISTERED,
            recorded_by=actor.person_id,
        )
        for asset_id in lists
    ]  # fmt: skip
    await session.execute(insert(InventorVersion), [dict(row) for row in versions])
    parts = {row.id: lists[row.asset_id] for row in versions}
    await session.execute(insert(AssetInventor), _lines(parts))
    centers = {asset_id: center_id for asset_id, (center_id, _) in told.items()}
    await _log(session, versions, parts, centers, None)


def _listed(shares: Sequence[InventorShare]) -> tuple[list[Part], list[dict[str, Any]]]:
    """Give a list by persons' ids, and beside it the rows of their names."""
    ids = {place: new_id() for place, one in enumerate(shares) if one.person_id is None}
    parts = rules.parts_of(shares, inventor_shares(shares), ids)
    return parts, [
        {"id": part.person_id, "name": one.name} for part, one in zip(parts, shares, strict=True)
    ]


async def _keep_names(session: AsyncSession, people: Sequence[Mapping[str, Any]]) -> None:
    """Put names into the one place from which they are erased."""
    # The request told them: what is kept of it, a hash of all it said, goes when they do.
    naming.note(session, [one["id"] for one in people])
    # A person known already keeps the name under which he is known.
    await session.execute(postgresql.insert(InventorPerson).on_conflict_do_nothing(), people)


async def propose(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    one: Proposed,
    *,
    version: int,
    now: datetime,
    today: date,
) -> InventorChange:
    """Propose another list of inventors; with every owner's word it takes effect (A033, A084).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, SHARES_NOT_100,
    INVENTOR_REPEATED, FIELD_INVALID, FIELD_MISSING, BEFORE_ASSET, DAY_IN_FUTURE,
    DAYS_OUT_OF_ORDER, CORRECTION_NOT_NEEDED or STALE_INPUT.
    """
    # The lock on the asset puts changes in order, and every step of a run that reads them.
    asset = await assets.asset_for_update(session, actor, asset_id, today)
    last = await queries.last_version(session, asset.id)
    met = await queries.version_on(session, asset.id, one.valid_from or date.min)
    before = [] if met is None else [_part(row) for row in await queries.parts_of(session, met.id)]
    standing = Standing(
        asset.kind, asset.state, asset.filed_on, asset.dates.first_on, tuple(before)
    )
    concerned = await _concerned(session, asset, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    speaker = tenancy.speaking_as(actor, concerned)
    acting = speaker if speaker in concerned else None
    require(
        [
            rules.CONSENTS.check(
                "FORBIDDEN_SCOPE",
                Kind.SCOPE,
                passed=acting is not None or tenancy.leads(center, actor),
            ),
            *version_checks(asset.version, version),
            *inventor_checks(one.inventors),
            *rules.change_checks(one, standing, today),
        ]
    )
    following, people = _listed(one.inventors)
    require([rules.needed_check(before, following)])
    await _keep_names(session, people)
    change = _change(actor, asset, one, following, now)
    change.base_number = 0 if last is None else last.number
    change.proposed_by_org_id = acting or tenancy.own_organization(actor)
    session.add(change)
    await session.flush()
    # Persons stay in the books: events name none.
    record(
        session, actor, "inventors.proposed", asset.id, center_id=asset.center_id,
        asset_id=asset.id, change_id=change.id, cause=change.cause, valid_from=change.valid_from,
    )  # fmt: skip
    if acting is not None:
        await _say(session, actor, change, acting, OwnerAnswer.CONSENT, now)
    if concerned <= {acting}:
        await _enter(session, actor, asset, change, now)
    return change


def _change(
    actor: Actor, asset: Asset, one: Proposed, following: Sequence[Part], now: datetime
) -> InventorChange:
    return InventorChange(
        asset_id=asset.id,
        center_id=asset.center_id,
        cause=one.cause,
        valid_from=one.valid_from,
        inventors=[_kept(part) for part in following],
        reason=one.reason,
        evidence_ids=list(one.evidence),
        notice_no=None if one.notice is None else one.notice.number,
        approved_on=None if one.notice is None else one.notice.approved_on,
        base_number=0,
        state=State.PENDING,
        proposed_by=actor.person_id,
        proposed_by_org_id=tenancy.own_organization(actor),
        proposed_at=now,
    )


async def answer(
    session: AsyncSession,
    actor: Actor,
    change_id: UUID,
    said: OwnerAnswer,
    *,
    now: datetime,
    today: date,
) -> InventorChange:
    """Say for one's own organization what one thinks of a change; the last consent makes it.

    An official's word suffices where a dispute was decided: the decision stands for the others.
    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, STATE_CONFLICT, ALREADY_SIGNED or
    STALE_INPUT.
    """
    seen = await queries.visible_change(session, actor, change_id, today)
    asset = found(await assets.asset_locked(session, seen.asset_id))
    change = await queries.change_for_update(session, change_id)
    if actor.is_official:
        require(
            rules.judgment_checks(change.state, change.cause, change.proposed_by, actor.person_id)
        )
        return await _decided(session, actor, asset, change, said, now)
    concerned = await _concerned(session, asset, today)
    answered = {row.org_id for row in (await queries.answers_of(session, [change.id]))[change.id]}
    org_id = tenancy.speaking_as(actor, concerned, answered)
    require(rules.answer_checks(change.state, org_id, concerned, answered))
    await _say(session, actor, change, found(org_id), said, now)
    if said is not OwnerAnswer.CONSENT:
        return _move(session, actor, change, Event.REFUSE)
    if concerned <= {*answered, org_id}:
        await _enter(session, actor, asset, change, now)
    return change


async def _decided(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    change: InventorChange,
    said: OwnerAnswer,
    now: datetime,
) -> InventorChange:
    if said is OwnerAnswer.CONSENT:
        await _enter(session, actor, asset, change, now)
        return change
    return _move(session, actor, change, Event.REFUSE)


async def withdraw(
    session: AsyncSession, actor: Actor, change_id: UUID, *, version: int, today: date
) -> InventorChange:
    """Take back a change that one proposed and that waits.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    await queries.visible_change(session, actor, change_id, today)
    change = await queries.change_for_update(session, change_id)
    is_proposer = change.proposed_by_org_id in actor.org_ids
    require(
        [
            *withdrawal_checks(change.state, is_proposer=is_proposer),
            *version_checks(change.version, version),
        ]
    )
    return _move(session, actor, change, Event.WITHDRAW)


async def _concerned(session: AsyncSession, asset: Asset, today: date) -> set[UUID]:
    """Name whose word a change needs: the owners; before there are any, the inventors' units."""
    owned = await assets.ownership_on(session, asset.id, today)
    if owned is not None:
        return {owner for owner, _ in owned.shares}
    units = {row.org_id for row in await queries.inventors_of(session, asset.id)}
    return units or {asset.submitted_by_org_id}


async def _say(
    session: AsyncSession,
    actor: Actor,
    change: InventorChange,
    org_id: UUID,
    said: OwnerAnswer,
    now: datetime,
) -> None:
    session.add(
        InventorConsent(
            change_id=change.id, org_id=org_id, answer=said, given_by=actor.person_id, given_at=now
        )
    )
    await session.flush()
    record(
        session, actor, "inventors.answered", change.asset_id, center_id=change.center_id,
        asset_id=change.asset_id, change_id=change.id, org_id=org_id, answer=said,
    )  # fmt: skip


async def _enter(
    session: AsyncSession, actor: Actor, asset: Asset, change: InventorChange, now: datetime
) -> None:
    """Let a change take its place in time; the asset's lock is held."""
    last = await queries.last_version(session, asset.id)
    require([rules.base_check(change.base_number, 0 if last is None else last.number)])
    at = known_from(now, None if last is None else last.known_from)
    await declare_instant(session, at)
    periods = await queries.known_periods(session, asset.id)
    placed = placement(periods, change.valid_from or date.min)
    number = 0 if last is None else last.number
    written: list[InventorVersion] = []
    parts: dict[UUID, list[Part]] = {}
    if placed.closed is not None:
        former = await queries.version_by_id(session, placed.closed.version_id)
        kept = [_part(row) for row in await queries.parts_of(session, former.id)]
        await end_belief(session, former, at)
        if placed.restated_before is not None:
            number += 1
            row = _version(
                actor, asset, former.cause, former.change_id, at, number,
                Range(_lower(former.valid_from), placed.restated_before, bounds="[)"),
            )  # fmt: skip
            written.append(row)
            parts[row.id] = kept
    days = Range(_lower(placed.valid_from), placed.before, bounds="[)")
    fresh = _version(actor, asset, change.cause, change.id, at, number + 1, days)
    written.append(fresh)
    parts[fresh.id] = [_told(one) for one in change.inventors]
    await session.execute(insert(InventorVersion), [dict(row) for row in written])
    await session.execute(insert(AssetInventor), _lines(parts))
    await _log(session, written, parts, {asset.id: asset.center_id}, change)
    asset.version += 1
    change.version_id = fresh.id
    _move(session, actor, change, Event.TAKE_EFFECT, version_id=fresh.id)


def _lower(day: date) -> date | None:
    """Give the bound of a range: what holds from the beginning has none."""
    return None if day == date.min else day


def _version(
    actor: Actor, asset: Asset, cause: Cause, change_id: UUID | None, at: datetime, number: int,
    days: Range[date],
) -> InventorVersion:  # fmt: skip
    return InventorVersion(
        asset_id=asset.id, number=number, valid_during=days,
        known_during=Range(at, None, bounds="[)"), cause=cause, change_id=change_id,
        recorded_by=actor.person_id,
    )  # fmt: skip


def _lines(parts: Mapping[UUID, Sequence[Part]]) -> list[dict[str, Any]]:
    return [
        {
            "version_id": version_id,
            "place": place,
            "person_id": part.person_id,
            "org_id": part.org_id,
            "share_ppm": part.share_ppm,
            "is_head_of_unit": part.is_head_of_unit,
        }
        for version_id, people in parts.items()
        for place, part in enumerate(people, start=1)
    ]


async def _log(
    session: AsyncSession,
    versions: Sequence[InventorVersion],
    parts: Mapping[UUID, Sequence[Part]],
    centers: Mapping[UUID, UUID],
    change: InventorChange | None,
) -> None:
    """Make every list a record of the log; persons stand in it by id alone, and sealed."""
    await append_records(
        session,
        [
            NewRecord(
                kind="inventor_version",
                record_id=row.id,
                center_id=centers[row.asset_id],
                document=_document(row, change),
                openings={"inventors": [_kept(part) for part in parts[row.id]]},
                readers=sorted({part.org_id for part in parts[row.id]}),
            )
            for row in versions
        ],
    )


def _document(row: InventorVersion, change: InventorChange | None) -> dict[str, Any]:
    first, before = _lower(row.valid_from), row.valid_before
    own = change is not None and row.change_id == change.id
    return {
        "asset_id": str(row.asset_id),
        "number": row.number,
        "valid_from": None if first is None else first.isoformat(),
        "valid_before": None if before is None else before.isoformat(),
        "known_from": row.known_from.isoformat(),
        "cause": row.cause.value,
        "change_id": None if row.change_id is None else str(row.change_id),
        "notice_no": change.notice_no if own and change else None,
        "evidence": [str(one) for one in change.evidence_ids] if own and change else [],
    }


def _part(row: AssetInventor) -> Part:
    return Part(row.person_id, row.org_id, row.share_ppm, row.is_head_of_unit)


def _kept(part: Part) -> dict[str, Any]:
    return {
        "person_id": str(part.person_id),
        "org_id": str(part.org_id),
        "share_ppm": part.share_ppm,
        "is_head_of_unit": part.is_head_of_unit,
    }


def _told(kept: Mapping[str, Any]) -> Part:
    return Part(
        UUID(kept["person_id"]), UUID(kept["org_id"]), kept["share_ppm"], kept["is_head_of_unit"]
    )


def _move(
    session: AsyncSession,
    actor: Actor,
    change: InventorChange,
    event: Event,
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> InventorChange:
    before = change.model_dump()
    change.state = MOVES[change.state, event]
    change.version += 1
    record(
        session, actor, f"inventor_change.{change.state.value}", change.id,
        center_id=change.center_id, before=before, after=change.model_dump(),
        asset_id=change.asset_id, change_id=change.id, **data,
    )  # fmt: skip
    return change
