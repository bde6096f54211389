"""A centre objects to its published result; single leaves are reopened, and only they change."""

import asyncio
from datetime import date, timedelta
from itertools import product
from types import MappingProxyType
from typing import Any

import pytest

from evaluation.objections import jobs, rules
from evaluation.results import rules as result_rules
from shared.calendar import WorkingDays
from shared.database import new_id
from shared.rules import Policy, failed_codes
from tests.evaluation.assessments.test_assessing import published_year
from tests.evaluation.results import vector
from tests.evaluation.results.year import CASES, JudgedYear
from tests.evaluation.reviewing import codes_of
from zhichuang import recompute

POLICY = Policy("2026.1", {"X09": "practice"}, {"X09": {"objection_working_days": 5}})
OBJECTIONS = "/v1/evaluation/objections"
ASSESSMENTS = "/v1/evaluation/assessments"


@pytest.mark.requirement("X09", "X10")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2028, 1, 10), []),
        (date(2028, 1, 17), []),
        (date(2028, 1, 18), ["OBJECTION_TOO_LATE"]),
    ],
)
def test_the_fifth_working_day_is_the_last(today: date, expected: list[str]) -> None:
    last_on = rules.last_day(POLICY, WorkingDays(MappingProxyType({})), date(2028, 1, 10))
    assert failed_codes(rules.period_checks(POLICY, last_on, today)) == expected


@pytest.mark.requirement("X09", "X10")
@pytest.mark.parametrize("day", [date(2028, 1, 10) + timedelta(days=past) for past in range(14)])
def test_the_first_open_day_is_the_first_whose_term_is_not_over(day: date) -> None:
    calendar = WorkingDays(MappingProxyType({}))
    first = rules.first_open_day(POLICY, calendar, day)
    assert rules.last_day(POLICY, calendar, first) >= day
    assert rules.last_day(POLICY, calendar, first - timedelta(days=1)) < day


@pytest.mark.requirement("A126")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("asked", "expected"),
    [(["C4"], []), (["C4", "C4"], ["INDICATOR_UNKNOWN"]), (["Z9"], ["INDICATOR_UNKNOWN"])],
)
def test_leaves_are_named_once_and_exist(asked: list[str], expected: list[str]) -> None:
    assert failed_codes(rules.leaf_checks(asked, ["C4", "E2"])) == expected


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(
    ("codes", "ways"),
    [
        (["C4", "B1"], (["B1", "C4"], [], [])),
        (["A4"], ([], ["A4"], [])),
        (["D1", "A6", "E3"], ([], ["E3"], ["A6", "D1"])),
    ],
)
def test_each_leaf_is_judged_anew_in_its_own_way(
    codes: list[str], ways: tuple[list[str], ...]
) -> None:
    assert tuple(rules.ways_of(codes, vector.SCHEME).values()) == ways


@pytest.mark.requirement("A126")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("code", "reported", "scored", "expected"),
    [
        ("A6", False, True, ["FIELD_INVALID"]),
        ("A6", True, False, []),
        ("A4", True, False, ["FIELD_INVALID"]),
        ("A4", False, True, []),
        ("C4", False, False, []),
    ],
)
def test_what_was_never_judged_is_not_judged_anew(
    code: str,
    reported: bool,
    scored: bool,
    expected: list[str],
) -> None:
    ways = rules.ways_of([code], vector.SCHEME)
    assert failed_codes(rules.anew_checks(ways, reported=reported, scored=scored)) == expected


@pytest.mark.parametrize(("state", "event"), list(product(rules.State, rules.Event)))
def test_an_objection_is_decided_once(state: rules.State, event: rules.Event) -> None:
    expected = [] if state is rules.State.OPEN else ["STATE_CONFLICT"]
    assert failed_codes(rules.decision_checks(state, event)) == expected


@pytest.mark.requirement("X13")
@pytest.mark.refusing
def test_a_leaf_that_was_not_reopened_may_not_change() -> None:
    leaf = {"raw": "1", "target": "2", "fact_ids": ["a"], "points": "1.00"}
    before = {"C4": leaf, "E2": leaf}
    after = {"C4": {**leaf, "raw": "2"}, "E2": {**leaf, "points": "0.90"}}
    assert failed_codes(result_rules.reopened_checks(before, after, ["C4"])) == []
    assert failed_codes(result_rules.reopened_checks(before, after, [])) == ["LEAF_NOT_REOPENED"]
    moved = {**after, "E2": {**leaf, "fact_ids": ["a", "b"]}}
    checks = result_rules.reopened_checks(before, moved, ["C4"])
    assert failed_codes(checks) == ["LEAF_NOT_REOPENED"]


# --- over HTTP ------------------------------------------------------------------------------


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    await unplanned.published()
    return unplanned


def objection(*codes: str) -> dict[str, Any]:
    reason = "漏计一台共享设备的机时"
    leaves = [{"code": code, "reason": reason, "evidence": [str(new_id())]} for code in codes]
    return {"leaves": leaves}


async def filed(year: JudgedYear, *codes: str) -> str:
    answer = await year.own("POST", "/objections", objection(*codes))
    assert answer.status_code == 201, answer.text
    return f"{OBJECTIONS}/{answer.json()['id']}/decision"


@pytest.mark.anyio
@pytest.mark.requirement("A126", "X09", "X13")
async def test_a_reopened_leaf_makes_a_second_version_and_no_other_leaf_moves(
    year: JudgedYear,
) -> None:
    first = (await year.own("GET", "/result")).json()
    decision = await filed(year, "C4", "E2")
    year.facts["registry"] += [
        vector.fact(990, "resource_usage", hours=1_000_000, shared_hours=1_000_000),
        vector.fact(991, "international_node", kind="overseas_node", place="Paris"),
    ]
    body = {"leaves": ["C4"], "reason": "机时记录属实"}
    decided = await year.as_("handler", "POST", decision, body)
    assert (decided.status_code, decided.json()["state"]) == (200, "upheld"), decided.text
    for duty, step in [("handler", "compute"), ("reviewer", "review"), ("approver", "publish")]:
        answer = await year.as_(duty, "POST", f"/{step}")
        assert answer.status_code == 200, answer.text

    second = (await year.own("GET", "/result")).json()
    assert (second["version"], second["total"]) == (2, "83.48")
    points = [{leaf["code"]: leaf["points"] for leaf in one["leaves"]} for one in (first, second)]
    moved = {code for code, given in points[0].items() if given != points[1][code]}
    assert moved == {"C4"}
    assert second["snapshot_hash"] == first["snapshot_hash"]
    # The first version is kept, and its centre goes on seeing it.
    kept = await year.own("GET", "/result?version=1")
    assert (kept.status_code, kept.json()["result_hash"]) == (200, first["result_hash"])
    async with year.service.client() as public:
        (rating,) = (await public.get("/v1/public/ratings")).json()["items"]
    assert (rating["version"], rating["total"]) == (2, "83.48")
    # Both versions are computed again from what was kept: here, and by whoever has the bundle.
    for version in (1, 2):
        again = await year.as_("auditor", "GET", f"/result/recomputation?version={version}")
        assert again.status_code == 200, again.text
        for asked in (year.as_("auditor", "GET", f"/result/bundle?version={version}"),
                      year.own("GET", f"/result/bundle?version={version}")):  # fmt: skip
            _, document = recompute.recomputed((await asked).content)
            made = recompute.sha256(recompute.canonical(document))
            assert made == (first, second)[version - 1]["result_hash"]


@pytest.mark.anyio
@pytest.mark.requirement("X03")
@pytest.mark.refusing
@pytest.mark.parametrize("duty", ["reviewer", "approver"])
async def test_who_decided_before_does_not_decide_the_objection(
    year: JudgedYear, duty: str
) -> None:
    decision = await filed(year, "C4")
    async with year.service.client("handler", sub=year.officials[duty]) as same_person:
        answer = await same_person.post(decision, json={"leaves": ["C4"], "reason": "属实"})
    assert (answer.status_code, codes_of(answer)) == (403, ["SOD_VIOLATION"])


@pytest.mark.anyio
@pytest.mark.requirement("X04", "X09")
@pytest.mark.refusing
async def test_objections_are_refused_to_strangers_and_when_late_or_twice(
    year: JudgedYear,
) -> None:
    async with year.member("m02") as stranger:
        for method in ("POST", "GET"):
            body = objection("C4") if method == "POST" else None
            path = f"{CASES}/{year.case_id}/objections"
            assert (await stranger.request(method, path, json=body)).status_code == 404
    # Another's file shows nothing, whatever else is wrong with the leaf.
    strange = objection("C4", "Z9")
    strange["leaves"][1]["evidence"].append(year.strange_file())
    refused = await year.own("POST", "/objections", strange)
    assert codes_of(refused) == ["FILE_UNKNOWN", "INDICATOR_UNKNOWN"]
    assert refused.json()["errors"][0]["pointer"] == "/leaves/1/evidence/1"
    answers = await asyncio.gather(
        *(year.own("POST", "/objections", objection("C4")) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (row,) = (await year.own("GET", "/objections")).json()["items"]
    decision = f"{OBJECTIONS}/{row['id']}/decision"
    other = await year.as_("handler", "POST", decision, {"leaves": ["E2"], "reason": "属实"})
    assert (other.status_code, codes_of(other)) == (422, ["INDICATOR_UNKNOWN"])
    dismissed = await year.as_("handler", "POST", decision, {"leaves": [], "reason": "不属实"})
    assert (dismissed.status_code, dismissed.json()["state"]) == (200, "dismissed")
    again = await year.as_("handler", "POST", decision, {"leaves": ["C4"], "reason": "属实"})
    assert (again.status_code, codes_of(again)[0]) == (409, "STATE_CONFLICT")

    year.service.set_clock("2028-01-18T02:00:00+00:00")
    late = await year.own("POST", "/objections", objection("C4"))
    assert (late.status_code, codes_of(late)) == (409, ["OBJECTION_TOO_LATE"])


@pytest.mark.anyio
@pytest.mark.requirement("A131", "A126")
@pytest.mark.refusing
async def test_an_upheld_objection_reopens_what_was_built_and_its_year_waits(
    year: JudgedYear,
) -> None:
    for past, total in ((2025, "71.20"), (2026, "78.50")):
        await published_year(year, past, total)
    years = {"center_id": str(year.center_id), "last_year": 2027}
    built = (await year.as_("handler", "POST", ASSESSMENTS, years)).json()
    path = f"{ASSESSMENTS}/{built['id']}"
    assert (await year.as_("reviewer", "POST", f"{path}/review")).status_code == 200
    assert (await year.as_("approver", "POST", f"{path}/publish")).status_code == 200
    decision = await filed(year, "C4")
    # What is only objected to changes nothing.
    assert (await year.own("GET", path)).json()["state"] == "published"
    year.facts["registry"] += [
        vector.fact(990, "resource_usage", hours=1_000_000, shared_hours=1_000_000)
    ]
    body = {"leaves": ["C4"], "reason": "机时记录属实"}
    assert (await year.as_("handler", "POST", decision, body)).status_code == 200
    reopened = (await year.own("GET", path)).json()
    assert (reopened["state"], reopened["total"]) == ("reopened", built["total"])
    # Until its next version is published the year is none to build on.
    early = await year.as_("handler", "POST", ASSESSMENTS, years)
    assert (early.status_code, codes_of(early)) == (409, ["TRIENNIAL_INCOMPLETE"])
    assert early.json()["errors"][0]["params"]["missing"] == [2027]
    for duty, step in [("handler", "compute"), ("reviewer", "review"), ("approver", "publish")]:
        assert (await year.as_(duty, "POST", f"/{step}")).status_code == 200
    anew = await year.as_("handler", "POST", ASSESSMENTS, years)
    assert anew.status_code == 201, anew.text
    assert [one["version"] for one in anew.json()["years"]] == [1, 1, 2]


async def _state(year: JudgedYear) -> str:
    return str((await year.own("GET", f"{CASES}/{year.case_id}")).json()["state"])


@pytest.mark.anyio
@pytest.mark.requirement("X09", "A131")
async def test_a_case_is_closed_when_nobody_may_object_any_more_and_stands(
    year: JudgedYear,
) -> None:
    app = year.service.app
    year.service.set_clock("2028-01-17T15:59:59+00:00")  # The end of the fifth working day.
    assert (await jobs.close_due(app), await _state(year)) == (0, "published")
    year.service.set_clock("2028-01-17T16:00:00+00:00")
    assert sorted(await asyncio.gather(jobs.close_due(app), jobs.close_due(app))) == [0, 1]
    assert (await jobs.close_due(app), await _state(year)) == (0, "closed")
    ready = (await year.as_("handler", "GET", "/readiness")).json()
    assert ready["next_step"] is None
    for past, total in ((2025, "71.20"), (2026, "78.50")):
        await published_year(year, past, total)
    years = {"center_id": str(year.center_id), "last_year": 2027}
    built = await year.as_("handler", "POST", ASSESSMENTS, years)
    assert built.status_code == 201, built.text


@pytest.mark.anyio
@pytest.mark.requirement("X09", "X14")
@pytest.mark.refusing
async def test_a_closed_case_hears_of_a_falsehood_alone_and_an_objection_keeps_it_open(
    year: JudgedYear,
) -> None:
    app = year.service.app
    decision = await filed(year, "C4")
    year.service.set_clock("2028-01-18T02:00:00+00:00")
    assert await jobs.close_due(app) == 0
    dismissed = await year.as_("handler", "POST", decision, {"leaves": [], "reason": "不属实"})
    assert dismissed.status_code == 200
    assert await jobs.close_due(app) == 1
    late = await year.own("POST", "/objections", objection("C4"))
    assert (late.status_code, codes_of(late)) == (409, ["OBJECTION_TOO_LATE", "STATE_CONFLICT"])
    for step in ("compute", "review", "publish"):
        duty = {"compute": "handler", "review": "reviewer", "publish": "approver"}[step]
        assert codes_of(await year.as_(duty, "POST", f"/{step}"))[0] == "STATE_CONFLICT", step
    ground = {"ground": "forged_evidence", "reason": "伪造", "evidence": [str(new_id())]}
    proposed = (await year.as_("handler", "POST", "/voidings", ground)).json()
    path = f"/v1/evaluation/voidings/{proposed['id']}/decision"
    async with year.service.client("approver", sub=new_id()) as another:
        confirmed = await another.post(path, json={"decision": "confirm", "reason": "属实"})
    assert confirmed.status_code == 200, confirmed.text
    assert (await _state(year), await jobs.close_due(app)) == ("voided", 0)


@pytest.mark.anyio
@pytest.mark.requirement("X04", "X09")
@pytest.mark.refusing
async def test_an_official_who_is_a_member_elsewhere_objects_for_no_other_centre(
    year: JudgedYear,
) -> None:
    path = f"{CASES}/{year.case_id}/objections"
    other = {"org_id": year.org_ids["m02"], "sub": new_id()}
    async with year.service.client("member", "auditor", **other) as both:
        # He reads it as an official, and has no centre's word to give.
        assert (await both.get(path)).status_code == 200
        answer = await both.post(path, json=objection("C4"))
    assert (answer.status_code, codes_of(answer)) == (404, ["NOT_FOUND"])
    assert (await year.own("GET", "/objections")).json()["items"] == []
