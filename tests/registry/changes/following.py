"""A consumer of the feed that folds it over a snapshot, and the calls that it has to keep up with.

The consumer knows nothing of the tables: it reads kind, id and fields from the events alone.
"""

import gzip
import json
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.base import Base
from registry.dumps.jobs import write
from shared.database import new_id
from shared.database.resources import is_told, tables_of
from shared.events.resources import state_of
from tests.registry.facts.conftest import House
from tests.registry.organizations.entering import entry
from tests.registry.resources.test_sharing import thing
from tests.registry.support.test_supporting import plan_body

State = dict[tuple[str, str], dict[str, Any]]
# Of the event, not of the resource.
ENVELOPE = {"resource", "fields_changed", "removed"}


async def state_of_tables(session: AsyncSession) -> State:
    """Read every resource from its table: what the server holds."""
    state: State = {}
    for declared, table in tables_of(Base.metadata):
        for row in await session.execute(select(table)):
            if is_told(declared, row):
                content = state_of(table, row._mapping)
                state[declared.kind, content["id"]] = content
    return state


async def snapshot(house: House) -> tuple[State, int]:
    """Take the night's dump as a service gets it: its parts, and the position it stands for."""
    assert await write(house.registry.app)
    async with house.registry.client("service") as service:
        dump, *_ = (await service.get("/v1/registry/dumps")).json()["items"]
        state: State = {}
        for part in dump["parts"]:
            for content in await lines_of(service, part):
                state[part["kind"], content["id"]] = content
    return state, dump["position"]


async def lines_of(caller: httpx.AsyncClient, part: dict[str, Any]) -> list[dict[str, Any]]:
    """Fetch a part and check that it is what the list says."""
    answer = await caller.get(part["href"])
    assert answer.status_code == 200, answer.text
    assert sha256(answer.content).hexdigest() == part["sha256"]
    lines = gzip.decompress(answer.content).splitlines()
    assert (len(answer.content), len(lines)) == (part["size"], part["rows"])
    return [json.loads(line) for line in lines]


@dataclass
class Consumer:
    """Folds the feed; what was not saved before a crash is read again."""

    house: House
    state: State
    position: int
    saved: tuple[State, int] = field(init=False)

    def __post_init__(self) -> None:
        self.save()

    def save(self) -> None:
        self.saved = ({key: dict(value) for key, value in self.state.items()}, self.position)

    def crash(self, chance: Random) -> None:
        """Forget what was read since the last save, or only how far: then some comes twice."""
        state, self.position = self.saved
        if chance.random() < 0.5:
            self.state = {key: dict(value) for key, value in state.items()}

    async def read(self, limit: int) -> int:
        await self.house.registry.number()
        async with self.house.registry.client("service") as service:
            answer = await service.get(
                "/v1/registry/events", params={"after": self.position, "limit": limit}
            )
        page = answer.json()["items"]
        for item in page:
            self.fold(item["data"])
            self.position = item["position"]
        return len(page)

    def fold(self, data: dict[str, Any]) -> None:
        if "resource" not in data:
            return
        key = (data["resource"], data["id"])
        if data.get("removed"):
            self.state.pop(key, None)
            return
        assert set(data["fields_changed"]) <= set(data)
        content = {name: value for name, value in data.items() if name not in ENVELOPE}
        known = self.state.get(key)
        self.state[key] = {name: content[name] for name in (known or content) if name in content}


@dataclass
class Caller:
    """Makes random calls, legal and illegal, as whoever may or may not make them."""

    house: House
    chance: Random
    things: list[dict[str, Any]] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    organizations: list[dict[str, Any]] = field(default_factory=list)
    offerings: list[str] = field(default_factory=list)
    applications: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    number: int = 0

    async def call(self) -> int:
        self.number += 1
        made = self.chance.choice(
            (self.share, self.change, self.book, self.use, self.cancel, self.post, self.post_many,
             self.correct, self.enter, self.enter_many, self.restate, self.bar, self.offer,
             self.draft, self.vote, self.plan, self.apply, self.state, self.file, self.need,
             self.match)
        )  # fmt: skip
        answer: httpx.Response | None = await made()
        return 0 if answer is None else answer.status_code

    def member(self) -> httpx.AsyncClient:
        house = self.house
        return house.caller(self.chance.choice((house.member, house.lead, house.stranger)))

    def handler(self) -> httpx.AsyncClient:
        return self.house.registry.client("handler", sub=self.house.center_id)

    async def share(self) -> httpx.Response:
        async with self.member() as caller:
            answer = await caller.post("/v1/registry/resources", json=thing(self.house))
        if answer.is_success:
            self.things.append(answer.json())
        return answer

    async def change(self) -> httpx.Response | None:
        if not self.things:
            return None
        one = self.chance.choice(self.things)
        change = self.chance.choice(({"is_open": False}, {"terms": "另约"}, {"terms": ""}))
        async with self.member() as caller:
            answer = await caller.patch(
                f"/v1/registry/resources/{one['id']}",
                json=change,
                headers={"If-Match": f'"{self.chance.choice((one["version"], 9))}"'},
            )
        if answer.is_success:
            one["version"] = answer.json()["version"]
        return answer

    async def book(self) -> httpx.Response | None:
        if not self.things:
            return None
        day = self.chance.randint(2, 28)
        hours = zip(("starts_at", "ends_at"), ("01:00", "03:30"), strict=True)
        times = {name: f"2027-06-{day:02}T{hour}:00Z" for name, hour in hours}
        async with self.member() as caller:
            path = f"/v1/registry/resources/{self.chance.choice(self.things)['id']}/bookings"
            answer = await caller.post(path, json=times)
        if answer.is_success:
            self.bookings.append(answer.json()["id"])
        return answer

    async def use(self) -> httpx.Response | None:
        return await self._of_booking("usage", {"used_minutes": 60})

    async def cancel(self) -> httpx.Response | None:
        return await self._of_booking("cancellation", {"reason": "改期"})

    async def _of_booking(self, verb: str, body: dict[str, Any]) -> httpx.Response | None:
        if not self.bookings:
            return None
        async with self.member() as caller:
            path = f"/v1/registry/bookings/{self.chance.choice(self.bookings)}/{verb}"
            return await caller.post(path, json=body)

    async def post(self) -> httpx.Response:
        day = self.chance.choice(("2027-03-01", "2027-09-01"))
        body = self.house.fact(external_id=f"S-{self.number}", occurred_on=day)
        async with self.member() as caller:
            answer = await caller.post("/v1/registry/facts", json=body, headers=self.key())
        if answer.is_success:
            self.facts.append(answer.json()["id"])
        return answer

    async def post_many(self) -> httpx.Response:
        days = self.chance.choices(("2027-03-01", "2027-09-01"), k=3)
        rows = [
            self.house.fact(external_id=f"B-{self.number}-{row}", occurred_on=day)
            for row, day in enumerate(days)
        ]
        mode = self.chance.choice(("atomic", "partial"))
        async with self.member() as caller:
            return await caller.post(
                "/v1/registry/fact-batches", json=rows, params={"mode": mode}, headers=self.key()
            )

    async def correct(self) -> httpx.Response | None:
        if not self.facts:
            return None
        body = {**self.house.fact(), "reason": "金额有误"}
        del body["center_id"], body["external_id"]
        async with self.member() as caller:
            path = f"/v1/registry/facts/{self.chance.choice(self.facts)}/corrections"
            return await caller.post(path, json=body, headers=self.key())

    async def enter(self) -> httpx.Response:
        async with self.handler() as caller:
            body = entry(self.chance.randint(1, 40))
            answer = await caller.post("/v1/registry/organizations", json=body)
        if answer.is_success:
            self.organizations.append(answer.json())
        return answer

    async def enter_many(self) -> httpx.Response:
        async with self.handler() as caller:
            rows = [entry(self.chance.randint(1, 40)) for _ in range(3)]
            return await caller.post(
                "/v1/registry/organization-batches", json=rows, headers=self.key()
            )

    async def restate(self) -> httpx.Response | None:
        if not self.organizations:
            return None
        one = self.chance.choice(self.organizations)
        body = {
            "values": {"is_sme": self.chance.random() < 0.5},
            "valid_from": "2027-05-01",
            "basis": "2026年度从业人员与营业收入",
        }
        async with self.handler() as caller:
            path = f"/v1/registry/organizations/{one['id']}/entries"
            answer = await caller.post(path, json=body, headers={"If-Match": f'"{one["version"]}"'})
        if answer.is_success:
            one["version"] += 1
        return answer

    async def bar(self) -> httpx.Response | None:
        if not self.organizations:
            return None
        one = self.chance.choice(self.organizations)
        body = {"from_on": "2027-01-01", "until_on": "2028-01-01", "authority": "某法院",
                "basis": "（2027）示例1号"}  # fmt: skip
        async with self.handler() as caller:
            path = f"/v1/registry/organizations/{one['id']}/dishonesty-records"
            answer = await caller.post(path, json=body)
        if answer.is_success:
            one["version"] += 1
        return answer

    async def offer(self) -> httpx.Response:
        body = {"center_id": str(self.house.center_id), "code": "training", "title": "培训"}
        async with self.member() as caller:
            return await caller.post("/v1/registry/offerings", json=body)

    async def draft(self) -> httpx.Response:
        async with self.handler() as caller:
            body = plan_body(self.house.center_id)
            return await caller.post("/v1/registry/support-plans", json=body)

    async def vote(self) -> httpx.Response:
        """Set a whole table of votes: holders come, go and change their shares."""
        house = self.house
        holders = self.chance.choice(
            ([house.lead, house.member], [house.lead], [house.member], [house.lead, house.former])
        )
        first = self.chance.choice((400_000, 500_000, 999_999)) if len(holders) > 1 else 1_000_000
        rest = self.chance.choice((1_000_000 - first, 7))
        votes = [
            {"holder_org_id": str(holder), "share_ppm": ppm, "basis": "charter"}
            for holder, ppm in zip(holders, (first, rest), strict=False)
        ]
        async with house.caller(house.lead) as lead:
            path = f"/v1/registry/centers/{house.center_id}/votes/shareholders"
            return await lead.put(path, json={"votes": votes})

    async def plan(self) -> httpx.Response:
        """Write the open draft of a plan anew: targets come, go and change."""
        metrics = self.chance.sample(("A1", "B1", "C1", "D2"), k=2)
        targets = [
            {"part": 1, "metric_code": metric, "unit": "项", "year": 2028,
             "value": self.chance.choice(("30", "32.5", "-1"))}
            for metric in metrics
        ]  # fmt: skip
        body = {"horizon_years": 5, "parts": [{"part": 1, "text": "一"}], "targets": targets}
        async with self.house.caller(self.house.lead) as lead:
            path = f"/v1/registry/centers/{self.house.center_id}/plans"
            return await lead.post(path, json=body)

    async def apply(self) -> httpx.Response:
        body = {
            "name": f"示例创新中心 {self.number}", "model_type": "enterprise",
            "field_codes": ["integrated_circuit"], "applicant_form": "legal_entity",
            "lead_sponsor_id": str(self.house.lead),
        }  # fmt: skip
        async with self.house.caller(self.house.lead) as lead:
            answer = await lead.post("/v1/registry/applications", json=body)
        if answer.is_success:
            self.applications.append(answer.json()["id"])
        return answer

    async def state(self) -> httpx.Response | None:
        """State a sponsor's year, or state it anew, by the version read or by an old one."""
        if not self.applications:
            return None
        yuan = {"amount": self.chance.randint(1, 9) * 100, "currency": "CNY"}
        body = dict.fromkeys(("rd_spend", "rd_assets", "net_assets", "revenue"), yuan)
        path = f"/v1/registry/applications/{self.chance.choice(self.applications)}"
        version = {"If-Match": f'"{self.chance.choice((1, 2))}"'}
        async with self.house.caller(self.house.lead) as lead:
            place = f"{path}/sponsor-profiles/2026"
            return await lead.put(place, json=body, headers=self.chance.choice(({}, version)))

    async def file(self) -> httpx.Response | None:
        if not self.applications:
            return None
        path = f"/v1/registry/applications/{self.chance.choice(self.applications)}"
        version = {"If-Match": f'"{self.chance.choice((1, 2))}"'}
        async with self.house.caller(self.house.lead) as lead:
            made = await lead.post(
                "/v1/registry/files",
                content=f"材料 {self.number}".encode(),
                headers={"Content-Type": "text/plain"},
            )
            return await lead.put(
                f"{path}/materials/plan",
                json={"file_id": made.json()["id"]},
                headers=self.chance.choice(({}, version)),
            )

    async def need(self) -> httpx.Response:
        body = {"title": f"需求 {self.number}", "need": "键合设备", "field_code": "new_materials"}
        async with self.member() as caller:
            answer = await caller.post("/v1/registry/industry-demands", json=body)
        if answer.is_success:
            self.needs.append(answer.json()["id"])
        return answer

    async def match(self) -> httpx.Response | None:
        if not self.needs:
            return None
        path = f"/v1/registry/industry-demands/{self.chance.choice(self.needs)}/match"
        async with self.handler() as caller:
            return await caller.post(path, json={"center_id": str(self.house.center_id)})

    def key(self) -> dict[str, str]:
        return {"Idempotency-Key": str(new_id())}
