"""Giving a right up: whose word it takes, and how each gives it (专利法14、44(1)(2))."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import inventor_queries, queries, rules
from ip_ledger.assets.proposal_rules import OwnerAnswer, abandonment_checks, giving_up_checks
from ip_ledger.assets.rules import AbandonCause, Event
from ip_ledger.assets.tables import Asset, OwnershipConsent
from shared.auth import Actor
from shared.events import record
from shared.events.recording import content_sha256
from shared.rules import Check, found, require


async def losing(session: AsyncSession, asset: Asset, day: date) -> list[UUID]:
    """Name who loses by the end of a right: its owners from that day on.

    Before anybody is recorded as owner, it is who holds it in trust and whose people made it.
    """
    if owners := await queries.owners_from(session, asset.id, day):
        return owners
    makers = await inventor_queries.inventors_of(session, asset.id)
    trustee = {asset.trustee_org_id} if asset.trustee_org_id else set()
    return sorted({*trustee, *(one.org_id for one in makers)})


async def consent_checks(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    event: Event,
    cause: AbandonCause | None,
    occurred_on: date,
) -> list[Check]:
    """Check that everybody whose right is given up has said so, whoever reports it."""
    if event is not Event.ABANDON:
        return []
    owners = await losing(session, asset, occurred_on)
    given = await queries.consenting(session, asset.id, _sha256(asset.id, occurred_on))
    return abandonment_checks(cause, owners, given | actor.org_ids)


async def consent(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    occurred_on: date,
    *,
    now: datetime,
    today: date,
) -> OwnershipConsent:
    """Consent by one's own account to giving a right up on a day; somebody reports it then.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT or ALREADY_SIGNED.
    """
    asset = await queries.asset_for_update(session, actor, asset_id, today)
    owners = await losing(session, asset, occurred_on)
    sha256 = _sha256(asset_id, occurred_on)
    given = await queries.consenting(session, asset_id, sha256)
    org_id = tenancy.speaking_as(actor, owners, given)
    require(giving_up_checks(asset.state, org_id, owners, given))
    row = OwnershipConsent(
        asset_id=asset_id,
        org_id=found(org_id),
        change_sha256=sha256,
        answer=OwnerAnswer.CONSENT,
        given_by=actor.person_id,
        given_at=now,
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "abandonment.consented", asset_id, center_id=asset.center_id,
        asset_id=asset_id, org_id=row.org_id, occurred_on=occurred_on, change_sha256=sha256,
    )  # fmt: skip
    return row


def _sha256(asset_id: UUID, occurred_on: date) -> str:
    """Hash what giving up says, so that a consent is to this right and this day alone."""
    return content_sha256([asset_id, occurred_on, rules.Event.ABANDON])
