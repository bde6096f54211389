"""What is read of people and programs, and who may see which."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Date, Row, Select, bindparam, func, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.identity import rules
from gateway.identity.tables import Client, ClientKey, Person, PersonName, RoleGrant
from shared.auth import Actor
from shared.clock import Clock
from shared.database import Sessions
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Identity:
    """A program as a token is made for it, or as it is listed."""

    client: Client
    expert_id: UUID | None
    capacities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person may act as for one organization, or for the authority, on a day."""

    org_id: UUID | None
    expert_id: UUID | None
    capacities: frozenset[str]


def _grants_of_client() -> Any:  # noqa: ANN401 - SQLAlchemy's own lateral
    """Collect the grants that hold for a client: its person's, for the same organization."""
    grant = (
        select(
            func.coalesce(
                func.jsonb_agg(
                    func.jsonb_build_array(
                        col(RoleGrant.capacity),
                        col(RoleGrant.granted_on),
                        col(RoleGrant.granted_until),
                    )
                ),
                func.jsonb_build_array(),
            ).label("grants")
        )
        .where(
            col(RoleGrant.person_id) == col(Client.person_id),
            col(RoleGrant.org_id).is_not_distinct_from(col(Client.org_id)),
        )
        .correlate(Client)
    )
    return grant.lateral("held")


def _identities() -> Select[Any]:
    held = _grants_of_client()
    return (
        select(Client, col(Person.expert_id), held.c.grants)
        .join(Person, col(Person.id) == col(Client.person_id))
        .join(held, true())
    )


def identity_of(row: Row[Any], day: date) -> Identity:
    """Read a row of `_identities` as of a day."""
    client, expert_id, held = cast("tuple[Client, UUID | None, list[list[Any]]]", row)
    grants = [
        rules.Grant(capacity, date.fromisoformat(first), last and date.fromisoformat(last))
        for capacity, first, last in held
    ]
    return Identity(client, expert_id, rules.capacities_on(grants, day))


@dataclass(frozen=True, slots=True)
class Asking:
    """A program that asks for a token: all that is known of it, by one statement."""

    id: UUID
    client_id: str
    secret_sha256: bytes
    person_id: UUID
    org_id: UUID | None
    expert_id: UUID | None
    # From where it may speak; none means anywhere.
    networks: tuple[str, ...]
    capacities: frozenset[str]
    # Its living public keys by their ids.
    keys: Mapping[str, Mapping[str, Any]]


# Written out, since the ORM takes longer to put such a statement together than to sign a token.
_ASKING: Final = text(
    """
    SELECT c.id, c.client_id, c.secret_sha256, c.person_id, c.org_id, p.expert_id, c.networks,
      (SELECT array_agg(g.capacity) FROM role_grant g
        WHERE g.person_id = c.person_id AND g.org_id IS NOT DISTINCT FROM c.org_id
          AND g.granted_on <= :day AND (g.granted_until IS NULL OR :day <= g.granted_until)),
      (SELECT jsonb_object_agg(k.key_id, k.public_jwk) FROM client_key k
        WHERE k.client_id = c.id AND k.ended_at IS NULL)
    FROM client c JOIN person p ON p.id = c.person_id
    WHERE c.client_id = ANY (CAST(:client_ids AS text[])) AND c.deactivated_at IS NULL
    """
).bindparams(bindparam("day", type_=Date()))


async def asking_programs(
    sessions: Sessions, client_ids: Collection[str], day: date
) -> dict[str, Asking]:
    """Load those of these programs that are active, with what they may act as on a day."""
    rows = await sessions.at_once(_ASKING, client_ids=list(client_ids), day=day)
    found = {}
    for row in rows:
        row_id, known_as, secret, person_id, org_id, expert_id, networks, held, keys = tuple(row)
        found[known_as] = Asking(
            row_id, known_as, secret, person_id, org_id, expert_id, tuple(networks),
            frozenset(held or ()), keys or {},
        )  # fmt: skip
    return found


async def identity_by_client_id(
    session: AsyncSession, client_id: str, day: date
) -> Identity | None:
    """Load an active program with what it may act as on a day, in one statement."""
    statement = _identities().where(
        col(Client.client_id) == client_id, col(Client.deactivated_at).is_(None)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else identity_of(row, day)


def visible_identities(actor: Actor) -> Select[Any]:
    """List programs: an admin sees all, a member's person those of its organization (X04)."""
    statement = _identities()
    if actor.has("admin"):
        return statement
    return statement.where(col(Client.org_id).is_not(None), col(Client.org_id) == actor.org_id)


async def client_for_update(session: AsyncSession, actor: Actor, client_id: str) -> Client:
    """Load and lock a program that the actor may see (X04)."""
    statement = select(Client).where(col(Client.client_id) == client_id)
    if not actor.has("admin"):
        statement = statement.where(
            col(Client.org_id).is_not(None), col(Client.org_id) == actor.org_id
        )
    return found(await session.scalar(statement.with_for_update()))


async def active_clients_of(session: AsyncSession, person_id: UUID) -> list[Client]:
    """Lock every program of a person that was not ended."""
    statement = select(Client).where(
        col(Client.person_id) == person_id, col(Client.deactivated_at).is_(None)
    )
    return list(await session.scalars(statement.order_by(col(Client.id)).with_for_update()))


async def lasting_roles(session: AsyncSession, person_id: UUID) -> list[RoleGrant]:
    """Lock what a person holds or will hold, for whomever."""
    clock: Clock = session.info["clock"]
    statement = select(RoleGrant).where(
        col(RoleGrant.person_id) == person_id,
        or_(col(RoleGrant.granted_until).is_(None), col(RoleGrant.granted_until) >= clock.today()),
    )
    return list(await session.scalars(statement.order_by(col(RoleGrant.id)).with_for_update()))


async def living_keys(session: AsyncSession, row_id: UUID) -> dict[str, dict[str, Any]]:
    """Give the public keys of a program by their ids."""
    statement = select(ClientKey).where(
        col(ClientKey.client_id) == row_id, col(ClientKey.ended_at).is_(None)
    )
    return {key.key_id: key.public_jwk for key in (await session.scalars(statement)).all()}


async def keys_of(session: AsyncSession, row_id: UUID) -> list[ClientKey]:
    """List every key that a program ever had, newest first."""
    statement = (
        select(ClientKey)
        .where(col(ClientKey.client_id) == row_id)
        .order_by(col(ClientKey.id).desc())
    )
    return list((await session.scalars(statement)).all())


async def key_for_update(session: AsyncSession, row_id: UUID, key_id: str) -> ClientKey:
    """Load and lock a living key of a program."""
    statement = select(ClientKey).where(
        col(ClientKey.client_id) == row_id,
        col(ClientKey.key_id) == key_id,
        col(ClientKey.ended_at).is_(None),
    )
    return found(await session.scalar(statement.with_for_update()))


async def visible_client(session: AsyncSession, actor: Actor, client_id: str) -> Client:
    """Load a program that the actor may see (X04)."""
    statement = select(Client).where(col(Client.client_id) == client_id)
    if not actor.has("admin"):
        statement = statement.where(
            col(Client.org_id).is_not(None), col(Client.org_id) == actor.org_id
        )
    return found(await session.scalar(statement))


async def client_of_request(session: AsyncSession, scope: bytes) -> Client | None:
    """Find the program that a keyed request made before."""
    return await session.scalar(select(Client).where(col(Client.request_scope) == scope))


async def orgs_of_person(session: AsyncSession, person_id: UUID) -> set[UUID | None]:
    """Give the organizations for which a person holds or held a grant; None is the authority."""
    statement = select(col(RoleGrant.org_id)).where(col(RoleGrant.person_id) == person_id)
    return set((await session.scalars(statement.distinct())).all())


async def person_for_update(session: AsyncSession, person_id: UUID) -> Person:
    """Load and lock a person; whoever names one must be allowed to know him."""
    statement = select(Person).where(col(Person.id) == person_id).with_for_update()
    return found(await session.scalar(statement))


async def open_capacities(session: AsyncSession, person_id: UUID, org_id: UUID | None) -> set[str]:
    """Give the capacities of a person for an organization that have no end."""
    statement = select(col(RoleGrant.capacity)).where(
        col(RoleGrant.person_id) == person_id,
        col(RoleGrant.org_id).is_not_distinct_from(org_id),
        col(RoleGrant.granted_until).is_(None),
    )
    return set((await session.scalars(statement)).all())


async def capacities_on(session: AsyncSession, person_id: UUID, day: date) -> set[str]:
    """Give what a person holds of the authority itself on a day."""
    held = await standings_of(session, person_id, day)
    return {one for standing in held if standing.org_id is None for one in standing.capacities}


async def anybody_holds(session: AsyncSession, capacity: str) -> bool:
    """Tell whether a duty of the authority was ever given to anybody."""
    statement = select(col(RoleGrant.id)).where(
        col(RoleGrant.capacity) == capacity, col(RoleGrant.org_id).is_(None)
    )
    return await session.scalar(statement.limit(1)) is not None


async def capacities_of(session: AsyncSession, person_id: UUID | None) -> set[str]:
    """Give what a person holds of the authority itself; a new person holds nothing."""
    return set() if person_id is None else await open_capacities(session, person_id, None)


async def person_of_expert(session: AsyncSession, expert_id: UUID) -> UUID | None:
    """Find who has been registered as an expert."""
    return await session.scalar(select(col(Person.id)).where(col(Person.expert_id) == expert_id))


async def name_of(session: AsyncSession, person_id: UUID) -> str | None:
    """Give a person's name, if it was not erased."""
    statement = select(col(PersonName.name)).where(col(PersonName.person_id) == person_id)
    return await session.scalar(statement)


async def names_of(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the names of several people."""
    statement = select(PersonName).where(col(PersonName.person_id).in_(person_ids))
    return {row.person_id: row.name for row in (await session.scalars(statement)).all()}


async def standings_of(session: AsyncSession, person_id: UUID, day: date) -> list[Standing]:
    """Tell for whom a person may act on a day, and as what; the authority itself comes first."""
    statement = (
        select(
            col(RoleGrant.org_id),
            col(Person.expert_id),
            func.array_agg(col(RoleGrant.capacity).distinct()),
        )
        .join(Person, col(Person.id) == col(RoleGrant.person_id))
        .where(
            col(RoleGrant.person_id) == person_id,
            col(RoleGrant.granted_on) <= day,
            or_(col(RoleGrant.granted_until).is_(None), col(RoleGrant.granted_until) >= day),
            col(RoleGrant.capacity) != rules.SERVICE,
        )
        .group_by(col(RoleGrant.org_id), col(Person.expert_id))
        .order_by(col(RoleGrant.org_id).asc().nulls_first())
    )
    rows = await session.execute(statement)
    return [Standing(org_id, expert_id, frozenset(held)) for org_id, expert_id, held in rows]
