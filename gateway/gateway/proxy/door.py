"""The dispatcher: every request is judged here, then goes to a service or to the gateway's app."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from time import monotonic, perf_counter
from typing import Final, NoReturn

from starlette.types import Message, Receive, Scope, Send

from gateway.binding.judging import BEARER, Holders, shown
from gateway.binding.spending import SpendingUnavailable, SpentProofs
from gateway.identity.networks import allows
from gateway.limits.rules import Quotas, quotas_of, tightest
from gateway.limits.stores import MemoryStore, store_of
from gateway.proxy import compressing, rules
from gateway.proxy.access_log import AccessLog
from gateway.proxy.answers import Headers, problem
from gateway.proxy.cors import cors_of, is_preflight
from gateway.proxy.edge import Edge
from gateway.proxy.floods import Floods
from gateway.proxy.forwarding import drain, headers_in, target
from gateway.proxy.holding import Holding, holds_on
from gateway.proxy.inside import Inside
from gateway.proxy.measures import MEASURES
from gateway.proxy.own import Own, claims_within
from gateway.proxy.passage import SAFE, Claims, Passage, ProgrammeClock, Refusal
from gateway.proxy.reading import PublicReads
from gateway.proxy.sharing import Shares
from gateway.proxy.shedding import Shedder
from gateway.proxy.tracing import Trace, new_request_id, note_span, trace_of
from gateway.proxy.upstream import (
    Answer,
    Body,
    BodyRefused,
    ClientLeft,
    Late,
    Unreachable,
    Upstreams,
)
from gateway.proxy.watching import Watches
from gateway.requests.jobs import RequestLog
from gateway.settings import GatewaySettings
from gateway.trail.noting import happened_at
from gateway.trail.writing import Trail
from shared.auth import InvalidToken, KeysUnavailable
from shared.tracing import Tracing

TOO_MANY: Final = 429
CLIENT_LEFT: Final = 499  # Only in the log; nobody is there to read a status.

# Beyond so many who wait to be told that they ask too much, the next ones hear of it at once, and
# their connections end with that.
MOST_SLOWED: Final = 2_000
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
UNNAMED: Final = Trace("", "", "")

METRICS: Final = "/metrics"

Verify = Callable[[str], Awaitable[Claims]]


class Door:
    """The gateway as an ASGI application; `tracing` is set where somebody collects."""

    tracing: Tracing | None = None
    # Tells whether a token was verified a moment ago; by default, none is held to be made up.
    knows: Callable[[str], bool] = staticmethod(lambda token: bool(token))

    def __init__(
        self,
        settings: GatewaySettings,
        own: Own,
        upstreams: Upstreams,
        verify: Verify,
        clock: ProgrammeClock,
        request_log: RequestLog,
        trail: Trail | None = None,
        public: PublicReads | None = None,
        spent: SpentProofs | None = None,
    ) -> None:
        """Take the application that answers what is the gateway's own, and the door's trail."""
        self._own = own
        # The application inside, for whoever wires or tests it.
        self.fastapi = own.fastapi
        self._upstreams = upstreams
        self._verify = verify
        self._clock = clock
        self.trail = trail or Trail(None)
        self._counts = store_of(settings.limit_store)
        self._public = public
        self._slowed = 0
        self._floods = Floods()
        self._shares = Shares()
        # What the wire goes by, which has this application only.
        self.edge = Edge()
        self._watches = Watches()
        self.holding = Holding()
        self._holders = Holders(settings, spent)
        self._shedder = Shedder(settings.shed_after_seconds)
        # What begins with the process, on its own loop.
        self.on_start: list[Callable[[], None]] = []
        self.take(settings)
        self._log = AccessLog()
        self._request_log = request_log
        self._measures = MEASURES

    def take(self, settings: GatewaySettings) -> None:
        """Go by these settings from the next request on; those under way end as they began."""
        self._settings = settings
        self._hosts = settings.allowed_hosts
        self._inside = Inside(settings.metrics_from)
        self.edge.take(settings)
        self._limits = self.edge.limits
        self._quotas = Quotas(
            client=settings.limit_client,
            person=settings.limit_person,
            address=settings.limit_address,
            tokens=settings.limit_tokens,
            costly=settings.limit_costly,
        )
        self._cors = cors_of(settings.cors_origins)

    async def reload(self, settings: GatewaySettings) -> None:
        """Take changed settings; no request under way notices."""
        await self._upstreams.take(settings)
        self.take(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the application's life."""
        if scope["type"] == "lifespan":
            for begin in self.on_start:
                begin()
            watching = asyncio.create_task(self._shedder.watch())
            async with self._upstreams:
                await self._own.app(scope, self._until_shutdown(receive), send)
            watching.cancel()
            self._log.flush()
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        passage = Passage(scope, send, perf_counter(), self._clock, UNNAMED)
        if self.edge.balancers.any:
            passage.comes_by(self.edge.balancers)
        try:
            await self._pass(passage, receive)
        except Refusal as refusal:
            await self._refuse(passage, refusal, receive)
        except ClientLeft:
            passage.status = CLIENT_LEFT
        finally:
            if not passage.noted:
                self._note(passage)
            self._tell(passage)

    def _tell(self, passage: Passage) -> None:
        """Tell the collector and the trail, where either has to know."""
        if self.tracing is not None:
            note_span(self.tracing, passage)
        happened = happened_at(
            passage.scope, passage.path, passage.status, passage.trace.request_id, passage.claims
        )
        if happened is not None:
            self.trail.add(happened)

    async def _pass(self, passage: Passage, receive: Receive) -> None:
        head = self._judge(passage)
        if self._shedder.turns_away(passage.path):
            raise Refusal("OVERLOADED", closes=b"content-length" in head.once)
        if self._floods and self._is_guess(passage, head):
            # Of an address that floods: refused for that, before anything is computed over it.
            await self._count(passage)
        if is_preflight(passage.scope["method"], passage.fields):
            await self._preflight(passage, passage.fields)
            return
        if passage.path == METRICS and not self._inside.is_from(passage.scope):
            raise Refusal("NOT_FOUND", closes=b"content-length" in head.once)
        service = rules.service_of(passage.path)
        body = self._body(passage, head, receive)
        if service is None:
            try:
                await self._bound_here(passage, head)
            finally:
                await self._count(passage)
            await self._answer_here(passage, head, body, receive)
            return
        passage.service = service
        await self._pass_on(passage, head, body, receive)

    async def _pass_on(
        self, passage: Passage, head: rules.Head, body: Body | None, receive: Receive
    ) -> None:
        """Answer for a service: from what is kept, or by asking it."""
        authorization = head.once.get(b"authorization")
        try:
            if authorization is not None:
                passage.claims = await self._claims(passage, head, authorization)
        finally:
            # A wrong token counts as well: guessing must not be free.
            await self._count(passage)
        public = self._public
        if public is not None and public.takes(passage) and await self._read(public, passage):
            return
        await self._exchange_shared(passage, head, body, receive)
        if public is not None and passage.scope["method"] not in READS:
            # Whoever has just changed something reads it back changed.
            public.cache.purge(passage.service)

    async def _read(self, public: PublicReads, passage: Passage) -> bool:
        try:
            return await public.answer(passage)
        except Unreachable as error:
            raise _unanswered(error) from None

    async def _preflight(self, passage: Passage, fields: Mapping[bytes, bytes]) -> None:
        """Tell a browser what a page may do; a page of nobody's is told nothing."""
        await self._count(passage)
        if self._cors.allowed(fields) is None:
            raise Refusal("FORBIDDEN_SCOPE")
        headers = [*self._cors.preflight(), (b"content-length", b"0")]
        await passage.answer({"type": "http.response.start", "status": 204, "headers": headers})
        await passage.send({"type": "http.response.body", "body": b""})

    def _judge(self, passage: Passage) -> rules.Head:
        """Refuse what has no business here; name the request and its canonical path."""
        scope = passage.scope
        fields: Headers = scope["headers"]
        named = passage.fields = dict(fields)
        if self._cors.origins:
            passage.said = [*SAFE, *self._cors.on_answer(self._cors.allowed(named))]
        coding = named.get(b"accept-encoding")
        passage.gzip = coding is not None and compressing.is_wanted(coding)
        passage.name(trace_of(named.get(b"x-request-id"), named.get(b"traceparent")))
        raw_path: bytes = scope["raw_path"]
        if len(raw_path) + len(scope["query_string"]) > self._limits.target:
            raise Refusal("URI_TOO_LONG", closes=True)
        if len(fields) > self._limits.fields or rules.head_size(fields) > self._limits.head:
            raise Refusal("HEADERS_TOO_LARGE", closes=True)
        path = rules.canonical_path(raw_path)
        if path is None:
            raise Refusal("REQUEST_UNREADABLE")
        passage.path = path
        if scope["method"] not in rules.METHODS:
            raise Refusal("METHOD_NOT_ALLOWED")
        try:
            head = rules.judged_head(fields, named)
        except rules.MalformedHead:
            raise Refusal("REQUEST_UNREADABLE", closes=True) from None
        if not rules.names_one_host(head.ours.get(b"host"), self._hosts):
            raise Refusal("REQUEST_UNREADABLE", closes=True)
        return head

    def _body(self, passage: Passage, head: rules.Head, receive: Receive) -> Body | None:
        """Give the body that is announced, unless it is announced too large or compressed."""
        fields = passage.fields
        length = head.once.get(b"content-length")
        if length is None and b"transfer-encoding" not in fields:
            return None
        limit = rules.body_limit(passage.path, self._limits)
        if length is not None and int(length) > limit:
            raise Refusal("BODY_TOO_LARGE", closes=True, figures={"max_bytes": limit})
        if b"content-encoding" in fields:
            # A few compressed bytes can unfold into gigabytes.
            raise Refusal("UNSUPPORTED_MEDIA_TYPE", closes=True)
        idle = self._settings.body_idle_seconds
        return Body(receive, limit, idle, announced=length is not None)

    async def _count(self, passage: Passage) -> None:
        """Count the request against its caller's limits; refuse the one that is too many."""
        asked = quotas_of(passage.path, passage.claims, passage.holder, self._quotas)
        counts = self._counts
        if isinstance(counts, MemoryStore):
            passage.standing = counts.nearest(asked)
        else:
            passage.standing = tightest(await counts.hit(asked)) if asked else None
        if passage.standing is not None and not passage.standing.allowed:
            await self._too_much(passage)

    def _is_guess(self, passage: Passage, head: rules.Head) -> bool:
        """Tell whether a token that nobody has verified is one too many of a flooding address."""
        token = shown(head.once.get(b"authorization", b""))
        if token is None or self.knows(token[1]):
            return False
        return not self._floods.may_guess(passage.holder, monotonic())

    async def _too_much(self, passage: Passage) -> NoReturn:
        """Refuse whoever asks too much, after a wait: a flood comes no faster than that.

        Waiting costs no work.
        """
        seconds = self._floods.refused(passage.holder, monotonic())
        if self._slowed >= MOST_SLOWED:
            raise Refusal("RATE_LIMITED", closes=True)
        self._slowed += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._slowed -= 1
        raise Refusal("RATE_LIMITED")

    async def _claims(self, passage: Passage, head: rules.Head, authorization: bytes) -> Claims:
        token = shown(authorization)
        if token is None:
            raise Refusal("UNAUTHENTICATED")
        try:
            claims = await self._verify(token[1])
        except InvalidToken:
            raise Refusal("UNAUTHENTICATED") from None
        except KeysUnavailable:
            raise Refusal("UNAVAILABLE") from None
        _require_near(passage, claims)
        proof = head.once.get(b"dpop")
        if token[0] == BEARER and proof is None and "cnf" not in claims:
            return claims
        asked = (passage.scope["method"], head.ours[b"host"], passage.path)
        try:
            await self._holders.judge(*token, claims, proof, asked)
        except InvalidToken as error:
            raise Refusal("UNAUTHENTICATED", headers=self._holders.headers(error)) from None
        except SpendingUnavailable:
            raise Refusal("UNAVAILABLE") from None
        return claims

    async def _bound_here(self, passage: Passage, head: rules.Head) -> None:
        """Judge how a token is shown to the gateway itself, which judges the rest of it."""
        token = shown(head.once.get(b"authorization", b""))
        if token is None:
            return
        with suppress(InvalidToken, KeysUnavailable):
            # What does not verify is refused inside, in the words of each operation.
            await self._verify(token[1])
            await self._claims(passage, head, head.once[b"authorization"])

    async def _answer_here(
        self, passage: Passage, head: rules.Head, body: Body | None, receive: Receive
    ) -> None:
        """Let the gateway itself answer, under the same bounds."""
        try:
            await self._own.answer(passage, head, body, receive)
        except BodyRefused as refused:
            raise self._refusal_of(refused, passage) from None
        if passage.noted:
            self._keep(passage, claims_within(passage.scope))

    async def _exchange_shared(
        self, passage: Passage, head: rules.Head, body: Body | None, receive: Receive
    ) -> None:
        """Pass the request on, unless its caller has too many under way."""
        claims, most = passage.claims, self._settings.caller_exchanges
        caller: str = passage.holder if claims is None else claims["client_id"]
        if not self._shares.begins(caller, most):
            closes = b"content-length" in head.once
            raise Refusal("TOO_MANY_AT_ONCE", closes=closes, figures={"most": most})
        try:
            await self._exchange(passage, head, body, receive)
        finally:
            self._shares.ends(caller)

    async def _exchange(
        self, passage: Passage, head: rules.Head, body: Body | None, receive: Receive
    ) -> None:
        """Pass the request to its service and the answer back."""
        watch = self._watches.begin(body, receive)
        try:
            if body is not None:
                await body.read_first()
            answer = await self._asked(passage, head, body)
            try:
                await self._relay(passage, answer)
            finally:
                answer.end()
        except BodyRefused as refused:
            raise self._refusal_of(refused, passage) from None
        except Unreachable as error:
            raise _unanswered(error) from None
        except asyncio.CancelledError:
            if not watch.client_left:
                raise
            watch.uncancel()
            raise ClientLeft from None
        finally:
            self._watches.end(watch)

    def _asked(self, passage: Passage, head: rules.Head, body: Body | None) -> Awaitable[Answer]:
        """Put the question to its service, which may hold it until there is news."""
        ask, service, method = self._upstreams.ask, passage.service, passage.scope["method"]
        asked, headers = target(passage), headers_in(passage, head)
        if method == "GET" and holds_on(passage.path, passage.scope["query_string"]):
            return self.holding.ask(lambda at: ask(service, method, at, headers, body), asked)
        return ask(service, method, asked, headers, body)

    async def _relay(self, passage: Passage, answer: Answer) -> None:
        """Send a service's answer on, chunk by chunk.

        Where it breaks off (`Unreachable`) the status is out already; an answer that just ends
        would pass for a whole one, so that the connection has to be cut.
        """
        # A short answer is here as a whole, and goes out as one write.
        data = answer.taken()
        fields = rules.passing_out(answer.headers)
        await passage.begin(answer.status, fields, follows=answer.over)
        while not answer.over:
            if data:
                await passage.chunk(data, more=True)
            data = await answer.chunk()
        await passage.chunk(data, more=False)

    def _refusal_of(self, refused: BodyRefused, passage: Passage) -> Refusal:
        limit = rules.body_limit(passage.path, self._limits)
        figures = {"max_bytes": limit} if refused.code == "BODY_TOO_LARGE" else {}
        return Refusal(refused.code, closes=True, figures=figures)

    async def _refuse(self, passage: Passage, refusal: Refusal, receive: Receive) -> None:
        if passage.answering:
            # Too late for a document: returning without the rest makes uvicorn cut the line.
            return
        languages = dict(passage.scope["headers"]).get(b"accept-language", b"")
        status, headers, body = problem(
            refusal.code,
            passage.trace.request_id,
            passage.path,
            languages.decode("latin-1"),
            **refusal.figures,
        )
        replaced = {name for name, _ in refusal.headers}
        headers = [*(one for one in headers if one[0] not in replaced), *refusal.headers]
        if refusal.closes:
            headers.append((b"connection", b"close"))
        if refusal.code == "RATE_LIMITED" and passage.standing is not None:
            headers.append((b"retry-after", str(passage.standing.reset_seconds).encode()))
        await passage.answer({"type": "http.response.start", "status": status, "headers": headers})
        await passage.send({"type": "http.response.body", "body": body, "more_body": True})
        if refusal.closes:
            await drain(receive)
        await passage.send({"type": "http.response.body", "body": b""})

    def _until_shutdown(self, receive: Receive) -> Receive:
        """Write what waits of the trail while the database is still there."""

        async def told() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                with suppress(Exception):
                    await self.trail.flush()
            return message

        return told

    def _note(self, passage: Passage) -> None:
        if passage.status == TOO_MANY and not self._log.takes_refusal():
            self._measures.observe(
                passage.service, passage.scope["method"], TOO_MANY, perf_counter() - passage.started
            )
            return
        seconds = perf_counter() - passage.started
        method: str = passage.scope["method"]
        claims = passage.claims or {}
        request_id = passage.trace.request_id or new_request_id()
        self._keep(passage, claims)
        self._measures.observe(passage.service, method, passage.status, seconds)
        self._log.add(
            method=method,
            path=passage.path,
            status=passage.status,
            seconds=seconds,
            request_id=request_id,
            trace_id=passage.trace.trace_id,
            service=passage.service,
            client_id=claims.get("client_id"),
            person_id=claims.get("sub"),
        )

    def _keep(self, passage: Passage, claims: Claims) -> None:
        """Note the request for whoever asked; what came without a valid token is nobody's."""
        if claims:
            asked = (passage.scope["method"], passage.path, passage.service)
            seconds = perf_counter() - passage.started
            request_id = passage.trace.request_id
            self._request_log.add(claims, request_id, asked, passage.status, seconds)


def _require_near(passage: Passage, claims: Claims) -> None:
    """Refuse a good token from where its program may not speak; the trail hears whose it was."""
    networks = claims.get("networks")
    if networks is None or allows(tuple(networks), passage.address):
        return
    told = {"door_client": claims["client_id"], "door_person": claims["sub"]}
    passage.scope["state"] = {**passage.scope.get("state", {}), **told}
    raise Refusal("ADDRESS_NOT_ALLOWED")


def _unanswered(error: Unreachable) -> Refusal:
    """Tell a service that could not be asked from one that was asked and said nothing."""
    if isinstance(error, Late):
        return Refusal("ANSWER_TIMEOUT", figures={"seconds": round(error.seconds)})
    return Refusal("UNAVAILABLE")
