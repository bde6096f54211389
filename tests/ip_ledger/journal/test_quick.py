"""The short way of an entry: it answers as the ordinary route does, or leaves the answer to it."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from starlette.routing import Match

from ip_ledger.journal import posting, rules
from ip_ledger.journal.rules import EntryDraft, Line
from ip_ledger.journal.schemas import EntryIn
from shared.http.batch_rows import MAX_LINE_BYTES, NDJSON, Row, judged_rows
from shared.http.route import UnitOfWorkRoute, strict_json
from shared.http.signposts import Signpost
from tests.ip_ledger.journal.test_posting import Books, books

__all__ = ["books"]

pytestmark = pytest.mark.anyio

PATH = "/v1/ip-ledger/entries"
ONE, TWO = UUID(int=1), UUID(int=2)


def entry(**over: Any) -> dict[str, Any]:
    lines = [
        {"account_id": str(one), "side": side, "amount": {"amount": 7, "currency": "CNY"}}
        for one, side in ((ONE, "debit"), (TWO, "credit"))
    ]
    return {"effective_on": "2028-03-05", "reference": "收款", "postings": lines} | over


def draft(**over: Any) -> EntryDraft:
    lines = (Line(ONE, 7), Line(TWO, -7))
    return EntryDraft(UUID(int=9), UUID(int=8), date(2028, 3, 5), "收“款”\n", lines, **over)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    "at", [datetime(2028, 3, 5, 1, tzinfo=UTC), datetime(2028, 3, 5, 1, 2, 3, 456789, UTC)]
)
@pytest.mark.parametrize("over", [{}, {"reverses_id": ONE, "source_id": TWO}])
def test_an_entry_is_written_as_its_model_writes_it(at: datetime, over: dict[str, Any]) -> None:
    one = draft(**over)
    assert posting.written(one, at) == posting.shown(one, at).model_dump_json().encode()


def test_a_plain_body_is_read_in_one_pass() -> None:
    raw = json.dumps(entry(), ensure_ascii=False).encode()
    assert posting.plain_entry(raw) == EntryIn.model_validate(entry())


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(entry(), ensure_ascii=False).replace('"side"', '"side":"debit","side"'),
        json.dumps(entry()).replace('"reference"', '"reference":"x","reference"'),
        json.dumps(entry()),  # escapes, behind which NUL could hide
        json.dumps(entry(reference="a: b")),
        json.dumps(entry(reference="")),
        json.dumps(entry(more=1)),
        json.dumps(entry(effective_on="2028-02-30")),
        json.dumps(entry(), ensure_ascii=False).replace('"amount": 7', '"amount": NaN'),
        json.dumps(entry(), ensure_ascii=False).replace('"amount": 7', '"amount": 7.0'),
        json.dumps(entry(), ensure_ascii=False)[:-1],
        "",
    ],
)
def test_a_body_that_is_not_plain_is_left_to_the_route(raw: str) -> None:
    assert posting.plain_entry(raw.encode()) is None


@given(st.data())
def test_whatever_is_plain_the_strict_reader_takes_too(data: st.DataObject) -> None:
    raw = bytearray(json.dumps(entry(), ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    body = posting.plain_entry(bytes(raw))
    assert body is None or body == EntryIn.model_validate(strict_json(bytes(raw)))


def test_rows_of_a_batch_come_out_alike_by_either_reader(tmp_path: Path) -> None:
    good = json.dumps(entry(), ensure_ascii=False)
    twice = good.replace('"side"', '"side":"debit","side"')
    long = json.dumps(entry(reference="x" * MAX_LINE_BYTES))
    lines = [good, "", twice, json.dumps(entry()), good[:-1], long, json.dumps(entry(more=1)), good]
    path = tmp_path / "rows"
    path.write_text("\n".join(lines))
    rows = TypeAdapter(EntryIn)
    careful = list(judged_rows(path, NDJSON, rows))
    assert list(judged_rows(path, NDJSON, rows, plain=posting.plain_entry)) == careful
    assert list(judged_rows(path, NDJSON, rows, 5, posting.plain_entry)) == careful[5:]
    assert [isinstance(row, Row) for row in careful] == [
        True,
        False,
        True,
        False,
        False,
        False,
        True,
    ]


def test_a_plain_entry_is_one_that_no_check_refuses() -> None:
    center = draft().center_id
    known = {ONE: (center, "CNY"), TWO: (center, "CNY")}
    for lines, accounts in [
        ((Line(ONE, 7), Line(TWO, -7)), known),
        ((Line(ONE, 7), Line(TWO, -6)), known),
        ((Line(ONE, 7, "USD"), Line(TWO, -7, "USD")), known),
        ((Line(ONE, 7, "USD"), Line(TWO, -7)), known),
        ((Line(ONE, 7), Line(TWO, -7)), {ONE: known[ONE]}),
        ((Line(ONE, 7), Line(TWO, -7)), known | {TWO: (UUID(int=5), "CNY")}),
    ]:
        one = EntryDraft(UUID(int=9), center, date(2028, 3, 5), "r", lines)
        checks = [*rules.entry_checks(one), *rules.account_checks(one, accounts)]
        assert rules.is_plain(one, accounts) == all(check.passed for check in checks)


@pytest.fixture
async def plain(books: Books) -> AsyncIterator[httpx.AsyncClient]:
    """The service's framework alone, without the short way."""
    app = books.world.service.app
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = books.client.headers
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=headers) as one:
        yield one


async def test_a_good_entry_never_meets_the_framework(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: Any) -> None:
        raise AssertionError("the framework was asked")

    monkeypatch.setattr(books.world.service.asgi._app, "_app", nobody)
    body = json.dumps(books.body(250)).encode()
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = await books.client.post(PATH, content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    again = await books.client.post(PATH, content=body, headers=headers)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (answer.content, "true")


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_both_ways_refuse_alike(books: Books, plain: httpx.AsyncClient) -> None:
    good = books.body(250)
    unbalanced = books.body(250)
    unbalanced["postings"][0]["amount"]["amount"] = 3
    unknown = books.body(250)
    unknown["postings"][0]["account_id"] = str(uuid4())
    stranger = books.world.service.client("member", org_id=uuid4())
    cases: list[tuple[Any, dict[str, str]]] = [
        (unbalanced, {}),
        (unknown, {}),
        (good | {"more": 1}, {}),
        (good | {"effective_on": "2028-02-30"}, {}),
        (good, {"Content-Type": "text/plain"}),
        (good, {"Idempotency-Key": "ü".encode("latin-1").decode("latin-1")}),
        (good, {"Authorization": "Bearer no.token"}),
        (good, {"Authorization": stranger.headers["Authorization"]}),
    ]
    for body, over in cases:
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"} | over
        raw = json.dumps(body).encode()
        answers = [
            await caller.post(PATH, content=raw, headers=_encoded(headers))
            for caller in (books.client, plain)
        ]
        seen = [_comparable(answer) for answer in answers]
        assert seen[0] == seen[1]
        assert answers[0].status_code >= 400


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def _comparable(answer: httpx.Response) -> tuple[int, Any]:
    """Give status and problem without what differs from request to request."""
    document = answer.json()
    return answer.status_code, {k: v for k, v in document.items() if "request" not in k}


async def test_a_key_of_another_entry_is_refused_by_both_ways(
    books: Books, plain: httpx.AsyncClient
) -> None:
    assert (await books.post(books.body(1), key="one")).status_code == 201
    answers = [
        await caller.post(PATH, json=books.body(2), headers={"Idempotency-Key": "one"})
        for caller in (books.client, plain)
    ]
    assert _comparable(answers[0]) == _comparable(answers[1])
    assert answers[0].json()["code"] == "IDEMPOTENCY_MISMATCH"


async def test_a_body_in_pieces_is_read_whole(books: Books) -> None:
    raw = json.dumps(books.body(250)).encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield raw[:20]
        yield raw[20:]

    headers = {
        "Idempotency-Key": "p", "Content-Type": "application/json",
        "Content-Length": str(len(raw)),
    }  # fmt: skip
    answer = await books.client.post(PATH, content=pieces(), headers=headers)
    assert answer.status_code == 201, answer.text
    assert await books.balance(0) == 250
    shorter = headers | {"Idempotency-Key": "q", "Content-Length": str(len(raw) - 1)}
    # A length that is not the body's is the route's to judge, which reads what was read.
    answer = await books.client.post(PATH, content=pieces(), headers=shorter)
    assert answer.status_code == 201, answer.text


async def test_each_signpost_points_where_trying_each_route_leads(
    running: Callable[..., Any],
) -> None:
    async with running("ip_ledger") as service:
        routes = service.app.router.routes
    sign, others = routes[0], routes[1:]
    assert isinstance(sign, Signpost)
    asked = 0
    for route in others:
        if not isinstance(route, UnitOfWorkRoute):
            continue
        path = route.path.replace("{path:path}", "x001/067")
        for name in route.param_convertors:
            path = path.replace(f"{{{name}}}", "7")
        for method in route.methods or ():
            scope = {"type": "http", "path": path, "method": method, "headers": []}
            tried = (one for one in others if one.matches(scope)[0] is Match.FULL)
            match, child = sign.matches(scope)
            wanted = next(tried)
            assert match is (Match.FULL if path.startswith("/v1/") else match)
            assert child.get("zhichuang.route", wanted) is wanted
            asked += 1
    assert asked > 100
