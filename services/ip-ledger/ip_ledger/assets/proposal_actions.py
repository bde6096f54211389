"""What owners say to changes of ownership and to filing, and what follows from it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries as agreements
from ip_ledger.assets import inventor_queries as inventors
from ip_ledger.assets import ownership_actions, queries
from ip_ledger.assets import proposal_rules as rules
from ip_ledger.assets.ownership_actions import Change
from ip_ledger.assets.proposal_rules import (
    Event,
    FilingPosition,
    OwnerAnswer,
    Registration,
)
from ip_ledger.assets.tables import (
    Asset,
    AssetFilingPosition,
    OwnershipConsent,
    OwnershipProposal,
)
from shared.auth import Actor
from shared.events import record
from shared.http import version_checks
from shared.rules import Kind, found, require


async def consent_ahead(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    change: Change,
    *,
    now: datetime,
    today: date,
) -> OwnershipConsent:
    """Consent by one's own account to a change that somebody will record (A084, 专利法14).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, ALREADY_SIGNED or STATE_CONFLICT.
    """
    asset = await queries.asset_for_update(session, actor, asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    shares = ownership_actions.named_owners(change.shares, center)
    sha256 = ownership_actions.change_sha256(asset_id, change.valid_from, change.cause, shares)
    given = await queries.consenting(session, asset_id, sha256)
    concerned = await _concerned(session, asset, change.valid_from)
    concerned |= {owner for owner, _ in shares}
    org_id = tenancy.speaking_as(actor, concerned, given)
    require(rules.answer_checks(rules.State.PENDING, org_id, concerned, given))
    return await _answer(session, actor, asset, found(org_id), sha256, OwnerAnswer.CONSENT, now)


async def _concerned(session: AsyncSession, asset: Asset, day: date) -> set[UUID]:
    """Name who has a say: owners, the trustee, and the units whose people made the asset."""
    former = await ownership_actions.former_owners(session, asset.id, day)
    makers = await inventors.inventors_of(session, asset.id)
    trustee = {asset.trustee_org_id} if asset.trustee_org_id else set()
    return {*former, *trustee, *(one.org_id for one in makers)}


async def _answer(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    org_id: UUID,
    sha256: str,
    answer: OwnerAnswer,
    now: datetime,
) -> OwnershipConsent:
    row = OwnershipConsent(
        asset_id=asset.id,
        org_id=org_id,
        change_sha256=sha256,
        answer=answer,
        given_by=actor.person_id,
        given_at=now,
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "ownership.answered", asset.id, center_id=asset.center_id,
        asset_id=asset.id, org_id=row.org_id, answer=answer, change_sha256=sha256,
    )  # fmt: skip
    return row


async def answer(
    session: AsyncSession,
    actor: Actor,
    proposal_id: UUID,
    said: OwnerAnswer,
    *,
    now: datetime,
    today: date,
) -> OwnershipProposal:
    """Say for one's own organization what one thinks of a change; the last consent makes it.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT or ALREADY_SIGNED.
    """
    seen = await queries.visible_proposal(session, actor, proposal_id, today)
    asset = await queries.asset_for_update(session, actor, seen.asset_id, today)
    proposal = await queries.proposal_for_update(session, proposal_id)
    owners = await _needed(session, asset, proposal)
    said_before = (await queries.answers_of(session, [proposal])).get(proposal.change_sha256, [])
    answered = {row.org_id for row in said_before}
    org_id = tenancy.speaking_as(actor, owners, answered)
    require(rules.answer_checks(proposal.state, org_id, owners, answered))
    await _answer(session, actor, asset, found(org_id), proposal.change_sha256, said, now)
    if said is not OwnerAnswer.CONSENT:
        return _move(session, actor, proposal, Event.REFUSE, answer=said)
    missing = await _missing(session, asset, proposal)
    if not missing and not proposal.needs_registration:
        await _apply(session, actor, asset, proposal, proposal.valid_from, now)
    return proposal


async def _needed(session: AsyncSession, asset: Asset, proposal: OwnershipProposal) -> list[UUID]:
    """Name whose consent a change needs: those that lose by it, as known now."""
    former = await ownership_actions.former_owners(session, asset.id, proposal.valid_from)
    if former:
        return former
    concerned = await _concerned(session, asset, proposal.valid_from)
    return sorted(concerned | {UUID(one["owner_id"]) for one in proposal.shares})


async def _missing(session: AsyncSession, asset: Asset, proposal: OwnershipProposal) -> list[UUID]:
    given = await queries.consenting(session, asset.id, proposal.change_sha256)
    given.add(proposal.proposed_by_org_id)
    return [org for org in await _needed(session, asset, proposal) if org not in given]


async def register(
    session: AsyncSession,
    actor: Actor,
    proposal_id: UUID,
    registration: Registration,
    *,
    version: int,
    now: datetime,
    today: date,
) -> OwnershipProposal:
    """Enter the office's registration of a transfer, from which day on it holds (专利法10, D11.6).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, STATE_CONFLICT, DAY_IN_FUTURE,
    FIRST_REFUSAL_OPEN or CONSENT_MISSING.
    """
    seen = await queries.visible_proposal(session, actor, proposal_id, today)
    asset = await queries.asset_for_update(session, actor, seen.asset_id, today)
    proposal = await queries.proposal_for_update(session, proposal_id)
    center = found(await tenancy.center_of(session, asset.center_id))
    owners = await _needed(session, asset, proposal)
    may_act = not actor.org_ids.isdisjoint(owners) or tenancy.leads(center, actor)
    missing = await _missing(session, asset, proposal)
    require(
        [
            rules.CO_OWNERS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may_act),
            *version_checks(proposal.version, version),
            *rules.registration_checks(
                proposal.state, registration, missing, proposal.refusal_until, today
            ),
        ]
    )
    proposal.registered_on = registration.registered_on
    proposal.registration_no = registration.number
    await _apply(session, actor, asset, proposal, registration.registered_on, now)
    return proposal


async def withdraw(
    session: AsyncSession, actor: Actor, proposal_id: UUID, *, version: int, today: date
) -> OwnershipProposal:
    """Take back a change that one proposed and that waits.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    await queries.visible_proposal(session, actor, proposal_id, today)
    proposal = await queries.proposal_for_update(session, proposal_id)
    is_proposer = proposal.proposed_by_org_id in actor.org_ids
    require(
        [
            *rules.withdrawal_checks(proposal.state, is_proposer=is_proposer),
            *version_checks(proposal.version, version),
        ]
    )
    return _move(session, actor, proposal, Event.WITHDRAW)


async def _apply(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    proposal: OwnershipProposal,
    valid_from: date,
    now: datetime,
) -> None:
    shares = [(UUID(one["owner_id"]), int(one["ppm"])) for one in proposal.shares]
    given = await queries.consenting(session, asset.id, proposal.change_sha256)
    consents = sorted(given | {proposal.proposed_by_org_id})
    change = Change(valid_from, proposal.cause, tuple(shares), tuple(consents))
    version = await ownership_actions.enter_change(
        session, actor, asset, change, shares, "consent", None, now
    )
    proposal.version_id = version.row.id
    _move(session, actor, proposal, Event.TAKE_EFFECT, version_id=version.row.id)


def _move(
    session: AsyncSession,
    actor: Actor,
    proposal: OwnershipProposal,
    event: Event,
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> OwnershipProposal:
    before = proposal.model_dump()
    proposal.state = rules.MOVES[proposal.state, event]
    proposal.version += 1
    record(
        session, actor, f"ownership_proposal.{proposal.state.value}", proposal.id,
        center_id=proposal.center_id, before=before, after=proposal.model_dump(),
        asset_id=proposal.asset_id, proposal_id=proposal.id, **data,
    )  # fmt: skip
    return proposal


async def state_position(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    position: FilingPosition,
    *,
    now: datetime,
    today: date,
) -> AssetFilingPosition:
    """Say what one thinks of filing a joint result: agree, oppose, or renounce (民法典860, D11.7).

    Who renounces leaves its part to the others and uses the result freely. Raises `Refused`:
    NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT or SHARES_NOT_100.
    """
    asset = await queries.asset_for_update(session, actor, asset_id, today)
    owned = await queries.ownership_on(session, asset_id, today)
    owners = {owner for owner, _ in owned.shares} if owned else await _joint(session, asset, today)
    speaker = tenancy.speaking_as(actor, owners)
    require(rules.renouncing_checks(asset.state, position, speaker, owners))
    org_id = found(speaker)
    renounces = position is FilingPosition.RENOUNCE
    known = (await queries.filing_positions(session, [asset_id])).get(asset_id, [])
    row = next((one for one in known if one.org_id == org_id), None)
    before = None if row is None else row.model_dump()
    if row is None:
        row = AssetFilingPosition(
            asset_id=asset_id, org_id=org_id, position=position, stated_by=actor.person_id,
            stated_at=now,
        )  # fmt: skip
        session.add(row)
    row.position, row.has_free_use = position, renounces
    row.stated_by, row.stated_at = actor.person_id, now
    await session.flush()
    if renounces and owned is not None:
        shares = rules.without(owned.shares, org_id)
        change = Change(today, rules.RENUNCIATION, shares, (org_id,))
        await ownership_actions.enter_change(
            session, actor, asset, change, shares, "consent", None, now
        )
    record(
        session, actor, "filing.stated", asset.id, center_id=asset.center_id, before=before,
        after=row.model_dump(), asset_id=asset_id, org_id=org_id, position=position,
        has_free_use=renounces,
    )  # fmt: skip
    return row


async def _joint(session: AsyncSession, asset: Asset, today: date) -> set[UUID]:
    """Name the joint developers before anybody is recorded as owner: units of the inventors."""
    makers = await inventors.inventors_of(session, asset.id)
    units = {one.org_id for one in makers}
    if units:
        return units
    terms = await agreements.in_force(session, asset.center_id, today)
    return set() if terms is None else set(terms.parties)
