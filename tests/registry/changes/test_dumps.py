"""A dump a night, whoever writes it, and what changed between two."""

import asyncio
import csv
import io
import json
from datetime import date
from typing import Any

import pytest

from registry.dumps import rules
from registry.dumps.actions import store_in
from registry.dumps.jobs import write
from registry.dumps.rules import PUBLIC_FIELDS, Reader
from registry.resources.tables import SharedResource
from tests.registry.changes.following import lines_of
from tests.registry.facts.conftest import House
from tests.registry.resources.test_sharing import RESOURCES, shared, thing

DUMPS = "/v1/registry/dumps"
DELTAS = "/v1/registry/deltas"

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("X15")
def test_dumps_are_kept_for_as_many_days_as_the_setting_says() -> None:
    assert rules.kept_from(date(2027, 6, 30), 30) == date(2027, 6, 1)
    assert rules.kept_from(date(2027, 6, 30), 1) == date(2027, 6, 30)


def test_readers_are_told_apart() -> None:
    assert rules.readers_of(service=True, official=True) is Reader.SERVICES
    assert rules.readers_of(service=False, official=True) is Reader.OFFICIALS
    assert rules.readers_of(service=False, official=False) is Reader.PUBLIC


@pytest.mark.parametrize(("after", "until", "passed"), [(3, 4, True), (3, 3, True), (4, 3, False)])
def test_a_delta_goes_forward(after: int, until: int, *, passed: bool) -> None:
    assert [check.passed for check in rules.range_checks(after, until)] == [passed]


def test_a_table_names_a_centre_by_its_code_too_and_an_amount_with_its_currency() -> None:
    for kind, fields in PUBLIC_FIELDS.items():
        columns = rules.columns_of(kind)
        assert ("center_code" in columns) is ("center_id" in fields)
        amounts = [name.removesuffix("_fen") for name in fields if name.endswith("_fen")]
        assert {f"{name}.{part}" for name in amounts for part in ("amount", "currency")} == {
            column for column in columns if column.endswith((".amount", ".currency"))
        }


async def numbered(house: House) -> None:
    while await house.registry.number():
        pass


async def listed(house: House, *capacities: str, path: str = DUMPS) -> list[dict[str, Any]]:
    async with house.registry.client(*capacities) as caller:
        answer = await caller.get(path)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.requirement("X15")
async def test_two_schedulers_at_once_write_one_dump(house: House) -> None:
    await numbered(house)
    app = house.registry.app
    assert sorted(await asyncio.gather(write(app), write(app))) == [False, True]
    assert await write(app) is False
    assert len(await listed(house, "service")) == 1
    house.registry.set_clock("2027-06-02T02:00:00+00:00")
    assert await write(app) is True
    newer, older = await listed(house, "service")
    assert (newer["day"], older["day"]) == ("2027-06-02", "2027-06-01")
    # Nothing happened in between: the same rows, the same bytes.
    hashes = [{part["kind"]: part["sha256"] for part in one["parts"]} for one in (newer, older)]
    assert hashes[0] == hashes[1]


@pytest.mark.requirement("X15")
async def test_the_public_has_what_its_lists_show_and_no_more(house: House) -> None:
    await shared(house, name="公开", scope="public")
    await shared(house, name="内部")
    await numbered(house)
    assert await write(house.registry.app)
    [dump] = await listed(house, path="/v1/public/dumps")
    assert {part["kind"] for part in dump["parts"]} == set(PUBLIC_FIELDS)
    async with house.registry.client() as anyone:
        lines = {part["kind"]: await lines_of(anyone, part) for part in dump["parts"]}
    assert [one["name"] for one in lines["shared_resource"]] == ["公开"]
    assert {one["code"] for one in lines["center"]} == {"C01", "C02"}
    told = {name for kind in lines.values() for one in kind for name in one}
    assert told.isdisjoint({"lead_sponsor_id", "person_id", "org_id", "fee_per_hour"})


@pytest.mark.requirement("A145", "X15")
def test_a_line_of_a_table_has_a_cell_for_each_column() -> None:
    columns = rules.columns_of("first_purchase")
    assert "amount.amount" in columns
    assert "amount_fen" not in columns
    row = {"contract_no": "G1", "amount": {"amount": 5, "currency": "CNY"}, "late": False}
    line = dict(zip(columns, rules.cells(row, columns), strict=True))
    assert (line["contract_no"], line["amount.amount"], line["late"]) == ("G1", 5, False)
    assert dict(zip(columns, rules.cells({"amount": None}, columns), strict=True)) == dict.fromkeys(
        columns
    )
    assert rules.cells({"field_codes": ["a", "b"]}, ["field_codes"]) == ["a;b"]
    assert "center_code" in rules.columns_of("service_offering")


@pytest.mark.requirement("X11", "X15")
async def test_everything_public_is_downloaded_as_a_table_and_as_json(house: House) -> None:
    await shared(house, name="=公开", scope="public")
    await shared(house, name="内部")
    async with house.caller(house.member) as member:
        body = {"center_id": str(house.center_id), "code": "training", "title": "洁净室培训"}
        assert (await member.post("/v1/registry/offerings", json=body)).status_code == 201
    found: dict[str, list[dict[str, str]]] = {}
    async with house.registry.client() as anyone:
        for table, kind in rules.DOWNLOADS.items():
            path = f"/v1/public/exports/{table}"
            answer = await anyone.get(path)
            assert answer.status_code == 200, answer.text
            assert answer.headers["Cache-Control"] == "public, max-age=60"
            known = {"If-None-Match": answer.headers["etag"]}
            assert (await anyone.get(path, headers=known)).status_code == 304
            sheet = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
            assert sheet.fieldnames == rules.columns_of(kind)
            found[table] = list(sheet)
            whole = (await anyone.get(path, params={"format": "json"})).json()
            assert (whole["table"], len(whole["rows"])) == (table, len(found[table]))
    assert [(one["name"], one["center_code"]) for one in found["resources"]] == [("'=公开", "C01")]
    assert [(one["title"], one["center_code"]) for one in found["services"]] == [
        ("洁净室培训", "C01")
    ]
    assert [one["code"] for one in found["centers"]] == ["C01", "C02"]


@pytest.mark.refusing
@pytest.mark.requirement("X11", "X15")
async def test_what_is_no_public_table_is_not_downloaded(house: House) -> None:
    async with house.registry.client() as anyone:
        paths = [f"/v1/public/exports/{name}" for name in ("organizations", "facts", "center")]
        statuses = [(await anyone.get(path)).status_code for path in paths]
        wrong = await anyone.get("/v1/public/exports/services", params={"format": "exe"})
    assert (statuses, wrong.status_code) == ([404, 404, 404], 422)


@pytest.mark.refusing
@pytest.mark.requirement("X15")
async def test_a_dump_is_for_those_whose_scope_allows_it(house: House) -> None:
    await shared(house)
    await numbered(house)
    assert await write(house.registry.app)
    [dump] = await listed(house, "service")
    path = f"{DUMPS}/{dump['id']}/shared_resource"
    async with house.caller(house.member) as member:
        statuses = [(await member.get(one)).status_code for one in (DUMPS, path, DELTAS)]
    assert statuses == [403, 403, 403]
    async with house.registry.client() as anyone:
        assert (await anyone.get(path)).status_code == 401
        public = f"/v1/public/dumps/{dump['id']}"
        assert (await anyone.get(f"{public}/shared_resource")).status_code == 200
        assert (await anyone.get(f"{public}/organization")).status_code == 404
    async with house.registry.client("service") as service:
        answer = await service.get(DELTAS, params={"after": 2, "until": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "POSITIONS_REVERSED")


@pytest.mark.requirement("X15")
async def test_a_dump_and_the_delta_to_the_next_give_the_next(house: House) -> None:
    one = await shared(house)
    await numbered(house)
    assert await write(house.registry.app)
    async with house.caller(house.member) as owner:
        for version, terms in enumerate(("另约", "停用"), start=1):
            answer = await owner.patch(
                f"{RESOURCES}/{one['id']}",
                json={"terms": terms},
                headers={"If-Match": f'"{version}"'},
            )
            assert answer.is_success, answer.text
    await shared(house, name="第二台")
    await numbered(house)
    house.registry.set_clock("2027-06-02T02:00:00+00:00")
    assert await write(house.registry.app)
    newer, older = await listed(house, "service")
    async with house.registry.client("service") as service:
        states = []
        for dump in (older, newer):
            [part] = [part for part in dump["parts"] if part["kind"] == "shared_resource"]
            states.append({row["id"]: row for row in await lines_of(service, part)})
        answer = await service.get(
            DELTAS, params={"after": older["position"], "until": newer["position"]}
        )
        whole = await service.get(DELTAS)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["position"] for line in lines] == sorted(line["position"] for line in lines)
    # Two changes of one resource are one line: its last state.
    changed = {line["id"]: line["data"] for line in lines if line["resource"] == "shared_resource"}
    assert len(changed) == 2
    assert len(lines) == len({line["id"] for line in lines})
    assert {**states[0], **changed} == states[1]
    assert len(whole.text.splitlines()) > len(lines)


@pytest.mark.requirement("X15")
async def test_old_dumps_go_with_the_files_that_only_they_had(house: House) -> None:
    await numbered(house)
    app = house.registry.app
    assert await write(app)
    [first] = await listed(house, "service")
    await shared(house)
    await numbered(house)
    house.registry.set_clock("2027-06-30T02:00:00+00:00")
    assert await write(app)
    assert len(await listed(house, "service")) == 2
    house.registry.set_clock("2027-07-01T02:00:00+00:00")
    assert await write(app)
    days = [dump["day"] for dump in await listed(house, "service")]
    assert days == ["2027-07-01", "2027-06-30"]
    store = store_in(app.state.settings)
    kept = {part["kind"]: await store.size(part["sha256"]) for part in first["parts"]}
    assert kept["shared_resource"] is not None or kept["organization"] is not None
    [newest] = [dump for dump in await listed(house, "service") if dump["day"] == "2027-07-01"]
    assert all([await store.size(part["sha256"]) is not None for part in newest["parts"]])


async def test_a_dump_waits_for_positions_and_holds_many_rows(house: House) -> None:
    async with house.registry.sessions.begin() as session:
        session.add_all(
            SharedResource(
                **{key: value for key, value in thing(house).items() if key != "fee_per_hour"}
                | {"center_id": house.center_id, "org_id": house.member, "search_key": "x"}
            )
            for _ in range(1_100)
        )
    app = house.registry.app
    writing = asyncio.create_task(write(app))
    await asyncio.sleep(0.15)
    assert not writing.done()
    await numbered(house)
    assert await writing
    [dump] = await listed(house, "service")
    [part] = [part for part in dump["parts"] if part["kind"] == "shared_resource"]
    async with house.registry.client("service") as service:
        assert len(await lines_of(service, part)) == 1_100
        newest = (await service.get("/v1/registry/events", params={"after": 2**53})).json()
    assert dump["position"] == newest["last_position"]
