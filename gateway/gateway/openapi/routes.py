"""The published document."""

from fastapi import APIRouter, Request, Response

from gateway.openapi.collecting import Published, Sent
from shared.http import Failure, access

router = APIRouter(include_in_schema=False, redirect_slashes=False)


@router.get("/openapi.json", operation_id="openapi", openapi_extra=access(tenant="none"))
async def openapi(request: Request) -> Response:
    """Give the OpenAPI document of every service, as one."""
    return answered(request, (await published(request)).sent)


async def published(request: Request) -> Published:
    """Give what is published; refuse while there is nothing yet."""
    found: Published | None = await request.app.state.collector.published()
    if found is None:
        raise Failure("UNAVAILABLE", {"Retry-After": "2"}, service="openapi")
    return found


def answered(request: Request, sent: Sent) -> Response:
    """Send a document, or only that it is still the one that the caller has."""
    headers = {"ETag": sent.tag, "Cache-Control": "public, max-age=60"}
    asked = request.headers.get("if-none-match", "")
    if sent.tag in {tag.strip().removeprefix("W/") for tag in asked.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(sent.body, media_type="application/json", headers=headers)
