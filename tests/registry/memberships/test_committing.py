"""What a member brings in: stated by itself, seen by those concerned, binding once it is in."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from registry.memberships.rules import CommitmentKind, State, commitment_checks
from shared.rules import failed_codes
from tests.registry.applications.cases import Case, codes

pytestmark = pytest.mark.anyio

MONEY: dict[str, Any] = {
    "kind": "money",
    "description": "首期研发投入",
    "amount": {"amount": 500_000_000, "currency": "CNY"},
    "starts_on": "2026-03-01",
    "ends_on": "2028-12-31",
}
PEOPLE = {"kind": "people", "description": "派驻工程师", "people": 6, "starts_on": "2026-03-01"}
RESOURCE = {"kind": "resource", "description": "开放中试线", "starts_on": "2026-03-01"}


async def promised(case: Case, name: str, body: dict[str, Any], by: str | None = None) -> Any:
    path = f"/v1/registry/memberships/{case.memberships[name]}/commitments"
    return await case.call(case.member(by or name), "POST", path, body)


@pytest.mark.requirement("A050")
async def test_a_member_commits_money_people_and_resources_for_itself(case: Case) -> None:
    await case.draft()
    await case.join("M02")
    for body in (MONEY, PEOPLE, RESOURCE):
        answer = await promised(case, "M02", body)
        assert answer.status_code == 201, answer.text
    path = f"/v1/registry/memberships/{case.memberships['M02']}/commitments"
    own = (await case.call(case.member("M02"), "GET", path)).json()["items"]
    assert [item["kind"] for item in own] == ["money", "people", "resource"]
    assert (own[0]["amount"]["amount"], own[1]["people"]) == (500_000_000, 6)
    center = await case.call(case.member("M01"), "GET", case.path)
    path = f"/v1/registry/centers/{center.json()['center_id']}/members/{case.memberships['M02']}"
    lead = await case.call(case.member("M01"), "GET", f"{path}/commitments")
    assert len(lead.json()["items"]) == 3
    stranger = case.registry.client("member", org_id=uuid4())
    assert (await case.call(stranger, "GET", f"{path}/commitments")).status_code == 404


@pytest.mark.requirement("A050")
@pytest.mark.refusing
async def test_nobody_commits_for_another_nor_with_another_kind_s_figure(case: Case) -> None:
    await case.draft()
    await case.join("M02")
    by_lead = await promised(case, "M02", MONEY, by="M01")
    assert (by_lead.status_code, codes(by_lead)) == (403, ["FORBIDDEN_SCOPE"])
    for wrong in (
        {**MONEY, "amount": None},
        {**MONEY, "people": 3},
        {**PEOPLE, "people": None},
        {**RESOURCE, "people": 1},
    ):
        answer = await promised(case, "M02", wrong)
        assert (answer.status_code, codes(answer)) == (422, ["FIELD_INVALID"])
    reversed_days = await promised(case, "M02", {**MONEY, "ends_on": "2026-02-28"})
    assert codes(reversed_days) == ["DAYS_REVERSED"]


@pytest.mark.requirement("A050")
async def test_a_commitment_is_taken_back_once_before_the_membership_begins(case: Case) -> None:
    await case.draft()
    await case.join("M02")
    made = (await promised(case, "M02", MONEY)).json()
    path = f"/v1/registry/memberships/{case.memberships['M02']}/commitments/{made['id']}/withdraw"
    assert (await case.call(case.member("M02"), "POST", path)).json()["withdrawn_at"] is not None
    again = await case.call(case.member("M02"), "POST", path)
    assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])


@pytest.mark.parametrize("state", [State.LEFT, State.EXPELLED, State.DECLINED, State.WITHDRAWN])
def test_who_is_out_commits_nothing(state: State) -> None:
    org = uuid4()
    checks = commitment_checks(
        CommitmentKind.RESOURCE,
        state=state,
        org_id=org,
        acting_id=org,
        held=0,
        amount_fen=None,
        people=None,
        starts_on=date(2026, 3, 1),
        ends_on=None,
    )
    assert failed_codes(checks) == ["STATE_CONFLICT"]


@pytest.mark.requirement("X17")
@pytest.mark.refusing
async def test_who_became_dishonest_after_its_invitation_cannot_confirm(case: Case) -> None:
    await case.draft()
    await case.invite("M02")
    record = {
        "authority": "市场监督管理局",
        "basis": "列入严重违法失信名单决定书",
        "from_on": "2026-01-10",
        "until_on": "2027-01-01",
    }
    path = f"/v1/registry/organizations/{case.orgs['M02']}/dishonesty-records"
    entered = await case.call(case.official("handler"), "POST", path, record)
    assert entered.status_code == 201, entered.text
    refused = await case.confirm("M02")
    assert (refused.status_code, codes(refused)) == (422, ["DISHONEST_ORG"])
