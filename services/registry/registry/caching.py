"""How long everyone may keep what everyone may read."""

from fastapi import Request, Response


def kept_by_all(request: Request) -> dict[str, str]:
    """Give the header that lets everyone keep an answer for as long as the setting says."""
    age = request.app.state.settings.public_max_age_seconds
    return {"Cache-Control": f"public, max-age={age}"}


async def cached(request: Request, response: Response) -> None:
    """Let everyone keep the answer of a route for as long as the setting says."""
    response.headers.update(kept_by_all(request))
