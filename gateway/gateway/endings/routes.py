"""The HTTP face of endings."""

from uuid import UUID

from fastapi import Request, Response

from gateway.accounts.routes import OWN, invited
from gateway.accounts.schemas import InvitedAccountOut
from gateway.duties.rules import least_admins
from gateway.endings import actions
from shared.http import CurrentActor, Router, Transaction, access, problems

accounts_router = Router(prefix="/v1/identity/accounts/{account_id}", tags=["accounts"])
people_router = Router(prefix="/v1/identity/people", tags=["identity"])


@accounts_router.put(
    "/invitation",
    operation_id="identity_invite_again",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND", "ACCOUNT_CLOSED"),
)
async def invite_again(
    account_id: UUID, actor: CurrentActor, session: Transaction, request: Request,
    response: Response,
) -> InvitedAccountOut:  # fmt: skip
    """Make a new invitation, as for a forgotten password; sessions, tokens and the password end."""
    secret = request.app.state.settings.key_secret.get_secret_value()
    account = await actions.invite_again(session, actor, account_id, secret)
    return invited(account, actor, secret, response)


@accounts_router.delete(
    "",
    status_code=204,
    operation_id="identity_close_account",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND"),
)
async def close_account(account_id: UUID, actor: CurrentActor, session: Transaction) -> None:
    """Close an account: its person is signed out, and every token of his ends within 5 seconds."""
    await actions.close_account(session, actor, account_id)


@accounts_router.delete(
    "/second-factors",
    status_code=204,
    operation_id="identity_reset_second_factors",
    openapi_extra=access("admin", tenant="none", rules=("X02",)),
    responses=problems("NOT_FOUND"),
)
async def reset_second_factors(account_id: UUID, actor: CurrentActor, session: Transaction) -> None:
    """Take every second factor away, as for a lost phone; sessions and tokens end with them."""
    await actions.end_factors(session, actor, account_id)


@people_router.delete(
    "/{person_id}",
    status_code=204,
    operation_id="identity_deactivate_person",
    openapi_extra=access(
        "admin", "member", tenant="people of one's own organization; an admin any",
        rules=("X02", "X04"),
    ),
    responses=problems("NOT_FOUND", "ADMINS_TOO_FEW"),
)  # fmt: skip
async def deactivate_person(
    person_id: UUID, actor: CurrentActor, session: Transaction, request: Request
) -> None:
    """End all that a person is here: account, programs, roles, duties and every token at once."""
    least = least_admins(by_two=request.app.state.settings.duties_by_two)
    await actions.deactivate_person(session, actor, person_id, least_admins=least)
