"""Where every process fetches the list."""

from typing import Final

from fastapi import Request

from gateway.revocations.schemas import RevocationListOut
from shared.http import Router, access, problems

router: Final = Router(prefix="/.well-known", tags=["tokens"])


@router.get(
    "/revocations",
    operation_id="oauth_revocations",
    openapi_extra=access(tenant="none"),
    responses=problems(),
)
async def revocations(request: Request) -> RevocationListOut:
    """Publish what ends tokens early; a service that verifies tokens asks every two seconds."""
    return RevocationListOut(list=await request.app.state.revocation_list.signed())
