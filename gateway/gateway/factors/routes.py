"""The HTTP face of second factors; enrolling and showing them are pages, see `grants`."""

from uuid import UUID

from gateway.accounts import queries as accounts
from gateway.factors import actions, queries
from gateway.factors.schemas import PasskeyOut, SecondFactorsOut
from shared.auth import DUTIES, ROLES
from shared.http import CurrentActor, Reading, Router, Transaction, access, problems

me_router = Router(prefix="/v1/me/second-factors", tags=["accounts"])


@me_router.get(
    "",
    operation_id="identity_my_second_factors",
    openapi_extra=access(*sorted(ROLES | DUTIES), tenant="oneself"),
    responses=problems(),
)
async def my_second_factors(actor: CurrentActor, session: Reading) -> SecondFactorsOut:
    """Tell which second factors one has; secrets and codes are never shown again."""
    account = await accounts.account_of_person(session, actor.person_id)
    if account is None:
        return SecondFactorsOut(authenticator_since=None, recovery_codes_left=0, passkeys=[])
    factor = await queries.factor_of(session, account.id)
    keys = await queries.passkeys_of(session, account.id)
    return SecondFactorsOut(
        authenticator_since=None if factor is None else factor.confirmed_at,
        recovery_codes_left=await queries.recovery_codes_left(session, account.id),
        passkeys=[PasskeyOut.model_validate(key) for key in keys],
    )


@me_router.delete(
    "/passkeys/{passkey_id}",
    status_code=204,
    operation_id="identity_end_my_passkey",
    openapi_extra=access(*sorted(ROLES | DUTIES), tenant="oneself"),
    responses=problems("NOT_FOUND"),
)
async def end_my_passkey(passkey_id: UUID, actor: CurrentActor, session: Transaction) -> None:
    """Take one of one's own passkeys away, as for a lost device."""
    await actions.end_passkey(session, actor, passkey_id)
