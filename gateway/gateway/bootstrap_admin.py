"""`python -m gateway.bootstrap_admin`: the first two admins of an installation, once.

Two, since every duty after that takes two people. Their invitations are printed and nowhere else;
whoever opens one sets the password, and enrols a second factor at the first sign-in.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from gateway.accounts import actions as accounts
from gateway.accounts.routes import INVITATION
from gateway.accounts.rules import grouped
from gateway.bootstrap import SYSTEM
from gateway.identity import actions as identity
from gateway.identity import queries
from gateway.settings import GatewaySettings
from gateway.tokens import rotation
from gateway.tokens.queries import published_keys
from shared.clock import Clock
from shared.database import Database

CAPACITIES: Final = frozenset({"official", "admin"})


class NotNow(Exception):  # noqa: N818 - reads as what it is
    """The first admins are there already, or this is a sandbox, which has its own."""


async def make(
    settings: GatewaySettings, people: Sequence[tuple[str, str]]
) -> dict[str, dict[str, str]]:
    """Make the first admins, pairs of name and login; give invitation and code by login.

    Raises `NotNow`, or `Refused` for logins that are one.
    """
    if settings.sandbox:
        raise NotNow("A sandbox has an admin of its own, in credentials.json.")
    database = Database(settings.database_url, Clock(), pool=1)
    secret = settings.key_secret.get_secret_value()
    invitations = {}
    try:
        async with database.sessions.begin() as session:
            # Waits for the other of two at once, which then finds what this one made.
            await rotation.alone(session)
            if await queries.anybody_holds(session, "admin"):
                raise NotNow("There are admins already; they give the next one the duty.")
            if not await published_keys(session, datetime.now(UTC)):
                await rotation.rotate(session, secret, datetime.now(UTC))
            for name, login in people:
                person = await identity.register_person(session, SYSTEM, name)
                await identity.grant(session, SYSTEM, person.id, None, CAPACITIES)
                account = await accounts.open_account(
                    session, SYSTEM, person.id, login, secret, by_claim=True
                )
                code = accounts.invitation_of(secret, account)
                invitations[account.login] = {
                    "invitation": f"{INVITATION}?code={code}",
                    "enrolment_code": grouped(accounts.enrolment_code_of(secret, account)),
                }
            return invitations
    finally:
        await database.close()


def main() -> None:
    """Make the first two admins of the gateway whose settings are in the environment."""
    parser = argparse.ArgumentParser(prog="zhichuang bootstrap-admin", description=__doc__)
    parser.add_argument("people", nargs=4, metavar="NAME LOGIN", help="twice: name and login")
    first, first_login, second, second_login = parser.parse_args().people
    people = [(first, first_login), (second, second_login)]
    try:
        made = asyncio.run(make(GatewaySettings(), people))
    except NotNow as refused:
        sys.exit(f"✗ {refused}")
    sys.stdout.write(json.dumps(made, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
