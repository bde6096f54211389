"""Days are declared by two officials, ahead of time, and count for everybody."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from registry.programme.calendar_rules import ChangeState, decision_checks, proposal_checks
from shared.rules import failed_codes
from tests.fixtures.service import RunningService, event_types

pytestmark = pytest.mark.anyio

CHANGES = "/v1/registry/working-day-changes"
BODY = {
    "source": "国务院办公厅通知（示例）",
    "days": [{"day": "2026-03-03", "is_working": False}, {"day": "2026-03-07", "is_working": True}],
}
TODAY = date(2026, 1, 12)


@pytest.mark.parametrize(
    ("days", "codes"),
    [
        ([date(2026, 1, 13)], []),
        ([date(2026, 1, 12)], ["DAYS_PASSED"]),
        ([date(2026, 1, 11), date(2026, 2, 1)], ["DAYS_PASSED"]),
        ([date(2026, 2, 1), date(2026, 2, 1)], ["FIELD_INVALID"]),
        ([], ["FIELD_INVALID"]),
    ],
)
def test_each_day_stands_once_and_lies_ahead(days: list[date], codes: list[str]) -> None:
    assert failed_codes(proposal_checks(days, TODAY)) == codes


def test_a_change_holds_four_hundred_days_and_names_those_that_passed() -> None:
    days = [TODAY + timedelta(days=ahead) for ahead in range(401)]
    (count, ahead) = proposal_checks(days[1:], TODAY)
    assert (count.passed, ahead.passed, ahead.params["days"]) == (True, True, [])
    (count, ahead) = proposal_checks(days, TODAY)
    assert (count.passed, ahead.passed, ahead.params["days"]) == (False, False, ["2026-01-12"])


@pytest.mark.parametrize("state", [ChangeState.APPROVED, ChangeState.REJECTED])
def test_a_decided_change_is_not_decided_again(state: ChangeState) -> None:
    assert failed_codes(decision_checks(state, uuid4(), uuid4())) == ["STATE_CONFLICT"]


async def period_end(registry: RunningService) -> str:
    async with registry.client() as anyone:
        query = "?after=2026-03-02&working_days=5"
        told = (await anyone.get(f"/v1/registry/working-days{query}")).json()
    return str(told["last_day"])


@pytest.mark.requirement("X10", "X03")
async def test_an_approved_day_moves_every_deadline_that_lies_ahead(
    registry: RunningService,
) -> None:
    assert await period_end(registry) == "2026-03-09"
    async with registry.client("handler") as handler, registry.client("approver") as approver:
        change = (await handler.post(CHANGES, json=BODY)).json()
        assert (change["state"], await period_end(registry)) == ("proposed", "2026-03-09")
        answer = await approver.post(f"{CHANGES}/{change['id']}/approve")
        assert (answer.status_code, answer.json()["state"]) == (200, "approved")
        # Tuesday is free and Saturday is worked: the fifth day is Monday still, the sixth earlier.
        assert await period_end(registry) == "2026-03-09"
        listed = (await approver.get("/v1/registry/working-days/overrides?year=2026")).json()
        assert [day["day"] for day in listed["items"]] == ["2026-03-03", "2026-03-07"]
    free = {"source": "示例", "days": [{"day": "2026-03-04", "is_working": False}]}
    async with registry.client("handler") as handler, registry.client("approver") as approver:
        change = (await handler.post(CHANGES, json=free)).json()
        await approver.post(f"{CHANGES}/{change['id']}/approve")
    assert await period_end(registry) == "2026-03-10"
    assert (await event_types(registry.sessions)).count("calendar.changed") == 3


@pytest.mark.requirement("X10")
async def test_years_that_nobody_has_announced_stand_in_the_table(registry: RunningService) -> None:
    async with registry.client() as anyone:
        days = (await anyone.get("/v1/registry/working-days/overrides?year=2028")).json()["items"]
        assert {"2028-01-03", "2028-01-25"} <= {day["day"] for day in days}
        assert all(day["provisional"] for day in days)
        told = await anyone.get("/v1/registry/working-days?after=2028-01-02&working_days=1")
        # Monday the third stands in for New Year's Day, which falls on a Saturday.
        assert told.json()["last_day"] == "2028-01-04"


@pytest.mark.requirement("X10", "X03")
@pytest.mark.refusing
async def test_nobody_approves_his_own_proposal_nor_a_day_that_has_passed(
    registry: RunningService,
) -> None:
    me = str(uuid4())
    async with registry.client("handler", "approver", sub=me) as both:
        change = (await both.post(CHANGES, json=BODY)).json()
        refused = await both.post(f"{CHANGES}/{change['id']}/approve")
        assert (refused.status_code, refused.json()["code"]) == (403, "SOD_VIOLATION")
    async with registry.client("approver") as approver:
        registry.set_clock("2026-03-03T02:00:00+00:00")
        late = await approver.post(f"{CHANGES}/{change['id']}/approve")
        assert (late.status_code, late.json()["code"]) == (422, "DAYS_PASSED")
        rejected = await approver.post(f"{CHANGES}/{change['id']}/reject", json={"reason": "已过"})
        assert rejected.json()["state"] == "rejected"
        again = await approver.post(f"{CHANGES}/{change['id']}/approve")
        assert again.status_code in {409, 422}
    async with registry.client("member", org_id=uuid4()) as member:
        assert (await member.post(CHANGES, json=BODY)).status_code == 403
