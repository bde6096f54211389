"""A short way for the few operations that come by the thousand, beside their ordinary route.

The route stays: it is what OpenAPI shows, and what answers everything that is not plainly good.
The short way takes a request only where it sees that the route would let it through; whatever it
does not understand it hands on with its body, so that each refusal of form is the route's own.
There is no dependency, no session and no model in between: what this saves stands in
`docs/decisions/hot-paths.md`.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth import Actor, InvalidToken, KeysUnavailable
from shared.http import problem
from shared.http.route import Access, UnitOfWorkRoute
from shared.http.work import Replay, Work, key_in, replayed, scope_of
from shared.rules import Refused

# Answers a request, or gives nothing where the ordinary route should.
Handle = Callable[[FastAPI, Actor, Work, bytes], Awaitable[Response | None]]

MOST_ACTORS: Final = 10_000
PLAIN: Final = frozenset({b"application/json", b"application/json; charset=utf-8"})
# Each of these once at most, and none that says that the body comes in another way.
READ: Final = frozenset({b"authorization", b"idempotency-key", b"content-type", b"content-length"})
STRANGE: Final = frozenset({b"transfer-encoding", b"content-encoding"})


class Callers:
    """Remembers whom a token makes, so that a call costs no more than looking him up."""

    def __init__(self, fastapi: FastAPI) -> None:
        """Know nobody yet."""
        self._state: Any = fastapi.state
        self._actors: dict[str, tuple[Mapping[str, Any], Actor]] = {}

    async def actor(self, access: Access, authorization: str, *, reads: bool) -> Actor | None:
        """Give the caller if an operation lets it in; the ordinary route says why it does not.

        Officials decide nothing while it is not known who lost his duty; they may read.
        """
        scheme, _, token = authorization.partition(" ")
        verifier = self._state.verifier
        if scheme.lower() != "bearer":
            return None
        try:
            claims = await verifier.verify(token)
        except (InvalidToken, KeysUnavailable):
            return None
        known, actor = self._actors.get(token, (None, None))
        # The verifier gives the same claims for as long as its verdict is remembered.
        if known is not claims or actor is None:
            actor = Actor.of_claims(claims)
            if len(self._actors) >= MOST_ACTORS:
                self._actors.clear()
            self._actors[token] = (claims, actor)
        stale = not reads and actor.is_official and verifier.revocations.stale
        if stale or not actor.has(*access.capacities):
            return None
        predecessors = self._state.predecessors
        if predecessors is None:
            return actor
        try:
            completed: Actor = await predecessors.completed(actor)
        except (SQLAlchemyError, OSError):
            return None  # The ordinary route says that the database is away.
        return completed


@dataclass(frozen=True, slots=True)
class _Way:
    route: UnitOfWorkRoute
    access: Access
    handle: Handle


class Quick:
    """Takes the requests of some operations past the framework; hands all others on."""

    def __init__(
        self, app: ASGIApp, fastapi: FastAPI, callers: Callers, handles: Mapping[str, Handle]
    ) -> None:
        """Name the operations by their ids; each has a key that must be given and a JSON body."""
        self._app = app
        self._state: Any = fastapi.state
        self._fastapi = fastapi
        self._callers = callers
        self._ways: dict[tuple[str, str], _Way] = {}
        for route in fastapi.routes:
            if isinstance(route, UnitOfWorkRoute) and (route.operation_id or "") in handles:
                way = _Way(route, route.access, handles[route.operation_id or ""])
                self._ways.update({(method, route.path): way for method in route.methods or ()})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, by either way."""
        way = None
        if scope["type"] == "http" and not scope["query_string"]:
            way = self._ways.get((scope["method"], scope["path"]))
        if way is None:
            await self._app(scope, receive, send)
            return
        read: list[Message] = []
        response = await self._answer(way, scope, receive, read)
        if response is None:
            await self._app(scope, _again(read, receive), send)
        else:
            await response(scope, receive, send)

    async def _answer(
        self, way: _Way, scope: Scope, receive: Receive, read: list[Message]
    ) -> Response | None:
        headers = _headers(scope)
        if headers is None:
            return None
        caller = headers[b"authorization"]
        actor = await self._callers.actor(way.access, caller, reads=False)
        key = _key(headers)
        length = int(headers[b"content-length"])
        if actor is None or key is None or length > self._state.settings.max_json_bytes:
            return None
        body = await _body(receive, read, length)
        if body is None:
            return None
        scope["route"] = way.route
        bound = scope_of(actor, scope["method"], scope["path"], key)
        digest = hashlib.sha256(b"\n" + body).digest()
        work = Work(self._state.database.sessions, bound, digest)
        try:
            response = await way.handle(self._fastapi, actor, work, body)
        except Replay as replay:
            response = replayed(replay.kept)
        except Refused as refused:
            return problem.of_refusal(Request(scope), refused)
        except problem.Failure as failure:
            return problem.of_failure(Request(scope), failure)
        if response is not None:
            self._state.committed.set()
        return response


def _headers(scope: Scope) -> dict[bytes, str] | None:
    """Give the headers that matter here; none where the ordinary route should look at them."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in STRANGE or (name in READ and name in found):
            return None
        if name in READ:
            found[name] = value.decode("latin-1")
    length = found.get(b"content-length", "")
    plain = found.get(b"content-type", "").lower().encode("latin-1") in PLAIN
    return found if plain and len(found) == len(READ) and length.isdecimal() else None


def _key(headers: Mapping[bytes, str]) -> str | None:
    try:
        return key_in(headers[b"idempotency-key"])
    except problem.Failure:
        return None


async def _body(receive: Receive, read: list[Message], length: int) -> bytes | None:
    """Read a body that has the length it said; what was read stays in `read` for another."""
    left = length
    while left >= 0:
        message = await receive()
        read.append(message)
        if message["type"] != "http.request":
            return None
        left -= len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(message.get("body", b"") for message in read) if left == 0 else None


def _again(read: list[Message], receive: Receive) -> Receive:
    """Give what was read once more, then what comes after it."""
    waiting = iter(read)

    async def next_message() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return next_message
