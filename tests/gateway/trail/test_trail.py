"""The door's trail: what is kept, that it holds together, and who may look."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from gateway.bootstrap import prepare
from gateway.settings import GatewaySettings
from gateway.trail import rules
from gateway.trail.rules import BEGINNING, MOST_ALIKE, Happened, Kind
from gateway.trail.writing import LOCK, WRITE_AFTER_SECONDS, Trail, append
from tests.gateway.running_door import running_door

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
PATH = "/v1/identity/door-records"
AT = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)


def happened(kind: Kind = Kind.READ, **over: Any) -> Happened:
    base: dict[str, Any] = {
        "at": AT, "kind": kind, "method": "GET", "path": "/v1/registry/centers", "status": 200,
        "address": "127.0.0.1", "request_id": "r",
    }  # fmt: skip
    return Happened(**base | over)


OFFICIAL = {"official", "handler"}


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("method", "path", "status", "capacities", "known", "kind"),
    [
        ("POST", "/oauth/token", 200, set(), True, Kind.TOKEN_GIVEN),
        ("POST", "/oauth/token", 401, set(), False, Kind.TOKEN_REFUSED),
        ("POST", "/oauth/token", 400, set(), False, Kind.TOKEN_REFUSED),
        ("POST", "/oauth/revoke", 200, set(), True, Kind.TOKEN_ENDED),
        ("POST", "/oauth/authorize", 303, set(), True, Kind.SIGNED_IN),
        ("POST", "/oauth/authorize", 303, set(), False, None),
        ("POST", "/oauth/authorize", 200, set(), False, None),
        ("POST", "/oauth/authorize", 401, set(), False, Kind.SIGN_IN_REFUSED),
        ("GET", "/v1/registry/applications", 401, set(), False, Kind.REFUSED),
        ("POST", "/v1/registry/applications", 403, {"member"}, True, Kind.REFUSED),
        ("GET", "/v1/registry/applications", 200, OFFICIAL, True, Kind.READ),
        ("GET", "/v1/registry/applications", 304, OFFICIAL, True, Kind.READ),
        ("GET", "/v1/registry/applications", 404, OFFICIAL, True, None),
        ("POST", "/v1/registry/applications", 201, OFFICIAL, True, None),
        ("GET", "/v1/registry/applications", 200, {"member"}, True, None),
        ("GET", "/v1/public/centers", 200, OFFICIAL, True, None),
        ("GET", "/v1/me/tasks", 200, OFFICIAL, True, None),
        ("GET", "/openapi.json", 200, OFFICIAL, True, None),
        ("GET", "/openapi.zh.json", 200, OFFICIAL, True, None),
    ],
)
def test_what_is_kept_of_a_request(
    method: str, path: str, status: int, capacities: set[str], known: bool, kind: Kind | None
) -> None:
    assert rules.kind_of(method, path, status, capacities, known=known) is kind


@pytest.mark.refusing
@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    "change",
    [{"path": "/v1/x"}, {"status": 201}, {"person_id": "p"}, {"count": 2}, {"method": "PUT"}]
)  # fmt: skip
def test_a_changed_record_has_another_hash(change: dict[str, Any]) -> None:
    whole = rules.digest_of(BEGINNING, 1, happened())
    assert rules.digest_of(BEGINNING, 1, replace(happened(), **change)) != whole
    assert rules.digest_of(BEGINNING, 2, happened()) != whole
    assert rules.digest_of("1" * 64, 1, happened()) != whole


@pytest.mark.parametrize("text", ["plain", '"quoted"\\', "中心\u2028\x1f\x7f\n", "\U0001f512", ""])
def test_a_hash_covers_json_as_anybody_writes_it(text: str) -> None:
    one = replace(happened(), path=text, address=text, client_id=text, person_id=None, count=3)
    told = {
        "address": text, "at": one.at.isoformat(), "client_id": text, "count": 3,
        "kind": one.kind.value, "method": one.method, "path": text, "person_id": None,
        "position": 7, "previous": BEGINNING, "request_id": one.request_id, "status": one.status,
    }  # fmt: skip
    written = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert rules.digest_of(BEGINNING, 7, one) == hashlib.sha256(written.encode()).hexdigest()


def test_a_flood_of_refusals_is_counted_and_nothing_else_is_folded() -> None:
    flood = [happened(Kind.REFUSED, status=401) for _ in range(1_000)]
    reads = [happened() for _ in range(50)]
    kept = rules.folded([*flood, *reads])
    assert len(kept) == MOST_ALIKE + 50 + 1
    assert sum(one.count for one in kept) == 1_050
    other = happened(Kind.REFUSED, status=401, address="127.0.0.2")
    assert other in rules.folded([*flood, other])


async def written(gateway: Any, *lot: Happened) -> None:
    async with gateway.sessions.begin() as session:
        await append(session, list(lot))


@pytest.mark.requirement("X07")
async def test_the_chain_is_whole_also_when_two_write_at_once(running: Running) -> None:
    async with running("gateway") as gateway, gateway.client("auditor") as auditor:
        await asyncio.gather(*(written(gateway, happened(), happened()) for _ in range(5)))
        told = (await auditor.get(f"{PATH}/chain")).json()
        assert (told["last"], told["intact"], told["broken_at"]) == (10, True, None)
        later = (await auditor.get(f"{PATH}/chain", params={"first": 6})).json()
        assert (later["first"], later["last"], later["intact"]) == (6, 10, True)
        assert later["head_sha256"] == told["head_sha256"]


@pytest.mark.refusing
@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE door_record SET path = '/v1/other' WHERE position = 3", 3),
        ("UPDATE door_record SET person_id = 'somebody' WHERE position = 5", 5),
        ("DELETE FROM door_record WHERE position = 4", 4),
    ],
)
async def test_a_change_behind_the_door_s_back_is_found(
    running: Running, change: str, broken: int
) -> None:
    async with running("gateway") as gateway, gateway.client("auditor") as auditor:
        await written(gateway, *(happened() for _ in range(6)))
        # The application itself may not do this; whoever owns the database could.
        with pytest.raises(Exception, match="permission denied"):
            async with gateway.sessions.begin() as session:
                await session.execute(text(change))
        await as_owner(gateway, change)
        told = (await auditor.get(f"{PATH}/chain")).json()
        assert (told["intact"], told["broken_at"]) == (False, broken)


async def as_owner(gateway: Any, statement: str) -> None:
    import asyncpg

    address = gateway.database.owner_url.replace("postgresql+asyncpg", "postgresql")
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.requirement("X07", "X02")
async def test_tokens_refusals_and_officials_reads_are_found_by_an_auditor(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = str(uuid4())
    async with (
        running("gateway") as gateway,
        gateway.client("auditor") as auditor,
        gateway.client("handler", sub=official) as handler,
        gateway.client() as caller,
    ):
        monkeypatch.setenv("ZHICHUANG_DATABASE_URL", gateway.database.app_url)
        admin = (await prepare(GatewaySettings()))["admin"]
        gateway.app.state.keys.forget()
        secret = (admin["client_id"], admin["client_secret"])
        form = {"grant_type": "client_credentials"}
        assert (await caller.post("/oauth/token", data=form, auth=secret)).status_code == 200
        wrong = await caller.post("/oauth/token", data=form, auth=("admin", "wrong"))
        assert wrong.status_code == 401
        assert (await caller.get("/v1/identity/clients")).status_code == 401
        assert (await handler.get("/v1/identity/clients")).status_code == 403
        assert (await handler.get("/v1/identity/duty-grants")).status_code == 200
        await gateway.asgi.trail.flush()
        items = (await auditor.get(PATH)).json()["items"]
        found = {(one["kind"], one["path"], one["person_id"]) for one in items}
        assert found >= {
            ("token.given", "/oauth/token", admin["sub"]),
            ("token.refused", "/oauth/token", None),
            ("request.refused", "/v1/identity/clients", None),
            ("request.refused", "/v1/identity/clients", official),
            ("official.read", "/v1/identity/duty-grants", official),
        }
        assert "wrong" not in str(items)
        own = (await auditor.get(PATH, params={"person_id": official})).json()["items"]
        assert {one["person_id"] for one in own} == {official}
        for path, count in (
            ("/v1/identity/duty-grants", 1), ("/v1/identity", 3), ("/v1/identity/duty", 0),
            ("/v1/%", 0), ("/", len(items)),
        ):  # fmt: skip
            under = (await auditor.get(PATH, params={"path": path})).json()["items"]
            # These very questions are kept as well, and may be written by now.
            told = [one for one in under if one["position"] <= items[0]["position"]]
            assert (path, len(told)) == (path, count)
        latest = items[0]["at"]
        for times, count in (({"since": latest}, 1), ({"until": latest}, len(items) - 1)):
            within = (await auditor.get(PATH, params=times)).json()["items"]
            assert len([one for one in within if one["position"] <= items[0]["position"]]) == count
        given = (await auditor.get(PATH, params={"kind": "token.given"})).json()["items"]
        assert [one["client_id"] for one in given] == ["admin"]
        assert (await auditor.get(f"{PATH}/chain")).json()["intact"]


@pytest.mark.refusing
@pytest.mark.requirement("X07")
async def test_nobody_but_an_auditor_looks(running: Running) -> None:
    async with running("gateway") as gateway:
        for capacity in ("member", "handler", "admin", "expert", "agency"):
            async with gateway.client(capacity, org_id=uuid4()) as other:
                assert (await other.get(PATH)).status_code == 403
                assert (await other.get(f"{PATH}/chain")).status_code == 403


async def test_while_others_ask_the_trail_is_still_written_together(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running("gateway") as gateway:
        waits: list[float] = []
        written: list[int] = []
        trail = Trail(gateway.sessions)
        whole = trail.flush

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        async def flush() -> None:
            written.append(len(trail._waiting))
            await whole()
            if len(written) < 4:  # Somebody asks during each writing.
                trail.add(happened())

        monkeypatch.setattr("gateway.trail.writing.asyncio.sleep", sleep)
        monkeypatch.setattr(trail, "flush", flush)
        trail.add(happened())
        trail.add(happened())
        assert trail._task is not None
        await trail._task
    assert written == [2, 1, 1, 1]
    assert [one for one in waits if one] == [WRITE_AFTER_SECONDS] * 4


async def test_whoever_writes_the_rest_waits_for_what_is_being_written(running: Running) -> None:
    async with running("gateway") as gateway:
        trail = Trail(gateway.sessions)
        trail._waiting.append(happened())
        async with gateway.sessions.begin() as other:
            await other.execute(select(func.pg_advisory_xact_lock(LOCK)))
            first = asyncio.create_task(trail.flush())
            await asyncio.sleep(0)
            assert not trail._waiting
            rest = asyncio.create_task(trail.flush())
            done, _ = await asyncio.wait({rest}, timeout=0.1)
            assert not done, "the process would stop, and the record be lost"
        await rest
        async with gateway.sessions.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM door_record")) == 1
        await first


def test_without_a_database_the_door_keeps_nothing_and_works() -> None:
    with running_door() as door:
        assert door.ask("/v1/registry/centers").status == 200
