"""What is read of claims: a claimant sees his own by its secret, handlers see all."""

import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.accounts.tables import Account
from gateway.claims.rules import ClaimState
from gateway.claims.tables import ClaimProof, OrganizationClaim
from gateway.identity.tables import RoleGrant
from shared.rules import found


def claims(state: ClaimState | None) -> Select[OrganizationClaim]:
    """List claims, for handlers alone."""
    statement = select(OrganizationClaim)
    return statement if state is None else statement.where(col(OrganizationClaim.state) == state)


async def claim_for_update(session: AsyncSession, claim_id: UUID) -> OrganizationClaim:
    """Load and lock a claim, for a handler."""
    statement = select(OrganizationClaim).where(col(OrganizationClaim.id) == claim_id)
    return found(await session.scalar(statement.with_for_update()))


async def claim_of(session: AsyncSession, claim_id: UUID, digest: bytes) -> OrganizationClaim:
    """Load a claim for whoever holds its secret; for others there is none."""
    claim = found(await session.get(OrganizationClaim, claim_id))
    return found(claim if hmac.compare_digest(claim.secret_sha256, digest) else None)


async def claim_found(session: AsyncSession, claim_id: UUID) -> OrganizationClaim:
    """Load a claim, for a handler."""
    return found(await session.get(OrganizationClaim, claim_id))


async def proof_of(session: AsyncSession, claim_id: UUID) -> ClaimProof:
    """Load what a claim was made with."""
    return found(await session.get(ClaimProof, claim_id))


async def names_of(session: AsyncSession, claim_ids: list[UUID]) -> dict[UUID, str]:
    """Give who claims, by claim."""
    statement = select(col(ClaimProof.claim_id), col(ClaimProof.claimant_name)).where(
        col(ClaimProof.claim_id).in_(claim_ids)
    )
    rows = await session.execute(statement)
    return {row.claim_id: row.claimant_name for row in rows}


async def open_claims(session: AsyncSession, uscc: str, made_after: datetime) -> int:
    """Count the claims on a code that wait for a handler."""
    statement = select(func.count()).where(
        col(OrganizationClaim.uscc) == uscc,
        col(OrganizationClaim.state) == ClaimState.OPEN,
        col(OrganizationClaim.made_at) > made_after,
    )
    return await session.scalar(statement) or 0


async def waiting(session: AsyncSession, limit: int) -> list[UUID]:
    """Name the claims that wait for a handler, oldest first."""
    statement = (
        select(col(OrganizationClaim.id))
        .where(col(OrganizationClaim.state) == ClaimState.OPEN)
        .order_by(col(OrganizationClaim.id))
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def has_account(session: AsyncSession, org_id: UUID) -> bool:
    """Tell whether somebody who acts for an organization signs in already."""
    statement = (
        select(col(Account.id))
        .join(RoleGrant, col(RoleGrant.person_id) == col(Account.person_id))
        .where(
            col(RoleGrant.org_id) == org_id,
            col(RoleGrant.granted_until).is_(None),
            col(Account.closed_at).is_(None),
        )
        .limit(1)
    )
    return await session.scalar(statement) is not None


async def account_of(session: AsyncSession, account_id: UUID) -> Account:
    """Load the account that a confirmed claim became."""
    return found(await session.get(Account, account_id))
