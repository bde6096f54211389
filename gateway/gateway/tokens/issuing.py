"""Making an access token of what is known of a program."""

import time
from uuid import UUID

from gateway.identity.queries import Identity
from gateway.identity.rules import split
from gateway.settings import GatewaySettings
from gateway.tokens import rules
from gateway.tokens.keys import Signer
from shared.auth import AUDIENCE
from shared.database import new_id


def access_token(identity: Identity, signer: Signer, settings: GatewaySettings) -> str:
    """Sign what a program may act as now (X01); for the program itself, or for what it asked for.

    The gateway's own work for a subscriber is done under such a token, so that it reads what the
    subscriber may read and nothing else.
    """
    roles, duties = split(identity.capacities)
    subject = rules.Subject(
        person_id=str(identity.client.person_id),
        client_id=identity.client.client_id,
        roles=roles,
        duties=duties,
        org_id=_text(identity.client.org_id),
        expert_id=_text(identity.expert_id) if "expert" in roles else None,
    )
    claims = rules.claims_for(
        subject,
        issuer=settings.issuer,
        audience=AUDIENCE,
        token_id=new_id().hex,
        now=int(time.time()),
        seconds=settings.token_seconds,
    )
    return signer.sign(claims)


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
