"""What an application states of resources: at hand or to be built, and never both at once."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from registry.applications.rules.resources import (
    MOST_RESOURCES,
    ResourceStanding,
    balance_checks,
    resource_checks,
)
from shared.rules import failed_codes
from tests.registry.applications.cases import Case, codes

TODAY = date(2026, 1, 12)
OWN, OTHER = UUID(int=1), UUID(int=2)
AT_HAND, TO_BE_BUILT = ResourceStanding.AT_HAND, ResourceStanding.TO_BE_BUILT


@pytest.mark.requirement("A045")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("standing", "owner", "ready_on", "held", "expected"),
    [
        (AT_HAND, OWN, None, 0, []),
        (AT_HAND, OTHER, None, 0, ["OWNER_NOT_IN_CENTER"]),
        (AT_HAND, None, None, 0, ["OWNER_NOT_IN_CENTER"]),
        (AT_HAND, OWN, date(2026, 1, 13), 0, ["FIELD_INVALID"]),
        (TO_BE_BUILT, None, date(2026, 1, 13), 0, []),
        (TO_BE_BUILT, None, date(2026, 1, 12), 0, ["DAYS_PASSED"]),
        (TO_BE_BUILT, OTHER, date(2026, 1, 13), 0, ["OWNER_NOT_IN_CENTER"]),
        (TO_BE_BUILT, OWN, None, 0, ["FIELD_MISSING"]),
        (AT_HAND, OWN, None, MOST_RESOURCES - 1, []),
        (AT_HAND, OWN, None, MOST_RESOURCES, ["STATE_CONFLICT"]),
    ],
)
def test_what_is_at_hand_is_somebodys_and_what_is_not_has_its_day(
    standing: ResourceStanding,
    owner: UUID | None,
    ready_on: date | None,
    held: int,
    expected: list[str],
) -> None:
    checks = resource_checks(standing, owner, [OWN], ready_on, TODAY, held)
    assert failed_codes(checks) == expected


@pytest.mark.parametrize(
    ("stated", "warned"),
    [([], True), ([AT_HAND], True), ([TO_BE_BUILT], True), ([AT_HAND, TO_BE_BUILT], False)],
)
def test_one_side_alone_is_pointed_out_and_refuses_nothing(
    stated: list[ResourceStanding], *, warned: bool
) -> None:
    [check] = balance_checks(stated)
    assert (check.passed, check.refuses) == (not warned, False)


pytestmark = pytest.mark.anyio


def at_hand(case: Case, **over: Any) -> dict[str, Any]:
    return {
        "standing": "at_hand",
        "resource_type": "instrument",
        "name": "晶圆缺陷检测机",
        "owner_org_id": str(case.orgs["M02"]),
        "value": {"amount": 420_000_000, "currency": "CNY"},
        **over,
    }


TO_BUILD = {
    "standing": "to_be_built",
    "resource_type": "facility",
    "name": "车规级可靠性试验线",
    "value": {"amount": 3_000_000_000, "currency": "CNY"},
    "ready_on": "2027-06-30",
}


@pytest.mark.requirement("A045")
async def test_an_application_separates_stock_from_growth(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    warned = {one["code"] for one in (await case.readiness(case.member("M01")))["checks"]
              if not one["passed"]}  # fmt: skip
    lead = case.member
    kept = await case.step(lead("M01"), "POST", "resources", at_hand(case))
    gone = await case.step(lead("M01"), "POST", "resources", at_hand(case, name="旧设备"))
    built = await case.step(lead("M01"), "POST", "resources", TO_BUILD)
    removed = await case.step(lead("M01"), "DELETE", f"resources/{gone.json()['id']}")
    submitted = await case.submit()
    detail = (await case.call(lead("M01"), "GET", case.path)).json()
    assert (kept.status_code, built.status_code, removed.status_code) == (201, 201, 204)
    assert "RESOURCES_ONE_SIDED" in warned
    assert submitted.status_code == 200, submitted.text
    assert "RESOURCES_ONE_SIDED" not in {one["code"] for one in submitted.json()["warnings"]}
    assert [(one["standing"], one["name"]) for one in detail["resources"]] == [
        ("at_hand", "晶圆缺陷检测机"), ("to_be_built", "车规级可靠性试验线"),
    ]  # fmt: skip
    assert detail["resources"][0]["value"] == {"amount": 420_000_000, "currency": "CNY"}


@pytest.mark.requirement("A045", "X04")
@pytest.mark.refusing
async def test_nobody_else_states_resources_and_nothing_after_submission(case: Case) -> None:
    await case.submitted()
    after = await case.step(case.member("M01"), "POST", "resources", TO_BUILD)
    member = await case.step(case.member("M02"), "POST", "resources", TO_BUILD)
    stranger = await case.step(case.member("M22"), "POST", "resources", TO_BUILD)
    assert (after.status_code, codes(after)) == (409, ["STATE_CONFLICT"])
    assert member.status_code in {403, 409}
    assert "FORBIDDEN_SCOPE" in codes(member)
    assert stranger.status_code == 404
