"""A name that is erased goes from the answers, too, that are kept for a repeated key."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import select

from ip_ledger.app import BATCHES
from ip_ledger.assets import inventor_queries as queries
from ip_ledger.assets import person_actions
from ip_ledger.assets.tables import Asset
from shared.auth import Actor
from shared.http import naming
from shared.http.batch_tables import BatchJob
from shared.http.batches import JOB, batch_jobs, taking
from shared.http.tables import KeptAnswer, KeptName
from shared.sealing import sealer_of
from tests.fixtures.service import until_waiting_on_lock
from tests.ip_ledger.assets.test_inventors import person
from tests.ip_ledger.conftest import Ledger, codes

pytestmark = [pytest.mark.anyio, pytest.mark.requirement("X05", "X12")]
ASSETS = "/v1/ip-ledger/assets"
ERASED = "赵将删去"
OTHER = "钱仍留下"


async def keyed(client: httpx.AsyncClient, method: str, path: str, key: str, body: Any) -> Any:
    return await client.request(method, path, json=body, headers={"Idempotency-Key": key})


async def kept(ledger: Ledger) -> list[bytes]:
    """Every kept answer, opened."""
    async with ledger.sessions.reading() as session:
        sealer = sealer_of(session)
        rows = (await session.scalars(select(KeptAnswer))).all()
        return [sealer.open_bytes(row.body, f"kept_answer:{row.scope.hex()}") for row in rows]


async def subjects(ledger: Ledger) -> set[UUID]:
    async with ledger.sessions.reading() as session:
        return set(await session.scalars(select(KeptName.subject_id)))


def body(ledger: Ledger, *names: str, **over: Any) -> dict[str, Any]:
    people = [person(ledger, "m04", 1_000_000 // len(names), name=name) for name in names]
    return ledger.asset(inventors=people, **over)


async def test_after_an_erasure_a_repeated_key_tells_no_name_and_does_nothing_again(
    ledger: Ledger,
) -> None:
    sent = body(ledger, ERASED, OTHER)
    alone = body(ledger, OTHER, number="202410000002.4", filed_on="2024-03-01")
    async with ledger.member("m04") as unit, ledger.member("m08") as stranger:
        made = await keyed(unit, "POST", ASSETS, "both", sent)
        assert (await keyed(unit, "POST", ASSETS, "alone", alone)).status_code == 201
        gone, stays = [UUID(one["person_id"]) for one in made.json()["inventors"]]
        path = f"/v1/ip-ledger/inventors/{gone}/name"
        renamed = await keyed(unit, "PUT", path, "renamed", {"name": f"{ERASED}新名"})
        assert renamed.status_code == 200
        again = await keyed(unit, "POST", ASSETS, "both", sent)
        assert (again.json(), again.headers["idempotent-replayed"]) == (made.json(), "true")

        assert (await keyed(stranger, "PUT", path, "x", {"name": None})).status_code == 404
        assert await subjects(ledger) >= {gone, stays}
        erased = await keyed(unit, "PUT", path, "erased", {"name": None})
        assert (erased.status_code, erased.json()["name"]) == (200, None)

        assert not any(ERASED.encode() in one for one in await kept(ledger))
        for key, method, where, what in (
            ("both", "POST", ASSETS, sent),
            # Of what was asked for nothing is known any more, not even a hash.
            ("both", "POST", ASSETS, alone),
            ("renamed", "PUT", path, {"name": f"{ERASED}新名"}),
        ):
            refused = await keyed(unit, method, where, key, what)
            assert refused.status_code == 409, refused.text
            assert refused.json()["code"] == "IDEMPOTENCY_ERASED"
        # What it did stays done once: the name does not come back, no second asset is there.
        shown = (await unit.get(f"{ASSETS}/{made.json()['id']}")).json()
        assert [one["name"] for one in shown["inventors"]] == [None, OTHER]
        assert len((await unit.get(ASSETS)).json()["items"]) == 2
        # The answers that name nobody but others, and the erasure's own, are given again.
        for key, method, where, what in (
            ("alone", "POST", ASSETS, alone),
            ("erased", "PUT", path, {"name": None}),
        ):
            replay = await keyed(unit, method, where, key, what)
            assert replay.headers["idempotent-replayed"] == "true", replay.text
    assert gone not in await subjects(ledger)
    assert stays in await subjects(ledger)


async def test_no_hash_of_a_large_batch_tells_who_guesses_an_erased_name(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its request's, its job's and its row's: each is gone with the body, or with the name."""
    monkeypatch.setattr(taking, "INLINE_ROWS", 0)
    rows = [
        body(ledger, ERASED, external_id="A-1"),
        body(ledger, OTHER, number="202410000002.4", filed_on="2024-03-01"),
    ]
    batches = "/v1/ip-ledger/asset-batches"
    async with ledger.member("m04") as unit:
        taken = await keyed(unit, "POST", batches, "batch", rows)
        assert taken.status_code == 202, taken.text
        job_id = UUID(taken.json()["id"])
        async with ledger.sessions.reading() as session:
            waiting = await session.get_one(BatchJob, job_id)
            assert len(waiting.sha256) == 64  # The body itself waits beside it.
        # A chunk a row: the second one finds the first one's notes.
        by = {name: replace(kind, chunk=1) for name, kind in BATCHES.items()}
        done = batch_jobs(by)[JOB].do
        await done(ledger.service.app, job_id.bytes)
        results = (await unit.get(taken.headers["Location"])).json()["results"]
        shown = [(await unit.get(f"{ASSETS}/{one['id']}")).json() for one in results]
        gone, stays = (UUID(one["inventors"][0]["person_id"]) for one in shown)
        assert await subjects(ledger) >= {gone, stays}
        async with ledger.sessions.reading() as session:
            job = await session.get_one(BatchJob, job_id)
            before = {row.id: row.content_sha256 for row in await session.scalars(select(Asset))}
        assert (job.state, job.sha256) == ("done", "")
        repeated = await keyed(unit, "POST", batches, "batch", rows)
        assert (repeated.status_code, repeated.headers["idempotent-replayed"]) == (202, "true")
        path = f"/v1/ip-ledger/inventors/{gone}/name"
        assert (await unit.put(path, json={"name": None})).status_code == 200
        again = await keyed(unit, "POST", batches, "batch", rows)
        assert (again.status_code, again.json()["code"]) == (409, "IDEMPOTENCY_ERASED"), again.text
        assert again.headers["Location"] == taken.headers["Location"]
        reported = await unit.post(ASSETS, json=rows[0])
        assert "EXTERNAL_ID_MISMATCH" in codes(reported)
    async with ledger.sessions.reading() as session:
        [answer] = (await session.scalars(select(KeptAnswer))).all()
        left = {row.id: row.content_sha256 for row in await session.scalars(select(Asset))}
    assert (answer.body, answer.body_sha256) == (b"", b"")
    first, second = (UUID(one["id"]) for one in shown)
    assert (left[first], left[second]) == ("", before[second])


async def test_the_request_of_a_batch_that_told_a_name_is_forgotten_with_it(
    ledger: Ledger,
) -> None:
    rows = [body(ledger, ERASED)]
    async with ledger.member("m04") as unit:
        made = await keyed(unit, "POST", "/v1/ip-ledger/asset-batches", "batch", rows)
        asset_id = made.json()["results"][0]["id"]
        [one] = (await unit.get(f"{ASSETS}/{asset_id}")).json()["inventors"]
        await unit.put(f"/v1/ip-ledger/inventors/{one['person_id']}/name", json={"name": None})
        again = await keyed(unit, "POST", "/v1/ip-ledger/asset-batches", "batch", rows)
        assert (again.status_code, again.json()["code"]) == (409, "IDEMPOTENCY_ERASED"), again.text
        assert len((await unit.get(ASSETS)).json()["items"]) == 1
    async with ledger.sessions.reading() as session:
        [answer] = (await session.scalars(select(KeptAnswer))).all()
        assert (answer.body, answer.body_sha256) == (b"", b"")


async def test_without_a_key_nothing_is_kept_of_whom_an_answer_names(ledger: Ledger) -> None:
    await ledger.registered(inventors=body(ledger, ERASED)["inventors"])
    assert await subjects(ledger) == set()
    assert await kept(ledger) == []


async def test_an_erasure_waits_for_an_answer_under_way_and_reaches_it(ledger: Ledger) -> None:
    asset = await ledger.registered(inventors=body(ledger, ERASED)["inventors"])
    gone = UUID(asset["inventors"][0]["person_id"])
    unit = Actor(UUID(int=7), "test", frozenset({"member"}), ledger.org["m04"])

    async def erase() -> None:
        async with ledger.sessions.begin() as session:
            await person_actions.name(session, unit, gone, None)

    async with ledger.sessions.begin() as session:
        session.info[naming.NAMED] = set()
        assert await queries.names_of(session, [gone]) == {gone: ERASED}
        erasing = asyncio.create_task(erase())
        await until_waiting_on_lock(ledger.sessions, erasing)
        await naming.keep_names(session, b"under way")
        session.add(
            KeptAnswer(
                scope=b"under way", body_sha256=b"h", status=200, media_type="application/json",
                body=ERASED.encode(), kept_at=ledger.service.app.state.clock.now(),
            )
        )  # fmt: skip
    await erasing
    assert await kept(ledger) == [b""]
    assert await subjects(ledger) == set()


async def test_two_erased_at_once_from_the_same_answers_do_not_hold_each_other_up(
    ledger: Ledger,
) -> None:
    async with ledger.member("m04") as unit:
        people = []
        for number in range(6):
            sent = body(ledger, ERASED, OTHER, number=None, title=f"第{number}件", kind="know_how")
            made = await keyed(unit, "POST", ASSETS, f"made-{number}", sent)
            assert made.status_code == 201, (made.text, codes(made))
            people.append([one["person_id"] for one in made.json()["inventors"]])
        paths = [f"/v1/ip-ledger/inventors/{one}/name" for pair in people for one in pair]
        answers = await asyncio.gather(*(unit.put(one, json={"name": None}) for one in paths))
    assert {answer.status_code for answer in answers} == {200}
    assert await kept(ledger) == [b""] * 6
