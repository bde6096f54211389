"""`python -m gateway.bootstrap`: what must be there before the first token can be asked for.

Makes the first signing key, the services' own clients, and in a sandbox the first admin. What is
there already stays; secrets of services follow the settings. Prints the sample credentials made
here as JSON, and merges them into `ZHICHUANG_CREDENTIALS` where that is set.
"""

import asyncio
import json
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity import queries
from gateway.identity.actions import digest_of, secret_of
from gateway.identity.tables import Client, Person, PersonName, RoleGrant
from gateway.settings import GatewaySettings
from gateway.tokens.keys import new_signing_key
from gateway.tokens.queries import published_keys
from shared.auth import Actor
from shared.clock import Clock
from shared.database import Database
from shared.sandbox import kept_offset

SYSTEM: Final = Actor.system("bootstrap")
# Before any programme day: a sandbox's clock may start years ago.
GRANTED_ON: Final = date(2000, 1, 1)
ADMIN: Final = "admin"
ADMIN_NAME: Final = "平台管理员"


async def prepare(settings: GatewaySettings) -> dict[str, dict[str, Any]]:
    """Make what is missing, in one transaction; give the sample credentials by short name."""
    database = Database(settings.database_url, Clock(), pool=1)
    try:
        database.sessions.clock.offset = await kept_offset(database.sessions)
        async with database.sessions.begin() as session:
            await _signing_key(session, settings)
            for name, secret in json.loads(settings.service_secrets.get_secret_value()).items():
                await _service(session, name, secret)
            return {ADMIN: await _admin(session, settings)} if settings.sandbox else {}
    finally:
        await database.close()


async def _signing_key(session: AsyncSession, settings: GatewaySettings) -> None:
    now = datetime.now(UTC)
    if not await published_keys(session, now):
        # The very first key signs at once: no token lives that another key has signed.
        session.add(new_signing_key(settings.key_secret.get_secret_value(), now, now))


async def _service(session: AsyncSession, name: str, secret: str) -> None:
    person_id = Actor.system(name).person_id
    await _person(session, person_id, {"service"})
    await session.execute(
        insert(Client)
        .values(
            id=person_id,
            client_id=name,
            name=name,
            secret_sha256=digest_of(secret),
            person_id=person_id,
            created_by=SYSTEM.person_id,
            created_at=datetime.now(UTC),
        )
        .on_conflict_do_update(
            index_elements=["client_id"], set_={"secret_sha256": digest_of(secret)}
        )
    )


async def _admin(session: AsyncSession, settings: GatewaySettings) -> dict[str, Any]:
    person_id = Actor.system(ADMIN).person_id
    secret = secret_of(settings.key_secret.get_secret_value(), person_id)
    if await _person(session, person_id, {"official", ADMIN}):
        session.add(PersonName(person_id=person_id, name=ADMIN_NAME))
        session.add(
            Client(
                id=person_id,
                client_id=ADMIN,
                name=ADMIN,
                secret_sha256=digest_of(secret),
                person_id=person_id,
                created_by=SYSTEM.person_id,
                created_at=datetime.now(UTC),
            )
        )
    return {"client_id": ADMIN, "client_secret": secret, "sub": str(person_id), "org_id": None}


async def _person(session: AsyncSession, person_id: UUID, capacities: set[str]) -> bool:
    """Make a person with grants of the authority itself; tell whether it was missing."""
    missing = await session.get(Person, person_id) is None
    if missing:
        session.add(Person(id=person_id, created_at=datetime.now(UTC)))
        await session.flush()
    held = await queries.open_capacities(session, person_id, None)
    session.add_all(
        RoleGrant(
            person_id=person_id,
            capacity=capacity,
            granted_by=SYSTEM.person_id,
            granted_on=GRANTED_ON,
        )
        for capacity in sorted(capacities - held)
    )
    await session.flush()
    return missing


def keep(path: Path, credentials: dict[str, dict[str, Any]]) -> None:
    """Merge credentials into a file that only its owner reads; it is replaced as a whole."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    text = json.dumps(kept | credentials, ensure_ascii=False, indent=1) + "\n"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def main() -> None:
    """Prepare the gateway's database and tell the credentials."""
    settings = GatewaySettings()
    credentials = asyncio.run(prepare(settings))
    if settings.credentials is not None:
        keep(settings.credentials, credentials)
    sys.stdout.write(json.dumps(credentials) + "\n")


if __name__ == "__main__":
    main()
