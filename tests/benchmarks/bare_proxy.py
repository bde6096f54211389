"""The least that a Python proxy costs: uvicorn, one application, and the door's own pool.

It judges, verifies, counts and logs nothing, and passes every field on as it came: what the gateway
spends beyond this is what it does.
"""

import asyncio
import os
from typing import Final

from starlette.types import Receive, Scope, Send

from gateway.proxy.lines import Bounds, Lines, address_of
from tests.gateway.running_door import lifespan

UPSTREAM: Final = address_of(os.environ.get("BENCH_UPSTREAM", "http://127.0.0.1:1"))
BOUNDS: Final = Bounds(most=512, connect=2, wait=5, look=1, idle=4)
_lines: dict[asyncio.AbstractEventLoop, Lines] = {}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a request without a body on, and its answer back."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    loop = asyncio.get_running_loop()
    lines = _lines.get(loop) or _lines.setdefault(loop, Lines(BOUNDS))
    line = await lines.line(UPSTREAM)
    fields = b"".join(b"%b: %b\r\n" % field for field in scope["headers"])
    line.ask(b"GET %b HTTP/1.1\r\n%b\r\n" % (scope["raw_path"], fields), 60, is_head=False)
    await line.head()
    await send({"type": "http.response.start", "status": line.status, "headers": line.headers})
    while not line.over:
        await send({"type": "http.response.body", "body": await line.chunk(), "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    lines.give_back(line)
