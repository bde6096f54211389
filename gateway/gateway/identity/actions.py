"""Registering programs for people, and ending them."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity import networks as places
from gateway.identity import queries, rules
from gateway.identity.tables import Client, ClientKey, Person, PersonName, RoleGrant
from gateway.revocations.actions import revoke
from shared.auth import Actor
from shared.auth.jws import decoded
from shared.clock import Clock
from shared.database import new_id
from shared.events.recording import record
from shared.rules import Kind, Refused, Rule, require

IDEMPOTENCY: Final = Rule("X05", "delivery")


@dataclass(frozen=True, slots=True)
class Registration:
    """A program to register: for a person who exists (`person_id`) or is named."""

    name: str
    org_id: UUID | None
    person_id: UUID | None
    person_name: str | None
    capacities: frozenset[str]
    expert_id: UUID | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyed:
    """What a repeated request is known by: its key's scope and the digest of its body."""

    scope: bytes
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom the caller may name: anybody, or the people of these organizations."""

    everyone: bool = False
    orgs: frozenset[UUID] = field(default_factory=frozenset)


def secret_of(key_secret: str, client_row_id: UUID) -> str:
    """Derive a program's secret: 256 bits that nobody can guess without the gateway's own key.

    Derived and not drawn, so that the answer to a repeated request can be made again while the
    database holds nothing that it could be read from.
    """
    digest = hmac.digest(key_secret.encode(), b"client secret\n" + client_row_id.bytes, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def digest_of(secret: str) -> bytes:
    """Give what is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


async def repeated(session: AsyncSession, keyed: Keyed | None) -> Client | None:
    """Find what a keyed request made before; refuse another body under the same key (X05)."""
    if keyed is None:
        return None
    client = await queries.client_of_request(session, keyed.scope)
    if client is not None and client.request_sha256 != keyed.body_sha256:
        raise Refused([IDEMPOTENCY.check("IDEMPOTENCY_MISMATCH", Kind.STATE, passed=False)])
    return client


async def register(
    session: AsyncSession,
    actor: Actor,
    registration: Registration,
    authority: Authority,
    key_secret: str,
    keyed: Keyed | None = None,
) -> Client:
    """Register a program; its secret is `secret_of` its id. What it may was checked before.

    Raises `Refused`: NOT_FOUND when the named person is none of the caller's; FIELD_INVALID when
    the expert is another person.
    """
    person = await _person(session, registration, authority)
    row_id = new_id()
    client = Client(
        id=row_id,
        client_id=str(row_id),
        name=registration.name,
        secret_sha256=digest_of(secret_of(key_secret, row_id)),
        person_id=person.id,
        org_id=registration.org_id,
        networks=places.listed(registration.networks),
        created_by=actor.person_id,
        # Real time, like everything about tokens.
        created_at=datetime.now(UTC),
        request_scope=keyed.scope if keyed else None,
        request_sha256=keyed.body_sha256 if keyed else None,
    )
    session.add(client)
    await grant(session, actor, person.id, registration.org_id, registration.capacities)
    record(
        session,
        actor,
        "client.registered",
        client.id,
        client_id=client.client_id,
        for_person_id=person.id,
        org_id=registration.org_id,
        capacities=sorted(registration.capacities),
        networks=client.networks,
    )
    return client


async def register_person(session: AsyncSession, actor: Actor, name: str) -> Person:
    """Register a person; the event holds the id only, never the name."""
    person = await _named_person(session, name, None)
    record(session, actor, "person.registered", person.id)
    return person


async def _person(
    session: AsyncSession, registration: Registration, authority: Authority
) -> Person:
    if registration.expert_id is not None:
        holder = await queries.person_of_expert(session, registration.expert_id)
        require(rules.expert_checks(holder, registration.person_id))
    if registration.person_id is None:
        name = registration.person_name or ""
        return await _named_person(session, name, registration.expert_id)
    person = await queries.person_for_update(session, registration.person_id)
    if not authority.everyone:
        held = await queries.orgs_of_person(session, person.id)
        require(rules.person_checks(held, authority.orgs))
    if registration.expert_id is not None:
        person.expert_id = registration.expert_id
    return person


async def _named_person(session: AsyncSession, name: str, expert_id: UUID | None) -> Person:
    person = Person(expert_id=expert_id, created_at=datetime.now(UTC))
    session.add(person)
    await session.flush()
    session.add(PersonName(person_id=person.id, name=name))
    return person


async def grant(
    session: AsyncSession,
    actor: Actor,
    person_id: UUID,
    org_id: UUID | None,
    capacities: frozenset[str],
) -> None:
    """Grant what the person does not hold yet, from the programme's day on."""
    clock: Clock = session.info["clock"]
    held = await queries.open_capacities(session, person_id, org_id)
    session.add_all(
        RoleGrant(
            person_id=person_id,
            org_id=org_id,
            capacity=capacity,
            granted_by=actor.person_id,
            granted_on=clock.today(),
        )
        for capacity in sorted(capacities - held)
    )


async def deactivate(session: AsyncSession, actor: Actor, client_id: str) -> Client:
    """End a program: it gets no more tokens, and those it has are revoked with it.

    Ending it twice changes nothing.

    Raises `Refused`: NOT_FOUND.
    """
    client = await queries.client_for_update(session, actor, client_id)
    if client.deactivated_at is None:
        client.deactivated_at = datetime.now(UTC)
        await revoke(session, "client", client.client_id)
        record(session, actor, "client.deactivated", client.id, client_id=client.client_id)
    return client


async def set_networks(
    session: AsyncSession, actor: Actor, client_id: str, networks: Iterable[str]
) -> Client:
    """Say from where a program may speak; where that is less than before, its tokens end.

    Tokens bear the networks they were made under, so that every use is judged without asking.
    Saying the same again changes nothing. Raises `Refused`: NOT_FOUND or CLIENT_ENDED.
    """
    client = await queries.client_for_update(session, actor, client_id)
    require(rules.active_checks(client.deactivated_at))
    before, client.networks = client.networks, places.listed(networks)
    if client.networks != before:
        ends = not places.covers(client.networks, before)
        if ends:
            await revoke(session, "client", client.client_id)
        record(
            session, actor, "client.networks_set", client.id, client_id=client_id,
            networks=client.networks, tokens_ended=ends,
        )  # fmt: skip
    return client


async def deactivate_all(session: AsyncSession, actor: Actor, person_id: UUID) -> None:
    """End every program of a person; his tokens are revoked with him."""
    for client in await queries.active_clients_of(session, person_id):
        client.deactivated_at = datetime.now(UTC)
        record(session, actor, "client.deactivated", client.id, client_id=client.client_id)


async def end_roles(session: AsyncSession, roles: Iterable[RoleGrant]) -> None:
    """End roles and duties from the programme's day on: today they are held no more."""
    clock: Clock = session.info["clock"]
    yesterday = clock.today() - timedelta(days=1)
    for role in roles:
        # The day before it began, for what has not lasted a day.
        last = max(yesterday, role.granted_on - timedelta(days=1))
        role.granted_until = last if role.granted_until is None else min(last, role.granted_until)


async def add_key(
    session: AsyncSession, actor: Actor, client_id: str, key_id: str, x: str, y: str
) -> ClientKey:
    """Register a public key of a program; from then on its secret gives no token any more.

    What the secret gave so far lives out its ten minutes. Raises `Refused`: NOT_FOUND,
    CLIENT_ENDED, KEY_REFUSED, KEYS_TOO_MANY or KEY_TAKEN.
    """
    client = await queries.client_for_update(session, actor, client_id)
    living = await queries.living_keys(session, client.id)
    require(
        [
            *rules.active_checks(client.deactivated_at),
            *rules.key_checks(len(living), on_curve=_is_on_curve(x, y), taken=key_id in living),
        ]
    )
    key = ClientKey(
        client_id=client.id,
        key_id=key_id,
        public_jwk={"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": key_id, "alg": "ES256"},
        created_by=actor.person_id,
        created_at=datetime.now(UTC),
    )
    session.add(key)
    record(session, actor, "client.key_added", client.id, client_id=client_id, key_id=key_id)
    return key


async def end_key(session: AsyncSession, actor: Actor, client_id: str, key_id: str) -> None:
    """End a key, and with it every token of the program so far; the last one stays.

    Without that, a program would fall back to a secret that somebody gave up on purpose.

    Raises `Refused`: NOT_FOUND or LAST_KEY.
    """
    client = await queries.client_for_update(session, actor, client_id)
    key = await queries.key_for_update(session, client.id, key_id)
    require(rules.last_key_checks(len(await queries.living_keys(session, client.id))))
    key.ended_at = datetime.now(UTC)
    await revoke(session, "client", client.client_id)
    record(session, actor, "client.key_ended", client.id, client_id=client_id, key_id=key_id)


def _is_on_curve(x: str, y: str) -> bool:
    first, second = (int.from_bytes(decoded(text), "big") for text in (x, y))
    try:
        ec.EllipticCurvePublicNumbers(first, second, ec.SECP256R1()).public_key()
    except ValueError:
        return False
    return True
