"""What the log's record tells of an agreement in force."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.agreements import queries
from ip_ledger.agreements.tables import AgreementSignature
from ip_ledger.party_keys import queries as keys
from ip_ledger.party_keys.tables import PartyKey
from shared.calendar import day_of


def document(standing: queries.Whole) -> dict[str, Any]:
    """Give what stands in the open."""
    agreement = standing.agreement
    return {
        "agreement_id": str(agreement.id),
        "center_id": str(agreement.center_id),
        "edition": agreement.edition,
        "text_sha256": agreement.text_sha256,
        "terms_sha256": agreement.terms_sha256,
        "effective_on": agreement.effective_on.isoformat(),
        "supersedes_id": str(agreement.supersedes_id) if agreement.supersedes_id else None,
        "opening_id": str(agreement.opening_id) if agreement.opening_id else None,
        "template_id": str(agreement.template_id) if agreement.template_id else None,
        "template_sha256": agreement.template_sha256,
    }


async def keys_used(session: AsyncSession, standing: queries.Whole) -> Mapping[UUID, PartyKey]:
    """Give the keys with which parties signed, by id."""
    return await keys.keys_by_id(
        session, [row.key_id for row in standing.signatures if row.key_id is not None]
    )


def _signature(row: AgreementSignature, used: Mapping[UUID, PartyKey]) -> dict[str, Any]:
    """Give a signature as the log holds it: with the key, so that anyone checks it offline."""
    signed = {"org_id": str(row.org_id), "signed_by": str(row.signed_by)}
    if row.key_id is None:
        return signed
    key = used[row.key_id]
    ends = key.revoked_from
    return {
        **signed,
        "signed_on": day_of(row.signed_at).isoformat(),
        "key": {
            "key_id": str(key.id),
            "valid_from": key.valid_from.isoformat(),
            # As known when the agreement took effect; a later word is a leaf of its own.
            "revoked_from": None if ends is None else ends.isoformat(),
            "algorithm": key.algorithm.value,
            "public_key": key.public_key,
            "signature": row.key_signature,
        },
    }


def openings(standing: queries.Whole, used: Mapping[UUID, PartyKey]) -> dict[str, Any]:
    """Give the sealed fields: parties with their shares, and signatures with their keys."""
    return {
        "parties": [
            {
                "org_id": str(party.org_id),
                "place": party.place,
                "benefit_ppm": party.benefit_ppm,
                "risk_ppm": party.risk_ppm,
            }
            for party in standing.parties
        ],
        "signatures": [_signature(row, used) for row in standing.signatures],
    }
