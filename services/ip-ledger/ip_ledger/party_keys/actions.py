"""Registering a party's key, and revoking it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.log.actions import append_record
from ip_ledger.party_keys import queries, rules, signatures
from ip_ledger.party_keys.rules import Algorithm
from ip_ledger.party_keys.tables import PartyKey
from shared.auth import Actor
from shared.events import record
from shared.rules import require

REVOCATION: Final = "party_key_revocation"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A public key in base64, with what it signed to prove that it is there."""

    algorithm: Algorithm
    public_key: str
    valid_from: date
    proof: str
    replaces_id: UUID | None = None


async def register(
    session: AsyncSession, actor: Actor, new: NewKey, now: datetime, today: date
) -> PartyKey:
    """Register a key of the actor's own organization; one that it replaces ends where it begins.

    Raises `Refused`: FORBIDDEN_SCOPE, NOT_FOUND, KEY_INVALID, KEY_SIGNATURE_INVALID, DAY_IN_PAST,
    STATE_CONFLICT or ALREADY_EXISTS.
    """
    org_id = tenancy.own_organization(actor)
    readable = signatures.readable(new.algorithm, new.public_key)
    message = rules.proof_text(org_id, new.public_key)
    proven = signatures.fits(new.algorithm, new.public_key, message, new.proof)
    require(rules.registration_checks(new.valid_from, today, readable=readable, proven=proven))
    if new.replaces_id is not None:
        await revoke(
            session, actor, new.replaces_id, new.valid_from, "replaced", now=now, today=today
        )
    row = PartyKey(
        org_id=org_id,
        algorithm=new.algorithm,
        public_key=new.public_key,
        valid_from=new.valid_from,
        replaces_id=new.replaces_id,
        registered_by=actor.person_id,
        registered_at=now,
    )
    session.add(row)
    await session.flush()
    document = {
        "org_id": str(org_id),
        "algorithm": row.algorithm.value,
        "public_key": row.public_key,
        "valid_from": row.valid_from.isoformat(),
        "replaces_id": None if row.replaces_id is None else str(row.replaces_id),
    }
    await append_record(session, "party_key", row.id, None, document, {}, readers=(org_id,))
    record(session, actor, "party_key.registered", row.id, org_id=org_id, after=row.model_dump())
    return row


async def revoke(
    session: AsyncSession,
    actor: Actor,
    key_id: UUID,
    revoked_from: date,
    reason: str,
    *,
    now: datetime,
    today: date,
) -> PartyKey:
    """End a key from a day on; what it signed before stays signed, and the log says until when.

    Raises `Refused`: NOT_FOUND, DAY_IN_PAST or STATE_CONFLICT.
    """
    row = await queries.own_key_for_update(session, actor, key_id)
    require(rules.revocation_checks(row.span, revoked_from, today))
    before = row.model_dump()
    row.revoked_from, row.revoked_at, row.revocation_reason = revoked_from, now, reason
    row.version += 1
    document = {
        "org_id": str(row.org_id),
        "key_id": str(row.id),
        "public_key": row.public_key,
        "revoked_from": revoked_from.isoformat(),
    }
    leaf_id = rules.revocation_id(row.id, revoked_from)
    await append_record(
        session, REVOCATION, leaf_id, None, document, {"reason": reason}, readers=(row.org_id,)
    )
    record(
        session, actor, "party_key.revoked", row.id, org_id=row.org_id,
        before=before, after=row.model_dump(), reason=reason, revoked_from=revoked_from,
    )  # fmt: skip
    return row
