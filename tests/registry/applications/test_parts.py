"""The parts of a draft: what comes back as it was sent, and what is not taken."""

from typing import Any

import pytest

from tests.registry.applications.cases import PROFILE, TECHNOLOGY, Case, codes

pytestmark = pytest.mark.anyio

EVIDENCE: dict[str, list[dict[str, Any]]] = {
    "past_projects": [{"name": "示例专项", "acceptance_result": "通过验收"}],
    "platforms": [{"name": "示例重点实验室", "level": "national"}],
    "equipment": [
        {"name": "电子显微镜", "original_value": {"amount": 380_000_000, "currency": "CNY"}}
    ],
    "senior_talents": [{"person_ref": "T-001", "title": "研究员"}],
    "integration_evidence": [{"text": "牵头组建产业联盟"}],
    "diffusion_evidence": [{"text": "向十二家企业转移工艺"}],
    "commercialization_evidence": [{"text": "三项成果实现销售"}],
}


@pytest.mark.requirement("A106", "A107", "A110")
async def test_entries_of_a_profile_stand_for_files(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(materials=("plan", "commitment_letter", "articles_or_agreement"))
    missing = [error["params"]["missing"][0] for error in (await case.submit()).json()["errors"]]
    assert sorted(missing) == sorted(EVIDENCE)
    stated = await case.step(
        case.member("M01"), "PUT", "sponsor-profiles/2025", {**PROFILE, **EVIDENCE}
    )
    assert stated.json()["rd_spend"] == PROFILE["rd_spend"]
    assert stated.json()["equipment"][0]["original_value"]["amount"] == 380_000_000
    assert (await case.submit()).status_code == 200


@pytest.mark.requirement("A107")
@pytest.mark.refusing
async def test_a_project_without_its_acceptance_does_not_count(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(materials=("plan", "commitment_letter", "articles_or_agreement"))
    unfinished = {**EVIDENCE, "past_projects": [{"name": "在研专项"}]}
    await case.step(case.member("M01"), "PUT", "sponsor-profiles/2025", {**PROFILE, **unfinished})
    refused = await case.submit()
    assert [error["rule"] for error in refused.json()["errors"]] == ["A107"]


@pytest.mark.requirement("A106", "A104")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "broken",
    [
        {"rd_assets": None},
        {"revenue": 1.5},
        {"rd_spend": {"amount": 12.345, "currency": "CNY"}},
        {"rd_spend": {"amount": -1, "currency": "CNY"}},
        {"net_assets": {"amount": 2**53, "currency": "CNY"}},
        {"profit": {"amount": 1, "currency": "CNY"}},
    ],
)
async def test_a_profile_has_all_its_figures_in_whole_fen(
    case: Case, broken: dict[str, Any]
) -> None:
    await case.draft()
    body = {name: value for name, value in {**PROFILE, **broken}.items() if value is not None}
    answer = await case.step(case.member("M01"), "PUT", "sponsor-profiles/2025", body)
    assert answer.status_code == 422


@pytest.mark.requirement("A113", "A115")
@pytest.mark.refusing
async def test_the_commitment_letter_is_asked_for_and_strange_kinds_are_not(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    materials = ("plan", "articles_or_agreement")
    await case.fill(materials=materials)
    await case.step(case.member("M01"), "PUT", "sponsor-profiles/2025", {**PROFILE, **EVIDENCE})
    refused = await case.submit()
    assert [error["params"]["missing"] for error in refused.json()["errors"]] == [
        ["commitment_letter"]
    ]
    file_id = await case.upload("M01")
    strange = await case.step(
        case.member("M01"), "PUT", "materials/holiday_photos", {"file_id": file_id}
    )
    assert (strange.status_code, codes(strange)) == (422, ["CODE_UNKNOWN"])
    others = await case.upload("M04")
    foreign = await case.step(
        case.member("M01"), "PUT", "materials/commitment_letter", {"file_id": others}
    )
    assert foreign.status_code == 404


@pytest.mark.requirement("A108")
async def test_a_core_technology_is_taken_out_again(case: Case) -> None:
    await case.draft()
    added = await case.step(case.member("M01"), "POST", "core-technologies", TECHNOLOGY)
    path = f"core-technologies/{added.json()['id']}"
    assert (await case.step(case.member("M01"), "DELETE", path)).status_code == 204
    detail = await case.call(case.member("M01"), "GET", case.path)
    assert detail.json()["core_technologies"] == []


@pytest.mark.requirement("A117", "X06")
@pytest.mark.refusing
async def test_null_clears_what_may_be_empty_and_is_refused_elsewhere(case: Case) -> None:
    await case.draft(common_problem="缺少共用平台")
    read = await case.call(case.member("M01"), "GET", case.path)
    tag = {"If-Match": read.headers["etag"]}
    refused = await case.call(
        case.member("M01"), "PATCH", case.path, {"name": None, "call_id": None}, **tag
    )
    assert (refused.status_code, codes(refused)) == (422, ["FIELD_MISSING", "FIELD_MISSING"])
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/call_id", "/name"]
    cleared = await case.call(
        case.member("M01"), "PATCH", case.path, {"common_problem": None, "name": "新名称"}, **tag
    )
    assert cleared.status_code == 200, cleared.text
    after = (await case.call(case.member("M01"), "GET", case.path)).json()
    assert (after["name"], after["common_problem"]) == ("新名称", None)
