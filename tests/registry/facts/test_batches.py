"""Many facts at once: each row judged as if it came alone."""

import csv
import io
import json
from typing import Any

import pytest
from sqlmodel import col, func, select

from registry.facts.tables import Fact
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio


def rows(house: House, number: int) -> list[dict[str, Any]]:
    return [house.fact(external_id=f"S-{n}") for n in range(number)]


def ndjson(lines: list[Any]) -> bytes:
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()


async def send(
    house: House, content: bytes, media_type: str = "application/x-ndjson", **over: str
) -> Any:
    key = over.pop("key", "batch")
    async with house.caller(house.member) as caller:
        return await caller.post(
            "/v1/registry/fact-batches",
            content=content,
            params=over,
            headers={"Content-Type": media_type, "Idempotency-Key": key},
        )


async def kept(house: House) -> int:
    async with house.registry.sessions.reading() as session:
        return await session.scalar(select(func.count(col(Fact.id)))) or 0


@pytest.mark.requirement("X05")
async def test_good_rows_stay_whatever_happens_to_bad_ones(house: House) -> None:
    lines: list[Any] = rows(house, 6)
    lines[1] = "{broken"
    lines[2] = {**lines[2], "center_id": str(house.other_center_id)}
    lines[3] = {**lines[3], "payload": {**lines[3]["payload"], "client_uscc": "91310113FAKE0011X9"}}
    lines[5] = {**lines[0], "occurred_on": "2027-03-02"}
    answer = await send(house, ndjson(lines))
    body = answer.json()
    assert answer.status_code == 200, answer.text
    outcomes = [row["outcome"] for row in body["results"]]
    assert outcomes == ["created", "failed", "failed", "failed", "created", "failed"]
    problems = [row["problem"] and row["problem"]["code"] for row in body["results"]]
    assert problems[2:4] == ["NOT_FOUND", "USCC_CHECK_DIGIT"]
    assert problems[5] == "EXTERNAL_ID_MISMATCH"
    assert (body["created"], body["failed"], await kept(house)) == (2, 4, 2)
    assert (await event_types(house.registry.sessions)).count("fact.recorded") == 2


@pytest.mark.requirement("X05")
async def test_a_batch_twice_is_duplicates(house: House) -> None:
    first = (await send(house, ndjson(rows(house, 3)), key="one")).json()
    again = (await send(house, ndjson(rows(house, 3)), key="two")).json()
    assert [row["outcome"] for row in again["results"]] == ["duplicate"] * 3
    assert [row["id"] for row in again["results"]] == [row["id"] for row in first["results"]]
    assert await kept(house) == 3


@pytest.mark.requirement("X05")
async def test_a_replayed_batch_is_answered_from_what_was_kept(house: House) -> None:
    first = await send(house, ndjson(rows(house, 2)))
    again = await send(house, ndjson(rows(house, 2)))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()


@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_a_key_with_another_batch_is_refused(house: House) -> None:
    await send(house, ndjson(rows(house, 2)))
    answer = await send(house, ndjson(rows(house, 3)))
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_MISMATCH")


async def test_a_row_twice_in_one_batch_is_created_once(house: House) -> None:
    body = (await send(house, ndjson([house.fact(), house.fact()]))).json()
    assert [row["outcome"] for row in body["results"]] == ["created", "duplicate"]
    assert await kept(house) == 1


@pytest.mark.refusing
async def test_an_atomic_batch_with_a_bad_row_keeps_nothing(house: House) -> None:
    lines = [*rows(house, 3), house.fact(external_id="bad", occurred_on="2099-01-01")]
    body = (await send(house, ndjson(lines), mode="atomic")).json()
    assert body["rolled_back"]
    assert await kept(house) == 0


async def test_a_dry_run_judges_and_keeps_nothing(house: House) -> None:
    body = (await send(house, ndjson(rows(house, 3)), dry_run="true")).json()
    assert (body["created"], await kept(house)) == (3, 0)


async def test_json_and_csv_say_the_same_as_ndjson(house: House) -> None:
    as_json = await send(house, json.dumps(rows(house, 2)).encode(), "application/json", key="json")
    sheet = io.StringIO()
    names = ["center_id", "kind", "occurred_on", "external_id", "payload.client_uscc"]
    names += ["payload.catalog_code", "payload.amount.amount"]
    writer = csv.writer(sheet)
    writer.writerow(names)
    for row in rows(house, 2):
        payload = row["payload"]
        amount = payload["amount"]["amount"]
        head = [row[name] for name in names[:4]]
        writer.writerow([*head, payload["client_uscc"], payload["catalog_code"], amount])
    as_csv = await send(house, sheet.getvalue().encode(), "text/csv", key="csv")
    assert [row["outcome"] for row in as_json.json()["results"]] == ["created"] * 2
    assert [row["outcome"] for row in as_csv.json()["results"]] == ["duplicate"] * 2


async def test_a_thousand_rows_are_one_answer(house: House) -> None:
    body = (await send(house, ndjson(rows(house, 1000)))).json()
    assert (body["rows_total"], body["created"], await kept(house)) == (1000, 1000, 1000)
