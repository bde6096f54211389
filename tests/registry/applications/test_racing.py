"""Two at once in one case: exactly one is taken, and the other is told that it came too late."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tests.fixtures.service import event_types
from tests.registry.applications.cases import Case

pytestmark = [pytest.mark.anyio, pytest.mark.refusing]


async def raced(*steps: Awaitable[Any]) -> list[int]:
    answers = await asyncio.gather(*steps)
    refused = [answer.json()["code"] for answer in answers if answer.status_code >= 400]
    assert set(refused) <= {"STATE_CONFLICT"}, refused
    return sorted(answer.status_code for answer in answers)


@pytest.mark.requirement("A049")
async def test_of_two_confirmations_one_counts(case: Case) -> None:
    await case.draft()
    await case.invite("M02")
    assert await raced(case.confirm("M02"), case.confirm("M02")) == [200, 409]
    # The lead's own place is confirmed with the draft.
    assert (await event_types(case.registry.sessions)).count("membership.confirmed") == 2


@pytest.mark.requirement("A117")
async def test_of_two_submissions_one_gets_the_receipt(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    assert await raced(case.submit(), case.submit()) == [200, 409]
    assert (await event_types(case.registry.sessions)).count("application.submitted") == 1


@pytest.mark.requirement("A117")
async def test_a_case_is_accepted_once(case: Case) -> None:
    await case.submitted()
    assert await raced(case.accept(), case.accept()) == [201, 409]


@pytest.mark.requirement("A117")
async def test_a_withdrawal_and_an_acceptance_come_one_after_the_other(case: Case) -> None:
    await case.submitted()
    withdrawal = case.step(case.member("M01"), "POST", "withdraw")
    assert await raced(withdrawal, case.accept()) in ([200, 201], [200, 409])
    # An accepted case may still be withdrawn; one that is withdrawn is not accepted.
    assert await case.state() == "withdrawn"


@pytest.mark.requirement("A122", "X03")
async def test_of_two_approvals_one_lists_the_centre(case: Case) -> None:
    await case.noticed()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    assert await raced(case.approve("one"), case.approve("two")) == [200, 409]
    assert (await event_types(case.registry.sessions)).count("center.listed") == 1


@pytest.mark.requirement("A122")
async def test_an_approval_and_a_rejection_do_not_both_hold(case: Case) -> None:
    await case.noticed()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    rejection = case.step(
        case.official("approver", "two"), "POST", "reject", {"reason": "不予列入"}
    )
    assert await raced(case.approve("one"), rejection) == [200, 409]
    assert await case.state() in {"listed", "rejected"}


@pytest.mark.requirement("X09")
async def test_of_two_notices_one_opens(case: Case) -> None:
    await case.recommended()
    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    assert await raced(case.notice(), case.notice()) == [201, 409]
