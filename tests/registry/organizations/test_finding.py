"""Finding an organization by what someone wrote, and knowing when it is certain."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from registry.organizations import queries, rules
from registry.organizations.rules import Known, MatchReason, NameKind
from shared.database import new_id
from tests.fixtures.service import RunningService
from tests.registry.organizations.entering import (
    ORGANIZATIONS,
    code,
    entered,
    handler,
    path,
    tag,
)

CHENGYAO = "上海澄曜集成电路制造有限公司（示例）"


def known(name: str, kind: NameKind = NameKind.FULL, region: str = "310115") -> Known:
    return Known(new_id(), code(1), name, kind, region)


def test_a_name_in_other_letters_is_the_same_name() -> None:
    assert rules.search_key("ＡＢＣ（上海）公司") == rules.search_key("abc(上海) 公司")
    assert rules.search_key("澄曜IC2") == " 澄 曜 ic2 "
    assert rules.search_pattern("澄曜") == "% 澄 曜 %"
    assert rules.search_pattern("ic") == "%ic%"
    assert rules.search_pattern("（）%_") is None


def test_an_equal_name_is_chosen() -> None:
    meant, other = known(CHENGYAO), known("上海澄曜集成电路设计有限公司")
    candidates, chosen = rules.matched(CHENGYAO, None, None, [other, meant])
    assert chosen == meant.org_id
    assert candidates[0].reasons == (MatchReason.NAME_EQUAL,)
    assert candidates[0].score_ppm == 1_000_000


def test_two_of_the_same_name_leave_the_choice_open() -> None:
    candidates, chosen = rules.matched(
        "示例公司", None, None, [known("示例公司"), known("示例公司")]
    )
    assert (len(candidates), chosen) == (2, None)


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("中国电信股份有限公司", "中国电信股份有限公司上海分公司"),
        ("中国电信股份有限公司上海分公司", "中国电信股份有限公司"),
        ("上海澄曜有限公司北京办事处", "上海澄曜有限公司"),
    ],
)
def test_a_branch_never_stands_for_its_parent(written: str, kept: str) -> None:
    candidates, chosen = rules.matched(written, None, None, [known(kept)])
    assert chosen is None
    assert MatchReason.BRANCH_DIFFERS in candidates[0].reasons


@pytest.mark.refusing
def test_a_name_beside_anothers_code_is_not_chosen() -> None:
    meant = known(CHENGYAO)
    assert rules.matched(CHENGYAO, code(2), None, [meant])[1] is None
    assert rules.matched("别的名字", code(1), None, [meant])[1] == meant.org_id


@pytest.mark.refusing
def test_nothing_alike_is_nobody() -> None:
    assert rules.matched("完全不同的单位", None, None, [known(CHENGYAO)])[1] is None
    assert rules.matched("完全不同的单位", None, None, []) == ([], None)


pytestmark = pytest.mark.anyio


async def found(registry: RunningService, **asked: Any) -> list[str]:
    async with handler(registry) as official:
        answer = await official.get(ORGANIZATIONS, params=asked)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


@pytest.mark.requirement("A046", "A105")
async def test_organizations_are_found_by_parts_wrong_letters_region_and_kind(
    registry: RunningService,
) -> None:
    await entered(registry, 1, name=CHENGYAO)
    await entered(
        registry,
        2,
        name="上海衡芯半导体装备股份有限公司",
        region_code="310114",
        org_type="institute",
    )
    assert await found(registry, name="澄曜") == [CHENGYAO]
    assert await found(registry, name="芯") == ["上海衡芯半导体装备股份有限公司"]
    assert await found(registry, name="上海澄耀集成电路制造有限公司") == [CHENGYAO]
    assert await found(registry, name="横芯半导体装备") == ["上海衡芯半导体装备股份有限公司"]
    assert await found(registry, region_code="310114") == ["上海衡芯半导体装备股份有限公司"]
    assert len(await found(registry, region_code="3101")) == 2
    assert await found(registry, org_type="institute", region_code="31") == [
        "上海衡芯半导体装备股份有限公司"
    ]
    assert await found(registry, name="上海", org_type="enterprise") == [CHENGYAO]
    assert await found(registry, name="不存在的单位") == []
    assert await found(registry, name="%%") == []


@pytest.mark.requirement("A046")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "asked", [{"region_code": "3"}, {"org_type": "circus"}, {"name": ""}, {"colour": "red"}]
)
async def test_a_question_that_means_nothing_is_refused(
    registry: RunningService, asked: dict[str, str]
) -> None:
    async with handler(registry) as official:
        answer = await official.get(ORGANIZATIONS, params=asked)
    assert answer.status_code == 422


async def test_a_long_list_by_name_comes_in_pages_without_gaps(registry: RunningService) -> None:
    names = {(await entered(registry, number))["name"] for number in range(1, 8)}
    seen: list[str] = []
    cursor: str | None = None
    async with handler(registry) as official:
        for _ in range(4):
            asked: dict[str, Any] = {"name": "精密仪器", "limit": 2}
            asked |= {"cursor": cursor} if cursor else {}
            page = (await official.get(ORGANIZATIONS, params=asked)).json()
            seen += [item["name"] for item in page["items"]]
            cursor = page["next_cursor"]
        first = (await official.get(ORGANIZATIONS, params={"name": "精密仪器", "limit": 2})).json()
        other = await official.get(
            ORGANIZATIONS, params={"name": "仪器", "cursor": first["next_cursor"]}
        )
    assert (len(seen), set(seen), cursor) == (7, names, None)
    assert (other.status_code, other.json()["code"]) == (422, "CURSOR_MISMATCH")


@pytest.mark.requirement("A105")
async def test_a_written_name_is_matched_with_scores_reasons_and_one_choice(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1, name=CHENGYAO)
    branch = await entered(
        registry, 2, name="上海澄曜集成电路制造有限公司临港分公司", legal_person_kind="branch"
    )
    async with handler(registry) as official:
        await official.patch(path(org), json={"name": "上海澄曜微电子有限公司"}, headers=tag(1))
        await official.post(path(org, "names"), json={"name": "澄曜微", "kind": "short"})

        async def match(**asked: str) -> tuple[str | None, list[tuple[str, str, list[str]]]]:
            body = (await official.get(f"{ORGANIZATIONS}/match", params=asked)).json()
            return body["chosen"], [
                (one["organization_id"], one["score"], one["reasons"]) for one in body["candidates"]
            ]

        former = await match(name=CHENGYAO)
        short = await match(name="澄曜微")
        of_branch = await match(name="上海澄曜集成电路制造有限公司临港分公司")
        by_code = await match(name="看不清的名字", uscc=code(2))
        nobody = await match(name="火星探测有限公司")
    assert former[0] == org["id"]
    assert former[1][0] == (org["id"], "98.00", ["former_name_equal"])
    assert ("branch_differs" in former[1][1][2], former[1][1][0]) == (True, branch["id"])
    assert short[0] == org["id"]
    assert of_branch[0] == branch["id"]
    assert (by_code[0], by_code[1][0][1]) == (branch["id"], "100.00")
    assert nobody == (None, [])


@pytest.mark.refusing
async def test_an_outsider_searches_nothing(registry: RunningService) -> None:
    async with registry.client() as outsider:
        answers = [
            await outsider.get(f"{ORGANIZATIONS}{place}", params={"name": "上海"})
            for place in ("", "/match")
        ]
    assert [answer.status_code for answer in answers] == [401, 401]


# `{shared}` is what all names have in common.
FILL = """
    WITH made AS (
        INSERT INTO organization (
            id, version, uscc, name, org_type, legal_person_kind, region_code, registered_on,
            is_sme, is_leading, is_backbone
        )
        SELECT gen_random_uuid(), 1, 'FAKE' || lpad(n::text, 14, '0'), '示例' || n, 'enterprise',
               'independent', (310000 + n % 9000)::text, DATE '2020-01-01', false, false, false
          FROM generate_series(1, 20000) AS n
        RETURNING id, uscc
    ), entered AS (
        INSERT INTO organization_entry (
            id, org_id, version, field_values, stated, valid_from, recorded_at, source, stated_by
        )
        SELECT gen_random_uuid(), id, 1, '{{}}', '{{}}', DATE '2020-01-01',
               TIMESTAMPTZ '2026-01-01Z',
               'batch', id
          FROM made
    )
    INSERT INTO organization_name (id, org_id, name, kind, language, from_on, search_key)
    SELECT gen_random_uuid(), id, uscc, 'full', 'zh', DATE '2020-01-01',
           ' 上 海 {shared}' || chr(19968 + (hashtext(uscc) & 4095)) || ' '
           || chr(19968 + (hashtext(reverse(uscc)) & 4095)) || ' 有 限 公 司 '
           || repeat('示 例 ', abs(hashtext(uscc)) % 5)
      FROM made
"""


async def fill(registry: RunningService, shared: str = "") -> None:
    engine = create_async_engine(registry.database.owner_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as owner:
        await owner.execute(text(FILL.format(shared=shared)))
        await owner.execute(
            text("VACUUM ANALYZE organization, organization_name, organization_entry")
        )
    await engine.dispose()


async def plan_of(registry: RunningService, statement: Any) -> str:
    """Give the plan of a page of a search."""
    dialect: Any = asyncpg.dialect
    compiled = statement.limit(51).compile(
        dialect=dialect(), compile_kwargs={"literal_binds": True}
    )
    async with registry.sessions.reading() as session:
        connection = await session.connection()
        rows = await connection.exec_driver_sql(f"EXPLAIN {compiled}")
        return "\n".join(row[0] for row in rows.all())


def by_name(name: str) -> Any:
    statement, keys = queries.found_by_name(name, queries.organizations())
    return statement.order_by(*keys)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"].startswith("organization"):
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from scans(below)


@pytest.mark.requirement("A046", "A105")
async def test_no_search_and_no_match_reads_the_whole_register(registry: RunningService) -> None:
    """Every statement that the routes send is asked for its plan, with what it was sent with."""
    await fill(registry)
    questions: tuple[tuple[str, dict[str, str]], ...] = (
        ("", {"name": "澄耀集成电路"}),
        ("", {"name": "精密仪器"}),
        ("", {"name": "精蜜仪器", "region_code": "310777"}),
        ("", {"uscc": "FAKE00000000000077"}),
        ("", {"region_code": "310777"}),
        ("", {"parent_uscc": code(1)}),
        ("", {"org_type": "institute"}),
        ("", {}),
        ("/match", {"name": "上海精蜜仪器有限公司"}),
        ("/match", {"name": "上海精密仪器", "uscc": code(1), "region_code": "310115"}),
    )
    engine = registry.app.state.database.engine
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM organization" in statement:
            seen.append((statement, parameters))

    found = []
    async with handler(registry) as official:
        for path, asked in questions:
            seen.clear()
            event.listen(engine.sync_engine, "before_cursor_execute", note)
            answer = await official.get(f"{ORGANIZATIONS}{path}", params=asked)
            event.remove(engine.sync_engine, "before_cursor_execute", note)
            assert answer.status_code == 200, answer.text
            assert seen or (path == "" and "name" not in asked), asked
            async with engine.connect() as connection:
                for statement, parameters in seen:
                    rows = await connection.exec_driver_sql(
                        f"EXPLAIN (FORMAT JSON) {statement}", parameters
                    )
                    said = rows.scalar_one()
                    [plan] = json.loads(said) if isinstance(said, str) else said
                    found += [(path, asked, table) for table in scans(plan["Plan"])]
    assert found == []


RANKED = """
    SELECT org_id, CASE WHEN search_key LIKE :pattern THEN 2000000 - char_length(search_key)
                   ELSE CAST(similarity(search_key, :key) * 1000000 AS integer) END AS closeness
      FROM organization_name
     WHERE search_key LIKE :pattern OR search_key %> :fuzzy
     ORDER BY closeness DESC, id
     LIMIT 500
"""


@pytest.mark.requirement("A046")
async def test_what_all_names_share_is_read_in_the_order_of_closeness(
    registry: RunningService,
) -> None:
    """Of 20,000 that fit the closest come from indexes, and are those that ranking all finds."""
    await fill(registry, "精 密 仪 器 ")
    for name in ("精密仪器", "上海精密仪表", "海精蜜仪器有限公司"):
        plan = await plan_of(registry, by_name(name))
        assert "Seq Scan on organization" not in plan, plan
        assert ("ix_organization_name_length" in plan) == (name == "精密仪器")
        assert "ix_organization_name_distance" in plan
        await found_as_ranked(registry, name)


async def found_as_ranked(registry: RunningService, name: str) -> None:
    """Assert that the closest are those of a ranking of all, and a region's few all of them."""
    values = {
        "pattern": rules.search_pattern(name), "fuzzy": rules.fuzzy_key(name),
        "key": rules.search_key(name),
    }  # fmt: skip
    statement, keys = queries.found_by_name(name, queries.organizations())
    region = queries.organizations(region_prefix="310777")
    narrow, order = queries.found_by_name(name, region)
    few, few_order = queries.found_by_name(name, region, few=True)
    async with registry.sessions.reading() as session:
        ranked = (await session.execute(text(RANKED), values)).all()
        listed = await session.execute(statement.add_columns(keys[0].element).order_by(*keys))
        likely = await queries.names_like(session, name, None)
        of_region = (await session.scalars(narrow.order_by(*order))).all()
        of_few = (await session.scalars(few.order_by(*few_order))).all()
        counted = [
            await queries.is_few(session, asked) for asked in (region, queries.organizations())
        ]
    assert [row[1] for row in listed.all()] == [row.closeness for row in ranked]
    assert [one.org_id for one in likely] == [row.org_id for row in ranked[:40]]
    # The rest is asked before the closest are taken: a few of one region are not lost among many.
    assert [row.region_code for row in of_region] == ["310777"] * 3
    assert [row.id for row in of_few] == [row.id for row in of_region]
    assert counted == [True, False]
    # Among few no index is walked past all the others: theirs are read by their bearers.
    plan = await plan_of(registry, few.order_by(*few_order))
    assert "ix_organization_name_distance" not in plan, plan
    assert "ix_organization_region_code" in plan, plan
    assert "Seq Scan on organization" not in plan, plan
