"""One seat, one term, one vote: what bodies may not do twice or out of their time (A075-A082)."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from registry.governance.rules import BodyKind, Matter, Resolved, carrying_checks, expels
from shared.database import new_id
from shared.rules import failed_codes
from tests.registry.applications.cases import PLAN, Case, codes
from tests.registry.governance.steps import body_of, govern, own, seat

pytestmark = pytest.mark.anyio
PLAN_CARRIED = Resolved(BodyKind.DECISION, Matter.PLAN, passed=True, on=date(2026, 4, 2))


@pytest.mark.requirement("A082", "A078")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("resolved", "adopts_another", "codes_told"),
    [
        (PLAN_CARRIED, False, []),
        (PLAN_CARRIED, True, ["PLAN_NOT_APPROVED"]),
        (replace(PLAN_CARRIED, passed=False), False, ["PLAN_NOT_APPROVED"]),
        (replace(PLAN_CARRIED, matter=Matter.STRATEGY), False, ["PLAN_NOT_APPROVED"]),
        (replace(PLAN_CARRIED, body=BodyKind.BOARD), False, ["PLAN_NOT_APPROVED"]),
    ],
)
def test_a_version_is_carried_by_its_own_vote_of_the_decision_body(
    resolved: Resolved, codes_told: list[str], *, adopts_another: bool
) -> None:
    assert failed_codes(carrying_checks(resolved, adopts_another=adopts_another)) == codes_told


PUT_OUT = Resolved(BodyKind.DECISION, Matter.MEMBERSHIP, passed=True, on=date(2026, 4, 2))


@pytest.mark.requirement("A078", "A049")
@pytest.mark.parametrize(
    ("resolved", "joined_on", "expelled"),
    [
        (PUT_OUT, date(2026, 4, 2), True),
        (PUT_OUT, date(2026, 4, 3), False),
        (PUT_OUT, None, False),
        (replace(PUT_OUT, body=BodyKind.SHAREHOLDERS_MEETING), date(2026, 4, 1), True),
        (replace(PUT_OUT, body=BodyKind.BOARD), date(2026, 4, 1), False),
        (replace(PUT_OUT, matter=Matter.PERSONNEL), date(2026, 4, 1), False),
        (replace(PUT_OUT, passed=False), date(2026, 4, 1), False),
    ],
)
def test_a_member_is_put_out_by_those_who_decide_since_it_joined(
    resolved: Resolved, joined_on: date | None, *, expelled: bool
) -> None:
    assert expels(resolved, joined_on) is expelled


@pytest.mark.requirement("A076", "A078")
@pytest.mark.refusing
async def test_one_person_holds_one_seat_of_a_body_at_a_time(case: Case) -> None:
    await case.listed()
    decision, person = await body_of(case, "decision"), str(new_id())
    path = f"bodies/{decision}/seats"

    async def sit(**over: Any) -> Any:
        return await own(
            case, "POST", path, seat("industry", independent=True, person_id=person, **over)
        )

    first = await sit(until_on="2026-04-09")
    assert first.status_code == 201
    for days in (
        {}, {"from_on": "2026-04-09"}, {"from_on": "2026-01-01", "until_on": "2026-03-10"},
    ):  # fmt: skip
        refused = await sit(**days)
        assert (refused.status_code, codes(refused)) == (409, ["ALREADY_EXISTS"]), days
    assert (await sit(from_on="2026-01-01", until_on="2026-03-09")).status_code == 201
    second = await sit(from_on="2026-04-10")
    assert second.status_code == 201
    # The first seat is not drawn out into the second one.
    longer = {"until_on": "2026-04-10", "reason": "延期"}
    over = await own(case, "POST", f"{path}/{first.json()['id']}/end", longer)
    assert (over.status_code, codes(over)) == (409, ["ALREADY_EXISTS"])
    committee = await body_of(case, "technical_committee")
    elsewhere = seat("science", person_id=person)
    assert (await own(case, "POST", f"bodies/{committee}/seats", elsewhere)).status_code == 201


@pytest.mark.requirement("A076")
@pytest.mark.refusing
async def test_of_two_who_seat_one_person_at_once_one_does(case: Case) -> None:
    await case.listed()
    decision, person = await body_of(case, "decision"), str(new_id())
    answers = await asyncio.gather(
        *(
            own(case, "POST", f"bodies/{decision}/seats", seat(sector, person_id=person))
            for sector in ("industry", "science")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.requirement("A075", "A078", "A081")
@pytest.mark.refusing
async def test_a_body_resolves_and_advises_within_its_term_and_until_the_next(case: Case) -> None:
    await case.listed()
    case.registry.set_clock("2026-05-01T02:00:00+00:00")
    first = await body_of(case, "decision", term_until="2026-04-30")
    committee = await body_of(case, "technical_committee", term_until="2026-04-30")
    second = await body_of(case, "decision", term_from="2026-04-20")
    proposed = await own(
        case, "POST", "research-directions", {"title": "先进封装", "summary": "可靠性"}
    )
    advice = f"research-directions/{proposed.json()['id']}/opinion"
    said = {"body_id": committee, "opinion": "supported", "text": "支持"}
    for body, day, told in (
        (first, "2026-03-09", ["BODY_NOT_IN_OFFICE"]),
        (first, "2026-03-10", []),
        (first, "2026-04-19", []),
        (first, "2026-04-20", ["BODY_NOT_IN_OFFICE"]),
        (second, "2026-04-19", ["BODY_NOT_IN_OFFICE"]),
        (second, "2026-04-20", []),
    ):
        matter = {"body_id": body, "matter": "strategy", "text": "战略", "resolved_on": day}
        answer = await own(case, "POST", "resolutions", {**matter, "for_ppm": 600_000})
        assert (codes(answer) if answer.status_code == 422 else []) == told, day
    late = await own(case, "POST", advice, {**said, "given_on": "2026-05-01"})
    assert (late.status_code, codes(late)) == (422, ["BODY_NOT_IN_OFFICE"])
    in_time = await own(case, "POST", advice, {**said, "given_on": "2026-04-30"})
    assert in_time.json()["state"] == "adopted"


@pytest.mark.requirement("A082", "A078")
@pytest.mark.refusing
async def test_what_was_carried_once_adopts_one_version_and_no_later_one(case: Case) -> None:
    await case.listed()
    await govern(case)
    [resolution] = (await own(case, "GET", "resolutions")).json()["items"]
    adopted = {"resolution_id": resolution["id"]}
    [filed] = (await own(case, "GET", "plans")).json()["items"]
    assert (await own(case, "POST", f"plans/{filed['id']}/adoption", adopted)).status_code == 200
    draft = (await own(case, "POST", "plans", PLAN)).json()["id"]
    old = await own(case, "POST", f"plans/{draft}/adoption", adopted)
    assert (old.status_code, codes(old)) == (409, ["PLAN_NOT_APPROVED"])


@pytest.mark.requirement("A081")
@pytest.mark.refusing
async def test_a_direction_is_of_a_field_that_is_known(case: Case) -> None:
    await case.listed()
    one = {"title": "先进封装", "summary": "可靠性"}
    strange = await own(case, "POST", "research-directions", {**one, "field_code": "nothing"})
    assert (strange.status_code, codes(strange)) == (422, ["CODE_UNKNOWN"])
    known = {**one, "field_code": "integrated_circuit"}
    assert (await own(case, "POST", "research-directions", known)).status_code == 201
