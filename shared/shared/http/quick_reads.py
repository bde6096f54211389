"""A short way for the reads that come by the thousand, beside their ordinary route.

As `quick.py` for what is posted: the route stays, and answers everything that is not plainly good,
each refusal among it. Here one statement is asked, which holds who may see what, and PostgreSQL
writes the JSON that is sent. Its text is built once for each form of the question: what the caller
is, which filters he gave, how many rows, from the beginning or from a place. The same bytes come
either way (`tests/registry/quick`); what this saves stands in `docs/decisions/hot-paths.md`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import FastAPI
from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, func, select
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth import Actor, OrgIds
from shared.database.reads import FAILED, Statement, later
from shared.database.telling import as_sent, column_of, page
from shared.http.dependencies import asked_of, beyond, cursor_of, cursor_values
from shared.http.links import to_next
from shared.http.quick import Callers
from shared.http.route import UnitOfWorkRoute, known_tags, tag_of
from shared.rules import Refused

MOST_FORMS: Final = 2_000
ROLES: Final = frozenset({"official", "service"})
# Each of these once at most; the others say that there is a body, which is none of ours.
READ: Final = frozenset({b"authorization", b"if-none-match"})
STRANGE: Final = frozenset({b"transfer-encoding", b"content-length"})
ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLAIN: Final = re.compile(r"[a-z_]{1,20}=[A-Za-z0-9_-]{1,2000}")
DEFAULT_LIMIT: Final = 50
MOST_ROWS: Final = 500
log = structlog.get_logger(__name__)

NOBODY: Final = Actor(UUID(int=0), "", frozenset())


@dataclass(frozen=True, slots=True)
class Seat:
    """Who asks in the same form: the actor, without his organizations.

    They are a value of the statement, so that one text serves all members.
    """

    roles: frozenset[str]

    def has(self, *capacities: str) -> bool:
        """Tell whether this is one of these; only what decides who sees what may be asked."""
        if not ROLES.issuperset(capacities):
            msg = f"a quick read does not know {capacities}"
            raise NotImplementedError(msg)
        return not self.roles.isdisjoint(capacities)

    @property
    def is_official(self) -> bool:
        """Tell whether it is the competent authority's."""
        return "official" in self.roles

    @property
    def org_ids(self) -> OrgIds:
        """Give the organizations for which the actor acts, as the statement will have them."""
        return select(func.unnest(later("org_ids", ARRAY(Uuid()))))


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a question, of which one text is made: `None` stands where nothing was asked."""

    seat: Seat
    given: frozenset[str] = frozenset()
    # Rows at most, and whether they begin at a place.
    limit: int = 1
    placed: bool = False

    def value(self, name: str, kind: Any) -> Any:  # noqa: ANN401 - stands for a value of any type
        """Give a filter's value as the statement will have it; None where it was not given."""
        return later(name, kind) if name in self.given else None


@dataclass(frozen=True, slots=True)
class QuickRow:
    """One row by its name: `build` selects `told`, and `version` where it has one.

    The name is the value `id`; `today` and `org_ids` are known too.
    """

    build: Callable[[Form], Select[Any]]
    read_name: Callable[[str], Any]

    def statement(self, form: Form) -> Select[Any]:
        """Build the row of a form."""
        row = self.build(form).subquery("row")
        told = as_sent(row.c.told).label("told")
        return select(told, *(column for column in row.c if column.key != "told"))


@dataclass(frozen=True, slots=True)
class QuickList:
    """A page of rows: `build` selects `told`, in the order of `keys`.

    A form that `build` refuses with a `ValueError` goes the ordinary way, and so does a request
    for which `seen` turns out to be false.
    """

    build: Callable[[Form], Select[Any]]
    keys: Callable[[Form], Sequence[Any]]
    # How the filters are read that the short way knows, and how the route names them to its cursor.
    readers: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    filters: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    seen: Callable[[Form], ColumnElement[bool] | None] = lambda _: None

    def statement(self, form: Form) -> Select[Any]:
        """Build the page of a form."""
        keys = self.keys(form)
        rows = self.build(form)
        if form.placed:
            columns = [column_of(key) for key in keys]
            after = [later(f"after_{n}", one.type) for n, one in enumerate(columns)]
            rows = rows.where(beyond(keys, after))
        told = page(rows, keys, form.limit)
        seen = self.seen(form)
        return told if seen is None else told.add_columns(seen.label("seen"))


QuickRead = QuickRow | QuickList


def read_id(text: str) -> UUID:
    """Read an id in the one form in which we write it."""
    if ID.fullmatch(text) is None:
        raise ValueError(text)
    return UUID(text)


@dataclass(frozen=True, slots=True)
class _Way:
    route: UnitOfWorkRoute
    read: QuickRead


@dataclass(frozen=True, slots=True)
class _Told:
    body: bytes
    version: str = ""
    link: str = ""


class QuickReads:
    """Answers some reads past the framework; hands all other requests on."""

    def __init__(
        self, app: ASGIApp, fastapi: FastAPI, callers: Callers, reads: Mapping[str, QuickRead]
    ) -> None:
        """Name the operations by their ids."""
        self._app = app
        self._state: Any = fastapi.state
        self._secret: bytes = fastapi.state.settings.secret.get_secret_value().encode()
        self._callers = callers
        self._ways: dict[str, _Way] = {}
        self._statements: dict[tuple[str, Form], Statement] = {}
        for route in fastapi.routes:
            if isinstance(route, UnitOfWorkRoute) and (route.operation_id or "") in reads:
                read = reads[route.operation_id or ""]
                # A row's way is filed with its last slash, without the name behind it.
                path = route.path
                key = path[: path.rindex("{")] if isinstance(read, QuickRow) else path
                self._ways[key] = _Way(route, read)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, by either way."""
        if scope["type"] == "http" and scope["method"] == "GET":
            path: str = scope["path"]
            way = self._ways.get(path) or self._ways.get(path[: path.rfind("/") + 1])
            if way is not None and await self._answered(way, scope, send):
                return
        await self._app(scope, receive, send)

    async def _answered(self, way: _Way, scope: Scope, send: Send) -> bool:
        headers = _headers(scope)
        if headers is None or self._state.database.replica is not None:
            return False
        actor = await self._actor(way, headers.get(b"authorization"))
        if actor is None:
            return False
        try:
            told = await self._told(way, actor, scope)
        except FAILED as error:
            # The ordinary route tells its caller; that its statement was at fault is for the log.
            log.warning("quick_read.failed", error=type(error).__name__, path=way.route.path)
            return False
        except (ValueError, Refused):
            return False
        if told is None:
            return False
        scope["route"] = way.route
        await self._send(way, told, headers.get(b"if-none-match", ""), send)
        return True

    async def _actor(self, way: _Way, authorization: str | None) -> Actor | None:
        """Give the caller if the operation lets it in; of what is public, nobody in particular."""
        if not way.route.access.capacities:
            return NOBODY if authorization is None else None
        if authorization is None:
            return None
        return await self._callers.actor(way.route.access, authorization, reads=True)

    async def _told(self, way: _Way, actor: Actor, scope: Scope) -> _Told | None:
        seat, path = Seat(actor.capacities & ROLES), scope["path"]
        values: dict[str, Any] = {
            "org_ids": list(actor.org_ids),
            "today": self._state.clock.today(),
        }
        if isinstance(way.read, QuickRow):
            if scope["query_string"]:
                return None
            values["id"] = way.read.read_name(path[path.rindex("/") + 1 :])
            row = await self._asked(way, Form(seat), values)
            return None if row is None else _Told(row["told"], str(row.get("version", "")))
        asked = _query(scope["query_string"])
        limit, cursor = _limit(asked.pop("limit", "")), asked.pop("cursor", None)
        if not asked.keys() <= way.read.readers.keys():
            return None
        given = {name: way.read.readers[name](text) for name, text in asked.items()}
        form = Form(seat, frozenset(given), limit, cursor is not None)
        question = asked_of(path, way.read.filters(given))
        if cursor is not None:
            kinds = [column_of(key).type.python_type for key in way.read.keys(form)]
            after = cursor_values(self._secret, cursor, question, kinds)
            values |= {f"after_{place}": value for place, value in enumerate(after)}
        row = await self._asked(way, form, values | given)
        if row is None or row.get("seen", True) is not True:
            return None
        further, link = None, ""
        if row["more"]:
            keys = [value for name, value in row.items() if name.startswith("key_")]
            further = cursor_of(self._secret, question, keys)
            link = to_next(path, scope["query_string"].decode("ascii"), further)
        next_cursor = json.dumps(further).encode()
        parts = (b'{"items":[', row["body"] or b"", b'],"next_cursor":', next_cursor, b"}")
        return _Told(b"".join(parts), link=link)

    async def _asked(self, way: _Way, form: Form, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a driver's row
        statement = self._statements.get((way.route.path, form))
        if statement is None:
            read = way.read
            built = read.statement(form)
            if len(self._statements) >= MOST_FORMS:
                self._statements.clear()
            statement = self._statements[way.route.path, form] = Statement(built)
        return await self._state.database.reads.row(statement, values)

    async def _send(self, way: _Way, told: _Told, if_none_match: str, send: Send) -> None:
        kept = "private, no-cache"
        if not way.route.access.capacities:
            kept = f"public, max-age={self._state.settings.public_max_age_seconds}"
        tag = tag_of(told.body, told.version)
        said = [(b"etag", tag.encode()), (b"cache-control", kept.encode())]
        status, body = 304, b""
        if not if_none_match or tag not in known_tags(if_none_match):
            status, body = 200, told.body
            if told.link:
                said.append((b"link", told.link.encode("ascii")))
            said.append((b"content-length", b"%d" % len(body)))
            said.append((b"content-type", b"application/json"))
        await send({"type": "http.response.start", "status": status, "headers": said})
        await send({"type": "http.response.body", "body": body})


def _headers(scope: Scope) -> dict[bytes, str] | None:
    """Give the headers that matter here; none where the ordinary route should look at them."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in READ:
            if name in found:
                return None
            found[name] = value.decode("latin-1")
        elif name in STRANGE:
            return None
    return found


def _query(raw: bytes) -> dict[str, str]:
    """Read a query in which nothing is escaped and no name stands twice; `ValueError` otherwise."""
    if not raw:
        return {}
    parts = raw.decode("ascii").split("&")
    if not all(map(PLAIN.fullmatch, parts)):
        raise ValueError("not plain")
    asked = dict(part.split("=", 1) for part in parts)
    if len(asked) != len(parts):
        raise ValueError("a name stands twice")
    return asked


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    limit = int(text)
    if not 1 <= limit <= MOST_ROWS or str(limit) != text:
        raise ValueError(text)
    return limit
