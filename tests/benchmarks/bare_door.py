"""The door alone before a service that says one thing, for figures about the way through.

uvicorn runs `door` and `service` as applications of their own; no database and no gateway inside.
"""

import json
import os
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.proxy.caching import PublicCache
from gateway.proxy.door import Door
from gateway.proxy.own import Own
from gateway.proxy.reading import PublicReads
from gateway.proxy.upstream import Upstreams
from gateway.requests.jobs import RequestLog
from gateway.settings import GatewaySettings
from shared.auth import TokenVerifier
from shared.http.app import settle_memory
from tests.fixtures.service import ISSUER
from tests.gateway.running_door import lifespan, own_app

SMALL: Final = json.dumps({"items": ["x" * 64] * 8}).encode()
LONG: Final = json.dumps({"items": ["制造业创新中心"] * 2_000}).encode()


def door() -> ASGIApp:
    """Make a door whose keys and settings are in the environment."""
    settings = GatewaySettings()
    upstreams = Upstreams(settings, ("registry", "evaluation", "ip-ledger"))
    keys = json.loads(os.environ["BENCH_JWKS"])
    settle_memory()

    async def published() -> dict[str, Any]:
        return dict(keys)

    verifier = TokenVerifier(ISSUER, published)
    made = Door(
        settings,
        Own(own_app),
        upstreams,
        verifier.verify,
        lambda: None,
        RequestLog(None),  # type: ignore[arg-type]
        public=PublicReads(PublicCache(settings.public_cache_bytes), upstreams, lambda: None),
    )
    made.knows = verifier.knows
    return made


def service() -> ASGIApp:
    """Make the service: a short answer, or a long one at addresses that end so."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        more = True
        while more:
            message = await receive()
            more = message.get("more_body", False)
        body = LONG if scope["path"].endswith("/long") else SMALL
        headers = [
            (b"content-type", b"application/json"),
            (b"cache-control", b"public, max-age=60"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer
