"""The gateway that a Python team would write: one FastAPI route, and httpx behind it.

uvicorn runs it as an application of its own; it verifies, limits and logs nothing.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request, Response


@asynccontextmanager
async def _client(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=os.environ["BENCH_UPSTREAM"]) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=_client)


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def passed(path: str, request: Request) -> Response:
    """Pass a request on, and its answer back."""
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    answer = await request.app.state.client.request(
        request.method,
        f"/{path}",
        params=request.query_params,
        headers=headers,
        content=await request.body(),
    )
    kind = answer.headers.get("content-type")
    return Response(answer.content, answer.status_code, media_type=kind)
