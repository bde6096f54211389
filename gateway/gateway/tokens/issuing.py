"""Making an access token of what is known of a program or of a signed-in person."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from gateway.identity.queries import Asking, Identity, Standing
from gateway.identity.rules import split
from gateway.settings import GatewaySettings
from gateway.tokens import rules
from gateway.tokens.keys import Signer
from shared.auth import AUDIENCE
from shared.database import new_id


def subject_of(identity: Identity) -> rules.Subject:
    """Give what a program may act as: its person's capacities, for its organization."""
    client = identity.client
    return subject_for(client.person_id, client.client_id, client.org_id, identity)


def subject_asking(program: Asking) -> rules.Subject:
    """Give what a program that asks for a token may act as."""
    subject = subject_for(program.person_id, program.client_id, program.org_id, program)
    return replace(subject, networks=program.networks) if program.networks else subject


def subject_for(
    person_id: UUID, client_id: str, org_id: UUID | None, held: Identity | Standing | Asking
) -> rules.Subject:
    """Give what someone may act as through a program."""
    roles, duties = split(held.capacities)
    return rules.Subject(
        person_id=str(person_id),
        client_id=client_id,
        roles=roles,
        duties=duties,
        org_id=_text(org_id),
        expert_id=_text(held.expert_id) if "expert" in roles else None,
    )


def subject_acting(claims: Mapping[str, Any], actor: str) -> rules.Subject:
    """Give whoever a token was made for, with the program that acts in his name from here on."""
    act: dict[str, Any] = {"sub": actor}
    if isinstance(claims.get("act"), Mapping):
        act["act"] = claims["act"]
    return rules.Subject(
        person_id=claims["sub"],
        client_id=claims["client_id"],
        roles=claims["roles"],
        duties=claims["duties"],
        org_id=claims["org_id"],
        expert_id=claims["expert_id"],
        actor=act,
    )


def for_job(subject: rules.Subject, job: str) -> rules.Subject:
    """Give the same subject as a job of the gateway acts for it."""
    return replace(subject, actor={"sub": f"gateway:{job}"})


def access_token(
    subject: rules.Subject,
    signer: Signer,
    settings: GatewaySettings,
    token_id: str | None = None,
    *,
    most_seconds: int | None = None,
) -> str:
    """Sign what somebody may act as now (X01), for `most_seconds` at most.

    The gateway's own work for a subscriber is done under such a token, so that it reads what the
    subscriber may read and nothing else.
    """
    claims = rules.claims_for(
        subject,
        issuer=settings.issuer,
        audience=AUDIENCE,
        token_id=token_id or new_id().hex,
        now=int(time.time()),
        seconds=min(settings.token_seconds, most_seconds or settings.token_seconds),
    )
    return signer.sign(claims)


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
