"""The short way of reading answers to the byte what the route answers, and nothing that it refuses.

A `Content-Length` sends a reading request the ordinary way; it changes nothing else.
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from registry.centers.rules import Stage
from registry.facts.rules import FactKind
from registry.facts.tables import Fact
from registry.organizations.rules import EntrySource
from registry.organizations.tables import Organization, OrganizationEntry
from shared.database import new_id
from shared.database.reads import Reads
from tests.registry.facts.conftest import House, center, house

pytestmark = pytest.mark.anyio
__all__ = ["house"]

V1 = "/v1/registry"
ODD = '沪"示例\\\t\x01\x7f<é> 𠮷\u2028'
AT = datetime(2027, 3, 1, 1, 2, 3, tzinfo=UTC)
TOLD = ("content-type", "etag", "cache-control", "content-location", "link")


@pytest.fixture
async def filled(house: House) -> House:
    """Add rows with all that a column may hold: quotes, nothing, much, and other languages."""
    draft = center(ODD, house.member, None, "C09", Stage.CANDIDATE)
    draft.code = draft.listed_on = None
    draft.created_at = AT
    rich = center("满", house.member, None, "C10", Stage.PREPARING)
    rich.field_codes, rich.zone_tags, rich.chain_code = ["a", ODD], ["lingang"], "chain"
    rich.industry_codes, rich.yrd_platform, rich.imported_on = ["C3973"], True, date(2025, 1, 1)
    rich.disclosed_at = AT
    async with house.registry.sessions.begin() as session:
        session.add_all([draft, rich])
        followed = await session.get(Organization, house.former)
        assert followed is not None
        followed.successor_id = house.lead
        organization = await session.get(Organization, house.stranger)
        assert organization is not None
        organization.name, organization.industry_code = ODD, "C3973"
        organization.dishonesty_until = date(2028, 2, 29)
        session.add_all(_stated(house.member, version, said) for version, said in enumerate(STATED))
        session.add_all(_fact(house, number) for number in range(7))
    return house


STATED: tuple[dict[str, Any], ...] = (
    {"is_sme": True, "industry_code": "C1"},
    {"industry_code": "C2", "chain_position": None},
    {},
)


def _stated(org_id: UUID, version: int, said: dict[str, Any]) -> OrganizationEntry:
    return OrganizationEntry(
        org_id=org_id, version=version + 10, field_values={}, stated=said,
        valid_from=date(2026, 1, 1), recorded_at=AT, source=EntrySource.MEMBER, stated_by=org_id,
    )  # fmt: skip


def _fact(house: House, number: int) -> Fact:
    return Fact(
        center_id=house.center_id if number % 2 else house.other_center_id,
        kind=FactKind.TRAINING,
        occurred_on=date(2027, 2, 1) + timedelta(days=number),
        recorded_at=AT + timedelta(seconds=number // 2, microseconds=number % 2 * 1200),
        external_id=f"{ODD}{number}",
        submitted_by_org_id=house.member,
        submitted_by_person_id=house.member,
        payload={"person_times": number},
        content_sha256="",
        evidence=[new_id()] * (number % 3),
        is_member=(None, True, False)[number % 3],
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Note each row that the short way reads."""
    seen: list[Any] = []
    whole = Reads.row

    async def row(self: Reads, *told: Any) -> Any:
        found = await whole(self, *told)
        seen.append(found)
        return found

    monkeypatch.setattr(Reads, "row", row)
    return seen


async def both(caller: httpx.AsyncClient, path: str) -> tuple[httpx.Response, httpx.Response]:
    return await caller.get(path), await caller.get(path, headers={"Content-Length": "0"})


def callers(house: House) -> dict[str, httpx.AsyncClient]:
    return {
        "handler": house.registry.client("handler"),
        "service": house.registry.client("service"),
        "lead": house.caller(house.lead),
        "member": house.caller(house.member),
        "former": house.caller(house.former),
        "stranger": house.caller(house.stranger),
        "agency": house.registry.client("agency"),
    }


@pytest.fixture
async def everyone(filled: House) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    clients = callers(filled)
    yield clients
    for client in clients.values():
        await client.aclose()


def lists(house: House) -> list[str]:
    of_center = f"{V1}/facts?center_id={house.center_id}"
    return [
        f"{V1}/centers",
        f"{V1}/centers?limit=1",
        f"{V1}/centers?stage=pilot&limit=500",
        f"{V1}/centers?code=C01",
        f"{V1}/centers?lead_sponsor_id={house.member}",
        f"{V1}/organizations?limit=2",
        f"{V1}/organizations?org_type=enterprise",
        of_center,
        f"{of_center}&limit=2",
        f"{of_center}&kind=training&from=2027-02-02&until=2027-02-04",
        f"{of_center}&sort=-recorded_at&limit=1",
    ]


async def test_every_caller_reads_the_same_pages_either_way(
    filled: House, everyone: dict[str, httpx.AsyncClient], asked: list[Any]
) -> None:
    short: set[str] = set()
    for name, caller in everyone.items():
        for path in lists(filled):
            asked.clear()
            quick, ordinary = await both(caller, path)
            compare(quick, ordinary, f"{name} {path}")
            if quick.status_code == 200:
                assert len(asked) == 1, f"{name} did not go the short way: {path}"
                short.add(path)
    assert short == set(lists(filled)), "no caller went the short way"


async def test_every_caller_reads_the_same_rows_either_way(
    filled: House, everyone: dict[str, httpx.AsyncClient], asked: list[Any]
) -> None:
    handler = everyone["service"]
    ids = {
        kind: [row["id"] for row in (await handler.get(f"{V1}/{kind}")).json()["items"]]
        for kind in ("centers", "organizations", "facts")
    }
    ids["organizations"].append(str(filled.former))
    statuses: set[tuple[str, int]] = set()
    for name, caller in everyone.items():
        for kind, found in ids.items():
            for row_id in (*found, str(new_id()), "nonsense"):
                asked.clear()
                quick, ordinary = await both(caller, f"{V1}/{kind}/{row_id}")
                compare(quick, ordinary, f"{name} {kind} {row_id}")
                # Whatever is refused, or stands under another id today, is left to the route.
                short = quick.status_code == 200 and row_id != str(filled.former)
                assert short == any(row is not None for row in asked)
                statuses.add((kind, quick.status_code))
    assert {(kind, status) for kind in ids for status in (200, 404, 422)} <= statuses


def compare(quick: httpx.Response, ordinary: httpx.Response, what: str) -> None:
    assert quick.status_code == ordinary.status_code, what
    if quick.status_code == 200:
        assert quick.content == ordinary.content, what
        assert told(quick) == told(ordinary), what
    else:
        assert quick.json()["code"] == ordinary.json()["code"], what


def told(answer: httpx.Response) -> dict[str, str | None]:
    return {name: answer.headers.get(name) for name in TOLD}


async def test_the_public_reads_the_same_either_way(filled: House, asked: list[Any]) -> None:
    paths = [
        "/v1/public/centers",
        "/v1/public/centers?limit=1",
        "/v1/public/centers?stage=pilot",
        "/v1/public/centers?model_type=enterprise&field_code=integrated_circuit",
        "/v1/public/centers/C01",
        "/v1/public/centers/C10",
    ]
    async with filled.registry.client() as anyone:
        for path in paths:
            quick, ordinary = await both(anyone, path)
            assert quick.status_code == 200, path
            compare(quick, ordinary, path)
        assert len(asked) == len(paths)
        quick, ordinary = await both(anyone, "/v1/public/centers/C09")
        assert quick.status_code == ordinary.status_code == 404, "a candidate is nobody's business"


async def test_a_walk_may_change_its_way_at_every_page(filled: House) -> None:
    """The cursor of one way leads on along the other."""
    walks: list[list[str]] = []
    for path in ("centers", "organizations", f"facts?center_id={filled.center_id}"):
        for first in (False, True):
            ids, cursor, ordinary = [], "", first
            async with filled.registry.client("service") as caller:
                while cursor is not None:
                    parameters = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
                    url = httpx.URL(f"{V1}/{path}").copy_merge_params(parameters)
                    headers = {"Content-Length": "0"} if ordinary else {}
                    page = (await caller.get(url, headers=headers)).json()
                    ids += [row["id"] for row in page["items"]]
                    cursor, ordinary = page["next_cursor"], not ordinary
            walks.append(ids)
    assert [len(walk) for walk in walks] == [4, 4, 5, 5, 3, 3]
    assert walks[::2] == walks[1::2]


async def test_who_has_it_already_is_told_so(filled: House, asked: list[Any]) -> None:
    async with filled.registry.client("handler") as caller:
        path = f"{V1}/centers/{filled.center_id}"
        tag = (await caller.get(path)).headers["etag"]
        assert tag.startswith('"1-')
        for given in (tag, f'"x", W/{tag}'):
            again = await caller.get(path, headers={"If-None-Match": given})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert (await caller.get(path, headers={"If-None-Match": '"x"'})).status_code == 200
    assert len(asked) == 4


@pytest.mark.requirement("X04")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=501", 422),
        ("limit=01", 200),
        ("limit=1&limit=2", 422),
        ("cursor=AAAA", 422),
        ("unknown=1", 422),
        ("center_id=", 422),
        ("kind=nothing", 422),
        ("from=2027-02-30", 422),
        ("sort=recorded_at", 200),
    ],
)
async def test_what_is_not_plainly_good_goes_the_ordinary_way(
    filled: House, asked: list[Any], query: str, status: int
) -> None:
    async with filled.registry.client("handler") as caller:
        quick, ordinary = await both(caller, f"{V1}/facts?{query}")
    assert quick.status_code == status, quick.text
    compare(quick, ordinary, query)
    assert asked == []


@pytest.mark.parametrize("error", [asyncpg.PostgresError("x"), OSError("gone"), TimeoutError()])
async def test_a_connection_that_fails_is_not_the_callers_trouble(
    filled: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def failing(*_: Any, **__: Any) -> Any:
        raise error

    async with filled.registry.client("handler") as caller:
        path = f"{V1}/centers/{filled.center_id}"
        expected = await caller.get(path)
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "fetchrow", failing)
            patched.setattr(Reads, "_keep", lambda *_: None)
            answer = await caller.get(path)
        compare(answer, expected, path)
        # And the way is open again.
        compare(await caller.get(path), expected, path)


async def test_a_read_that_hangs_up_gives_its_turn_back(filled: House) -> None:
    reads: Reads = filled.registry.app.state.database.reads
    async with filled.registry.client("handler") as caller:
        for _ in range(20):
            answer = await caller.get(f"{V1}/centers/{filled.center_id}")
            assert answer.status_code == 200
            reads.close()
