"""What handlers ask for: who, when, which version, which page."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from sqlalchemy import ColumnElement, Select, and_, literal, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import desc_op

from shared.auth.actor import Actor
from shared.calendar import day_of
from shared.client import ServiceClient
from shared.database.telling import column_of
from shared.events.recording import plain
from shared.http.problem import Failure, check_object, language_of
from shared.http.schemas import CheckOut, ReadinessCheckOut
from shared.rules import Check, Kind, Refused, Rule

VERSION: Final = Rule("X06", "delivery")
FORM: Final = Rule("API", "openapi")


async def current_actor(request: Request) -> Actor:
    """Give the caller, whom the route class has judged."""
    actor: Actor | None = request.state.actor
    if actor is None:
        raise Failure("UNAUTHENTICATED", {"WWW-Authenticate": "Bearer"})
    return actor


async def maybe_actor(request: Request) -> Actor | None:
    """Give the caller of a public operation, if a token came with it."""
    actor: Actor | None = request.state.actor
    return actor


async def programme_now(request: Request) -> datetime:
    """Give the programme's instant."""
    now: datetime = request.app.state.clock.now()
    return now


async def programme_today(now: Annotated[datetime, Depends(programme_now)]) -> date:
    """Give the day in Shanghai of the request's own instant.

    Two readings of the clock could take a request for one of the last day and date it on the next.
    """
    return day_of(now)


async def services(request: Request) -> ServiceClient:
    """Give the client for calls to neighbours."""
    client: ServiceClient = request.app.state.services
    return client


async def language(request: Request) -> str:
    """Give the language of the answer's sentences: `zh` or `en`."""
    return language_of(request.headers.get("accept-language"))


async def if_match(request: Request) -> int:
    """Give the version that the caller has read; 428 without one."""
    value = request.headers.get("if-match")
    if value is None:
        raise Failure("PRECONDITION_REQUIRED")
    return version_of(value)


async def version_read(
    if_match: Annotated[str | None, Header(description="The ETag read, if there was one.")] = None,
) -> int | None:
    """Give the version that the caller has read, where the first writing needs none."""
    return None if if_match is None else version_of(if_match)


def version_of(tag: str) -> int:
    """Read the version out of a tag as writes (`"7"`) and reads (`"7-…"`) give it."""
    text = tag.strip().removeprefix("W/").strip('"').partition("-")[0]
    # A tag that we never gave is a stale one.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


CurrentActor = Annotated[Actor, Depends(current_actor)]
MaybeActor = Annotated[Actor | None, Depends(maybe_actor)]
Now = Annotated[datetime, Depends(programme_now)]
Today = Annotated[date, Depends(programme_today)]
Services = Annotated[ServiceClient, Depends(services)]
Language = Annotated[str, Depends(language)]
IfMatch = Annotated[int, Depends(if_match)]
VersionRead = Annotated[int | None, Depends(version_read)]


def version_checks(current: int, read: int) -> list[Check]:
    """Check that the caller changes what it has read (X06)."""
    return [VERSION.check("VERSION_CONFLICT", Kind.STALE, passed=current == read, current=current)]


def check_version(current: int, read: int) -> None:
    """Refuse a stale version, when nothing else is to be checked with it."""
    failed = [check for check in version_checks(current, read) if not check.passed]
    if failed:
        raise Refused(failed)


def tagged(response: Response, version: int) -> None:
    """Give the version as the answer's ETag; to a read's, a digest of what is shown is added."""
    response.headers["ETag"] = f'"{version}"'


def warnings_of(checks: Sequence[Check], language: str) -> list[CheckOut]:
    """Show failed warnings in an answer."""
    return [
        CheckOut.model_validate(check_object(check, language))
        for check in checks
        if not check.passed
    ]


def readiness_of(checks: Sequence[Check], language: str) -> list[ReadinessCheckOut]:
    """Show every check of a step, passed or not."""
    return [
        ReadinessCheckOut.model_validate(
            {
                **check_object(check, language),
                "passed": check.passed,
                "severity": check.severity.value,
            }
        )
        for check in checks
    ]


@dataclass(slots=True)
class PageRequest:
    """Which part of a list is asked for, and where the next one begins once that is known."""

    limit: int
    cursor: str | None
    secret: bytes
    path: str
    further: str | None = None


async def page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500, description="Rows at most.")] = 50,
    cursor: Annotated[str | None, Query(max_length=2000, description="From `next_cursor`.")] = None,
) -> PageRequest:
    """Read `limit` and `cursor`."""
    secret: str = request.app.state.settings.secret.get_secret_value()
    page = PageRequest(limit, cursor, secret.encode(), request.url.path)
    request.state.page = page
    return page


PageQuery = Annotated[PageRequest, Depends(page_request)]


async def paginate(
    session: AsyncSession,
    statement: Select[Any],
    page: PageRequest,
    keys: Sequence[Any],
    filters: Mapping[str, Any] | None = None,
) -> tuple[list[Any], str | None]:
    """Fetch a page by keyset: `keys` are columns, `.desc()` or not, the last one unique.

    Gives the scalar rows (or row tuples) and the next cursor. The keys' values are read from the
    statement itself, so that a row inserted meanwhile moves nothing. Changed filters with an old
    cursor are refused.
    """
    columns = [column_of(key) for key in keys]
    asked = asked_of(page.path, filters or {})
    if page.cursor is not None:
        kinds = [column.type.python_type for column in columns]
        after = cursor_values(page.secret, page.cursor, asked, kinds)
        statement = statement.where(beyond(keys, after))
    found = (
        await session.execute(statement.add_columns(*columns).order_by(*keys).limit(page.limit + 1))
    ).all()
    rows = [row[0] if len(row) == 1 + len(columns) else row[: -len(columns)] for row in found]
    if len(found) <= page.limit:
        return rows, None
    last = found[page.limit - 1][-len(columns) :]
    page.further = cursor_of(page.secret, asked, last)
    return rows[: page.limit], page.further


def asked_of(path: str, filters: Mapping[str, Any]) -> str:
    """Hash what a list is asked for: a cursor belongs to it."""
    content = json.dumps([path, plain(filters)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _is_descending(key: ColumnElement[Any]) -> bool:
    return isinstance(key, UnaryExpression) and key.modifier is desc_op


def beyond(keys: Sequence[Any], after: Sequence[Any]) -> ColumnElement[bool]:
    """Give the condition of rows beyond a place, in a form that an index can begin at."""
    columns = [column_of(key) for key in keys]
    descending = [_is_descending(key) for key in keys]
    first = columns[0] <= after[0] if descending[0] else columns[0] >= after[0]
    if len(set(descending)) == 1 and len(columns) > 1:
        place = tuple_(
            *(_value(value, column) for column, value in zip(columns, after, strict=True))
        )
        here = tuple_(*columns)
        return and_(first, here < place if descending[0] else here > place)
    alternatives: list[ColumnElement[bool]] = []
    for index, column in enumerate(columns):
        equal = [columns[place] == after[place] for place in range(index)]
        further = column < after[index] if descending[index] else column > after[index]
        alternatives.append(and_(*equal, further))
    return and_(first, or_(*alternatives))


def _value(value: Any, column: ColumnElement[Any]) -> ColumnElement[Any]:  # noqa: ANN401 - a column's own type
    return value if isinstance(value, ColumnElement) else literal(value, column.type)


def cursor_of(secret: bytes, asked: str, values: Sequence[Any]) -> str:
    """Seal the place of the last row that was told, and what was asked for."""
    content = json.dumps([asked, plain(list(values))]).encode()
    seal = hmac.new(secret, content, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(seal + content).decode().rstrip("=")


def cursor_values(secret: bytes, cursor: str, asked: str, kinds: Sequence[type]) -> list[Any]:
    """Read the place that a cursor names.

    Raises `Refused`: CURSOR_MISMATCH for one of another question.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "==")
        seal, content = raw[:16], raw[16:]
        good = hmac.compare_digest(seal, hmac.new(secret, content, hashlib.sha256).digest()[:16])
        kept, values = json.loads(content) if good else ("", [])
    except ValueError:
        kept, values = "", []
    if kept != asked or len(values) != len(kinds):
        raise Refused(
            [FORM.check("CURSOR_MISMATCH", Kind.CONTENT, passed=False, pointer="/cursor")]
        )
    return [_typed(kind, value) for kind, value in zip(kinds, values, strict=True)]


def _typed(kind: type, value: Any) -> Any:  # noqa: ANN401 - a column's own type
    convert = CONVERTS.get(kind)
    return value if convert is None or value is None else convert(value)


CONVERTS: Final[Mapping[type, Callable[[Any], Any]]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
    Decimal: Decimal,
}
