"""What a centre keeps of how it works: documents, duties, themes, directions, plan versions."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from registry.centers.rules import ModelType
from registry.governance.queries import adopted_directions
from registry.governance.rules import (
    DIRECTION_MOVES,
    DirectionEvent,
    DirectionState,
    TargetKey,
    citing_checks,
    condition_results,
    direction_move_checks,
    horizon_checks,
    naming_checks,
    part_changes,
    target_changes,
)
from shared.database import new_id
from shared.rules import failed_codes
from tests.registry.applications.cases import PLAN, Case, codes
from tests.registry.governance.steps import govern, own, piloted
from tests.registry.governance.test_governance_rules import POLICY

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A059")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("years", "model", "warned"),
    [
        (4, ModelType.ENTERPRISE, True),
        (5, ModelType.ENTERPRISE, False),
        (10, ModelType.ENTERPRISE, False),
        (11, ModelType.ENTERPRISE, True),
        (3, ModelType.INSTITUTE, False),
    ],
)
def test_a_company_led_roadmap_looks_five_to_ten_years_ahead(
    years: int, model: ModelType, *, warned: bool
) -> None:
    checks = horizon_checks(POLICY, model, years)
    assert failed_codes(checks) == (["HORIZON_OUT_OF_RANGE"] if warned else [])
    assert not any(check.refuses for check in checks)


@pytest.mark.requirement("A081")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(DirectionState))
@pytest.mark.parametrize("event", list(DirectionEvent))
def test_a_direction_moves_by_its_table_alone(state: DirectionState, event: DirectionEvent) -> None:
    expected = [] if (state, event) in DIRECTION_MOVES else ["STATE_CONFLICT"]
    assert failed_codes(direction_move_checks(state, event)) == expected


@pytest.mark.requirement("A134")
@pytest.mark.parametrize(("coverage", "met"), [(None, False), (499_999, False), (500_000, True)])
def test_a_figure_that_nobody_knows_is_a_gap(coverage: int | None, *, met: bool) -> None:
    figures = {"alliance_members": 1, "leading_shareholders": 1, "alliance_coverage_ppm": coverage}
    found = {row["code"]: row["met"] for row in condition_results(POLICY, figures)}
    assert found == {
        "company_and_alliance": True, "leading_shareholders": False, "alliance_coverage": met,
    }  # fmt: skip


def test_two_versions_differ_by_what_is_not_alike() -> None:
    same, gone, new = TargetKey("A1", 2027), TargetKey("B1", 2027), TargetKey("B1", 2028)
    before = {same: ("件", Decimal(1)), gone: ("份", Decimal(30))}
    after = {same: ("件", Decimal(1)), new: ("份", Decimal(31))}
    changes = target_changes(before, after)
    assert [(change.key, change.before, change.after) for change in changes] == [
        (gone, Decimal(30), None), (new, None, Decimal(31)),
    ]  # fmt: skip
    assert part_changes({1: "甲", 2: "乙"}, {1: "甲", 2: "丙", 3: "丁"}) == [2, 3]


@pytest.mark.requirement("A082", "A083")
@pytest.mark.refusing
async def test_a_draft_is_compared_with_the_plan_in_force(case: Case) -> None:
    await case.listed()
    target = {"part": 2, "metric_code": "B1", "unit": "份", "year": 2027, "value": "32.5"}
    drafted = await own(case, "POST", "plans", {**PLAN, "horizon_years": 8, "targets": [target]})
    plans = (await own(case, "GET", "plans")).json()["items"]
    old, new = plans[1]["id"], drafted.json()["id"]
    compared = (await own(case, "GET", f"plans/{old}/comparison?to={new}")).json()
    assert (compared["horizon_before"], compared["horizon_after"]) == (5, 8)
    [changed] = compared["targets_changed"]
    assert (changed["before"], changed["after"], changed["year"]) == ("30", "32.5", 2027)
    stranger = await own(case, "GET", f"plans/{old}/comparison?to={new}", who="M04")
    assert codes(stranger) == ["FORBIDDEN_SCOPE"]
    nothing = await own(case, "GET", f"plans/{old}/comparison?to={new_id()}")
    assert nothing.status_code == 404


def mechanism(file_id: str) -> dict[str, Any]:
    return {
        "kind": "cooperation_mechanism", "title": "合作机制", "file_id": file_id,
        "valid_from": "2026-04-01", "valid_until": "2026-12-31",
    }  # fmt: skip


@pytest.mark.requirement("A016", "A054", "A056")
async def test_documents_hold_from_a_day_to_a_day(case: Case) -> None:
    await case.listed()
    paper = mechanism(await case.upload("C01"))
    filed = await own(case, "POST", "documents", paper)
    assert filed.status_code == 201, filed.text
    rule = {**paper, "kind": "internal_regulation", "title": "财务制度", "valid_until": None}
    assert (await own(case, "POST", "documents", rule)).status_code == 201
    found = {}
    for query in ("", "?on=2026-12-31", "?on=2027-01-01", "?on=2026-03-31", "?kind=articles"):
        found[query] = len((await own(case, "GET", f"documents{query}")).json()["items"])
    assert list(found.values()) == [2, 2, 1, 0, 0]
    end = f"documents/{filed.json()['id']}/end"
    ended = await own(case, "POST", end, {"valid_until": "2026-06-30"})
    assert (ended.json()["valid_until"], ended.json()["version"]) == ("2026-06-30", 2)


@pytest.mark.requirement("A016", "A054", "A056")
@pytest.mark.refusing
async def test_documents_are_their_centres_own_and_in_order(case: Case) -> None:
    await case.listed()
    paper = mechanism(await case.upload("C01"))
    reversed_days = await own(case, "POST", "documents", {**paper, "valid_until": "2026-03-31"})
    assert codes(reversed_days) == ["DAYS_REVERSED"]
    foreign = {**paper, "file_id": await case.upload("M04")}
    assert (await own(case, "POST", "documents", foreign)).status_code == 404
    assert codes(await own(case, "POST", "documents", paper, "M04")) == ["FORBIDDEN_SCOPE"]
    early = {**paper, "kind": "pilot_summary"}
    assert codes(await own(case, "POST", "documents", early)) == ["STATE_CONFLICT"]
    assert (await own(case, "GET", "documents")).json()["items"] == []


@pytest.mark.requirement("A054")
async def test_the_responsibility_matrix_is_set_whole_and_in_its_order(case: Case) -> None:
    await case.listed()
    duty = {"matter": "年度预算", "decides": "决策委员会", "carries_out": "财务部"}
    other = {**duty, "matter": "人事任免", "supervises": "监事会"}
    answer = await own(case, "PUT", "responsibilities", {"items": [duty, other]})
    assert [item["place"] for item in answer.json()["items"]] == [1, 2]
    await own(case, "PUT", "responsibilities", {"items": [other]})
    [left] = (await own(case, "GET", "responsibilities")).json()["items"]
    assert (left["matter"], left["supervises"], left["proposes"]) == ("人事任免", "监事会", None)


@pytest.mark.requirement("A054")
@pytest.mark.refusing
async def test_nobody_else_sets_the_responsibility_matrix(case: Case) -> None:
    await case.listed()
    duty = {"matter": "年度预算", "decides": "决策委员会", "carries_out": "财务部"}
    refused = await own(case, "PUT", "responsibilities", {"items": [duty]}, "M04")
    assert codes(refused) == ["FORBIDDEN_SCOPE"]


THEME = "pilot-themes/operation_management"


@pytest.mark.requirement("A103")
@pytest.mark.refusing
async def test_a_theme_is_one_of_three_and_reported_on_once_it_is_named(case: Case) -> None:
    await piloted(case)
    unnamed = await own(case, "POST", f"{THEME}/report", {"text": "成效"})
    assert unnamed.status_code == 404
    assert (await own(case, "PUT", "pilot-themes/other", {"text": "其他"})).status_code == 422
    assert (await own(case, "PUT", THEME, {"text": "轮值"})).status_code == 200
    assert (await own(case, "POST", f"{THEME}/report", {"text": "成效"})).status_code == 200
    assert codes(await own(case, "PUT", THEME, {"text": "改"})) == ["STATE_CONFLICT"]
    assert codes(await own(case, "PUT", THEME, {"text": "改"}, "M04")) == ["FORBIDDEN_SCOPE"]


@pytest.mark.requirement("A103")
async def test_a_pilot_reports_on_the_themes_that_it_has_named(case: Case) -> None:
    await piloted(case)
    assert (await own(case, "PUT", THEME, {"text": "轮值"})).status_code == 200
    assert (await own(case, "PUT", THEME, {"text": "轮值制"})).json()["plan_text"] == "轮值制"
    told = await own(case, "POST", f"{THEME}/report", {"text": "决策周期缩短一半"})
    assert told.json()["reported_on"] == "2026-03-10"
    [listed] = (await own(case, "GET", "pilot-themes")).json()["items"]
    assert listed["report_text"] == "决策周期缩短一半"


@pytest.mark.requirement("A081")
@pytest.mark.parametrize(
    ("own", "cites", "day", "adopted", "passed"),
    [
        (True, False, 9, [10], True),
        (True, False, 10, [10], False),
        (True, False, 10, [11, 10], False),
        (True, True, 10, [10], True),
        (False, False, 10, [10], True),
        (True, False, 10, [], True),
    ],
)
def test_an_own_project_names_its_direction_from_the_first_adoption_on(
    own: bool, cites: bool, day: int, adopted: list[int], *, passed: bool
) -> None:
    days = [date(2026, 3, one) for one in adopted]
    checks = naming_checks(own=own, cites=cites, day=date(2026, 3, day), adopted=days)
    assert failed_codes(checks) == ([] if passed else ["DIRECTION_MISSING"])


async def a_project(case: Case, key: str, **over: Any) -> Any:
    payload = {"title": "封装可靠性", "project_kind": "common_key", "source": "self", **over}
    fact = {
        "center_id": case.center_id, "kind": "project", "occurred_on": "2026-03-10",
        "external_id": key, "payload": payload, "chain_stage": "rd_supply",
    }  # fmt: skip
    return await case.call(
        case.member("M01"), "POST", "/v1/registry/facts", fact, **{"Idempotency-Key": key}
    )


async def an_adopted_direction(case: Case) -> str:
    await case.listed()
    _, committee = await govern(case)
    proposed = await own(
        case, "POST", "research-directions", {"title": "先进封装", "summary": "可靠性共性技术"}
    )
    direction: str = proposed.json()["id"]
    opinion = {"opinion": "supported", "text": "建议首选", "given_on": "2026-03-10"}
    path = f"research-directions/{direction}/opinion"
    given = await own(case, "POST", path, {**opinion, "body_id": committee})
    assert given.json()["state"] == "adopted"
    return direction


@pytest.mark.requirement("A081")
async def test_a_project_cites_the_adopted_direction_and_is_found_by_it(case: Case) -> None:
    direction = await an_adopted_direction(case)
    cited = await a_project(case, "cited", direction_id=direction)
    commissioned = await a_project(case, "for others", source="commissioned", contract_ref="T-1")
    found = await case.call(
        case.member("M01"), "GET", f"/v1/registry/facts?direction_id={direction}"
    )
    assert (cited.status_code, commissioned.status_code) == (201, 201), commissioned.text
    assert [one["id"] for one in found.json()["items"]] == [cited.json()["id"]]


@pytest.mark.requirement("A081")
@pytest.mark.refusing
async def test_an_own_project_without_direction_or_with_anothers_is_refused(case: Case) -> None:
    await an_adopted_direction(case)
    silent = await a_project(case, "silent")
    unknown = await a_project(case, "unknown", direction_id=case.center_id)
    assert (silent.status_code, codes(silent)) == (422, ["DIRECTION_MISSING"])
    assert (unknown.status_code, codes(unknown)) == (422, ["CODE_UNKNOWN"])


@pytest.mark.requirement("A081", "A079")
@pytest.mark.refusing
async def test_a_direction_is_adopted_by_the_committees_opinion_and_then_cited(case: Case) -> None:
    await case.listed()
    decision, committee = await govern(case)
    proposed = await own(
        case, "POST", "research-directions", {"title": "先进封装", "summary": "可靠性共性技术"}
    )
    direction = proposed.json()["id"]

    async def cited() -> list[str]:
        async with case.registry.sessions.reading() as session:
            adopted = await adopted_directions(session, [UUID(case.center_id)])
        own_ones = adopted.get(UUID(case.center_id), {})
        return failed_codes(citing_checks([UUID(direction)], own_ones))

    assert await cited() == ["CODE_UNKNOWN"]
    opinion = {"opinion": "supported", "text": "建议首选", "given_on": "2026-03-10"}
    path = f"research-directions/{direction}/opinion"
    wrong = await own(case, "POST", path, {**opinion, "body_id": decision})
    assert (wrong.status_code, codes(wrong)) == (422, ["GOV_BODY_COMPOSITION"])
    later = {**opinion, "body_id": committee, "given_on": "2026-03-11"}
    assert codes(await own(case, "POST", path, later)) == ["DAY_IN_FUTURE"]
    advised = await own(case, "POST", path, {**opinion, "body_id": committee})
    assert (advised.json()["state"], advised.json()["opinion"]) == ("adopted", "supported")
    again = await own(case, "POST", path, {**opinion, "body_id": committee})
    assert codes(again) == ["STATE_CONFLICT"]
    assert await cited() == []
    closed = await own(case, "POST", f"research-directions/{direction}/close")
    assert closed.json()["state"] == "closed"
    assert await cited() == ["CODE_UNKNOWN"]
    listed = await own(case, "GET", "research-directions?state=adopted")
    assert listed.json()["items"] == []
