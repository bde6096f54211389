"""The published document."""

from fastapi import APIRouter, Request, Response

from shared.http import Failure, access

router = APIRouter(include_in_schema=False, redirect_slashes=False)


@router.get("/openapi.json", operation_id="openapi", openapi_extra=access(tenant="none"))
async def openapi(request: Request) -> Response:
    """Give the OpenAPI document of every service, as one."""
    published = await request.app.state.collector.published()
    if published is None:
        raise Failure("UNAVAILABLE", {"Retry-After": "2"}, service="openapi")
    headers = {"ETag": published.tag, "Cache-Control": "public, max-age=60"}
    asked = request.headers.get("if-none-match", "")
    if published.tag in {tag.strip().removeprefix("W/") for tag in asked.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(published.body, media_type="application/json", headers=headers)
