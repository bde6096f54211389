"""Inventors are corrected with every owner's word, on both clocks, and no payment changes by it."""

import asyncio
import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import col, select

from ip_ledger.assets import inventor_queries as queries
from ip_ledger.audit.auditing import audit
from shared.events.tables import Event
from tests.ip_ledger.conftest import Ledger, codes

pytestmark = pytest.mark.anyio
LEDGER = "/v1/ip-ledger"
OWNERS = ("m04", "m09")
# The clock of the fixture.
CLOCK = datetime(2026, 1, 20, 2, tzinfo=UTC)
NOTICE = {"number": "2026010500001", "approved_on": "2026-01-05"}


def person(ledger: Ledger, org: str, ppm: int, **over: Any) -> dict[str, Any]:
    return {"name": "（示例）某", "org_id": str(ledger.org[org]), "share_ppm": ppm, **over}


async def made(ledger: Ledger, **over: Any) -> tuple[str, list[dict[str, Any]]]:
    """An invention of m04 and m09, by two of m04's people; its inventors as they are shown."""
    people = [person(ledger, "m04", 600_000), person(ledger, "m04", 400_000)]
    asset = await ledger.registered(**{"granted_on": "2025-11-28", "inventors": people, **over})
    owned = await ledger.owned(asset["id"], m04=600_000, m09=400_000, consents=OWNERS)
    assert owned.status_code == 201, owned.text
    return str(asset["id"]), asset["inventors"]


def again(shown: dict[str, Any], ppm: int) -> dict[str, Any]:
    return {"person_id": shown["person_id"], "org_id": shown["org_id"], "share_ppm": ppm}


def change(people: list[dict[str, Any]], **over: Any) -> dict[str, Any]:
    return {
        "cause": "omitted", "inventors": people, "reason": "申请时漏填一人",
        "evidence": [str(uuid4())], "notice": NOTICE, **over,
    }  # fmt: skip


async def proposed(
    ledger: Ledger, asset_id: str, body: dict[str, Any], by: str = "m04", version: int = 2
) -> httpx.Response:
    async with ledger.member(by) as client:
        return await client.post(
            f"{LEDGER}/assets/{asset_id}/inventor-changes",
            json=body,
            headers={"If-Match": f'"{version}"'},
        )


async def answered(ledger: Ledger, change_id: str, by: str, said: str = "consent") -> Any:
    async with ledger.member(by) as client:
        return await client.post(
            f"{LEDGER}/inventor-changes/{change_id}/answers", json={"answer": said}
        )


async def entered(
    ledger: Ledger, asset_id: str, body: dict[str, Any], version: int = 2
) -> dict[str, Any]:
    """A change that both owners want."""
    waits = await proposed(ledger, asset_id, body, version=version)
    assert waits.status_code == 201, waits.text
    done = await answered(ledger, waits.json()["id"], "m09")
    assert (done.status_code, done.json()["state"]) == (201, "effective"), done.text
    document: dict[str, Any] = done.json()
    return document


async def shown(ledger: Ledger, asset_id: str, **query: str) -> dict[str, Any]:
    async with ledger.member("m08") as client:
        answer = await client.get(f"{LEDGER}/assets/{asset_id}/inventors", params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def ppm(document: dict[str, Any]) -> list[int]:
    return [one["share_ppm"] for one in document["inventors"]]


@pytest.mark.requirement("A033", "A084")
async def test_an_inventor_left_out_is_added_with_every_owners_word(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    ledger.service.set_clock("2026-02-02T02:00:00+00:00")
    people = [again(first, 500_000), again(second, 300_000), person(ledger, "m09", 200_000)]
    waits = await proposed(ledger, asset_id, change(people))
    assert waits.status_code == 201, waits.text
    assert waits.json()["state"] == "pending"
    assert ppm(await shown(ledger, asset_id)) == [600_000, 400_000]
    for by, status in (("m08", 403), ("m04", 409), ("m01", 404)):
        assert (await answered(ledger, waits.json()["id"], by)).status_code == status
    done = await answered(ledger, waits.json()["id"], "m09")
    assert done.json()["state"] == "effective", done.text
    now = await shown(ledger, asset_id)
    assert (ppm(now), now["cause"], now["number"]) == ([500_000, 300_000, 200_000], "omitted", 2)
    # Who made it made it from the beginning; and what was believed then stays what it was.
    assert ppm(await shown(ledger, asset_id, on="2020-01-01")) == [500_000, 300_000, 200_000]
    before = await shown(ledger, asset_id, as_of="2026-02-01")
    assert (ppm(before), before["known_until"]) == ([600_000, 400_000], now["known_from"])
    async with ledger.member("m08") as client:
        asset = (await client.get(f"{LEDGER}/assets/{asset_id}")).json()
    assert ppm(asset) == [500_000, 300_000, 200_000]


@pytest.mark.requirement("A033")
async def test_parts_agreed_anew_hold_from_their_day_on(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    ledger.service.set_clock("2026-02-02T02:00:00+00:00")
    halves = change(
        [again(first, 500_000), again(second, 500_000)],
        cause="parts", valid_from="2026-01-10", notice=None,
    )  # fmt: skip
    await entered(ledger, asset_id, halves)
    days = [(await shown(ledger, asset_id, on=day)) for day in ("2026-01-09", "2026-01-10")]
    assert [ppm(one) for one in days] == [[600_000, 400_000], [500_000, 500_000]]
    assert [(one["valid_from"], one["valid_until"]) for one in days] == [
        (None, "2026-01-09"), ("2026-01-10", None),
    ]  # fmt: skip
    # An earlier belief about the earlier days is another version of the same list.
    old = await shown(ledger, asset_id, on="2026-01-20", as_of="2026-02-01")
    assert (ppm(old), old["number"]) == ([600_000, 400_000], 1)


@pytest.mark.requirement("A033", "A043", "A084")
@pytest.mark.refusing
async def test_every_fault_of_a_change_is_told_at_once(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    both = [again(first, 600_000), again(second, 400_000)]
    more = [again(first, 500_000), again(second, 300_000), person(ledger, "m09", 200_000)]
    twice = [again(first, 500_000), again(first, 500_000)]
    cases: list[tuple[dict[str, Any], int, list[str]]] = [
        (change(both, cause="parts"), 409, ["CORRECTION_NOT_NEEDED"]),
        (change(both), 422, ["FIELD_INVALID"]),
        (change(more, cause="parts"), 422, ["FIELD_INVALID"]),
        (change(more, cause="registered"), 422, ["FIELD_INVALID"]),
        (change(more, notice=None), 422, ["FIELD_MISSING"]),
        (change(more, notice={**NOTICE, "approved_on": "2026-01-21"}), 422, ["DAY_IN_FUTURE"]),
        (change(more, notice={**NOTICE, "approved_on": "2023-11-01"}), 422, ["DAYS_OUT_OF_ORDER"]),
        (change(more, valid_from="2026-01-01"), 422, ["FIELD_INVALID"]),
        (
            change(twice, cause="mistaken", valid_from="2023-11-01"), 422,
            ["BEFORE_ASSET", "FIELD_INVALID", "INVENTOR_REPEATED"],
        ),
        (change([again(first, 999_999)], cause="mistaken"), 422, ["SHARES_NOT_100"]),
        (change(more, evidence=[]), 422, ["FIELD_INVALID"]),
        (change([], cause="mistaken"), 422, ["FIELD_INVALID"]),
    ]  # fmt: skip
    for body, status, expected in cases:
        answer = await proposed(ledger, asset_id, body)
        assert (answer.status_code, sorted(codes(answer))) == (status, expected), answer.text
    assert (await proposed(ledger, asset_id, change(more), by="m08")).status_code == 403
    assert (await proposed(ledger, asset_id, change(more), by="m01")).status_code == 404
    stale = await proposed(ledger, asset_id, change(more), version=1)
    assert (stale.status_code, codes(stale)) == (412, ["VERSION_CONFLICT"])
    assert (await shown(ledger, asset_id))["number"] == 1


@pytest.mark.requirement("A033")
@pytest.mark.refusing
async def test_nobody_stands_twice_among_the_inventors(ledger: Ledger) -> None:
    who = str(uuid4())
    body = ledger.asset(inventors=[person(ledger, "m04", 500_000, person_id=who)] * 2)
    async with ledger.member("m04") as client:
        answer = await client.post(f"{LEDGER}/assets", json=body)
    assert (answer.status_code, codes(answer)) == (422, ["INVENTOR_REPEATED"])


@pytest.mark.requirement("A033", "A084")
@pytest.mark.refusing
async def test_what_moved_meanwhile_and_what_was_refused_takes_no_effect(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    more = [again(first, 500_000), again(second, 300_000), person(ledger, "m09", 200_000)]
    one = (await proposed(ledger, asset_id, change(more))).json()
    halves = change([again(first, 500_000), again(second, 500_000)], cause="parts", notice=None)
    two = (await proposed(ledger, asset_id, halves)).json()
    assert (await answered(ledger, one["id"], "m09")).status_code == 201
    late = await answered(ledger, two["id"], "m09")
    assert (late.status_code, codes(late)) == (409, ["STALE_INPUT"])
    async with ledger.member("m04") as client:
        path = f"{LEDGER}/inventor-changes/{two['id']}/withdraw"
        gone = await client.post(path, headers={"If-Match": '"1"'})
        assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
        listed = await client.get(f"{LEDGER}/inventor-changes", params={"asset_id": asset_id})
    assert [row["state"] for row in listed.json()["items"]] == ["withdrawn", "effective"]
    third = (await proposed(ledger, asset_id, halves | {"inventors": [
        again(row, part) for row, part in zip(
            (await shown(ledger, asset_id))["inventors"], (400_000, 400_000, 200_000), strict=True,
        )
    ]}, version=3)).json()  # fmt: skip
    no = await answered(ledger, third["id"], "m09", "refuse")
    assert no.json()["state"] == "refused", no.text
    assert (await answered(ledger, third["id"], "m09")).status_code == 409
    assert ppm(await shown(ledger, asset_id)) == [500_000, 300_000, 200_000]


@pytest.mark.requirement("X03", "A084")
async def test_a_decided_dispute_needs_an_approvers_word_and_no_owners(ledger: Ledger) -> None:
    asset_id, (first, _) = await made(ledger)
    other = change(
        [again(first, 500_000), person(ledger, "m09", 500_000)], cause="dispute",
        reason="生效判决确认",
    )  # fmt: skip
    waits = (await proposed(ledger, asset_id, other, by="m09")).json()
    omitted = (await proposed(
        ledger, asset_id,
        change([again(first, 600_000), person(ledger, "m09", 400_000)], cause="mistaken"),
    )).json()  # fmt: skip
    async with ledger.service.client("official", duties=["approver"], sub=str(uuid4())) as approver:
        path = f"{LEDGER}/inventor-changes"
        wrong = await approver.post(f"{path}/{omitted['id']}/answers", json={})
        assert (wrong.status_code, codes(wrong)) == (403, ["FORBIDDEN_SCOPE"])
        done = await approver.post(f"{path}/{waits['id']}/answers", json={})
    assert (done.status_code, done.json()["state"]) == (201, "effective"), done.text
    assert ppm(await shown(ledger, asset_id)) == [500_000, 500_000]


@pytest.mark.requirement("A033", "X07")
async def test_the_log_tells_of_every_list_and_of_no_name(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    named = person(ledger, "m09", 200_000, name="赵独有之名")
    done = await entered(
        ledger, asset_id, change([again(first, 500_000), again(second, 300_000), named])
    )
    async with ledger.sessions.reading() as session:
        rows = (
            await session.execute(
                text("SELECT id, body FROM log_record WHERE kind = 'inventor_version' ORDER BY seq")
            )
        ).all()
        opened = list(await session.scalars(text("SELECT value FROM log_opening")))
        events = [json.dumps(one) for one in await session.scalars(select(col(Event.data)))]
        trail = [str(row) for row in await session.execute(text("SELECT a.*::text FROM audit a"))]
    assert [str(row.id) for row in rows][-1] == done["version_id"]
    assert len(rows) == 2
    told = json.loads(rows[1].body)["document"]
    assert (told["number"], told["cause"], told["change_id"]) == (2, "omitted", done["id"])
    assert not any("赵独有之名" in one for one in (*opened, *events, *trail))
    assert not any(first["person_id"].encode() in row.body for row in rows)
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await audit(connection, None)).differences == []


@pytest.mark.requirement("A033", "X07")
@pytest.mark.refusing
async def test_two_changes_at_once_leave_one_list(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    changes = [
        (await proposed(ledger, asset_id, change(
            [again(first, part), again(second, 1_000_000 - part)], cause="parts", notice=None,
        ))).json()
        for part in (100_000, 200_000)
    ]  # fmt: skip
    answers = await asyncio.gather(*(answered(ledger, one["id"], "m09") for one in changes))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert (await shown(ledger, asset_id))["number"] == 2


@pytest.mark.requirement("X12", "X07")
async def test_a_name_is_erased_and_every_proof_still_holds(ledger: Ledger) -> None:
    people = [person(ledger, "m04", 1_000_000, name="赵独有之名")]
    asset_id, [one] = await made(ledger, inventors=people)
    path = f"{LEDGER}/inventors/{one['person_id']}"
    async with ledger.member("m04") as unit, ledger.member("m09") as other:
        kept = (await unit.get(path)).json()
        assert (kept["name"], kept["assets"]) == (
            "赵独有之名", [{"asset_id": asset_id, "share_ppm": 1_000_000}],
        )  # fmt: skip
        assert (await other.get(path)).status_code == 404
        assert (await other.put(f"{path}/name", json={"name": None})).status_code == 404
        named = await unit.put(f"{path}/name", json={"name": "钱新名"})
        assert (named.status_code, named.json()["name"]) == (200, "钱新名"), named.text
        gone = await unit.put(f"{path}/name", json={"name": None})
        assert gone.json()["name"] is None
    # Whoever names the person again by the old name brings nothing back.
    await ledger.registered(
        number="202410000002.4", filed_on="2024-03-01",
        inventors=[{**people[0], "person_id": one["person_id"]}],
    )  # fmt: skip
    assert [row["name"] for row in (await shown(ledger, asset_id))["inventors"]] == [None]
    tables = (
        "inventor_person", "asset_inventor", "inventor_version", "log_record", "log_opening",
        "event", "audit", "ledger_fact", "ip_asset",
    )  # fmt: skip
    async with ledger.sessions.reading() as session:
        for table in tables:
            rows = await session.scalars(text(f"SELECT t.*::text FROM {table} t"))  # noqa: S608 - a name of this list
            assert not any("赵独有之名" in row or "钱新名" in row for row in rows), table
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await audit(connection, None)).differences == []


@pytest.mark.requirement("A033", "X07")
async def test_random_changes_are_what_a_replay_gives_on_both_clocks(ledger: Ledger) -> None:
    """Every list for a day E, as known at K, is that of the changes entered by K (brute force)."""
    chance = random.Random(11)
    asset_id, (first, second) = await made(ledger)
    # By instant: the first day of the change, and the first person's part.
    entered_at: list[tuple[datetime, date, int]] = [(CLOCK, date.min, 600_000)]
    for number in range(10):
        at = CLOCK + timedelta(days=10 * (number + 1))
        ledger.service.set_clock(at.isoformat())
        day = chance.choice((None, *(date(2026, 1, 1 + 3 * place) for place in range(8))))
        part = 100_000 + 10_000 * number
        body = change(
            [again(first, part), again(second, 1_000_000 - part)], cause="parts",
            valid_from=None if day is None else day.isoformat(), notice=None,
        )  # fmt: skip
        await entered(ledger, asset_id, body, version=2 + number)
        entered_at.append((at, day or date.min, part))
    pairs = 0
    async with ledger.sessions.reading() as session:
        for known in [one[0] + timedelta(hours=hours) for one in entered_at for hours in (-1, 1)]:
            for day in (date(2020, 1, 1), *(date(2026, 1, 1 + place) for place in range(26))):
                version = await queries.version_on(session, UUID(asset_id), day, known)
                expected = _replayed([one for one in entered_at if one[0] <= known], day)
                parts = [] if version is None else await queries.parts_of(session, version.id)
                assert (parts[0].share_ppm if parts else None) == expected, (day, known)
                pairs += 1
    assert pairs > 500


def _replayed(changes: list[tuple[datetime, date, int]], day: date) -> int | None:
    """Give the first person's part: a change holds from its day to the next that was known."""
    starts = {first: part for _, first, part in changes}
    return max(((first, part) for first, part in starts.items() if first <= day),
               default=(None, None))[1]  # fmt: skip
