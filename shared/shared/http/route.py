"""The route class: who may call, what may be sent, and the unit of work around the handler."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from shared.auth import Actor, InvalidToken, KeysUnavailable, Predecessors
from shared.database.engine import Database
from shared.database.replica import AWAY
from shared.http.expected import UNFIT
from shared.http.links import to_next
from shared.http.problem import FORM, Failure
from shared.http.work import Replay, Work, key_of, replayed, scope_of
from shared.rules import Kind, Refused, Rule

UNSTORABLE: Final = {
    "en": "text without NUL and lone surrogates",
    "zh": "文本不可含 NUL 字符和孤立的代理码位",
}
SAFE: Final = frozenset({"GET", "HEAD"})
ACCESS: Final = "x-access"
ROLES: Final = Rule("X02", "delivery")
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer error="invalid_token"'}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an operation, and by which tenant rule it sees rows."""

    capacities: frozenset[str]
    tenant: str
    key_required: bool = False
    streamed: bool = False
    self_keyed: bool = False


def access(
    *capacities: str,
    tenant: str,
    rules: tuple[str, ...] = (),
    key_required: bool = False,
    streamed: bool = False,
    self_keyed: bool = False,
    internal: bool = False,
) -> dict[str, Any]:
    """Declare who may call an operation; the route class enforces it, OpenAPI publishes it.

    No capacity means that no token is needed. `tenant` says in words which rows the caller
    sees. `key_required` makes Idempotency-Key a must (facts and money). `streamed` leaves the body
    to the handler. `self_keyed` leaves the key to it too: the poster looks for a kept answer in the
    same statement that posts. `internal` hides the operation from the public document.
    """
    declared: dict[str, Any] = {
        ACCESS: {
            "capacities": sorted(capacities),
            "tenant": tenant,
            "key_required": key_required,
            "streamed": streamed,
            "self_keyed": self_keyed,
        },
    }
    if rules:
        declared["x-rule"] = list(rules)
    if internal:
        declared["x-internal"] = True
    if not capacities:
        declared["security"] = []
    return declared


def _no_constant(_name: str) -> float:
    raise json.JSONDecodeError("not a number", "", 0)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise json.JSONDecodeError("not a finite number", "", 0)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise json.JSONDecodeError("a name stands twice", "", 0)
    return names


# Made once: with hooks of one's own, `json.loads` makes a decoder for each line of a batch.
STRICT: Final = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_distinct
)


def strict_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON as RFC 8259 has it: UTF-8, no NaN, no name twice, no number beyond a double.

    Raises `json.JSONDecodeError` for what cannot be read, and `RequestValidationError` for text
    that no database can store (NUL, lone surrogates).
    """
    try:
        value = STRICT.decode(body.decode("utf-8"))
    except (UnicodeDecodeError, RecursionError) as error:
        raise json.JSONDecodeError("unreadable", "", 0) from error
    except ValueError as error:
        # Integers of thousands of digits are refused by the interpreter itself.
        raise json.JSONDecodeError("unreadable", "", 0) from error
    if b"\\u" in body:
        _refuse_unstorable(json.dumps(value, ensure_ascii=False))
    return value


def _refuse_unstorable(text: str) -> None:
    if "\\u0000" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise RequestValidationError(
            [{"type": UNFIT, "loc": ("body",), "msg": "", "ctx": UNSTORABLE}]
        )


class StrictRequest(Request):
    """A request whose JSON is read strictly, and whose body has a bound."""

    async def body(self) -> bytes:
        """Read the body up to the bound of ordinary requests; more is 413."""
        if not hasattr(self, "_body"):
            self._body = await self._bounded(self.app.state.settings.max_json_bytes)
        return self._body

    async def _bounded(self, most: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > most:
                raise Failure("BODY_TOO_LARGE", {"Connection": "close"}, max_bytes=most)
            chunks.append(chunk)
        return b"".join(chunks)

    async def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Read the body as strict JSON, once."""
        if not hasattr(self, "_json"):
            try:
                self._json = strict_json(await self.body())
            except json.JSONDecodeError as error:
                raise Failure("BODY_UNREADABLE") from error
        return self._json


def _is_empty(request: Request) -> bool:
    """Tell whether no body was sent: whether one was needed is for the schema to say."""
    headers = request.headers
    return headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers


class UnitOfWorkRoute(APIRoute):
    """Judges the caller, then runs the handler inside one unit of work.

    The commit happens before the answer is sent: FastAPI runs the exit of a `yield` dependency
    after it, so that a failing commit would still have answered 201.
    """

    @cached_property
    def access(self) -> Access:
        """Give what the operation declares; an operation that declares nothing cannot start."""
        declared = (self.openapi_extra or {})[ACCESS]
        return Access(
            frozenset(declared["capacities"]),
            declared["tenant"],
            declared["key_required"],
            declared["streamed"],
            declared["self_keyed"],
        )

    @cached_property
    def parameters(self) -> Mapping[str, bool]:
        """Name the query parameters that the operation knows, and whether each takes several."""
        return {
            field.alias: field_annotation_is_sequence(field.field_info.annotation)
            for field in get_flat_params(self.dependant)
            if _is_query(field)
        }

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            actor = await authenticated(strict, self.access)
            if actor is not None:
                actor = await completed(strict, actor)
            strict.state.actor = actor
            self._judge_parameters(strict)
            if strict.method in SAFE:
                return await _read(strict, inner)
            self._judge_media_type(strict)
            if self.body_field is not None and not self.access.streamed and await strict.body():
                # FastAPI would answer 400 to whatever its own reading of the body meets.
                await strict.json()
            return await self._write(strict, actor, inner)

        return handler

    def _judge_parameters(self, request: Request) -> None:
        if "\x00" in request.url.path:
            raise Failure("REQUEST_UNREADABLE")
        asked = Counter(name for name, _ in request.query_params.multi_items())
        strange = [
            FORM.check(code, Kind.CONTENT, passed=False, pointer="/", field=name[:64])
            for name, times in asked.items()
            if (code := self._stranger(name, times)) is not None
        ]
        if strange:
            raise Refused(strange)
        if any("\x00" in value for value in request.query_params.values()):
            raise Failure("REQUEST_UNREADABLE")

    def _stranger(self, name: str, times: int) -> str | None:
        """Name what is wrong with a parameter: of two values nobody knows which one was meant."""
        if name not in self.parameters:
            return "PARAMETER_UNKNOWN"
        return "PARAMETER_REPEATED" if times > 1 and not self.parameters[name] else None

    def _judge_media_type(self, request: Request) -> None:
        if self.body_field is None or self.access.streamed or _is_empty(request):
            return
        headers = request.headers
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if not media_type and headers.get("content-length", "0") == "0":
            return  # No body at all: whether one is needed is the schema's to say.
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise Failure("UNSUPPORTED_MEDIA_TYPE", accepted="application/json")

    async def _write(self, request: StrictRequest, actor: Actor | None, inner: Handler) -> Response:
        work = await self._work_of(request, actor)
        request.state.work = work
        try:
            if not (self.access.streamed or self.access.self_keyed):
                # A streamed body has no hash before its handler has read it.
                await work.replay()
            response = await _unopposed(work, inner, request)
            await work.finish(response)
        except Replay as replay:
            return replayed(replay.kept)
        finally:
            await work.close()
        # The sequencer need not wait for its next look.
        request.app.state.committed.set()
        return response

    async def _work_of(self, request: StrictRequest, actor: Actor | None) -> Work:
        key = key_of(request)
        if key is None and self.access.key_required:
            raise Failure("IDEMPOTENCY_KEY_REQUIRED")
        scope = None
        if key is not None and actor is not None:
            scope = scope_of(actor, request.method, request.url.path, key)
        content = b"" if self.access.streamed else await request.body()
        digest = hashlib.sha256(request.url.query.encode() + b"\n" + content).digest()
        return Work(request.app.state.database.sessions, scope, digest)


async def _unopposed(work: Work, inner: Handler, request: StrictRequest) -> Response:
    """Run the handler; what its neighbours object to is told with what its own rules do."""
    try:
        response = await inner(request)
    except Refused as refused:
        raise Refused([*work.objections, *refused.checks]) from refused
    if work.objections:
        raise Refused(work.objections)
    return response


def _is_query(field: Any) -> bool:  # noqa: ANN401 - FastAPI's own field type
    return type(field.field_info).__name__ == "Query"


async def _read(request: StrictRequest, inner: Handler) -> Response:
    database: Database = request.app.state.database
    if database.replica is not None:
        work = Work(database.sessions, None, b"", replica=database.replica)
        try:
            return await _answer(request, inner, work)
        except AWAY as error:
            if work.replica is None:
                raise
            # Nothing was sent yet, and reading again changes nothing.
            work.replica.leave_alone(error)
    return await _answer(request, inner, Work(database.sessions, None, b""))


async def _answer(request: StrictRequest, inner: Handler, work: Work) -> Response:
    request.state.work = work
    try:
        response = await inner(request)
        if work.session is not None:
            await work.session.rollback()
    finally:
        await work.close()
    _link(request, response)
    return _conditional(request, response)


def _link(request: Request, response: Response) -> None:
    """Say where a list goes on, for those who follow links instead of reading bodies."""
    page = getattr(request.state, "page", None)
    if page is not None and page.further is not None:
        response.headers["link"] = to_next(request.scope["path"], request.url.query, page.further)


def _conditional(request: Request, response: Response) -> Response:
    body = getattr(response, "body", None)
    if response.status_code != 200 or body is None:
        return response
    response.headers["etag"] = tag_of(bytes(body), response.headers.get("etag", "").strip('"'))
    if "cache-control" not in response.headers:
        response.headers["cache-control"] = "private, no-cache"
    if response.headers["etag"] not in known_tags(request.headers.get("if-none-match", "")):
        return response
    kept = {name: response.headers[name] for name in ("etag", "cache-control")}
    return Response(status_code=304, headers=kept)


def tag_of(body: bytes, version: str) -> str:
    """Give the tag of what is shown.

    It may change without its version, such as a part of it or a neighbour's name: the version
    alone would tell a reader that nothing has.
    """
    digest = hashlib.sha256(body).hexdigest()[:32]
    return f'"{version}-{digest}"' if version else f'"{digest}"'


def known_tags(if_none_match: str) -> set[str]:
    """Read the tags that a caller already has."""
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}


async def authenticated(request: Request, declared: Access) -> Actor | None:
    """Give the caller, if the operation lets it in; 401 without a good token, 403 by role."""
    token = bearer_token(request)
    if token is None:
        if declared.capacities:
            raise Failure("UNAUTHENTICATED", {"WWW-Authenticate": "Bearer"})
        return None
    try:
        actor = Actor.of_claims(await request.app.state.verifier.verify(token))
    except InvalidToken as error:
        raise Failure("UNAUTHENTICATED", CHALLENGE) from error
    except KeysUnavailable as error:
        raise Failure("UNAVAILABLE", {"Retry-After": "1"}, service="gateway") from error
    # Also of somebody who is refused: the door's trail says who it was.
    request.state.actor = actor
    stale = request.app.state.verifier.revocations.stale
    if stale and actor.is_official and request.method not in SAFE:
        # Who may have lost his duty half a minute ago decides nothing until we know.
        raise Failure("UNAVAILABLE", {"Retry-After": "2"}, service="gateway")
    if declared.capacities and not actor.has(*declared.capacities):
        raise Refused([ROLES.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=False)])
    return actor


async def completed(request: Request, actor: Actor) -> Actor:
    """Give the actor with the organizations that its own succeeded, where the service knows any."""
    predecessors: Predecessors | None = request.app.state.predecessors
    return actor if predecessors is None else await predecessors.completed(actor)


def bearer_token(request: Request) -> str | None:
    """Read the bearer token; two Authorization headers or another scheme are refused."""
    values = request.headers.getlist("authorization")
    if not values:
        return None
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token:
        raise Failure("UNAUTHENTICATED", CHALLENGE)
    return token


class Router(APIRouter):
    """A router whose operations all run as units of work."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - FastAPI's own options
        """Take FastAPI's options; the route class is ours."""
        super().__init__(route_class=UnitOfWorkRoute, redirect_slashes=False, **options)
