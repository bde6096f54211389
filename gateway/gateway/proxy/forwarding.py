"""What goes on to a service, and what is still read of a client that was refused."""

import asyncio
from typing import Final

from starlette.types import Receive

from gateway.binding.judging import shown
from gateway.proxy.answers import Headers
from gateway.proxy.passage import Passage
from gateway.proxy.rules import Head

# A client that is refused in the middle of its body is read on for a moment, since closing at
# once would reset the connection and lose the answer.
DRAIN_SECONDS: Final = 2.0


def target(passage: Passage) -> str:
    """Give the target as it was judged."""
    query: bytes = passage.scope["query_string"]
    return f"{passage.path}?{query.decode('ascii')}" if query else passage.path


def headers_in(passage: Passage, head: Head) -> Headers:
    """Give the fields that a service gets."""
    client = passage.scope.get("client")
    passing = as_bearer(head)
    if b"dpop" in head.once:
        passing = [field for field in passing if field[0] != b"dpop"]
    return [
        *passing,
        *passage.traced,
        (b"x-forwarded-for", client[0].encode() if client else b"unknown"),
        (b"x-forwarded-host", head.ours[b"host"]),
    ]


def as_bearer(head: Head) -> Headers:
    """Give the fields that pass; that a token was bound is judged here, and services see a bearer.

    The proof itself goes on to the token endpoint only, whose token it asks for.
    """
    said = head.once.get(b"authorization", b"")
    if said[:5].lower() != b"dpop ":
        return head.passing
    token = shown(said)
    if token is None:
        return head.passing
    bearer = b"Bearer " + token[1].encode()
    return [
        (name, bearer if name == b"authorization" else value)
        for name, value in head.passing
        if name != b"dpop"
    ]


async def drain(receive: Receive) -> None:
    """Read what a refused client still sends, for a moment."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            more = True
            while more:
                message = await receive()
                more = message.get("more_body", False)
    except TimeoutError:
        return
