"""Who sees which centre: listed ones everyone, a candidate those it concerns (X04)."""

from typing import Any

import pytest

from tests.registry.applications.cases import Case

pytestmark = pytest.mark.anyio


async def statuses(case: Case, path: str) -> dict[str, int]:
    callers = {
        "lead": case.member("M01"),
        "invited": case.member("M02"),
        "entity": case.member("C01"),
        "stranger": case.member("M04"),
        "no organization": case.registry.client("member"),
        "expert": case.registry.client("expert"),
        "handler": case.official("handler"),
    }
    return {
        name: (await case.call(caller, "GET", path)).status_code for name, caller in callers.items()
    }


@pytest.mark.requirement("X04")
@pytest.mark.refusing
@pytest.mark.parametrize("form", ["legal_entity", "consortium"])
async def test_a_candidate_is_hidden_from_everyone_else(case: Case, form: str) -> None:
    entity: dict[str, Any] = {"legal_entity_id": None} if form == "consortium" else {}
    await case.draft(applicant_form=form, common_problem="共性问题", **entity)
    await case.invite("M02")
    found = await statuses(case, f"/v1/registry/centers/{case.center_id}")
    sees = {"lead", "invited"} | ({"entity"} if form == "legal_entity" else set())
    assert found == {name: 200 if name in sees else 404 for name in found}
    for caller in (case.registry.client("member"), case.registry.client("expert")):
        listed = await case.call(caller, "GET", "/v1/registry/centers")
        assert listed.json()["items"] == []
    nobody = await case.call(case.registry.client("member"), "GET", "/v1/registry/applications")
    assert nobody.json()["items"] == []


@pytest.mark.requirement("X04", "A122")
async def test_a_submitted_candidate_is_shown_to_officials_and_a_listed_one_to_all(
    case: Case,
) -> None:
    await case.submitted()
    path = f"/v1/registry/centers/{case.center_id}"
    submitted = await statuses(case, path)
    assert (submitted["handler"], submitted["stranger"], submitted["expert"]) == (200, 404, 404)
    await case.accept()
    case.agreement()
    case.evaluated()
    await case.recommend()
    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    await case.notice()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    await case.approve()
    assert set((await statuses(case, path)).values()) == {200}
    found = await case.call(case.member("M04"), "GET", "/v1/registry/centers?code=C01")
    assert [center["id"] for center in found.json()["items"]] == [case.center_id]
    steps = await case.call(case.member("M04"), "GET", f"{path}/stage-changes")
    assert [step["to_stage"] for step in steps.json()["items"]] == ["preparing"]
