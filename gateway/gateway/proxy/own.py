"""The gateway's own application behind the door, and what is answered for it past the framework."""

from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope

from gateway.limits.rules import TOKENS
from gateway.proxy import rules
from gateway.proxy.answers import Headers
from gateway.proxy.forwarding import as_bearer
from gateway.proxy.passage import Claims, Passage
from gateway.proxy.upstream import Body, ClientLeft
from gateway.tokens.plain import HEADERS, PlainGrants
from gateway.tokens.rules import MAX_FORM_BYTES

NOBODY: Final[Claims] = {}


class Own:
    """Answers what is the gateway's own."""

    def __init__(self, app: ASGIApp, grants: PlainGrants | None = None) -> None:
        """Take the application, and what gives tokens to programs in its place."""
        self.app = app
        self.fastapi: Any = getattr(app, "fastapi", None)
        self._grants = grants

    async def answer(
        self, passage: Passage, head: rules.Head, body: Body | None, receive: Receive
    ) -> None:
        """Answer a request that was judged. Raises `BodyRefused`."""
        first = None
        if passage.path == TOKENS and body is not None and self._grants is not None:
            first = await _form(body)
            if body.complete and await self._grant(passage, self._grants, head, first):
                return
        await self._ask(passage, head, body, receive, first)

    async def _grant(
        self, passage: Passage, grants: PlainGrants, head: rules.Head, form: bytes
    ) -> bool:
        """Give a program its token; tell whether it was given."""
        if passage.scope["method"] != "POST" or passage.scope["query_string"]:
            return False
        given = await grants.give(head.once, form, passage.address)
        if given is None:
            return False
        # For the trail, as the route leaves it.
        passage.scope["state"] = {"door_client": given.client_id, "door_person": given.person_id}
        length = (b"content-length", b"%d" % len(given.body))
        await passage.whole(200, [*HEADERS, length], given.body)
        return True

    async def _ask(
        self,
        passage: Passage,
        head: rules.Head,
        body: Body | None,
        receive: Receive,
        first: bytes | None,
    ) -> None:
        """Let the application answer, which logs and counts it; `first` was read of the body."""
        scope = passage.scope
        scope["path"] = passage.path
        scope["raw_path"] = passage.path.encode("ascii")
        scope["headers"] = _headers(passage, head)
        unread = [] if first is None else [first]

        async def bounded() -> Message:
            if body is not None and unread:
                more = not body.complete
                return {"type": "http.request", "body": unread.pop(), "more_body": more}
            if body is None or body.complete:
                return await receive()
            try:
                chunk = await body.chunk()
            except ClientLeft:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunk, "more_body": not body.complete}

        passage.noted = True
        # Made here, so that what the application writes into it is read afterwards.
        scope.setdefault("state", {})
        await self.app(scope, bounded, passage.answer)


async def _form(body: Body) -> bytes:
    """Read a body as far as one form may go."""
    read = await body.chunk()
    while not body.complete and len(read) <= MAX_FORM_BYTES:
        read += await body.chunk()
    return read


def _headers(passage: Passage, head: rules.Head) -> Headers:
    headers = [
        *as_bearer(head),
        (b"host", head.ours[b"host"]),
        (b"x-request-id", passage.trace.request_id.encode()),
        (b"traceparent", passage.trace.traceparent.encode()),
    ]
    if passage.path.startswith(rules.SIGN_IN) and b"cookie" in head.ours:
        headers.append((b"cookie", head.ours[b"cookie"]))
    return headers


def claims_within(scope: Scope) -> Claims:
    """Give whom the gateway's own application recognized."""
    actor = scope.get("state", {}).get("actor")
    if actor is None or actor.client_id is None:
        return NOBODY
    return {"client_id": actor.client_id, "sub": str(actor.person_id)}
