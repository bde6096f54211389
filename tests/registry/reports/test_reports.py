"""The reports over HTTP: what they count, for whom, and in which form."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, update

from registry.centers.rules import Stage
from registry.centers.tables import Center, StageChange
from registry.organizations.rules import EntrySource
from registry.organizations.tables import Organization, OrganizationEntry
from registry.reports import queries
from shared.database import new_id
from tests.fixtures.service import RunningService
from tests.registry.facts.conftest import House, house

pytestmark = pytest.mark.anyio
__all__ = ["house"]

SMALL, LARGE = "91310115FAKE00021N", "91310113FAKE0011X5"
PROJECT = {"title": "键合工艺", "project_kind": "common_key", "source": "self"}
USAGE = {"resource_id": "R-17", "hours": 1200, "shared_hours": "300.5"}


async def read(registry: RunningService, path: str, duty: str = "auditor", **asked: Any) -> Any:
    async with registry.client(duty) as caller:
        return await caller.get(f"/v1/registry/reports/{path}", params=asked)


async def posted(house: House, org: Any, key: str, **over: Any) -> Any:
    answer = await house.post(org, key, external_id=key, **over)
    assert answer.status_code == 201, answer.text
    return answer.json()


def stage_change(center_id: Any, step: tuple[Stage, Stage], at: datetime) -> StageChange:
    return StageChange(
        center_id=center_id, from_stage=step[0], to_stage=step[1], reason="认定",
        person_id=new_id(), at=at,
    )  # fmt: skip


@pytest.fixture
async def year(house: House) -> House:
    """A year of two centres: the one works, the other is suspended."""
    async with house.registry.sessions.begin() as session:
        industries = {house.lead: "C3973", house.member: "3562", house.stranger: "C3491"}
        for org_id, industry in industries.items():
            await session.execute(
                update(Organization)
                .where(col(Organization.id) == org_id)
                .values(industry_code=industry)
            )
        midnight = datetime(2026, 12, 31, 16, tzinfo=UTC)
        session.add(stage_change(house.center_id, (Stage.PREPARING, Stage.PILOT), midnight))
    paid = {"amount": 1, "currency": "CNY"}
    payload = {"client_uscc": LARGE, "catalog_code": "training", "amount": paid}
    await posted(house, house.member, "s1")
    wrong = await posted(house, house.member, "s2", payload={**payload, "client_uscc": SMALL})
    async with house.caller(house.member) as caller:
        corrected = await caller.post(
            f"/v1/registry/facts/{wrong['id']}/corrections",
            json={
                "kind": "service",
                "occurred_on": "2027-03-02",
                "payload": payload,
                "reason": "更正",
            },
            headers={"Idempotency-Key": "c"},
        )
    assert corrected.status_code == 201, corrected.text
    await posted(
        house, house.member, "p1", kind="project", payload=PROJECT, chain_stage="rd_supply"
    )
    await posted(house, house.lead, "p2", kind="project", payload=PROJECT, chain_stage="rd_supply")
    await posted(
        house, house.lead, "p3", kind="project", payload={**PROJECT, "title": "另一个"},
        chain_stage="rd_supply",
    )  # fmt: skip
    await posted(house, house.lead, "u1", kind="resource_usage", payload=USAGE)
    return house


@pytest.mark.requirement("A014", "A017", "A019")
async def test_the_programme_of_a_year_in_figures(year: House) -> None:
    body = (await read(year.registry, "programme", year=2027)).json()
    assert (body["year"], body["on"], body["centers"]) == (2027, "2027-06-01", 2)
    first, second = body["targets"]
    assert (first["min_centers"], first["max_centers"]) == (5, 10)
    # Nobody was on the list in 2020, so that the first target was missed; the second has no figure.
    assert (first["on"], first["built"], first["state"]) == ("2020-12-31", 0, "missed")
    assert (second["year"], second["state"]) == (2025, "unquantified")
    assert body["by_stage"] == [{"code": "pilot", "count": 1}, {"code": "suspended", "count": 1}]
    assert body["listings"] == [{"year": 2026, "listed": 2, "total": 2}]
    assert body["chain"][0] == {"stage": "rd_supply", "activities": 3, "centers": 1}
    assert body["centers_closing_the_chain"] == 0
    counts = {one["code"]: one["count"] for one in body["facts_by_kind"]}
    assert counts == {"service": 2, "project": 3, "resource_usage": 1}


@pytest.mark.requirement("A152")
async def test_no_report_tells_that_there_are_confidential_facts(year: House) -> None:
    secret = {"title": "海外键合设备动向", "confidentiality": "internal", "summary": "x"}
    await posted(year, year.member, "i1", kind="intelligence_report", payload=secret)
    for duty in ("service", "auditor"):
        told = await read(year.registry, "programme", duty, year=2027)
        assert sum(one["count"] for one in told.json()["facts_by_kind"]) == 6
        page = await read(year.registry, "programme/page", duty, year=2027)
        for answer in (told, page):
            assert answer.status_code == 200
            assert "intelligence_report" not in answer.text
            assert "情报" not in answer.text


@pytest.mark.requirement("A014", "A017")
async def test_a_stage_is_the_one_of_the_day_that_is_asked_for(year: House) -> None:
    """The step came with the first instant of 2027 in Shanghai."""
    body = (await read(year.registry, "programme", year=2026)).json()
    assert {one["code"]: one["count"] for one in body["by_stage"]} == {
        "preparing": 1,
        "suspended": 1,
    }
    assert body["facts_by_kind"] == []
    # What its lead tells of the time before the listing is no deed of the programme.
    for day in ("2026-03-09", "2026-03-10"):
        await posted(year, year.lead, day, occurred_on=day)
    body = (await read(year.registry, "programme", year=2026)).json()
    assert body["facts_by_kind"] == [{"code": "service", "count": 1}]


@pytest.mark.requirement("A014")
async def test_a_recognized_centre_counts_for_the_target_and_in_public(year: House) -> None:
    async with year.registry.sessions.begin() as session:
        await session.execute(
            update(Center).where(col(Center.id) == year.center_id).values(
                stage=Stage.RECOGNIZED, listed_on=date(2019, 1, 1)
            )
        )  # fmt: skip
        session.add(
            stage_change(
                year.center_id, (Stage.PILOT, Stage.RECOGNIZED), datetime(2027, 5, 1, tzinfo=UTC)
            )
        )
    async with year.registry.client() as anyone:
        first, second = (await anyone.get("/v1/public/statistics")).json()["targets"]
    # On the last day of 2020 it was on the list and not recognized.
    assert (first["built"], first["under_way"], second["built"]) == (0, 1, 0)
    now = (await read(year.registry, "programme", year=2027)).json()
    assert (now["recognized"], now["ready_for_national"]) == (1, 0)
    assert {gap["code"]: gap["lacking"] for gap in now["national_gaps"]} == {
        "company_and_alliance": 1, "leading_shareholders": 1, "alliance_coverage": 1,
    }  # fmt: skip


@pytest.mark.requirement("A020", "A092")
async def test_who_takes_part_and_who_was_served(year: House) -> None:
    body = (await read(year.registry, "programme")).json()
    circle, clients = body["circle"], body["clients"]
    # Lead, member and the other centre's lead; the former member is gone.
    assert (circle["organizations"], circle["sme"], circle["sme_share_ppm"]) == (3, 1, 333_333)
    assert (circle["divisions"], circle["division_diversity_ppm"]) == (3, 1_000_000)
    assert (circle["type_diversity_ppm"], circle["unknown_division"]) == (0, 0)
    assert (clients["services"], clients["to_sme"], clients["delta_share_ppm"]) == (2, 0, 1_000_000)


@pytest.mark.requirement("A020")
@pytest.mark.refusing
async def test_who_is_of_no_known_industry_adds_none_and_a_lone_lead_has_no_diversity(
    year: House,
) -> None:
    """An industry is taken from the register as a code of GB/T 4754, or not at all."""
    async with year.registry.client("handler") as official:
        entry = {
            "uscc": "91310114FAKE002830", "name": "示例", "org_type": "enterprise",
            "legal_person_kind": "independent", "region_code": "310114",
            "registered_on": "2020-01-01",
        }  # fmt: skip
        strange = await official.post(
            "/v1/registry/organizations", json={**entry, "industry_code": "半导体"}
        )
    assert (strange.status_code, strange.json()["code"]) == (422, "FIELD_INVALID")
    async with year.registry.sessions.begin() as session:
        await session.execute(update(Organization).values(industry_code=None))
    circle = (await read(year.registry, "programme")).json()["circle"]
    assert (circle["organizations"], circle["divisions"]) == (3, 0)
    assert (circle["division_diversity_ppm"], circle["unknown_division"]) == (None, 3)


@pytest.mark.requirement("A005", "A020")
async def test_the_network_of_each_centre(year: House) -> None:
    body = (await read(year.registry, "network", "agency")).json()
    first, second = body["centers"]
    assert (first["code"], second["code"]) == ("C01", "C02")
    assert (first["hours"], first["shared_hours"], first["shared_ppm"]) == (
        "1200", "300.5", 250_416,
    )  # fmt: skip
    assert (first["projects"], first["joint_projects"]) == (2, 1)
    assert (first["circle"]["organizations"], first["circle"]["divisions"]) == (2, 2)
    assert (second["projects"], second["shared_ppm"], second["covers_chain"]) == (0, None, False)


@pytest.mark.requirement("A005", "A014", "X15")
@pytest.mark.parametrize("name", ["programme", "network"])
async def test_each_report_is_a_page_and_a_workbook_too(year: House, name: str) -> None:
    shown = await read(year.registry, f"{name}/page")
    english = await read(year.registry, f"{name}/page", "handler")
    book = await read(year.registry, f"{name}/workbook")
    assert shown.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "<svg" in shown.text
    assert "中心" in english.text
    names = zipfile.ZipFile(io.BytesIO(book.content)).namelist()
    assert "xl/worksheets/sheet1.xml" in names


@pytest.mark.requirement("A005", "A014", "X04")
@pytest.mark.refusing
@pytest.mark.parametrize("name", ["programme", "network"])
async def test_members_and_years_without_figures_are_refused(house: House, name: str) -> None:
    async with house.registry.client("expert") as expert:
        assert (await expert.get(f"/v1/registry/reports/{name}")).status_code == 403
    if name == "programme":
        async with house.caller(house.member) as member:
            answer = await member.get(f"/v1/registry/reports/{name}")
        assert answer.status_code == 403
    for year in (2028, 2015):
        refused = await read(house.registry, name, year=year)
        assert refused.status_code == 422, refused.text
    ahead = await read(house.registry, name, year=2028)
    assert ahead.json()["code"] == "YEAR_WITHOUT_FIGURES"


@pytest.mark.requirement("A005", "X04")
async def test_a_member_reads_how_far_its_own_centres_reach_and_no_others(year: House) -> None:
    seen = {}
    for org in (year.member, year.stranger, year.former):
        async with year.caller(org) as caller:
            body = (await caller.get("/v1/registry/reports/network")).json()
            assert (await caller.get("/v1/registry/reports/network/page")).status_code == 200
        seen[org] = [one["code"] for one in body["centers"]]
    assert seen == {year.member: ["C01"], year.stranger: ["C02"], year.former: []}


@pytest.mark.requirement("A005", "A014")
async def test_a_past_year_has_the_centres_that_ended_later(year: House) -> None:
    async def codes(asked: int) -> list[str]:
        body = (await read(year.registry, "network", year=asked)).json()
        return [one["code"] for one in body["centers"]]

    async with year.registry.sessions.begin() as session:
        ended = datetime(2027, 5, 1, tzinfo=UTC)
        step = (Stage.SUSPENDED, Stage.DELISTED)
        session.add(stage_change(year.other_center_id, step, ended))
        await session.execute(
            update(Center).where(col(Center.id) == year.other_center_id).values(stage=step[1])
        )
    assert (await codes(2026), await codes(2027)) == (["C01", "C02"], ["C01"])
    past = (await read(year.registry, "programme", year=2026)).json()
    present = (await read(year.registry, "programme", year=2027)).json()
    assert past["circle"]["organizations"] > present["circle"]["organizations"]


@pytest.mark.requirement("A020", "X13")
async def test_size_is_that_of_the_year(year: House) -> None:
    async with year.registry.sessions.begin() as session:
        session.add(
            OrganizationEntry(
                org_id=year.member, version=1, field_values={"is_sme": False},
                valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31),
                recorded_at=datetime(2026, 1, 5, tzinfo=UTC), source=EntrySource.OFFICIAL,
                stated_by=new_id(),
            )
        )  # fmt: skip
    small = {}
    for asked in (2026, 2027):
        body = (await read(year.registry, "network", year=asked)).json()
        small[asked] = body["centers"][0]["circle"]["sme"]
    assert small[2026] == 0
    assert small[2027] > 0


async def test_a_register_without_centres_has_a_report(registry: RunningService) -> None:
    for path in ("programme", "programme/page", "programme/workbook", "network", "network/page"):
        answer = await read(registry, path)
        assert answer.status_code == 200, answer.text


FILL = """
    INSERT INTO fact (
        id, center_id, kind, chain_stage, occurred_on, recorded_at, external_id,
        submitted_by_org_id, submitted_by_person_id, payload, content_sha256, evidence, is_sme,
        is_member, region_code
    )
    SELECT gen_random_uuid(), :center, (ARRAY['service', 'project', 'training', 'resource_usage',
                                          'international_project'])[1 + i % 5],
           CASE WHEN i % 5 = 1 THEN 'rd_supply' END, DATE '2017-01-01' + i % 3650,
           TIMESTAMPTZ '2027-01-01', 'f' || i, :org, gen_random_uuid(),
           '{"title": "a"}', 'x', '{}', i % 2 = 0, FALSE, '310115'
      FROM generate_series(1, 60000) AS i
"""


@pytest.mark.requirement("A014")
async def test_the_sums_of_a_year_read_no_large_table_through(house: House) -> None:
    engine = create_async_engine(house.registry.database.owner_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as owner:
        await owner.execute(text(FILL), {"center": house.center_id, "org": house.lead})
        await owner.execute(text("VACUUM ANALYZE fact"))
    await engine.dispose()
    span = {"first": date(2025, 1, 1), "day": date(2025, 12, 31)}
    statements = (
        queries.CHAIN, queries.KINDS, queries.CLIENTS, queries.PROJECTS, queries.SHARED_HOURS,
        queries.ABROAD,
    )  # fmt: skip
    for statement in statements:
        async with house.registry.sessions.reading() as session:
            rows = await session.execute(text(f"EXPLAIN {statement.text}"), span)
            plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan on fact" not in plan, plan
        # By the days alone or by kind and days: either way an index finds the year.
        assert re.search(r"Index Cond: .*occurred_on >= ", plan), plan
