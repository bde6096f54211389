"""Whoever has a snapshot and follows the feed from its position knows what the server knows."""

import asyncio
from random import Random
from typing import Any

import pytest
from sqlmodel import col, select

from registry.base import Base
from registry.centers.tables import Center
from registry.dumps import jobs
from registry.dumps.queries import newest_position
from shared.database.resources import tables_of
from shared.events.feed import laid_out
from shared.events.resources import PART, changed_fields
from shared.events.tables import Event
from tests.registry.changes.following import Caller, Consumer, State, snapshot, state_of_tables
from tests.registry.facts.conftest import House
from tests.registry.resources.test_sharing import RESOURCES, shared, thing

EVENTS = "/v1/registry/events"

pytestmark = pytest.mark.anyio


def of_columns(state: State) -> State:
    """Leave out what an event tells beside the columns of its resource."""
    names = {one.kind: {column.name.removesuffix("_fen") for column in table.columns}
             for one, table in tables_of(Base.metadata)}  # fmt: skip
    return {
        key: {name: value for name, value in content.items() if name in names[key[0]]}
        for key, content in state.items()
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_snapshot_and_the_feed_give_the_state_of_the_server(
    house: House, seed: int
) -> None:
    chance = Random(seed)
    caller = Caller(house, chance)
    statuses = [await caller.call() for _ in range(15)]
    await house.registry.number()
    state, position = await snapshot(house)
    consumer = Consumer(house, state, position)
    for _ in range(45):
        statuses.append(await caller.call())
        if chance.random() < 0.5:
            await consumer.read(chance.randint(1, 7))
        if chance.random() < 0.3:
            consumer.save()
        if chance.random() < 0.2:
            consumer.crash(chance)
    while await consumer.read(5):
        pass
    async with house.registry.sessions.reading() as session:
        server = await state_of_tables(session)
    folded = of_columns(consumer.state)
    assert folded.keys() == server.keys()
    assert {key for key in server if folded[key] != server[key]} == set()
    assert folded == server
    # Sequences in which nothing happens, or nothing is refused, would prove little.
    assert sum(200 <= status < 300 for status in statuses) > 20
    assert sum(status >= 400 for status in statuses) > 5


async def dumped_beside(caller: Caller, pause: float) -> tuple[State, int, int]:
    """Take a dump while calls are made, and numbered after a pause; count what was changed."""
    dumped, changed = asyncio.Event(), 0

    async def calling() -> None:
        nonlocal changed
        while not dumped.is_set():
            changed += 200 <= await caller.call() < 300

    async def numbering() -> None:
        await asyncio.sleep(pause)
        while not dumped.is_set():
            await caller.house.registry.number()
            await asyncio.sleep(0.02)

    async def dumping() -> tuple[State, int]:
        try:
            return await snapshot(caller.house)
        finally:
            dumped.set()

    (state, position), *_ = await asyncio.gather(dumping(), calling(), numbering())
    return state, position, changed


async def follow(consumer: Consumer, until: int) -> State:
    """Read the feed up to a position exactly."""
    while consumer.position < until:
        assert await consumer.read(min(50, until - consumer.position))
    assert consumer.position == until
    return of_columns(consumer.state)


@pytest.mark.requirement("X15")
@pytest.mark.parametrize(
    ("tries", "pause"),
    [
        # As it is: the dump waits for a snapshot in which every change has its position.
        (jobs.TRIES, 0.0),
        # Writes that never rest: changes in the snapshot are told by the feed once more.
        (0, 3.0),
    ],
)
async def test_a_dump_beside_writes_and_the_feed_give_the_state_of_the_server(
    house: House, monkeypatch: pytest.MonkeyPatch, tries: int, pause: float
) -> None:
    monkeypatch.setattr(jobs, "TRIES", tries)
    caller = Caller(house, Random(7))
    for _ in range(15):
        await caller.call()
    while await house.registry.number():
        pass
    before = Consumer(house, *await snapshot(house))
    house.registry.set_clock("2027-06-02T02:00:00+00:00")
    state, position, changed = await dumped_beside(caller, pause)
    # Without changes beside it the dump would have had no chance to be torn.
    assert changed > 3
    if tries:
        # It is what the feed had told by its position, to the row: no part is younger or older.
        assert await follow(before, position) == of_columns(state)
    for _ in range(10):
        await caller.call()
    while await house.registry.number():
        pass
    async with house.registry.sessions.reading() as session:
        server, newest = await state_of_tables(session), await newest_position(session)
    assert await follow(Consumer(house, state, position), newest) == server


async def test_every_change_of_a_resource_names_its_fields_and_what_they_are(house: House) -> None:
    one = await shared(house)
    async with house.caller(house.member) as owner:
        answer = await owner.patch(
            f"{RESOURCES}/{one['id']}", json={"terms": "另约"}, headers={"If-Match": '"1"'}
        )
        assert answer.is_success
        await house.registry.number()
        page = await owner.get(EVENTS, params={"types": "resource.shared,resource.changed"})
    made, changed = (item["data"] for item in page.json()["items"])
    assert made["fields_changed"] == sorted(
        set(made) - {"resource", "fields_changed", "person_id", "actor_id"}
    )
    assert made["fee_per_hour"] == {"amount": 80_000, "currency": "CNY"}
    assert changed["fields_changed"] == ["terms", "version"]
    assert (changed["terms"], changed["version"], changed["resource"]) == (
        "另约", 2, "shared_resource",
    )  # fmt: skip


async def test_what_changes_beside_the_subject_of_an_event_is_told_too(house: House) -> None:
    chance = Random(0)
    caller = Caller(house, chance)
    assert (await caller.enter()).is_success
    barred = await caller.bar()
    assert barred is not None
    assert barred.status_code == 201, barred.text
    async with house.registry.sessions.reading() as session:
        told = {
            event.data[PART]["kind"]: event.data[PART]["fields_changed"]
            for event in await session.scalars(select(Event).order_by(col(Event.seq)))
            if PART in event.data
        }
    assert "dishonesty_until" in told["organization"]
    assert "authority" in told["dishonesty_record"]


@pytest.mark.refusing
async def test_what_one_may_not_read_is_not_in_ones_events(house: House) -> None:
    await shared(house)
    async with house.registry.sessions.begin() as session:
        other = await session.get_one(Center, house.other_center_id)
        # As if it had never been submitted nor listed.
        other.listed_on, other.code, other.name = None, None, "尚未提交的改名"
    await house.registry.number()
    async with house.caller(house.stranger) as stranger:
        theirs = (await stranger.get(EVENTS)).json()["items"]
    async with house.registry.client("official", "handler") as official:
        seen = (await official.get(EVENTS)).json()["items"]
    assert {item["subject"] for item in theirs} == {str(house.other_center_id)}
    # Officials learn that something happened at a draft, and read what is no draft.
    assert "尚未提交的改名" not in str(seen)
    assert str(house.other_center_id) in {item["subject"] for item in seen}
    assert thing(house)["terms"] in str(seen)


def test_fields_changed_are_those_that_differ() -> None:
    assert changed_fields(None, {"b": 1, "a": None}) == ["a", "b"]
    assert changed_fields({"a": 1, "b": 2}, {"a": 1, "b": 3}) == ["b"]
    assert changed_fields({"a": 1}, None) == ["a"]
    part: dict[str, Any] = {"kind": "thing", "fields_changed": ["a"], "state": {"id": "1", "a": 1}}
    data = {"person_id": "2", PART: part}
    assert laid_out(data, None) == {"person_id": "2"}
    assert laid_out(data, part) == {
        "id": "1", "a": 1, "person_id": "2", "actor_id": "2", "resource": "thing",
        "fields_changed": ["a"],
    }  # fmt: skip
    part["state"]["person_id"] = "3"
    shown = laid_out(data, part)
    assert (shown["person_id"], shown["actor_id"]) == ("3", "2")


async def test_parts_are_told_under_one_name_for_as_long_as_they_stand(house: House) -> None:
    path = f"/v1/registry/centers/{house.center_id}/votes/shareholders"

    def table(**shares: int) -> dict[str, Any]:
        ids = {"lead": house.lead, "member": house.member}
        return {
            "votes": [
                {"holder_org_id": str(ids[name]), "share_ppm": ppm, "basis": "charter"}
                for name, ppm in shares.items()
            ]
        }

    async with house.caller(house.lead) as lead:
        first = await lead.put(path, json=table(lead=600_000, member=400_000))
        assert first.is_success, first.text
        assert (await lead.put(path, json=table(lead=1_000_000))).is_success
        assert (await lead.put(path, json=table(lead=700_000, member=300_000))).is_success
        await house.registry.number()
        asked = "voting_right.entered,voting_right.changed,voting_right.removed"
        told = (await lead.get(EVENTS, params={"types": asked})).json()["items"]
    async with house.caller(house.member) as member:
        theirs = (await member.get(EVENTS, params={"types": asked})).json()["items"]
    seen = [
        (item["type"].partition(".")[2], item["data"].get("share_ppm"), item["data"]["id"])
        for item in told
    ]
    own = next(name for verb, ppm, name in seen if (verb, ppm) == ("entered", 600_000))
    assert ("changed", 700_000, own) in seen
    assert sorted(verb for verb, _, _ in seen) == [
        "changed", "changed", "entered", "entered", "entered", "removed",
    ]  # fmt: skip
    # A member without a hand in running the centre learns that something changed, and not what.
    assert len(theirs) == 6
    assert all("share_ppm" not in item["data"] for item in theirs)


async def test_duties_themes_and_the_dossier_are_told_line_by_line(house: House) -> None:
    center = f"/v1/registry/centers/{house.center_id}"

    def duty(matter: str) -> dict[str, str]:
        return {"matter": matter, "decides": "决策机构", "carries_out": "总经理"}

    async with house.caller(house.lead) as lead:
        for matters in (("选题", "采购"), ("选题", "招聘", "基建"), ("选题",)):
            body = {"items": [duty(matter) for matter in matters]}
            assert (await lead.put(f"{center}/responsibilities", json=body)).is_success
        theme = {"text": "会员制与股权并行"}
        assert (
            await lead.put(f"{center}/pilot-themes/investment_financing", json=theme)
        ).is_success
        dossier = {"text": "国家级申报", "alliance_coverage_ppm": 500_000, "file_ids": []}
        assert (await lead.put(f"{center}/national-dossier", json=dossier)).is_success
        await house.registry.number()
        told = {}
        for kind in ("responsibility", "pilot_theme", "national_dossier"):
            asked = ",".join(f"{kind}.{verb}" for verb in ("entered", "changed", "removed"))
            items = (await lead.get(EVENTS, params={"types": asked})).json()["items"]
            told[kind] = [(one["type"].partition(".")[2], one["data"]) for one in items]
    duties = [(verb, data.get("matter")) for verb, data in told["responsibility"]]
    assert sorted(duties, key=str) == sorted(
        [("entered", "选题"), ("entered", "采购"), ("changed", "招聘"), ("entered", "基建"),
         ("removed", None), ("removed", None)], key=str,
    )  # fmt: skip
    second = {data["id"] for verb, data in told["responsibility"] if data.get("matter") == "招聘"}
    assert second == {
        data["id"] for verb, data in told["responsibility"] if data.get("matter") == "采购"
    }
    assert [data["plan_text"] for _, data in told["pilot_theme"]] == ["会员制与股权并行"]
    assert [data["alliance_coverage_ppm"] for _, data in told["national_dossier"]] == [500_000]


async def test_what_hangs_on_a_draft_is_told_to_its_own_people_alone(house: House) -> None:
    caller = Caller(house, Random(0))
    applied = await caller.apply()
    assert applied.status_code == 201, applied.text
    path = f"/v1/registry/applications/{applied.json()['id']}/sponsor-profiles/2026"
    yuan = {"amount": 77_700, "currency": "CNY"}
    body = dict.fromkeys(("rd_spend", "rd_assets", "net_assets", "revenue"), yuan)
    async with house.caller(house.lead) as lead:
        assert (await lead.put(path, json=body)).is_success
        await house.registry.number()
        asked = {"types": "sponsor_profile.entered"}
        [own] = (await lead.get(EVENTS, params=asked)).json()["items"]
    assert own["data"]["rd_spend"] == yuan
    assert own["data"]["center_id"] == applied.json()["center_id"]
    async with house.registry.client("official", "handler") as official:
        [seen] = (await official.get(EVENTS, params=asked)).json()["items"]
    async with house.caller(house.stranger) as stranger:
        assert (await stranger.get(EVENTS, params=asked)).json()["items"] == []
    assert "rd_spend" not in seen["data"]


@pytest.mark.requirement("X04", "X16")
@pytest.mark.refusing
async def test_who_has_left_follows_what_was_and_nothing_newer(house: House) -> None:
    """The former member of this house left with the end of 2026-12-31 in Shanghai."""

    async def done(at: str, name: str) -> str:
        house.registry.set_clock(at)
        duties = {"items": [{"matter": name, "decides": "决策机构", "carries_out": "总经理"}]}
        path = f"/v1/registry/centers/{house.center_id}/responsibilities"
        async with house.caller(house.lead) as lead:
            assert (await lead.put(path, json=duties)).is_success
        made: str = (await shared(house, name=name))["id"]
        return made

    last = await done("2026-12-31T15:59:50+00:00", "除夕前")
    fact = await house.post(house.member, "before", occurred_on="2026-12-30")
    assert fact.status_code == 201, fact.text
    newer = await done("2026-12-31T16:00:00+00:00", "元旦后")
    await house.registry.number()
    seen = {}
    for name in ("former", "member", "lead"):
        async with house.caller(getattr(house, name)) as caller:
            seen[name] = (await caller.get(EVENTS)).json()["items"]
        async with house.caller(getattr(house, name)) as caller:
            only = await caller.get(EVENTS, params={"types": "fact.recorded"})
            [told] = only.json()["items"]
            assert told["data"]["external_id"] == "S-1"
    things = {name: {item["subject"] for item in items} for name, items in seen.items()}
    assert last in things["former"]
    assert newer not in things["former"]
    assert {last, newer} <= things["member"]
    # Of its own time it reads as a member did: no more and no less.
    before = [item for item in seen["member"] if item["time"] < "2026-12-31T16:00:00"]
    assert seen["former"] == before
    assert len(before) < len(seen["member"])
    named = [item["data"] for item in seen["former"] if item["type"] == "resource.shared"]
    assert [data["name"] for data in named] == ["除夕前"]
    duties = [item for item in seen["former"] if item["type"].startswith("responsibility.")]
    assert duties
    assert all("matter" not in item["data"] for item in duties)
