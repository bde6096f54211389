"""The HTTP face of accounts; signing in itself is a page, see `grants`."""

from typing import Final
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import col

from gateway.accounts import actions, queries
from gateway.accounts.rules import grouped
from gateway.accounts.schemas import (
    EnrolmentCodeOut,
    InvitedAccountOut,
    SignInAccountIn,
    SignInAccountOut,
)
from gateway.accounts.tables import Account
from shared.auth import Actor
from shared.http import (
    CurrentActor,
    CurrentWork,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)

router = Router(prefix="/v1/identity/accounts", tags=["accounts"])
OWN: Final = access(
    "admin", "member", tenant="people of one's own organization; an admin any", rules=("X02", "X04")
)
INVITATION: Final = "/oauth/invitation"


@router.post(
    "",
    status_code=201,
    operation_id="identity_open_account",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND", "LOGIN_TAKEN"),
)
async def open_account(
    body: SignInAccountIn,
    actor: CurrentActor,
    work: CurrentWork,
    session: Transaction,
    request: Request,
    response: Response,
) -> InvitedAccountOut:
    """Open an account; its invitation is in this answer and nowhere else."""
    secret = request.app.state.settings.key_secret.get_secret_value()
    keyed = work.scope is not None
    # A kept answer would hold the invitation in clear; it is made again for a repeated request.
    work.scope = None
    waiting = await queries.waiting_account(session, actor, body.person_id, body.login)
    if keyed and waiting is not None:
        response.headers["Idempotent-Replayed"] = "true"
        return invited(waiting, actor, secret, response)
    account = await actions.open_account(session, actor, body.person_id, body.login, secret)
    return invited(account, actor, secret, response)


@router.put(
    "/{account_id}/enrolment-code",
    operation_id="identity_let_enrol",
    openapi_extra=access("admin", tenant="none", rules=("X02", "A099")),
    responses=problems("NOT_FOUND", "ACCOUNT_CLOSED"),
)
async def let_enrol(
    account_id: UUID, actor: CurrentActor, work: CurrentWork, session: Transaction,
    request: Request, response: Response,
) -> EnrolmentCodeOut:  # fmt: skip
    """Make the code with which an official connects the first second factor, as after a loss."""
    secret = request.app.state.settings.key_secret.get_secret_value()
    work.scope = None
    account = await actions.let_enrol(session, actor, account_id)
    response.headers["Cache-Control"] = "no-store"
    return EnrolmentCodeOut(
        enrolment_code=grouped(actions.enrolment_code_of(secret, account)),
        enrolment_until=account.enrolment_until,
    )


@router.get("", operation_id="identity_list_accounts", openapi_extra=OWN, responses=problems())
async def list_accounts(
    actor: CurrentActor, session: Reading, page: PageQuery
) -> Page[SignInAccountOut]:
    """List accounts, newest first."""
    rows, next_cursor = await paginate(
        session, queries.visible_accounts(actor), page, keys=[col(Account.id).desc()]
    )
    return Page(items=[SignInAccountOut(**_shown(row)) for row in rows], next_cursor=next_cursor)


def invited(account: Account, actor: Actor, secret: str, response: Response) -> InvitedAccountOut:
    """Show an account with its invitation, and to an admin with the code for a first factor."""
    response.headers["Cache-Control"] = "no-store"
    path = f"{INVITATION}?code={actions.invitation_of(secret, account)}"
    code = grouped(actions.enrolment_code_of(secret, account)) if actor.has("admin") else None
    return InvitedAccountOut(**_shown(account), invitation=path, enrolment_code=code)


def _shown(account: Account) -> dict[str, object]:
    kept = account.model_dump(include=set(SignInAccountOut.model_fields))
    return kept | {"has_password": account.password_hash is not None}
