"""A centre that a year does not judge may report all the same, and nothing follows (D9)."""

import asyncio
from datetime import date
from itertools import product
from typing import Any

import httpx
import pytest

from evaluation.cycles.rules import CycleState, ScopeExclusion
from evaluation.optional_reports import rules
from evaluation.optional_reports.rules import OptionalReportEvent as Event
from evaluation.optional_reports.rules import OptionalReportState as State
from shared.database import new_id
from shared.directory import DirectoryCenter
from shared.rules import failed_codes
from tests.evaluation.results import vector
from tests.evaluation.results.year import ACCOUNTS, JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types

REPORTS = "/v1/evaluation/optional-reports"
PAIRS = {
    ("draft", "save"): "draft", ("returned", "save"): "returned",
    ("draft", "submit"): "submitted", ("returned", "submit"): "submitted",
    ("submitted", "return"): "returned", ("submitted", "accept"): "accepted",
}  # fmt: skip


@pytest.mark.requirement("A128")
@pytest.mark.refusing
@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_it_takes_only_the_steps_of_its_table(state: State, event: Event) -> None:
    allowed = (state.value, event.value) in PAIRS
    assert failed_codes(rules.move_checks(state, event)) == ([] if allowed else ["STATE_CONFLICT"])
    if allowed:
        assert rules.MOVES[state, event].value == PAIRS[state.value, event.value]


@pytest.mark.requirement("A124", "A128")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("cycle", "reason", "codes"),
    [
        (CycleState.OPEN, ScopeExclusion.LISTED_TOO_SHORT, []),
        (CycleState.OPEN, ScopeExclusion.CONSORTIUM, []),
        (CycleState.OPEN, ScopeExclusion.NOT_LISTED, ["STATE_CONFLICT"]),
        (CycleState.OPEN, ScopeExclusion.ENDED, ["STATE_CONFLICT"]),
        (CycleState.OPEN, ScopeExclusion.ALREADY_IN_CYCLE, ["STATE_CONFLICT"]),
        (CycleState.OPEN, None, ["NOT_FOUND"]),
        (CycleState.PLANNED, ScopeExclusion.CONSORTIUM, ["NOT_FOUND"]),
    ],
)
def test_only_whose_time_has_not_come_reports_without_being_judged(
    cycle: CycleState, reason: ScopeExclusion | None, codes: list[str]
) -> None:
    assert failed_codes(rules.scope_checks(cycle, reason)) == codes


# --- over HTTP ------------------------------------------------------------------------------

http = pytest.mark.anyio


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    """A year whose only centre was listed too late to be judged."""
    async with unplanned.service.sessions.begin() as session:
        center = await session.get_one(DirectoryCenter, unplanned.center_id)
        center.listed_on = date(2027, 6, 1)
    return unplanned


def body(year: JudgedYear, **over: Any) -> dict[str, Any]:
    return {
        "center_id": str(year.center_id), "accounts": ACCOUNTS, "narrative": {"summary": "筹建"},
    } | over  # fmt: skip


async def begun(year: JudgedYear, **over: Any) -> httpx.Response:
    path = f"/v1/evaluation/cycles/{year.cycle_id}/optional-reports"
    return await year.own("POST", path, body(year, **over))


async def path_of(year: JudgedYear) -> str:
    await year.opened()
    answer = await begun(year)
    assert answer.status_code == 201, answer.text
    return f"{REPORTS}/{answer.json()['id']}"


async def rewritten(year: JudgedYear, path: str, version: str | None) -> httpx.Response:
    sent = {name: value for name, value in body(year).items() if name != "center_id"}
    async with year.operator() as client:
        headers = {} if version is None else {"If-Match": version}
        return await client.put(path, json=sent, headers=headers)


@http
@pytest.mark.requirement("A124", "A128", "A129")
async def test_it_is_prefilled_sent_returned_sent_again_and_accepted_without_a_score(
    year: JudgedYear,
) -> None:
    path = await path_of(year)
    draft = (await year.own("GET", path)).json()
    rows = {row["code"]: (row["target"], row["actual"]) for row in draft["target_vs_actual"]}
    assert (rows["B4"], rows["A6"]) == (("3", "2"), (None, "0.34"))
    assert draft["profit"] == {"amount": 200_000, "currency": "CNY"}
    # Years later it is not late: nobody owes it.
    year.service.set_clock("2029-06-01T02:00:00+00:00")
    sent = (await year.own("POST", f"{path}/submit")).json()
    assert (sent["state"], sent["target_vs_actual"]) == ("submitted", draft["target_vs_actual"])
    year.facts["registry"].append(vector.fact(999, "training", person_times=1))
    kept = (await year.own("GET", path)).json()
    assert kept["target_vs_actual"] == draft["target_vs_actual"]

    reasons = {"reasons": ["缺少人员名册"]}
    returned = await year.as_("handler", "POST", f"{path}/returns", reasons)
    assert (returned.status_code, returned.json()["return_reasons"]) == (200, ["缺少人员名册"])
    again = await rewritten(year, path, returned.headers["etag"])
    assert again.status_code == 200, again.text
    anew = {row["code"]: row["actual"] for row in again.json()["target_vs_actual"]}
    assert anew["D3"] == "411"
    assert (await year.own("POST", f"{path}/submit")).status_code == 200
    accepted = await year.as_("handler", "POST", f"{path}/acceptance")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted"), accepted.text
    assert accepted.json()["return_reasons"] == []

    for nothing in (f"/v1/evaluation/cases?cycle_id={year.cycle_id}", "/v1/public/ratings"):
        assert (await year.as_("auditor", "GET", nothing)).json()["items"] == []
    told = [one for one in await event_types(year.service.sessions) if "optional" in one]
    assert told == [
        f"optional_report.{step}"
        for step in ("saved", "submitted", "returned", "saved", "submitted", "accepted")
    ]


@http
@pytest.mark.requirement("A124", "A128")
@pytest.mark.refusing
async def test_a_judged_centre_and_a_planned_cycle_have_none(year: JudgedYear) -> None:
    await year.planned()
    early = await begun(year)
    assert (early.status_code, codes_of(early)) == (404, ["NOT_FOUND"])
    async with year.service.sessions.begin() as session:
        center = await session.get_one(DirectoryCenter, year.center_id)
        center.listed_on = date(2026, 3, 10)
    await year.opened()
    judged = await begun(year)
    assert (judged.status_code, codes_of(judged)) == (404, ["NOT_FOUND"])
    # A further cycle of the year leaves it out because it is judged: it reports there, and once.
    async with year.service.sessions.begin() as session:
        session.add(
            DirectoryCenter(
                id=new_id(), name="另一中心", stage="pilot", model_type="platform",
                applicant_form="legal_entity", legal_entity_id=new_id(),
                lead_sponsor_id=new_id(), listed_on=date(2025, 1, 1), position=2,
            )
        )  # fmt: skip
    await year.opened()
    second = await begun(year)
    assert (second.status_code, codes_of(second)) == (409, ["STATE_CONFLICT"])


@http
@pytest.mark.requirement("A055", "A129")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"target_vs_actual": [{"code": "B4", "actual": "9"}]}, "FIELD_UNKNOWN"),
        ({"accounts": {**ACCOUNTS, "rd_staff": 101}}, "FIELD_INVALID"),
    ],
)
async def test_what_is_counted_is_not_written_and_accounts_hold_together(
    year: JudgedYear, over: dict[str, Any], code: str
) -> None:
    await year.opened()
    answer = await begun(year, **over)
    assert (answer.status_code, codes_of(answer)) == (422, [code])


@http
@pytest.mark.requirement("X04", "X06", "A128")
@pytest.mark.refusing
async def test_strangers_wrong_order_twice_and_stale_versions_are_refused(
    year: JudgedYear,
) -> None:
    await year.opened()
    twice = await asyncio.gather(*(begun(year) for _ in range(2)))
    assert sorted(answer.status_code for answer in twice) == [201, 409]
    (made,) = [answer.json() for answer in twice if answer.status_code == 201]
    path = f"{REPORTS}/{made['id']}"
    listed = f"/v1/evaluation/cycles/{year.cycle_id}/optional-reports"
    other = {"org_id": year.org_ids["m02"], "sub": new_id()}
    async with (
        year.service.client("member", **other) as stranger,
        year.service.client("member", "auditor", **other) as both,
    ):
        for caller in (stranger, both):
            assert (await caller.get(path)).status_code == 404
            assert (await caller.get(listed)).json()["items"] == []
            assert (await caller.post(f"{path}/submit")).status_code == 404
            assert (await caller.post(listed, json=body(year))).status_code == 404
    # A draft is its centre's alone.
    assert (await year.as_("handler", "GET", path)).status_code == 404
    assert (await year.as_("handler", "POST", f"{path}/acceptance")).status_code == 404
    assert (await rewritten(year, path, None)).status_code == 428
    assert (await rewritten(year, path, '"7"')).status_code == 412
    assert (await rewritten(year, path, '"1"')).status_code == 200
    sent = await asyncio.gather(*(year.own("POST", f"{path}/submit") for _ in range(2)))
    assert sorted(answer.status_code for answer in sent) == [200, 409]
    assert (await rewritten(year, path, '"3"')).status_code == 409
    assert [one["id"] for one in (await year.as_("auditor", "GET", listed)).json()["items"]] == [
        made["id"]
    ]
    ends = await asyncio.gather(
        *(year.as_("handler", "POST", f"{path}/acceptance") for _ in range(2))
    )
    assert sorted(answer.status_code for answer in ends) == [200, 409]
    late = await year.as_("handler", "POST", f"{path}/returns", {"reasons": ["x"]})
    assert (late.status_code, codes_of(late)) == (409, ["STATE_CONFLICT"])


@http
@pytest.mark.requirement("X03", "A128")
@pytest.mark.refusing
async def test_who_wrote_it_does_not_accept_it_and_each_sees_what_waits(year: JudgedYear) -> None:
    async def kinds(client: httpx.AsyncClient) -> list[str]:
        async with client:
            items = (await client.get("/v1/evaluation/tasks")).json()["items"]
        return [one["kind"] for one in items if one["kind"].startswith("optional_report.")]

    path = await path_of(year)
    assert (await year.own("POST", f"{path}/submit")).status_code == 200
    assert await kinds(year.official("handler")) == ["optional_report.accept"]
    async with year.service.client("handler", sub=year.people["ex11"]) as same_person:
        own = await same_person.post(f"{path}/acceptance")
    assert (own.status_code, codes_of(own)) == (403, ["SOD_VIOLATION"])
    async with year.service.client("handler", org_id=year.org_ids["m01"]) as tied:
        lead = await tied.post(f"{path}/acceptance")
    assert (lead.status_code, codes_of(lead)) == (403, ["SOD_VIOLATION"])
    assert (await year.as_("reviewer", "POST", f"{path}/acceptance")).status_code == 403
    back = await year.as_("handler", "POST", f"{path}/returns", {"reasons": ["缺少名册"]})
    assert back.status_code == 200, back.text
    assert await kinds(year.operator()) == ["optional_report.mend"]
    assert await kinds(year.official("handler")) == []
    # Who judged it once is no writer of it.
    async with year.service.client(
        "member", org_id=year.org_ids["entity"], sub=year.officials["handler"]
    ) as judge:
        assert codes_of(await judge.post(f"{path}/submit")) == ["SOD_VIOLATION"]
