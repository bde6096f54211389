"""Ending accounts, factors and people, with everything that was given to them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import actions as accounts
from gateway.accounts import queries as account_queries
from gateway.accounts.tables import Account
from gateway.duties import actions as duties
from gateway.duties import queries as duty_queries
from gateway.endings import rules
from gateway.factors import actions as factors
from gateway.grants.actions import end_everything
from gateway.identity import actions as identity
from gateway.identity import queries as identities
from gateway.identity.tables import Person
from shared.auth import Actor
from shared.clock import Clock
from shared.events.recording import record
from shared.rules import require


async def invite_again(
    session: AsyncSession, actor: Actor, account_id: UUID, key_secret: str
) -> Account:
    """Make a new invitation; the one before, the password and whatever it opened end with it.

    Raises `Refused`: NOT_FOUND or ACCOUNT_CLOSED.
    """
    account = await accounts.invite_again(session, actor, account_id, key_secret)
    await end_everything(session, actor, account.person_id, "invited_again")
    return account


async def close_account(session: AsyncSession, actor: Actor, account_id: UUID) -> None:
    """End an account for good, and every session and token of its person.

    Raises `Refused`: NOT_FOUND.
    """
    account = await accounts.close_account(session, actor, account_id)
    await end_everything(session, actor, account.person_id, "account_closed")


async def end_factors(session: AsyncSession, actor: Actor, account_id: UUID) -> None:
    """Take every second factor away, and end what was opened with them.

    Raises `Refused`: NOT_FOUND.
    """
    account = await factors.end_factors(session, actor, account_id)
    await end_everything(session, actor, account.person_id, "factors_reset")


async def deactivate_person(
    session: AsyncSession, actor: Actor, person_id: UUID, *, least_admins: int
) -> Person:
    """End all that a person is here: account, programs, roles, duties, what he lent, and tokens.

    Who he was stays, since what he did names him. Raises `Refused`: NOT_FOUND or ADMINS_TOO_FEW.
    """
    clock: Clock = session.info["clock"]
    # First, here and where a duty ends: locks are taken in one order.
    admins = await duty_queries.lasting_admins(session, clock.today())
    person = await identities.person_for_update(session, person_id)
    held = await identities.orgs_of_person(session, person_id)
    require(
        rules.leaving_checks(
            held,
            actor.org_id,
            by_admin=actor.has("admin"),
            is_admin=person_id in admins,
            other_admins=len(admins - {person_id}),
            least_admins=least_admins,
        )
    )
    account = await account_queries.account_of_person(session, person_id)
    if account is not None:
        await accounts.closed(session, actor, account)
    await identity.deactivate_all(session, actor, person_id)
    await duties.end_all(session, actor, person_id, "person_deactivated")
    await identity.end_roles(session, await identities.lasting_roles(session, person_id))
    await end_everything(session, actor, person_id, "person_deactivated")
    record(session, actor, "person.deactivated", person_id, for_person_id=person_id)
    return person
