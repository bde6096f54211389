"""Leaves of experts and of the report are judged anew, and nothing else moves by a byte."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from evaluation.schemes.rules import canonical
from shared.database import new_id
from tests.evaluation.results.year import ACCOUNTS, CASES, JudgedYear
from tests.evaluation.reviewing import FIVE, SEVEN, codes_of
from zhichuang import recompute

OBJECTIONS = "/v1/evaluation/objections"
PANELS = "/v1/evaluation/panels"
SHEETS = "/v1/evaluation/score-sheets"
BETTER = {**ACCOUNTS, "rd_cost": {"amount": 240_000, "currency": "CNY"}}
CORRECTION = {"accounts": BETTER, "reason": "研发费用误计设备款"}


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    await unplanned.published()
    return unplanned


async def upheld(year: JudgedYear, *codes: str) -> None:
    """Object to leaves in the centre's name, and uphold it for every one."""
    leaves = [{"code": code, "reason": "有误", "evidence": [str(new_id())]} for code in codes]
    filed = await year.own("POST", "/objections", {"leaves": leaves})
    assert filed.status_code == 201, filed.text
    path = f"{OBJECTIONS}/{filed.json()['id']}/decision"
    decided = await year.as_("handler", "POST", path, {"leaves": list(codes), "reason": "属实"})
    assert (decided.status_code, decided.json()["reopened"]) == (200, sorted(codes)), decided.text


async def seated(year: JudgedYear, experts: Sequence[str] = FIVE) -> dict[str, str]:
    body = {**year.panel_body(experts), "subject_type": "case", "subject_id": year.case_id}
    formed = await year.as_("handler", "POST", PANELS, body)
    assert formed.status_code == 201, formed.text
    by_expert = {sheet["expert_id"]: sheet["id"] for sheet in formed.json()["sheets"]}
    return {code: by_expert[str(year.expert_ids[code])] for code in experts}


async def scored(year: JudgedYear, sheets: dict[str, str], scores: dict[str, str]) -> None:
    for code, sheet in sheets.items():
        assert (await year.declare(code, sheet)).status_code == 200
        assert (await year.save(code, sheet, scores)).status_code == 200
        submitted = await year.submit(code, sheet)
        assert submitted.status_code == 200, submitted.text


async def publish(year: JudgedYear) -> dict[str, Any]:
    for duty, step in [("handler", "compute"), ("reviewer", "review"), ("approver", "publish")]:
        answer = await year.as_(duty, "POST", f"/{step}")
        assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def document(year: JudgedYear) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((await year.own("GET", "/result/document")).content)
    return told


def moved(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Name the leaves whose bytes differ."""
    left = {leaf["code"]: canonical(leaf) for leaf in before["leaves"]}
    return {leaf["code"] for leaf in after["leaves"] if canonical(leaf) != left[leaf["code"]]}


async def recomputed(year: JudgedYear, version: int, expected: str) -> None:
    """Compute a version again: by the service, by an official's bundle, by the centre's."""
    again = await year.as_("auditor", "GET", f"/result/recomputation?version={version}")
    assert again.status_code == 200, again.text
    for asked in (year.as_("auditor", "GET", f"/result/bundle?version={version}"),
                  year.own("GET", f"/result/bundle?version={version}")):  # fmt: skip
        _, made = recompute.recomputed((await asked).content)
        assert recompute.sha256(recompute.canonical(made)) == expected


@pytest.mark.anyio
@pytest.mark.requirement("A121", "X09", "X13")
async def test_a_leaf_of_experts_is_scored_anew_and_no_other_byte_moves(year: JudgedYear) -> None:
    first, before = (await year.own("GET", "/result")).json(), await document(year)
    await upheld(year, "A4")
    early = await year.as_("handler", "POST", "/compute")
    assert (early.status_code, codes_of(early)) == (409, ["LEAF_WAITING"])
    sheets = await seated(year)
    async with year.expert(FIVE[0]) as expert:
        shown = await expert.get(f"{SHEETS}/{sheets[FIVE[0]]}")
    assert shown.status_code == 403  # A new sheet, a new declaration.
    await scored(year, sheets, {"A4": "96.00"})
    async with year.expert(FIVE[0]) as expert:
        told = (await expert.get(f"{SHEETS}/{sheets[FIVE[0]]}")).json()
    # What was not reopened is neither scored again nor shown.
    assert [one["code"] for one in told["guidance"]] == told["indicators"] == ["A4"]
    second = await publish(year)
    after = await document(year)
    assert (second["version"], moved(before, after)) == (2, {"A4"})
    leaf = next(one for one in after["leaves"] if one["code"] == "A4")
    assert (leaf["raw"], leaf["points"]) == ("96", "5.76")
    assert "5 份" in leaf["explanation"]
    for name in ("snapshot_hash", "sheets_hash", "sheets", "scheme_hash", "weights", "trim_from"):
        assert after[name] == before[name], name
    assert [one["codes"] for one in after["amendments"]] == [["A4"]]
    for version, result in ((1, first), (2, second)):
        await recomputed(year, version, result["result_hash"])
    # The centre sees neither old sheets nor new ones.
    bundle = (await year.own("GET", "/result/bundle?version=2")).json()
    assert (bundle["sheets"], bundle["amendments"][0]["content"]) == (None, None)
    words = {one["code"]: one["comments"] for one in second["leaves"]}
    assert (len(words["A4"]), len(words["C5"])) == (5, 7)


@pytest.mark.anyio
@pytest.mark.requirement("A128", "X09", "X13")
async def test_a_leaf_of_the_report_counts_by_its_correction_alone(year: JudgedYear) -> None:
    first, before = (await year.own("GET", "/result")).json(), await document(year)
    report = (await year.own("GET", "/report")).json()
    await upheld(year, "A6")
    assert codes_of(await year.as_("handler", "POST", "/compute")) == ["LEAF_WAITING"]
    filed = await year.own("PUT", "/report/correction", CORRECTION)
    assert (filed.status_code, filed.json()["state"]) == (200, "filed"), filed.text
    back = {"reason": "缺少审计报告"}
    returned = await year.as_("handler", "POST", "/report/correction/return", back)
    assert (returned.status_code, returned.json()["decision_reason"]) == (200, "缺少审计报告")
    assert (await year.own("PUT", "/report/correction", CORRECTION)).status_code == 200
    accepted = await year.as_("handler", "POST", "/report/correction/acceptance")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted"), accepted.text
    second = await publish(year)
    after = await document(year)
    assert (second["version"], moved(before, after)) == (2, {"A6"})
    leaf = next(one for one in after["leaves"] if one["code"] == "A6")
    assert (leaf["raw"], leaf["points"]) == ("0.24", "1.40")
    assert leaf["fact_ids"] == [accepted.json()["id"]]
    # The report is the one that was locked.
    assert (await year.own("GET", "/report")).json() == report
    for version, result in ((1, first), (2, second)):
        await recomputed(year, version, result["result_hash"])


@pytest.mark.anyio
@pytest.mark.requirement("A126", "X13")
async def test_leaves_of_every_kind_are_reopened_together_and_a_third_version_follows(
    year: JudgedYear,
) -> None:
    await upheld(year, "C4", "A4", "A6", "C5")
    sheets = await seated(year)
    await scored(year, sheets, {"A4": "70.00", "C5": "60.00"})
    assert (await year.own("PUT", "/report/correction", CORRECTION)).status_code == 200
    half = await year.as_("handler", "POST", "/compute")
    assert half.json()["errors"][0]["params"]["leaves"] == ["A6"]
    assert (await year.as_("handler", "POST", "/report/correction/acceptance")).status_code == 200
    second, between = await publish(year), await document(year)
    await recomputed(year, 2, second["result_hash"])
    # What was scored anew stands in the next version too, until it is scored again.
    await upheld(year, "C5")
    await scored(year, await seated(year, SEVEN), {"C5": "61.00"})
    third, after = await publish(year), await document(year)
    assert (third["version"], moved(between, after)) == (3, {"C5"})
    assert len(after["amendments"]) == 4
    await recomputed(year, 3, third["result_hash"])
    steady = await year.as_("auditor", "GET", "/robustness")
    assert steady.status_code == 200, steady.text


@pytest.mark.anyio
@pytest.mark.requirement("A121", "X13", "X03")
@pytest.mark.refusing
async def test_new_sheets_hold_the_reopened_leaf_alone_and_a_voided_one_is_missed(
    year: JudgedYear,
) -> None:
    body = {**year.panel_body(FIVE), "subject_type": "case", "subject_id": year.case_id}
    assert (await year.as_("handler", "POST", PANELS, body)).status_code == 409
    await upheld(year, "A4")
    twice = await asyncio.gather(*(year.as_("handler", "POST", PANELS, body) for _ in range(2)))
    assert sorted(answer.status_code for answer in twice) == [201, 409]
    formed = next(answer.json() for answer in twice if answer.status_code == 201)
    by_expert = {sheet["expert_id"]: sheet["id"] for sheet in formed["sheets"]}
    sheets = {code: by_expert[str(year.expert_ids[code])] for code in FIVE}
    assert (await year.declare(FIVE[0], sheets[FIVE[0]])).status_code == 200
    other = await year.save(FIVE[0], sheets[FIVE[0]], {"A4": "90.00", "C5": "90.00"})
    assert (other.status_code, codes_of(other)) == (422, ["INDICATOR_UNKNOWN"])
    blank = await year.submit(FIVE[0], sheets[FIVE[0]])
    assert blank.status_code == 422
    for code in FIVE[:2]:
        assert (await year.declare(code, sheets[code])).status_code in (200, 409)
        assert (await year.save(code, sheets[code], {"A4": "90.00"})).status_code == 200
        assert (await year.submit(code, sheets[code])).status_code == 200
    few = await year.as_("handler", "POST", "/compute")
    assert (few.status_code, codes_of(few)) == (409, ["SHEETS_TOO_FEW", "SHEETS_WAITING"])
    await scored(year, {code: sheets[code] for code in FIVE[2:]}, {"A4": "90.00"})
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200
    # A sheet is voided: what was computed is stale, and the reopened leaf is scored anew.
    async with year.service.client("reviewer", sub=new_id()) as reviewer:
        gone = await reviewer.post(f"{SHEETS}/{sheets[FIVE[0]]}/void", json={"reason": "利害关系"})
    assert gone.status_code == 200, gone.text
    case = (await year.as_("handler", "GET", f"{CASES}/{year.case_id}")).json()
    assert case["state"] == "reopened"
    assert codes_of(await year.as_("reviewer", "POST", "/review"))[0] == "STATE_CONFLICT"
    second = (await year.as_("handler", "POST", "/compute")).json()
    assert (second["version"], second["state"]) == (3, "computed")


@pytest.mark.anyio
@pytest.mark.requirement("A128", "X03", "X04")
@pytest.mark.refusing
async def test_a_report_is_corrected_once_where_asked_and_by_its_centre(year: JudgedYear) -> None:
    path = f"{CASES}/{year.case_id}/report/correction"
    unasked = await year.own("PUT", path, CORRECTION)
    assert (unasked.status_code, codes_of(unasked)) == (409, ["REPORT_LOCKED"])
    await upheld(year, "A6")
    async with year.member("m02") as stranger:
        assert (await stranger.put(path, json=CORRECTION)).status_code == 404
        assert (await stranger.get(path)).status_code == 404
    assert (await year.as_("handler", "POST", f"{path}/acceptance")).status_code == 404
    more = {**ACCOUNTS, "rd_cost": {"amount": 1_000_001, "currency": "CNY"}}
    wrong = await year.own("PUT", path, {"accounts": more, "reason": "有误"})
    assert (wrong.status_code, codes_of(wrong)) == (422, ["FIELD_INVALID"])
    twice = await asyncio.gather(*(year.own("PUT", path, CORRECTION) for _ in range(2)))
    assert sorted(answer.status_code for answer in twice) == [200, 409]
    async with year.service.client("handler", sub=year.people["ex11"]) as who_filed:
        assert codes_of(await who_filed.post(f"{path}/acceptance")) == ["SOD_VIOLATION"]
    assert (await year.as_("handler", "POST", f"{path}/acceptance")).status_code == 200
    for again in (year.own("PUT", path, CORRECTION),
                  year.as_("handler", "POST", f"{path}/acceptance"),
                  year.as_("handler", "POST", f"{path}/return", {"reason": "x"})):  # fmt: skip
        assert codes_of(await again) == ["STATE_CONFLICT"]
    await publish(year)
    leaves = [{"code": "D1", "reason": "有误", "evidence": [str(new_id())]}]
    filed = (await year.own("POST", "/objections", {"leaves": leaves})).json()
    decision = f"{OBJECTIONS}/{filed['id']}/decision"
    body = {"leaves": ["D1"], "reason": "属实"}
    second = await year.as_("handler", "POST", decision, body)
    assert (second.status_code, codes_of(second)) == (409, ["STATE_CONFLICT"])
