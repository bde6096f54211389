"""The HTTP face of programs' public keys."""

from typing import Final

from gateway.identity import actions, queries
from gateway.identity.schemas import ClientKeyIn, ClientKeyOut, ClientKeysOut
from shared.http import CurrentActor, Reading, Router, Transaction, access, problems

router = Router(prefix="/v1/identity/clients/{client_id}/keys", tags=["identity"])
OWN: Final = access(
    "admin", "member", tenant="own organization; an admin any", rules=("X01", "X04")
)


@router.post(
    "",
    status_code=201,
    operation_id="identity_add_client_key",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND", "CLIENT_ENDED", "KEY_REFUSED", "KEYS_TOO_MANY", "KEY_TAKEN"),
)
async def add_key(
    client_id: str, body: ClientKeyIn, actor: CurrentActor, session: Transaction
) -> ClientKeyOut:
    """Register a key; from the first one on, signed assertions stand in place of the secret."""
    key = await actions.add_key(session, actor, client_id, body.kid, body.x, body.y)
    return ClientKeyOut.model_validate(key)


@router.get(
    "",
    operation_id="identity_list_client_keys",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND"),
)
async def list_keys(client_id: str, actor: CurrentActor, session: Reading) -> ClientKeysOut:
    """List the keys of a program."""
    client = await queries.visible_client(session, actor, client_id)
    keys = await queries.keys_of(session, client.id)
    return ClientKeysOut(items=[ClientKeyOut.model_validate(key) for key in keys])


@router.delete(
    "/{key_id}",
    status_code=204,
    operation_id="identity_end_client_key",
    openapi_extra=OWN,
    responses=problems("NOT_FOUND", "LAST_KEY"),
)
async def end_key(client_id: str, key_id: str, actor: CurrentActor, session: Transaction) -> None:
    """End a key that may be known to others; the program's tokens end within five seconds."""
    await actions.end_key(session, actor, client_id, key_id)
