"""Making a claim on an organization, and deciding it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import actions as accounts
from gateway.accounts.tables import Account
from gateway.claims import queries, rules
from gateway.claims.tables import ClaimProof, OrganizationClaim
from gateway.identity import actions as identity
from gateway.identity.actions import digest_of
from shared.auth import Actor
from shared.codes.uscc import normalized, uscc_checks
from shared.database import new_id
from shared.events.recording import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says who claims to act for an organization, and the file that shows it."""

    uscc: str
    claimant_name: str
    login: str
    media_type: str
    proof: bytes | None


async def claim(session: AsyncSession, actor: Actor, said: Claim) -> tuple[OrganizationClaim, str]:
    """Make a claim; give it with the secret by which its claimant asks about it.

    Raises `Refused`: USCC_FORMAT, USCC_CHECK_DIGIT, PROOF_REFUSED or CLAIMS_TOO_MANY. Whether the
    code is known here is not told to strangers.
    """
    require(rules.proof_checks(said.proof, said.media_type))
    return await claim_by_word(session, actor, said)


async def claim_by_word(
    session: AsyncSession, actor: Actor, said: Claim
) -> tuple[OrganizationClaim, str]:
    """Make a claim whose proof was judged by the caller, such as the word of a trusted issuer.

    Raises `Refused`: USCC_FORMAT, USCC_CHECK_DIGIT or CLAIMS_TOO_MANY.
    """
    require(uscc_checks(said.uscc, pointer="/uscc"))
    uscc, now = normalized(said.uscc), datetime.now(UTC)
    require(rules.room_checks(await queries.open_claims(session, uscc, now - rules.COUNTED_FOR)))
    proof, secret = said.proof or b"", secrets.token_urlsafe(32)
    made = OrganizationClaim(
        id=new_id(),
        uscc=uscc,
        secret_sha256=digest_of(secret),
        proof_sha256=hashlib.sha256(proof).hexdigest(),
        proof_media_type=said.media_type,
        made_at=now,
    )
    session.add(made)
    await session.flush()
    session.add(
        ClaimProof(
            claim_id=made.id, claimant_name=said.claimant_name, login=said.login, content=proof
        )
    )
    record(session, actor, "claim.made", made.id, uscc=uscc, proof_sha256=made.proof_sha256)
    return made, secret


async def confirm(
    session: AsyncSession, actor: Actor, claim_id: UUID, org_id: UUID | None, key_secret: str
) -> OrganizationClaim:
    """Let a claimant act for the organization: a person, a grant, and an invited account (A160).

    `org_id` is what the registry says of the code, None where it knows none. Raises `Refused`:
    NOT_FOUND, STATE_CONFLICT, ORG_NOT_REGISTERED, ORG_HAS_ACCOUNT or LOGIN_TAKEN.
    """
    made = await queries.claim_for_update(session, claim_id)
    taken = org_id is not None and await queries.has_account(session, org_id)
    require(rules.confirmation_checks(made.state, registered=org_id is not None, has_account=taken))
    proof = await queries.proof_of(session, claim_id)
    person = await identity.register_person(session, actor, proof.claimant_name)
    await identity.grant(session, actor, person.id, org_id, frozenset({"member"}))
    account = await accounts.open_account(
        session, actor, person.id, proof.login, key_secret, by_claim=True
    )
    _decide(made, actor, rules.ClaimEvent.CONFIRM)
    made.org_id, made.account_id = org_id, account.id
    record(
        session, actor, "claim.confirmed", made.id, org_id=org_id, for_person_id=person.id,
        proof_sha256=made.proof_sha256,
    )  # fmt: skip
    return made


async def refuse(
    session: AsyncSession, actor: Actor, claim_id: UUID, reason: str
) -> OrganizationClaim:
    """Refuse a claim, with the reason that its claimant reads.

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    made = await queries.claim_for_update(session, claim_id)
    require(rules.refusal_checks(made.state))
    _decide(made, actor, rules.ClaimEvent.REFUSE)
    made.reason = reason
    record(session, actor, "claim.refused", made.id, reason=reason)
    return made


def _decide(made: OrganizationClaim, actor: Actor, event: rules.ClaimEvent) -> None:
    made.state = rules.MOVES[made.state, event]
    made.decided_by, made.decided_at = actor.person_id, datetime.now(UTC)


async def invitation(session: AsyncSession, made: OrganizationClaim, key_secret: str) -> str | None:
    """Give the invitation of a confirmed claim, for as long as it was not used."""
    if made.account_id is None:
        return None
    account: Account = await queries.account_of(session, made.account_id)
    if account.invitation_sha256 is None or account.closed_at is not None:
        return None
    return accounts.invitation_of(key_secret, account)
