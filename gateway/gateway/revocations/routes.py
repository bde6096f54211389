"""Where every process fetches the list."""

from typing import Annotated, Final

from fastapi import Query, Request

from gateway.revocations.schemas import RevocationListOut
from shared.http import Router, access, problems

MAX_WAIT_SECONDS: Final = 20

router: Final = Router(prefix="/.well-known", tags=["tokens"])


@router.get(
    "/revocations",
    operation_id="oauth_revocations",
    openapi_extra=access(tenant="none"),
    responses=problems(),
)
async def revocations(
    request: Request,
    version: Annotated[
        str, Query(max_length=64, description="The version that the caller knows.")
    ] = "",
    wait: Annotated[
        int,
        Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for another version."),
    ] = 0,
) -> RevocationListOut:
    """Publish what ends tokens early.

    A service that verifies tokens names the `version` that it knows, and is held for `wait` seconds
    or until there is another one. Where too many wait already, the answer comes at once.
    """
    text, known = await request.app.state.revocation_list.signed(version, wait)
    return RevocationListOut(list=text, version=known)
